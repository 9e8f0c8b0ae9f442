//! The pieces of a file's JSON, each written as X12.

use super::envelope::{GE, GS, IEA, ISA, TA1};
use super::error::{At, JsonError};
use super::members::members;
use super::print::{Printer, is_blank, line_end};
use super::shape::Shape;
use super::text::push_bytes;
use super::tree::{Json, parse};
use crate::delimiters::Delimiters;
use crate::guide::NodeIx;

/// How long each element of an ISA is.
const ISA_WIDTHS: [usize; 16] = [2, 10, 2, 10, 2, 15, 2, 15, 6, 4, 1, 5, 9, 1, 1, 1];

/// Members of an interchange, in their order.
const INTERCHANGE: &[&str] =
    &["_leading", "delimiters", "interchange_header", "interchange_acknowledgments", "groups", "interchange_trailer"];
/// Members of a group, and of the document.
const GROUP: &[&str] = &["functional_group_header", "sets", "functional_group_trailer", "interchanges"];

/// A member's place in the order of an envelope's object, from 1.
pub(super) fn rank_in(interchange: bool, key: &str) -> Option<usize> {
    let names = if interchange { INTERCHANGE } else { GROUP };
    names.iter().position(|name| *name == key).map(|at| at + 1)
}

/// What the open interchange says of its bytes.
#[derive(Default)]
pub(super) struct Restored {
    delimiters: Option<Delimiters>,
    line_end: Vec<u8>,
}

impl Restored {
    /// The interchange ends: the next one has delimiters of its own.
    pub(super) fn close_interchange(&mut self) {
        self.delimiters = None;
    }

