//! ISA and IEA.

use super::core::Core;
use super::events::{InterchangeEnd, InterchangeStart, Verdict, Visitor};
use super::state::{At, Interchange};
use crate::finding::InterchangeCode as Code;
use crate::read::InterchangeHeader;
use crate::segment::Segment;
use crate::validate::{catalog, value};

/// The versions of the envelope that are read.
const VERSIONS: std::ops::RangeInclusive<u64> = 200..=899;

impl Core {
    pub(super) fn interchange_header(&mut self, segment: &Segment<'_>, leading: &[u8], visitor: &mut impl Visitor) {
        let header = InterchangeHeader::new(segment.elements().map(|element| element.bytes()));
        self.interchanges += 1;
        visitor.interchange_start(&InterchangeStart {
            ordinal: self.interchanges,
            header: &header,
            delimiters: segment.delimiters(),
            segment: Some(*segment),
            offset: segment.offset(),
            leading,
        });
        let faults = header_faults(&header);
        self.interchange = Some(Interchange { header, start: segment.offset(), ..Interchange::default() });
        for (element, code, expected) in faults {
            let at = At::element(segment, None, element);
            let message = format!("ISA{element:02}: expected {expected}, found something else");
            self.tell_interchange(&catalog::INTERCHANGE_HEADER, code, message, at, visitor);
        }
    }

    pub(super) fn interchange_trailer(&mut self, segment: &Segment<'_>, visitor: &mut impl Visitor) {
        let Some(interchange) = &self.interchange else { return };
        let count = segment.element(1).and_then(value::digits);
        let counts = count == Some(u64::from(interchange.groups));
        let same = segment.element(2) == Some(interchange.header.control_number().as_bytes());
        if !same {
            let message = "IEA02: expected ISA13's control number, found another".to_owned();
            let at = At::element(segment, None, 2);
            self.tell_interchange(&catalog::INTERCHANGE_TRAILER, Code::ControlNumberMismatch, message, at, visitor);
        }
        if !counts {
            let message = "IEA01: expected the number of groups, found another".to_owned();
            let at = At::element(segment, None, 1);
            self.tell_interchange(&catalog::INTERCHANGE_TRAILER, Code::GroupCount, message, at, visitor);
        }
        let end = segment.offset() + segment.bytes().len() as u64 + 1;
        self.interchange_end(Some(*segment), end, visitor);
    }

    /// The interchange ends without its IEA.
    pub(super) fn interchange_cut(&mut self, offset: u64, visitor: &mut impl Visitor) {
        if self.interchange.is_none() {
            return;
        }
        let at = At { bytes: offset..offset, ..At::default() };
        let message = "expected IEA, found none".to_owned();
        self.tell_interchange(&catalog::INTERCHANGE_TRAILER, Code::PrematureEnd, message, at, visitor);
        self.interchange_end(None, offset, visitor);
    }

    fn interchange_end(&mut self, segment: Option<Segment<'_>>, end: u64, visitor: &mut impl Visitor) {
        let Some(mut interchange) = self.interchange.take() else { return };
        if interchange.code.is_some() {
            interchange.tally.reject();
        }
        let tally = interchange.tally;
        visitor.interchange_end(&InterchangeEnd {
            ordinal: self.interchanges,
            header: &interchange.header,
            segment,
            verdict: if interchange.code.is_some() { Verdict::Rejected } else { Verdict::Accepted },
            code: interchange.code.unwrap_or(Code::NoError),
            groups: interchange.groups,
            sets: tally.sets,
            sets_rejected: tally.sets_rejected,
            items: tally.items,
            items_rejected: tally.items_rejected,
            bytes: interchange.start..end,
        });
    }
}

/// The elements of an ISA that do not hold what X12 allows: element, code, what was expected.
fn header_faults(header: &InterchangeHeader) -> Vec<(u16, Code, &'static str)> {
    let field = |n: usize| header.field(n);
    let digits = |n: usize, length: usize| field(n).len() == length && field(n).bytes().all(|b| b.is_ascii_digit());
    let qualifier = |n: usize| field(n).len() == 2 && field(n).bytes().all(|b| b.is_ascii_alphanumeric());
    let version = value::digits(field(12).as_bytes()).filter(|_| digits(12, 5));
    let old = version.is_some_and(|version| version < 402);
    let date = field(9).len() == 6 && value::is_date(field(9).as_bytes());
    let time = field(10).len() == 4 && value::is_time(field(10).as_bytes());
    let checks = [
        (1, digits(1, 2), Code::AuthorizationQualifier, "a qualifier of two digits"),
        (3, digits(3, 2), Code::SecurityQualifier, "a qualifier of two digits"),
        (5, qualifier(5), Code::SenderQualifier, "a qualifier of two letters or digits"),
        (6, !field(6).is_empty(), Code::Sender, "a sender"),
        (7, qualifier(7), Code::ReceiverQualifier, "a qualifier of two letters or digits"),
        (8, !field(8).is_empty(), Code::Receiver, "a receiver"),
        (9, date, Code::Date, "a date as YYMMDD"),
        (10, time, Code::Time, "a time as HHMM"),
        (11, !old || field(11) == "U", Code::StandardsId, "U"),
        (12, version.is_some(), Code::VersionId, "a version of five digits"),
        (12, version.is_none_or(|v| VERSIONS.contains(&v)), Code::Version, "a version from 00200 to 00899"),
        (13, digits(13, 9), Code::ControlNumber, "a control number of nine digits"),
        (14, matches!(field(14), "0" | "1"), Code::AcknowledgmentRequest, "0 or 1"),
        (15, matches!(field(15), "P" | "T" | "I"), Code::TestIndicator, "P, T or I"),
    ];
    checks.into_iter().filter(|(_, fits, ..)| !fits).map(|(n, _, code, expected)| (n, code, expected)).collect()
}
