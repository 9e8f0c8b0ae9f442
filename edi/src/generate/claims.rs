//! What the trade expects of the three kinds of claims.

use super::kind::Kind;
use super::rules::Then::{Chance, Is, Lines, Rest, WhenBad, With};
use super::rules::{Rule, rule};

/// The rules of an 837, by the guide's revision.
pub(super) fn of(revision: &str) -> &'static [&'static [Rule]] {
    match revision.get(..10) {
        Some("005010X223") => &[INSTITUTIONAL, CLAIM],
        Some("005010X224") => &[DENTAL, CLAIM],
        _ => &[PROFESSIONAL, CLAIM],
    }
}

/// Every claim.
const CLAIM: &[Rule] = &[
    rule("transaction_header", Is(6, 0, Kind::OneOf(&["CH"]))),
    rule("2000A/specialty", Chance(60)),
    rule("2010AA/contact", Chance(30)),
    rule("2000B/subscriber_information", With(&[2, 9])),
    rule("2000B/subscriber_information", Is(1, 0, Kind::OneOf(&["P"]))),
    rule("2000B/subscriber_information", Is(2, 0, Kind::Relation)),
    rule("2010BA/address", Chance(100)),
    rule("2010BA/city_state_zip", Chance(100)),
    rule("2010BA/demographics", Chance(100)),
    rule("2010BA/demographics", Is(3, 0, Kind::OneOf(&["F", "M"]))),
    rule("2000C/patient_information", Is(1, 0, Kind::OneOf(&["19", "19", "01", "G8"]))),
    rule("2010CA/demographics", Is(3, 0, Kind::OneOf(&["F", "M"]))),
    rule("2300/claim_information", Is(2, 0, Kind::ClaimTotal)),
    rule("2300/claim_information", Is(5, 3, Kind::OneOf(&["1"]))),
    rule("2300/prior_authorization", Chance(8)),
    rule("2300/referral", Chance(5)),
    rule("2300/claim_note", Chance(5)),
    rule("2400", Lines),
    rule("2400/line_item_control_number", Chance(30)),
];

const PROFESSIONAL: &[Rule] = &[
    rule("2000B/subscriber_information", Is(9, 0, Kind::OneOf(&["CI", "CI", "BL", "MB", "MC", "HM"]))),
    rule("2300/claim_information", Is(5, 1, Kind::OneOf(&["11", "11", "11", "22", "19"]))),
    rule("2300/claim_information", Is(6, 0, Kind::OneOf(&["Y"]))),
    rule("2300/onset_date", Chance(10)),
    rule("2300/patient_paid", Chance(10)),
    rule("2300/medical_record", Chance(30)),
    rule("2300/diagnosis", Rest(1, Kind::Diagnoses)),
    rule("2310A", Chance(15)),
    rule("2310B", Chance(50)),
    rule("2310B", WhenBad),
    rule("2310B/name", Is(9, 0, Kind::ItemNpi)),
    rule("2310B/specialty", Chance(50)),
    rule("2310C", Chance(10)),
    rule("2400/professional_service", Is(2, 0, Kind::LineCharge)),
    rule("2400/professional_service", Is(4, 0, Kind::Units)),
    rule("2400/professional_service", Is(7, 1, Kind::OneOf(&["1"]))),
];

/// A hospital's outpatients: whoever is admitted brings more than one rule can say.
const INSTITUTIONAL: &[Rule] = &[
    rule("2000B/subscriber_information", Is(9, 0, Kind::OneOf(&["CI", "CI", "BL", "MA", "MC", "HM"]))),
    rule("2300/claim_information", Is(5, 1, Kind::OneOf(&["13", "13", "13", "85"]))),
    rule("2300/statement_dates", Is(3, 0, Kind::ItemPeriod)),
    rule("2300/institutional_codes", With(&[2])),
    rule("2300/institutional_codes", Is(1, 0, Kind::OneOf(&["3"]))),
    rule("2300/institutional_codes", Is(2, 0, Kind::OneOf(&["1", "1", "2"]))),
    rule("2300/institutional_codes", Is(3, 0, Kind::OneOf(&["01"]))),
    rule("2300/patient_estimated_due", Chance(10)),
    rule("2300/medical_record", Chance(60)),
    rule("2310A", Chance(100)),
    rule("2310A/name", Is(9, 0, Kind::ItemNpi)),
    rule("2310A/specialty", Chance(50)),
    rule("2310B", Chance(10)),
    rule("2310F", Chance(10)),
    rule("2400/institutional_service", With(&[2])),
    rule("2400/institutional_service", Is(1, 0, Kind::OneOf(&["0300", "0510", "0519", "0771"]))),
    rule("2400/institutional_service", Is(3, 0, Kind::LineCharge)),
    rule("2400/institutional_service", Is(5, 0, Kind::Units)),
    rule("2400/service_date", Chance(100)),
    rule("2400/service_date", Is(3, 0, Kind::ItemDay)),
];

/// A dentist's everyday lines: teeth and orthodontics would need codes that go together.
const DENTAL: &[Rule] = &[
    rule("2000B/subscriber_information", Is(9, 0, Kind::OneOf(&["CI", "CI", "BL", "MC", "HM"]))),
    rule("2300/claim_information", Is(5, 1, Kind::OneOf(&["11", "11", "11", "22"]))),
    rule("2300/claim_information", Is(6, 0, Kind::OneOf(&["Y"]))),
    rule("2300/service_date", Chance(100)),
    rule("2300/service_date", Is(3, 0, Kind::ItemDay)),
    rule("2300/patient_paid", Chance(10)),
    rule("2310B", Chance(50)),
    rule("2310B", WhenBad),
    rule("2310B/name", Is(9, 0, Kind::ItemNpi)),
    rule("2310B/specialty", Chance(50)),
    rule("2310C", Chance(10)),
    rule("2400/dental_service", With(&[6])),
    rule("2400/dental_service", Is(1, 2, Kind::OneOf(&["D0120", "D1110"]))),
    rule("2400/dental_service", Is(2, 0, Kind::LineCharge)),
    rule("2400/dental_service", Is(6, 0, Kind::OneOf(&["1"]))),
];
