//! How a claim is written.

use super::super::super::words;
use super::super::remittance::write_adjustment;
use super::super::{Part, Pen, Stage, TURNS, Turns, turn};
use super::{Case, Claim, Trade};

/// Procedures of ICD-10-PCS, which are free of licence.
const OPERATIONS: &[&str] = &["0DTJ4ZZ", "0FT44ZZ", "10D00Z1"];

impl Claim {
    pub(in super::super) fn write(&self, part: Part, turns: &[usize; TURNS], stage: &Stage, pen: &mut Pen<'_>) {
        let day = || self.from.to_string();
        match part {
            Part::Rank => pen.text(self.rank),
            Part::Filing => pen.text(self.filing),
            Part::InsuranceType if matches!(self.filing, "MA" | "MB") && self.rank != "P" => pen.text("12"),
            Part::ClaimInformation => self.write_claim(stage, pen),
            Part::ServiceDay => pen.number(self.from),
            Part::Period => pen.period(self.from, self.to),
            Part::Diagnoses => self.write_diagnoses(pen),
            Part::MoreDiagnoses => self.write_more_diagnoses(pen),
            Part::Diagnosis(qualifier) => pen.components(&[qualifier, self.diagnosis_of(0)]),
            Part::ExternalCause => pen.components(&["ABN", "W010XXA"]),
            Part::PrincipalDiagnosis => self.write_diagnosis("ABK", 0, pen),
            Part::PrincipalOperation => pen.components(&["BBR", self.operation(0), "D8", &day()]),
            Part::OtherOperation => pen.components(&["BBQ", self.operation(1), "D8", &day()]),
            Part::Span => pen.components(&["BI", "70", "RD8", &format!("{}-{}", self.from, self.to)]),
            Part::Occurrence => pen.components(&["BH", "11", "D8", &day()]),
            Part::CoveredDays => pen.components(&["BE", "80", "", "", &(self.to - self.from + 1).to_string()]),
            Part::Admission => {
                pen.text("DT");
                pen.text(&format!("{}0830", self.from));
            }
            Part::InstitutionalCodes => self.write_institutional_codes(pen),
            Part::ServiceLine => match self.trade {
                Trade::Professional => self.write_professional(turns, pen),
                Trade::Institutional => self.write_institutional(turns, pen),
                Trade::Dental => self.write_dental(turns, pen),
            },
            Part::Procedure => pen.text(self.line(turns).service.code),
            Part::Tooth => {
                let service = self.line(turns).service;
                pen.text("JP");
                pen.text(service.tooth);
                if !service.surfaces.is_empty() {
                    pen.components(service.surfaces);
                }
            }
            Part::OtherRank => pen.text(self.other(turns).rank),
            Part::OtherFiling => pen.text(self.other(turns).filing),
            Part::OtherPayer => write_payer(turn(turns, Turns::OtherPayers), pen),
            Part::OtherPaid => pen.amount(self.other(turns).paid),
            Part::OtherLeft => pen.amount(self.other(turns).left),
            Part::ClaimAdjustment => {
                write_adjustment(self.other(turns).adjustments.groups(), turn(turns, Turns::ClaimAdjustments), pen);
            }
            Part::Adjudication => self.write_adjudication(turns, pen),
            Part::LineAdjustment => {
                let adjustments = self.adjudication(turns).adjustments;
                write_adjustment(adjustments.groups(), turn(turns, Turns::LineAdjustments), pen);
            }
            _ => {}
        }
    }

    fn write_claim(&self, stage: &Stage, pen: &mut Pen<'_>) {
        pen.id(&stage.run, b'C', stage.item);
        pen.amount(self.charge + stage.wrong);
        pen.skip(2);
        let institutional = self.trade == Trade::Institutional;
        pen.components(&[self.case.place(), if institutional { "A" } else { "B" }, self.frequency]);
        pen.text(if institutional { "" } else { "Y" });
        for text in ["A", "Y", "Y", ""] {
            pen.text(text);
        }
        match self.case {
            _ if self.filing == "WC" => pen.components(&["EM"]),
            Case::Accident if self.sometimes(5, 2) => pen.components(&["AA", "", "", "OH"]),
            Case::Accident => pen.components(&["OA"]),
            Case::Predetermination => {
                pen.skip(8);
                pen.text("PB");
            }
            _ => {}
        }
    }

