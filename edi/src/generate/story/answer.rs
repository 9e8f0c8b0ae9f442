//! An answer to other sets: it takes them, takes them with errors or refuses them, and names faults only then.

use super::super::random::Random;
use super::{Fact, Part, Pen, TURNS, Turns, seed_of, turn};

/// What becomes of a set that is answered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Verdict {
    #[default]
    Taken,
    TakenWithErrors,
    Refused,
}

use Verdict::{Refused, Taken, TakenWithErrors};

const VERDICTS: &[Verdict] = &[Taken, Taken, Taken, TakenWithErrors, Refused];
/// How many sets the group of a 999 had.
const SETS: &[usize] = &[1, 1, 1, 2, 3, 6];

/// One set.
#[derive(Debug, Default)]
pub(in super::super) struct Answer {
    seed: u64,
    /// Whether there are any faults at all.
    faulty: bool,
    /// Sets that a 999 tells of.
    sets: usize,
    /// Advices of an 824, and how many of them have begun.
    advices: u64,
    next: u64,
}

impl Answer {
    pub(super) fn begin_set(&mut self, seed: u64, advices: u64) {
        let random = &mut Random::new(seed);
        (self.seed, self.advices, self.next) = (seed, advices, 0);
        self.faulty = random.chance(60);
        self.sets = random.pick(SETS);
    }

    pub(super) fn begin_item(&mut self) {
        self.next += 1;
    }

    fn verdict(&self, at: u64) -> Verdict {
        if self.faulty { Random::new(seed_of(self.seed, at)).pick(VERDICTS) } else { Taken }
    }

    /// The verdict on the set of a 999's turn, or on the advice under way.
    fn current(&self, set: usize) -> Verdict {
        self.verdict(self.next.saturating_sub(1) + set as u64)
    }

    pub(super) fn holds(&self, fact: Fact, turns: &[usize; TURNS]) -> bool {
        fact == Fact::Refused && self.current(turn(turns, Turns::Sets)) != Taken
    }

    pub(super) fn times(&self, what: Turns) -> usize {
        if what == Turns::Sets { self.sets } else { 1 }
    }

    pub(super) fn write(&self, part: Part, turns: &[usize; TURNS], pen: &mut Pen<'_>) {
        let current = self.current(turn(turns, Turns::Sets));
        let texts: &[&str] = match (part, current) {
            (Part::SetVerdict, Taken) => &["A"],
            (Part::SetVerdict, TakenWithErrors) => &["E", "5"],
            (Part::SetVerdict, Refused) => &["R", "5"],
            (Part::Advice, Taken) => &["TA"],
            (Part::Advice, TakenWithErrors) => &["TE"],
            (Part::Advice, Refused) => &["TR"],
            (Part::AdviceAction, _) if (0..self.advices).all(|at| self.verdict(at) == Taken) => &["WQ"],
            (Part::AdviceAction, _) => &["U"],
            (Part::GroupVerdict, _) => return self.write_group(pen),
            _ => &[],
        };
        texts.iter().for_each(|text| pen.text(text));
    }

    fn write_group(&self, pen: &mut Pen<'_>) {
        let of = |verdict| (0..self.sets as u64).filter(|set| self.verdict(*set) == verdict).count();
        let sets = self.sets;
        pen.text(match (of(Refused), of(TakenWithErrors)) {
            (0, 0) => "A",
            (0, _) => "E",
            (refused, _) if refused == sets => "R",
            _ => "P",
        });
        for count in [sets, sets, sets - of(Refused)] {
            pen.number(count as u64);
        }
    }
}
