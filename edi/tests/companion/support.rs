//! Companions from text, and what they find in a file.

use tradewind_edi::{Companion, Finding, Guides, Options, Visitor, engine};

pub(crate) const CLAIM: &str = include_str!("../../../fixtures/x12/005010X222A1/ok/0001_one_claim.edi");
pub(crate) const PAYMENT: &str = include_str!("../../../fixtures/x12/005010X221A1/ok/0001_claims_of_every_kind.edi");

pub(crate) fn head(guide: &str) -> String {
    format!("companion example\n  guide {guide}\n  name Example Health Plan\n")
}

pub(crate) fn read(guide: &str, body: &str) -> Companion {
    Companion::read("example.txt", &(head(guide) + body), &Guides::built_in())
        .unwrap_or_else(|errors| panic!("{errors:?}"))
}

/// What is wrong with a file, with the line of each; the head has three lines.
pub(crate) fn wrong(guide: &str, body: &str) -> Vec<String> {
    let errors = Companion::read("example.txt", &(head(guide) + body), &Guides::built_in()).unwrap_err();
    errors.iter().map(ToString::to_string).collect()
}

#[derive(Default)]
pub(crate) struct All(pub(crate) Vec<Finding>);

impl Visitor for All {
    fn finding(&mut self, finding: &Finding) {
        self.0.push(finding.clone());
    }
}

pub(crate) fn findings(file: &str, companions: &[Companion]) -> Vec<Finding> {
    let mut all = All::default();
    engine::run(file.as_bytes(), Options { companions: companions.to_vec(), ..Options::default() }, &mut all).unwrap();
    all.0
}

/// As `findings`, of a file that may be cut short, and however many there are.
pub(crate) fn quiet(file: &str, companions: &[Companion]) -> Vec<Finding> {
    let mut all = All::default();
    let mut options = Options { companions: companions.to_vec(), ..Options::default() };
    options.limits.findings_per_set_max = u32::MAX;
    let _refused = engine::run(file.as_bytes(), options, &mut all);
    all.0
}
/// Each finding as its rule and place.
pub(crate) fn told(file: &str, companions: &[Companion]) -> Vec<String> {
    let place = |finding: &Finding| {
        let place = &finding.place;
        let id = place.segment_id.map(|id| id.to_string()).unwrap_or_default();
        let mut at = format!("{} {id}", place.loop_path).trim().to_owned();
        if place.element > 0 {
            at += &format!("{:02}", place.element);
        }
        for (sign, part) in [("-", place.component), ("#", place.repetition)] {
            if part > 0 {
                at += &format!("{sign}{part}");
            }
        }
        format!("{} {at}", finding.rule)
    };
    findings(file, companions).iter().map(place).collect()
}

/// The file with other text, SE01 counted anew.
pub(crate) fn edited(file: &str, from: &str, to: &str) -> String {
    assert!(file.contains(from), "{from}");
    let text = file.replacen(from, to, 1);
    let (start, end) = (text.find("\nST*").unwrap() + 1, text.find("\nSE*").unwrap() + 1);
    let count = text[start..end].matches('~').count() + 1;
    let (before, trailer) = text.split_at(end);
    let behind = trailer.splitn(3, '*').nth(2).unwrap();
    format!("{before}SE*{count}*{behind}")
}
