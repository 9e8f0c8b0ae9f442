//! A segment's elements against the guide's tables.

use super::catalog as rule;
use super::plan::{Check, Kind, Plan, Step};
use super::value;
use crate::engine::CharacterSet;
use crate::finding::{ElementCode, Layer, RuleInfo};
use crate::guide::{Code, ElementId, ElementUse, Note, NoteKind, Period, Requirement, Usage};
use crate::segment::{Element, Segment};
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
    character_set: CharacterSet,
    /// The day against which dated codes are held: GS04, 0 where unknown.
    pub(crate) today: u32,
}

/// What is at hand while a segment is checked.
#[derive(Clone, Copy)]
struct Here<'p> {
    plan: &'p Plan,
    /// The element that is being checked, for messages.
    index: u32,
    at: ElementAt,
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
        let bytes = segment.bytes();
        let origin = segment.origin();
        let separator = segment.delimiters().element;
        let checks = plan.checks(step.checks);
        let mut marks = segment.marks();
        let mut present = 0u32;
        let mut position = 0usize;
        let mut format: &[u8] = &[];
        while let [first, rest @ ..] = marks {
            let start = (first - origin) as usize + 1;
            let inner =
                rest.iter().take_while(|mark| bytes.get((**mark - origin) as usize) != Some(&separator)).count();
            let end = rest.get(inner).map_or(bytes.len(), |mark| (mark - origin) as usize);
            marks = rest.get(inner..).unwrap_or_default();
            let element = bytes.get(start..end).unwrap_or_default();
            position += 1;
            let Some(check) = checks.get(position - 1) else {
                self.too_many(segment, position, start);
                break;
            };
            let at = ElementAt { element: position as u16, component: 0, repetition: 0 };
            let here = Here { plan, index: step.checks.start + position as u32 - 1, at };
            if element.is_empty() {
                if check.usage == Usage::Required {
                    self.missing(here, start);
                }
                continue;
            }
            present |= 1u32.checked_shl(position as u32 - 1).unwrap_or(0);
            if inner == 0 && check.kind != Kind::Composite && check.usage != Usage::NotUsed {
                self.value(here, check, element, start, &mut format);
            } else {
                self.whole(here, check, segment, position, &mut format);
            }
        }
        self.rest(plan, step, segment, position);
        if bytes.last() == Some(&separator) {
            self.trailing(segment, position);
        }
        if step.notes.len > 0 {
            let at = ElementAt::default();
            let here = Here { plan, index: step.checks.start, at };
            self.notes(here, plan.notes(step.notes), present, 0..bytes.len());
        }
    }

    /// An element that repeats, is a composite, is not used, or holds separators that it should not.
    #[inline(never)]
    fn whole<'a>(
        &mut self,
        here: Here<'_>,
        check: &Check,
        segment: &Segment<'a>,
        position: usize,
        format: &mut &'a [u8],
    ) {
        let Some(element) = segment.elements().nth(position - 1) else { return };
        if check.usage == Usage::NotUsed {
            let message = "expected nothing, found a value".to_owned();
            self.fault(here, &rule::ELEMENT_NOT_USED, ElementCode::NotUsed, Layer::Guide, range(&element), message);
            return;
        }
        let mut count = 0u16;
        let repeats = element.repetitions().nth(1).is_some();
        for repetition in element.repetitions() {
            count = count.saturating_add(1);
            let mut here = here;
            here.at.repetition = if repeats { count } else { 0 };
            if check.kind == Kind::Composite {
                self.composite(here, check, &repetition, format);
            } else if let Some(second) = repetition.components().nth(1) {
                let bytes = second.offset()..repetition.offset() + repetition.bytes().len();
                let message = "expected one component, found more".to_owned();
                let code = ElementCode::TooManyComponents;
                self.fault(here, &rule::TOO_MANY_COMPONENTS, code, Layer::Base, bytes, message);
            } else if repetition.is_empty() {
                self.missing(here, repetition.offset());
            } else {
                self.value(here, check, repetition.bytes(), repetition.offset(), format);
            }
        }
        if count > check.repeat {
            let message = format!("expected at most {} repetitions, found {count}", check.repeat);
            let code = ElementCode::TooManyRepetitions;
            self.fault(here, &rule::TOO_MANY_REPETITIONS, code, Layer::Base, range(&element), message);
        }
    }

    fn composite<'a>(&mut self, here: Here<'_>, check: &Check, element: &Element<'a>, format: &mut &'a [u8]) {
        let span = check.span;
        let checks = here.plan.checks(span);
        let mut present = 0u32;
        let mut position = 0usize;
        let mut empty_end = false;
        for component in element.components() {
            position += 1;
            let mut here = Here { index: check.span.start + position as u32 - 1, ..here };
            here.at.component = position as u16;
            let Some(check) = checks.get(position - 1) else {
                let bytes = component.offset()..element.offset() + element.bytes().len();
                let message = format!("expected at most {} components, found more", checks.len());
                here.index = u32::MAX;
                let code = ElementCode::TooManyComponents;
                self.fault(here, &rule::TOO_MANY_COMPONENTS, code, Layer::Base, bytes, message);
                return;
            };
            empty_end = component.is_empty();
            if component.is_empty() {
                if check.usage == Usage::Required {
                    self.missing(here, component.offset());
                }
                continue;
            }
            present |= 1u32.checked_shl(position as u32 - 1).unwrap_or(0);
            if check.usage == Usage::NotUsed {
                let message = "expected nothing, found a value".to_owned();
                let bytes = range(&component);
                self.fault(here, &rule::ELEMENT_NOT_USED, ElementCode::NotUsed, Layer::Guide, bytes, message);
            } else {
                self.value(here, check, component.bytes(), component.offset(), format);
            }
        }
        let end = element.offset() + element.bytes().len();
        for (at, check) in checks.iter().enumerate().skip(position) {
            if check.usage == Usage::Required {
                let mut here = Here { index: span.start + at as u32, ..here };
                here.at.component = at as u16 + 1;
                self.missing(here, end);
            }
        }
        if empty_end && position > 1 {
            let message = "expected no separators after the last component, found some".to_owned();
            let code = ElementCode::TooManyComponents;
            self.fault(here, &rule::TRAILING_SEPARATOR, code, Layer::Base, end - 1..end, message);
        }
        let notes = here.plan.guide.elements.get(here.index as usize).map(|used| used.notes).unwrap_or_default();
        if notes.len > 0 {
            self.notes(here, here.plan.notes(notes), present, range(element));
        }
    }

    /// One value against its type, lengths and codes.
    #[inline]
    fn value<'a>(&mut self, here: Here<'_>, check: &Check, value: &'a [u8], start: usize, format: &mut &'a [u8]) {
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

    #[cold]
    fn note(&mut self, here: Here<'_>, note: &Note, present: u32, bytes: Range<usize>) {
        let positions = |bits: u32| {
            let set = (0..32).filter(|bit| bits & 1 << bit != 0).map(|bit| format!("{:02}", bit + 1));
            set.collect::<Vec<_>>().join(", ")
        };
        let all = positions(note.all);
        let others = positions(note.all & !note.first);
        let first = positions(note.first);
        let (code, expected) = match note.kind {
            NoteKind::Paired => (ElementCode::ConditionMissing, format!("all or none of {all}")),
            NoteKind::Required => (ElementCode::ConditionMissing, format!("at least one of {all}")),
            NoteKind::Exclusion => (ElementCode::Exclusion, format!("at most one of {all}")),
            NoteKind::Conditional => (ElementCode::ConditionMissing, format!("{others} where {first} stands")),
            NoteKind::ListConditional => {
                (ElementCode::ConditionMissing, format!("at least one of {others} where {first} stands"))
            }
        };
        // The element that is meant: the first that is missing, or the second that is too many.
        let meant = match note.kind {
            NoteKind::Exclusion => {
                let found = present & note.all;
                found & found.wrapping_sub(1)
            }
            _ => note.all & !present,
        };
        let position = meant.trailing_zeros() as u16 + 1;
        let mut here = here;
        match here.at.element {
            0 => (here.at.element, here.index) = (position, here.index + u32::from(position) - 1),
            _ => here.at.component = position,
        }
        let message = format!("expected {expected}, found otherwise");
        self.fault(here, &rule::SYNTAX_NOTE, code, Layer::Base, bytes, message);
    }

    #[cold]
    fn missing(&mut self, here: Here<'_>, at: usize) {
        let mandatory = self.used(here).is_some_and(|used| used.base == Requirement::Mandatory);
        let (rule, layer) = if mandatory {
            (&rule::ELEMENT_MISSING, Layer::Base)
        } else {
            (&rule::ELEMENT_MISSING_GUIDE, Layer::Guide)
        };
        self.fault(here, rule, ElementCode::Missing, layer, at..at, "expected a value, found none".to_owned());
    }

    #[cold]
    fn bad(
        &mut self,
        here: Here<'_>,
        rule: &'static RuleInfo,
        code: ElementCode,
        value: &[u8],
        start: usize,
        expected: &str,
    ) {
        let message = format!("expected {expected}, found something else");
        self.fault(here, rule, code, Layer::Base, start..start + value.len(), message);
    }

    #[cold]
    fn length(&mut self, here: Here<'_>, check: &Check, length: u32, value: &[u8], start: usize) {
        let (code, rule) = if length < check.min {
            (ElementCode::TooShort, &rule::TOO_SHORT)
        } else {
            (ElementCode::TooLong, &rule::TOO_LONG)
        };
        let message = format!("expected {} to {} characters, found {length}", check.min, check.max);
        self.fault(here, rule, code, Layer::Base, start..start + value.len(), message);
    }

    /// A code that the guide does not list: known to another guide, or to none.
    #[cold]
    fn code(&mut self, here: Here<'_>, value: &[u8], start: usize) {
        let element = self.used(here).map_or(ElementId::NONE, |used| used.element);
        let known = crate::guide::known().codes.binary_search(&(element, Code::pack(value))).is_ok();
        let (code, layer) =
            if known { (ElementCode::GuideCode, Layer::Guide) } else { (ElementCode::Code, Layer::Base) };
        let message = "expected a code that the guide lists, found another".to_owned();
        self.fault(here, &rule::CODE, code, layer, start..start + value.len(), message);
    }

    fn dated(&mut self, here: Here<'_>, check: &Check, value: &[u8], start: usize) {
        let guide = &here.plan.guide;
        let found = check.span.of(&guide.codes).binary_search(&Code::pack(value));
        let period = found.ok().and_then(|at| check.span.of(&guide.periods).get(at).copied());
        let Some(Period { from, to }) = period else { return };
        if self.today != 0 && !(from..=to).contains(&self.today) {
            let message = "expected a code that is valid on the group's date, found one that is not".to_owned();
            let bytes = start..start + value.len();
            self.fault(here, &rule::CODE_OUT_OF_DATE, ElementCode::GuideCode, Layer::Guide, bytes, message);
        }
    }

    #[cold]
    fn too_many(&mut self, segment: &Segment<'_>, position: usize, start: usize) {
        self.faults.push(ElementFault {
            rule: &rule::TOO_MANY_ELEMENTS,
            code: ElementCode::TooManyElements,
            layer: Layer::Base,
            reference: ElementId::NONE,
            at: ElementAt { element: position as u16, ..ElementAt::default() },
            bytes: start..segment.bytes().len(),
            message: format!("{}{position:02}: expected at most {} elements, found more", segment.id(), position - 1),
        });
    }

    #[cold]
    fn trailing(&mut self, segment: &Segment<'_>, position: usize) {
        let end = segment.bytes().len();
        self.faults.push(ElementFault {
            rule: &rule::TRAILING_SEPARATOR,
            code: ElementCode::TooManyElements,
            layer: Layer::Base,
            reference: ElementId::NONE,
            at: ElementAt { element: position as u16, ..ElementAt::default() },
            bytes: end - 1..end,
            message: format!("{}: expected no separators after the last element, found some", segment.id()),
        });
    }

    /// Whether all characters are of the set, at a glance: delimiters that are no printable characters may say no wrongly.
    #[inline]
    fn characters_fit(&self, segment: &Segment<'_>) -> bool {
        let odd = segment.bytes().iter().fold(false, |odd, byte| odd | (byte.wrapping_sub(0x20) > 0x5e));
        !odd && self.character_set == CharacterSet::Extended
    }

    /// Each value that holds characters outside of the set.
    #[cold]
    fn characters(&mut self, segment: &Segment<'_>) {
        let delimiters = segment.delimiters();
        let basic = self.character_set == CharacterSet::Basic;
        let fits = |byte: u8| delimiters.contains(byte) || (0x20..=0x7e).contains(&byte) && (!basic || is_basic(byte));
        let binary = matches!(segment.id_bytes(), b"BIN" | b"BDS");
        let count = segment.element_count();
        for (at, element) in segment.elements().enumerate() {
            if binary && at + 1 == count {
                continue;
            }
            let Some(first) = element.bytes().iter().position(|byte| !fits(*byte)) else { continue };
            let start = element.offset() + first;
            self.faults.push(ElementFault {
                rule: &rule::CHARACTER,
                code: ElementCode::Character,
                layer: Layer::Base,
                reference: ElementId::NONE,
                at: ElementAt { element: at as u16 + 1, ..ElementAt::default() },
                bytes: start..start + 1,
                message: format!("{}{:02}: expected characters of the set, found another", segment.id(), at + 1),
            });
        }
    }

    fn used<'p>(&self, here: Here<'p>) -> Option<&'p ElementUse> {
        here.plan.guide.elements.get(here.index as usize)
    }

    fn fault(
        &mut self,
        here: Here<'_>,
        rule: &'static RuleInfo,
        code: ElementCode,
        layer: Layer,
        bytes: Range<usize>,
        message: String,
    ) {
        let used = self.used(here);
        let name = used.map_or("component", |used| used.name.as_ref());
        let reference = used.map_or(ElementId::NONE, |used| used.element);
        let message = format!("{name}: {message}");
        self.faults.push(ElementFault { rule, code, layer, reference, at: here.at, bytes, message });
    }
}

fn range(element: &Element<'_>) -> Range<usize> {
    element.offset()..element.offset() + element.bytes().len()
}

/// X12's basic character set.
fn is_basic(byte: u8) -> bool {
    byte.is_ascii_uppercase() || byte.is_ascii_digit() || b" !\"&'()*+,-./:;?=".contains(&byte)
}
