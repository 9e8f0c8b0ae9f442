//! A premium payment is the sum of what it remits: BPR02 = Σ RMR04. Where adjustments stand outside of the remittances (ADX in 2200), payers differ
//! in whether these enter: either sum is right.
//!
//! Sets: 820.
//!
//! Since: 005010.
//!
//! Fails: `005010X218/ok/0001_an_organization_and_a_person.edi` with
//!
//!     BPR[1] 02 = 1490
//!
//! Passes: `005010X218/ok/0001_an_organization_and_a_person.edi` with
//!
//!     BPR[1] 02 = 1490.50
//!
//! Code: where a set is rejected as a whole, IK403 7.

use crate::decimal::Decimal;
use crate::finding::RuleInfo;
use crate::validate::rules::check::{Complaint, Spot, balance, out_of_balance};

pub(super) static INFO: RuleInfo = balance("premium-total", include_str!("premium_total.rs"));

pub(super) fn check(payment: Decimal, at: &Spot, remitted: Decimal, adjusted: Decimal, found: &mut Vec<Complaint>) {
    if payment != remitted && payment != remitted.plus(adjusted) {
        let message = "expected the sum of what is remitted, found another payment";
        found.push(out_of_balance(&INFO, at, message));
    }
}
