//! The original file, entry by entry, with what was told of it.

use super::told::{Note, Told, set_key};
use crate::Segment;
use crate::engine::{GroupStart, InterchangeStart, SetStart, Visitor};
use crate::guide::{Guide, NodeIx};
use std::ops::Range;
use std::sync::Arc;

/// What an entry is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject {
    /// The interchange of this ISA13.
    Interchange(String),
    /// The group of this GS06.
    Group(String),
    /// The set of this ST01 and ST02.
    Set(String, String),
    /// The segment of this ordinal in its set.
    Segment(u32),
}

impl std::fmt::Display for Subject {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Interchange(number) => write!(f, "interchange {number}"),
            Self::Group(number) => write!(f, "group {number}"),
            Self::Set(code, number) => write!(f, "set {code} {number}"),
            Self::Segment(ordinal) => write!(f, "segment {ordinal}"),
        }
    }
}

/// A place of the original, and what the acknowledgment says of it. `Debug` shows no value.
#[derive(Clone, PartialEq, Eq)]
pub struct Entry {
    /// What it is about.
    pub subject: Subject,
    /// The loops that lead to the segment.
    pub loop_path: String,
    /// The segment as it stands in the original, without its terminator; empty for another subject.
    pub segment: String,
    /// The elements within `segment` that were named, by byte.
    pub elements: Vec<Range<usize>>,
    /// What was said, in the acknowledgment's order.
    pub words: Vec<String>,
}

impl std::fmt::Debug for Entry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Entry").field("subject", &self.subject).finish_non_exhaustive()
    }
}

/// A [`Visitor`] for the original.
pub struct Layout<F> {
    told: Told,
    show: F,
    guide: Option<Arc<Guide>>,
    group: String,
    batch: Vec<u8>,
}

impl<F: FnMut(Entry)> Layout<F> {
    /// Lays what was told beside the original; each entry goes to `show`.
    pub fn new(told: Told, show: F) -> Self {
        Self { told, show, guide: None, group: String::new(), batch: Vec::new() }
    }

    /// Notes that speak of nothing in the files seen so far.
    pub fn missed(&self) -> usize {
        self.told.left()
    }

    fn whole(&mut self, subject: Subject, notes: Vec<Note>) {
        if !notes.is_empty() {
            let words = notes.into_iter().map(|note| note.words).collect();
            let entry =
                Entry { subject, loop_path: String::new(), segment: String::new(), elements: Vec::new(), words };
            (self.show)(entry);
        }
    }
}

impl<F: FnMut(Entry)> Visitor for Layout<F> {
    fn interchange_start(&mut self, event: &InterchangeStart<'_>) {
        let number = event.header.control_number();
        let notes = self.told.interchange(number);
        self.whole(Subject::Interchange(number.to_owned()), notes);
    }

    fn group_start(&mut self, event: &GroupStart<'_>) {
        self.group.clone_from(&event.header.control_number);
        let notes = self.told.group(&self.group);
        self.whole(Subject::Group(self.group.clone()), notes);
    }

    fn set_start(&mut self, event: &SetStart<'_>) {
        let header = event.header;
        self.guide = event.guide.cloned();
        self.batch.clear();
        let notes = self.told.set(&set_key(&self.group, &header.control_number));
        self.whole(Subject::Set(header.code.clone(), header.control_number.clone()), notes);
    }

    fn segment(&mut self, segment: &Segment<'_>, node: Option<NodeIx>) {
        let mut notes = self.told.segment_notes(segment.ordinal());
        match segment.id().as_bytes() {
            b"BHT" => {
                self.batch = segment.element(3).unwrap_or_default().to_vec();
                notes.extend(self.told.batch(&self.batch));
            }
            b"CLM" => notes.extend(self.told.claim_notes(&self.batch, segment.element(1).unwrap_or_default())),
            b"REF" if segment.element(1) == Some(b"D9") => {
                notes.extend(self.told.claim_notes(&self.batch, segment.element(2).unwrap_or_default()));
            }
            _ => {}
        }
        if notes.is_empty() {
            return;
        }
        let elements = notes.iter().filter_map(|note| range_of(segment, note.element)).collect();
        let loop_path = self.guide.as_ref().zip(node).map(|(guide, node)| guide.loop_path(node)).unwrap_or_default();
        let text = segment.bytes().iter().map(|b| if (b' '..=b'~').contains(b) { *b as char } else { '?' }).collect();
        let words = notes.into_iter().map(|note| note.words).collect();
        let subject = Subject::Segment(segment.ordinal());
        (self.show)(Entry { subject, loop_path, segment: text, elements, words });
    }
}

/// The bytes of an element, component or repetition within its segment.
fn range_of(segment: &Segment<'_>, (element, component, repetition): (u16, u16, u16)) -> Option<Range<usize>> {
    let mut part = segment.elements().nth(usize::from(element).checked_sub(1)?)?;
    if repetition > 0 || component > 0 {
        part = part.repetitions().nth(usize::from(repetition.max(1)) - 1)?;
    }
    if component > 0 {
        part = part.components().nth(usize::from(component) - 1)?;
    }
    Some(part.offset()..part.offset() + part.bytes().len())
}
