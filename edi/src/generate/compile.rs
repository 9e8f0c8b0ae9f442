//! A guide and its rules as a list of steps: everything that does not change from item to item is text.

use std::ops::Range;

use super::kind::{Kind, Value, is_person, value};
use super::rules::{Rule, Then, of};
use super::story::{Fact, Turns};
use crate::ack::Format;
use crate::guide::{Code, DataType, ElementUse, Guide, ItemKind, NodeIx, NodeKind, Note, NoteKind, SegmentId, Usage};

/// Situational elements that are there whenever their segment is.
const USUAL: [&str; 6] = ["66", "67", "1035", "1036", "156", "116"];
/// The same of DMG alone.
const DEMOGRAPHICS: [&str; 3] = ["1250", "1251", "1068"];
/// How often a situational loop or segment of which no rule speaks is there, of a hundred.
const SELDOM: u8 = 2;
/// The same within a loop that is there seldom itself.
const OFTEN: u8 = 35;
const DMG: SegmentId = SegmentId::lit("DMG");
const HL: SegmentId = SegmentId::lit("HL");
const N4: SegmentId = SegmentId::lit("N4");
const ENVELOPE: [SegmentId; 2] = [SegmentId::lit("ST"), SegmentId::lit("SE")];

/// The steps of all loops of a guide.
#[derive(Default)]
pub(super) struct Plan {
    text: Vec<u8>,
    parts: Vec<Part>,
    steps: Vec<Step>,
    loops: Vec<(NodeIx, Range<usize>)>,
    end: Vec<u8>,
    separators: [u8; 2],
    units: Vec<NodeIx>,
}

/// A piece of a segment.
#[derive(Clone)]
pub(super) enum Part {
    Text(Range<usize>),
    Drawn(Kind),
}

/// One segment or loop.
#[derive(Clone)]
pub(super) struct Step {
    pub(super) what: What,
    pub(super) chance: u8,
    pub(super) when_bad: bool,
    /// The circumstance without which it is left out.
    pub(super) fact: Option<Fact>,
    /// What it is repeated over.
    pub(super) each: Option<Turns>,
    /// There where the step before it was: a city with its street.
    pub(super) along: bool,
    /// Left out where the loop is an ancestor of another item.
    pub(super) inner: bool,
    /// Stands behind the loops that lead to the items.
    pub(super) tail: bool,
    /// A level of its own below an item, with an HL: there where the item's HL04 announces it.
    pub(super) level: bool,
}

/// What a step writes.
#[derive(Clone)]
pub(super) enum What {
    /// A segment, by its parts; and with all that it may have, where that is more.
    Segment(Range<usize>, Option<Range<usize>>),
    /// A loop.
    Loop(NodeIx),
}

impl Plan {
    pub(super) fn new(guide: &Guide, format: &Format) -> Self {
        let mut plan = Self::default();
        plan.end.push(format.delimiters.terminator);
        plan.end.extend_from_slice(format.line_end.bytes());
        plan.separators = [format.delimiters.element, format.delimiters.component];
        let rules = of(guide);
        let mut compiler = Compiler { guide, format, rules, plan: &mut plan, full: false };
        compiler.find_units();
        for node in guide.indexes().filter(|node| guide.node(*node).kind == NodeKind::Loop) {
            compiler.compile_loop(node);
        }
        plan
    }

    /// The loops that are counted: the items, or what the rules say where the whole set is one.
    pub(super) fn units(&self) -> &[NodeIx] {
        &self.units
    }

    /// The steps of a loop, without the loops on the spine below it.
    pub(super) fn steps_of(&self, node: NodeIx) -> &[Step] {
        let found = self.loops.binary_search_by_key(&node, |(node, _)| *node).ok();
        let range = found.and_then(|at| self.loops.get(at)).map(|(_, range)| range.clone());
        range.and_then(|range| self.steps.get(range)).unwrap_or_default()
    }

    /// What ends a segment.
    pub(super) fn end(&self) -> &[u8] {
        &self.end
    }

