//! A segment's elements against the guide's tables.

use super::catalog as rule;
use super::plan::{Check, Kind, Plan, Step};
use super::value;
use super::word::word_at;
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
    /// The value of the last data element 1250 of the segment, as a number: what the next 1251 looks like.
    format: u64,
}

/// What is at hand while a segment is checked.
#[derive(Clone, Copy)]
pub(super) struct Here<'p> {
    pub(super) plan: &'p Plan,
    /// The element that is being checked, for messages.
    pub(super) index: u32,
    pub(super) at: ElementAt,
}

/// Where a value stands in the segment's buffer.
#[derive(Clone, Copy)]
pub(super) struct Value<'a> {
    buffer: &'a [u8],
    /// Position in the buffer of the segment's first byte: faults count from there.
    pub(super) origin: u32,
    pub(super) start: u32,
    pub(super) end: u32,
}

impl<'a> Value<'a> {
    /// What stands between two marks.
    #[inline]
    pub(super) fn between(segment: &Segment<'a>, before: u32, after: u32) -> Self {
        Self { buffer: segment.buffer(), origin: segment.frame().start, start: before + 1, end: after }
    }

    #[inline]
    pub(super) fn is_empty(self) -> bool {
        self.start == self.end
    }

    #[inline]
    pub(super) fn length(self) -> u32 {
        self.end - self.start
    }

    #[inline]
    pub(super) fn bytes(self) -> &'a [u8] {
        self.buffer.get(self.start as usize..self.end as usize).unwrap_or_default()
    }

    #[inline]
    fn word(self) -> u64 {
        word_at(self.buffer, self.start as usize, self.length() as usize)
    }

    /// Its bytes, counted from the segment's first.
    pub(super) fn range(self) -> Range<usize> {
        (self.start - self.origin) as usize..(self.end - self.origin) as usize
    }
}

impl Checker {
    pub(crate) fn new(character_set: CharacterSet) -> Self {
        Self { faults: Vec::new(), character_set, today: 0, format: 0 }
    }

    /// Whether the segment may hold characters outside of the set.
    #[inline]
    pub(crate) fn any_character(&self, segment: &Segment<'_>) -> bool {
        segment.frame().odd || self.character_set == CharacterSet::Basic
    }

    /// Checks all elements of a segment that stands at a node, and collects what is wrong.
    #[cold]
    pub(crate) fn segment(&mut self, plan: &Plan, step: &Step, segment: &Segment<'_>) {
        if self.any_character(segment) {
            self.characters(plan, step, segment);
        }
        self.format = 0;
        let (count, present) = if segment.frame().plain {
            self.elements::<true>(plan, step, segment)
        } else {
            self.elements::<false>(plan, step, segment)
        };
        if count < usize::from(step.last_required) {
            self.rest(plan, step, segment, count);
        }
        if present == 0 && self.faults.is_empty() {
            self.nothing(Here { plan, index: step.checks.start, at: ElementAt::default() }, segment.id_bytes().len());
        }
        if let [.., before, last] = segment.marks()
            && before + 1 == *last
            && segment.buffer().get(*before as usize) == Some(&segment.delimiters().element)
        {
            self.trailing(segment, count);
        }
        if step.notes.len > 0 {
            let here = Here { plan, index: step.checks.start, at: ElementAt::default() };
            self.notes(here, plan.notes(step.notes), present, 0..segment.bytes().len());
        }
    }

