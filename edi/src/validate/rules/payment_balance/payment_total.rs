//! What a payer pays is what it pays for the claims less the provider's adjustments: BPR02 = Σ CLP04 − Σ PLB04, 06, 08, 10, 12, 14. A negative adjustment
//! raises the payment. It holds too where nothing moves (BPR04 is NON).
//!
//! Sets: 835.
//!
//! Since: 005010.
//!
//! Fails: `005010X221A1/ok/0004_adjustments_without_claims.edi` with
//!
//!     PLB[1] 04 = -501
//!
//! Passes: `005010X221A1/ok/0004_adjustments_without_claims.edi` with
//!
//!     PLB[1] 04 = -501
//!     PLB[1] 08 = -9.50
//!
//! Code: where a set is rejected as a whole, IK403 7.

use super::Figure;
use crate::decimal::Decimal;
use crate::finding::RuleInfo;
use crate::validate::rules::check::{Complaint, balance, out_of_balance};

pub(super) static INFO: RuleInfo = balance("payment-total", include_str!("payment_total.rs"));

pub(super) fn check(payment: &Figure, claims: Decimal, adjustments: Decimal, found: &mut Vec<Complaint>) {
    if payment.paid.plus(adjustments) != claims {
        let message = "expected the claims' payments less the provider's adjustments, found another total";
        found.push(out_of_balance(&INFO, &payment.at, message));
    }
}