    /// Whether a set may end with its first level.
    pub(super) fn may_end_early(&self) -> bool {
        self.steps.iter().any(|step| step.fact == Some(Fact::NothingBelow))
    }

    /// Element and component separator.
    pub(super) fn separators(&self) -> &[u8] {
        &self.separators
    }

    pub(super) fn parts(&self, range: Range<usize>) -> &[Part] {
        self.parts.get(range).unwrap_or_default()
    }

    pub(super) fn text(&self, range: Range<usize>) -> &[u8] {
        self.text.get(range).unwrap_or_default()
    }
}

struct Compiler<'a> {
    guide: &'a Guide,
    format: &'a Format,
    rules: &'static [&'static [Rule]],
    plan: &'a mut Plan,
    /// Segments with all that they may have are compiled.
    full: bool,
}

impl Compiler<'_> {
    fn find_units(&mut self) {
        let guide = self.guide;
        self.plan.units = match guide.item_kind {
            ItemKind::Loops { .. } => guide.items.iter().map(|item| item.node).collect(),
            ItemKind::Set => {
                let loops = guide.indexes().filter(|node| guide.node(*node).kind == NodeKind::Loop);
                loops.filter(|node| self.then(*node).any(|then| matches!(then, Then::Unit))).collect()
            }
            ItemKind::None => Vec::new(),
        };
    }

    fn compile_loop(&mut self, node: NodeIx) {
        let guide = self.guide;
        let start = self.plan.steps.len();
        let mut tail = false;
        for child in guide.children(node) {
            let envelope = node == NodeIx::ROOT && ENVELOPE.contains(&guide.node(child).segment);
            if self.plan.units.iter().any(|unit| guide.within(*unit, child)) {
                tail = true;
            } else if !envelope {
                self.compile_child(child, tail);
            }
        }
        self.plan.loops.push((node, start..self.plan.steps.len()));
    }

    fn compile_child(&mut self, child: NodeIx, tail: bool) {
        let node = self.guide.node(child);
        let expected = |wanted: fn(Then) -> Option<u8>| self.then(child).find_map(wanted);
        let leads_to = |inner: NodeIx, item: NodeIx| self.guide.within(inner, child) && self.guide.within(child, item);
        let mut inner = self.guide.items.iter().filter_map(|item| Some((item.inner?, item.node)));
        let required = node.usage == Usage::Required || inner.clone().any(|(inner, item)| leads_to(inner, item));
        let item_only = self.then(child).any(|then| matches!(then, Then::ItemOnly));
        let inner = item_only || inner.any(|(inner, _)| inner == child);
        let along = node.segment == N4 && self.then(child).next().is_none() && node.usage == Usage::Situational;
        let chance = expected(|then| if let Then::Chance(chance) = then { Some(chance) } else { None });
        let fact = self.then(child).find_map(|then| if let Then::If(fact) = then { Some(fact) } else { None });
        let rare = || self.is_rare(node.parent);
        let chance = chance.unwrap_or_else(|| match () {
            () if required || fact.is_some() => 100,
            () if rare() => OFTEN,
            () => SELDOM,
        });
        let when_bad = self.then(child).any(|then| matches!(then, Then::WhenBad));
        if chance == 0 && !when_bad {
            return;
        }
        let each = self.then(child).find_map(|then| match then {
            Then::Each(turns) => Some(turns),
            Then::Lines => Some(Turns::Lines),
            _ => None,
        });
        let what = match node.kind {
            NodeKind::Loop => What::Loop(child),
            NodeKind::Segment => self.compile_both(child),
        };
        let level = node.kind == NodeKind::Loop && node.segment == HL;
        self.plan.steps.push(Step { what, chance, when_bad, fact, each, along, inner, tail, level });
    }

    /// Whether a loop is there only now and then, by itself or with a loop around it.
    fn is_rare(&self, node: NodeIx) -> bool {
        let up = std::iter::successors(Some(node), |at| self.guide.node(*at).parent.some());
        up.filter(|at| *at != NodeIx::ROOT && self.guide.node(*at).usage == Usage::Situational).any(|at| {
            let chance = |then| if let Then::Chance(chance) = then { Some(chance) } else { None };
            let ruled = self.then(at).any(|then| matches!(then, Then::If(_) | Then::Each(_) | Then::Unit));
            let unit = self.plan.units.iter().any(|unit| self.guide.within(*unit, at));
            !unit && self.then(at).find_map(chance).map_or(!ruled, |chance| chance < 30)
        })
    }

    /// What the rules expect of a node.
    fn then(&self, node: NodeIx) -> impl Iterator<Item = Then> + use<> {
        let mut path = self.guide.loop_path(node);
        if self.guide.node(node).kind == NodeKind::Segment {
            path = format!("{path}/{}", self.guide.node(node).name);
        }
        let path = format!("/{}/{path}", self.guide.set).replace("//", "/");
        let rules = self.rules.iter().copied().flatten();
        let ends = move |rule: &&Rule| path.strip_suffix(rule.path).is_some_and(|before| before.ends_with('/'));
        rules.filter(ends).map(|rule| rule.then)
    }

    fn compile_both(&mut self, node: NodeIx) -> What {
        let usual = self.compile_segment(node);
        self.full = true;
        let full = self.compile_segment(node);
        self.full = false;
        let count = |range: &Range<usize>| {
            let parts = self.plan.parts.get(range.clone()).unwrap_or_default().iter();
            parts.map(|part| if let Part::Text(text) = part { text.len() } else { 1 }).sum::<usize>()
        };
        let more = count(&full) > count(&usual);
        What::Segment(usual, more.then_some(full))
    }

    fn compile_segment(&mut self, node: NodeIx) -> Range<usize> {
        let guide = self.guide;
        let segment = guide.node(node);
        let elements = guide.elements_of(segment);
        let start = self.plan.parts.len();
        let mut text = segment.segment.as_bytes().to_vec();
        let mut with: Vec<u8> = Vec::new();
        for then in self.then(node) {
            match then {
                Then::With(positions) => with.extend_from_slice(positions),
                Then::Is(position, ..) | Then::Rest(position, _) => with.push(position),
                _ => {}
            }
        }
        let without = |element: &ElementUse| {
            let id = element.element.as_str();
            ["1036", "1037", "1038", "1039"].contains(&id) && !is_person(guide, segment)
        };
        let notes = guide.notes_of(segment);
        let mut used = used(elements, notes, |element| {
            if self.full && element.usage != Usage::NotUsed && !without(element) {
                return true;
            }
            let id = element.element.as_str();
            let usual = USUAL.contains(&id) && (id != "1036" || is_person(guide, segment));
            let demographics = segment.segment == DMG && DEMOGRAPHICS.contains(&id);
            with.contains(&element.position) || usual || demographics
        });
        if used == 0 {
            // No segment is empty: its first element, and what goes with it.
            let allowed = elements.iter().filter(|element| element.usage != Usage::NotUsed);
            let first = allowed.map(|element| element.position).min();
            used = self::used(elements, notes, |element| Some(element.position) == first);
        }
        let last = elements.iter().filter(|element| used & bit(element) != 0).map(|element| element.position).max();
        let mut qualifier = None;
        for element in elements.iter().take_while(|element| Some(element.position) <= last) {
            text.push(self.format.delimiters.element);
            if used & bit(element) == 0 {
                qualifier = None;
                continue;
            }
            let rest = self.then(node).find_map(|then| match then {
                Then::Rest(position, kind) if position == element.position => Some(kind),
                _ => None,
            });
            if let Some(kind) = rest {
                self.drawn(&mut text, kind);
                break;
            }
            qualifier = match element.data_type {
                DataType::Composite => self.compile_composite(&mut text, node, element),
                _ => self.compile_value(&mut text, node, element, (element.position, 0), qualifier),
            };
        }
        self.flush(&mut text);
        start..self.plan.parts.len()
    }

    fn compile_composite(&mut self, text: &mut Vec<u8>, node: NodeIx, element: &ElementUse) -> Option<Code> {
        let guide = self.guide;
        let whole = self.then(node).find_map(|then| match then {
            Then::Is(position, 0, kind) if position == element.position => Some(kind),
            _ => None,
        });
        if let Some(kind) = whole {
            self.drawn(text, kind);
            return None;
        }
        let components = guide.components_of(element);
        let expected: Vec<u8> = self
            .then(node)
            .filter_map(|then| match then {
                Then::Is(position, component, _) if position == element.position => Some(component),
                _ => None,
            })
            .collect();
        let notes = element.notes.of(&guide.notes);
        let used = used(components, notes, |component| self.full || expected.contains(&component.position));
        let last = components.iter().filter(|c| used & bit(c) != 0).map(|c| c.position).max();
        let mut qualifier = None;
        for component in components.iter().take_while(|component| Some(component.position) <= last) {
            if component.position > 1 {
                text.push(self.format.delimiters.component);
            }
            qualifier = match used & bit(component) {
                0 => None,
                _ => self.compile_value(text, node, component, (element.position, component.position), qualifier),
            };
        }
        None
    }

    fn compile_value(
        &mut self,
        text: &mut Vec<u8>,
        node: NodeIx,
        element: &ElementUse,
        place: (u8, u8),
        qualifier: Option<Code>,
    ) -> Option<Code> {
        let ruled = self.then(node).find_map(|then| match then {
            Then::Is(position, component, kind) if (position, component) == place => Some(Value::Drawn(kind)),
            _ => None,
        });
        match ruled.unwrap_or_else(|| value(self.guide, self.guide.node(node), element, qualifier)) {
            Value::Fixed(code) => {
                text.extend_from_slice(code.as_bytes());
                Some(code)
            }
            Value::Drawn(kind) => {
                self.drawn(text, kind);
                None
            }
        }
    }

    fn drawn(&mut self, text: &mut Vec<u8>, kind: Kind) {
        self.flush(text);
        self.plan.parts.push(Part::Drawn(kind));
    }

    fn flush(&mut self, text: &mut Vec<u8>) {
        let start = self.plan.text.len();
        self.plan.text.append(text);
        if self.plan.text.len() > start {
            self.plan.parts.push(Part::Text(start..self.plan.text.len()));
        }
    }
}

