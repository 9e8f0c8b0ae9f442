//! A guide made ready for the walk: what is looked at for every segment and element, small and in a row.

use super::codes::{CodeList, CodeTables};
use super::paths::Tellers;
use super::rules::{Bound, Rules};
use super::sound::Look;
use super::word::{word, word_at};
use crate::companion::Companion;
use crate::finding::Snip;
use crate::guide::{
    Code, DataType, ElementId, ElementUse, Guide, ItemKind, Node, NodeIx, NodeKind, Note, SegmentId, Span, Usage,
};
use crate::segment::Segment;
use std::sync::Arc;

/// A guide and its tables for the walk. One a guide and engine.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) guide: Arc<Guide>,
    /// Parallel to the guide's nodes.
    steps: Vec<Step>,
    /// Parallel to the guide's elements.
    checks: Vec<Check>,
    /// Parallel to the checks.
    looks: Vec<Look>,
    code_tables: CodeTables,
    /// The day from which on all codes are valid that have not ended.
    codes_since: u32,
    keys: Vec<Key>,
    tellers: Tellers,
    /// The required children of each loop, the guide's and the companions'.
    required: Vec<NodeIx>,
    /// Whether some companion judges items by expressions.
    pub(crate) judges: bool,
    /// What partners ask beyond the guide.
    pub(crate) companions: Vec<Companion>,
    /// The rules beyond the tables.
    pub(crate) rules: Bound,
    /// Whether an item may be rejected while the others of its set go on.
    pub(crate) alone: bool,
}

/// What the walk looks at of a node.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Step {
    pub(crate) segment: SegmentId,
    /// A bit for the segment of this child and of each that follows it, by [`bit`]: where a segment's is not set, it does not come.
    pub(crate) ahead: u64,
    /// Next sibling.
    pub(crate) next: NodeIx,
    /// First sibling of the run that shares this one's position.
    pub(crate) run: NodeIx,
    pub(crate) first_child: NodeIx,
    pub(crate) is_loop: bool,
    /// Whether instances of this loop are items.
    pub(crate) item: bool,
    /// Whether items stand below this loop.
    pub(crate) holds_items: bool,
    pub(crate) keys: Span,
    pub(crate) first: FirstKey,
    pub(crate) max: u32,
    /// How often a companion lets it stand; where it belongs, `max` says.
    pub(crate) max_by_companions: u32,
    pub(crate) required: Span,
    /// A bit for each required child of this loop.
    pub(super) required_bits: u64,
    /// This child's own bit, where it is required, …
    pub(super) required_bit: u64,
    /// … and those of its required siblings that stand before its run.
    pub(super) required_before: u64,
    pub(crate) checks: Span,
    pub(crate) notes: Span,
    /// Position of the last element that is required.
    pub(crate) last_required: u8,
    /// Whether a rule looks at this segment, or at this loop when it opens or closes.
    pub(crate) rules: bool,
    /// Whether a companion asks anything of its elements.
    pub(crate) companions: bool,
    /// Neither a companion nor the hierarchy wants this segment.
    pub(crate) quiet: bool,
}

/// What is checked of an element.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Check {
    pub(crate) kind: Kind,
    pub(crate) usage: Usage,
    /// Some of the codes have more than eight letters: `codes` does not hold them.
    pub(crate) long_codes: bool,
    pub(crate) dated: bool,
    pub(crate) repeat: u16,
    pub(crate) min: u32,
    pub(crate) max: u32,
    pub(super) codes: CodeList,
    /// Codes; of a composite, its components.
    pub(crate) span: Span,
    /// A composite's own notes.
    pub(crate) notes: Span,
}

/// How a value is checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Text,
    /// Data element 1250: what the next 1251 looks like.
    Format,
    /// Data element 1251.
    Formatted,
    Date,
    Time,
    Decimal,
    Whole,
    Binary,
    Composite,
}

/// What a node wants of its segment's first element.
#[derive(Clone, Copy, Debug)]
pub(crate) enum FirstKey {
    /// No key element at all.
    None,
    /// This code there, and no other key.
    One(u64),
    /// Anything else.
    Other,
}

