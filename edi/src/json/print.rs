//! JSON as X12 segments.

use super::error::{At, JsonError};
use super::members::{Content, Member, members, require};
use super::shape::Shape;
use super::text::push_bytes;
use super::tree::Json;
use crate::delimiters::{DelimiterKind, Delimiters};
use crate::guide::{DataType, ElementUse, NodeIx, NodeKind, SegmentId, Usage};

/// The most elements that a segment, or components that a composite may have.
const POSITIONS: usize = 40;
const HL: SegmentId = SegmentId::lit("HL");

/// An element's value that is ours: position, and bytes (empty for none).
pub(crate) type Override<'a> = (usize, &'a [u8]);

/// Writes the segments of one set.
pub(crate) struct Printer<'o> {
    pub(crate) out: &'o mut Vec<u8>,
    pub(crate) delimiters: Delimiters,
    pub(crate) line_end: &'o [u8],
    /// Whether values must fit their element's length and codes, and what is required must be there.
    pub(crate) strict: bool,
    /// Segments that were written.
    pub(crate) segments: u64,
    /// The last HL01 that was given; `None` leaves HL as it stands.
    pub(crate) hl: Option<u64>,
}

impl Printer<'_> {
    /// Writes the object of a loop. `hl_parent` is the number of the enclosing HL.
    pub(crate) fn print_loop(
        &mut self,
        shape: &Shape,
        node: NodeIx,
        object: &Json<'_>,
        hl_parent: Option<u64>,
        at: &At<'_>,
    ) -> Result<(), JsonError> {
        let members = members(shape, node, object, at)?;
        if self.strict {
            require(shape, node, &members, at, |_| false)?;
        }
        self.print_members(shape, &members, hl_parent, at)
    }

    /// Writes members in their order.
    pub(crate) fn print_members(
        &mut self,
        shape: &Shape,
        members: &[Member<'_>],
        mut hl_parent: Option<u64>,
        at: &At<'_>,
    ) -> Result<(), JsonError> {
        for member in members {
            let node = shape.guide.node(member.node);
            let named = at.name(&node.name);
            match member.content {
                Content::Ours(elements) => self.print_ours(node.segment, elements),
                Content::Json { value, index } if node.kind == NodeKind::Loop => {
                    self.print_loop(shape, member.node, value, hl_parent, &named.index_if(index))?;
                }
                Content::Json { value, index } if node.segment == HL && self.hl.is_some() => {
                    hl_parent = self.print_hl(
                        shape,
                        member.node,
                        value,
                        hl_parent,
                        has_hl_child(shape, members),
                        &named.index_if(index),
                    )?;
                }
                Content::Json { value, index } => {
                    self.print_segment(shape, member.node, value, &[], &named.index_if(index))?;
                }
            }
        }
        Ok(())
    }

    /// Writes an HL with the next number. Returns the number.
    pub(crate) fn print_hl(
        &mut self,
        shape: &Shape,
        node: NodeIx,
        value: &Json<'_>,
        parent: Option<u64>,
        has_child: bool,
        at: &At<'_>,
    ) -> Result<Option<u64>, JsonError> {
        let number = self.hl.unwrap_or(0) + 1;
        self.hl = Some(number);
        let parent = parent.map(|parent| parent.to_string()).unwrap_or_default();
        let child: &[u8] = if has_child { b"1" } else { b"0" };
        let overrides = [(1, number.to_string().into_bytes()), (2, parent.into_bytes()), (4, child.to_vec())];
        let uses = shape.guide.elements_of(shape.guide.node(node));
        let in_use = |position: usize| uses.get(position - 1).is_some_and(|element| element.usage != Usage::NotUsed);
        let overrides: Vec<Override<'_>> = overrides
            .iter()
            .filter(|(position, _)| in_use(*position))
            .map(|(position, value)| (*position, value.as_slice()))
            .collect();
        self.print_segment(shape, node, value, &overrides, at)?;
        Ok(Some(number))
    }

    /// Writes a segment of ours.
    pub(crate) fn print_ours(&mut self, id: SegmentId, elements: &[&[u8]]) {
        self.out.extend_from_slice(id.as_bytes());
        for element in elements {
            self.out.push(self.delimiters.element);
            self.out.extend_from_slice(element);
        }
        self.end_segment(None);
    }

    /// Ends the segment under way.
    pub(crate) fn end_segment(&mut self, line_end: Option<&str>) {
        self.out.push(self.delimiters.terminator);
        match line_end {
            Some(own) => push_bytes(self.out, own),
            None => self.out.extend_from_slice(self.line_end),
        }
        self.segments += 1;
    }

    /// Writes the object of a segment, with our values in the place of its own.
    pub(crate) fn print_segment(
        &mut self,
        shape: &Shape,
        node: NodeIx,
        value: &Json<'_>,
        overrides: &[Override<'_>],
        at: &At<'_>,
    ) -> Result<(), JsonError> {
        let uses = shape.guide.elements_of(shape.guide.node(node));
        let parts = Parts::of(value, uses, at)?;
        self.out.extend_from_slice(shape.guide.node(node).segment.as_bytes());
        let overridden = overrides.iter().filter(|(_, bytes)| !bytes.is_empty()).map(|(position, _)| *position);
        let used = parts.used.max(overridden.max().unwrap_or(0));
        for position in 1..=used.max(if self.strict { uses.len() } else { 0 }) {
            let element = uses.get(position - 1);
            if position <= used {
                self.out.push(self.delimiters.element);
            }
            if let Some((_, bytes)) = overrides.iter().find(|(overridden, _)| *overridden == position) {
                self.out.extend_from_slice(bytes);
                continue;
            }
            match (parts.value(position), element) {
                (Some(value), Some(element)) if element.usage != Usage::NotUsed => {
                    self.print_element(shape, element, value, &at.name(&element.name))?;
                }
                (Some(value), _) => self.print_numbered(position, value, at)?,
                (None, element) => self.require(element, at)?,
            }
        }
        self.out.extend(std::iter::repeat_n(self.delimiters.element, parts.tail));
        self.end_segment(parts.line_end);
        Ok(())
    }

    /// A value that the guide has no use for: `_07`.
    fn print_numbered(&mut self, position: usize, value: &Json<'_>, at: &At<'_>) -> Result<(), JsonError> {
        let name = format!("_{position:02}");
        let at = at.name(&name);
        if self.strict {
            return Err(at.unknown());
        }
        self.print_text(value, None, &at)
    }

    fn require(&self, element: Option<&ElementUse>, at: &At<'_>) -> Result<(), JsonError> {
        match element.filter(|element| self.strict && element.usage == Usage::Required) {
            Some(element) => Err(at.name(&element.name).missing()),
            None => Ok(()),
        }
    }

    fn print_element(
        &mut self,
        shape: &Shape,
        element: &ElementUse,
        value: &Json<'_>,
        at: &At<'_>,
    ) -> Result<(), JsonError> {
        if element.repeat <= 1 {
            return self.print_one(shape, element, value, at);
        }
        let Json::Array(values) = value else { return Err(at.kind("an array", value.kind())) };
        if values.len() > 1 && self.delimiters.repetition.is_none() {
            return Err(at.value("a single entry, as these delimiters know no repetition"));
        }
        if self.strict && values.len() > usize::from(element.repeat) {
            return Err(at.index(usize::from(element.repeat)).unknown());
        }
        for (index, value) in values.iter().enumerate() {
            if index > 0 {
                self.out.extend(self.delimiters.repetition);
            }
            self.print_one(shape, element, value, &at.index(index))?;
        }
        Ok(())
    }

    fn print_one(
        &mut self,
        shape: &Shape,
        element: &ElementUse,
        value: &Json<'_>,
        at: &At<'_>,
    ) -> Result<(), JsonError> {
        if element.data_type != DataType::Composite {
            return self.print_text(value, Some((shape, element)), at);
        }
        let uses = shape.guide.components_of(element);
        let parts = Parts::of(value, uses, at)?;
        for position in 1..=parts.used.max(if self.strict { uses.len() } else { 0 }) {
            if position > 1 && position <= parts.used {
                self.out.push(self.delimiters.component);
            }
            let component = uses.get(position - 1);
            match (parts.value(position), component) {
                (Some(value), Some(component)) if component.usage != Usage::NotUsed => {
                    self.print_text(value, Some((shape, component)), &at.name(&component.name))?;
                }
                (Some(value), _) => self.print_numbered(position, value, at)?,
                (None, component) if parts.used > 0 => self.require(component, at)?,
                (None, _) => {}
            }
        }
        self.out.extend(std::iter::repeat_n(self.delimiters.component, parts.tail));
        Ok(())
    }

    /// Writes a value; `element` is what it must fit.
    fn print_text(
        &mut self,
        value: &Json<'_>,
        element: Option<(&Shape, &ElementUse)>,
        at: &At<'_>,
    ) -> Result<(), JsonError> {
        let Json::String(text) = value else { return Err(at.kind("a string", value.kind())) };
        let start = self.out.len();
        push_bytes(self.out, text);
        let bytes = self.out.get(start..).unwrap_or_default();
        if let Some(kind) = delimiter_in(bytes, self.delimiters) {
            return Err(JsonError::Delimiter { pointer: at.pointer(), kind });
        }
        match element.filter(|_| self.strict && !bytes.is_empty()) {
            Some((shape, element)) => super::fit::check(shape, element, bytes).map_err(|expected| at.value(expected)),
            None => Ok(()),
        }
    }
}

/// Whether one of the members is a loop that an HL opens.
pub(crate) fn has_hl_child(shape: &Shape, members: &[Member<'_>]) -> bool {
    members.iter().any(|member| {
        let node = shape.guide.node(member.node);
        node.kind == NodeKind::Loop && node.segment == HL
    })
}

fn delimiter_in(bytes: &[u8], delimiters: Delimiters) -> Option<DelimiterKind> {
    if !bytes.iter().any(|byte| delimiters.contains(*byte)) {
        return None;
    }
    let kinds = [
        (Some(delimiters.element), DelimiterKind::Element),
        (Some(delimiters.component), DelimiterKind::Component),
        (delimiters.repetition, DelimiterKind::Repetition),
        (Some(delimiters.terminator), DelimiterKind::Terminator),
    ];
    kinds.into_iter().find(|(delimiter, _)| delimiter.is_some_and(|byte| bytes.contains(&byte))).map(|(_, kind)| kind)
}

/// The object of a segment or composite, by position.
struct Parts<'j> {
    values: [Option<&'j Json<'j>>; POSITIONS],
    /// The last position that holds something.
    used: usize,
    tail: usize,
    line_end: Option<&'j str>,
}

impl<'j> Parts<'j> {
    fn of(value: &'j Json<'_>, uses: &[ElementUse], at: &At<'_>) -> Result<Self, JsonError> {
        let Json::Object(entries) = value else { return Err(at.kind("an object", value.kind())) };
        let mut parts = Self { values: [None; POSITIONS], used: 0, tail: 0, line_end: None };
        let mut next = 0;
        for (name, value) in entries {
            let at = at.name(name);
            match name.as_bytes() {
                b"_tail" => parts.tail = tail(value).ok_or_else(|| at.value("a number up to 999 as a string"))?,
                b"_line_end" => parts.line_end = Some(line_end(value, &at)?),
                [b'_', digits @ ..] => {
                    let position = number(digits).filter(|position| {
                        let element = position.checked_sub(1).and_then(|at| uses.get(at));
                        element.is_none_or(|element| element.usage == Usage::NotUsed)
                    });
                    parts.put(position.ok_or_else(|| at.unknown())?, value, &at)?;
                }
                _ => {
                    let ahead = uses.get(next..).unwrap_or_default().iter().chain(uses);
                    let element = ahead
                        .into_iter()
                        .find(|element| element.name == name.as_ref() && element.usage != Usage::NotUsed);
                    let position = usize::from(element.ok_or_else(|| at.unknown())?.position);
                    next = position;
                    parts.put(position, value, &at)?;
                }
            }
        }
        Ok(parts)
    }

    fn put(&mut self, position: usize, value: &'j Json<'j>, at: &At<'_>) -> Result<(), JsonError> {
        let index = position.checked_sub(1).ok_or_else(|| at.unknown())?;
        *self.values.get_mut(index).ok_or_else(|| at.unknown())? = Some(value);
        if !is_empty(value) {
            self.used = self.used.max(position);
        }
        Ok(())
    }

    fn value(&self, position: usize) -> Option<&'j Json<'j>> {
        let value = self.values.get(position.checked_sub(1)?).copied().flatten()?;
        (!is_empty(value)).then_some(value)
    }
}

fn is_empty(value: &Json<'_>) -> bool {
    match value {
        Json::String(text) => text.is_empty(),
        Json::Array(values) => values.is_empty(),
        Json::Object(entries) => entries.is_empty(),
        Json::Other => false,
    }
}

/// What stands between segments: blanks and the padding of fixed-size files, or it would be a way to slip in segments.
pub(crate) fn line_end<'j>(value: &'j Json<'_>, at: &At<'_>) -> Result<&'j str, JsonError> {
    let Json::String(text) = value else { return Err(at.kind("a string", value.kind())) };
    match text.bytes().all(is_blank) {
        true => Ok(text),
        false => Err(at.value("line ends and blanks alone")),
    }
}

/// A byte that may stand between segments.
pub(crate) fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b'\n' | 0 | 0x1a)
}

/// How many empty elements stand at the end.
pub(crate) fn tail(value: &Json<'_>) -> Option<usize> {
    match value {
        Json::String(text) => number(text.as_bytes()),
        _ => None,
    }
}

fn number(digits: &[u8]) -> Option<usize> {
    let fits = (1..=3).contains(&digits.len()) && digits.iter().all(u8::is_ascii_digit);
    fits.then(|| digits.iter().fold(0, |number, digit| number * 10 + usize::from(digit - b'0')))
}
