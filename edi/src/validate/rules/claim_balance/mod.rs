//! A claim's sums (837): its lines, and what other payers paid and adjusted. One ledger, read by a rule a file.

mod charge_total;
mod line_total;
mod no_adjudication;
mod paid_total;
mod payer_total;

use super::check::{Check, Complaint, Rule, Seen, Spot, is, sums};
use crate::decimal::Decimal;
use crate::guide::{Guide, NodeIx, NodeKind};

pub(super) const RULE: Rule = Rule {
    family: "claims",
    infos: &[&charge_total::INFO, &payer_total::INFO, &paid_total::INFO, &line_total::INFO, &no_adjudication::INFO],
    binds,
    closes,
    start: || Box::new(Ledger::default()),
};

/// A line's segment and its charge.
const LINES: [(&str, usize); 3] = [("SV1", 2), ("SV2", 3), ("SV3", 2)];

fn binds(guide: &Guide, node: NodeIx) -> bool {
    let within = || guide.node(guide.node(node).parent).id.as_ref();
    let money = match guide.node(node).segment.as_str() {
        "CLM" | "SVD" => true,
        "SBR" | "AMT" => within() == "2320",
        "CAS" => matches!(within(), "2320" | "2430"),
        "NM1" => within() == "2330B",
        segment => LINES.iter().any(|(line, _)| *line == segment),
    };
    guide.set == "837" && money
}

fn closes(guide: &Guide, node: NodeIx) -> bool {
    let is_loop = guide.node(node).kind == NodeKind::Loop;
    guide.set == "837" && is_loop && (is(guide, node, "CLM") || guide.node(node).id == "2400")
}

/// What a claim adds up to. Payers stand before lines.
#[derive(Debug, Default)]
struct Ledger {
    claim: Option<Amount>,
    /// The sum of the lines' charges.
    lines: Decimal,
    payers: Vec<Payer>,
    line: Option<Amount>,
    /// What payers say of the line that is open.
    adjudications: Vec<Adjudication>,
    /// An amount is no number; that is another rule's finding.
    unknown: bool,
}

/// An amount and its place.
#[derive(Clone, Debug)]
struct Amount {
    value: Decimal,
    at: Spot,
}

/// Another payer: a loop 2320.
#[derive(Debug, Default)]
struct Payer {
    /// 2330B NM109.
    id: Vec<u8>,
    /// AMT*D: it has adjudicated the claim.
    paid: Option<Amount>,
    /// AMT*A8: it has not.
    not_covered: Option<Amount>,
    /// CAS of the claim.
    adjusted: Decimal,
    has_adjustments: bool,
    /// SVD02 and CAS of all lines.
    line_paid: Decimal,
    line_adjusted: Decimal,
    on_lines: bool,
}

/// A loop 2430.
#[derive(Debug)]
struct Adjudication {
    payer: usize,
    paid: Amount,
    adjusted: Decimal,
}

impl Ledger {
    /// The one payer of that id; none where two share it.
    fn payer(&self, id: &[u8]) -> Option<usize> {
        let mut found = self.payers.iter().enumerate().filter(|(_, payer)| payer.id == id).map(|(at, _)| at);
        found.next().filter(|_| found.next().is_none())
    }

    fn amount(&mut self, seen: &Seen<'_>, element: u16) -> Option<Amount> {
        let value = seen.segment.element(usize::from(element)).and_then(Decimal::parse);
        self.unknown |= value.is_none();
        value.map(|value| Amount { value, at: seen.spot(element) })
    }

    fn adjustments(&mut self, seen: &Seen<'_>, on_line: bool) {
        let Some(sum) = sums(&seen.segment, 3, 3) else {
            self.unknown = true;
            return;
        };
        let payer = match (on_line, self.adjudications.last_mut()) {
            (true, Some(adjudication)) => {
                adjudication.adjusted = adjudication.adjusted.plus(sum);
                self.payers.get_mut(adjudication.payer)
            }
            (true, None) => None,
            (false, _) => self.payers.last_mut(),
        };
        let Some(payer) = payer else { return };
        if on_line {
            payer.line_adjusted = payer.line_adjusted.plus(sum);
        } else {
            payer.adjusted = payer.adjusted.plus(sum);
            payer.has_adjustments = true;
        }
    }

    fn of_payer(&mut self, seen: &Seen<'_>) {
        match seen.segment.element(1) {
            Some(b"D") => {
                let paid = self.amount(seen, 2);
                if let Some(payer) = self.payers.last_mut() {
                    payer.paid = paid;
                }
            }
            Some(b"A8") => {
                let amount = self.amount(seen, 2);
                if let Some(payer) = self.payers.last_mut() {
                    payer.not_covered = amount;
                }
            }
            _ => {}
        }
    }

    fn adjudication(&mut self, seen: &Seen<'_>) {
        let payer = seen.segment.element(1).and_then(|id| self.payer(id));
        let (Some(index), Some(paid)) = (payer, self.amount(seen, 2)) else {
            // Of a payer that the claim does not name; what follows belongs to none.
            self.adjudications.push(Adjudication {
                payer: usize::MAX,
                paid: Amount { value: Decimal::default(), at: seen.spot(1) },
                adjusted: Decimal::default(),
            });
            return;
        };
        if let Some(payer) = self.payers.get_mut(index) {
            payer.on_lines = true;
            payer.line_paid = payer.line_paid.plus(paid.value);
        }
        self.adjudications.push(Adjudication { payer: index, paid, adjusted: Decimal::default() });
    }

    fn line_closes(&mut self, found: &mut Vec<Complaint>) {
        if !self.unknown && !self.adjudications.is_empty() {
            line_total::check(self, found);
        }
        self.line = None;
        self.adjudications.clear();
    }
}

impl Check for Ledger {
    fn segment(&mut self, guide: &Guide, seen: &Seen<'_>, _: &mut Vec<Complaint>) {
        let id = seen.segment.id_bytes();
        match id {
            b"CLM" => {
                self.payers.clear();
                (self.lines, self.unknown) = (Decimal::default(), false);
                self.claim = self.amount(seen, 2);
            }
            b"SBR" => self.payers.push(Payer::default()),
            b"AMT" => self.of_payer(seen),
            b"NM1" => {
                if let (Some(payer), Some(id)) = (self.payers.last_mut(), seen.segment.element(9)) {
                    payer.id = id.to_vec();
                }
            }
            b"SVD" => self.adjudication(seen),
            b"CAS" => self.adjustments(seen, guide.node(guide.node(seen.node).parent).id == "2430"),
            _ => {
                let element = if id == b"SV2" { 3 } else { 2 };
                self.line = self.amount(seen, element);
                if let Some(line) = &self.line {
                    self.lines = self.lines.plus(line.value);
                }
            }
        }
    }

    fn close(&mut self, guide: &Guide, node: NodeIx, found: &mut Vec<Complaint>) {
        if !is(guide, node, "CLM") {
            return self.line_closes(found);
        }
        let Some(claim) = self.claim.take().filter(|_| !self.unknown) else { return };
        charge_total::check(&claim, self.lines, found);
        for payer in &self.payers {
            payer_total::check(&claim, payer, found);
            paid_total::check(payer, found);
            no_adjudication::check(&claim, payer, found);
        }
    }
}
