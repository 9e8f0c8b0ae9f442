//! Whether nothing at all is wrong with a segment's elements, fast: the answer for almost every segment.
//!
//! It says no where it is not sure. Then the [`super::Checker`] looks again, at leisure, and tells what is wrong, if anything.

use super::codes::CodeList;
use super::plan::{Check, Kind, Plan, Step};
use super::value::{decimal_digits_of, fits_format, is_day};
use super::word::{number, word};
use crate::guide::{Note, NoteKind, Span, Usage};
use crate::segment::Segment;

/// What is looked at of an element. One for each [`Check`].
#[derive(Clone, Copy, Debug)]
pub(super) struct Look {
    kind: LookKind,
    required: bool,
    /// Position of the last component that is required.
    last_required: u8,
    codes: CodeList,
    min: u32,
    /// Greatest length less the least; of what is not used, such that no length fits.
    more: u32,
    /// A composite's components.
    components: Span,
    notes: Span,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum LookKind {
    Text,
    Coded,
    /// As `Coded`, where some codes are valid from some day on.
    Dated,
    Decimal,
    Whole,
    Format,
    Formatted,
    Date,
    Composite,
    Other,
}

impl Look {
    /// `codes`: those that have not ended.
    pub(super) fn new(check: &Check, codes: CodeList, last_required: u8) -> Self {
        let kind = match check.kind {
            _ if check.long_codes => LookKind::Other,
            Kind::Text if check.dated => LookKind::Dated,
            Kind::Text if check.span.len > 0 => LookKind::Coded,
            Kind::Format if check.span.len > 0 && !check.dated => LookKind::Format,
            Kind::Composite => LookKind::Composite,
            Kind::Whole if !check.dated => LookKind::Whole,
            _ if check.span.len > 0 => LookKind::Other,
            Kind::Text => LookKind::Text,
            Kind::Formatted => LookKind::Formatted,
            Kind::Date => LookKind::Date,
            Kind::Decimal => LookKind::Decimal,
            Kind::Format | Kind::Whole | Kind::Time | Kind::Binary => LookKind::Other,
        };
        let used = check.usage != Usage::NotUsed;
        Self {
            kind: if used { kind } else { LookKind::Other },
            required: check.usage == Usage::Required,
            last_required,
            codes,
            min: check.min,
            more: check.max.saturating_sub(check.min),
            components: if kind == LookKind::Composite { check.span } else { Span::default() },
            notes: check.notes,
        }
    }
}

/// A look at one segment.
struct Sight<'a> {
    plan: &'a Plan,
    buffer: &'a [u8],
    /// Codes that have not ended have begun.
    begun: bool,
    /// The value of the last data element 1250, as a number.
    format: u64,
}

impl Plan {
    /// Whether the elements of a segment that stands at a node are as they should be, for sure. Its characters are not looked at.
    /// `today`: the day on which codes must be valid, 0 where it does not count.
    #[inline]
    pub(crate) fn sound(&self, step: &Step, segment: &Segment<'_>, today: u32) -> bool {
        let begun = today == 0 || today >= self.codes_since();
        let mut sight = Sight { plan: self, buffer: segment.buffer(), begun, format: 0 };
        let (marks, looks) = (segment.marks(), self.looks(step.checks));
        let present = if segment.frame().plain {
            sight.elements(marks, looks, step.last_required)
        } else {
            sight.mixed_elements(segment, looks, step.last_required)
        };
        present.is_some_and(|present| notes_hold(self.notes(step.notes), present))
    }
}

