//! Where a finding stands.

use crate::guide::{NodeIx, SegmentId};
use std::ops::Range;

/// A place in a file. Ordinals count from 1; 0 means that the place has none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// Ordinal of the interchange in the file.
    pub interchange: u32,
    /// Ordinal of the group in its interchange.
    pub group: u32,
    /// Ordinal of the set in its group.
    pub set: u32,
    /// Ordinal of the segment in its set, ST = 1 (IK302). For a segment that is missing: of the segment before which it was missed.
    pub segment: u32,
    /// The segment's id; the missing segment's where one is missing.
    pub segment_id: Option<SegmentId>,
    /// The guide's node, where it is known: the segment's, the missing segment's or loop's, or the loop's that was open.
    pub node: Option<NodeIx>,
    /// The loops that lead to it, from the outside: `2000A/2000B/2010BA`.
    pub loop_path: String,
    /// Element, from 1.
    pub element: u16,
    /// Component, from 1; 0 where the element is meant.
    pub component: u16,
    /// Repetition, from 1; 0 where the element does not repeat.
    pub repetition: u16,
    /// The bytes in the file: of the element where one is meant, else of the segment.
    pub bytes: Range<u64>,
}

/// A segment, an element or a component that makes a situational fault one (CTX of a 999). It holds no value.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Trigger {
    /// Its segment.
    pub segment_id: SegmentId,
    /// Ordinal of the segment in its set, ST = 1.
    pub segment: u32,
    /// The guide's node of the segment, where it is known.
    pub node: Option<NodeIx>,
    /// Element, from 1; 0 where the segment as a whole is meant.
    pub element: u16,
    /// Component, from 1; 0 where the element is meant.
    pub component: u16,
    /// Repetition, from 1; 0 where the element does not repeat.
    pub repetition: u16,
}

impl Place {
    /// The innermost loop's id, as IK303 wants it before it is cut to four characters; `None` at the top of the set.
    pub fn loop_id(&self) -> Option<&str> {
        self.loop_path.rsplit('/').next().filter(|id| !id.is_empty())
    }
}
