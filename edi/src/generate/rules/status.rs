//! What a claim status request tells so that a payer finds the claim, and an acknowledgment of claims that takes them all.

use super::Then::{Chance, Is};
use super::{Rule, rule};
use crate::generate::kind::Kind;

pub(super) const REQUEST: &[Rule] = &[
    rule("2000D/demographics", Chance(100)),
    rule("2200D/service_date", Chance(100)),
    rule("2200E/service_date", Chance(100)),
];

pub(super) const ACKNOWLEDGMENT: &[Rule] = &[
    rule("2200A/receipt_date", Is(3, 0, Kind::Today)),
    rule("2200A/process_date", Is(3, 0, Kind::Today)),
    rule("2200B/status", Is(1, 1, Kind::OneOf(&["A1"]))),
    rule("2200B/status", Is(3, 0, Kind::OneOf(&["WQ"]))),
    rule("2200C/status", Is(1, 1, Kind::OneOf(&["A1"]))),
    rule("2200C/status", Is(3, 0, Kind::OneOf(&["WQ"]))),
    rule("2200D/status", Is(1, 1, Kind::OneOf(&["A2"]))),
    rule("2200D/status", Is(3, 0, Kind::OneOf(&["WQ"]))),
];
