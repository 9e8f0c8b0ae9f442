//! Requests for a review of health care services, and their answers. What only one of the two has is named only there.

use super::Then::{Chance, If, Is, Lines, Rest, With};
use super::{Rule, rule};
use crate::generate::kind::Kind;
use crate::generate::story::Fact;

/// Sorts of events: what is asked for decides what must be told of it. All that is in no list are services of a professional.
const DENTAL: &[u8] = &[0, 1];
const INSTITUTIONAL: &[u8] = &[2, 3, 4];
const PROFESSIONAL: &[u8] = &[5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15];
const ADMISSIONS: &[u8] = &[3, 4];
const AMBULANCE: &[u8] = &[5];
const ACCIDENTS: &[u8] = &[10, 11];
/// What led to an accident; one by car has a state.
const CAUSES: &[&[&str]] = &[&["AA", "", "", "OH"], &["AA", "EM", "", "TX"], &["EM"], &["AP"]];
/// An answer to these refuses to look at them.
const REJECTED: &[u8] = &[6];
const DECIDED: &[u8] = &[0, 1, 2, 3, 4, 5, 7, 8, 9, 10, 11, 12, 13, 14, 15];
const KINDS: &[&str] =
    &["HS", "HS", "HS", "AR", "AR", "HS", "HS", "SC", "SC", "HS", "HS", "HS", "HS", "SC", "HS", "HS"];
/// HCR from its first element on.
const DECISIONS: &[&[&str]] =
    &[&["A1", "AUTH0001"], &["A1", "AUTH0002"], &["A3", "", "0Y"], &["A4"], &["A6", "AUTH0003"]];

pub(super) const RULES: &[Rule] = &[
    rule("2010C/address", Chance(60)),
    rule("2010C/city_state_zip", Chance(100)),
    rule("2010C/demographics", Chance(100)),
    rule("2010D/demographics", Chance(100)),
    rule("2010C/demographics", Is(3, 0, Kind::OneOf(&["F", "M"]))),
    rule("2010D/demographics", Is(3, 0, Kind::OneOf(&["F", "M"]))),
    rule("2010D/relationship", Chance(70)),
    rule("2010D/relationship", Is(2, 0, Kind::OneOf(&["01", "19", "G8"]))),
    rule("2000E/trace", Chance(100)),
    rule("2000E/trace", Is(3, 0, Kind::OneOf(&["9123456789"]))),
    rule("2000E/trace", Is(1, 0, Kind::OneOf(&["1"]))),
    rule("2000E/review", With(&[3, 4])),
    rule("2000E/review", Is(5, 0, Kind::IfSort(ACCIDENTS, &Kind::Components(CAUSES)))),
    rule("2000E/accident_date", If(Fact::Sort(ACCIDENTS))),
    rule("2000E/review", Is(1, 0, Kind::BySort(KINDS))),
    rule("2000E/review", Is(2, 0, Kind::OneOf(&["I"]))),
    rule("2000E/review", Is(3, 0, Kind::OneOf(&["1", "3", "48", "73", "98"]))),
    rule("2000E/review", Is(4, 1, Kind::OneOf(&["11", "22"]))),
    rule("2000E/review", Is(4, 2, Kind::OneOf(&["B"]))),
    rule("2000A/validation", If(Fact::NothingBelow)),
    rule("2010A/validation", Chance(0)),
    rule("2000E/validation", If(Fact::Sort(REJECTED))),
    rule("validation", With(&[3])),
    rule("validation", Is(1, 0, Kind::OneOf(&["N"]))),
    rule("contact", With(&[3, 4])),
    rule("2000E/decision", If(Fact::Sort(DECIDED))),
    rule("2000E/decision", Rest(1, Kind::Row(DECISIONS))),
    rule("2000E/admission_date", If(Fact::Sort(ADMISSIONS))),
    rule("2000E/institutional", If(Fact::Sort(ADMISSIONS))),
    rule("2000E/institutional", Is(1, 0, Kind::OneOf(&["1", "2", "3"]))),
    rule("2000E/estimated_birth_date", Is(3, 0, Kind::Today)),
    rule("2000E/ambulance_certification", If(Fact::Sort(AMBULANCE))),
    rule("2000E/ambulance_transport", If(Fact::Sort(AMBULANCE))),
    rule("2000E/event_date", Chance(50)),
    rule("2000E/diagnosis", Chance(100)),
    rule("2000E/diagnosis", Rest(1, Kind::Diagnoses)),
    rule("2000E/delivery", Chance(20)),
    rule("2000E/delivery", With(&[1, 2])),
    rule("2010EA", Chance(100)),
    rule("2010EA/name", Is(1, 0, Kind::OneOf(&["SJ"]))),
    rule("2000F", Chance(85)),
    rule("2000F", Lines),
    rule("2000F/trace", Chance(30)),
    rule("2000F/trace", Is(3, 0, Kind::OneOf(&["9123456789"]))),
    rule("2000F/decision", Chance(100)),
    rule("2000F/decision", Rest(1, Kind::Row(DECISIONS))),
    rule("2000F/service_date", Chance(70)),
    rule("2000F/professional_service", If(Fact::Sort(PROFESSIONAL))),
    rule("2000F/professional_service", With(&[2, 4])),
    rule("2000F/professional_service", Is(2, 0, Kind::LineCharge)),
    rule("2000F/professional_service", Is(4, 0, Kind::Units)),
    rule("2000F/institutional_service", If(Fact::Sort(INSTITUTIONAL))),
    rule("2000F/institutional_service", Is(1, 0, Kind::OneOf(&["0120", "0300", "0420"]))),
    rule("2000F/dental_service", If(Fact::Sort(DENTAL))),
    rule("2000F/dental_service", Is(1, 2, Kind::OneOf(&["D2740", "D4341", "D7240"]))),
    rule("2000F/tooth", If(Fact::Sort(DENTAL))),
    rule("2000F/tooth", With(&[2])),
    rule("2000F/tooth", Is(2, 0, Kind::OneOf(&["3", "14", "19", "30"]))),
    rule("2010F", Chance(30)),
    rule("2010F/name", Is(1, 0, Kind::OneOf(&["SJ"]))),
    rule("2010FA", Chance(30)),
    rule("2010FA/name", Is(1, 0, Kind::OneOf(&["SJ"]))),
];
