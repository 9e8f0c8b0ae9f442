//! TA1: whether an interchange was taken, for the whole of it.

use super::envelope::Envelope;
use super::pen::Format;
use super::stamp::{is_date, is_time4};
use crate::engine::{InterchangeEnd, InterchangeHeader, Verdict};
use crate::finding::InterchangeCode;

/// What a TA1 says of one interchange. `Debug` shows no value.
#[derive(Clone, PartialEq, Eq)]
pub struct Ta1 {
    /// TA101: its ISA13, as it stood.
    pub control_number: String,
    /// TA102: its ISA09, as it stood; our own date is written where it was none.
    pub date: String,
    /// TA103: its ISA10, as it stood; our own time is written where it was none.
    pub time: String,
    /// TA104: `A`, `E` or `R`; a partial acceptance is written as `E`.
    pub verdict: Verdict,
    /// TA105.
    pub code: InterchangeCode,
}

impl Ta1 {
    /// Of an interchange by its header: also one of which no more than sender and control number could be read.
    pub fn new(header: &InterchangeHeader, verdict: Verdict, code: InterchangeCode) -> Self {
        Self {
            control_number: header.control_number().to_owned(),
            date: header.date().to_owned(),
            time: header.time().to_owned(),
            verdict,
            code,
        }
    }

    /// The TA1 that this end of an interchange asks for: `None` where all is well and ISA14 wants none.
    pub fn owed(end: &InterchangeEnd<'_>) -> Option<Self> {
        let owed = end.header.acknowledgment_requested() || end.verdict != Verdict::Accepted;
        owed.then(|| Self::new(end.header, end.verdict, end.code))
    }

    /// Appends the whole interchange: ISA, TA1, IEA.
    pub fn write(&self, envelope: &Envelope, format: &Format, out: &mut Vec<u8>) {
        let date = if is_date(self.date.as_bytes()) { self.date.clone() } else { envelope.at.date6() };
        let time = if is_time4(self.time.as_bytes()) { self.time.clone() } else { envelope.at.time4() };
        let verdict = if self.verdict == Verdict::PartlyAccepted { Verdict::AcceptedWithErrors } else { self.verdict };
        envelope.isa(format, out);
        format
            .segment(out, "TA1")
            .element(nine_digits(&self.control_number))
            .element(date)
            .element(time)
            .element(verdict.code())
            .element(self.code.code())
            .end();
        envelope.iea(format, 0, out);
    }
}

impl std::fmt::Debug for Ta1 {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Ta1({} {})", self.verdict.code(), self.code.code())
    }
}

/// TA101 is exactly nine digits. What came in otherwise gives its digits, the last nine of them.
fn nine_digits(value: &str) -> Vec<u8> {
    let digits: Vec<u8> = value.bytes().filter(u8::is_ascii_digit).collect();
    let tail = digits.get(digits.len().saturating_sub(9)..).unwrap_or_default();
    let mut out = vec![b'0'; 9 - tail.len()];
    out.extend_from_slice(tail);
    out
}

#[cfg(test)]
mod tests {
    use super::super::envelope::tests::sample;
    use super::*;

    fn last_segments(ta1: &Ta1) -> String {
        let mut out = Vec::new();
        ta1.write(&sample(), &Format::default(), &mut out);
        String::from_utf8(out[106..].to_vec()).unwrap()
    }

    fn header(isa: &str) -> InterchangeHeader {
        InterchangeHeader::new(isa.split('*').map(str::as_bytes))
    }

    #[test]
    fn acknowledges_an_interchange_with_its_own_number_date_and_time() {
        let header = header("00**00**ZZ*A*ZZ*B*260301*1253*^*00501*000000905*1*T*:");
        let ta1 = Ta1::new(&header, Verdict::Accepted, InterchangeCode::NoError);
        assert_eq!(last_segments(&ta1), "TA1*000000905*260301*1253*A*000~IEA*0*000000007~");
    }

    #[test]
    fn fills_in_what_could_not_be_read() {
        let header = header("00**00**ZZ*A*ZZ*B***^*00501*12a*1*T*:");
        let ta1 = Ta1::new(&header, Verdict::Rejected, InterchangeCode::PrematureEnd);
        assert_eq!(last_segments(&ta1), "TA1*000000012*260304*0506*R*023~IEA*0*000000007~");
    }
}
