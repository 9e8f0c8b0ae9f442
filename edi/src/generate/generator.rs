//! The file, piece by piece.

#[cfg(test)]
mod tests;

use super::GenerateOptions;
use super::compile::{Part, Plan, What};
use super::scene::{Bad, Scene};
use crate::ack::{Envelope, Format};
use crate::control::ControlNumber;
use crate::guide::{NodeIx, SegmentId};
use crate::json::print::Printer;
use crate::json::set::{print_header, print_trailer};

/// How much one piece holds at least.
const PIECE: usize = 64 << 10;
const HL: SegmentId = SegmentId::lit("HL");
/// How often, of a hundred, an item stands under the same level as the one before: the outermost level, the innermost, others.
const KEEP: (u8, u8, u8) = (97, 40, 85);
/// How often, of a hundred, a set begins a group of its own.
const NEW_GROUP: u8 = 4;
/// How often, of a hundred, a set that says why it ends with its first level comes before another one.
const ENDS_EARLY: u8 = 3;
/// How often, of a hundred, a segment has all that it may have.
const FULL: u8 = 5;

/// Writes one interchange, in pieces of about 64 KiB; memory holds one piece.
pub struct Generator {
    options: GenerateOptions,
    plan: Plan,
    scene: Scene,
    envelope: Envelope,
    /// The ways from the set to each item loop, without the set.
    ways: Vec<Vec<NodeIx>>,
    /// The levels that are open above the last item.
    open: Vec<Open>,
    set_items: u64,
    set_items_max: u64,
    set_segments: u64,
    group_sets: u32,
    groups: u32,
    state: State,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Start,
    Items,
    Done,
}

struct Open {
    node: NodeIx,
    /// The level below it on the way to the item for which it was opened.
    below: NodeIx,
    hl: Option<u64>,
}

impl Generator {
    /// A generator at the start of its file.
    pub fn new(options: GenerateOptions) -> Self {
        let guide = &options.guide;
        let plan = Plan::new(guide, &options.format);
        let mut scene = Scene::new(&options);
        let envelope = options.envelope(&mut scene.random);
        let way = |item: NodeIx| {
            let up = std::iter::successors(Some(item), |at| guide.node(*at).parent.some());
            let mut way: Vec<NodeIx> = up.filter(|at| *at != NodeIx::ROOT).collect();
            way.reverse();
            way
        };
        let mut ways: Vec<Vec<NodeIx>> = plan.units().iter().map(|unit| way(*unit)).collect();
        if ways.is_empty() {
            ways.push(Vec::new());
        }
        Self {
            plan,
            scene,
            envelope,
            ways,
            open: Vec::new(),
            set_items: 0,
            set_items_max: 0,
            set_segments: 0,
            group_sets: 0,
            groups: 0,
            state: State::Start,
            options,
        }
    }

    /// Appends the next piece to `out`; `false` once the file is complete.
    pub fn fill(&mut self, out: &mut Vec<u8>) -> bool {
        let start = out.len();
        while self.state != State::Done && out.len() - start < PIECE {
            self.step(out);
        }
        out.len() > start
    }

    fn step(&mut self, out: &mut Vec<u8>) {
        if self.state == State::Start {
            self.envelope.isa(&self.options.format, out);
            self.open_group(out);
            self.state = State::Items;
        }
        if self.scene.item < self.options.count {
            if self.scene.set == 0 || self.set_items >= self.set_items_max {
                self.close_set(out);
                if self.group_sets > 0 && self.scene.random.chance(NEW_GROUP) {
                    self.close_group(out);
                    self.envelope.group = self.envelope.group.next();
                    self.open_group(out);
                }
                if self.plan.may_end_early() && self.scene.random.chance(ENDS_EARLY) {
                    self.early_end(out);
                }
                self.open_set(out);
            }
            self.item(out);
            return;
        }
        self.close_set(out);
        self.close_group(out);
        self.envelope.iea(&self.options.format, self.groups, out);
        self.state = State::Done;
    }

    fn open_group(&mut self, out: &mut Vec<u8>) {
        let guide = &self.options.guide;
        self.envelope.gs(&self.options.format, &guide.group, &guide.revision, out);
        self.groups += 1;
    }

