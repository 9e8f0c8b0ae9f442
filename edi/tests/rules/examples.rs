//! Examples are true, and a rule asks what its guides have.

use crate::support::{Read, fixture, folder, is_asked, lists, run, run_all, together};
use tradewind_edi::finding::RuleInfo;
use tradewind_edi::validate::rules::{Example, Rules, check_in, names, rules as all};
use tradewind_edi::{Guides, Snip};

pub(crate) fn file(example: &Example) -> Result<Vec<u8>, String> {
    let bytes = fixture(&example.fixture)?;
    if example.is_plain() {
        return Ok(bytes);
    }
    let text = String::from_utf8(bytes).map_err(|_| "expected a fixture of text".to_owned())?;
    example.apply(&text).map(String::into_bytes)
}

fn problem(read: &Read, example: &Example, rules: &Rules) -> Option<String> {
    let name = read.rule.info().id.0;
    let (kind, bytes) = (if example.fails { "fails" } else { "passes" }, file(example));
    let found = match bytes {
        Ok(bytes) => run(&bytes, rules).0,
        Err(problem) => return Some(format!("rules/{}:{}: {kind}: {problem}", read.file, example.line)),
    };
    let told: Vec<&str> = found.iter().map(|(_, told)| told.as_str()).collect();
    let right = match example.fails {
        true => !found.is_empty() && found.iter().all(|(rule, _)| rule == name),
        false => found.is_empty(),
    };
    let wanted = if example.fails { "this rule alone" } else { "nothing" };
    (!right).then(|| format!("rules/{}:{}: {kind}: expected {wanted}, found {told:#?}", read.file, example.line))
}

#[test]
fn a_rule_fails_what_it_says_and_passes_what_is_nearest() {
    let read = folder();
    let rules = together(&read);
    let mut wrong = Vec::new();
    for read in read.iter().filter(|read| is_asked(read.rule.info().id.0)) {
        let examples = read.rule.examples();
        for fails in [true, false] {
            if !examples.iter().any(|example| example.fails == fails) {
                wrong.push(format!(
                    "rules/{}: expected an example that it {}",
                    read.file,
                    if fails { "fails" } else { "passes" }
                ));
            }
        }
        wrong.extend(examples.iter().filter_map(|example| problem(read, example, &rules)));
    }
    assert!(wrong.is_empty(), "{} problems:\n{}", wrong.len(), wrong.join("\n"));
}

/// A rule that is not data: its examples stand in its page.
fn problem_of_page(info: &RuleInfo, example: &Example, rules: &Rules) -> Option<String> {
    let found = match file(example) {
        Ok(bytes) => run_all(&bytes, rules).0,
        Err(problem) => return Some(format!("{}, line {} of its page: {problem}", info.id, example.line)),
    };
    let told: Vec<&str> = found.iter().map(|(_, told)| told.as_str()).take(20).collect();
    let own = found.iter().any(|(rule, _)| rule == info.id.0);
    let others = found.iter().any(|(rule, _)| rule != info.id.0);
    // What is wrong by the tables is seldom wrong alone.
    let right = own == example.fails && (info.snip <= Snip::Guide || !others);
    let kind = if example.fails { "fails" } else { "passes" };
    (!right).then(|| format!("{}, line {} of its page: {kind}: found {told:#?}", info.id, example.line))
}

#[test]
fn a_rule_in_rust_fails_what_its_page_says_and_passes_what_is_nearest() {
    let read = folder();
    let rules = together(&read);
    let is_data = |info: &RuleInfo| Rules::built_in().iter().any(|rule| rule.info().id == info.id);
    let mut wrong = Vec::new();
    for info in all().filter(|info| is_asked(info.id.0) && !is_data(info)) {
        let examples = match info.examples() {
            Ok(examples) => examples,
            Err(problem) => {
                wrong.push(format!("{}: {problem}", info.id));
                continue;
            }
        };
        for (fails, kind) in [(true, "fails"), (false, "passes")] {
            if !examples.iter().any(|example| example.fails == fails) {
                wrong.push(format!("{}: expected an example that it {kind} in its page", info.id));
            }
        }
        wrong.extend(examples.iter().filter_map(|example| problem_of_page(info, example, &rules)));
    }
    assert!(wrong.is_empty(), "{} problems:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn a_rule_asks_what_its_guides_have() {
    let mut wrong = Vec::new();
    for read in folder().iter().filter(|read| is_asked(read.rule.info().id.0)) {
        let guides = Guides::built_in();
        let named: Vec<_> = guides.iter().filter(|guide| read.rule.is_for(guide)).collect();
        for set in read.rule.sets() {
            if !guides.iter().any(|guide| names(set, guide)) {
                wrong.push(format!("rules/{}: expected a known set or revision behind `sets`, found {set}", read.file));
            }
        }
        let checked: Vec<_> =
            named.iter().map(|guide| check_in(&read.rule, &lists(), guide)).filter(|(bound, _)| *bound > 0).collect();
        let Some((first, others)) = checked.split_first() else {
            wrong
                .push(format!("rules/{}: expected a loop or segment of its guides behind `loop` or `each`", read.file));
            continue;
        };
        // What one guide lacks another may have; what none has is a slip.
        for (line, problem) in &first.1 {
            if others.iter().all(|(_, problems)| problems.iter().any(|(other, _)| other == line)) {
                wrong.push(format!("rules/{}:{line}: {problem}", read.file));
            }
        }
        if named.iter().any(|guide| guide.set == "837") && !read.rule.has_claim_status() {
            wrong.push(format!("rules/{}: expected `claim` for the 837, found none", read.file));
        }
    }
    wrong.sort();
    wrong.dedup();
    assert!(wrong.is_empty(), "{} problems:\n{}", wrong.len(), wrong.join("\n"));
}
