//! A segment's elements against the guide's tables.

use super::catalog as rule;
use super::pieces::{Piece, Pieces};
use super::plan::{Check, Kind, Plan, Step};
use super::value;
use crate::engine::CharacterSet;
use crate::finding::{ElementCode, Layer, RuleInfo};
use crate::guide::{ElementId, Note, NoteKind, Usage};
use crate::segment::Segment;
use std::ops::Range;

/// Something wrong with an element.
#[derive(Clone, Debug)]
pub(crate) struct ElementFault {
    pub(crate) rule: &'static RuleInfo,
    pub(crate) code: ElementCode,
    pub(crate) layer: Layer,
    pub(crate) reference: ElementId,
    pub(crate) at: ElementAt,
    /// Bytes from the segment's first.
    pub(crate) bytes: Range<usize>,
    /// What was expected and found.
    pub(crate) message: String,
}

/// Which element: positions from 1, 0 where none is meant.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct ElementAt {
    pub(crate) element: u16,
    pub(crate) component: u16,
    pub(crate) repetition: u16,
}

/// Checks segments; collects their faults.
#[derive(Debug)]
pub(crate) struct Checker {
    pub(crate) faults: Vec<ElementFault>,
    pub(super) character_set: CharacterSet,
    /// The day against which dated codes are held: GS04, 0 where unknown.
    pub(crate) today: u32,
}

/// What is at hand while a segment is checked.
#[derive(Clone, Copy)]
pub(super) struct Here<'p> {
    pub(super) plan: &'p Plan,
    /// The element that is being checked, for messages.
    pub(super) index: u32,
    pub(super) at: ElementAt,
}

/// How far a composite is read.
struct Composite {
    /// A bit for each component that stands.
    present: u32,
    count: u16,
    /// The last component is empty.
    empty_end: bool,
}

impl Checker {
    pub(crate) fn new(character_set: CharacterSet) -> Self {
        Self { faults: Vec::new(), character_set, today: 0 }
    }

    /// Checks all elements of a segment that stands at a node.
    #[inline]
    pub(crate) fn segment(&mut self, plan: &Plan, step: &Step, segment: &Segment<'_>) {
        if !self.characters_fit(segment) {
            self.characters(segment);
        }
        let Some(mut pieces) = Pieces::new(segment) else {
            return self.rest(plan, step, segment, 0);
        };
        let mut checks = plan.checks(step.checks).iter();
        let mut present = 0u32;
        let mut position = 0u32;
        let mut format: &[u8] = &[];
        while let Some(piece) = pieces.next() {
            let Some(check) = checks.next() else {
                self.too_many(segment, position as usize + 1, piece.start);
                break;
            };
            let at = ElementAt { element: position as u16 + 1, component: 0, repetition: 0 };
            let here = Here { plan, index: step.checks.start + position, at };
            let stands = if piece.ends_element && check.kind != Kind::Composite && check.usage != Usage::NotUsed {
                if !piece.bytes.is_empty() {
                    self.value(here, check, &piece, &mut format);
                } else if check.usage == Usage::Required {
                    self.missing(here, piece.start);
                }
                !piece.bytes.is_empty()
            } else {
                self.parts(here, check, piece, &mut pieces, &mut format)
            };
            present |= u32::from(stands).checked_shl(position).unwrap_or(0);
            position += 1;
        }
        self.rest(plan, step, segment, position as usize);
        if pieces.text.last() == Some(&pieces.delimiters.element) {
            self.trailing(segment, position as usize);
        }
        if step.notes.len > 0 {
            let here = Here { plan, index: step.checks.start, at: ElementAt::default() };
            self.notes(here, plan.notes(step.notes), present, 0..pieces.text.len());
        }
    }