    /// Checks each element that stands: how many there are, and a bit for each that is not empty. `PLAIN` tells that no delimiter
    /// stands within an element.
    #[inline]
    fn elements<const PLAIN: bool>(&mut self, plan: &Plan, step: &Step, segment: &Segment<'_>) -> (usize, u32) {
        let mut rest = segment.marks();
        let (mut count, mut present) = (0usize, 0u32);
        let mut checks = plan.checks(step.checks).iter();
        while let [before, after, ..] = *rest {
            let Some(check) = checks.next() else {
                self.too_many(segment, count + 1, before + 1);
                break;
            };
            let inner = if PLAIN { 1 } else { element_marks(rest, segment) };
            let at = ElementAt { element: count as u16 + 1, component: 0, repetition: 0 };
            let here = Here { plan, index: step.checks.start + count as u32, at };
            let value = Value::between(segment, before, after);
            if inner == 1 && value.is_empty() {
                if check.usage == Usage::Required {
                    self.missing(here, value.range().start);
                }
            } else {
                present |= 1u32.checked_shl(count as u32).unwrap_or(0);
                if inner == 1 && check.kind != Kind::Composite && check.usage != Usage::NotUsed {
                    self.value(here, check, value);
                } else {
                    self.parts(here, check, segment, rest.get(..=inner).unwrap_or_default());
                }
            }
            rest = rest.get(inner..).unwrap_or_default();
            count += 1;
        }
        (count, present)
    }

    /// One value against its type, lengths and codes.
    #[inline]
    pub(super) fn value(&mut self, here: Here<'_>, check: &Check, value: Value<'_>) {
        let length = if check.kind == Kind::Text { Some(value.length()) } else { self.typed(here, check, value) };
        match length {
            None => self.bad(here, &rule::NUMBER, ElementCode::Character, value, "a number"),
            Some(length) if length < check.min || length > check.max => self.length(here, check, length, value),
            Some(_) => {}
        }
        if check.span.len > 0 {
            if !here.plan.has_code(check, value.word(), value.bytes()) {
                self.code(here, value);
            } else if check.dated {
                self.dated(here, check, value);
            }
        }
        if value.buffer.get(value.start as usize) == Some(&b' ') && value.bytes().iter().all(|byte| *byte == b' ') {
            self.bad(here, &rule::BLANK, ElementCode::Character, value, "a value");
        }
    }

    /// One value against its type: its length as the type counts it, `None` where it is no number but should be.
    #[inline]
    fn typed(&mut self, here: Here<'_>, check: &Check, value: Value<'_>) -> Option<u32> {
        match check.kind {
            Kind::Text | Kind::Binary | Kind::Composite => {}
            Kind::Format => self.format = value.word(),
            Kind::Formatted => {
                if !value::fits_format(self.format, value.bytes()) {
                    self.formatted(here, self.format, value);
                }
            }
            Kind::Date => {
                if !value::is_date(value.bytes()) {
                    self.bad(here, &rule::DATE, ElementCode::Date, value, "a date");
                }
            }
            Kind::Time => {
                if !value::is_time(value.bytes()) {
                    self.bad(here, &rule::TIME, ElementCode::Time, value, "a time");
                }
            }
            Kind::Decimal => return value::decimal_digits(value.word(), value.bytes()),
            Kind::Whole => return value::whole_digits(value.bytes()),
        }
        Some(value.length())
    }

    /// Elements that are required and stand past the segment's end.
    #[cold]
    fn rest(&mut self, plan: &Plan, step: &Step, segment: &Segment<'_>, count: usize) {
        for (at, check) in plan.checks(step.checks).iter().enumerate().skip(count) {
            if check.usage == Usage::Required {
                let element = ElementAt { element: at as u16 + 1, component: 0, repetition: 0 };
                let here = Here { plan, index: step.checks.start + at as u32, at: element };
                self.missing(here, segment.bytes().len());
            }
        }
    }

    #[inline]
    pub(super) fn notes(&mut self, here: Here<'_>, notes: &[Note], present: u32, bytes: Range<usize>) {
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
}

/// How many marks on the next one stands that ends the element.
#[inline]
fn element_marks(rest: &[u32], segment: &Segment<'_>) -> usize {
    let element = Some(&segment.delimiters().element);
    let last = rest.len().saturating_sub(1);
    let mut inner = 1;
    while inner < last && rest.get(inner).is_some_and(|mark| segment.buffer().get(*mark as usize) != element) {
        inner += 1;
    }
    inner
}
