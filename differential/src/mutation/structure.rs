//! Segments and loops: dropped, repeated, moved, unknown.

use super::{At, Mutated, recount};
use crate::fits::elsewhere;
use crate::outline::{ELEMENT, Outline};
use crate::random::Random;
use tradewind_edi::guide::{self, NodeIx, NodeKind, Usage};

fn at(segment: usize) -> At {
    At { segment, ..At::default() }
}

/// Segments of sets, ST and SE left out, that do not open a loop.
pub fn segments(outline: &Outline) -> Vec<At> {
    body(outline).into_iter().filter(|at| !outline.opens(at.segment)).collect()
}

/// Segments of sets, ST and SE left out.
pub fn body(outline: &Outline) -> Vec<At> {
    let inner = |index: &usize| {
        let text = &outline.segments[*index];
        outline.nodes[*index].is_some() && !text.starts_with("ST*") && !text.starts_with("SE*")
    };
    (0..outline.segments.len()).filter(inner).map(at).collect()
}

/// Loop instances, by their first segments.
pub fn loops(outline: &Outline) -> Vec<At> {
    let of_set = outline.loops.iter().enumerate().filter(|(_, instance)| instance.node != NodeIx::ROOT);
    of_set.map(|(other, instance)| At { segment: instance.start, other, ..At::default() }).collect()
}

/// Segments whose maximum can be passed with a few copies.
pub fn bounded(outline: &Outline) -> Vec<At> {
    let few = |at: &At| outline.nodes[at.segment].is_some_and(|node| (2..=30).contains(&outline.guide.node(node).max));
    segments(outline).into_iter().filter(few).collect()
}

/// Neighbours in one loop instance that stand at different positions.
pub fn pairs(outline: &Outline) -> Vec<At> {
    let ordered = |at: &At| {
        let (first, second) = (at.segment, at.segment + 1);
        let position = |index: usize| outline.nodes[index].map(|node| outline.guide.node(node).position);
        let second_inside = second < outline.segments.len() && !outline.segments[second].starts_with("SE*");
        second_inside
            && outline.inside[first] == outline.inside[second]
            && !outline.opens(second)
            && position(first) < position(second)
    };
    segments(outline).into_iter().filter(ordered).collect()
}

fn mutated(mut segments: Vec<String>, at: usize, forbidden: bool) -> Option<Mutated> {
    recount(&mut segments);
    Some(Mutated { segments, at, forbidden })
}

pub fn drop_segment(outline: &Outline, at: At, _: &mut Random) -> Option<Mutated> {
    let (node, instance) = (outline.nodes[at.segment]?, outline.inside[at.segment]?);
    let required = outline.guide.node(node).usage == Usage::Required;
    let mut segments = outline.segments.clone();
    segments.remove(at.segment);
    mutated(segments, at.segment, required && outline.count(node, instance) == 1)
}

pub fn drop_loop(outline: &Outline, at: At, _: &mut Random) -> Option<Mutated> {
    let instance = outline.loops.get(at.other)?;
    let required = outline.guide.node(instance.node).usage == Usage::Required;
    let alone = outline.loop_count(instance.node, instance.parent) == 1;
    let mut segments = outline.segments.clone();
    segments.drain(instance.start..instance.end);
    mutated(segments, at.segment, required && alone)
}

pub fn duplicate_segment(outline: &Outline, at: At, _: &mut Random) -> Option<Mutated> {
    let (node, instance) = (outline.nodes[at.segment]?, outline.inside[at.segment]?);
    let text = &outline.segments[at.segment];
    let over = outline.count(node, instance) as u32 >= outline.guide.node(node).max;
    let mut segments = outline.segments.clone();
    segments.insert(at.segment + 1, text.clone());
    mutated(segments, at.segment + 1, over && !elsewhere(&outline.guide, node, node, text))
}

