//! A receiver, subscriber or dependent has one number of each kind: in loops 2100B, 2100C and 2100D, where REF may stand nine times, no two
//! have the same REF01. A payer that finds two would have to choose which one to look for.
//!
//! Sets: 270 271.
//!
//! Since: 005010.
//!
//! Fails: `005010X279A1/ok/0002_answer_for_three_patients.edi` with
//!
//!     REF[2] + REF*18*SYNPLAN8
//!
//! Passes: `005010X279A1/ok/0002_answer_for_three_patients.edi` with
//!
//!     REF[2] + REF*1L*SYNPLAN8
//!
//! Fails: `005010X279A1/ok/0101_inquiry_for_rules.edi` with
//!
//!     NM1[3] + REF*1L*SYNGROUP1~REF*1L*SYNGROUP2
//!
//! Passes: `005010X279A1/ok/0101_inquiry_for_rules.edi` with
//!
//!     NM1[3] + REF*1L*SYNGROUP1~REF*18*SYNGROUP2
//!
//! Code: where a set is rejected as a whole, IK403 I13.

use super::check::{Check, Complaint, Rule, Seen, Spot, is};
use super::data::Refusal;
use crate::finding::{BusinessCode, ElementCode, RuleId, RuleInfo, Severity, Snip};
use crate::guide::{Guide, NodeIx, Packed};

static INFO: RuleInfo = RuleInfo {
    id: RuleId("one-number-of-a-kind"),
    snip: Snip::Guide,
    severity: Severity::Error,
    source: include_str!("one_number_of_a_kind.rs"),
};

pub(super) const RULE: Rule =
    Rule { family: "eligibility", infos: &[&INFO], binds, closes: |_, _| false, start: || Box::new(Kinds::default()) };

fn binds(guide: &Guide, node: NodeIx) -> bool {
    let within = guide.node(guide.node(node).parent).id.as_ref();
    matches!(guide.set.as_ref(), "270" | "271")
        && matches!(within, "2100B" | "2100C" | "2100D")
        && (is(guide, node, "NM1") || is(guide, node, "REF"))
}

/// The kinds of numbers that stand in the loop that is open, each with its place.
#[derive(Debug, Default)]
struct Kinds(Vec<(Packed<4>, Spot)>);

impl Check for Kinds {
    fn segment(&mut self, _: &Guide, seen: &Seen<'_>, found: &mut Vec<Complaint>) {
        if seen.segment.id_bytes() == b"NM1" {
            self.0.clear();
            return;
        }
        let Some(kind) = seen.segment.element(1).filter(|kind| kind.len() <= 3).map(Packed::pack) else { return };
        let at = seen.spot(1);
        match self.0.iter().find(|(known, _)| *known == kind) {
            Some((_, first)) => found.push(Complaint {
                rule: &INFO,
                at,
                message: "expected one number of each kind, found a second one".into(),
                business: BusinessCode { category: "A7", status: "153", entity: None },
                refusal: Refusal::Element(ElementCode::DependentNotUsed),
                triggers: vec![first.clone()],
            }),
            None => self.0.push((kind, at)),
        }
    }
}
