//! What the trade expects of a set beyond what its guide demands.

use super::kind::Kind;

/// One expectation of a loop or segment, named by the end of its path: loops by their ids, a segment by its name.
pub(super) struct Rule {
    pub(super) path: &'static str,
    pub(super) then: Then,
}

/// What is expected.
#[derive(Clone, Copy)]
pub(super) enum Then {
    /// It is there so many times in a hundred.
    Chance(u8),
    /// It is always there in a claim whose provider shall be bad, whatever its chance.
    WhenBad,
    /// It is there only in an item, not in an ancestor of one.
    ItemOnly,
    /// It comes once for each service line.
    Lines,
    /// These of its situational elements are there.
    With(&'static [u8]),
    /// What stands in an element: position, component (0 for a simple one), value.
    Is(u8, u8, Kind),
    /// An element that begins here writes itself and all behind it.
    Rest(u8, Kind),
}

const fn rule(path: &'static str, then: Then) -> Rule {
    Rule { path, then }
}

/// The rules of a set.
pub(super) fn of(set: &str) -> &'static [Rule] {
    match set {
        "837" => CLAIM,
        "270" => INQUIRY,
        "271" => ANSWER,
        _ => &[],
    }
}

use Then::{Chance, Is, ItemOnly, Lines, Rest, WhenBad, With};

const CLAIM: &[Rule] = &[
    rule("transaction_header", Is(6, 0, Kind::OneOf(&["CH"]))),
    rule("2000A/specialty", Chance(60)),
    rule("2010AA/contact", Chance(30)),
    rule("2000B/subscriber_information", With(&[2, 9])),
    rule("2000B/subscriber_information", Is(1, 0, Kind::OneOf(&["P"]))),
    rule("2000B/subscriber_information", Is(2, 0, Kind::Relation)),
    rule("2000B/subscriber_information", Is(9, 0, Kind::OneOf(&["CI", "CI", "BL", "MB", "MC", "HM"]))),
    rule("2010BA/address", Chance(100)),
    rule("2010BA/city_state_zip", Chance(100)),
    rule("2010BA/demographics", Chance(100)),
    rule("2010BA/demographics", Is(3, 0, Kind::OneOf(&["F", "M"]))),
    rule("2000C/patient_information", Is(1, 0, Kind::OneOf(&["19", "19", "01", "G8"]))),
    rule("2010CA/demographics", Is(3, 0, Kind::OneOf(&["F", "M"]))),
    rule("2300/claim_information", Is(2, 0, Kind::ClaimTotal)),
    rule("2300/claim_information", Is(5, 1, Kind::OneOf(&["11", "11", "11", "22", "19"]))),
    rule("2300/claim_information", Is(5, 3, Kind::OneOf(&["1"]))),
    rule("2300/claim_information", Is(6, 0, Kind::OneOf(&["Y"]))),
    rule("2300/onset_date", Chance(10)),
    rule("2300/patient_paid", Chance(10)),
    rule("2300/prior_authorization", Chance(8)),
    rule("2300/referral", Chance(5)),
    rule("2300/medical_record", Chance(30)),
    rule("2300/claim_note", Chance(5)),
    rule("2300/diagnosis", Rest(1, Kind::Diagnoses)),
    rule("2310A", Chance(15)),
    rule("2310B", Chance(50)),
    rule("2310B", WhenBad),
    rule("2310B/name", Is(9, 0, Kind::ItemNpi)),
    rule("2310B/specialty", Chance(50)),
    rule("2310C", Chance(10)),
    rule("2400", Lines),
    rule("2400/professional_service", Is(2, 0, Kind::LineCharge)),
    rule("2400/professional_service", Is(4, 0, Kind::Units)),
    rule("2400/professional_service", Is(7, 1, Kind::OneOf(&["1"]))),
    rule("2400/line_item_control_number", Chance(30)),
];

const INQUIRY: &[Rule] = &[
    rule("transaction_header", With(&[3])),
    rule("2000C/trace", Chance(100)),
    rule("2000C/trace", ItemOnly),
    rule("2000D/trace", Chance(100)),
    rule("2000D/trace", ItemOnly),
    rule("2100C/name", With(&[3])),
    rule("2100D/name", With(&[3])),
    rule("2100C/demographics", Chance(100)),
    rule("2100D/demographics", Chance(100)),
    rule("2100C/demographics", Is(3, 0, Kind::OneOf(&["F", "M"]))),
    rule("2100D/demographics", Is(3, 0, Kind::OneOf(&["F", "M"]))),
    rule("2100C/date", Chance(60)),
    rule("2100D/date", Chance(60)),
    rule("2110C/inquiry", With(&[1])),
    rule("2110D/inquiry", With(&[1])),
];

const ANSWER: &[Rule] = &[
    rule("transaction_header", With(&[3])),
    rule("2000C/trace", Chance(100)),
    rule("2000C/trace", ItemOnly),
    rule("2000D/trace", Chance(100)),
    rule("2000D/trace", ItemOnly),
    rule("2000C/trace", Is(1, 0, Kind::OneOf(&["2"]))),
    rule("2000D/trace", Is(1, 0, Kind::OneOf(&["2"]))),
    rule("2100C/name", With(&[3])),
    rule("2100D/name", With(&[3])),
    rule("2100C/address", Chance(60)),
    rule("2100C/city_state_zip", Chance(100)),
    rule("2100C/demographics", Chance(100)),
    rule("2100D/demographics", Chance(100)),
    rule("2100C/demographics", Is(3, 0, Kind::OneOf(&["F", "M"]))),
    rule("2100D/demographics", Is(3, 0, Kind::OneOf(&["F", "M"]))),
    rule("2110C", Chance(100)),
    rule("2110C", ItemOnly),
    rule("2110D", Chance(100)),
    rule("2110C/benefit", With(&[3])),
    rule("2110D/benefit", With(&[3])),
    rule("2110C/benefit", Is(1, 0, Kind::OneOf(&["1"]))),
    rule("2110D/benefit", Is(1, 0, Kind::OneOf(&["1"]))),
];
