//! A payer that was passed over has adjudicated nothing: where AMT*A8 stands, it is the claim's whole charge (CLM02), and that payer has no payment
//! (AMT*D), no adjustments (CAS) and stands on no line (2430).
//!
//! Sets: 837.
//!
//! Since: 005010.
//!
//! Fails: `005010X222A1/ok/0006_other_payers_that_balance.edi` with
//!
//!     AMT[2] 02 = 400
//!
//! Fails: `005010X222A1/ok/0006_other_payers_that_balance.edi` with
//!
//!     SBR[3] + CAS*CO*45*10
//!
//! Passes: `005010X222A1/ok/0006_other_payers_that_balance.edi`.
//!
//! Code: in a claim's 277CA A7:400; where a set is rejected as a whole, IK403 7.

use super::{Amount, Payer};
use crate::finding::RuleInfo;
use crate::validate::rules::check::{Complaint, balance, out_of_balance};

pub(super) static INFO: RuleInfo = balance("passed-over-payer-adjudicates-nothing", include_str!("no_adjudication.rs"));

pub(super) fn check(claim: &Amount, payer: &Payer, found: &mut Vec<Complaint>) {
    let Some(amount) = &payer.not_covered else { return };
    let adjudicated = payer.paid.is_some() || payer.has_adjustments || payer.on_lines;
    let message = if adjudicated {
        "expected no payment, adjustment or line of a payer that was passed over, found one"
    } else if amount.value != claim.value {
        "expected the claim's whole charge of a payer that was passed over, found another amount"
    } else {
        return;
    };
    found.push(out_of_balance(&INFO, &amount.at, message));
}
