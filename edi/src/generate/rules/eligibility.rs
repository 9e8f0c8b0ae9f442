//! Inquiries about eligibility, and their answers.

use super::Then::{Chance, Is, ItemOnly, With};
use super::{Rule, rule};
use crate::generate::kind::Kind;

pub(super) const INQUIRY: &[Rule] = &[
    rule("transaction_header", With(&[3])),
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
    rule("2110C/inquiry", With(&[1])),
    rule("2110D/inquiry", With(&[1])),
];

pub(super) const ANSWER: &[Rule] = &[
    rule("transaction_header", With(&[3])),
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
