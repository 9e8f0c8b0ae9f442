//! A claim: what was done, on which days, what it costs, and what other payers said of it.

mod case;
mod coverage;
mod write;

pub(in super::super) use case::Case;

use self::case::Service;
use self::coverage::{Coverage, Decision, Other};
use super::super::random::Random;
use super::{Fact, Stage, TURNS, Turns, day, seed_of, turn};

/// Whose claims a guide is for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in super::super) enum Trade {
    #[default]
    Professional,
    Institutional,
    Dental,
}

#[derive(Clone, Copy, Debug, Default)]
struct Line {
    charge: i64,
    units: u64,
    service: Service,
}

/// One CLM, and what it shares with those of the same subscriber.
#[derive(Debug, Default)]
pub(in super::super) struct Claim {
    trade: Trade,
    seed: u64,
    /// SBR01 and SBR09 of the subscriber.
    rank: &'static str,
    filing: &'static str,
    case: Case,
    /// CLM05-3.
    frequency: &'static str,
    from: u64,
    to: u64,
    /// Where in the list of diagnoses the claim's own begin, and how many they are.
    diagnosis: usize,
    diagnoses: usize,
    charge: i64,
    lines: Vec<Line>,
    coverage: Coverage,
    /// Anything that is there once in a while.
    dice: u64,
}

impl Claim {
    pub(super) fn of(revision: &str) -> Self {
        let trade = match revision.get(..10) {
            Some("005010X223") => Trade::Institutional,
            Some("005010X224") => Trade::Dental,
            _ => Trade::Professional,
        };
        Self { trade, ..Self::default() }
    }

    pub(super) fn begin_set(&mut self, seed: u64) {
        self.seed = seed;
    }

    /// Begins the next claim, of another subscriber or of the same one.
    pub(super) fn begin_item(&mut self, stage: &Stage, other_subscriber: bool) {
        let random = &mut Random::new(seed_of(self.seed, stage.item));
        if other_subscriber {
            self.rank = coverage::rank(random);
            self.filing = self.draw_filing(random);
        }
        self.case = match self.filing {
            "WC" => Case::Office,
            _ => Case::draw(random, self.trade),
        };
        self.from = day(random, stage.year - 1);
        self.to = self.from;
        if self.case.is_stay() || self.case == Case::HomeHealth {
            // A stay ends within its month.
            self.to = self.from + random.between(0, 28 - self.from % 100);
        }
        self.frequency = match self.case {
            Case::Interim => random.pick(&["2", "3"]),
            Case::HomeHealth => "9",
            _ => random.pick(&["1", "1", "1", "1", "1", "1", "1", "1", "1", "1", "1", "1", "7", "8"]),
        };
        self.diagnosis = random.between(0, 1 << 20) as usize;
        self.diagnoses = match self.trade {
            Trade::Dental => random.pick(&[0, 0, 0, 1, 2]),
            _ => random.pick(&[1, 1, 2, 3, 4]),
        };
        self.dice = random.next();
        self.draw_lines(random);
        self.coverage.draw(random, self.rank, &self.lines);
    }

