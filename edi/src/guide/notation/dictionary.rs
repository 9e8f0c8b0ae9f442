//! `elements.txt` and `segments.txt`.

use super::Source;
use super::line::{At, Line, NotationError, lengths, lines, name};
use crate::guide::tables::{DataType, ElementId, Note, NoteKind, Requirement, SegmentId};
use std::collections::BTreeMap;

/// Elements, segments and composites.
#[derive(Clone, Debug, Default)]
pub(crate) struct Dictionary {
    elements: BTreeMap<ElementId, DataElement>,
    segments: BTreeMap<SegmentId, Layout>,
    composites: BTreeMap<ElementId, Layout>,
}

/// One data element.
#[derive(Clone, Debug)]
pub(super) struct DataElement {
    pub(super) data_type: DataType,
    pub(super) min: u32,
    pub(super) max: u32,
    pub(super) name: String,
}

/// What stands in a segment or composite.
#[derive(Clone, Debug, Default)]
pub(super) struct Layout {
    pub(super) slots: Vec<Slot>,
    pub(super) notes: Vec<Note>,
}

/// One position of a layout.
#[derive(Clone, Copy, Debug)]
pub(super) struct Slot {
    pub(super) element: ElementId,
    pub(super) requirement: Requirement,
    pub(super) repeat: u16,
}

impl Dictionary {
    /// Reads both files.
    pub(super) fn read(elements: Source<'_>, segments: Source<'_>) -> Result<Self, NotationError> {
        let mut dictionary = Self { elements: read_elements(elements)?, ..Self::default() };
        dictionary.read_segments(segments)?;
        Ok(dictionary)
    }

    /// Every segment's id.
    #[allow(dead_code, reason = "used by the build script alone")]
    pub(crate) fn segment_ids(&self) -> impl Iterator<Item = SegmentId> + '_ {
        self.segments.keys().copied()
    }

    pub(super) fn element(&self, id: ElementId) -> Option<&DataElement> {
        self.elements.get(&id)
    }

    pub(super) fn segment(&self, id: SegmentId) -> Option<&Layout> {
        self.segments.get(&id)
    }

    pub(super) fn composite(&self, id: ElementId) -> Option<&Layout> {
        self.composites.get(&id)
    }

    fn read_segments(&mut self, (file, text): Source<'_>) -> Result<(), NotationError> {
        let lines = lines(file, text)?;
        let mut rest = lines.as_slice();
        while let [head, tail @ ..] = rest {
            let at = At { file, line: head.number };
            let body = tail.iter().take_while(|line| line.depth > 0).count();
            let (body, after) = tail.split_at_checked(body).unwrap_or((tail, &[]));
            let layout = self.layout(file, body)?;
            let twice = match head.words.as_slice() {
                ["segment", id] if !SegmentId::of(id.as_bytes()).is_none() => {
                    self.segments.insert(SegmentId::lit(id), layout).is_some()
                }
                ["composite", id] if id.len() <= 4 => self.composites.insert(ElementId::lit(id), layout).is_some(),
                _ => return at.fail("expected `segment ID` or `composite ID`"),
            };
            if twice {
                return at.fail("expected each id once, found one twice");
            }
            rest = after;
        }
        self.check_references(file)
    }

    fn layout(&self, file: &str, body: &[Line<'_>]) -> Result<Layout, NotationError> {
        let mut layout = Layout::default();
        for line in body {
            let at = At { file, line: line.number };
            match line.words.as_slice() {
                ["note", notes @ ..] => {
                    for word in notes {
                        layout.notes.push(note(at, word)?);
                    }
                }
                [position, element, requirement, more @ ..] => {
                    let wanted = layout.slots.len() + 1;
                    if position.parse() != Ok(wanted) {
                        return at.fail(format!("expected position {wanted:02}, found `{position}`"));
                    }
                    let repeat = match more {
                        [] => 1,
                        [word] => repetition(at, word)?,
                        _ => return at.fail("expected `NN ELEMENT M|O|X [xN]`"),
                    };
                    let element = ElementId::new(element).ok_or_else(|| at.error("expected an element id"))?;
                    layout.slots.push(Slot { element, requirement: self::requirement(at, requirement)?, repeat });
                }
                _ => return at.fail("expected `NN ELEMENT M|O|X [xN]` or `note …`"),
            }
        }
        Ok(layout)
    }

    /// Every element that a layout names is known.
    fn check_references(&self, file: &str) -> Result<(), NotationError> {
        let layouts = self.segments.iter().chain(&self.composites);
        for (id, layout) in layouts {
            for slot in &layout.slots {
                if !self.elements.contains_key(&slot.element) && !self.composites.contains_key(&slot.element) {
                    let problem =
                        format!("{id} has the element `{}`, which no line of elements.txt describes", slot.element);
                    return At { file, line: 0 }.fail(problem);
                }
            }
        }
        Ok(())
    }
}

