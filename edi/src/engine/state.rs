//! What is open: interchange, group, set, levels, item.

use super::events::{GroupHeader, SetHeader};
use super::numbers::Seen;
use crate::finding::{GroupCode, InterchangeCode, SetCode};
use crate::guide::{NodeIx, SegmentId};
use crate::read::InterchangeHeader;
use crate::segment::{OwnedSegment, Segment};
use std::ops::Range;

/// The open interchange.
#[derive(Debug, Default)]
pub(super) struct Interchange {
    pub(super) header: InterchangeHeader,
    pub(super) start: u64,
    /// The first error's code.
    pub(super) code: Option<InterchangeCode>,
    pub(super) groups: u32,
    pub(super) group_numbers: Seen,
    pub(super) tally: Tally,
    /// The last segment had no place in the envelope, and that was told.
    pub(super) stray: bool,
    /// Findings told outside of its sets.
    pub(super) findings: u32,
}

/// The open group.
#[derive(Debug, Default)]
pub(super) struct Group {
    pub(super) header: GroupHeader,
    pub(super) codes: Vec<GroupCode>,
    pub(super) set_numbers: Seen,
    /// Of the sets to come, whether their numbers came before: where who reads the file knows, and who validates its sets does not.
    pub(super) told: std::vec::IntoIter<bool>,
    pub(super) sets: u32,
    pub(super) sets_with_errors: u32,
    pub(super) tally: Tally,
}

/// Sets and items, and how many of them are rejected.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Tally {
    pub(super) sets: u64,
    pub(super) sets_rejected: u64,
    pub(super) items: u64,
    pub(super) items_rejected: u64,
}

impl Tally {
    pub(super) fn add(&mut self, other: Self) {
        self.sets += other.sets;
        self.sets_rejected += other.sets_rejected;
        self.items += other.items;
        self.items_rejected += other.items_rejected;
    }

    /// All of it is rejected.
    pub(super) fn reject(&mut self) {
        (self.sets_rejected, self.items_rejected) = (self.sets, self.items);
    }
}

/// The open set.
#[derive(Debug, Default)]
pub(super) struct Set {
    pub(super) header: SetHeader,
    pub(super) start: u64,
    pub(super) segments: u32,
    pub(super) codes: Vec<SetCode>,
    /// By a 999.
    pub(super) rejected: bool,
    /// By a rule above SNIP 2, as a whole.
    pub(super) rejected_by_rule: bool,
    /// Errors that reject single items were noted.
    pub(super) noted: bool,
    pub(super) items: u64,
    pub(super) items_rejected: u64,
    pub(super) findings: u32,
    /// The ST, while BHT02 must tell which guide it is.
    pub(super) pending: Option<OwnedSegment>,
    /// HL01 of the last HL.
    pub(super) last_hl: u64,
}

/// An open loop; the root is the first.
#[derive(Debug)]
pub(super) struct Level {
    pub(super) node: NodeIx,
    /// An error takes down all items below.
    pub(super) tainted: bool,
    pub(super) hierarchy: Option<Hierarchy>,
}

/// The HL that opened a loop.
#[derive(Clone, Debug)]
pub(super) struct Hierarchy {
    pub(super) number: u64,
    /// HL04, where it stands: whether it announces children.
    pub(super) children_announced: Option<bool>,
    pub(super) has_children: bool,
    pub(super) at: At,
}

/// The open item.
#[derive(Debug)]
pub(super) struct Item {
    pub(super) node: NodeIx,
    /// How many levels are open with its own.
    pub(super) depth: usize,
    pub(super) start: u64,
    pub(super) rejected: bool,
    /// The loop that makes it an item although it encloses others, and whether it came.
    pub(super) inner: Option<NodeIx>,
    pub(super) inner_seen: bool,
}

/// A place within a set or an envelope.
#[derive(Clone, Debug, Default)]
pub(super) struct At {
    pub(super) segment: u32,
    pub(super) segment_id: Option<SegmentId>,
    pub(super) node: Option<NodeIx>,
    pub(super) element: u16,
    pub(super) component: u16,
    pub(super) repetition: u16,
    pub(super) bytes: Range<u64>,
}

impl At {
    /// A segment as a whole.
    pub(super) fn segment(segment: &Segment<'_>, node: Option<NodeIx>) -> Self {
        let start = segment.offset();
        Self {
            segment: segment.ordinal(),
            segment_id: Some(segment.id()).filter(|id| !id.is_none()),
            node,
            bytes: start..start + segment.bytes().len() as u64,
            ..Self::default()
        }
    }

    /// An element of a segment.
    pub(super) fn element(segment: &Segment<'_>, node: Option<NodeIx>, element: u16) -> Self {
        let mut at = Self { element, ..Self::segment(segment, node) };
        if let Some(found) = segment.elements().nth(usize::from(element).saturating_sub(1)) {
            let start = segment.offset() + found.offset() as u64;
            at.bytes = start..start + found.bytes().len() as u64;
        }
        at
    }
}

/// Where in the file something is noticed: a segment, or the end.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cursor {
    pub(super) offset: u64,
    /// Ordinal in the set of the segment that is there.
    pub(super) ordinal: u32,
}