/// A segment's first value, once for all nodes that it is held against.
#[derive(Clone, Copy, Debug)]
pub(crate) struct First {
    /// As a number; 0 where it is empty or long.
    value: u64,
    /// It is the whole element.
    simple: bool,
}

impl First {
    #[inline]
    pub(crate) fn of(segment: &Segment<'_>) -> Self {
        let [before, after, ..] = *segment.marks() else { return Self { value: 0, simple: false } };
        let (start, end) = (before as usize + 1, after as usize);
        let plain = segment.frame().plain || after == segment.frame().end;
        Self {
            value: word_at(segment.buffer(), start, end - start),
            simple: plain || segment.buffer().get(end) == Some(&segment.delimiters().element),
        }
    }
}

/// A key element.
#[derive(Clone, Copy, Debug)]
struct Key {
    element: u8,
    component: u8,
    codes: Span,
    /// The codes, where none is long.
    list: Option<CodeList>,
}

impl Plan {
    /// The tables of a guide, with the rules up to a SNIP type and what companions ask.
    pub(crate) fn new(guide: Arc<Guide>, rules: &Rules, companions: Vec<Companion>, snip_max: Snip) -> Self {
        let rules = companions.iter().fold(rules.clone(), |rules, companion| rules.and(companion.rules()));
        let mut code_tables = CodeTables::default();
        let keys = guide
            .key_elements
            .iter()
            .map(|key| Key {
                element: key.element,
                component: key.component,
                codes: key.codes,
                list: code_tables.add(key.codes, &guide.codes),
            })
            .collect();
        let mut checks = Vec::with_capacity(guide.elements.len());
        let mut looks = Vec::with_capacity(guide.elements.len());
        for used in guide.elements.iter() {
            let check = check(used, code_tables.add(used.codes, &guide.codes));
            let open = if used.dated { code_tables.add_open(&guide, used.codes) } else { check.codes };
            looks.push(Look::new(&check, open, last_required(guide.components_of(used))));
            checks.push(check);
        }
        let mut plan = Self {
            steps: Vec::with_capacity(guide.nodes.len()),
            checks,
            looks,
            code_tables,
            codes_since: guide.periods.iter().map(|period| period.from).max().unwrap_or(0),
            keys,
            tellers: Tellers::new(&guide),
            required: Vec::new(),
            rules: Bound::new(&guide, &rules, snip_max),
            judges: companions.iter().any(|companion| !companion.expressions().is_empty()),
            companions,
            alone: guide.item_kind == ItemKind::Loops { alone: true },
            guide,
        };
        let guide = Arc::clone(&plan.guide);
        plan.steps = guide.indexes().map(|ix| step(&guide, ix, &plan.rules)).collect();
        guide.indexes().for_each(|ix| plan.link_companions(ix));
        plan.link_siblings();
        plan
    }

    #[inline]
    pub(crate) fn step(&self, ix: NodeIx) -> &Step {
        self.steps.get(usize::from(ix.0)).unwrap_or(&NOWHERE)
    }

    #[inline]
    pub(crate) fn checks(&self, span: Span) -> &[Check] {
        span.of(&self.checks)
    }

    #[inline]
    pub(super) fn looks(&self, span: Span) -> &[Look] {
        span.of(&self.looks)
    }

    #[inline]
    pub(super) fn tellers(&self) -> &Tellers {
        &self.tellers
    }

    #[inline]
    pub(super) fn codes_since(&self) -> u32 {
        self.codes_since
    }

    #[inline]
    pub(super) fn codes(&self) -> &CodeTables {
        &self.code_tables
    }

    #[inline]
    pub(crate) fn notes(&self, span: Span) -> &[Note] {
        span.of(&self.guide.notes)
    }

    #[inline]
    pub(crate) fn required(&self, span: Span) -> &[NodeIx] {
        span.of(&self.required)
    }

