//! What the walk has found before: from where, for which segment, to which child of which open loop.
//!
//! A segment's place follows from the node before it, from its id and from the one value that tells nodes of that id apart, as long
//! as the first child that it fits may stand once more. Files are regular: almost every segment was found before.

use super::plan::Plan;
use super::word::{word, word_at};
use crate::guide::{Guide, NodeIx, SegmentId};
use crate::segment::Segment;
use std::sync::Arc;

/// How many paths are kept, in pairs.
const PATHS: usize = 1024;

/// What a segment's place follows from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct PathKey {
    value: u64,
    id: SegmentId,
    from: NodeIx,
}

#[derive(Clone, Copy, Debug, Default)]
struct Path {
    key: PathKey,
    child: NodeIx,
    /// How many open loops close.
    up: u8,
}

/// A table in which a newer path pushes out an older one.
#[derive(Debug, Default)]
pub(super) struct Paths {
    guide: Option<Arc<Guide>>,
    table: Vec<[Path; 2]>,
}

impl Paths {
    /// Forgets what was found in another guide.
    pub(super) fn start(&mut self, plan: &Plan) {
        if !self.guide.as_ref().is_some_and(|guide| Arc::ptr_eq(guide, &plan.guide)) {
            self.guide = Some(Arc::clone(&plan.guide));
            self.table.clear();
            self.table.resize(PATHS / 2, [Path::default(); 2]);
        }
    }

    /// How many loops close, and the child.
    #[inline]
    pub(super) fn known(&self, key: PathKey) -> Option<(u8, NodeIx)> {
        let [one, other] = self.table.get(key.slot())?;
        if one.key == key {
            return Some((one.up, one.child));
        }
        (other.key == key).then_some((other.up, other.child))
    }

    pub(super) fn remember(&mut self, key: PathKey, up: usize, child: NodeIx) {
        if let (Some(pair), Ok(up)) = (self.table.get_mut(key.slot()), u8::try_from(up)) {
            let [newest, _] = *pair;
            *pair = [Path { key, child, up }, newest];
        }
    }
}

impl PathKey {
    #[inline]
    fn slot(self) -> usize {
        let all = self.value ^ (u64::from(self.id.word()) >> 8 | u64::from(self.from.0) << 24);
        (all.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> (64 - (PATHS / 2).trailing_zeros())) as usize
    }
}

/// Where the value stands that tells the nodes of a segment id apart; element 0 where there is one node alone, or no key.
#[derive(Clone, Copy, Debug, Default)]
struct Teller {
    id: SegmentId,
    element: u8,
    component: u8,
}

/// The tellers of a guide: by segment id, in a table of open addressing.
#[derive(Debug, Default)]
pub(super) struct Tellers {
    table: Vec<Teller>,
    shift: u32,
}

impl Tellers {
    pub(super) fn new(guide: &Guide) -> Self {
        let mut found: Vec<(Teller, bool)> = Vec::new();
        for node in guide.nodes.iter() {
            for key in std::iter::once(None).chain(node.keys.of(&guide.key_elements).iter().map(Some)) {
                let (element, component) = key.map_or((0, 0), |key| (key.element, key.component));
                let teller = Teller { id: node.segment, element, component };
                match found.iter_mut().find(|(found, _)| found.id == node.segment) {
                    None => found.push((teller, true)),
                    Some((known, _)) if known.element == 0 => *known = teller,
                    // More than one value tells: then no path is kept.
                    Some((known, alone)) if element != 0 => {
                        *alone &= (known.element, known.component) == (element, component);
                    }
                    Some(_) => {}
                }
            }
        }
        let size = (found.len() * 2).next_power_of_two().max(2);
        let mut tellers = Self { table: vec![Teller::default(); size], shift: 32 - size.trailing_zeros() };
        for (teller, _) in found.into_iter().filter(|(_, alone)| *alone) {
            let (head, tail) = tellers.table.split_at_mut(slot(teller.id, tellers.shift));
            if let Some(free) = tail.iter_mut().chain(head).find(|slot| slot.id.is_none()) {
                *free = teller;
            }
        }
        tellers
    }

    /// What the place of a segment that follows `from` follows from; `None` where that is not one short value.
    #[inline]
    pub(super) fn key(&self, segment: &Segment<'_>, from: NodeIx) -> Option<PathKey> {
        let id = segment.id();
        let at = slot(id, self.shift);
        let teller = self.table.get(at).filter(|teller| teller.id == id).or_else(|| self.find(at, id))?;
        let value = if teller.element == 0 { 0 } else { teller.value(segment)? };
        Some(PathKey { value, id, from })
    }

    fn find(&self, at: usize, id: SegmentId) -> Option<&Teller> {
        let (head, tail) = self.table.split_at_checked(at)?;
        let taken = tail.iter().chain(head).take_while(|teller| !teller.id.is_none());
        taken.into_iter().find(|teller| teller.id == id)
    }
}

impl Teller {
    /// The value as a number; `None` where it is empty or long.
    #[inline]
    fn value(self, segment: &Segment<'_>) -> Option<u64> {
        if !segment.frame().plain {
            return self.mixed_value(segment);
        }
        let before = usize::from(self.element) - 1;
        let (before, after) = (segment.marks().get(before)?, segment.marks().get(before + 1)?);
        let value = word_at(segment.buffer(), *before as usize + 1, (after - before) as usize - 1);
        (value != 0 && self.component <= 1).then_some(value)
    }

    fn mixed_value(self, segment: &Segment<'_>) -> Option<u64> {
        let element = usize::from(self.element);
        let value = match self.component {
            0 => segment.element(element)?,
            component => segment.component(element, usize::from(component))?,
        };
        Some(word(value)).filter(|value| *value != 0)
    }
}

#[inline]
fn slot(id: SegmentId, shift: u32) -> usize {
    (id.word().wrapping_mul(0x9E37_79B1) >> (shift & 31)) as usize
}
