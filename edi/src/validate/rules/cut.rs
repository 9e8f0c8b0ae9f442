//! A segment whose elements are found, and what of it is gone through in turn.

use super::frame::Mark;
use super::notation::{ElementAt, Part, Position};
use super::program::{Each, Kind, Program, Test, fits};
use crate::decimal::Decimal;
use crate::guide::{NodeIx, Packed, SegmentId};
use crate::segment::Segment;
use crate::validate::word;

const NM1: SegmentId = SegmentId::lit("NM1");

/// A segment whose elements are found.
#[derive(Clone, Copy)]
pub(super) struct Cut<'a> {
    pub(super) segment: &'a Segment<'a>,
    pub(super) node: NodeIx,
    /// For each element the index of the mark before it, and that of the last mark; of a plain segment none: they are 0, 1, 2 …
    elements: &'a [u32],
    /// An element repeats.
    pub(super) repeats: bool,
}

/// Which element and repetition is the one in turn, from 1 and from 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Turn {
    pub(super) element: u8,
    repetition: u16,
    /// Repetitions are gone through.
    repeats: bool,
}

/// Finds the elements of a segment that has components or repetitions. Whether one repeats.
pub(super) fn find_elements(segment: &Segment<'_>, elements: &mut Vec<u32>) -> bool {
    elements.clear();
    if segment.frame().plain {
        return false;
    }
    let (buffer, delimiters) = (segment.buffer(), segment.delimiters());
    let mut repeats = false;
    let Some((_, inner)) = segment.marks().split_last() else { return false };
    for (mark, at) in inner.iter().zip(0u32..) {
        let byte = buffer.get(*mark as usize).copied().unwrap_or_default();
        if byte == delimiters.element {
            elements.push(at);
        } else {
            repeats |= Some(byte) == delimiters.repetition;
        }
    }
    elements.push(inner.len() as u32);
    repeats
}

/// What is gone through of a segment: mostly itself, once.
pub(super) fn turns(each: Each, cut: Cut<'_>) -> impl Iterator<Item = Turn> {
    let elements = if each.elements { cut.count() as u8 } else { 1 };
    let separator = cut.segment.delimiters().repetition.filter(|_| each.repetitions && cut.repeats);
    let repetitions = separator.map_or(1, |separator| {
        let most =
            cut.segment.elements().map(|element| element.bytes().iter().filter(|byte| **byte == separator).count());
        most.max().unwrap_or(0) as u16 + 1
    });
    let repeats = each.repetitions;
    (1..=elements)
        .flat_map(move |element| (0..repetitions).map(move |repetition| Turn { element, repetition, repeats }))
}

impl<'a> Cut<'a> {
    pub(super) fn new(segment: &'a Segment<'a>, node: NodeIx, elements: &'a [u32], repeats: bool) -> Self {
        Self { segment, node, elements, repeats }
    }

    /// How many elements stand.
    fn count(&self) -> usize {
        let marks = if self.segment.frame().plain { self.segment.marks().len() } else { self.elements.len() };
        marks.saturating_sub(1).min(usize::from(u8::MAX))
    }

    /// Where a value stands in the buffer; `None` past the end.
    #[inline]
    fn range(&self, position: Position, component: u8, turn: Turn) -> Option<(usize, usize)> {
        let position = match position {
            Position::At(position) => position,
            Position::Each => turn.element,
        };
        let marks = self.segment.marks();
        let before = usize::from(position).checked_sub(1)?;
        let (first, last) = if self.segment.frame().plain {
            (before, usize::from(position))
        } else {
            (*self.elements.get(before)? as usize, *self.elements.get(before + 1)? as usize)
        };
        if self.repeats {
            return self.repeated(*marks.get(first)? as usize + 1, *marks.get(last)? as usize, component, turn);
        }
        let (first, last) = match component {
            0 => (first, last),
            component => (first + usize::from(component) - 1, first + usize::from(component)),
        };
        let within =
            last <= if self.segment.frame().plain { before + 1 } else { *self.elements.get(before + 1)? as usize };
        let (start, end) = (*marks.get(first)?, *marks.get(last)?);
        within.then_some((start as usize + 1, end as usize))
    }

    /// As [`Cut::range`], where elements repeat.
    fn repeated(&self, mut start: usize, mut end: usize, component: u8, turn: Turn) -> Option<(usize, usize)> {
        let delimiters = self.segment.delimiters();
        if turn.repeats
            && let Some(separator) = delimiters.repetition
        {
            // An element that does not repeat is the same in each turn.
            let repeated = self.segment.buffer().get(start..end)?.contains(&separator);
            if repeated {
                (start, end) = self.part(start, end, separator, usize::from(turn.repetition))?;
            }
        }
        match component {
            0 => Some((start, end)),
            component => self.part(start, end, delimiters.component, usize::from(component) - 1),
        }
    }