impl Sight<'_> {
    /// Whether each element between two marks is as it is looked for: a bit for each that stands, or `None` where not, or where the
    /// last one is empty or none is there.
    #[inline(always)]
    fn elements(&mut self, marks: &[u32], looks: &[Look], last_required: u8) -> Option<u32> {
        let count = marks.len().wrapping_sub(1);
        if count < usize::from(last_required) || count > looks.len() {
            return None;
        }
        let (mut present, mut bit, mut stands) = (0u32, 1u32, false);
        for (pair, look) in marks.windows(2).zip(looks) {
            let [before, after] = *pair else { continue };
            stands = after - before > 1;
            if stands {
                if !self.element(look, before, after) {
                    return None;
                }
                present |= bit;
            } else if look.required {
                return None;
            }
            bit <<= 1;
        }
        stands.then_some(present)
    }

    /// As [`Sight::elements`], where other delimiters stand between the elements.
    fn mixed_elements(&mut self, segment: &Segment<'_>, looks: &[Look], last_required: u8) -> Option<u32> {
        let delimiters = segment.delimiters();
        let (mut looks, mut rest) = (looks.iter(), segment.marks());
        let (mut present, mut bit, mut count) = (0u32, 1u32, 0u8);
        while let [before, after, more @ ..] = rest {
            let look = looks.next()?;
            let mut inner = 1;
            let mut mark = *after;
            for next in more {
                let delimiter = self.buffer.get(mark as usize).copied()?;
                if delimiter == delimiters.element {
                    break;
                }
                if delimiter != delimiters.component {
                    return None;
                }
                inner += 1;
                mark = *next;
            }
            let (marks, from) = (rest.get(..=inner)?, rest.get(inner..)?);
            if inner > 1 {
                if look.kind != LookKind::Composite || !self.composite(look, marks) {
                    return None;
                }
                present |= bit;
            } else if after - before > 1 {
                if !self.element(look, *before, *after) {
                    return None;
                }
                present |= bit;
            } else if look.required || from.len() == 1 {
                return None;
            }
            rest = from;
            bit <<= 1;
            count += 1;
        }
        (count >= last_required).then_some(present)
    }

    #[inline(always)]
    fn element(&mut self, look: &Look, before: u32, after: u32) -> bool {
        if look.kind == LookKind::Composite {
            return self.composite(look, &[before, after]);
        }
        self.value(look, before, after)
    }

    fn composite(&mut self, look: &Look, marks: &[u32]) -> bool {
        let looks = self.plan.looks(look.components);
        let count = marks.len().wrapping_sub(1);
        if count < usize::from(look.last_required) || count > looks.len() {
            return false;
        }
        let (mut present, mut bit, mut stands) = (0u32, 1u32, true);
        for (pair, look) in marks.windows(2).zip(looks) {
            let [before, after] = *pair else { continue };
            stands = after - before > 1;
            if stands {
                if !self.value(look, before, after) {
                    return false;
                }
                present |= bit;
            } else if look.required {
                return false;
            }
            bit <<= 1;
        }
        stands && notes_hold(self.plan.notes(look.notes), present)
    }

    /// Whether one value that is not empty is as it is looked for.
    #[inline(always)]
    fn value(&mut self, look: &Look, before: u32, after: u32) -> bool {
        let (start, length) = (before as usize + 1, after - before - 1);
        let Some(head) = self.buffer.get(start..start + 8) else { return false };
        let head = number(head);
        // What starts with a space may be blank.
        if head >> 56 == 0x20 {
            return false;
        }
        let fits = |length: u32| length.wrapping_sub(look.min) <= look.more;
        // Its bytes alone, where there are at most eight.
        let own = || head & (u64::MAX << (64u32.wrapping_sub(8 * length) & 63));
        let codes = self.plan.codes();
        match look.kind {
            LookKind::Text => fits(length),
            LookKind::Coded => length <= 8 && fits(length) && codes.holds(look.codes, own()),
            LookKind::Dated => length <= 8 && fits(length) && self.begun && codes.holds(look.codes, own()),
            LookKind::Decimal => length <= 8 && decimal_digits_of(own(), length).is_some_and(fits),
            LookKind::Whole => {
                let whole = length <= 8 && fits(length) && decimal_digits_of(own(), length) == Some(length);
                whole && (look.codes.is_any() || codes.holds(look.codes, own()))
            }
            LookKind::Format => {
                self.format = own();
                length <= 8 && fits(length) && codes.holds(look.codes, self.format)
            }
            LookKind::Formatted => {
                let day = self.format == const { word(b"D8") } && length == 8 && is_day(head);
                fits(length) && (day || fits_format(self.format, self.bytes(start, after)))
            }
            LookKind::Date => length == 8 && fits(length) && is_day(head),
            LookKind::Composite | LookKind::Other => false,
        }
    }

    fn bytes(&self, start: usize, end: u32) -> &[u8] {
        self.buffer.get(start..end as usize).unwrap_or_default()
    }
}

#[inline]
fn notes_hold(notes: &[Note], present: u32) -> bool {
    notes.iter().all(|note| {
        let found = present & note.all;
        let first = present & note.first != 0;
        match note.kind {
            NoteKind::Paired => found == 0 || found == note.all,
            NoteKind::Required => found != 0,
            NoteKind::Exclusion => found & found.wrapping_sub(1) == 0,
            NoteKind::Conditional => !first || found == note.all,
            NoteKind::ListConditional => !first || found != note.first,
        }
    })
}
