//! A guide made ready for the walk: what is looked at for every segment and element, small and in a row.

use super::pieces::Pieces;
use super::rules::{Bound, Rules};
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
    /// Parallel to the guide's codes: each as a number, where it has at most eight letters.
    short_codes: Vec<u64>,
    keys: Vec<Key>,
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
    pub(crate) required: Span,
    pub(crate) checks: Span,
    pub(crate) notes: Span,
    /// Position of the last element that is required.
    pub(crate) last_required: u8,
    /// Whether a rule looks at this segment, or at this loop when it opens or closes.
    pub(crate) rules: bool,
}

/// What is checked of an element.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Check {
    pub(crate) kind: Kind,
    pub(crate) usage: Usage,
    /// Codes have at most eight letters each.
    pub(crate) short: bool,
    pub(crate) dated: bool,
    pub(crate) repeat: u16,
    pub(crate) min: u32,
    pub(crate) max: u32,
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
        let piece = Pieces::new(segment).and_then(|mut pieces| pieces.next());
        match piece {
            Some(piece) => Self { value: short(piece.bytes).unwrap_or(0), simple: piece.ends_element },
            None => Self { value: 0, simple: false },
        }
    }
}

/// A key element.
#[derive(Clone, Copy, Debug)]
struct Key {
    element: u8,
    component: u8,
    short: bool,
    codes: Span,
}

impl Plan {
    /// The tables of a guide, with the rules up to a SNIP type.
    pub(crate) fn new(guide: Arc<Guide>, rules: &Rules, snip_max: Snip) -> Self {
        let short_codes = guide.codes.iter().map(|code| short(code.as_bytes()).unwrap_or(u64::MAX)).collect();
        let all_short = |span: Span| span.of(&guide.codes).iter().all(|code| code.as_bytes().len() <= 8);
        let keys = guide
            .key_elements
            .iter()
            .map(|key| Key {
                element: key.element,
                component: key.component,
                short: all_short(key.codes),
                codes: key.codes,
            })
            .collect();
        let checks = guide.elements.iter().map(|used| check(used, all_short(used.codes))).collect();
        let mut plan = Self {
            steps: Vec::with_capacity(guide.nodes.len()),
            checks,
            short_codes,
            keys,
            rules: Bound::new(&guide, rules, snip_max),
            alone: guide.item_kind == ItemKind::Loops { alone: true },
            guide,
        };
        let guide = Arc::clone(&plan.guide);
        plan.steps = guide.indexes().map(|ix| step(&guide, ix, &plan.rules)).collect();
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
    pub(crate) fn notes(&self, span: Span) -> &[Note] {
        span.of(&self.guide.notes)
    }

    #[inline]
    pub(crate) fn required(&self, span: Span) -> &[NodeIx] {
        span.of(&self.guide.required)
    }

    /// Whether a run of codes holds the value.
    #[inline]
    pub(crate) fn has_code(&self, span: Span, all_short: bool, value: &[u8]) -> bool {
        if !all_short {
            return span.of(&self.guide.codes).binary_search(&Code::pack(value)).is_ok();
        }
        let Some(value) = short(value) else { return false };
        let codes = span.of(&self.short_codes);
        if codes.len() > 16 { codes.binary_search(&value).is_ok() } else { codes.contains(&value) }
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
            if key.short && key.element == 1 && first.value != 0 && (first.simple || key.component == 1) {
                return key.component <= 1 && key.codes.of(&self.short_codes).contains(&first.value);
            }
            let value = match key.component {
                0 => segment.element(usize::from(key.element)),
                component => segment.component(usize::from(key.element), usize::from(component)),
            };
            value.is_some_and(|value| self.has_code(key.codes, key.short, value))
        })
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
    required: Span { start: 0, len: 0 },
    checks: Span { start: 0, len: 0 },
    notes: Span { start: 0, len: 0 },
    last_required: 0,
    rules: false,
};

/// One of 64 bits for a segment id; others may share it.
#[inline]
pub(crate) fn bit(segment: SegmentId) -> u64 {
    1 << (segment.word().wrapping_mul(0x9E37_79B1) >> 26)
}

/// A value of one to eight bytes as a number that orders as text does; `None` for any other.
#[inline]
fn short(value: &[u8]) -> Option<u64> {
    let number = match *value {
        [a] => u64::from(a),
        [a, b] => u64::from(u16::from_be_bytes([a, b])),
        [a, b, c] => u64::from(u32::from_be_bytes([0, a, b, c])),
        [a, b, c, d] => u64::from(u32::from_be_bytes([a, b, c, d])),
        [_, _, _, _, _, ..] if value.len() <= 8 => value.iter().fold(0, |number, byte| number << 8 | u64::from(*byte)),
        _ => return None,
    };
    Some(number << (64 - 8 * value.len() as u32))
}

fn step(guide: &Guide, ix: NodeIx, rules: &Bound) -> Step {
    let node = guide.node(ix);
    let is_loop = node.kind == NodeKind::Loop;
    let below = guide.items.iter().any(|item| item.node != ix && guide.within(item.node, ix));
    let required = |used: &&ElementUse| used.usage == Usage::Required;
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
        required: node.required,
        checks: node.elements,
        notes: node.notes,
        last_required: guide.elements_of(node).iter().filter(required).map(|used| used.position).max().unwrap_or(0),
        rules: rules.looks_at(ix),
    }
}

fn first_key(guide: &Guide, node: &Node) -> FirstKey {
    match node.keys.of(&guide.key_elements) {
        [] => FirstKey::None,
        [key] if key.element == 1 && key.component == 0 => match key.codes.of(&guide.codes) {
            [code] => short(code.as_bytes()).map_or(FirstKey::Other, FirstKey::One),
            _ => FirstKey::Other,
        },
        _ => FirstKey::Other,
    }
}

fn check(used: &ElementUse, short: bool) -> Check {
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
        short,
        dated: used.dated,
        repeat: used.repeat,
        min: used.min,
        max: used.max,
        span,
        notes: used.notes,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_codes_order_as_text() {
        assert!(short(b"1") < short(b"10") && short(b"10") < short(b"2"));
        assert_eq!(short(b""), None);
        assert_eq!(short(b"123456789"), None);
        assert!(short(b"12345678").is_some());
    }
}