    fn close_group(&mut self, out: &mut Vec<u8>) {
        self.envelope.ge(&self.options.format, self.group_sets, out);
        self.group_sets = 0;
    }

    /// Whether a set is one item, or has room for one alone: a 278's levels come once each.
    fn one_item_a_set(&self) -> bool {
        let once = |at: &NodeIx| self.options.guide.node(*at).max == 1;
        let single = |way: &Vec<NodeIx>| match way.split_last() {
            Some((_, above)) => !above.is_empty() && above.iter().all(once),
            None => true,
        };
        self.ways.iter().all(single)
    }

    fn open_set(&mut self, out: &mut Vec<u8>) {
        let items_max = if self.one_item_a_set() { 1 } else { self.options.items_per_set_max.max(1) };
        let left = self.options.count - self.scene.item;
        self.set_items_max = self.scene.begin_set(items_max.min(left));
        self.scene.hl = 0;
        self.set_items = 0;
        self.open.clear();
        let number = ControlNumber::new(self.scene.set as u32).unwrap_or(ControlNumber::FIRST);
        let Format { delimiters, line_end } = self.options.format;
        let line_end = line_end.bytes();
        let mut printer = Printer { out, delimiters, line_end, strict: false, segments: 0, hl: None };
        print_header(&mut printer, &self.options.guide, number);
        self.set_segments = printer.segments;
        self.group_sets += 1;
        if self.ways.iter().all(|way| !way.is_empty()) {
            self.write_loop(NodeIx::ROOT, Place::Ancestor, out);
        }
    }

    /// A set of its first level alone, without any item.
    fn early_end(&mut self, out: &mut Vec<u8>) {
        self.open_set(out);
        self.scene.nothing_below = true;
        if let Some(&first) = self.ways.first().and_then(|way| way.first()) {
            self.level(first, None, None, out);
        }
        self.scene.nothing_below = false;
        self.close_set(out);
    }

    fn close_set(&mut self, out: &mut Vec<u8>) {
        if self.scene.set == 0 {
            return;
        }
        if self.ways.iter().all(|way| !way.is_empty()) {
            self.write_loop(NodeIx::ROOT, Place::Tail, out);
        }
        let number = ControlNumber::new(self.scene.set as u32).unwrap_or(ControlNumber::FIRST);
        let Format { delimiters, line_end } = self.options.format;
        let line_end = line_end.bytes();
        let mut printer = Printer { out, delimiters, line_end, strict: false, segments: self.set_segments, hl: None };
        print_trailer(&mut printer, number);
    }

    /// Writes the next item, and before it the levels that it does not share with the last one.
    fn item(&mut self, out: &mut Vec<u8>) {
        self.scene.begin_item(self.options.bad_every);
        self.set_items += 1;
        let (way, kept) = self.choose_way();
        self.open.truncate(kept);
        self.scene.under(kept);
        let mut parent = self.open.iter().rev().find_map(|open| open.hl);
        for at in kept..way.len() {
            let Some(&node) = way.get(at) else { break };
            let below = way.get(at + 1).copied();
            let hl = self.level(node, below, parent, out);
            parent = hl.or(parent);
            if let Some(below) = below {
                self.open.push(Open { node, below, hl });
            }
        }
        if way.is_empty() {
            self.write_loop(NodeIx::ROOT, Place::Item, out);
        }
    }

    /// The way to the next item, and how many of the open levels it shares.
    fn choose_way(&mut self) -> (Vec<NodeIx>, usize) {
        let ways = self.ways.len() as u64;
        // The first item loop is the usual one: the subscriber's own.
        let chosen = match self.scene.way() {
            Some(way) => way,
            None if self.scene.random.chance(75) => 0,
            None => self.scene.random.between(0, ways - 1) as usize,
        };
        let way = self.ways.get(chosen).cloned().unwrap_or_default();
        let above = way.len().saturating_sub(1);
        let mut kept = 0;
        for (at, open) in self.open.iter().enumerate() {
            let same = way.get(at) == Some(&open.node) && way.get(at + 1) == Some(&open.below);
            let (outermost, innermost, other) = KEEP;
            let keep = match at {
                _ if let Some(levels) = self.scene.kept() => 100 * u8::from(at < levels),
                _ if self.options.guide.node(open.node).max == 1 => 100,
                0 => outermost,
                _ if at + 1 == above => innermost,
                _ => other,
            };
            if !same || !self.scene.random.chance(keep) {
                break;
            }
            kept = at + 1;
        }
        (way, kept)
    }

