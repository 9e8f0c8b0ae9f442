//! The other payers of a claim: what each paid, what it took off, and how it all adds up to the charge.

use super::super::super::random::Random;
use super::super::payment::Adjustments;
use super::Line;

/// Payers beside the one that the claim goes to, at most.
const OTHERS_MAX: usize = 2;
/// How others may be named: rank of ours, then theirs.
const RANKS: &[(&str, &[&str])] =
    &[("S", &["P"]), ("S", &["P"]), ("S", &["P"]), ("T", &["P", "S"]), ("P", &["S"]), ("P", &["S", "T"])];

/// What an other payer did with the claim.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Decision {
    /// Nothing yet: it comes after us.
    #[default]
    None,
    /// Paid the claim as one.
    Whole,
    /// Paid line by line.
    Lines,
    /// Covers nothing of it, as everybody knows.
    NotCovered,
}

#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Other {
    pub(super) rank: &'static str,
    pub(super) filing: &'static str,
    pub(super) decision: Decision,
    pub(super) paid: i64,
    pub(super) left: i64,
    pub(super) adjustments: Adjustments,
}

/// One payer's word on one line; a line that it took apart has several.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Adjudication {
    pub(super) line: usize,
    pub(super) payer: usize,
    pub(super) paid: i64,
    pub(super) code: &'static str,
    /// The line, from 1, into which this one went.
    pub(super) bundled: usize,
    pub(super) adjustments: Adjustments,
}

#[derive(Debug, Default)]
pub(super) struct Coverage {
    pub(super) others: [Other; OTHERS_MAX],
    pub(super) count: usize,
    pub(super) adjudications: Vec<Adjudication>,
}

/// The rank of the payer that a subscriber's claims go to.
pub(super) fn rank(random: &mut Random) -> &'static str {
    if random.chance(75) { "P" } else { random.pick(&["S", "S", "S", "T"]) }
}

impl Coverage {
    pub(super) fn draw(&mut self, random: &mut Random, rank: &str, lines: &[Line]) {
        self.count = 0;
        self.adjudications.clear();
        if rank == "P" && random.chance(90) {
            return;
        }
        let first = random.between(0, 1 << 20) as usize % RANKS.len();
        let fitting = RANKS.iter().cycle().skip(first).find(|(ours, _)| *ours == rank);
        let others = fitting.map_or(&[] as &[&str], |(_, others)| others);
        for (payer, other) in others.iter().take(OTHERS_MAX).enumerate() {
            let mut drawn = Other { rank: other, filing: random.pick(&["CI", "BL", "HM", "12"]), ..Other::default() };
            if rank != "P" {
                drawn.decide(random, payer, lines, &mut self.adjudications);
            }
            if let Some(slot) = self.others.get_mut(payer) {
                *slot = drawn;
                self.count = payer + 1;
            }
        }
    }

    pub(super) fn others(&self) -> &[Other] {
        self.others.get(..self.count).unwrap_or_default()
    }

    /// The words on one line, by its ordinal from 0.
    pub(super) fn of_line(&self, line: usize) -> impl Iterator<Item = &Adjudication> {
        self.adjudications.iter().filter(move |adjudication| adjudication.line == line)
    }
}

impl Other {
    fn decide(&mut self, random: &mut Random, payer: usize, lines: &[Line], words: &mut Vec<Adjudication>) {
        let charge: i64 = lines.iter().map(|line| line.charge).sum();
        self.decision = random.pick(&[Decision::Whole, Decision::Lines, Decision::Lines, Decision::NotCovered]);
        match self.decision {
            Decision::None => {}
            Decision::NotCovered => self.left = charge,
            Decision::Whole => {
                let (paid, adjustments) = share(random, charge);
                (self.paid, self.left, self.adjustments) = (paid, adjustments.of_patient(), adjustments);
            }
            Decision::Lines => {
                for (at, line) in lines.iter().enumerate() {
                    let (paid, adjustments) = share(random, line.charge);
                    let word = Adjudication { line: at, payer, paid, code: line.service.code, bundled: 0, adjustments };
                    self.paid += paid;
                    self.left += adjustments.of_patient();
                    word.add_to(words, random);
                }
                // What is taken off the whole claim lowers the payment once more.
                let off = if random.chance(10) { self.paid / 50 } else { 0 };
                self.adjustments.add("CO", "253", off);
                self.paid -= off;
            }
        }
    }
}

impl Adjudication {
    /// As it is, taken apart into two, or as a part of the first line.
    fn add_to(mut self, words: &mut Vec<Adjudication>, random: &mut Random) {
        let form = random.between(0, 9);
        if form == 0 && self.paid > 1 && !self.code.is_empty() {
            let part = self.paid / 2;
            words.push(Self { paid: part, adjustments: Adjustments::default(), ..self });
            self.paid -= part;
        } else if form == 1 && self.line > 0 {
            self.bundled = 1;
        }
        words.push(self);
    }
}

/// What a payer pays of a charge, and why not the rest.
fn share(random: &mut Random, charge: i64) -> (i64, Adjustments) {
    let mut adjustments = Adjustments::default();
    let contractual = charge * random.pick(&[0, 10, 25, 40, 100]) / 100;
    adjustments.add("CO", if contractual == charge { "97" } else { "45" }, contractual);
    let allowed = charge - contractual;
    let deductible = allowed * random.pick(&[0, 0, 10, 50]) / 100;
    adjustments.add("PR", "1", deductible);
    adjustments.add("PR", "2", (allowed - deductible) * random.pick(&[0, 10, 20]) / 100);
    (charge - adjustments.sum(), adjustments)
}
