//! The findings that tightened tables give, by kind: name, severity and page.

use crate::finding::{RuleId, RuleInfo, Severity, Snip};
use crate::validate::rules::{kept, kept_info};

/// What a companion's tables find.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A loop or segment that it requires does not come.
    Missing,
    /// A loop or segment that it forbids comes.
    NotUsed,
    /// A loop or segment comes more often than it may.
    OverMax,
    /// An element or component that it requires does not stand.
    ElementMissing,
    /// An element or component that it forbids stands.
    ElementNotUsed,
    /// A value is longer or shorter than it may be.
    Length,
    /// A code that it does not take.
    Code,
    /// An element repeats more often than it may.
    Repetitions,
    /// A rule's expression could not be evaluated.
    NotJudged,
}

const ALL: [(Kind, &str, &str); 9] = [
    (Kind::Missing, "missing", "A loop or segment that the companion guide requires is there."),
    (Kind::NotUsed, "not-used", "A loop or segment that the companion guide forbids is not there."),
    (Kind::OverMax, "over-max", "A loop or segment stands no more often than the companion guide lets it."),
    (Kind::ElementMissing, "element-missing", "An element that the companion guide requires has a value."),
    (Kind::ElementNotUsed, "element-not-used", "An element that the companion guide forbids is empty."),
    (Kind::Length, "length", "A value is as long as the companion guide asks for."),
    (Kind::Code, "code", "A code is one of those that the companion guide takes."),
    (Kind::Repetitions, "repetitions", "An element repeats no more often than the companion guide lets it."),
    (Kind::NotJudged, "not-judged", "The expression of each of its rules can be evaluated for the item."),
];

/// The kinds as rules of one companion.
pub(super) struct Kinds([(Kind, &'static RuleInfo); 9]);

/// Whether a rule's name is taken by one of the kinds.
pub(super) fn is_taken(name: &str) -> bool {
    ALL.iter().any(|(_, taken, _)| *taken == name)
}

impl Kinds {
    pub(super) fn new(companion: &str) -> Self {
        Self(ALL.map(|(kind, name, page)| {
            let id = RuleId(kept(&format!("{companion}/{name}")));
            // Whoever wrote the rule is to blame, not whoever sent the file.
            let severity = if kind == Kind::NotJudged { Severity::Warning } else { Severity::Error };
            (kind, kept_info(RuleInfo { id, snip: Snip::Partner, severity, source: page }))
        }))
    }

    pub(super) fn info(&self, kind: Kind) -> &'static RuleInfo {
        let [first, ..] = &self.0;
        self.0.iter().find(|(of, _)| *of == kind).unwrap_or(first).1
    }
}
