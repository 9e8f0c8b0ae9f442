//! What the trade expects of a set beyond what its guide demands.

mod answers;
mod eligibility;
mod enrollment;
mod payment;
mod premium;
mod review;
mod status;

use super::claims;
use super::kind::Kind;
use super::story::{Fact, Turns};
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
    /// It comes once for each of these.
    Each(Turns),
    /// It is there only in this circumstance; without a chance of its own, always then.
    If(Fact),
    /// The loop is what is counted, where the whole set is one item.
    Unit,
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
        "270" => &[eligibility::INQUIRY],
        "271" => &[eligibility::ANSWER],
        "276" => &[status::REQUEST],
        "277" if guide.revision.starts_with("005010X214") => &[status::ACKNOWLEDGMENT],
        "277" => &[status::ANSWER],
        "278" => &[review::RULES],
        "820" => &[premium::RULES],
        "824" => &[answers::ADVICE],
        "834" => &[enrollment::RULES],
        "835" => &[payment::RULES],
        "999" => &[answers::ACKNOWLEDGMENT],
        _ => &[],
    }
}
