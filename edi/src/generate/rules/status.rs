//! What a claim status request tells so that a payer finds the claim, and an acknowledgment of claims.

use super::Then::{Chance, Each, If, Is, Rest, With, Without};
use super::{Rule, rule};
use crate::generate::kind::Kind;
use crate::generate::story::{Fact, Figure, Of, Part, Turns};

pub(super) const REQUEST: &[Rule] = &[
    rule("2000D/demographics", Chance(100)),
    rule("2200D/service_date", Chance(100)),
    rule("2200E/service_date", Chance(100)),
];

pub(super) const ANSWER: &[Rule] = &[
    // Claims that are under way: nothing is paid yet.
    rule("status", Without(&[5, 6, 7, 8, 9])),
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
