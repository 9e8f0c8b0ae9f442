//! What the trade expects of a set beyond what its guide demands.

use super::claims;
use super::kind::Kind;
use crate::guide::Guide;

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

pub(super) const fn rule(path: &'static str, then: Then) -> Rule {
    Rule { path, then }
}

/// The rules of a guide; of two that speak of one thing, the first holds.
pub(super) fn of(guide: &Guide) -> &'static [&'static [Rule]] {
    match &*guide.set {
        "837" => claims::of(&guide.revision),
        "270" => &[INQUIRY],
        "271" => &[ANSWER],
        _ => &[],
    }
}

use Then::{Chance, Is, ItemOnly, With};

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
