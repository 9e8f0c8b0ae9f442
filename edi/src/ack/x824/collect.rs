//! What an 824 needs of the set that it speaks of.

use crate::Segment;
use crate::engine::{GroupHeader, GroupStart, SetHeader, SetStart, Visitor};
use crate::finding::{Finding, Severity};
use crate::guide::{Guide, NodeIx};
use std::sync::Arc;

/// ST01 of what gets an 824: inquiries and business data that no 277CA answers. An acknowledgment is never acknowledged.
const SETS: [&str; 6] = ["270", "276", "278", "820", "834", "835"];

/// BHT02 of a 278's response.
const ANSWER: &str = "11";

/// Where a set has its own number: segment and element, by its header.
const REFERENCES: [(&[u8], usize); 3] = [(b"BHT", 3), (b"BGN", 2), (b"TRN", 2)];

/// The set that an 824 speaks of. `Debug` shows no value.
#[derive(Clone, Copy)]
pub struct Original<'a> {
    /// Its group.
    pub group: &'a GroupHeader,
    /// Its ST.
    pub set: &'a SetHeader,
    /// Its own number: BHT03, BGN02 or TRN02; empty where it has none.
    pub reference: &'a [u8],
}

impl std::fmt::Debug for Original<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Original")
    }
}

/// A [`Visitor`] that keeps the current group and set. Drive it with every event.
#[derive(Debug, Default)]
pub struct Collector {
    group: GroupHeader,
    set: SetHeader,
    guide: Option<Arc<Guide>>,
    reference: Option<Vec<u8>>,
    due: bool,
    noted: bool,
}

impl Collector {
    /// A collector that has seen nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// The set that is open or was last; `None` where it gets no 824.
    pub fn original(&self) -> Option<Original<'_>> {
        let reference = self.reference.as_deref().unwrap_or_default();
        self.due.then_some(Original { group: &self.group, set: &self.set, reference })
    }

    /// The guide of the set.
    pub fn guide(&self) -> Option<&Guide> {
        self.guide.as_deref()
    }

    /// Whether the finding belongs into the 824 of the set: an error or a warning within it.
    pub fn tells(&self, finding: &Finding) -> bool {
        self.due && finding.place.set > 0 && finding.severity >= Severity::Warning
    }

    /// Whether anything was told of the set.
    pub fn noted(&self) -> bool {
        self.noted
    }
}

impl Visitor for Collector {
    fn group_start(&mut self, event: &GroupStart<'_>) {
        self.group = event.header.clone();
    }

    fn set_start(&mut self, event: &SetStart<'_>) {
        self.set = event.header.clone();
        self.guide = event.guide.cloned();
        self.reference = None;
        // A 278 may be the answer: nobody answers it again.
        let answer = event.guide.is_some_and(|guide| guide.purpose.as_deref() == Some(ANSWER));
        self.due = SETS.contains(&event.header.code.as_str()) && !answer;
        self.noted = false;
    }

    fn segment(&mut self, segment: &Segment<'_>, _node: Option<NodeIx>) {
        if !self.due || self.reference.is_some() {
            return;
        }
        let place = REFERENCES.iter().find(|(id, _)| segment.id_bytes() == *id);
        self.reference = place.and_then(|(_, element)| segment.element(*element)).map(<[u8]>::to_vec);
    }

    fn finding(&mut self, finding: &Finding) {
        self.noted |= self.tells(finding);
    }
}
