//! One transaction set or item from JSON to X12.

use std::sync::Arc;

use super::error::{At, JsonError};
use super::members::{members, require};
use super::print::Printer;
use super::shape::{Cut, Shape};
use super::tree::{Json, parse};
use crate::ack::{Envelope, Format, LineEnd};
use crate::control::ControlNumber;
use crate::delimiters::Delimiters;
use crate::guide::{Guide, Guides, NodeIx, SegmentId, Usage};

const ST: SegmentId = SegmentId::lit("ST");
const SE: SegmentId = SegmentId::lit("SE");

/// The set, from ST to SE, that a set's or item's JSON tells, with this ST02, HL numbered from 1 and SE01 counted. Appends it to
/// `out` and returns its guide; on an error nothing is appended.
///
/// Values must fit their elements and what the guide requires must be there; more than that the engine says, once the set
/// stands in an interchange. ST and SE of the JSON, if it has them, count for nothing.
pub fn item_to_x12(
    json: &[u8],
    guides: &Guides,
    delimiters: Delimiters,
    set_control: ControlNumber,
    out: &mut Vec<u8>,
) -> Result<Arc<Guide>, JsonError> {
    let set = parse(json)?;
    let guide = guide_of(&set, guides)?;
    let shape = Shape::new(&guide, Cut::Items);
    let start = out.len();
    let format = Format { delimiters, line_end: LineEnd::None };
    let printed = print_set(&shape, &set, format, set_control, out);
    if printed.is_err() {
        out.truncate(start);
    }
    printed.map(|()| guide)
}

/// A whole interchange around the set that a set's or item's JSON tells; see [`item_to_x12`]. A set may hold many items, and is
/// written as it is: BHT is the JSON's own.
pub fn set_to_interchange(
    json: &[u8],
    guides: &Guides,
    envelope: &Envelope,
    format: &Format,
    set_control: ControlNumber,
    out: &mut Vec<u8>,
) -> Result<Arc<Guide>, JsonError> {
    let set = parse(json)?;
    let guide = guide_of(&set, guides)?;
    let shape = Shape::new(&guide, Cut::Items);
    let start = out.len();
    envelope.isa(format, out);
    envelope.gs(format, &guide.group, &guide.revision, out);
    if let Err(error) = print_set(&shape, &set, *format, set_control, out) {
        out.truncate(start);
        return Err(error);
    }
    envelope.ge(format, 1, out);
    envelope.iea(format, 1, out);
    Ok(guide)
}

fn print_set(
    shape: &Shape,
    set: &Json<'_>,
    format: Format,
    set_control: ControlNumber,
    out: &mut Vec<u8>,
) -> Result<(), JsonError> {
    let at = At::root("");
    let mut members = members(shape, NodeIx::ROOT, set, &at)?;
    require(shape, NodeIx::ROOT, &members, &at, |node| is_envelope(shape, node))?;
    members.retain(|member| !is_envelope(shape, member.node));
    let Format { delimiters, line_end } = format;
    let mut printer = Printer { out, delimiters, line_end: line_end.bytes(), strict: true, segments: 0, hl: Some(0) };
    print_header(&mut printer, &shape.guide, set_control);
    printer.print_members(shape, &members, None, &at)?;
    print_trailer(&mut printer, set_control);
    Ok(())
}

/// Writes ST, and starts the count of segments.
pub(crate) fn print_header(printer: &mut Printer<'_>, guide: &Guide, set_control: ControlNumber) {
    let number = format!("{:04}", set_control.number());
    let names_guide = guide.children(NodeIx::ROOT).map(|child| guide.node(child)).any(|node| {
        let third = guide.elements_of(node).get(2);
        node.segment == ST && third.is_some_and(|convention| convention.usage != Usage::NotUsed)
    });
    let all = [guide.set.as_bytes(), number.as_bytes(), guide.revision.as_bytes()];
    printer.segments = 0;
    printer.print_ours(ST, all.get(..if names_guide { 3 } else { 2 }).unwrap_or_default());
}

/// Writes SE.
pub(crate) fn print_trailer(printer: &mut Printer<'_>, set_control: ControlNumber) {
    let number = format!("{:04}", set_control.number());
    let count = (printer.segments + 1).to_string();
    printer.print_ours(SE, &[count.as_bytes(), number.as_bytes()]);
}

/// Whether the node is ST or SE.
pub(crate) fn is_envelope(shape: &Shape, node: NodeIx) -> bool {
    let node = shape.guide.node(node);
    node.parent == NodeIx::ROOT && [ST, SE].contains(&node.segment)
}

/// The guide that a set's JSON names.
pub(crate) fn guide_of(set: &Json<'_>, guides: &Guides) -> Result<Arc<Guide>, JsonError> {
    let (revision, code, purpose) = named_guide(set)?;
    let guide = guides.find(revision, code, purpose);
    guide.cloned().ok_or_else(|| JsonError::Guide { pointer: At::root("").name("guide").pointer() })
}

/// `guide`, `set` and `purpose` of a set's JSON.
pub(crate) fn named_guide<'j>(set: &'j Json<'_>) -> Result<(&'j str, &'j str, Option<&'j str>), JsonError> {
    let root = At::root("");
    let Json::Object(entries) = set else { return Err(root.kind("an object", set.kind())) };
    let text = |wanted: &str| {
        entries.iter().find(|(name, _)| name == wanted).and_then(|(_, value)| match value {
            Json::String(text) => Some(text.as_ref()),
            _ => None,
        })
    };
    let revision = text("guide").ok_or_else(|| root.name("guide").missing())?;
    let code = text("set").ok_or_else(|| root.name("set").missing())?;
    Ok((revision, code, text("purpose")))
}
