//! Inquiries about eligibility, and their answers.

use super::Then::{Chance, If, Is, ItemOnly, Lines, Rest, With};
use super::{Rule, rule};
use crate::generate::kind::Kind;
use crate::generate::story::Fact;

pub(super) const INQUIRY: &[Rule] = &[
    rule("transaction_header", With(&[3])),
    rule("transaction_header", Is(6, 0, Kind::BySet(&["RT", "", "", ""]))),
    rule("2000C/trace", Chance(100)),
    rule("2000C/trace", ItemOnly),
    rule("2000D/trace", Chance(100)),
    rule("2000D/trace", ItemOnly),
    rule("2000C/trace", Is(3, 0, Kind::OneOf(&["9123456789"]))),
    rule("2000D/trace", Is(3, 0, Kind::OneOf(&["9123456789"]))),
    rule("2100C/name", With(&[3])),
    rule("2100D/name", With(&[3])),
    rule("2100C/demographics", Chance(100)),
    rule("2100D/demographics", Chance(100)),
    rule("2100C/demographics", Is(3, 0, Kind::OneOf(&["F", "M"]))),
    rule("2100D/demographics", Is(3, 0, Kind::OneOf(&["F", "M"]))),
    rule("2100C/date", Chance(60)),
    rule("2100D/date", Chance(60)),
    rule("2100C/diagnosis", If(Fact::Sort(POINTED))),
    rule("2100C/diagnosis", ItemOnly),
    rule("2100D/diagnosis", If(Fact::Sort(POINTED))),
    rule("diagnosis", Rest(1, Kind::Diagnoses)),
    rule("inquiry", Is(5, 0, Kind::IfSort(POINTED, &Kind::Components(&[&["1"]])))),
    rule("2110C/inquiry", With(&[1])),
    rule("2110D/inquiry", With(&[1])),
    rule("2110C/inquiry", Is(1, 0, Kind::OneOf(&["30", "30", "30", "98", "MH", "UC", "47"]))),
    rule("2110D/inquiry", Is(1, 0, Kind::OneOf(&["30", "30", "30", "98", "MH", "UC", "47"]))),
    rule("2110C/spend_down", If(Fact::Set(&[0]))),
    rule("2110C/spend_down_billed", If(Fact::Set(&[0]))),
];

/// Sorts of inquiries about a service for a diagnosis.
const POINTED: &[u8] = &[12, 13];

/// What a plan says of a benefit, EB from its first element on.
const BENEFITS: &[&[&str]] = &[
    &["1", "", "30", "HM", "SYNTHETIC PLAN"],
    &["1", "FAM", "30"],
    &["6", "", "AL"],
    &["A", "IND", "98", "", "", "", "", ".2"],
    &["B", "IND", "98", "", "", "27", "25"],
    &["C", "IND", "30", "", "", "23", "500"],
    &["C", "FAM", "30", "", "", "29", "1250.5"],
    &["F", "IND", "MH", "", "", "23", "", "", "VS", "20"],
    &["G", "IND", "30", "", "", "23", "3000", "", "", "", "", "Y"],
    &["I", "", "41"],
];

pub(super) const ANSWER: &[Rule] = &[
    rule("transaction_header", With(&[3])),
    rule("2000A/validation", If(Fact::NothingBelow)),
    rule("2000A/validation", Is(3, 0, Kind::OneOf(&["04", "41", "42", "79"]))),
    rule("2000A/validation", Is(4, 0, Kind::OneOf(&["C", "N", "P", "R"]))),
    rule("2100A/validation", Chance(0)),
    rule("contact", With(&[3, 4])),
    rule("validation", Is(1, 0, Kind::OneOf(&["N"]))),
    rule("2000C/trace", Chance(100)),
    rule("2000C/trace", ItemOnly),
    rule("2000D/trace", Chance(100)),
    rule("2000D/trace", ItemOnly),
    rule("2000C/trace", Is(3, 0, Kind::OneOf(&["9123456789"]))),
    rule("2000D/trace", Is(3, 0, Kind::OneOf(&["9123456789"]))),
    rule("2000C/trace", Is(1, 0, Kind::OneOf(&["2"]))),
    rule("2000D/trace", Is(1, 0, Kind::OneOf(&["2"]))),
    rule("2100C/name", With(&[3])),
    rule("2100D/name", With(&[3])),
    rule("2100C/address", Chance(60)),
    rule("2100C/city_state_zip", Chance(100)),
    rule("2100C/validation", If(Fact::Sort(&[0]))),
    rule("2100C/validation", ItemOnly),
    rule("2100D/validation", If(Fact::Sort(&[0]))),
    rule("2100C/demographics", Chance(100)),
    rule("2100D/demographics", Chance(100)),
    rule("2100C/demographics", Is(3, 0, Kind::OneOf(&["F", "M"]))),
    rule("2100D/demographics", Is(3, 0, Kind::OneOf(&["F", "M"]))),
    rule("2110C", If(Fact::Sort(ANSWERED))),
    rule("2110C", Lines),
    rule("2110C", ItemOnly),
    rule("2110D", If(Fact::Sort(ANSWERED))),
    rule("2110D", Lines),
    rule("2110C/benefit", Rest(1, Kind::Row(BENEFITS))),
    rule("2110D/benefit", Rest(1, Kind::Row(BENEFITS))),
    rule("2115C/additional_information", With(&[1, 2])),
    rule("2115D/additional_information", With(&[1, 2])),
    rule("2110C/related_entities_header", If(Fact::Sort(RELATED))),
    rule("2110D/related_entities_header", If(Fact::Sort(RELATED))),
    rule("2120C", If(Fact::Sort(RELATED))),
    rule("2120D", If(Fact::Sort(RELATED))),
    rule("2120C/name", With(&[3])),
    rule("2120D/name", With(&[3])),
    rule("2110C/related_entities_trailer", If(Fact::Sort(RELATED))),
    rule("2110D/related_entities_trailer", If(Fact::Sort(RELATED))),
];

/// Sorts of answers that tell of benefits, and those of them that name somebody else.
const ANSWERED: &[u8] = &[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15];
const RELATED: &[u8] = &[14, 15];
