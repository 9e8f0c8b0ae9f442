//! ISA, GS, GE and IEA around an acknowledgment, with sender and receiver swapped from what came in.

use super::pen::Format;
use super::stamp::Stamp;
use crate::ControlNumber;
use crate::engine::{GroupHeader, InterchangeHeader};

/// Qualifiers that ISA05 and ISA07 may hold in healthcare.
const QUALIFIERS: [&[u8; 2]; 9] = [b"01", b"14", b"20", b"27", b"28", b"29", b"30", b"33", b"ZZ"];

/// What stands in an identifier that came in empty.
const UNKNOWN: &str = "UNKNOWN";

/// One side of an interchange, by the identifiers of its envelopes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    /// ISA05 or ISA07.
    pub qualifier: String,
    /// ISA06 or ISA08.
    pub id: String,
    /// GS02 or GS03.
    pub group_id: String,
}

impl Address {
    /// An address whose group id is its interchange id.
    pub fn new(qualifier: &str, id: &str) -> Self {
        Self { qualifier: qualifier.to_owned(), id: id.to_owned(), group_id: id.to_owned() }
    }

    fn isa_qualifier(&self) -> &[u8] {
        let known = QUALIFIERS.iter().find(|q| q.as_slice() == self.qualifier.as_bytes());
        known.map_or(b"ZZ", |q| q.as_slice())
    }

    fn isa_id(&self) -> &str {
        if self.id.trim().is_empty() { UNKNOWN } else { self.id.trim() }
    }

    /// GS02 and GS03 want 2 to 15 characters.
    fn gs_id(&self) -> &str {
        let ids = [self.group_id.trim(), self.id.trim()];
        ids.into_iter().find(|id| id.len() >= 2).unwrap_or(UNKNOWN)
    }
}

/// ISA15.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Usage {
    /// `T`
    Test,
    /// `P`
    Production,
}

impl Usage {
    /// From ISA15; anything but `T` counts as production.
    pub fn from_code(code: &str) -> Self {
        if code == "T" { Self::Test } else { Self::Production }
    }

    const fn code(self) -> &'static str {
        match self {
            Self::Test => "T",
            Self::Production => "P",
        }
    }
}

/// All that the envelopes of one outgoing acknowledgment say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Envelope {
    /// Us.
    pub sender: Address,
    /// Whoever sent what is acknowledged.
    pub receiver: Address,
    /// Date and time of ISA, GS and BHT.
    pub at: Stamp,
    /// ISA13.
    pub interchange: ControlNumber,
    /// GS06.
    pub group: ControlNumber,
    /// ISA15, as it came in.
    pub usage: Usage,
}

impl Envelope {
    /// The answer to an interchange: its receiver becomes the sender, its sender the receiver; its ISA15 is kept. The ids of
    /// `group` are swapped likewise; without it the interchange's stand in GS too. `interchange` and `group_number` are our
    /// ISA13 and GS06.
    pub fn answering(
        header: &InterchangeHeader,
        group: Option<&GroupHeader>,
        at: Stamp,
        interchange: ControlNumber,
        group_number: ControlNumber,
    ) -> Self {
        let mut sender = Address::new(header.receiver_qualifier(), header.receiver());
        let mut receiver = Address::new(header.sender_qualifier(), header.sender());
        if let Some(group) = group {
            sender.group_id.clone_from(&group.receiver);
            receiver.group_id.clone_from(&group.sender);
        }
        Self { sender, receiver, at, interchange, group: group_number, usage: Usage::from_code(header.usage()) }
    }

    /// ISA, with ISA14 = 0: an acknowledgment asks for none.
    pub(crate) fn isa(&self, format: &Format, out: &mut Vec<u8>) {
        format
            .segment(out, "ISA")
            .element("00")
            .fixed(b"", 10)
            .element("00")
            .fixed(b"", 10)
            .element(self.sender.isa_qualifier())
            .fixed(self.sender.isa_id().as_bytes(), 15)
            .element(self.receiver.isa_qualifier())
            .fixed(self.receiver.isa_id().as_bytes(), 15)
            .element(self.at.date6())
            .element(self.at.time4())
            .raw(format.delimiters.repetition.unwrap_or(b'^'))
            .element("00501")
            .element(self.interchange.to_string())
            .element("0")
            .element(self.usage.code())
            .raw(format.delimiters.component)
            .end();
    }

