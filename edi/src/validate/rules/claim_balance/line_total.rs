//! What another payer paid and adjusted on a line explains the line's charge: SV102 (SV203, SV302) = Σ SVD02 + Σ CAS, over all loops 2430 of
//! that payer on the line. A payer that unbundles a line has several.
//!
//! Sets: 837.
//!
//! Since: 005010.
//!
//! Fails: `005010X222A1/ok/0006_other_payers_that_balance.edi` with
//!
//!     CAS[2] 03 = 70
//!     CAS[4] 03 = 40
//!
//! Passes: `005010X222A1/ok/0006_other_payers_that_balance.edi`.
//!
//! Code: in a claim's 277CA A7:400; where a set is rejected as a whole, IK403 7.

use super::Ledger;
use crate::decimal::Decimal;
use crate::finding::RuleInfo;
use crate::validate::rules::check::{Complaint, balance, out_of_balance};

pub(super) static INFO: RuleInfo = balance("other-payer-line-total", include_str!("line_total.rs"));

pub(super) fn check(ledger: &Ledger, found: &mut Vec<Complaint>) {
    let Some(line) = &ledger.line else { return };
    for index in 0..ledger.payers.len() {
        let mut of_payer = ledger.adjudications.iter().filter(|adjudication| adjudication.payer == index).peekable();
        let Some(first) = of_payer.peek().copied() else { continue };
        let add = |sum: Decimal, adjudication: &super::Adjudication| {
            sum.plus(adjudication.paid.value).plus(adjudication.adjusted)
        };
        if of_payer.fold(Decimal::default(), add) != line.value {
            let message =
                "expected payment and adjustments of this payer to make up the line's charge, found another sum";
            found.push(out_of_balance(&INFO, &first.paid.at, message));
        }
    }
}