fn bit(element: &ElementUse) -> u32 {
    1 << u32::from(element.position.saturating_sub(1).min(31))
}

/// The positions that are written: required ones, wanted ones (the first, where there are none), and what the syntax notes then ask for.
fn used(elements: &[ElementUse], notes: &[Note], wanted: impl Fn(&ElementUse) -> bool) -> u32 {
    let allowed = elements.iter().filter(|e| e.usage != Usage::NotUsed).fold(0, |all, e| all | bit(e));
    let chosen = elements.iter().filter(|e| e.usage == Usage::Required || wanted(e)).fold(0, |all, e| all | bit(e));
    // What says nothing is left out, so that one of them is there at the least: the first.
    let mut used = if chosen & allowed == 0 { allowed & allowed.wrapping_neg() } else { chosen & allowed };
    for _ in 0..4 {
        for note in notes {
            let all = note.all & allowed;
            let others = all & !note.first;
            used |= match note.kind {
                NoteKind::Paired if used & note.all != 0 => all,
                NoteKind::Required if used & note.all == 0 => all & all.wrapping_neg(),
                NoteKind::Conditional if used & note.first != 0 => others,
                NoteKind::Exclusion if (used & all).count_ones() > 1 => {
                    used &= !all | (used & all & (used & all).wrapping_neg());
                    0
                }
                NoteKind::ListConditional if used & note.first != 0 && used & others == 0 => {
                    others & others.wrapping_neg()
                }
                _ => 0,
            };
        }
    }
    used
}
