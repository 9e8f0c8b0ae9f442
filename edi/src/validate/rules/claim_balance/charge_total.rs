//! A claim's total charge is the sum of its lines' charges: CLM02 = Σ SV102 (professional), SV203 (institutional), SV302
//! (dental). Amounts are added exactly.
//!
//! Sets: 837.
//!
//! Since: 005010.
//!
//! Fails: `005010X222A1/ok/0003_repeated_diagnosis_and_lines.edi` with
//!
//!     CLM[1] 02 = 125.51
//!
//! Passes: `005010X222A1/ok/0003_repeated_diagnosis_and_lines.edi` with
//!
//!     CLM[1] 02 = 125.50
//!
//! Code: in a claim's 277CA A7:400; where a set is rejected as a whole, IK403 7.

use super::Amount;
use crate::decimal::Decimal;
use crate::finding::RuleInfo;
use crate::validate::rules::check::{Complaint, balance, out_of_balance};

pub(super) static INFO: RuleInfo = balance("claim-charge-total", include_str!("charge_total.rs"));

pub(super) fn check(claim: &Amount, lines: Decimal, found: &mut Vec<Complaint>) {
    if claim.value != lines {
        let message = "expected the sum of the lines' charges, found another total";
        found.push(out_of_balance(&INFO, &claim.at, message));
    }
}
