//! A premium payment's sums (820): each remittance, and the payment. One ledger, read by a rule a file.

mod item_total;
mod premium_total;

use super::check::{Check, Complaint, Rule, Seen, Spot, is};
use crate::decimal::Decimal;
use crate::guide::{Guide, NodeIx, NodeKind};

pub(super) const RULE: Rule = Rule {
    family: "premium",
    infos: &[&item_total::INFO, &premium_total::INFO],
    binds,
    closes,
    start: || Box::new(Ledger::default()),
};

fn binds(guide: &Guide, node: NodeIx) -> bool {
    guide.set == "820" && ["BPR", "RMR", "ADX"].iter().any(|segment| is(guide, node, segment))
}

fn closes(guide: &Guide, node: NodeIx) -> bool {
    let is_loop = guide.node(node).kind == NodeKind::Loop;
    guide.set == "820" && is_loop && (node == NodeIx::ROOT || is(guide, node, "RMR"))
}

/// What the set adds up to.
#[derive(Debug, Default)]
struct Ledger {
    /// BPR02 and its place.
    payment: Option<(Decimal, Spot)>,
    /// Σ RMR04.
    remitted: Decimal,
    /// Σ ADX01 that belong to no remittance.
    adjusted: Decimal,
    item: Option<Item>,
    /// An amount is no number; that is another rule's finding.
    unknown: bool,
}

/// A remittance: a loop 2300.
#[derive(Debug)]
struct Item {
    paid: Decimal,
    billed: Option<Decimal>,
    adjusted: Decimal,
    at: Spot,
}

impl Ledger {
    fn amount(&mut self, seen: &Seen<'_>, element: usize) -> Decimal {
        let value = seen.segment.element(element).and_then(Decimal::parse);
        self.unknown |= value.is_none();
        value.unwrap_or_default()
    }
}

impl Check for Ledger {
    fn segment(&mut self, guide: &Guide, seen: &Seen<'_>, _: &mut Vec<Complaint>) {
        match seen.segment.id_bytes() {
            b"BPR" => self.payment = Some((self.amount(seen, 2), seen.spot(2))),
            b"RMR" => {
                let paid = self.amount(seen, 4);
                self.remitted = self.remitted.plus(paid);
                let billed = seen.segment.element(5).map(|_| self.amount(seen, 5));
                self.item = Some(Item { paid, billed, adjusted: Decimal::default(), at: seen.spot(4) });
            }
            _ => {
                let amount = self.amount(seen, 1);
                let of_item = guide.node(guide.node(seen.node).parent).id.starts_with("232");
                match self.item.as_mut().filter(|_| of_item) {
                    Some(item) => item.adjusted = item.adjusted.plus(amount),
                    None => self.adjusted = self.adjusted.plus(amount),
                }
            }
        }
    }

    fn close(&mut self, _: &Guide, node: NodeIx, found: &mut Vec<Complaint>) {
        if self.unknown {
            return;
        }
        if node != NodeIx::ROOT {
            if let Some(item) = self.item.take() {
                item_total::check(&item, found);
            }
        } else if let Some((payment, at)) = self.payment.take() {
            premium_total::check(payment, &at, self.remitted, self.adjusted, found);
        }
    }
}