pub fn extra_loop(outline: &Outline, at: At, _: &mut Random) -> Option<Mutated> {
    let instance = outline.loops.get(at.other)?;
    let text = outline.segments.get(instance.start)?;
    let over = outline.loop_count(instance.node, instance.parent) as u32 >= outline.guide.node(instance.node).max;
    let copy = outline.segments.get(instance.start..instance.end)?.to_vec();
    // A copy of an HL level has a number that was given before.
    let numbered = copy.iter().any(|segment| segment.starts_with("HL*"));
    let own = outline.guide.node(instance.node).first_child;
    let forbidden = numbered || over && !elsewhere(&outline.guide, outline.guide.node(instance.node).parent, own, text);
    let mut segments = outline.segments.clone();
    segments.splice(instance.end..instance.end, copy);
    mutated(segments, instance.end, forbidden)
}

pub fn over_max(outline: &Outline, at: At, _: &mut Random) -> Option<Mutated> {
    let (node, instance) = (outline.nodes[at.segment]?, outline.inside[at.segment]?);
    let text = &outline.segments[at.segment];
    let missing = (outline.guide.node(node).max as usize + 1).checked_sub(outline.count(node, instance))?;
    let mut segments = outline.segments.clone();
    segments.splice(at.segment..at.segment, vec![text.clone(); missing]);
    mutated(segments, at.segment + missing, !elsewhere(&outline.guide, node, node, text))
}

pub fn swap(outline: &Outline, at: At, _: &mut Random) -> Option<Mutated> {
    let node = outline.nodes[at.segment]?;
    let mut segments = outline.segments.clone();
    segments.swap(at.segment, at.segment + 1);
    // The first one now comes too late; that it is read as something else must be ruled out for it alone.
    let forbidden = !elsewhere(&outline.guide, node, node, &outline.segments[at.segment]);
    mutated(segments, at.segment + 1, forbidden)
}

/// To behind another segment of the set, further down and in another loop.
pub fn move_far(outline: &Outline, at: At, random: &mut Random) -> Option<Mutated> {
    let guide = &outline.guide;
    let (node, instance) = (outline.nodes[at.segment]?, outline.inside[at.segment]?);
    let text = &outline.segments[at.segment];
    let end = (at.segment..outline.segments.len()).find(|at| outline.segments[*at].starts_with("SE*"))?;
    let targets: Vec<usize> = (at.segment + 1..end)
        .filter(|to| {
            outline.inside[*to] != Some(instance) && outline.nodes[*to].is_some_and(|to| !around(outline, to, node))
        })
        .collect();
    let to = *targets.get(random.below(targets.len()))?;
    let there = outline.nodes[to]?;
    let mut segments = outline.segments.clone();
    let moved = segments.remove(at.segment);
    segments.insert(to, moved);
    mutated(segments, to, !elsewhere(guide, there, NodeIx::NONE, text))
}

/// Whether the loop of `node` is the one of `inner` or stands around it: then it may be in its place there.
fn around(outline: &Outline, inner: NodeIx, node: NodeIx) -> bool {
    outline.guide.within(inner, outline.guide.loop_of(node))
        && outline.guide.node(node).kind == NodeKind::Segment
        && outline.guide.loop_of(inner) == outline.guide.loop_of(node)
}

pub fn unknown_segment(outline: &Outline, at: At, _: &mut Random) -> Option<Mutated> {
    let mut segments = outline.segments.clone();
    segments.insert(at.segment + 1, format!("ZZZ{ELEMENT}1"));
    mutated(segments, at.segment + 1, true)
}

/// A segment that another transaction set knows.
pub fn foreign_segment(outline: &Outline, at: At, random: &mut Random) -> Option<Mutated> {
    let base = &outline.guide.base_segments;
    let control = ["ISA", "IEA", "GS", "GE", "ST", "SE", "TA1", "BIN", "BDS"];
    let known = guide::known().segments.iter();
    let foreign: Vec<&str> = known
        .filter(|id| base.binary_search(id).is_err())
        .map(|id| id.as_str())
        .filter(|id| !control.contains(id) && !id.is_empty())
        .collect();
    let id = *foreign.get(random.below(foreign.len()))?;
    let mut segments = outline.segments.clone();
    segments.insert(at.segment + 1, format!("{id}{ELEMENT}1"));
    mutated(segments, at.segment + 1, true)
}
