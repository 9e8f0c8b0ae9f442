//! A claim payment: claims whose lines, adjustments and provider adjustments add up to what is paid.

use super::super::random::Random;
use super::{Fact, Stage, TURNS, Turns, day, seed_of, turn};

/// Adjustments of a line at most.
const ADJUSTMENTS_MAX: usize = 4;
/// How many claims stand under one LX.
const GROUPS: &[u64] = &[1, 2, 5, 12, 40, 200];

/// Why a payer paid less than the charge: group and reason.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Adjustment {
    pub(super) group: &'static str,
    pub(super) reason: &'static str,
    pub(super) cents: i64,
}

/// The adjustments of a claim or line.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Adjustments {
    all: [Adjustment; ADJUSTMENTS_MAX],
    count: usize,
}

#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Line {
    pub(super) charge: i64,
    pub(super) paid: i64,
    pub(super) units: u64,
    pub(super) day: u64,
    pub(super) procedure: usize,
    pub(super) adjustments: Adjustments,
}

/// One CLP. Amounts are cents.
#[derive(Debug, Default)]
pub(super) struct Claim {
    pub(super) kind: Kind,
    pub(super) charge: i64,
    pub(super) paid: i64,
    pub(super) responsibility: i64,
    pub(super) from: u64,
    pub(super) to: u64,
    pub(super) lines: Vec<Line>,
    pub(super) adjustments: Adjustments,
}

/// What became of a claim.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Kind {
    #[default]
    Professional,
    Outpatient,
    Inpatient,
    Secondary,
    Denied,
    Forwarded,
    Reversal,
    Predetermination,
}

const KINDS: &[Kind] = &[
    Kind::Professional,
    Kind::Professional,
    Kind::Professional,
    Kind::Professional,
    Kind::Professional,
    Kind::Professional,
    Kind::Outpatient,
    Kind::Outpatient,
    Kind::Inpatient,
    Kind::Secondary,
    Kind::Denied,
    Kind::Forwarded,
    Kind::Reversal,
    Kind::Predetermination,
];

/// How it is paid.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Method {
    #[default]
    None,
    Ach,
    Check,
    Wire,
}

/// One set.
#[derive(Debug, Default)]
pub(in super::super) struct Payment {
    seed: u64,
    claims: u64,
    next: u64,
    pub(super) total: i64,
    pub(super) method: Method,
    /// Code and cents; what is positive lowers the payment.
    pub(super) provider: Vec<(&'static str, i64)>,
    pub(super) payer_tax_id: u64,
    pub(super) npi: u64,
    pub(super) group: u64,
    group_left: u64,
    pub(super) group_claims: u64,
    pub(super) group_charge: i64,
    group_is_new: bool,
    summary: bool,
    pub(super) claim: Claim,
}

impl Adjustments {
    pub(super) fn add(&mut self, group: &'static str, reason: &'static str, cents: i64) {
        if let Some(slot) = self.all.get_mut(self.count).filter(|_| cents != 0) {
            *slot = Adjustment { group, reason, cents };
            self.count += 1;
        }
    }

    fn all(&self) -> &[Adjustment] {
        self.all.get(..self.count).unwrap_or_default()
    }

    pub(super) fn sum(&self) -> i64 {
        self.all().iter().map(|adjustment| adjustment.cents).sum()
    }

    pub(super) fn of_patient(&self) -> i64 {
        self.all().iter().filter(|adjustment| adjustment.group == "PR").map(|adjustment| adjustment.cents).sum()
    }

    fn negate(&mut self) {
        self.all.iter_mut().for_each(|adjustment| adjustment.cents = -adjustment.cents);
    }

