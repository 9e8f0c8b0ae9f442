//! The lines under `guide`: what the guide is, what makes an item, what an item is found by.

use super::line::{At, Line, NotationError, name};
use super::outline::split;
use crate::guide::tables::Code;

/// The header, before loops are looked up.
#[derive(Clone, Debug, Default)]
pub(super) struct Header {
    pub(super) revision: String,
    pub(super) set: String,
    pub(super) group: String,
    pub(super) name: String,
    pub(super) purpose: Option<String>,
    pub(super) also: Vec<String>,
    pub(super) items: Option<Items>,
    pub(super) keys: Vec<ValueText>,
    pub(super) contexts: Vec<ContextText>,
}

/// `item …`.
#[derive(Clone, Debug)]
pub(super) enum Items {
    Set,
    Loops { line: usize, loops: Vec<(String, Option<String>)>, alone: bool },
}

/// `NAME [LOOP/]SEGNN[-C][[SEGNN=CODE]]`.
#[derive(Clone, Debug)]
pub(super) struct ValueText {
    pub(super) line: usize,
    pub(super) name: String,
    pub(super) loop_path: String,
    pub(super) segment: String,
    pub(super) element: u8,
    pub(super) component: u8,
    pub(super) condition: Option<(u8, Code)>,
}

/// `context LOOP NAME PLACE`.
#[derive(Clone, Debug)]
pub(super) struct ContextText {
    pub(super) loop_path: String,
    pub(super) value: ValueText,
}

/// Reads `guide REVISION` and what stands below it.
pub(super) fn header(file: &str, head: &Line<'_>, body: &[Line<'_>]) -> Result<Header, NotationError> {
    let at = At { file, line: head.number };
    let ["guide", revision] = head.words.as_slice() else { return at.fail("expected `guide REVISION`") };
    let mut header = Header { revision: (*revision).to_owned(), ..Header::default() };
    for (line, below) in split(file, body, 1)? {
        let at = At { file, line: line.number };
        if !below.is_empty() {
            return at.fail("expected nothing below a header line");
        }
        match line.words.as_slice() {
            ["set", set] => header.set = (*set).to_owned(),
            ["group", group] => header.group = (*group).to_owned(),
            ["name", words @ ..] => header.name = words.join(" "),
            ["purpose", purpose] => header.purpose = Some((*purpose).to_owned()),
            ["also", also @ ..] => header.also.extend(also.iter().map(|word| (*word).to_owned())),
            ["item", "set"] => header.items = Some(Items::Set),
            ["item", words @ ..] => header.items = Some(items(at, words)?),
            ["key", called, place] => header.keys.push(value(at, &name(at, called)?, place)?),
            ["context", loop_path, called, place] => header
                .contexts
                .push(ContextText { loop_path: (*loop_path).to_owned(), value: value(at, called, place)? }),
            _ => return at.fail("expected set, group, name, purpose, also, item, key or context with its words"),
        }
    }
    if header.set.is_empty() || header.group.is_empty() || header.name.is_empty() {
        return at.fail("expected set, group and name below `guide`");
    }
    Ok(header)
}

fn items(at: At<'_>, words: &[&str]) -> Result<Items, NotationError> {
    let (words, alone) = match words {
        [words @ .., "alone"] => (words, true),
        _ => (words, false),
    };
    if words.is_empty() {
        return at.fail("expected `item set` or `item LOOP[/INNER]… [alone]`");
    }
    let loops = words.iter().map(|word| match word.split_once('/') {
        Some((outer, inner)) => (outer.to_owned(), Some(inner.to_owned())),
        None => ((*word).to_owned(), None),
    });
    Ok(Items::Loops { line: at.line, loops: loops.collect(), alone })
}

fn value(at: At<'_>, called: &str, place: &str) -> Result<ValueText, NotationError> {
    let wrong = || at.error(format!("expected a place like 2300/CLM05-1 or REF02[REF01=D9], found `{place}`"));
    let (place_only, condition) = match place.split_once('[') {
        Some((place, condition)) => (place, Some(condition.strip_suffix(']').ok_or_else(wrong)?)),
        None => (place, None),
    };
    let (loop_path, place_only) = place_only.rsplit_once('/').unwrap_or(("", place_only));
    let (element, component) = match place_only.split_once('-') {
        Some((element, component)) => (element, component.parse().map_err(|_| wrong())?),
        None => (place_only, 0),
    };
    let (segment, element) = segment_and_element(element).ok_or_else(wrong)?;
    let condition = match condition {
        None => None,
        Some(text) => {
            let (left, code) = text.split_once('=').ok_or_else(wrong)?;
            let (same, position) = segment_and_element(left).ok_or_else(wrong)?;
            if same != segment {
                return at.fail("expected a condition on the same segment");
            }
            Some((position, Code::new(code).ok_or_else(wrong)?))
        }
    };
    Ok(ValueText {
        line: at.line,
        name: called.to_owned(),
        loop_path: loop_path.to_owned(),
        segment: segment.to_owned(),
        element,
        component,
        condition,
    })
}

/// `NM109` is NM1 and 9.
fn segment_and_element(text: &str) -> Option<(&str, u8)> {
    let cut = text.len().checked_sub(2)?;
    let (segment, digits) = (text.get(..cut)?, text.get(cut..)?);
    let element = digits.parse().ok().filter(|n| *n > 0)?;
    matches!(segment.len(), 2 | 3).then_some((segment, element))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_places_with_component_and_condition() {
        let at = At { file: "f", line: 1 };
        let read = value(at, "k", "2300/REF02[REF01=D9]").unwrap();
        assert_eq!((read.loop_path.as_str(), read.segment.as_str(), read.element), ("2300", "REF", 2));
        assert_eq!(read.condition, Some((1, Code::lit("D9"))));
        let read = value(at, "k", "HL01-2").unwrap();
        assert_eq!((read.segment.as_str(), read.element, read.component), ("HL", 1, 2));
        for wrong in ["", "NM1", "NM100", "REF02[D9]", "REF02[NM101=D9]", "REF02[REF01=D9"] {
            assert!(value(at, "k", wrong).is_err(), "{wrong}");
        }
    }
}