    /// Whether one of an element's codes is the value; `word` is the value as a number.
    #[inline]
    pub(super) fn has_code(&self, check: &Check, word: u64, value: &[u8]) -> bool {
        if check.long_codes { self.has_long_code(check.span, value) } else { self.code_tables.holds(check.codes, word) }
    }

    #[cold]
    fn has_long_code(&self, span: Span, value: &[u8]) -> bool {
        span.of(&self.guide.codes).binary_search(&Code::pack(value)).is_ok()
    }

    /// Whether a segment holds the key elements of a node.
    #[inline]
    pub(crate) fn keys_hold(&self, step: &Step, segment: &Segment<'_>, first: First) -> bool {
        match step.first {
            FirstKey::None => true,
            FirstKey::One(code) if first.simple => first.value == code,
            _ => self.all_keys_hold(step.keys, segment, first),
        }
    }

    fn all_keys_hold(&self, keys: Span, segment: &Segment<'_>, first: First) -> bool {
        keys.of(&self.keys).iter().all(|key| {
            let value = match key.component {
                0 => segment.element(usize::from(key.element)),
                1 if key.element == 1 && first.value != 0 && key.list.is_some() => {
                    return self.key_holds(key, first.value, &[]);
                }
                component => segment.component(usize::from(key.element), usize::from(component)),
            };
            value.is_some_and(|value| self.key_holds(key, word(value), value))
        })
    }

    #[inline]
    fn key_holds(&self, key: &Key, word: u64, value: &[u8]) -> bool {
        match key.list {
            Some(list) => self.code_tables.holds(list, word),
            None => self.has_long_code(key.codes, value),
        }
    }

    /// What companions ask of a node: its required children, how often it may stand, its elements.
    fn link_companions(&mut self, ix: NodeIx) {
        let asked = |child: &NodeIx| {
            self.guide.node(*child).usage == Usage::Required
                || self.companions.iter().any(|other| other.requires(*child))
        };
        let start = self.required.len() as u32;
        let children: Vec<NodeIx> = self.guide.children(ix).filter(asked).collect();
        let required = Span { start, len: children.len() as u32 };
        self.required.extend(children);
        let max = self.companions.iter().map(|companion| companion.max(ix)).min();
        let touched = self.companions.iter().any(|companion| companion.touches(ix));
        if let Some(step) = self.steps.get_mut(usize::from(ix.0)) {
            step.required = required;
            step.max_by_companions = max.unwrap_or(step.max);
            step.companions = touched;
            step.quiet &= !touched && !self.judges;
        }
    }

    /// Gives each required child of a loop its bit.
    fn link_required(&mut self, ix: NodeIx) {
        let guide = Arc::clone(&self.guide);
        let required = self.required(self.step(ix).required).to_vec();
        let bits = required_bits(&required, NodeIx::NONE);
        if let Some(step) = self.steps.get_mut(usize::from(ix.0)) {
            step.required_bits = bits;
        }
        for child in guide.children(ix) {
            let before = required_bits(&required, self.step(child).run);
            let own = required.iter().position(|required| *required == child).map_or(0, required_bit);
            if let Some(step) = self.steps.get_mut(usize::from(child.0)) {
                (step.required_bit, step.required_before) = (own & !UNSETTLED, before);
            }
        }
    }

    /// Fills in what needs the siblings: the run that each stands in, and the segments that are ahead.
    fn link_siblings(&mut self) {
        for ix in self.guide.indexes() {
            let mut run = NodeIx::NONE;
            let mut position = 0;
            for child in self.guide.children(ix) {
                let own = self.guide.node(child).position;
                if run == NodeIx::NONE || own != position {
                    (run, position) = (child, own);
                }
                if let Some(step) = self.steps.get_mut(usize::from(child.0)) {
                    step.run = run;
                }
            }
            self.link_required(ix);
        }
        // Siblings stand in order: from the last to the first.
        for ix in (0..self.steps.len()).rev() {
            let Some(step) = self.steps.get(ix).copied() else { continue };
            let ahead = self.step(step.next).ahead | bit(step.segment);
            if let Some(step) = self.steps.get_mut(ix) {
                step.ahead = ahead;
            }
        }
    }
}

