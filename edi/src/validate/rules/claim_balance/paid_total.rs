//! What another payer paid for a claim is what it paid for the lines, less what it adjusted on the claim as a whole: AMT*D = Σ SVD02 − Σ CAS of
//! 2320, where the payer stands on lines (2430) at all.
//!
//! Sets: 837.
//!
//! Since: 005010.
//!
//! Fails: `005010X222A1/ok/0006_other_payers_that_balance.edi` with
//!
//!     SVD[2] - AMT[4]
//!     SVD[2] -
//!     DTP[4] -
//!     AMT[1] 02 = 390
//!
//! Passes: `005010X222A1/ok/0006_other_payers_that_balance.edi`.
//!
//! Code: in a claim's 277CA A7:400; where a set is rejected as a whole, IK403 7.

use super::Payer;
use crate::finding::RuleInfo;
use crate::validate::rules::check::{Complaint, balance, out_of_balance};

pub(super) static INFO: RuleInfo = balance("other-payer-paid-total", include_str!("paid_total.rs"));

pub(super) fn check(payer: &Payer, found: &mut Vec<Complaint>) {
    let Some(paid) = payer.paid.as_ref().filter(|_| payer.on_lines) else { return };
    if paid.value.plus(payer.adjusted) != payer.line_paid {
        let message =
            "expected what this payer paid for the lines less its adjustments of the claim, found another amount";
        found.push(out_of_balance(&INFO, &paid.at, message));
    }
}
