//! What a 277CA is made of: names, statuses, claims and lines.

use crate::Segment;
use crate::ack::stamp::is_date;
use crate::finding::BusinessCode;
use crate::guide::Packed;

/// A person's or an organization's name as NM1 has it. Empty where it has none.
#[derive(Clone, Copy, Default)]
pub struct Name<'a> {
    /// NM102 = 1.
    pub person: bool,
    /// NM103: last name or organization.
    pub last: &'a [u8],
    /// NM104.
    pub first: &'a [u8],
    /// NM105.
    pub middle: &'a [u8],
    /// NM106.
    pub prefix: &'a [u8],
    /// NM107.
    pub suffix: &'a [u8],
    /// NM108.
    pub qualifier: &'a [u8],
    /// NM109.
    pub id: &'a [u8],
}

impl<'a> Name<'a> {
    /// From an NM1.
    pub fn of(segment: &Segment<'a>) -> Self {
        let element = |position| segment.element(position).unwrap_or_default();
        Self {
            person: element(2) == b"1",
            last: element(3),
            first: element(4),
            middle: element(5),
            prefix: element(6),
            suffix: element(7),
            qualifier: element(8),
            id: element(9),
        }
    }
}

/// STC01: category, status code, and the entity that it is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Status {
    /// Claim status category: `A7`.
    pub category: Packed<4>,
    /// Claim status code: `562`.
    pub code: Packed<4>,
    /// Entity identifier code: `85`; [`Packed::NONE`] where there is none.
    pub entity: Packed<4>,
}

impl Status {
    /// A1:19: we acknowledge receipt. The entity is the information source.
    pub const RECEIVED: Self = Self::new("A1", "19", "PR");
    /// A1:20: taken by a clearinghouse, to be sent on.
    pub const FORWARDING: Self = Self::new("A1", "20", "");
    /// A2:20: accepted into adjudication. Only a payer says so.
    pub const ACCEPTED: Self = Self::new("A2", "20", "");
    /// A3:116: no payer is known by the claim's payer identifier.
    pub const UNKNOWN_PAYER: Self = Self::new("A3", "116", "");
    /// A3:78: the same claim was submitted before. (746 speaks of a whole submission.)
    pub const DUPLICATE: Self = Self::new("A3", "78", "");
    /// A3:481: rejected, and nothing more particular is known.
    pub const UNPROCESSABLE: Self = Self::new("A3", "481", "");
    /// A3:247: a service line is rejected; the line says why.
    pub const LINE: Self = Self::new("A3", "247", "");

    /// From codes of at most four characters.
    pub const fn new(category: &str, code: &str, entity: &str) -> Self {
        Self { category: Packed::lit(category), code: Packed::lit(code), entity: Packed::lit(entity) }
    }

    /// Whether the category is one of the rejections A3, A4, A6, A7 and A8.
    pub fn rejects(self) -> bool {
        matches!(self.category.as_bytes(), b"A3" | b"A4" | b"A6" | b"A7" | b"A8")
    }
}

impl From<BusinessCode> for Status {
    fn from(code: BusinessCode) -> Self {
        let entity = code.entity.unwrap_or(Packed::NONE);
        Self { entity, ..Self::new(code.category, code.status, "") }
    }
}

/// Days of service, as CCYYMMDD. Empty where they are not known.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub struct Period {
    from: Packed<8>,
    to: Packed<8>,
}

impl Period {
    /// From DTP02 and DTP03: `D8` or `RD8`; empty where they are no dates.
    pub fn of(format: &[u8], value: &[u8]) -> Self {
        let (from, to) = match (format, value.split_at_checked(8)) {
            (b"D8", _) => (value, value),
            (b"RD8", Some((from, [b'-', to @ ..]))) => (from, to),
            _ => return Self::default(),
        };
        let fit = |day: &[u8]| day.len() == 8 && is_date(day);
        if fit(from) && fit(to) && from <= to {
            Self { from: Packed::pack(from), to: Packed::pack(to) }
        } else {
            Self::default()
        }
    }

    /// One day.
    pub(super) fn day(date: &str) -> Self {
        Self::of(b"D8", date.as_bytes())
    }

    /// The days from the first of both to the last of both.
    pub fn add(&mut self, other: Self) {
        if other.is_empty() {
            return;
        }
        self.from = if self.is_empty() { other.from } else { self.from.min(other.from) };
        self.to = self.to.max(other.to);
    }

    /// Whether no day is known.
    pub fn is_empty(self) -> bool {
        self.from.is_none()
    }

    /// DTP02 and DTP03.
    pub fn text(self) -> (&'static str, String) {
        if self.from == self.to { ("D8", self.from.to_string()) } else { ("RD8", format!("{}-{}", self.from, self.to)) }
    }
}

/// What a 277CA says of one claim.
#[derive(Clone, Copy, Default)]
pub struct Claim<'a> {
    /// The provider's claim identifier, CLM01: TRN02.
    pub id: &'a [u8],
    /// The claim's charge, CLM02: STC04.
    pub charge: &'a [u8],
    /// The payer's number: REF*1K.
    pub payer_control_number: &'a [u8],
    /// The identifier that an intermediary put on the claim: REF*D9.
    pub intermediary_id: &'a [u8],
    /// An institutional claim's type of bill: REF*BLT.
    pub bill_type: &'a [u8],
    /// Days of service: DTP*472.
    pub service: Period,
    /// Whether it is rejected: STC03.
    pub rejected: bool,
    /// Why, or how it was taken. Empty: the writer's usual words.
    pub statuses: &'a [Status],
    /// A message in words: STC12. Mostly empty.
    pub message: &'a [u8],
    /// The service lines that made it rejected.
    pub lines: &'a [Line],
}

/// A rejected service line. `Debug` shows no value.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Line {
    /// SVC01: qualifier, code and up to four modifiers.
    pub procedure: Vec<Vec<u8>>,
    /// SVC02.
    pub charge: Vec<u8>,
    /// SVC04: the revenue code, where SVC01 is a procedure.
    pub revenue: Vec<u8>,
    /// SVC07.
    pub quantity: Vec<u8>,
    /// The provider's number of the line, 837's REF*6R: REF*FJ.
    pub control_number: Vec<u8>,
    /// REF*XZ.
    pub prescription: Vec<u8>,
    /// DTP*472.
    pub service: Period,
    /// Why it is rejected.
    pub statuses: Vec<Status>,
}

impl std::fmt::Debug for Line {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Line({} statuses)", self.statuses.len())
    }
}

impl std::fmt::Debug for Period {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(if self.is_empty() { "Period(unknown)" } else { "Period" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn joins_days_of_service() {
        let mut period = Period::default();
        period.add(Period::of(b"D8", b"20260115"));
        assert_eq!(period.text(), ("D8", "20260115".to_owned()));
        period.add(Period::of(b"RD8", b"20260110-20260112"));
        period.add(Period::of(b"D8", b"2026-01-09"));
        assert_eq!(period.text(), ("RD8", "20260110-20260115".to_owned()));
        assert!(Period::of(b"RD8", b"20260112-20260110").is_empty());
        assert!(Period::of(b"RD8", b"20260112").is_empty());
    }
}