    fn diagnosis_of(&self, at: usize) -> &'static str {
        words::DIAGNOSES.get((self.diagnosis + at) % words::DIAGNOSES.len()).copied().unwrap_or_default()
    }

    fn operation(&self, at: usize) -> &'static str {
        OPERATIONS.get((self.diagnosis + at) % OPERATIONS.len()).copied().unwrap_or_default()
    }

    /// A principal diagnosis and more, none twice.
    fn write_diagnoses(&self, pen: &mut Pen<'_>) {
        for at in 0..self.diagnoses {
            pen.components(&[if at == 0 { "ABK" } else { "ABF" }, self.diagnosis_of(at)]);
        }
    }

    fn write_more_diagnoses(&self, pen: &mut Pen<'_>) {
        (1..self.diagnoses).for_each(|at| self.write_diagnosis("ABF", at, pen));
    }

    /// A diagnosis, in a hospital with whether it was present when the patient came.
    fn write_diagnosis(&self, qualifier: &str, at: usize, pen: &mut Pen<'_>) {
        let code = self.diagnosis_of(at);
        if self.case.place() == "11" && !code.starts_with('Z') {
            pen.components(&[qualifier, code, "", "", "", "", "", "", "Y"]);
        } else {
            pen.components(&[qualifier, code]);
        }
    }

    fn write_institutional_codes(&self, pen: &mut Pen<'_>) {
        let (kind, source, status) = match self.case {
            Case::Emergency => ("1", "1", "01"),
            Case::Newborn => ("4", "5", "01"),
            Case::Interim => ("3", "1", "30"),
            Case::Nursing => ("3", "4", "03"),
            _ => ("3", "1", "01"),
        };
        [kind, source, status].into_iter().for_each(|text| pen.text(text));
    }

    fn write_professional(&self, turns: &[usize; TURNS], pen: &mut Pen<'_>) {
        let line = self.line(turns);
        match line.service.modifier {
            "" => pen.components(&["HC", line.service.code]),
            modifier => pen.components(&["HC", line.service.code, modifier]),
        }
        pen.amount(line.charge);
        pen.text(line.service.unit);
        pen.number(line.units);
        pen.skip(2);
        // The line's own diagnosis, and the principal one.
        let own = turn(turns, Turns::Lines) % self.diagnoses.max(1);
        match own {
            0 => pen.components(&["1"]),
            _ => pen.components(&[POINTERS.get(own).unwrap_or(&"1"), "1"]),
        }
        if self.case == Case::Accident {
            pen.skip(1);
            pen.text("Y");
        }
    }

    fn write_institutional(&self, turns: &[usize; TURNS], pen: &mut Pen<'_>) {
        let line = self.line(turns);
        pen.text(line.service.revenue);
        match (line.service.code, line.service.revenue) {
            ("", _) => pen.skip(1),
            (code, "0023") => pen.components(&["HP", code]),
            (code, _) => pen.components(&["HC", code]),
        }
        pen.amount(line.charge);
        pen.text(line.service.unit);
        pen.number(line.units);
        if self.sometimes(7, 20) {
            pen.skip(1);
            pen.amount(line.charge / 2);
        }
    }

    fn write_dental(&self, turns: &[usize; TURNS], pen: &mut Pen<'_>) {
        let line = self.line(turns);
        pen.components(&["AD", line.service.code]);
        pen.amount(line.charge);
        pen.skip(1);
        match line.service.area {
            "" => pen.skip(1),
            area => pen.components(&[area]),
        }
        pen.text(line.service.placement);
        pen.number(line.units);
        if self.diagnoses > 0 {
            pen.skip(4);
            pen.components(&["1"]);
        }
    }

    fn write_adjudication(&self, turns: &[usize; TURNS], pen: &mut Pen<'_>) {
        let (word, line) = (self.adjudication(turns), self.line(turns));
        write_payer(word.payer, pen);
        pen.amount(word.paid);
        let qualifier = match self.trade {
            Trade::Dental => "AD",
            _ if line.service.revenue == "0023" => "HP",
            _ => "HC",
        };
        match word.code {
            "" => pen.skip(1),
            code => pen.components(&[qualifier, code]),
        }
        pen.text(line.service.revenue);
        pen.number(line.units);
        if word.bundled > 0 {
            pen.number(word.bundled as u64);
        }
    }
}

const POINTERS: [&str; 4] = ["1", "2", "3", "4"];

fn write_payer(payer: usize, pen: &mut Pen<'_>) {
    pen.text(if payer == 0 { "SYNTHOTHER1" } else { "SYNTHOTHER2" });
}