    /// An element that is a composite, repeats, is not used, or holds separators that it should not: from its first piece to its
    /// last. Whether anything stands in it.
    fn parts<'a>(
        &mut self,
        mut here: Here<'_>,
        check: &Check,
        first: Piece<'a>,
        pieces: &mut Pieces<'a>,
        format: &mut &'a [u8],
    ) -> bool {
        let start = first.start;
        if first.ends_element && first.bytes.is_empty() {
            if check.usage == Usage::Required {
                self.missing(here, start);
            }
            return false;
        }
        let repeats = check.repeat > 1 && !first.ends_element && pieces.repeats();
        here.at.repetition = u16::from(repeats);
        let mut composite = Composite { present: 0, count: 0, empty_end: false };
        let (mut piece, mut repetitions, mut end) = (first, 1u16, start);
        loop {
            end = end.max(piece.start + piece.bytes.len());
            if check.usage == Usage::NotUsed {
                // Told as a whole, below.
            } else if check.kind == Kind::Composite {
                self.component(here, check, &piece, &mut composite, format);
            } else {
                self.simple_part(here, check, &piece, composite.count, format);
                composite.count += 1;
            }
            if piece.ends_repetition {
                if check.kind == Kind::Composite && check.usage != Usage::NotUsed {
                    self.composite_end(here, check, &composite, piece.start..end);
                }
                composite = Composite { present: 0, count: 0, empty_end: false };
            }
            if piece.ends_element {
                break;
            }
            if piece.ends_repetition {
                repetitions = repetitions.saturating_add(1);
                here.at.repetition = if repeats { repetitions } else { 0 };
            }
            let Some(next) = pieces.next() else { break };
            piece = next;
        }
        here.at.repetition = 0;
        self.parts_end(here, check, repetitions, start..end);
        true
    }

    #[inline]
    fn parts_end(&mut self, here: Here<'_>, check: &Check, repetitions: u16, bytes: Range<usize>) {
        if check.usage == Usage::NotUsed {
            self.not_used(here, bytes);
        } else if repetitions > check.repeat {
            let message = format!("expected at most {} repetitions, found {repetitions}", check.repeat);
            let code = ElementCode::TooManyRepetitions;
            self.fault(here, &rule::TOO_MANY_REPETITIONS, code, Layer::Base, bytes, message);
        }
    }

    /// A part of a simple element that repeats, or holds component separators.
    fn simple_part<'a>(
        &mut self,
        here: Here<'_>,
        check: &Check,
        piece: &Piece<'a>,
        before: u16,
        format: &mut &'a [u8],
    ) {
        match before {
            0 if piece.bytes.is_empty() => self.missing(here, piece.start),
            0 => self.value(here, check, piece, format),
            1 => {
                let bytes = piece.start..piece.start + piece.bytes.len();
                let message = "expected one component, found more".to_owned();
                let code = ElementCode::TooManyComponents;
                self.fault(here, &rule::TOO_MANY_COMPONENTS, code, Layer::Base, bytes, message);
            }
            _ => {}
        }
    }

    #[inline]
    fn component<'a>(
        &mut self,
        mut here: Here<'_>,
        check: &Check,
        piece: &Piece<'a>,
        composite: &mut Composite,
        format: &mut &'a [u8],
    ) {
        let checks = here.plan.checks(check.span);
        let at = composite.count;
        composite.count += 1;
        composite.empty_end = piece.bytes.is_empty();
        here.index = check.span.start + u32::from(at);
        here.at.component = composite.count;
        let Some(check) = checks.get(usize::from(at)) else {
            if usize::from(at) == checks.len() {
                here.index = u32::MAX;
                let bytes = piece.start..piece.start + piece.bytes.len();
                let message = format!("expected at most {at} components, found more");
                let code = ElementCode::TooManyComponents;
                self.fault(here, &rule::TOO_MANY_COMPONENTS, code, Layer::Base, bytes, message);
            }
            return;
        };
        if piece.bytes.is_empty() {
            if check.usage == Usage::Required {
                self.missing(here, piece.start);
            }
            return;
        }
        composite.present |= 1u32.checked_shl(u32::from(at)).unwrap_or(0);
        if check.usage == Usage::NotUsed {
            self.not_used(here, piece.start..piece.start + piece.bytes.len());
        } else {
            self.value(here, check, piece, format);
        }
    }

    /// What a composite lacks at its end; `last` is its last piece.
    #[inline]
    fn composite_end(&mut self, here: Here<'_>, check: &Check, composite: &Composite, last: Range<usize>) {
        let checks = here.plan.checks(check.span);
        for (at, component) in checks.iter().enumerate().skip(usize::from(composite.count)) {
            if component.usage == Usage::Required {
                let mut here = Here { index: check.span.start + at as u32, ..here };
                here.at.component = at as u16 + 1;
                self.missing(here, last.end);
            }
        }
        if composite.empty_end && composite.count > 1 {
            let message = "expected no separators after the last component, found some".to_owned();
            let code = ElementCode::TooManyComponents;
            let bytes = last.start.saturating_sub(1)..last.start;
            self.fault(here, &rule::TRAILING_SEPARATOR, code, Layer::Base, bytes, message);
        }
        if check.notes.len > 0 {
            self.notes(here, here.plan.notes(check.notes), composite.present, last);
        }
    }

    /// One value against its type, lengths and codes.
    #[inline]
    fn value<'a>(&mut self, here: Here<'_>, check: &Check, piece: &Piece<'a>, format: &mut &'a [u8]) {
        let (value, start) = (piece.bytes, piece.start);
        let length = value.len() as u32;
        let measured = match check.kind {
            Kind::Text | Kind::Binary | Kind::Composite => Some(length),
            Kind::Format => {
                *format = value;
                Some(length)
            }
            Kind::Formatted => {
                if !value::fits_format(format, value) {
                    self.bad(
                        here,
                        &rule::DATE,
                        ElementCode::Date,
                        value,
                        start,
                        "a date as its format qualifier tells",
                    );
                }
                Some(length)
            }
            Kind::Date => {
                if !value::is_date(value) {
                    self.bad(here, &rule::DATE, ElementCode::Date, value, start, "a date");
                }
                Some(length)
            }
            Kind::Time => {
                if !value::is_time(value) {
                    self.bad(here, &rule::TIME, ElementCode::Time, value, start, "a time");
                }
                Some(length)
            }
            Kind::Decimal => value::decimal_digits(value),
            Kind::Whole => value::whole_digits(value),
        };
        match measured {
            None => self.bad(here, &rule::NUMBER, ElementCode::Character, value, start, "a number"),
            Some(length) if length < check.min || length > check.max => self.length(here, check, length, value, start),
            Some(_) => {}
        }
        if check.span.len > 0 && !here.plan.has_code(check.span, check.short, value) {
            self.code(here, value, start);
        } else if check.dated {
            self.dated(here, check, value, start);
        }
        if value.first() == Some(&b' ') && value.iter().all(|byte| *byte == b' ') {
            self.bad(here, &rule::BLANK, ElementCode::Character, value, start, "a value");
        }
    }

    /// Elements that are required and stand past the segment's end.
    #[inline]
    fn rest(&mut self, plan: &Plan, step: &Step, segment: &Segment<'_>, count: usize) {
        if count >= usize::from(step.last_required) {
            return;
        }
        for (at, check) in plan.checks(step.checks).iter().enumerate().skip(count) {
            if check.usage == Usage::Required {
                let element = ElementAt { element: at as u16 + 1, component: 0, repetition: 0 };
                let here = Here { plan, index: step.checks.start + at as u32, at: element };
                self.missing(here, segment.bytes().len());
            }
        }
    }

    #[inline]
    fn notes(&mut self, here: Here<'_>, notes: &[Note], present: u32, bytes: Range<usize>) {
        for note in notes {
            let found = present & note.all;
            let first = present & note.first != 0;
            let holds = match note.kind {
                NoteKind::Paired => found == 0 || found == note.all,
                NoteKind::Required => found != 0,
                NoteKind::Exclusion => found.count_ones() <= 1,
                NoteKind::Conditional => !first || found == note.all,
                NoteKind::ListConditional => !first || found.count_ones() > 1,
            };
            if !holds {
                self.note(here, note, present, bytes.clone());
            }
        }
    }

    /// Whether all characters are of the set, at a glance: delimiters that are no printable characters may say no wrongly.
    #[inline]
    fn characters_fit(&self, segment: &Segment<'_>) -> bool {
        let odd = segment.bytes().iter().fold(false, |odd, byte| odd | (byte.wrapping_sub(0x20) > 0x5e));
        !odd && self.character_set == CharacterSet::Extended
    }
}
