//! What another payer paid and adjusted explains the whole charge: CLM02 = AMT*D + Σ CAS, those of the claim (2320) and those of its
//! lines (2430) together, for each payer that has adjudicated the claim (AMT*D stands). Amounts that only inform (AMT*EAF, F3, F5) never enter.
//!
//! Sets: 837.
//!
//! Since: 005010.
//!
//! Fails: `005010X222A1/ok/0006_other_payers_that_balance.edi` with
//!
//!     SVD[1] -
//!     CAS[2] - AMT[3]
//!     SVD[1] - AMT[3]
//!     SVD[1] -
//!     DTP[3] -
//!     AMT[1] 02 = 340
//!     CAS[1] 03 = 150
//!     NM1[8] + DTP*573*D8*20260220
//!
//! Passes: `005010X222A1/ok/0006_other_payers_that_balance.edi` with
//!
//!     SVD[1] -
//!     CAS[2] - AMT[3]
//!     SVD[1] - AMT[3]
//!     SVD[1] -
//!     DTP[3] -
//!     AMT[1] 02 = 340
//!     CAS[1] 03 = 160
//!     NM1[8] + DTP*573*D8*20260220
//!
//! Code: in a claim's 277CA A7:400; where a set is rejected as a whole, IK403 7.

use super::{Amount, Payer};
use crate::finding::RuleInfo;
use crate::validate::rules::check::{Complaint, balance, out_of_balance};

pub(super) static INFO: RuleInfo = balance("other-payer-total", include_str!("payer_total.rs"));

pub(super) fn check(claim: &Amount, payer: &Payer, found: &mut Vec<Complaint>) {
    let Some(paid) = &payer.paid else { return };
    if claim.value != paid.value.plus(payer.adjusted).plus(payer.line_adjusted) {
        let message = "expected payment and adjustments of this payer to make up the claim's charge, found another sum";
        found.push(out_of_balance(&INFO, &paid.at, message));
    }
}
