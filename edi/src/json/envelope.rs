//! The segments around the sets, which no guide describes.

use super::text::push_string;
use super::value::{Commas, push_remarks};
use crate::delimiters::Delimiters;
use crate::segment::Segment;

/// ISA01 to ISA16.
pub(super) const ISA: &[&str] = &[
    "authorization_information_qualifier",
    "authorization_information",
    "security_information_qualifier",
    "security_information",
    "sender_id_qualifier",
    "sender_id",
    "receiver_id_qualifier",
    "receiver_id",
    "date",
    "time",
    "repetition_separator",
    "version",
    "control_number",
    "acknowledgment_requested",
    "usage_indicator",
    "component_separator",
];
/// IEA01, IEA02.
pub(super) const IEA: &[&str] = &["group_count", "control_number"];
/// TA101 to TA105.
pub(super) const TA1: &[&str] = &["control_number", "date", "time", "acknowledgment_code", "note_code"];
/// GS01 to GS08.
pub(super) const GS: &[&str] = &[
    "functional_identifier_code",
    "sender_code",
    "receiver_code",
    "date",
    "time",
    "control_number",
    "responsible_agency_code",
    "version",
];
/// GE01, GE02.
pub(super) const GE: &[&str] = &["set_count", "control_number"];

/// Appends a segment of the envelope as an object.
pub(super) fn push_envelope(out: &mut Vec<u8>, names: &[&str], segment: &Segment<'_>, line_end: &[u8]) {
    let mut commas = Commas::new();
    let mut tail = 0;
    out.push(b'{');
    for (at, element) in segment.elements().enumerate() {
        if element.is_empty() {
            tail += 1;
            continue;
        }
        tail = 0;
        commas.next(out);
        match names.get(at) {
            Some(name) => push_string(out, name.as_bytes()),
            None => out.extend_from_slice(format!("\"_{:02}\"", at + 1).as_bytes()),
        }
        out.push(b':');
        push_string(out, element.bytes());
    }
    push_remarks(out, &mut commas, tail, segment, Some(line_end));
    out.push(b'}');
}

/// Appends the delimiters' object.
pub(super) fn push_delimiters(out: &mut Vec<u8>, delimiters: Delimiters, line_end: &[u8]) {
    let repetition = delimiters.repetition;
    let all = [
        ("element", Some(delimiters.element)),
        ("component", Some(delimiters.component)),
        ("repetition", repetition),
        ("terminator", Some(delimiters.terminator)),
    ];
    out.push(b'{');
    for (name, byte) in all {
        let Some(byte) = byte else { continue };
        push_string(out, name.as_bytes());
        out.push(b':');
        push_string(out, &[byte]);
        out.push(b',');
    }
    out.extend_from_slice(b"\"line_end\":");
    push_string(out, line_end);
    out.push(b'}');
}
