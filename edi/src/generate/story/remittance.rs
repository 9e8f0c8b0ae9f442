//! How a claim payment is written.

use super::super::scene::npi_check;
use super::super::words;
use super::payment::{Kind, Method, PROVIDER_ADJUSTMENTS_MAX, Payment};
use super::{Part, Pen, Stage, TURNS, Turns, turn};

/// The banks of every payment: numbers with good check digits that belong to nobody.
pub(super) const SENDER_BANK: &str = "999999992";
pub(super) const RECEIVER_BANK: &str = "999988880";

impl Payment {
    pub(super) fn write(&self, part: Part, turns: &[usize; TURNS], stage: &Stage, pen: &mut Pen<'_>) {
        let line = || self.line(turns);
        match part {
            Part::Financial => self.write_financial(stage, pen),
            Part::PayerTaxId => pen.number(self.payer_tax_id),
            Part::PayeeNpi => pen.number(self.npi * 10 + u64::from(npi_check(self.npi))),
            Part::GroupNumber => pen.number(self.group),
            Part::GroupSummary => self.write_summary(stage, pen),
            Part::Claim => self.write_claim(stage, pen),
            Part::ClaimAdjustment => {
                let groups = self.claim.adjustments.groups();
                write_adjustment(groups, turn(turns, Turns::ClaimAdjustments), pen);
            }
            Part::LineAdjustment => {
                let adjustments = line().adjustments;
                write_adjustment(adjustments.groups(), turn(turns, Turns::LineAdjustments), pen);
            }
            Part::Service => self.write_service(turns, pen),
            Part::ServiceDay => pen.number(line().day),
            Part::StatementQualifier => {
                pen.text(if turn(turns, Turns::StatementDates) == 0 { "232" } else { "233" });
            }
            Part::StatementDay => {
                pen.number(if turn(turns, Turns::StatementDates) == 0 { self.claim.from } else { self.claim.to });
            }
            Part::Stay => {
                // The days stand in a QTY.
                pen.number(0);
                pen.skip(2);
                pen.amount(self.claim.paid);
                pen.text("MA02");
            }
            Part::CoveredDays => pen.number(self.claim.to - self.claim.from + 1),
            Part::AllowedAmount => pen.amount(line().paid + patient_share(&line().adjustments)),
            Part::ProviderAdjustment => self.write_provider(turns, stage, pen),
            _ => {}
        }
    }

    fn write_financial(&self, stage: &Stage, pen: &mut Pen<'_>) {
        pen.text(if self.method == Method::None { "H" } else { "I" });
        pen.amount(self.total);
        pen.text("C");
        pen.text(match self.method {
            Method::None => "NON",
            Method::Ach => "ACH",
            Method::Check => "CHK",
            Method::Wire => "FWT",
        });
        match self.method {
            Method::None | Method::Check => pen.skip(11),
            Method::Ach | Method::Wire => {
                pen.text(if self.method == Method::Ach { "CCP" } else { "" });
                pen.text("01");
                pen.text(SENDER_BANK);
                pen.text("DA");
                pen.text("1000200030");
                pen.number(self.payer_tax_id);
                pen.skip(1);
                pen.text("01");
                pen.text(RECEIVER_BANK);
                pen.text("DA");
                pen.text("4000500060");
            }
        }
        pen.text(&stage.today);
    }

    fn write_summary(&self, stage: &Stage, pen: &mut Pen<'_>) {
        pen.number(self.npi * 10 + u64::from(npi_check(self.npi)));
        pen.text("11");
        pen.number(stage.year * 10_000 + 1231);
        pen.number(self.group_claims);
        pen.amount(self.group_charge);
    }

    fn write_claim(&self, stage: &Stage, pen: &mut Pen<'_>) {
        let claim = &self.claim;
        let (status, filing) = match claim.kind {
            Kind::Professional => ("1", "12"),
            Kind::Outpatient => ("1", "MC"),
            Kind::Inpatient => ("1", "MA"),
            Kind::Secondary => ("2", "HM"),
            Kind::Denied => ("4", "12"),
            Kind::Forwarded => ("19", "MB"),
            Kind::Reversal => ("22", "12"),
            Kind::Predetermination => ("25", "15"),
        };
        pen.id(&stage.run, b'P', stage.item);
        pen.text(status);
        pen.amount(claim.charge);
        pen.amount(claim.paid);
        if claim.responsibility > 0 {
            pen.amount(claim.responsibility);
        } else {
            pen.skip(1);
        }
        pen.text(filing);
        pen.id(&stage.run, b'C', stage.item);
        pen.text(if claim.by_lines() && claim.kind != Kind::Outpatient { "11" } else { "13" });
        pen.text("1");
        if claim.kind == Kind::Inpatient {
            pen.skip(1);
            pen.text("470");
            pen.text("1.9215");
        }
    }

    fn write_service(&self, turns: &[usize; TURNS], pen: &mut Pen<'_>) {
        let line = self.line(turns);
        let procedure = words::PROCEDURES.get(line.procedure % words::PROCEDURES.len()).copied().unwrap_or_default();
        let modifiers: &[&str] =
            if line.procedure.is_multiple_of(5) { &["HC", procedure, "59"] } else { &["HC", procedure] };
        pen.components(modifiers);
        pen.amount(line.charge);
        pen.amount(line.paid);
        pen.text(if self.claim.kind == Kind::Outpatient { "0510" } else { "" });
        if line.units != 1 {
            pen.number(line.units);
        }
    }

    fn write_provider(&self, turns: &[usize; TURNS], stage: &Stage, pen: &mut Pen<'_>) {
        pen.number(self.npi * 10 + u64::from(npi_check(self.npi)));
        pen.number(stage.year * 10_000 + 1231);
        let first = turn(turns, Turns::ProviderAdjustments) * PROVIDER_ADJUSTMENTS_MAX;
        for (code, cents) in self.provider.iter().skip(first).take(PROVIDER_ADJUSTMENTS_MAX) {
            match *code {
                // What is carried forward and what is owed has no claim that it belongs to.
                "L6" => pen.components(&[code]),
                _ => pen.components(&[code, &stage.run]),
            }
            pen.amount(*cents);
        }
    }
}

fn patient_share(adjustments: &super::payment::Adjustments) -> i64 {
    adjustments.groups().flatten().filter(|one| one.group == "PR").map(|one| one.cents).sum()
}

pub(super) fn write_adjustment<'a>(
    mut groups: impl Iterator<Item = &'a [super::payment::Adjustment]>,
    turn: usize,
    pen: &mut Pen<'_>,
) {
    let group = groups.nth(turn).unwrap_or_default();
    pen.text(group.first().map_or("", |one| one.group));
    for (at, one) in group.iter().enumerate() {
        if at > 0 {
            pen.skip(1);
        }
        pen.text(one.reason);
        pen.amount(one.cents);
    }
}