    /// Those of one group stand in one segment.
    pub(super) fn groups(&self) -> impl Iterator<Item = &[Adjustment]> {
        self.all().chunk_by(|a, b| a.group == b.group)
    }
}

impl Claim {
    fn draw(&mut self, seed: u64, year: u64) {
        let random = &mut Random::new(seed);
        self.kind = random.pick(KINDS);
        self.from = day(random, year);
        self.to = self.from;
        self.lines.clear();
        self.adjustments = Adjustments::default();
        match self.kind {
            Kind::Inpatient => self.draw_stay(random),
            _ => self.draw_lines(random),
        }
        self.responsibility =
            self.adjustments.of_patient() + self.lines.iter().map(|line| line.adjustments.of_patient()).sum::<i64>();
        if self.kind == Kind::Reversal {
            self.negate();
        }
    }

    fn draw_stay(&mut self, random: &mut Random) {
        // A stay ends within its month.
        self.to = self.from + random.between(0, 28 - self.from % 100);
        self.charge = random.between(4_000, 90_000) as i64 * 100;
        let contractual = self.charge * random.between(20, 70) as i64 / 100;
        let deductible = random.pick(&[0, 163_200]).min(self.charge - contractual);
        self.adjustments.add("CO", "45", contractual);
        self.adjustments.add("PR", "1", deductible);
        self.paid = self.charge - contractual - deductible;
    }

    fn draw_lines(&mut self, random: &mut Random) {
        let count = random.pick(&[1, 1, 1, 2, 2, 3, 4, 6]);
        (self.charge, self.paid) = (0, 0);
        for _ in 0..count {
            let charge = random.between(100, 1800) as i64 * 25;
            let adjustments = self.draw_adjustments(random, charge);
            let line = Line {
                charge,
                paid: charge - adjustments.sum(),
                units: random.pick(&[1, 1, 1, 2]),
                day: self.from,
                procedure: random.between(0, 1 << 20) as usize,
                adjustments,
            };
            self.charge += line.charge;
            self.paid += line.paid;
            self.lines.push(line);
        }
    }

    fn draw_adjustments(&self, random: &mut Random, charge: i64) -> Adjustments {
        let mut all = Adjustments::default();
        match self.kind {
            Kind::Denied => {
                all.add("CO", random.pick(&["96", "50", "29"]), charge);
                return all;
            }
            Kind::Predetermination => {
                all.add("OA", "101", charge);
                return all;
            }
            _ => {}
        }
        let contractual = charge * random.between(0, 60) as i64 / 100;
        let allowed = charge - contractual;
        all.add("CO", "45", contractual);
        if self.kind == Kind::Secondary {
            all.add("OA", "23", allowed * 8 / 10);
            return all;
        }
        let sequestered = if random.chance(10) { allowed * 2 / 100 } else { 0 };
        all.add("CO", "253", sequestered);
        match random.between(0, 5) {
            0 => {}
            1 => all.add("PR", "1", (allowed - sequestered).min(6000)),
            2 => all.add("PR", "3", (allowed - sequestered).min(2000)),
            3 => all.add("PR", "2", allowed * 2 / 10),
            4 => {
                all.add("PR", "1", allowed / 4);
                all.add("PR", "2", allowed / 10);
            }
            // Paid in full.
            _ => {}
        }
        all
    }

    fn negate(&mut self) {
        (self.charge, self.paid, self.responsibility) = (-self.charge, -self.paid, -self.responsibility);
        self.adjustments.negate();
        for line in &mut self.lines {
            (line.charge, line.paid) = (-line.charge, -line.paid);
            line.adjustments.negate();
        }
    }

    pub(super) fn by_lines(&self) -> bool {
        !self.lines.is_empty()
    }
}

impl Payment {
    pub(super) fn begin_set(&mut self, seed: u64, stage: &Stage, claims: u64) {
        (self.seed, self.claims, self.next) = (seed, claims, 0);
        (self.group, self.group_left) = (0, 0);
        let mut paid = 0;
        for claim in 0..claims {
            self.claim.draw(seed_of(seed, claim), stage.year - 1);
            paid += self.claim.paid;
        }
        let random = &mut Random::new(seed);
        self.payer_tax_id = 1_000_000_000 + random.between(100_000_000, 999_999_999);
        self.npi = random.between(100_000_000, 199_999_999);
        self.provider.clear();
        for _ in 0..random.pick(&[0, 0, 0, 0, 1, 2, 4]) {
            let cents = random.between(1, 4000) as i64 * 5;
            let (code, sign) = random.pick(&[("WO", 1), ("72", 1), ("L6", -1), ("CS", -1), ("CS", 1)]);
            self.provider.push((code, cents * sign));
        }
        self.total = paid - self.provider.iter().map(|(_, cents)| cents).sum::<i64>();
        // What the provider owes is carried to the next payment.
        if self.total < 0 {
            self.provider.push(("FB", self.total));
            self.total = 0;
        }
        self.method = match self.total {
            0 => Method::None,
            _ => random.pick(&[Method::Ach, Method::Ach, Method::Ach, Method::Check, Method::Wire]),
        };
    }

