//! A claim's lines are numbered from 1, one more each time: LX01. Payers name a line by this number in what they answer, and cannot tell
//! two lines apart that share one. A line that is out of step is told; the next one may go on from it, or as if it had been right.
//!
//! Sets: 837.
//!
//! Since: 005010.
//!
//! Fails: `005010X222A1/ok/0003_repeated_diagnosis_and_lines.edi` with
//!
//!     LX[2] 01 = 3
//!
//! Passes: `005010X222A1/ok/0003_repeated_diagnosis_and_lines.edi`.
//!
//! Fails: `005010X223A2/ok/0001_inpatient_claim.edi` with
//!
//!     LX[1] 01 = 2
//!     LX[2] 01 = 3
//!
//! Passes: `005010X223A2/ok/0001_inpatient_claim.edi`.
//!
//! Fails: `005010X224A2/ok/0001_dental_claim.edi` with
//!
//!     LX[2] 01 = 1
//!
//! Passes: `005010X224A2/ok/0001_dental_claim.edi`.
//!
//! Code: in a claim's 277CA A7:247; where a set is rejected as a whole, IK403 I12.

use super::check::{Check, Complaint, Rule, Seen, is};
use super::data::Refusal;
use crate::finding::{BusinessCode, ElementCode, RuleId, RuleInfo, Severity, Snip};
use crate::guide::{Guide, NodeIx};
use crate::validate::value::digits;

static INFO: RuleInfo = RuleInfo {
    id: RuleId("line-number"),
    snip: Snip::Guide,
    severity: Severity::Error,
    source: include_str!("line_number.rs"),
};

pub(super) const RULE: Rule =
    Rule { family: "claims", infos: &[&INFO], binds, closes: |_, _| false, start: || Box::new(Lines::default()) };

fn binds(guide: &Guide, node: NodeIx) -> bool {
    guide.set == "837" && (is(guide, node, "CLM") || is(guide, node, "LX"))
}

/// The lines of the claim that is open.
#[derive(Debug, Default)]
struct Lines {
    /// How many have come, or the number of the last one, where it went on from one that was out of step.
    count: u64,
    /// The number of the last one.
    last: u64,
}

impl Check for Lines {
    fn segment(&mut self, _: &Guide, seen: &Seen<'_>, found: &mut Vec<Complaint>) {
        if seen.segment.id_bytes() == b"CLM" {
            *self = Self::default();
            return;
        }
        self.count = self.count.saturating_add(1);
        // What is no number is another rule's finding.
        let number = seen.segment.element(1).and_then(digits).unwrap_or(self.count);
        let goes_on = number == self.last.saturating_add(1);
        self.last = number;
        if goes_on {
            self.count = number;
        } else if number != self.count {
            found.push(Complaint {
                rule: &INFO,
                at: seen.spot(1),
                message: "expected the lines of a claim to count from 1 without a gap, found another number".into(),
                business: BusinessCode { category: "A7", status: "247", entity: None },
                refusal: Refusal::Element(ElementCode::Pattern),
                triggers: Vec::new(),
            });
        }
    }
}
