//! A remittance's sums (835): lines, claims, and the payment. One ledger, read by a rule a file.

mod claim_total;
mod line_total;
mod payment_total;

use super::check::{Check, Complaint, Rule, Seen, Spot, is, sums};
use crate::decimal::Decimal;
use crate::guide::{Guide, NodeIx, NodeKind};

pub(super) const RULE: Rule = Rule {
    family: "remittance",
    infos: &[&line_total::INFO, &claim_total::INFO, &payment_total::INFO],
    binds,
    closes,
    start: || Box::new(Ledger::default()),
};

fn binds(guide: &Guide, node: NodeIx) -> bool {
    guide.set == "835" && ["BPR", "CLP", "CAS", "SVC", "PLB"].iter().any(|segment| is(guide, node, segment))
}

fn closes(guide: &Guide, node: NodeIx) -> bool {
    let is_loop = guide.node(node).kind == NodeKind::Loop;
    guide.set == "835" && is_loop && (node == NodeIx::ROOT || is(guide, node, "CLP") || is(guide, node, "SVC"))
}

/// What the set adds up to.
#[derive(Debug, Default)]
struct Ledger {
    /// BPR02.
    payment: Option<Figure>,
    /// Σ CLP04.
    claims: Decimal,
    /// Σ PLB amounts: positive ones lower the payment.
    provider_adjustments: Decimal,
    claim: Option<Figure>,
    line: Option<Figure>,
    /// An amount is no number: of the set, of the claim, of the line. That is another rule's finding.
    unknown: Unknown,
}

#[derive(Debug, Default)]
struct Unknown {
    set: bool,
    claim: bool,
    line: bool,
}

/// A charge, what was adjusted of it, and what was paid.
#[derive(Debug, Default)]
struct Figure {
    charge: Decimal,
    adjusted: Decimal,
    paid: Decimal,
    /// Where the paid amount stands.
    at: Spot,
}

impl Figure {
    /// A positive adjustment lowers the payment; a reversal's figures are all negative.
    fn balances(&self) -> bool {
        self.charge == self.paid.plus(self.adjusted)
    }
}

fn figure(seen: &Seen<'_>, charge: usize, paid: u16) -> Option<Figure> {
    let amount = |element: usize| seen.segment.element(element).and_then(Decimal::parse);
    Some(Figure {
        charge: amount(charge)?,
        adjusted: Decimal::default(),
        paid: amount(paid.into())?,
        at: seen.spot(paid),
    })
}

impl Check for Ledger {
    fn segment(&mut self, _: &Guide, seen: &Seen<'_>, _: &mut Vec<Complaint>) {
        match seen.segment.id_bytes() {
            b"BPR" => {
                self.payment = figure(seen, 2, 2);
                self.unknown.set |= self.payment.is_none();
            }
            b"CLP" => {
                self.claim = figure(seen, 3, 4);
                self.line = None;
                self.unknown.claim = self.claim.is_none();
                match &self.claim {
                    Some(claim) => self.claims = self.claims.plus(claim.paid),
                    None => self.unknown.set = true,
                }
            }
            b"SVC" => {
                self.line = figure(seen, 2, 3);
                self.unknown.line = self.line.is_none();
            }
            b"CAS" => match sums(&seen.segment, 3, 3) {
                Some(sum) => {
                    for figure in [&mut self.claim, &mut self.line].into_iter().flatten() {
                        figure.adjusted = figure.adjusted.plus(sum);
                    }
                }
                None => (self.unknown.claim, self.unknown.line) = (true, true),
            },
            _ => match sums(&seen.segment, 4, 2) {
                Some(sum) => self.provider_adjustments = self.provider_adjustments.plus(sum),
                None => self.unknown.set = true,
            },
        }
    }

    fn close(&mut self, guide: &Guide, node: NodeIx, found: &mut Vec<Complaint>) {
        if node == NodeIx::ROOT {
            if let Some(payment) = self.payment.take().filter(|_| !self.unknown.set) {
                payment_total::check(&payment, self.claims, self.provider_adjustments, found);
            }
        } else if is(guide, node, "SVC") {
            if let Some(line) = self.line.take().filter(|_| !self.unknown.line) {
                line_total::check(&line, found);
            }
        } else if let Some(claim) = self.claim.take().filter(|_| !self.unknown.claim) {
            claim_total::check(&claim, found);
        }
    }
}
