//! A file as one JSON document, written while the engine reads.

use std::sync::Arc;

use super::envelope::{self, push_delimiters, push_envelope};
use super::nest::{Nest, push_raw_segment};
use super::shape::{Cut, Shape, Shapes};
use super::text::push_string;
use crate::engine::{GroupEnd, GroupStart, InterchangeEnd, InterchangeStart, SetEnd, SetStart, Visitor};
use crate::guide::NodeIx;
use crate::segment::Segment;

/// Takes the engine's events and writes the file's JSON. Memory holds one item and its ancestors, if the output is taken with
/// [`FileWriter::drain_into`] after each chunk of input.
pub struct FileWriter {
    nest: Nest,
    shapes: Shapes,
    shape: Option<Arc<Shape>>,
    line_end: Vec<u8>,
    interchanges: bool,
    /// What the interchange has open: nothing, its TA1s, its groups.
    open: Open,
    groups: bool,
    sets: bool,
    raw_segments: bool,
    late_acknowledgments: Vec<u8>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Open {
    Nothing,
    Acknowledgments,
    Groups,
}

impl Default for FileWriter {
    fn default() -> Self {
        Self::new()
    }
}

impl FileWriter {
    /// A writer at the start of a file.
    pub fn new() -> Self {
        let mut nest = Nest::default();
        nest.out.extend(b"{\"interchanges\":[");
        Self {
            nest,
            shapes: Shapes::default(),
            shape: None,
            line_end: Vec::new(),
            interchanges: false,
            open: Open::Nothing,
            groups: false,
            sets: false,
            raw_segments: false,
            late_acknowledgments: Vec::new(),
        }
    }

    /// Moves what is finished of the document to the end of `out`.
    pub fn drain_into(&mut self, out: &mut Vec<u8>) {
        self.drain(|finished| out.extend_from_slice(finished));
    }

    /// Gives away what is finished of the document.
    pub fn drain<T>(&mut self, take: impl FnOnce(&[u8]) -> T) -> T {
        self.nest.drain(take)
    }

    /// The file has ended: moves the rest of the document to the end of `out`. Call it after the engine's `finish`.
    pub fn finish(mut self, out: &mut Vec<u8>) {
        self.drain_into(out);
        out.extend_from_slice(b"]}\n");
    }

    fn push(&mut self, text: &str) {
        self.nest.out.extend(text.as_bytes());
    }

    fn comma_unless_first(&mut self, stands: bool) {
        if stands {
            self.nest.out.push(b',');
        }
    }

    fn close_array(&mut self) {
        if self.open != Open::Nothing {
            self.nest.out.push(b']');
        }
        self.open = Open::Nothing;
    }
}

impl Visitor for FileWriter {
    fn interchange_start(&mut self, event: &InterchangeStart<'_>) {
        self.comma_unless_first(self.interchanges);
        self.interchanges = true;
        self.groups = false;
        self.open = Open::Nothing;
        self.line_end = event.segment.map_or(&[][..], |isa| isa.line_end()).to_vec();
        self.push("{");
        if !event.leading.is_empty() {
            self.push("\"_leading\":");
            self.nest.out.append(|out| push_string(out, event.leading));
            self.push(",");
        }
        self.push("\"delimiters\":");
        self.nest.out.append(|out| push_delimiters(out, event.delimiters, &self.line_end));
        if let Some(isa) = event.segment {
            self.push(",\"interchange_header\":");
            self.nest.out.append(|out| push_envelope(out, envelope::ISA, &isa, &self.line_end));
        }
    }

    fn ta1(&mut self, segment: &Segment<'_>) {
        if self.open == Open::Groups {
            let comma: &[u8] = if self.late_acknowledgments.is_empty() { b"" } else { b"," };
            self.late_acknowledgments.extend_from_slice(comma);
            return push_envelope(&mut self.late_acknowledgments, envelope::TA1, segment, &self.line_end);
        }
        self.push(if self.open == Open::Nothing { ",\"interchange_acknowledgments\":[" } else { "," });
        self.open = Open::Acknowledgments;
        self.nest.out.append(|out| push_envelope(out, envelope::TA1, segment, &self.line_end));
    }

    fn group_start(&mut self, event: &GroupStart<'_>) {
        if self.open != Open::Groups {
            self.close_array();
            self.push(",\"groups\":[");
        }
        self.open = Open::Groups;
        let stands = std::mem::replace(&mut self.groups, true);
        self.comma_unless_first(stands);
        self.push("{\"functional_group_header\":");
        self.nest.out.append(|out| push_envelope(out, envelope::GS, &event.segment, &self.line_end));
        self.push(",\"sets\":[");
        self.sets = false;
    }

    fn set_start(&mut self, event: &SetStart<'_>) {
        let stands = std::mem::replace(&mut self.sets, true);
        self.comma_unless_first(stands);
        self.shape = event.guide.map(|guide| self.shapes.of(guide, Cut::Stream));
        self.raw_segments = false;
        match event.guide {
            Some(guide) => self.nest.begin(guide),
            None => self.push("{\"segments\":["),
        }
    }

    fn loop_open(&mut self, node: NodeIx) {
        if let Some(shape) = &self.shape {
            self.nest.open(shape, node);
        }
    }

    fn segment(&mut self, segment: &Segment<'_>, node: Option<NodeIx>) {
        match (&self.shape, node) {
            (Some(shape), Some(node)) => self.nest.segment(shape, node, segment, Some(&self.line_end)),
            (Some(_), None) => self.nest.unplaced(segment, Some(&self.line_end)),
            (None, _) => {
                let stands = std::mem::replace(&mut self.raw_segments, true);
                self.comma_unless_first(stands);
                self.nest.out.append(|out| push_raw_segment(out, segment, &self.line_end));
            }
        }
    }

    fn loop_close(&mut self, _node: NodeIx) {
        if let Some(shape) = &self.shape {
            self.nest.close(shape);
        }
    }

    fn set_end(&mut self, _event: &SetEnd<'_>) {
        match self.shape.take() {
            Some(shape) => {
                self.nest.close(&shape);
            }
            None => self.push("]}"),
        }
    }

    fn group_end(&mut self, event: &GroupEnd<'_>) {
        self.push("]");
        if let Some(ge) = &event.segment {
            self.push(",\"functional_group_trailer\":");
            self.nest.out.append(|out| push_envelope(out, envelope::GE, ge, &self.line_end));
        }
        self.push("}");
    }

    fn interchange_end(&mut self, event: &InterchangeEnd<'_>) {
        self.close_array();
        if !self.late_acknowledgments.is_empty() {
            self.push(",\"_late_acknowledgments\":[");
            self.nest.out.extend(&self.late_acknowledgments);
            self.late_acknowledgments.clear();
            self.push("]");
        }
        if let Some(iea) = &event.segment {
            self.push(",\"interchange_trailer\":");
            self.nest.out.append(|out| push_envelope(out, envelope::IEA, iea, &self.line_end));
        }
        self.push("}");
    }
}
