//! One segment as a JSON object.

use super::shape::Shape;
use super::text::push_string;
use crate::guide::{DataType, ElementUse, NodeIx, Usage};
use crate::segment::Segment;

/// Puts a comma before every member but the first.
pub(super) struct Commas(bool);

impl Commas {
    pub(super) const fn new() -> Self {
        Self(false)
    }

    pub(super) fn next(&mut self, out: &mut Vec<u8>) {
        if std::mem::replace(&mut self.0, true) {
            out.push(b',');
        }
    }
}

/// Appends the segment as an object, with names from its node. `line_end` is the interchange's; `None` keeps none.
pub(crate) fn push_segment(
    out: &mut Vec<u8>,
    shape: &Shape,
    node: NodeIx,
    segment: &Segment<'_>,
    line_end: Option<&[u8]>,
) {
    let mut commas = Commas::new();
    let mut tail = 0;
    let mut uses = shape.keyed(shape.guide.node(node).elements);
    out.push(b'{');
    for (position, element) in (1..).zip(segment.elements()) {
        let known = uses.next();
        if element.is_empty() {
            tail += 1;
            continue;
        }
        tail = 0;
        commas.next(out);
        // What the guide does not use has the dictionary's name, which may be another element's too.
        match known.filter(|(element_use, _)| element_use.usage != Usage::NotUsed) {
            Some((element_use, key)) => {
                out.extend_from_slice(key);
                push_element(out, shape, element_use, element.bytes(), segment);
            }
            None => push_numbered(out, position, element.bytes()),
        }
    }
    push_remarks(out, &mut commas, tail, segment, line_end);
    out.push(b'}');
}

/// Appends a segment that no guide names, as an object of `_id` and numbered elements.
pub(super) fn push_unplaced(out: &mut Vec<u8>, segment: &Segment<'_>, line_end: Option<&[u8]>) {
    let mut commas = Commas::new();
    out.extend_from_slice(b"{\"_id\":");
    push_string(out, segment.id_bytes());
    commas.next(&mut Vec::new());
    for (position, element) in (1..).zip(segment.elements()) {
        if !element.is_empty() {
            commas.next(out);
            push_numbered(out, position, element.bytes());
        }
    }
    push_remarks(out, &mut commas, 0, segment, line_end);
    out.push(b'}');
}

fn push_numbered(out: &mut Vec<u8>, position: usize, bytes: &[u8]) {
    out.extend_from_slice(format!("\"_{position:02}\":").as_bytes());
    push_string(out, bytes);
}

pub(super) fn push_remarks(
    out: &mut Vec<u8>,
    commas: &mut Commas,
    tail: usize,
    segment: &Segment<'_>,
    line_end: Option<&[u8]>,
) {
    push_tail(out, commas, tail);
    if line_end.is_some_and(|usual| usual != segment.line_end()) {
        commas.next(out);
        out.extend_from_slice(b"\"_line_end\":");
        push_string(out, segment.line_end());
    }
}

fn push_tail(out: &mut Vec<u8>, commas: &mut Commas, tail: usize) {
    if tail > 0 {
        commas.next(out);
        out.extend_from_slice(format!("\"_tail\":\"{tail}\"").as_bytes());
    }
}

fn push_element(out: &mut Vec<u8>, shape: &Shape, element: &ElementUse, bytes: &[u8], segment: &Segment<'_>) {
    let delimiters = segment.delimiters();
    if element.repeat <= 1 {
        return push_one(out, shape, element, bytes, delimiters.component);
    }
    out.push(b'[');
    let mut commas = Commas::new();
    for repetition in bytes.split(|byte| Some(*byte) == delimiters.repetition) {
        commas.next(out);
        push_one(out, shape, element, repetition, delimiters.component);
    }
    out.push(b']');
}

fn push_one(out: &mut Vec<u8>, shape: &Shape, element: &ElementUse, bytes: &[u8], separator: u8) {
    if element.data_type != DataType::Composite {
        return push_string(out, bytes);
    }
    let mut commas = Commas::new();
    let mut tail = 0;
    let mut uses = shape.keyed(element.components);
    out.push(b'{');
    for (position, component) in (1..).zip(bytes.split(|byte| *byte == separator)) {
        let known = uses.next();
        if component.is_empty() {
            tail += usize::from(position > 1);
            continue;
        }
        tail = 0;
        commas.next(out);
        match known.filter(|(component_use, _)| component_use.usage != Usage::NotUsed) {
            Some((_, key)) => {
                out.extend_from_slice(key);
                push_string(out, component);
            }
            None => push_numbered(out, position, component),
        }
    }
    push_tail(out, &mut commas, tail);
    out.push(b'}');
}
