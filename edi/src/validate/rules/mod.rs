//! Rules beyond the tables, one a file; its doc comment is its user's page.
//!
//! A rule says which segments of a guide it wants to see ([`Rule::binds`]) and which loops it wants to see closed
//! ([`Rule::closes`]). It is asked once a guide and engine; a segment that no rule wants costs nothing. A rule binds by segment and element, not
//! by guide, so that a guide that is added as data has it too.

mod bind;
mod built;
mod check;
mod claim_balance;
mod cut;
mod data;
mod facts;
mod format;
mod frame;
mod line_number;
mod lists;
mod memo;
mod notation;
mod one_number_of_a_kind;
mod payment_balance;
mod premium_balance;
mod program;
mod runner;

pub use bind::check as check_in;
pub use data::{DataRule, Rules, names, read};
pub use format::formats;
pub(crate) use format::{box_length, fitting, format as value_format, is_npi};
pub use lists::Lists;
pub use notation::Example;

pub(crate) use check::{Complaint, Rule, Spot};
pub(crate) use data::{Refusal, data_page, kept, kept_info, read_rule};
pub(crate) use runner::{Bound, Runner};

use crate::finding::RuleInfo;
use crate::guide::Guide;

/// Every rule: the tables', the envelope's, and those of this folder.
pub fn rules() -> impl Iterator<Item = &'static RuleInfo> {
    families().map(|(_, info)| info)
}

/// Every rule with the family that it belongs to: a page under docs/rules.
pub fn families() -> impl Iterator<Item = (&'static str, &'static RuleInfo)> {
    let tables = super::catalog::ALL.iter().flat_map(|(family, rules)| rules.iter().map(|info| (*family, *info)));
    let rust = RULES.iter().flat_map(|rule| rule.infos.iter().map(|info| (rule.family, *info)));
    let data = built::RULES.iter().zip(Rules::built_in().iter().map(|rule| rule.info()).collect::<Vec<_>>());
    let data = data.map(|((file, ..), info)| (file.split('/').next().unwrap_or_default(), info));
    tables.chain(rust).chain(data)
}

/// The rule of that name; of a companion guide's, the one that was read last.
pub fn rule(id: &str) -> Option<&'static RuleInfo> {
    if id.contains('/') { data::kept_rule(id) } else { rules().find(|rule| rule.id.0 == id) }
}

/// The rules beyond the tables that look at something of a guide, by SNIP type and name.
pub fn rules_of(guide: &Guide) -> Vec<&'static RuleInfo> {
    let looks = |rule: &&Rule| guide.indexes().any(|node| (rule.binds)(guide, node));
    let ours = RULES.iter().filter(looks).flat_map(|rule| rule.infos.iter().copied());
    let data = Rules::built_in();
    let data =
        data.for_guide(guide).filter(|rule| check_in(rule, &Lists::built_in(), guide).0 > 0).map(|rule| rule.info());
    let mut found: Vec<_> = ours.chain(data).collect();
    found.sort_by_key(|info| (info.snip, info.id));
    found
}

/// The rules of this folder.
pub(crate) static RULES: &[Rule] =
    &[claim_balance::RULE, line_number::RULE, one_number_of_a_kind::RULE, payment_balance::RULE, premium_balance::RULE];

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_rule_has_a_name_of_its_own_and_a_page() {
        let mut names = BTreeSet::new();
        for rule in rules() {
            assert!(names.insert(rule.id), "{} twice", rule.id);
            let page = rule.page();
            assert!(page.contains("Fails") && page.contains("Code"), "{}: {page}", rule.id);
            assert!(!page.contains("//!"));
            let kebab = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
            assert!(rule.id.0.chars().all(kebab), "{}", rule.id);
        }
        assert!(rule("npi-check-digit").is_some());
        assert!(rule("no-such-rule").is_none());
    }
}
