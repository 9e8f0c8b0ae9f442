//! A claim's total charge is the sum of its lines' charges: CLM02 = Σ SV102 (professional), SV203 (institutional), SV302
//! (dental). Amounts are added exactly.
//!
//! Fails: `CLM*A*100***…` with lines `SV1*HC:99213*60*…` and `SV1*HC:99214*39.99*…`.
//!
//! Passes: `CLM*A*100***…` with lines of `60` and `40.00`.
//!
//! Code: in a claim's 277CA A7:400; where a set is rejected as a whole, IK403 7.

use super::{Check, Complaint, Refusal, Rule, Seen, Spot, is};
use crate::decimal::Decimal;
use crate::finding::{BusinessCode, ElementCode, RuleId, RuleInfo, Severity, Snip};
use crate::guide::{Guide, NodeIx, NodeKind};

static INFO: RuleInfo = RuleInfo {
    id: RuleId("claim-charge-total"),
    snip: Snip::Balance,
    severity: Severity::Error,
    source: include_str!("claim_charge_total.rs"),
};

pub(super) const RULE: Rule = Rule { info: &INFO, binds, closes, start: || Box::new(ClaimChargeTotal::default()) };

/// A line's segment and its charge.
const LINES: [(&str, usize); 3] = [("SV1", 2), ("SV2", 3), ("SV3", 2)];

fn binds(guide: &Guide, node: NodeIx) -> bool {
    guide.set == "837" && (is(guide, node, "CLM") || LINES.iter().any(|(line, _)| is(guide, node, line)))
}

fn closes(guide: &Guide, node: NodeIx) -> bool {
    guide.set == "837" && guide.node(node).kind == NodeKind::Loop && is(guide, node, "CLM")
}

#[derive(Debug, Default)]
struct ClaimChargeTotal {
    /// The claim that is open: its total and where it stands.
    claim: Option<(Decimal, Spot)>,
    lines: Decimal,
    /// An amount is no number; that is another rule's finding.
    unknown: bool,
}

impl Check for ClaimChargeTotal {
    fn segment(&mut self, _: &Guide, seen: &Seen<'_>, _: &mut Vec<Complaint>) {
        let id = seen.segment.id_bytes();
        let amount = |element: usize| seen.segment.element(element).and_then(Decimal::parse);
        if id == b"CLM" {
            *self = Self { claim: amount(2).map(|total| (total, seen.spot(2))), ..Self::default() };
        } else if let Some((_, element)) = LINES.iter().find(|(line, _)| line.as_bytes() == id) {
            match amount(*element) {
                Some(amount) => self.lines = self.lines.plus(amount),
                None => self.unknown = true,
            }
        }
    }

    fn close(&mut self, _: &Guide, _: NodeIx, found: &mut Vec<Complaint>) {
        let Some((total, at)) = self.claim.take() else { return };
        if self.unknown || total == self.lines {
            return;
        }
        found.push(Complaint {
            rule: &INFO,
            at,
            message: "expected the sum of the lines' charges, found another total".into(),
            business: BusinessCode { category: "A7", status: "400", entity: None },
            refusal: Refusal::Element(ElementCode::Code),
            triggers: Vec::new(),
        });
    }
}