    pub(crate) fn gs(&self, format: &Format, functional_id: &str, version: &str, out: &mut Vec<u8>) {
        format
            .segment(out, "GS")
            .element(functional_id)
            .at_most(self.sender.gs_id().as_bytes(), 15)
            .at_most(self.receiver.gs_id().as_bytes(), 15)
            .element(self.at.date8())
            .element(self.at.time4())
            .element(self.group.number().to_string())
            .element("X")
            .element(version)
            .end();
    }

    pub(crate) fn ge(&self, format: &Format, sets: u32, out: &mut Vec<u8>) {
        let group = self.group.number().to_string();
        format.segment(out, "GE").element(sets.to_string()).element(group).end();
    }

    pub(crate) fn iea(&self, format: &Format, groups: u32, out: &mut Vec<u8>) {
        let number = self.interchange.to_string();
        format.segment(out, "IEA").element(groups.to_string()).element(number).end();
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// An envelope for tests.
    pub(crate) fn sample() -> Envelope {
        Envelope {
            sender: Address::new("ZZ", "TRADEWIND"),
            receiver: Address { qualifier: "30".into(), id: "123456789".into(), group_id: "CLINIC".into() },
            at: Stamp::new(2026, 3, 4, 5, 6).unwrap(),
            interchange: ControlNumber::new(7).unwrap(),
            group: ControlNumber::new(8).unwrap(),
            usage: Usage::Test,
        }
    }

    #[test]
    fn writes_an_isa_of_106_bytes_whatever_the_ids() {
        for id in ["", "A", "A~B*C", "SIXTEEN-LETTERS-", "ÄÖÜ"] {
            let mut out = Vec::new();
            Envelope { sender: Address::new("??", id), ..sample() }.isa(&Format::default(), &mut out);
            assert_eq!(out.len(), 106, "{}", String::from_utf8_lossy(&out));
            assert_eq!(out.iter().filter(|b| **b == b'*').count(), 16);
        }
    }

    #[test]
    fn writes_both_envelopes() {
        let (mut out, envelope, format) = (Vec::new(), sample(), Format::default());
        envelope.isa(&format, &mut out);
        envelope.gs(&format, "FA", "005010X231A1", &mut out);
        envelope.ge(&format, 1, &mut out);
        envelope.iea(&format, 1, &mut out);
        let expected = "ISA*00*          *00*          *ZZ*TRADEWIND      *30*123456789      *260304*0506*^*00501*\
                        000000007*0*T*:~GS*FA*TRADEWIND*CLINIC*20260304*0506*8*X*005010X231A1~GE*1*8~IEA*1*000000007~";
        assert_eq!(String::from_utf8(out).unwrap(), expected);
    }

    #[test]
    fn swaps_the_sides_of_what_it_answers() {
        let isa = "00**00**ZZ*CLINIC*30*PAYER*260301*1253*^*00501*000000905*1*T*:";
        let header = InterchangeHeader::new(isa.split('*').map(str::as_bytes));
        let group = GroupHeader { sender: "DESK".into(), receiver: "CLAIMS".into(), ..GroupHeader::default() };
        let (one, two) = (ControlNumber::new(1).unwrap(), ControlNumber::new(2).unwrap());
        let envelope = Envelope::answering(&header, Some(&group), sample().at, one, two);
        assert_eq!(envelope.sender, Address { group_id: "CLAIMS".into(), ..Address::new("30", "PAYER") });
        assert_eq!(envelope.receiver, Address { group_id: "DESK".into(), ..Address::new("ZZ", "CLINIC") });
        assert_eq!((envelope.interchange, envelope.group, envelope.usage), (one, two, Usage::Test));
    }
}