    /// Writes one level of the way, the item last. Returns its HL's number.
    fn level(&mut self, node: NodeIx, below: Option<NodeIx>, parent: Option<u64>, out: &mut Vec<u8>) -> Option<u64> {
        let guide = &self.options.guide;
        let has_hl = guide.node(node).segment == HL;
        let child = match below {
            Some(below) => guide.node(below).segment == HL,
            None => {
                let levels = self.plan.steps_of(node).iter().filter(|step| step.level);
                levels.map(|step| step.chance).max().is_some_and(|chance| self.scene.random.chance(chance))
            }
        };
        self.scene.hl_child = child;
        self.scene.hl_parent = parent;
        self.scene.hl += u64::from(has_hl);
        let hl = has_hl.then_some(self.scene.hl);
        self.write_loop(node, if below.is_none() { Place::Item } else { Place::Ancestor }, out);
        hl
    }

    fn write_loop(&mut self, node: NodeIx, place: Place, out: &mut Vec<u8>) {
        let plan = std::mem::take(&mut self.plan);
        write_steps(&plan, node, place, &mut self.scene, &mut self.set_segments, out);
        self.plan = plan;
    }
}

/// Where the steps of a loop stand.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    /// In an item.
    Item,
    /// Above items: what comes before them.
    Ancestor,
    /// Above items: what comes behind them.
    Tail,
}

fn write_steps(plan: &Plan, node: NodeIx, place: Place, scene: &mut Scene, segments: &mut u64, out: &mut Vec<u8>) {
    let below = if place == Place::Tail { Place::Ancestor } else { place };
    let (own, children) = (scene.hl, scene.hl_child);
    let mut there = false;
    for step in plan.steps_of(node) {
        let forced = step.when_bad && scene.bad == Some(Bad::Npi);
        let elsewhere = match place {
            Place::Item => false,
            Place::Ancestor => step.inner || step.tail,
            Place::Tail => !step.tail,
        };
        if elsewhere {
            continue;
        }
        if step.fact.is_some_and(|fact| !scene.holds(fact)) {
            there = false;
            continue;
        }
        there = match () {
            () if step.level => children,
            () if step.along => there,
            () => forced || scene.random.chance(step.chance),
        };
        if !there {
            continue;
        }
        let times = step.each.map_or(1, |each| scene.times(each));
        for turn in 0..times {
            if let Some(each) = step.each {
                scene.turn(each, turn);
            }
            if step.level {
                scene.hl += 1;
                (scene.hl_parent, scene.hl_child) = (Some(own), false);
            }
            match &step.what {
                What::Loop(node) => write_steps(plan, *node, below, scene, segments, out),
                What::Segment(usual, full) => {
                    let full = full.as_ref().filter(|_| scene.random.chance(FULL));
                    let parts = full.unwrap_or(usual);
                    write_parts(plan, plan.parts(parts.clone()), scene, out);
                    *segments += 1;
                }
            }
        }
    }
}

fn write_parts(plan: &Plan, parts: &[Part], scene: &mut Scene, out: &mut Vec<u8>) {
    for part in parts {
        match part {
            Part::Text(range) => out.extend_from_slice(plan.text(range.clone())),
            Part::Drawn(kind) => scene.push(out, *kind),
        }
    }
    // No separator stands behind the last value.
    while out.last().is_some_and(|last| plan.separators().contains(last)) {
        out.pop();
    }
    out.extend_from_slice(plan.end());
}

impl Iterator for Generator {
    type Item = Vec<u8>;

    fn next(&mut self) -> Option<Vec<u8>> {
        let mut piece = Vec::with_capacity(PIECE + PIECE / 4);
        self.fill(&mut piece).then_some(piece)
    }
}