static NOWHERE: Step = Step {
    segment: SegmentId::NONE,
    ahead: 0,
    next: NodeIx::NONE,
    run: NodeIx::NONE,
    first_child: NodeIx::NONE,
    is_loop: false,
    item: false,
    holds_items: false,
    keys: Span { start: 0, len: 0 },
    first: FirstKey::None,
    max: 0,
    max_by_companions: 0,
    required: Span { start: 0, len: 0 },
    required_bits: 0,
    required_bit: 0,
    required_before: 0,
    checks: Span { start: 0, len: 0 },
    notes: Span { start: 0, len: 0 },
    last_required: 0,
    companions: false,
    quiet: false,
    rules: false,
};

/// The bit of all required children of a loop past its 63rd: it is never settled, so that they are always looked at.
pub(super) const UNSETTLED: u64 = 1 << 63;

fn required_bit(at: usize) -> u64 {
    1u64.checked_shl(at as u32).unwrap_or(UNSETTLED)
}

/// The bits of those that stand before `until`.
fn required_bits(required: &[NodeIx], until: NodeIx) -> u64 {
    let before = required.iter().enumerate().filter(|(_, child)| **child < until);
    before.fold(0, |bits, (at, _)| bits | required_bit(at))
}

/// One of 64 bits for a segment id; others may share it.
#[inline]
pub(crate) fn bit(segment: SegmentId) -> u64 {
    1 << (segment.word().wrapping_mul(0x9E37_79B1) >> 26)
}

fn step(guide: &Guide, ix: NodeIx, rules: &Bound) -> Step {
    let node = guide.node(ix);
    let is_loop = node.kind == NodeKind::Loop;
    let below = guide.items.iter().any(|item| item.node != ix && guide.within(item.node, ix));
    Step {
        segment: node.segment,
        ahead: 0,
        next: node.next_sibling,
        run: ix,
        first_child: node.first_child,
        is_loop,
        item: guide.items.iter().any(|item| item.node == ix),
        holds_items: is_loop && below,
        keys: node.keys,
        first: first_key(guide, node),
        max: node.max,
        max_by_companions: node.max,
        required: Span::default(),
        required_bits: 0,
        required_bit: 0,
        required_before: 0,
        checks: node.elements,
        notes: node.notes,
        last_required: last_required(guide.elements_of(node)),
        rules: rules.looks_at(ix),
        companions: false,
        quiet: node.segment != SegmentId::lit("HL"),
    }
}

/// Position of the last element that is required.
fn last_required(elements: &[ElementUse]) -> u8 {
    let required = |used: &&ElementUse| used.usage == Usage::Required;
    elements.iter().filter(required).map(|used| used.position).max().unwrap_or(0)
}

fn first_key(guide: &Guide, node: &Node) -> FirstKey {
    match node.keys.of(&guide.key_elements) {
        [] => FirstKey::None,
        [key] if key.element == 1 && key.component == 0 => match key.codes.of(&guide.codes) {
            [code] if word(code.as_bytes()) != 0 => FirstKey::One(word(code.as_bytes())),
            _ => FirstKey::Other,
        },
        _ => FirstKey::Other,
    }
}

fn check(used: &ElementUse, codes: Option<CodeList>) -> Check {
    let kind = match used.data_type {
        _ if used.element == ElementId::lit("1250") => Kind::Format,
        _ if used.element == ElementId::lit("1251") => Kind::Formatted,
        DataType::An | DataType::Id => Kind::Text,
        DataType::Dt => Kind::Date,
        DataType::Tm => Kind::Time,
        DataType::R => Kind::Decimal,
        DataType::N(_) => Kind::Whole,
        DataType::B => Kind::Binary,
        DataType::Composite => Kind::Composite,
    };
    let span = if kind == Kind::Composite { used.components } else { used.codes };
    Check {
        kind,
        usage: used.usage,
        long_codes: codes.is_none(),
        dated: used.dated,
        repeat: used.repeat,
        min: used.min,
        max: used.max,
        codes: codes.unwrap_or_default(),
        span,
        notes: used.notes,
    }
}
