//! Interchanges that hold a TA1 and nothing else.

use super::GenerateOptions;
use super::random::Random;
use crate::ack::{Envelope, Format, Ta1};
use crate::engine::Verdict;
use crate::finding::InterchangeCode;

/// What the answers say, the usual one first.
const SAYINGS: [(Verdict, InterchangeCode); 5] = [
    (Verdict::Accepted, InterchangeCode::NoError),
    (Verdict::Rejected, InterchangeCode::Duplicate),
    (Verdict::Rejected, InterchangeCode::PrematureEnd),
    (Verdict::Rejected, InterchangeCode::GroupCount),
    (Verdict::AcceptedWithErrors, InterchangeCode::ControlStructure),
];

/// So many interchanges of one TA1 each, one after the other; the same seed gives the same bytes.
pub struct Ta1s {
    envelope: Envelope,
    format: Format,
    left: u64,
    random: Random,
}

impl Ta1s {
    /// As many as the options count. Their guide counts for nothing.
    pub fn new(options: &GenerateOptions) -> Self {
        let mut random = Random::new(options.seed);
        Self { envelope: options.envelope(&mut random), format: options.format, left: options.count, random }
    }
}

impl Iterator for Ta1s {
    type Item = Vec<u8>;

    fn next(&mut self) -> Option<Vec<u8>> {
        self.left = self.left.checked_sub(1)?;
        let usual = self.random.chance(60);
        let at = if usual { 0 } else { self.random.between(0, SAYINGS.len() as u64 - 1) as usize };
        let (verdict, code) = SAYINGS.get(at).copied().unwrap_or((Verdict::Accepted, InterchangeCode::NoError));
        let ta1 = Ta1 {
            control_number: format!("{:09}", self.random.between(1, 999_999_999)),
            date: self.envelope.at.date6(),
            time: self.envelope.at.time4(),
            verdict,
            code,
        };
        let mut out = Vec::new();
        ta1.write(&self.envelope, &self.format, &mut out);
        self.envelope.interchange = self.envelope.interchange.next();
        Some(out)
    }
}
