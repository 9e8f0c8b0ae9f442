//! What is paid for a line is its charge less its adjustments: SVC03 = SVC02 − Σ CAS of the line. A positive adjustment lowers the payment;
//! amounts in AMT never enter; in a reversal all of them are negative.
//!
//! Sets: 835.
//!
//! Since: 005010.
//!
//! Fails: `005010X221A1/ok/0002_reversal_and_correction.edi` with
//!
//!     SVC[2] 02 = 210
//!
//! Passes: `005010X221A1/ok/0002_reversal_and_correction.edi` with
//!
//!     SVC[2] 02 = 200.00
//!
//! Code: where a set is rejected as a whole, IK403 7.

use super::Figure;
use crate::finding::RuleInfo;
use crate::validate::rules::check::{Complaint, balance, out_of_balance};

pub(super) static INFO: RuleInfo = balance("payment-line-total", include_str!("line_total.rs"));

pub(super) fn check(line: &Figure, found: &mut Vec<Complaint>) {
    if !line.balances() {
        let message = "expected the line's charge less its adjustments, found another payment";
        found.push(out_of_balance(&INFO, &line.at, message));
    }
}
