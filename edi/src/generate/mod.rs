//! Valid synthetic files of any size, from a guide and a seed.
//!
//! Everything in them is made up: people are called like trees and colours, organizations say that they are samples, identifiers
//! are random numbers with good check digits. No generated file speaks of a real person, provider or payer.
//!
//! The guide's tables say what must be there and which codes fit; [`rules`] adds what the trade would expect of a set (how often a
//! claim names its rendering provider). A set without rules is made from its tables alone.

mod claims;
mod compile;
mod generator;
mod kind;
pub(crate) mod random;
mod rules;
mod scene;
mod story;
mod ta1;
mod words;

pub use generator::Generator;
pub use ta1::Ta1s;

use std::sync::Arc;

use self::random::Random;
use crate::ControlNumber;
use crate::ack::{Address, Envelope, Format, Stamp, Usage};
use crate::guide::Guide;

/// What to generate.
#[derive(Clone, Debug)]
pub struct GenerateOptions {
    /// The guide of the sets.
    pub guide: Arc<Guide>,
    /// How many items.
    pub count: u64,
    /// The same seed gives the same bytes; another one another ISA13 and other ids.
    pub seed: u64,
    /// ISA15.
    pub usage: Usage,
    /// Items in one transaction set at most; payers commonly take 5,000 claims. Claim payments are at most 1,000, and payments,
    /// premiums and enrollments come in sets of many sizes.
    pub items_per_set_max: u64,
    /// The payers that items are for, by their ids.
    pub payer_ids: Vec<String>,
    /// ISA05, ISA06, GS02, and the submitter's id.
    pub sender: Address,
    /// ISA07, ISA08, GS03, and the receiver's id.
    pub receiver: Address,
    /// Date and time of the envelopes; services lie in the year before.
    pub at: Stamp,
    /// Every so many claims is a bad one: in turn a charge that is not the sum of its lines, and a provider's NPI with a wrong
    /// check digit. Claims only.
    pub bad_every: Option<u64>,
    /// Delimiters and line ends.
    pub format: Format,
}

impl GenerateOptions {
    /// One item of a test file with seed 1, `*:^~`, a line for each segment.
    pub fn new(guide: Arc<Guide>) -> Self {
        Self {
            guide,
            count: 1,
            seed: 1,
            usage: Usage::Test,
            items_per_set_max: 5000,
            payer_ids: vec!["SYNTHPAYER".to_owned()],
            sender: Address::new("ZZ", "SYNTHSENDER"),
            receiver: Address::new("ZZ", "SYNTHRECEIVER"),
            at: Stamp::from_unix(AT),
            bad_every: None,
            format: Format { line_end: crate::ack::LineEnd::Lf, ..Format::default() },
        }
    }

    /// The first envelope, with a number by chance.
    fn envelope(&self, random: &mut Random) -> Envelope {
        let number = ControlNumber::new(random.between(1, 999_999_999) as u32).unwrap_or(ControlNumber::FIRST);
        Envelope {
            sender: self.sender.clone(),
            receiver: self.receiver.clone(),
            at: self.at,
            interchange: number,
            group: number,
            usage: self.usage,
        }
    }
}

/// 2026-01-15 08:00 UTC.
const AT: i64 = 1_768_464_000;
