//! An enrollment: families, each member with coverages, in a file of all members or of what changed.

use super::super::random::Random;
use super::{Fact, Part, Pen, Stage, TURNS, Turns, day, seed_of, turn};

const FAMILIES: &[u64] = &[0, 0, 0, 1, 1, 2, 3, 4];
/// Insurance lines and their plans.
const LINES: &[(&str, &str)] =
    &[("HLT", "SYNTHETIC PPO 500"), ("DEN", "SYNTHETIC DENTAL"), ("VIS", "SYNTHETIC VISION")];
/// Maintenance type and reason of a family in a file of changes.
const CHANGES: &[(&str, &str)] = &[
    ("021", "28"),
    ("021", "28"),
    ("021", "41"),
    ("001", "25"),
    ("001", "22"),
    ("024", "07"),
    ("024", "08"),
    ("025", "41"),
];
const DATES_MAX: usize = 3;

/// One INS.
#[derive(Clone, Copy, Debug, Default)]
struct Member {
    relation: &'static str,
    corrected: bool,
    born: u64,
    dates: [(&'static str, u64); DATES_MAX],
    dates_count: usize,
    coverages: usize,
    medicare: bool,
    categories: usize,
    employment: &'static str,
}

/// One set.
#[derive(Debug, Default)]
pub(in super::super) struct Enrollment {
    seed: u64,
    members: u64,
    next: u64,
    full: bool,
    replaces: bool,
    subscribers: u64,
    families: Option<Random>,
    dependents: u64,
    dependents_left: u64,
    /// Maintenance type and reason.
    change: (&'static str, &'static str),
    number: u64,
    member: Member,
}

impl Enrollment {
    pub(super) fn begin_set(&mut self, seed: u64, members: u64) {
        (self.seed, self.members, self.next, self.dependents_left) = (seed, members, 0, 0);
        let random = &mut Random::new(seed);
        self.full = random.chance(50);
        self.replaces = random.chance(20);
        let families = random.clone();
        (self.subscribers, self.families) = (0, Some(families.clone()));
        let mut families = families;
        let mut counted = 0;
        while counted < members {
            counted += 1 + families.pick(FAMILIES);
            self.subscribers += 1;
        }
    }

    pub(super) fn begin_item(&mut self, stage: &Stage) {
        let random = &mut Random::new(seed_of(self.seed, self.next));
        let subscriber = self.dependents_left == 0;
        if subscriber {
            self.dependents = self.families.as_mut().map_or(0, |families| families.pick(FAMILIES));
            // The last family may not find room for all.
            self.dependents = self.dependents.min(self.members - self.next - 1);
            self.dependents_left = self.dependents + 1;
            self.number = random.between(100_000_000, 999_999_999);
            self.change = if self.full { ("030", "XN") } else { random.pick(CHANGES) };
        }
        let spouse = !subscriber && self.dependents_left == self.dependents && random.chance(70);
        self.dependents_left -= 1;
        self.next += 1;
        self.member = self.draw(
            random,
            if subscriber {
                "18"
            } else if spouse {
                "01"
            } else {
                "19"
            },
            stage.year,
        );
    }

    fn draw(&self, random: &mut Random, relation: &'static str, year: u64) -> Member {
        let age = if relation == "19" { random.between(1, 18) } else { random.between(22, 70) };
        let mut member = Member {
            relation,
            corrected: self.change == ("001", "25") && relation == "18",
            born: day(random, year - age),
            coverages: random.pick(&[1, 1, 2, 3]),
            medicare: age >= 65,
            categories: random.pick(&[0, 0, 0, 0, 0, 0, 0, 0, 1, 2]),
            employment: if age >= 65 { "RT" } else { random.pick(&["FT", "FT", "FT", "PT", "L1"]) },
            ..Member::default()
        };
        let began = day(random, year - 1);
        member.add("356", began);
        if self.ends() {
            member.add("357", year * 10_000 + 131);
        }
        if relation == "18" {
            member.add("336", began);
        }
        member
    }

    fn ends(&self) -> bool {
        self.change.0 == "024"
    }

    pub(super) fn holds(&self, fact: Fact, turns: &[usize; TURNS]) -> bool {
        match fact {
            Fact::Totals => self.full,
            Fact::Subscriber => self.member.relation == "18",
            Fact::Child => self.member.relation == "19",
            Fact::Corrected => self.member.corrected,
            Fact::Categories => self.member.categories > 0,
            Fact::Medical => turn(turns, Turns::Coverages) == 0,
            Fact::Covered => !self.ends(),
            _ => false,
        }
    }

    pub(super) fn times(&self, what: Turns) -> usize {
        match what {
            Turns::Totals => 3,
            Turns::MemberDates => self.member.dates_count,
            Turns::Coverages => self.member.coverages,
            Turns::CoverageDates => 1 + usize::from(self.ends()),
            Turns::Categories => self.member.categories,
            _ => 0,
        }
    }

    pub(super) fn write(&self, part: Part, turns: &[usize; TURNS], stage: &Stage, pen: &mut Pen<'_>) {
        match part {
            Part::Action => pen.text(if !self.full {
                "2"
            } else if self.replaces {
                "RX"
            } else {
                "4"
            }),
            Part::TotalQualifier => pen.text(["ET", "DT", "TO"].get(turn(turns, Turns::Totals)).unwrap_or(&"TO")),
            Part::Total => pen.number(match turn(turns, Turns::Totals) {
                0 => self.subscribers,
                1 => self.members - self.subscribers,
                _ => self.members,
            }),
            Part::Member => self.write_member(pen),
            Part::MemberNumber => pen.id("W", b'0', self.number),
            Part::MemberEntity => pen.text(if self.member.corrected { "74" } else { "IL" }),
            Part::BirthDay => pen.number(self.member.born),
            Part::MemberDate => {
                let at = turn(turns, Turns::MemberDates);
                let (qualifier, day) = self.member.dates.get(at).copied().unwrap_or_default();
                pen.text(qualifier);
                pen.text("D8");
                pen.number(day);
            }
            Part::Coverage => self.write_coverage(turns, pen),
            Part::CoverageDate => {
                let ends = turn(turns, Turns::CoverageDates) == 1;
                pen.text(if ends { "349" } else { "348" });
                pen.text("D8");
                let began = self.member.dates.first().map_or(0, |(_, day)| *day);
                pen.number(if ends { stage.year * 10_000 + 131 } else { began });
            }
            Part::Category => pen.number(turn(turns, Turns::Categories) as u64 + 1),
            _ => {}
        }
    }

    fn write_member(&self, pen: &mut Pen<'_>) {
        let member = &self.member;
        let subscriber = member.relation == "18";
        pen.text(if subscriber { "Y" } else { "N" });
        pen.text(member.relation);
        pen.text(self.change.0);
        pen.text(self.change.1);
        pen.text("A");
        if member.medicare {
            pen.components(&["C", "0"]);
        } else {
            pen.skip(1);
        }
        pen.skip(1);
        pen.text(match subscriber {
            true if self.ends() => "TE",
            true => member.employment,
            false => "",
        });
        pen.text(if member.relation == "19" { "N" } else { "" });
        pen.text(if member.relation == "19" { "N" } else { "" });
    }

    fn write_coverage(&self, turns: &[usize; TURNS], pen: &mut Pen<'_>) {
        let (line, plan) = LINES.get(turn(turns, Turns::Coverages)).copied().unwrap_or_default();
        pen.text(self.change.0);
        pen.skip(1);
        pen.text(line);
        pen.text(plan);
        pen.text(match self.dependents {
            0 => "EMP",
            1 => "ESP",
            _ => "FAM",
        });
    }
}

impl Member {
    fn add(&mut self, qualifier: &'static str, day: u64) {
        if let Some(slot) = self.dates.get_mut(self.dates_count) {
            *slot = (qualifier, day);
            self.dates_count += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_totals_of_the_header_are_the_members_that_follow() {
        let stage = Stage::of(2026);
        let mut enrollment = Enrollment::default();
        for seed in 0..100 {
            let members = seed % 50 + 1;
            enrollment.begin_set(seed, members);
            let mut subscribers = 0;
            for _ in 0..members {
                enrollment.begin_item(&stage);
                subscribers += u64::from(enrollment.member.relation == "18");
            }
            assert_eq!(subscribers, enrollment.subscribers, "seed {seed}");
        }
    }
}
