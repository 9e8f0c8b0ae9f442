//! The checks that the tables and the envelope make: id, SNIP type, severity and page of each. Rules beyond the tables stand in
//! [`super::rules`].

mod elements;
mod envelope;
mod segments;

pub(crate) use elements::*;
pub(crate) use envelope::*;
pub(crate) use segments::*;

use crate::finding::{RuleId, RuleInfo, Severity, Snip};

const fn error(id: &'static str, snip: Snip, page: &'static str) -> RuleInfo {
    RuleInfo { id: RuleId(id), snip, severity: Severity::Error, source: page }
}

const fn warning(id: &'static str, snip: Snip, page: &'static str) -> RuleInfo {
    RuleInfo { id: RuleId(id), snip, severity: Severity::Warning, source: page }
}

const fn info(id: &'static str, snip: Snip, page: &'static str) -> RuleInfo {
    RuleInfo { id: RuleId(id), snip, severity: Severity::Info, source: page }
}

/// All of them, by their page under docs/rules.
pub(crate) static ALL: [(&str, &[&RuleInfo]); 3] =
    [("elements", elements::ALL), ("segments", segments::ALL), ("envelope", envelope::ALL)];