    pub(super) fn begin_item(&mut self, stage: &Stage) {
        self.group_is_new = self.group_left == 0;
        if self.group_is_new {
            let random = &mut Random::new(seed_of(!self.seed, self.next));
            self.group += 1;
            self.group_claims = random.pick(GROUPS).min(self.claims - self.next);
            self.group_left = self.group_claims;
            self.summary = random.chance(25);
            self.group_charge = 0;
            for claim in self.next..self.next + self.group_claims {
                self.claim.draw(seed_of(self.seed, claim), stage.year - 1);
                self.group_charge += self.claim.charge;
            }
        }
        self.claim.draw(seed_of(self.seed, self.next), stage.year - 1);
        self.group_left -= 1;
        self.next += 1;
    }

    pub(super) fn keeps_group(&self) -> bool {
        !self.group_is_new
    }

    pub(super) fn line(&self, turns: &[usize; TURNS]) -> Line {
        self.claim.lines.get(turn(turns, Turns::Lines)).copied().unwrap_or_default()
    }

    pub(super) fn holds(&self, fact: Fact, turns: &[usize; TURNS]) -> bool {
        match fact {
            Fact::Inpatient => self.claim.kind == Kind::Inpatient,
            Fact::ByLines => self.claim.by_lines(),
            Fact::Forwarded => self.claim.kind == Kind::Forwarded,
            Fact::Allowed => self.line(turns).paid > 0,
            Fact::Addressed => !self.seed.is_multiple_of(5),
            Fact::Summary => self.summary,
            _ => false,
        }
    }

    pub(super) fn times(&self, what: Turns, turns: &[usize; TURNS]) -> usize {
        match what {
            Turns::Lines => self.claim.lines.len(),
            Turns::ClaimAdjustments => self.claim.adjustments.groups().count(),
            Turns::LineAdjustments => self.line(turns).adjustments.groups().count(),
            Turns::StatementDates => 2,
            Turns::ProviderAdjustments => self.provider.len().div_ceil(PROVIDER_ADJUSTMENTS_MAX),
            _ => 0,
        }
    }
}

/// Provider adjustments in one segment.
pub(super) const PROVIDER_ADJUSTMENTS_MAX: usize = 6;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_claim_balances_and_the_set_adds_up() {
        let stage = Stage::of(2026);
        let mut payment = Payment::default();
        let mut nothing_paid = 0;
        for seed in 0..200 {
            payment.begin_set(seed, &stage, seed % 40 + 1);
            let mut paid = 0;
            for _ in 0..=seed % 40 {
                payment.begin_item(&stage);
                let claim = &payment.claim;
                let lines = claim.lines.iter().map(|line| line.adjustments.sum()).sum::<i64>();
                assert!(claim.lines.iter().all(|line| line.charge - line.adjustments.sum() == line.paid));
                assert_eq!(claim.charge - claim.adjustments.sum() - lines, claim.paid);
                paid += claim.paid;
            }
            let provider: i64 = payment.provider.iter().map(|(_, cents)| cents).sum();
            assert_eq!(paid - provider, payment.total);
            assert!(payment.total >= 0);
            nothing_paid += u32::from(payment.total == 0);
        }
        assert!(nothing_paid > 0, "some sets pay nothing");
    }
}
