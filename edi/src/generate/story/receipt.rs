//! An acknowledgment of claims: which are taken, which refused and why, and how much they are worth per receiver and provider.

use super::super::random::Random;
use super::{Fact, Part, Pen, Stage, TURNS, Turns, seed_of, turn};

/// How many claims a provider has, and a patient.
const PROVIDERS: &[u64] = &[1, 2, 5, 12, 40];
const PATIENTS: &[u64] = &[1, 1, 1, 1, 2, 3];
/// Categories, statuses and entities of refused claims.
const REASONS: &[[&str; 3]] = &[["A7", "562", "85"], ["A3", "255", ""], ["A6", "126", "IL"], ["A7", "500", "85"]];

/// Whose figures are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum Of {
    Receiver,
    Provider,
}

/// A figure of a level.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum Figure {
    Charge,
    Accepted,
    Rejected,
    AcceptedAmount,
    RejectedAmount,
}

#[derive(Clone, Copy, Debug, Default)]
struct Tally {
    /// Claims that are taken and refused, and their cents.
    counts: [u64; 2],
    amounts: [i64; 2],
}

#[derive(Clone, Copy, Debug, Default)]
struct Claim {
    refused: bool,
    charge: i64,
    reason: usize,
    /// Lines that are why it is refused.
    lines: usize,
}

/// One set.
#[derive(Debug, Default)]
pub(in super::super) struct Receipt {
    seed: u64,
    claims: u64,
    next: u64,
    /// Of a hundred claims, how many are refused.
    refused: u8,
    receiver: Tally,
    provider: Tally,
    provider_left: u64,
    patient_left: u64,
    /// Levels that the claim shares with the one before.
    kept: usize,
    claim: Claim,
}

impl Tally {
    fn add(&mut self, claim: Claim) {
        let at = usize::from(claim.refused);
        if let (Some(count), Some(amount)) = (self.counts.get_mut(at), self.amounts.get_mut(at)) {
            *count += 1;
            *amount += claim.charge;
        }
    }
}

impl Receipt {
    pub(super) fn begin_set(&mut self, seed: u64, claims: u64) {
        *self = Self { seed, claims, ..Self::default() };
        self.refused = Random::new(!seed).pick(&[0, 0, 5, 30, 100]);
        self.receiver = self.tally(0, claims);
    }

    fn tally(&self, first: u64, count: u64) -> Tally {
        let mut tally = Tally::default();
        (first..first + count).for_each(|claim| tally.add(self.draw(claim)));
        tally
    }

    fn draw(&self, claim: u64) -> Claim {
        let random = &mut Random::new(seed_of(self.seed, claim));
        let refused = random.chance(self.refused);
        Claim {
            refused,
            charge: random.between(100, 9000) as i64 * 25,
            reason: random.between(0, 1 << 20) as usize,
            lines: if refused { random.pick(&[0, 0, 1, 2]) } else { 0 },
        }
    }

    pub(super) fn begin_item(&mut self) {
        let random = &mut Random::new(seed_of(!self.seed, self.next));
        self.kept = 4;
        if self.patient_left == 0 || self.provider_left == 0 {
            self.kept = 3;
            self.patient_left = random.pick(PATIENTS);
        }
        if self.provider_left == 0 {
            self.kept = 2;
            self.provider_left = random.pick(PROVIDERS).min(self.claims - self.next);
            self.provider = self.tally(self.next, self.provider_left);
        }
        self.claim = self.draw(self.next);
        self.patient_left -= 1;
        self.provider_left -= 1;
        self.next += 1;
    }

    pub(super) fn kept(&self) -> usize {
        self.kept
    }

    fn figure(&self, of: Of, figure: Figure) -> i64 {
        let tally = if of == Of::Receiver { &self.receiver } else { &self.provider };
        let ([taken, refused], [worth, lost]) = (tally.counts, tally.amounts);
        match figure {
            Figure::Charge => worth + lost,
            Figure::Accepted => taken as i64,
            Figure::Rejected => refused as i64,
            Figure::AcceptedAmount => worth,
            Figure::RejectedAmount => lost,
        }
    }

    pub(super) fn holds(&self, fact: Fact) -> bool {
        match fact {
            Fact::Told(of, figure) => self.figure(of, figure) > 0,
            Fact::Refused => self.claim.refused,
            Fact::Taken => !self.claim.refused,
            _ => false,
        }
    }

    pub(super) fn times(&self, what: Turns) -> usize {
        if what == Turns::Lines { self.claim.lines } else { 1 }
    }

    pub(super) fn write(&self, part: Part, turns: &[usize; TURNS], stage: &Stage, pen: &mut Pen<'_>) {
        match part {
            Part::Told(of, figure @ (Figure::Accepted | Figure::Rejected)) => {
                pen.number(self.figure(of, figure).unsigned_abs());
            }
            Part::Told(of, figure) => pen.amount(self.figure(of, figure)),
            Part::ClaimStatus if self.claim.refused => {
                self.write_reason(0, pen);
                pen.text(&stage.today);
                pen.text("U");
                pen.amount(self.claim.charge);
                if self.claim.reason.is_multiple_of(4) {
                    pen.skip(5);
                    self.write_reason(1, pen);
                }
            }
            Part::ClaimStatus => {
                pen.components(&["A2", "20"]);
                pen.text(&stage.today);
                pen.text("WQ");
                pen.amount(self.claim.charge);
            }
            Part::LineStatus => {
                self.write_reason(turn(turns, Turns::Lines), pen);
                pen.text(&stage.today);
                pen.text("U");
            }
            _ => {}
        }
    }

    fn write_reason(&self, at: usize, pen: &mut Pen<'_>) {
        let reason = REASONS.get((self.claim.reason + at) % REASONS.len()).copied().unwrap_or_default();
        match reason {
            [category, status, ""] => pen.components(&[category, status]),
            reason => pen.components(&reason),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_receiver_s_figures_are_the_providers_and_these_their_claims() {
        let mut receipt = Receipt::default();
        for seed in 0..50 {
            receipt.begin_set(seed, 60);
            let (mut of_providers, mut of_claims) = (0, 0);
            for _ in 0..60 {
                receipt.begin_item();
                if receipt.kept() == 2 {
                    of_providers += receipt.figure(Of::Provider, Figure::Charge);
                }
                of_claims += receipt.claim.charge;
            }
            let told = receipt.figure(Of::Receiver, Figure::Charge);
            assert_eq!((told, told), (of_providers, of_claims), "seed {seed}");
        }
    }
}
