//! Rules to a guide's program.
//!
//! A rule is bound once for each loop or segment of the guide that its scope names. Its conditions become a disjunction of clauses that
//! say when it is broken; each thing that they look at becomes a bit in the frame of the loop that holds both it and the rule's own
//! place. What comes only after the rule's own place is asked when that loop closes.

mod clauses;
mod finish;
mod resolve;
mod tree;

use super::data::{DataRule, Rules};
use super::format::Format;
use super::lists::Lists;
use super::notation::{ElementAt, Op, Part, Pattern, Place, Position, Scope};
use super::program::{Act, Each, Program};
use crate::finding::Snip;
use crate::guide::{Guide, NodeIx, NodeKind, SegmentId};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Binds the rules up to a SNIP type that are for this guide.
pub(crate) fn bind(rules: &Rules, guide: &Guide, snip_max: Snip) -> Program {
    let mut binder = Binder::new(guide, rules.lists());
    let has_lists = |rule: &DataRule| rule.rule.needs.iter().all(|name| rules.lists().list(name).is_some());
    let in_force = |rule: &&Arc<DataRule>| rule.info.snip <= snip_max && has_lists(rule);
    for rule in rules.for_guide(guide).filter(in_force) {
        binder.rule(rule);
    }
    finish::finish(binder)
}

/// What is wrong with a rule in a guide that it names, each with its line: places that the guide does not have, and what cannot be asked.
/// How often it is bound stands beside: 0 where the guide has none of its loops.
pub fn check(rule: &Arc<DataRule>, lists: &Lists, guide: &Guide) -> (usize, Vec<(usize, String)>) {
    let mut binder = Binder::new(guide, lists);
    binder.rule(rule);
    (binder.bound, binder.problems)
}

/// Where a rule is asked: when this loop closes, or at this segment.
#[derive(Clone, Copy, Debug)]
struct Anchor {
    node: NodeIx,
    /// The loop, or the segment's.
    within: NodeIx,
    each: bool,
}

/// A bit in the frame of a loop.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Ref {
    scope: NodeIx,
    index: u32,
}

/// What is asked of a value: a test before it is packed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Ask {
    element: ElementAt,
    absent: bool,
    invert: bool,
    kind: AskKind,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum AskKind {
    Stands,
    Codes(Vec<Pattern>),
    Format(FormatRef),
    /// By the list's index.
    List(u16),
    Limited(u16),
    Number(Op, String),
    Day(Op, Part, String),
}

/// A format, in order of names.
#[derive(Clone, Copy, Debug)]
struct FormatRef(&'static Format);

/// Segment nodes, each with what is asked there.
type Targets = Vec<(NodeIx, Vec<Ask>)>;

struct DraftProbe {
    node: NodeIx,
    asks: Vec<Ask>,
    each: Each,
    bit: Ref,
    act: Act,
}

struct DraftClause {
    node: NodeIx,
    rule: u16,
    each: Each,
    asks: Vec<Ask>,
    bits: Vec<(Ref, bool)>,
    dynamics: Vec<DraftDynamic>,
    at: Vec<DraftPointer>,
    because: Vec<DraftPointer>,
    end: DraftEnd,
}

enum DraftEnd {
    Tell,
    Later { bit: Ref, mark: u16, period: Option<(u16, ElementAt, u16)> },
}

#[derive(Clone, Copy, Debug)]
enum DraftPointer {
    Own(Option<ElementAt>),
    Mark(u16, Ref),
}

#[derive(Clone, Debug)]
enum DraftDynamic {
    Ordered { op: Op, left: DraftSource, right: DraftSource },
    Text { op: Op, left: DraftSource, right: DraftSource },
    Count { op: Op, slot: u16, bit: Ref, number: u32 },
    Outside { period: DraftDays, days: Vec<DraftSource> },
}

#[derive(Clone, Copy, Debug)]
enum DraftDays {
    Own(ElementAt, u16),
    Held(u16, Ref),
}

#[derive(Clone, Debug)]
enum DraftSource {
    Own(ElementAt, bool),
    Held(u16, Ref),
}

/// A guide's program in the making.
struct Binder<'g> {
    guide: &'g Guide,
    lists: &'g Lists,
    /// The lists that are asked.
    asked: Vec<String>,
    rules: Vec<Arc<DataRule>>,
    probes: Vec<DraftProbe>,
    clauses: Vec<DraftClause>,
    /// How many bits each loop's frame has.
    bits: BTreeMap<NodeIx, u32>,
    /// Bits, marks, holds, texts and counts that are there already, by what they look at.
    known: BTreeMap<(NodeIx, Targets, Wanted), (u16, Ref)>,
    marks: u16,
    holds: u16,
    texts: u16,
    counts: u16,
    /// How often the rule that is being bound found its scope.
    bound: usize,
    problems: Vec<(usize, String)>,
}

/// What is wanted of a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Wanted {
    Bit,
    Mark(Option<ElementAt>),
    Hold(ElementAt, bool),
    Text(ElementAt),
    Count,
    Period(ElementAt, u16),
}

