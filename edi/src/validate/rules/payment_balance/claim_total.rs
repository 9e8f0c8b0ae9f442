//! What is paid for a claim is its charge less all adjustments: CLP04 = CLP03 − Σ CAS, those of the claim and those of its lines together.
//!
//! Sets: 835.
//!
//! Since: 005010.
//!
//! Fails: `005010X221A1/ok/0002_reversal_and_correction.edi` with
//!
//!     CLP[2] 03 = 210
//!
//! Passes: `005010X221A1/ok/0002_reversal_and_correction.edi` with
//!
//!     CLP[2] 03 = 210
//!     CLP[2] + CAS*OA*23*10
//!
//! Code: where a set is rejected as a whole, IK403 7.

use super::Figure;
use crate::finding::RuleInfo;
use crate::validate::rules::check::{Complaint, balance, out_of_balance};

pub(super) static INFO: RuleInfo = balance("payment-claim-total", include_str!("claim_total.rs"));

pub(super) fn check(claim: &Figure, found: &mut Vec<Complaint>) {
    if !claim.balances() {
        let message = "expected the claim's charge less all adjustments, found another payment";
        found.push(out_of_balance(&INFO, &claim.at, message));
    }
}
