//! What a remittance pays is what was billed with its adjustments: RMR04 = RMR05 + Σ ADX01 of its loop (2320), where RMR05 stands. A negative
//! adjustment lowers the payment.
//!
//! Sets: 820.
//!
//! Since: 005010.
//!
//! Fails: `005010X218/ok/0001_an_organization_and_a_person.edi` with
//!
//!     RMR[1] 05 = 1001
//!
//! Passes: `005010X218/ok/0001_an_organization_and_a_person.edi` with
//!
//!     RMR[1] 05 =
//!
//! Code: where a set is rejected as a whole, IK403 7.

use super::Item;
use crate::finding::RuleInfo;
use crate::validate::rules::check::{Complaint, balance, out_of_balance};

pub(super) static INFO: RuleInfo = balance("premium-item-total", include_str!("item_total.rs"));

pub(super) fn check(item: &Item, found: &mut Vec<Complaint>) {
    let Some(billed) = item.billed else { return };
    if billed.plus(item.adjusted) != item.paid {
        let message = "expected the billed amount with its adjustments, found another payment";
        found.push(out_of_balance(&INFO, &item.at, message));
    }
}
