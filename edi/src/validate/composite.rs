//! Elements with something within: composites, repetitions, and separators where none should stand.

use super::catalog as rule;
use super::elements::{Checker, Here, Value};
use super::plan::{Check, Kind};
use crate::finding::{ElementCode, Layer};
use crate::guide::Usage;
use crate::segment::Segment;
use std::ops::Range;

/// How far a composite is read.
#[derive(Default)]
struct Composite {
    /// A bit for each component that stands.
    present: u32,
    count: u16,
    /// The last component is empty.
    empty_end: bool,
}

impl Checker {
    /// An element that is a composite, repeats, is not used, or holds separators that it should not. `marks` are those around it and
    /// within it; something stands between them.
    pub(super) fn parts(&mut self, mut here: Here<'_>, check: &Check, segment: &Segment<'_>, marks: &[u32]) {
        let (Some(first), Some(last)) = (marks.first(), marks.last()) else { return };
        let whole = Value::between(segment, *first, *last);
        if check.usage == Usage::NotUsed {
            return self.not_used(here, whole.range());
        }
        let delimiter = |mark: u32| segment.buffer().get(mark as usize).copied();
        let component = Some(segment.delimiters().component);
        let inner = marks.get(1..marks.len() - 1).unwrap_or_default();
        let repeats = check.repeat > 1 && inner.iter().any(|mark| delimiter(*mark) != component);
        here.at.repetition = u16::from(repeats);
        let mut composite = Composite::default();
        let mut repetitions = 1u16;
        for pair in marks.windows(2) {
            let [before, after] = *pair else { continue };
            let value = Value::between(segment, before, after);
            if check.kind == Kind::Composite {
                self.component(here, check, value, &mut composite);
            } else {
                self.simple_part(here, check, value, composite.count);
                composite.count += 1;
            }
            let ends = after == *last;
            if !ends && delimiter(after) == component {
                continue;
            }
            if check.kind == Kind::Composite {
                self.composite_end(here, check, &composite, value.range());
            }
            if !ends {
                composite = Composite::default();
                repetitions = repetitions.saturating_add(1);
                here.at.repetition = if repeats { repetitions } else { 0 };
            }
        }
        if repetitions > check.repeat {
            here.at.repetition = 0;
            let message = format!("expected at most {} repetitions, found {repetitions}", check.repeat);
            let code = ElementCode::TooManyRepetitions;
            self.fault(here, &rule::TOO_MANY_REPETITIONS, code, Layer::Base, whole.range(), message);
        }
    }

    /// A part of a simple element that repeats, or holds component separators.
    fn simple_part(&mut self, here: Here<'_>, check: &Check, value: Value<'_>, before: u16) {
        match before {
            0 if value.is_empty() => self.missing(here, value.range().start),
            0 => self.value(here, check, value),
            1 => {
                let message = "expected one component, found more".to_owned();
                let code = ElementCode::TooManyComponents;
                self.fault(here, &rule::TOO_MANY_COMPONENTS, code, Layer::Base, value.range(), message);
            }
            _ => {}
        }
    }

    #[inline]
    fn component(&mut self, mut here: Here<'_>, check: &Check, value: Value<'_>, composite: &mut Composite) {
        let checks = here.plan.checks(check.span);
        let at = composite.count;
        composite.count += 1;
        composite.empty_end = value.is_empty();
        here.index = check.span.start + u32::from(at);
        here.at.component = composite.count;
        let Some(check) = checks.get(usize::from(at)) else {
            if usize::from(at) == checks.len() {
                here.index = u32::MAX;
                let message = format!("expected at most {at} components, found more");
                let code = ElementCode::TooManyComponents;
                self.fault(here, &rule::TOO_MANY_COMPONENTS, code, Layer::Base, value.range(), message);
            }
            return;
        };
        if value.is_empty() {
            if check.usage == Usage::Required {
                self.missing(here, value.range().start);
            }
            return;
        }
        composite.present |= 1u32.checked_shl(u32::from(at)).unwrap_or(0);
        if check.usage == Usage::NotUsed {
            self.not_used(here, value.range());
        } else {
            self.value(here, check, value);
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
}
