//! What the checker says of an element that is wrong. None of it runs for a sound file.

use super::catalog as rule;
use super::elements::{Checker, ElementAt, ElementFault, Here, Value};
use super::plan::{Check, Plan, Step};
use super::value::is_time_format;
use crate::delimiters::Delimiters;
use crate::engine::CharacterSet;
use crate::finding::{ElementCode, Layer, RuleInfo};
use crate::guide::{Code, ElementId, ElementUse, Note, NoteKind, Period, Requirement};
use crate::segment::Segment;
use std::ops::Range;

impl Checker {
    #[cold]
    pub(super) fn note(&mut self, here: Here<'_>, note: &Note, present: u32, bytes: Range<usize>) {
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
    pub(super) fn missing(&mut self, here: Here<'_>, at: usize) {
        let mandatory = self.used(here).is_some_and(|used| used.base == Requirement::Mandatory);
        let (rule, layer) = if mandatory {
            (&rule::ELEMENT_MISSING, Layer::Base)
        } else {
            (&rule::ELEMENT_MISSING_GUIDE, Layer::Guide)
        };
        self.fault(here, rule, ElementCode::Missing, layer, at..at, "expected a value, found none".to_owned());
    }

    /// No element has a value, and none had to: X12.6 leaves out what says nothing, a segment too.
    #[cold]
    pub(super) fn nothing(&mut self, mut here: Here<'_>, at: usize) {
        here.at.element = 1;
        let message = "expected a value in one of the elements, found none".to_owned();
        self.fault(here, &rule::ELEMENT_MISSING, ElementCode::Missing, Layer::Base, at..at, message);
    }

    #[cold]
    pub(super) fn not_used(&mut self, here: Here<'_>, bytes: Range<usize>) {
        let message = "expected nothing, found a value".to_owned();
        self.fault(here, &rule::ELEMENT_NOT_USED, ElementCode::NotUsed, Layer::Guide, bytes, message);
    }

    #[cold]
    pub(super) fn bad(
        &mut self,
        here: Here<'_>,
        rule: &'static RuleInfo,
        code: ElementCode,
        value: Value<'_>,
        expected: &str,
    ) {
        let message = format!("expected {expected}, found something else");
        self.fault(here, rule, code, Layer::Base, value.range(), message);
    }

    /// A value that is not as the format qualifier before it says.
    #[cold]
    pub(super) fn formatted(&mut self, here: Here<'_>, format: u64, value: Value<'_>) {
        if is_time_format(format) {
            self.bad(here, &rule::TIME, ElementCode::Time, value, "a time as its format qualifier tells");
        } else {
            self.bad(here, &rule::DATE, ElementCode::Date, value, "a date as its format qualifier tells");
        }
    }

    #[cold]
    pub(super) fn length(&mut self, here: Here<'_>, check: &Check, length: u32, value: Value<'_>) {
        let (code, rule) = if length < check.min {
            (ElementCode::TooShort, &rule::TOO_SHORT)
        } else {
            (ElementCode::TooLong, &rule::TOO_LONG)
        };
        let expected = match (check.min, check.max) {
            (1, 1) => "1 character".to_owned(),
            (min, max) if min == max => format!("{min} characters"),
            (min, max) => format!("{min} to {max} characters"),
        };
        let message = format!("expected {expected}, found {length}");
        self.fault(here, rule, code, Layer::Base, value.range(), message);
    }

    /// A code that the guide does not list: known to another guide, or to none.
    #[cold]
    pub(super) fn code(&mut self, here: Here<'_>, value: Value<'_>) {
        let element = self.used(here).map_or(ElementId::NONE, |used| used.element);
        let known = crate::guide::known().codes.binary_search(&(element, Code::pack(value.bytes()))).is_ok();
        let (code, layer) =
            if known { (ElementCode::GuideCode, Layer::Guide) } else { (ElementCode::Code, Layer::Base) };
        let message = "expected a code that the guide lists, found another".to_owned();
        self.fault(here, &rule::CODE, code, layer, value.range(), message);
    }

    pub(super) fn dated(&mut self, here: Here<'_>, check: &Check, value: Value<'_>) {
        let guide = &here.plan.guide;
        let found = check.span.of(&guide.codes).binary_search(&Code::pack(value.bytes()));
        let period = found.ok().and_then(|at| check.span.of(&guide.periods).get(at).copied());
        let Some(Period { from, to }) = period else { return };
        if self.today != 0 && !(from..=to).contains(&self.today) {
            let message = "expected a code that is valid on the group's date, found one that is not".to_owned();
            self.fault(here, &rule::CODE_OUT_OF_DATE, ElementCode::GuideCode, Layer::Guide, value.range(), message);
        }
    }

    #[cold]
    pub(super) fn too_many(&mut self, segment: &Segment<'_>, position: usize, start: u32) {
        let start = (start - segment.frame().start) as usize;
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
    pub(super) fn trailing(&mut self, segment: &Segment<'_>, position: usize) {
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

    /// Each value that holds characters outside of the set.
    #[cold]
    pub(super) fn characters(&mut self, plan: &Plan, step: &Step, segment: &Segment<'_>) {
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
            let at = within(at as u16 + 1, element.bytes(), first, delimiters);
            let used = step.checks.of(&plan.guide.elements).get(usize::from(at.element) - 1);
            let parts = used.map(|used| plan.guide.components_of(used)).unwrap_or_default();
            let component = parts.get(usize::from(at.component).wrapping_sub(1));
            self.faults.push(ElementFault {
                rule: &rule::CHARACTER,
                code: ElementCode::Character,
                layer: Layer::Base,
                reference: component.or(used).map_or(ElementId::NONE, |used| used.element),
                at,
                bytes: start..start + 1,
                message: format!("{}{:02}: expected characters of the set, found another", segment.id(), at.element),
            });
        }
    }

    pub(super) fn used<'p>(&self, here: Here<'p>) -> Option<&'p ElementUse> {
        here.plan.guide.elements.get(here.index as usize)
    }

    pub(super) fn fault(
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

/// The component and repetition that a byte of an element stands in; 0 where the element has none.
fn within(element: u16, bytes: &[u8], at: usize, delimiters: Delimiters) -> ElementAt {
    let count =
        |bytes: &[u8], separator: Option<u8>| bytes.iter().filter(|byte| Some(**byte) == separator).count() as u16;
    let place = |bytes: &[u8], before: &[u8], separator: Option<u8>| match count(bytes, separator) {
        0 => 0,
        _ => count(before, separator) + 1,
    };
    let before = bytes.get(..at).unwrap_or_default();
    let own = before.rsplit(|byte| Some(*byte) == delimiters.repetition).next().unwrap_or_default();
    ElementAt {
        element,
        component: place(bytes, own, Some(delimiters.component)),
        repetition: place(bytes, before, delimiters.repetition),
    }
}

/// X12's basic character set.
fn is_basic(byte: u8) -> bool {
    byte.is_ascii_uppercase() || byte.is_ascii_digit() || b" !\"&'()*+,-./:;?=".contains(&byte)
}
