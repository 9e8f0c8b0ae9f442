//! What a claim status request tells so that a payer finds the claim, and an acknowledgment of claims.

use super::Then::{Chance, Each, If, Is, Rest, With};
use super::{Rule, rule};
use crate::generate::kind::Kind;
use crate::generate::story::{Fact, Figure, Of, Part, Turns};

pub(super) const REQUEST: &[Rule] = &[
    rule("2000D/demographics", Chance(100)),
    rule("2200D/service_date", Chance(100)),
    rule("2200E/service_date", Chance(100)),
];

/// Sorts of answers: claims that are paid, those and others that are finalized; the rest is under way.
const PAID: &[u8] = &[0, 1, 2, 3];
const FINALIZED: &[u8] = &[0, 1, 2, 3, 4, 5, 6];
const CATEGORIES: &[&str] =
    &["F1", "F1", "F1", "F1", "F2", "F2", "F4", "P1", "P1", "P2", "P2", "A1", "A1", "A1", "A2", "A2"];
const STATUSES: &[&str] =
    &["65", "65", "65", "105", "84", "54", "104", "3", "40", "46", "55", "20", "20", "20", "20", "20"];
const PAYMENTS: &[&str] = &["80", "212.25", "450.5", "0", "0", "0", "0", "", "", "", "", "", "", "", "", ""];

pub(super) const ANSWER: &[Rule] = &[
    rule("2200D/status", With(&[4])),
    rule("2200E/status", With(&[4])),
    rule("2200D/status", Is(1, 1, Kind::BySort(CATEGORIES))),
    rule("2200E/status", Is(1, 1, Kind::BySort(CATEGORIES))),
    rule("2220D/status", Is(1, 1, Kind::BySort(CATEGORIES))),
    rule("2220E/status", Is(1, 1, Kind::BySort(CATEGORIES))),
    rule("2200D/status", Is(1, 2, Kind::BySort(STATUSES))),
    rule("2200E/status", Is(1, 2, Kind::BySort(STATUSES))),
    rule("2220D/status", Is(1, 2, Kind::BySort(STATUSES))),
    rule("2220E/status", Is(1, 2, Kind::BySort(STATUSES))),
    rule("status", Is(4, 0, Kind::OneOf(&["500", "1250.5"]))),
    rule("status", Is(5, 0, Kind::BySort(PAYMENTS))),
    rule("status", Is(6, 0, Kind::IfSort(FINALIZED, &Kind::ServiceDate))),
    rule("status", Is(8, 0, Kind::IfSort(PAID, &Kind::ServiceDate))),
    rule("status", Is(9, 0, Kind::IfSort(PAID, &Kind::Digits(7)))),
    rule("2100A/contact", With(&[3, 4])),
    rule("2200D/service_date", Chance(100)),
    rule("2200E/service_date", Chance(100)),
];

const fn told(of: Of, figure: Figure) -> Kind {
    Kind::Of(Part::Told(of, figure))
}

pub(super) const ACKNOWLEDGMENT: &[Rule] = &[
    rule("2200A/receipt_date", Is(3, 0, Kind::Today)),
    rule("2200A/process_date", Is(3, 0, Kind::Today)),
    rule("2200B/status", Is(1, 1, Kind::OneOf(&["A1"]))),
    rule("2200B/status", Is(1, 2, Kind::OneOf(&["19"]))),
    rule("2200B/status", Is(1, 3, Kind::OneOf(&["PR"]))),
    rule("2200B/status", Is(2, 0, Kind::Today)),
    rule("2200B/status", Is(3, 0, Kind::OneOf(&["WQ"]))),
    rule("2200B/status", Is(4, 0, told(Of::Receiver, Figure::Charge))),
    rule("2200B/accepted_count", If(Fact::Told(Of::Receiver, Figure::Accepted))),
    rule("2200B/accepted_count", Is(2, 0, told(Of::Receiver, Figure::Accepted))),
    rule("2200B/rejected_count", If(Fact::Told(Of::Receiver, Figure::Rejected))),
    rule("2200B/rejected_count", Is(2, 0, told(Of::Receiver, Figure::Rejected))),
    rule("2200B/accepted_amount", If(Fact::Told(Of::Receiver, Figure::Accepted))),
    rule("2200B/accepted_amount", Is(2, 0, told(Of::Receiver, Figure::AcceptedAmount))),
    rule("2200B/rejected_amount", If(Fact::Told(Of::Receiver, Figure::Rejected))),
    rule("2200B/rejected_amount", Is(2, 0, told(Of::Receiver, Figure::RejectedAmount))),
    rule("2200C", Chance(75)),
    rule("2200C/status", Chance(100)),
    rule("2200C/status", Is(1, 1, Kind::OneOf(&["A1"]))),
    rule("2200C/status", Is(1, 2, Kind::OneOf(&["19"]))),
    rule("2200C/status", Is(1, 3, Kind::OneOf(&["PR"]))),
    rule("2200C/status", Is(3, 0, Kind::OneOf(&["WQ"]))),
    rule("2200C/status", Is(4, 0, told(Of::Provider, Figure::Charge))),
    rule("2200C/secondary_id", Is(1, 0, Kind::OneOf(&["G2", "TJ"]))),
    rule("2200C/accepted_count", If(Fact::Told(Of::Provider, Figure::Accepted))),
    rule("2200C/accepted_count", Is(2, 0, told(Of::Provider, Figure::Accepted))),
    rule("2200C/rejected_count", If(Fact::Told(Of::Provider, Figure::Rejected))),
    rule("2200C/rejected_count", Is(2, 0, told(Of::Provider, Figure::Rejected))),
    rule("2200C/accepted_amount", If(Fact::Told(Of::Provider, Figure::Accepted))),
    rule("2200C/accepted_amount", Is(2, 0, told(Of::Provider, Figure::AcceptedAmount))),
    rule("2200C/rejected_amount", If(Fact::Told(Of::Provider, Figure::Rejected))),
    rule("2200C/rejected_amount", Is(2, 0, told(Of::Provider, Figure::RejectedAmount))),
    rule("2200D/status", Rest(1, Kind::Of(Part::ClaimStatus))),
    rule("2200D/payer_claim_control_number", If(Fact::Taken)),
    rule("2200D/payer_claim_control_number", Chance(80)),
    rule("2220D", If(Fact::Refused)),
    rule("2220D", Each(Turns::Lines)),
    rule("2220D/service", Is(1, 1, Kind::OneOf(&["HC"]))),
    rule("2220D/service", Is(1, 2, Kind::Procedure)),
    rule("2220D/status", Rest(1, Kind::Of(Part::LineStatus))),
    rule("2220D/line_item_control_number", Chance(60)),
];