    fn part(&self, start: usize, end: usize, separator: u8, at: usize) -> Option<(usize, usize)> {
        let part = self.segment.buffer().get(start..end)?.split(|byte| *byte == separator).nth(at)?;
        let from = part.as_ptr().addr() - self.segment.buffer().as_ptr().addr();
        Some((from, from + part.len()))
    }

    /// A value that stands.
    #[inline]
    pub(super) fn value(&self, element: ElementAt, turn: Turn) -> Option<&'a [u8]> {
        let (start, end) = self.place(element.position, element.component, turn)?;
        self.segment.buffer().get(start..end)
    }

    /// Where a value that stands begins and ends in the buffer.
    #[inline]
    pub(super) fn place(&self, position: Position, component: u8, turn: Turn) -> Option<(usize, usize)> {
        self.range(position, component, turn).filter(|(start, end)| start < end)
    }

    pub(super) fn period(
        &self,
        program: &Program,
        element: ElementAt,
        list: u16,
        turn: Turn,
    ) -> Option<(Decimal, Decimal)> {
        let period = program.list(list)?.period(self.value(element, turn)?)?;
        Some((Decimal::whole(period.from), Decimal::whole(period.to)))
    }

    pub(super) fn test(&self, program: &Program, test: &Test, turn: Turn) -> bool {
        let Some(value) = self.value(test.element, turn) else { return test.absent };
        let holds = match test.kind {
            Kind::Patterns(patterns) => patterns.of(&program.patterns).iter().any(|pattern| fits(pattern, value)),
            Kind::Format(format) => (format.fits)(value),
            Kind::List(list) => program.list(list).is_some_and(|list| list.period(value).is_some()),
            Kind::Limited(list) => program.list(list).is_some_and(|list| list.is_limited(value)),
            // What is no number is another rule's finding.
            Kind::Number(op, than) => match Decimal::parse(value) {
                Some(number) => op.holds(number.cmp(&than)),
                None => return false,
            },
            Kind::Day(op, part, than) => match number(value, true, part) {
                Some(day) => op.holds(day.cmp(&than)),
                None => return false,
            },
        };
        holds != test.invert
    }

    /// The place of an element, or of the segment.
    pub(super) fn mark(&self, element: Option<ElementAt>, turn: Turn) -> Mark {
        let frame = self.segment.frame();
        let whole = (frame.start as usize, frame.end as usize);
        let range = element.and_then(|element| self.range(element.position, element.component, turn));
        let (start, end) = range.unwrap_or(whole);
        let position = match element.map(|element| element.position) {
            None => 0,
            Some(Position::At(position)) => position,
            Some(Position::Each) => turn.element,
        };
        let name = if self.segment.id() == NM1 { self.segment.element(1).map(Packed::pack) } else { None };
        Mark {
            start: self.segment.offset() - u64::from(frame.start) + start as u64,
            length: (end - start) as u32,
            ordinal: self.segment.ordinal(),
            segment: self.segment.id(),
            name: name.unwrap_or_default(),
            node: self.node,
            repetition: if turn.repeats && element.is_some() { turn.repetition + 1 } else { 0 },
            element: position,
            component: element.map_or(0, |element| element.component),
        }
    }
}

/// A value as a number; a day as CCYYMMDD, of a range the first or the last.
pub(super) fn number(value: &[u8], day: bool, part: Part) -> Option<Decimal> {
    if !day {
        return Decimal::parse(value);
    }
    let day = match (part, value.len()) {
        (_, 8 | 12) | (Part::From, _) => value.get(..8),
        (Part::To, length) => value.get(length.checked_sub(8)?..),
    };
    digits(day?).map(Decimal::whole)
}

/// Eight digits as a number.
#[inline]
fn digits(bytes: &[u8]) -> Option<u32> {
    let word = word::number(bytes);
    if word::no_digits(word) != 0 {
        return None;
    }
    // Pairs of digits, then fours, then all eight, added up side by side.
    let digits = word & 0x0f0f_0f0f_0f0f_0f0f;
    let pairs = (digits >> 8 & 0x00ff_00ff_00ff_00ff) * 10 + (digits & 0x00ff_00ff_00ff_00ff);
    let fours = (pairs >> 16 & 0x0000_ffff_0000_ffff) * 100 + (pairs & 0x0000_ffff_0000_ffff);
    Some(((fours >> 32) * 10_000 + (fours & 0xffff_ffff)) as u32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn eight_digits_are_a_number_and_nothing_else_is() {
        assert_eq!(digits(b"20260301"), Some(20_260_301));
        assert_eq!(digits(b"00000000"), Some(0));
        assert_eq!(digits(b"98765432"), Some(98_765_432));
        for bad in [&b"2026030"[..], b"202603011", b"2026-301", b"2026030A", b""] {
            assert_eq!(digits(bad), None);
        }
    }
}