    fn printer<'o>(&'o self, out: &'o mut Vec<u8>, at: &At<'_>) -> Result<Printer<'o>, JsonError> {
        let delimiters = self.delimiters.ok_or_else(|| at.value("an interchange that starts with its delimiters"))?;
        Ok(Printer { out, delimiters, line_end: &self.line_end, strict: false, segments: 0, hl: None })
    }

    /// Writes a level's own members, and forgets them. Errors tell the place within the level.
    pub(super) fn seal(
        &self,
        shape: &Shape,
        node: NodeIx,
        own: &mut Vec<u8>,
        out: &mut Vec<u8>,
    ) -> Result<(), JsonError> {
        if own.is_empty() {
            return Ok(());
        }
        own.push(b'}');
        let at = At::root("");
        let object = parse(own)?;
        let members = members(shape, node, &object, &at)?;
        self.printer(out, &at)?.print_members(shape, &members, None, &at)?;
        drop(members);
        drop(object);
        own.clear();
        Ok(())
    }

    /// Takes a member of an interchange or group.
    pub(super) fn envelope(
        &mut self,
        interchange: bool,
        key: &str,
        value: &Json<'_>,
        at: &At<'_>,
        out: &mut Vec<u8>,
    ) -> Result<(), JsonError> {
        match (interchange, key) {
            (true, "_leading") => {
                let Json::String(text) = value else { return Err(at.kind("a string", value.kind())) };
                if !text.trim_start_matches('\u{feff}').bytes().all(is_blank) {
                    return Err(at.value("a byte order mark, line ends and blanks alone"));
                }
                push_bytes(out, text);
                Ok(())
            }
            (true, "delimiters") => self.take_delimiters(value, at),
            (true, "interchange_header") => self.segment("ISA", ISA, value, at, out),
            (true, "interchange_acknowledgments") => {
                let Json::Array(all) = value else { return Err(at.kind("an array", value.kind())) };
                all.iter().enumerate().try_for_each(|(index, one)| self.segment("TA1", TA1, one, &at.index(index), out))
            }
            (true, "interchange_trailer") => self.segment("IEA", IEA, value, at, out),
            (false, "functional_group_header") => self.segment("GS", GS, value, at, out),
            (false, "functional_group_trailer") => self.segment("GE", GE, value, at, out),
            _ => Err(at.unknown()),
        }
    }

    fn take_delimiters(&mut self, value: &Json<'_>, at: &At<'_>) -> Result<(), JsonError> {
        let Json::Object(entries) = value else { return Err(at.kind("an object", value.kind())) };
        let mut bytes = [None; 4];
        for (name, value) in entries {
            let at = at.name(name);
            let slot = match name.as_ref() {
                "line_end" => {
                    self.line_end.clear();
                    push_bytes(&mut self.line_end, line_end(value, &at)?);
                    continue;
                }
                "element" => 0,
                "component" => 1,
                "repetition" => 2,
                "terminator" => 3,
                _ => return Err(at.unknown()),
            };
            let Json::String(text) = value else { return Err(at.kind("a string", value.kind())) };
            let mut byte = Vec::new();
            push_bytes(&mut byte, text);
            let [byte] = byte.as_slice() else { return Err(at.value("one byte")) };
            if let Some(slot) = bytes.get_mut(slot) {
                *slot = Some(*byte);
            }
        }
        let [Some(element), Some(component), repetition, Some(terminator)] = bytes else {
            return Err(at.value("element, component and terminator"));
        };
        let delimiters = Delimiters { element, component, repetition, terminator };
        if delimiters.fault().is_some() {
            return Err(at.value("delimiters that are no letters, digits or blanks and differ from each other"));
        }
        self.delimiters = Some(delimiters);
        Ok(())
    }

    /// Writes a segment of the envelope.
    fn segment(
        &self,
        id: &str,
        names: &[&str],
        value: &Json<'_>,
        at: &At<'_>,
        out: &mut Vec<u8>,
    ) -> Result<(), JsonError> {
        let Json::Object(entries) = value else { return Err(at.kind("an object", value.kind())) };
        let mut printer = self.printer(out, at)?;
        let isa = id == "ISA";
        let mut own_line_end = None;
        let mut tail = 0;
        for (name, value) in entries {
            let at = at.name(name);
            match name.as_ref() {
                "_line_end" => own_line_end = Some(line_end(value, &at)?),
                "_tail" => {
                    tail = super::print::tail(value).ok_or_else(|| at.value("a number up to 999 as a string"))?
                }
                name if names.contains(&name) => {}
                _ => return Err(at.unknown()),
            }
        }
        printer.out.extend_from_slice(id.as_bytes());
        let found = |name: &&str| entries.iter().find(|(other, _)| other == name).map(|(_, value)| value);
        let used = names.iter().rposition(|name| found(name).is_some()).map_or(0, |last| last + 1);
        for (position, name) in (1..).zip(names.iter().take(used)) {
            let at = at.name(name);
            printer.out.push(printer.delimiters.element);
            let start = printer.out.len();
            match found(name) {
                Some(Json::String(text)) => {
                    push_bytes(printer.out, text);
                    // No element here has components or repetitions, and ISA11 and ISA16 are those very separators.
                    let ends = [printer.delimiters.element, printer.delimiters.terminator];
                    if printer.out.get(start..).unwrap_or_default().iter().any(|byte| ends.contains(byte)) {
                        return Err(at.value("a value without element separator and segment terminator"));
                    }
                }
                Some(other) => return Err(at.kind("a string", other.kind())),
                None => {}
            }
            let width = ISA_WIDTHS.get(position - 1).filter(|_| isa);
            if width.is_some_and(|width| *width != printer.out.len() - start) {
                return Err(at.value("a value as long as the ISA wants it"));
            }
        }
        if isa && used < names.len() {
            return Err(at.value("all sixteen elements"));
        }
        printer.out.extend(std::iter::repeat_n(printer.delimiters.element, tail));
        printer.end_segment(own_line_end);
        Ok(())
    }

    /// Writes a segment of a set without a guide.
    pub(super) fn raw_segment(&self, value: &Json<'_>, at: &At<'_>, out: &mut Vec<u8>) -> Result<(), JsonError> {
        let Json::Array(parts) = value else { return Err(at.kind("an array", value.kind())) };
        let printer = self.printer(out, at)?;
        let Delimiters { element, terminator, .. } = printer.delimiters;
        let mut own_line_end = None;
        for (index, part) in parts.iter().enumerate() {
            let at = at.index(index);
            match part {
                Json::String(text) => {
                    if index > 0 {
                        printer.out.push(element);
                    }
                    let start = printer.out.len();
                    push_bytes(printer.out, text);
                    let written = printer.out.get(start..).unwrap_or_default();
                    if written.iter().any(|byte| [element, terminator].contains(byte)) {
                        return Err(at.value("a value without element separator and segment terminator"));
                    }
                }
                Json::Object(entries) if index + 1 == parts.len() => match entries.as_slice() {
                    [(name, value)] if name == "_line_end" => own_line_end = Some(line_end(value, &at)?),
                    _ => return Err(at.unknown()),
                },
                other => return Err(at.kind("a string", other.kind())),
            }
        }
        let mut printer = printer;
        printer.end_segment(own_line_end);
        Ok(())
    }
}