fn read_elements((file, text): Source<'_>) -> Result<BTreeMap<ElementId, DataElement>, NotationError> {
    let mut elements = BTreeMap::new();
    for line in lines(file, text)? {
        let at = At { file, line: line.number };
        let [id, data_type, size, called] = line.words.as_slice() else {
            return at.fail("expected `ID TYPE min/max name`");
        };
        let (min, max) = lengths(at, size)?;
        let element = DataElement { data_type: self::data_type(at, data_type)?, min, max, name: name(at, called)? };
        let id =
            ElementId::new(id).ok_or_else(|| at.error(format!("expected an id of at most 4 letters, found `{id}`")))?;
        if elements.insert(id, element).is_some() {
            return at.fail(format!("expected each element once, found `{id}` again"));
        }
    }
    Ok(elements)
}

fn data_type(at: At<'_>, word: &str) -> Result<DataType, NotationError> {
    Ok(match word {
        "AN" => DataType::An,
        "ID" => DataType::Id,
        "DT" => DataType::Dt,
        "TM" => DataType::Tm,
        "R" => DataType::R,
        "B" => DataType::B,
        _ => match word.strip_prefix('N').and_then(|digits| digits.parse::<u8>().ok()) {
            Some(decimals) if decimals < 10 => DataType::N(decimals),
            _ => return at.fail(format!("expected a type (AN ID DT TM R N0 N2 B), found `{word}`")),
        },
    })
}

/// `M`, `O` or `X`.
pub(super) fn requirement(at: At<'_>, word: &str) -> Result<Requirement, NotationError> {
    match word {
        "M" => Ok(Requirement::Mandatory),
        "O" => Ok(Requirement::Optional),
        "X" => Ok(Requirement::Conditional),
        _ => at.fail(format!("expected M, O or X, found `{word}`")),
    }
}

/// `xN`, or `x>1` for no limit.
pub(crate) fn repetition(at: At<'_>, word: &str) -> Result<u16, NotationError> {
    match word.strip_prefix('x') {
        Some(">1") => Ok(u16::MAX),
        Some(digits) => match digits.parse() {
            Ok(repeat) if repeat > 0 => Ok(repeat),
            _ => at.fail(format!("expected a repetition like x5, found `{word}`")),
        },
        None => at.fail(format!("expected a repetition like x5, found `{word}`")),
    }
}

fn note(at: At<'_>, word: &str) -> Result<Note, NotationError> {
    let wrong = || at.error(format!("expected a note like P0809, found `{word}`"));
    let kind = match word.as_bytes().first() {
        Some(b'P') => NoteKind::Paired,
        Some(b'R') => NoteKind::Required,
        Some(b'E') => NoteKind::Exclusion,
        Some(b'C') => NoteKind::Conditional,
        Some(b'L') => NoteKind::ListConditional,
        _ => return Err(wrong()),
    };
    let digits = word.get(1..).unwrap_or_default();
    let mut bits = Vec::new();
    for pair in digits.as_bytes().chunks(2) {
        let position: u32 = std::str::from_utf8(pair).ok().and_then(|p| p.parse().ok()).ok_or_else(wrong)?;
        if pair.len() != 2 || !(1..=32).contains(&position) {
            return Err(wrong());
        }
        bits.push(1 << (position - 1));
    }
    match bits.as_slice() {
        [first, _, ..] => Ok(Note { kind, first: *first, all: bits.iter().fold(0, |all, bit| all | bit) }),
        _ => Err(wrong()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_layouts_and_notes() {
        let dictionary = Dictionary::read(
            ("elements.txt", "66 ID 1/2 qualifier\n67 AN 2/80 id\n"),
            ("segments.txt", "segment NM1\n  01 66 X\n  02 67 X x3\n  note P0102\n"),
        )
        .unwrap();
        let layout = dictionary.segment(SegmentId::lit("NM1")).unwrap();
        assert_eq!(layout.slots.len(), 2);
        assert_eq!(layout.slots[1].repeat, 3);
        assert_eq!(layout.notes, [Note { kind: NoteKind::Paired, first: 1, all: 3 }]);
    }

    #[test]
    fn refuses_gaps_unknown_elements_and_bad_notes() {
        let read = |segments| Dictionary::read(("elements.txt", "66 ID 1/2 qualifier"), ("segments.txt", segments));
        assert!(read("segment NM1\n  02 66 O").unwrap_err().problem.contains("position 01"));
        assert!(read("segment NM1\n  01 67 O").unwrap_err().problem.contains("elements.txt"));
        assert!(read("segment NM1\n  01 66 O\n  note P01").unwrap_err().problem.contains("note"));
        assert!(read("segment NM1\nsegment NM1").unwrap_err().problem.contains("twice"));
    }
}
