//! An answer to other sets: it takes them or refuses them, and names faults only then.

use super::super::random::Random;
use super::{Fact, Part, Pen};

/// One set.
#[derive(Debug, Default)]
pub(in super::super) struct Answer {
    refused: bool,
}

impl Answer {
    pub(super) fn begin_set(&mut self, seed: u64) {
        self.refused = Random::new(seed).chance(50);
    }

    pub(super) fn holds(&self, fact: Fact) -> bool {
        fact == Fact::Refused && self.refused
    }

    pub(super) fn write(&self, part: Part, pen: &mut Pen<'_>) {
        let (taken, refused): (&[&str], &[&str]) = match part {
            Part::SetVerdict => (&["A"], &["R", "5"]),
            Part::GroupVerdict => (&["A", "1", "1", "1"], &["R", "1", "1", "0"]),
            Part::Advice => (&["TA"], &["TR"]),
            Part::AdviceAction => (&["WQ"], &["U"]),
            _ => (&[], &[]),
        };
        for text in if self.refused { refused } else { taken } {
            pen.text(text);
        }
    }
}