impl<'g> Binder<'g> {
    fn new(guide: &'g Guide, lists: &'g Lists) -> Self {
        Self {
            guide,
            lists,
            asked: Vec::new(),
            rules: Vec::new(),
            probes: Vec::new(),
            clauses: Vec::new(),
            bits: BTreeMap::new(),
            known: BTreeMap::new(),
            marks: 0,
            holds: 0,
            texts: 0,
            counts: 0,
            bound: 0,
            problems: Vec::new(),
        }
    }

    fn rule(&mut self, rule: &Arc<DataRule>) {
        let index = self.rules.len() as u16;
        self.rules.push(Arc::clone(rule));
        for anchor in self.anchors(&rule.rule.scope) {
            self.bound += 1;
            self.clauses_of(rule, index, anchor);
        }
    }

    fn anchors(&self, scope: &Scope) -> Vec<Anchor> {
        match scope {
            Scope::Loop(path) if path.is_empty() => {
                vec![Anchor { node: NodeIx::ROOT, within: NodeIx::ROOT, each: false }]
            }
            Scope::Loop(path) => {
                self.loops(path).into_iter().map(|node| Anchor { node, within: node, each: false }).collect()
            }
            Scope::Each(place) => self.segments(place),
        }
    }

    /// The segment nodes that `each` names, where its conditions can hold.
    fn segments(&self, place: &Place) -> Vec<Anchor> {
        let segment = place.segment.as_deref().map(SegmentId::lit).unwrap_or_default();
        let within = match (place.from_root, place.loops.as_slice()) {
            (true, _) => Some(vec![NodeIx::ROOT]),
            (false, []) => None,
            (false, path) => Some(self.loops(path)),
        };
        let fits = |node: &NodeIx| {
            let found = self.guide.node(*node);
            found.kind == NodeKind::Segment
                && found.segment == segment
                && within.as_ref().is_none_or(|within| within.contains(&found.parent))
                && place.conditions.iter().all(|condition| self.known(*node, &resolve::ask(condition)) != Some(false))
        };
        let anchor = |node| Anchor { node, within: self.guide.node(node).parent, each: true };
        self.guide.indexes().filter(fits).map(anchor).collect()
    }

    /// A new bit in a loop's frame.
    fn bit(&mut self, scope: NodeIx) -> Ref {
        let index = self.bits.entry(scope).or_default();
        *index += 1;
        Ref { scope, index: *index - 1 }
    }

    /// The bit (and slot) for something wanted of places; one for all rules that want it.
    fn want(&mut self, scope: NodeIx, targets: Targets, wanted: Wanted) -> (u16, Ref) {
        let key = (scope, targets, wanted);
        if let Some(known) = self.known.get(&key) {
            return *known;
        }
        let bit = self.bit(scope);
        let next = |count: &mut u16| {
            *count += 1;
            *count - 1
        };
        let (slot, act) = match wanted {
            Wanted::Bit => (0, Act::Nothing),
            Wanted::Mark(element) => {
                let slot = next(&mut self.marks);
                (slot, Act::Mark { slot, element })
            }
            Wanted::Hold(element, day) => {
                let slot = next(&mut self.holds);
                (slot, Act::Hold { slot, element, day })
            }
            Wanted::Text(element) => {
                let slot = next(&mut self.texts);
                (slot, Act::Text { slot, element })
            }
            Wanted::Period(element, list) => {
                let slot = next(&mut self.holds);
                (slot, Act::Period { slot, element, list })
            }
            Wanted::Count => {
                let slot = next(&mut self.counts);
                (slot, Act::Count { slot })
            }
        };
        let element = match wanted {
            Wanted::Mark(element) => element,
            Wanted::Hold(element, _) | Wanted::Text(element) | Wanted::Period(element, _) => Some(element),
            Wanted::Bit | Wanted::Count => None,
        };
        for (node, asks) in &key.1 {
            let each = self.each(*node, asks.iter().map(|ask| ask.element).chain(element));
            self.probes.push(DraftProbe { node: *node, asks: asks.clone(), each, bit, act });
        }
        self.known.insert(key, (slot, bit));
        (slot, bit)
    }

    /// What of a segment must be gone through for these elements.
    fn each(&self, node: NodeIx, elements: impl Iterator<Item = ElementAt>) -> Each {
        let mut each = Each::default();
        for element in elements {
            match element.position {
                Position::Each => each.elements = true,
                Position::At(_) => {}
            }
            each.repetitions |= resolve::used(self.guide, node, element).is_some_and(|(used, _)| used.repeat > 1);
        }
        each
    }

    /// The index of a code list.
    fn list(&mut self, name: &str) -> Option<u16> {
        self.lists.list(name)?;
        let known = self.asked.iter().position(|asked| asked == name);
        let index = known.unwrap_or(self.asked.len());
        if known.is_none() {
            self.asked.push(name.to_owned());
        }
        Some(index as u16)
    }

    fn problem(&mut self, line: usize, problem: impl Into<String>) {
        self.problems.push((line, problem.into()));
    }
}

impl PartialEq for FormatRef {
    fn eq(&self, other: &Self) -> bool {
        self.0.name == other.0.name
    }
}

impl Eq for FormatRef {}

impl PartialOrd for FormatRef {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for FormatRef {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.0.name.cmp(other.0.name)
    }
}