    fn draw_filing(&self, random: &mut Random) -> &'static str {
        random.pick(match self.trade {
            Trade::Professional => &["CI", "CI", "CI", "CI", "BL", "BL", "MB", "MB", "MC", "HM", "12", "WC"] as &[_],
            Trade::Institutional => &["CI", "CI", "BL", "MA", "MA", "MC", "HM"],
            Trade::Dental => &["CI", "CI", "BL", "MC", "HM", "17"],
        })
    }

    fn draw_lines(&mut self, random: &mut Random) {
        self.lines.clear();
        self.charge = 0;
        let count = match self.case {
            Case::Ambulance => 2,
            Case::Anesthesia | Case::Equipment => 1,
            Case::Inpatient | Case::HomeHealth => random.pick(&[2, 3, 4, 6]),
            _ => random.pick(&[1, 1, 1, 2, 2, 3, 4, 6]),
        };
        for line in 0..count {
            let service = self.case.service(random, line);
            let units = match service.unit {
                "DA" => self.to - self.from + 1,
                "MJ" => random.between(30, 240),
                _ if self.trade == Trade::Dental => 1,
                _ => random.pick(&[1, 1, 1, 2]),
            };
            let charge = random.between(100, 1800) as i64 * 25;
            self.charge += charge;
            self.lines.push(Line { charge, units, service });
        }
    }

    fn line(&self, turns: &[usize; TURNS]) -> Line {
        self.lines.get(turn(turns, Turns::Lines)).copied().unwrap_or_default()
    }

    fn other(&self, turns: &[usize; TURNS]) -> Other {
        self.coverage.others().get(turn(turns, Turns::OtherPayers)).copied().unwrap_or_default()
    }

    /// Its days, from first to last.
    pub(super) fn days(&self) -> (u64, u64) {
        (self.from, self.to)
    }

    /// True for one of so many claims; those of another `salt` are others.
    fn sometimes(&self, salt: u32, of: u64) -> bool {
        self.dice.rotate_left(salt).is_multiple_of(of)
    }

    fn has_procedure(&self) -> bool {
        self.case == Case::Inpatient && self.sometimes(3, 2)
    }

    pub(super) fn holds(&self, fact: Fact, turns: &[usize; TURNS]) -> bool {
        let line = || self.line(turns).service;
        match fact {
            Fact::Case(case) => self.case == case,
            Fact::Inpatient => self.case.is_stay(),
            Fact::Discharged => self.case.is_stay() && self.case != Case::Interim,
            Fact::Dated => !self.case.is_stay(),
            Fact::Replaced => matches!(self.frequency, "7" | "8"),
            Fact::Casualty => self.filing == "WC",
            Fact::Diagnosed => self.diagnoses > 0,
            Fact::MoreDiagnoses => self.diagnoses > 1,
            Fact::Operated => self.has_procedure(),
            Fact::OtherPaid => matches!(self.other(turns).decision, Decision::Whole | Decision::Lines),
            Fact::OtherPaidWhole => self.other(turns).decision == Decision::Whole,
            Fact::NotCovered => self.other(turns).decision == Decision::NotCovered,
            Fact::Drug => line().code.starts_with('J'),
            Fact::Tooth => !line().tooth.is_empty(),
            Fact::Replacement => line().placement == "R",
            Fact::Purchased => self.sometimes(11, 40),
            Fact::Treated => self.case != Case::Predetermination,
            _ => false,
        }
    }

    pub(super) fn times(&self, what: Turns, turns: &[usize; TURNS]) -> usize {
        match what {
            Turns::Lines => self.lines.len(),
            Turns::OtherPayers => self.coverage.count,
            Turns::ClaimAdjustments => self.other(turns).adjustments.groups().count(),
            Turns::Adjudications => self.coverage.of_line(turn(turns, Turns::Lines)).count(),
            Turns::LineAdjustments => self.adjudication(turns).adjustments.groups().count(),
            _ => 0,
        }
    }

    fn adjudication(&self, turns: &[usize; TURNS]) -> coverage::Adjudication {
        let mut of_line = self.coverage.of_line(turn(turns, Turns::Lines));
        of_line.nth(turn(turns, Turns::Adjudications)).copied().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_other_payers_paid_and_took_off_is_the_charge() {
        let (mut apart, mut whole, mut uncovered) = (0, 0, 0);
        for revision in ["005010X222A1", "005010X223A2", "005010X224A2"] {
            let mut claim = Claim::of(revision);
            claim.begin_set(7);
            for item in 1..400 {
                let stage = Stage { item, ..Stage::of(2026) };
                claim.begin_item(&stage, true);
                for (payer, other) in claim.coverage.others().iter().enumerate() {
                    let words = || claim.coverage.adjudications.iter().filter(|word| word.payer == payer);
                    match other.decision {
                        Decision::None => assert_eq!(claim.rank, "P"),
                        Decision::NotCovered => {
                            uncovered += 1;
                            assert_eq!((other.left, words().count()), (claim.charge, 0));
                        }
                        Decision::Whole => {
                            whole += 1;
                            assert_eq!(other.paid + other.adjustments.sum(), claim.charge);
                        }
                        Decision::Lines => {
                            let paid: i64 = words().map(|word| word.paid).sum();
                            assert_eq!(other.paid + other.adjustments.sum(), paid);
                            for (at, line) in claim.lines.iter().enumerate() {
                                let of_line = || words().filter(|word| word.line == at);
                                apart += usize::from(of_line().count() > 1);
                                let told: i64 = of_line().map(|word| word.paid + word.adjustments.sum()).sum();
                                assert_eq!(told, line.charge);
                            }
                        }
                    }
                }
            }
        }
        assert!(apart > 10 && whole > 10 && uncovered > 10, "{apart} {whole} {uncovered}");
    }
}
