//! What `validate` tells people.

use std::fs;
use std::path::Path;

use tempfile::{TempDir, tempdir};

use crate::support::program::{Ran, run, run_with};

/// A folder with `bad.edi`: 6 claims, every second one bad.
fn folder() -> TempDir {
    let folder = tempdir().unwrap();
    assert_eq!(run(folder.path(), "generate 005010X222A1 --count 6 --seed 3 --bad-every 2 -o bad.edi").code, 0);
    folder
}

/// Values of the bad file that must not be seen: names, identifiers, street.
fn values(folder: &Path) -> Vec<String> {
    let text = fs::read_to_string(folder.join("bad.edi")).unwrap();
    let wanted = [("NM1*IL", 9), ("CLM", 1), ("NM1*82", 9), ("N3", 1)];
    let of = |line: &str| {
        let (_, element) = wanted.iter().find(|(segment, _)| line.starts_with(segment))?;
        line.trim_end_matches('~').split('*').nth(*element).map(str::to_owned)
    };
    let values: Vec<String> = text.lines().filter_map(of).collect();
    assert!(values.len() > 12);
    values
}

#[test]
fn values_are_masked_unless_they_are_asked_for() {
    let folder = folder();
    let values = values(folder.path());
    let shown = |ran: &Ran| values.iter().filter(|value| ran.text().contains(value.as_str())).count();
    let masked = run(folder.path(), "validate bad.edi");
    assert_eq!((masked.code, shown(&masked)), (1, 0), "{}", masked.text());
    assert!(masked.text().contains("| NM1*99*9*x"), "{}", masked.text());
    assert_eq!(shown(&run(folder.path(), "validate bad.edi --json")), 0);
    assert!(shown(&run(folder.path(), "validate bad.edi --show-values")) > 0);
}

/// The characters above carets.
fn pointed_at(segment: &str, carets: &str) -> String {
    segment.chars().zip(carets.chars()).filter(|(_, caret)| *caret == '^').map(|(shown, _)| shown).collect()
}

#[test]
fn a_group_tells_its_place_points_at_it_and_says_how_to_mend_it() {
    let folder = folder();
    let text = run(folder.path(), "validate bad.edi").text().to_owned();
    let lines: Vec<&str> = text.lines().collect();
    assert!(lines[1].contains("interchange 1: test, version 00501, 1 set(s), 6 item(s), 3 of them rejected; accepted"));
    assert!(lines[2].contains("837 005010X222A1: 1 set(s)") && lines[2].contains("charges "));
    let at = lines.iter().position(|line| line.contains("[npi-check-digit, SNIP 5, 277CA A7:562:82]")).unwrap();
    assert!(lines[at].contains("NM109 (identification code) in 2000A/2000B/2300/2310B (rendering provider)"), "{text}");
    assert!(lines[at - 1].starts_with("  error: "));
    assert_eq!(pointed_at(lines[at + 1], lines[at + 2]), "9999999999");
    assert!(lines[at + 3].starts_with("    at interchange 1, group 1, set 1, segment "), "{text}");
    assert!(lines[at + 4].starts_with("    to mend: "), "{text}");
    let at = lines.iter().position(|line| line.contains("[claim-charge-total, SNIP 3,")).unwrap();
    assert!(lines[at - 1].starts_with("  error, 2 times: "), "{text}");
    assert!(lines[at + 1].trim_start().starts_with("| CLM*"), "a finding at its loop's end shows its segment");
}

#[test]
fn one_fault_a_thousand_times_is_one_line_with_a_count() {
    let folder = tempdir().unwrap();
    let bad = run(folder.path(), "generate 005010X222A1 --count 3000 --bad-every 1 --items-per-set 3000");
    let ran = run_with(folder.path(), "validate -", &bad.stdout);
    let text = ran.text();
    assert_eq!(ran.code, 1);
    assert!(text.lines().count() < 100, "{} lines", text.lines().count());
    let errors: u64 = text.lines().last().unwrap().trim().split(' ').next().unwrap().replace(',', "").parse().unwrap();
    assert!(errors >= 3000, "all are counted, beyond what is told of a set: {errors}");
    let told = text.lines().filter(|line| line.starts_with("  error")).map(|line| {
        let times =
            line.split_once(", ").and_then(|(_, rest)| rest.split_once(" times")).map_or("1", |(times, _)| times);
        times.replace(',', "").parse::<u64>().unwrap()
    });
    assert_eq!(told.sum::<u64>(), errors);
    assert!(text.contains("; segment ") && text.contains(" more\n"), "{text}");
}

#[test]
fn counts_by_snip_type_stand_at_the_end() {
    let folder = folder();
    let text = run(folder.path(), "validate bad.edi").text().to_owned();
    let lines: Vec<Vec<&str>> = text.lines().rev().take(4).map(|line| line.split_whitespace().collect()).collect();
    assert_eq!(lines[0].join(" "), "3 error(s), 0 warning(s)");
    assert_eq!(lines[1], ["5", "code", "sets", "1", "0", "0"]);
    assert_eq!(lines[2], ["3", "balancing", "2", "0", "0"]);
}

#[test]
fn a_pipe_shows_the_same_as_a_file() {
    let folder = folder();
    let of_file = run(folder.path(), "validate bad.edi").text().replacen("bad.edi", "standard input", 1);
    assert_eq!(
        run_with(folder.path(), "validate -", &fs::read(folder.path().join("bad.edi")).unwrap()).text(),
        of_file
    );
}

#[test]
fn severities_and_the_character_set_can_be_chosen() {
    let folder = folder();
    let code = |options: &str| run(folder.path(), &format!("validate bad.edi {options}")).code;
    assert_eq!(code("--severity claim-charge-total=warning"), 1);
    assert_eq!(code("--severity claim-charge-total=warning --severity npi-check-digit=info"), 0);
    assert_eq!(code("--severity 3=warning --severity 5=warning"), 0);
    // What is named last counts, and a rule's name goes before its type.
    assert_eq!(code("--severity 3=warning --severity 5=warning --severity npi-check-digit=error"), 1);
    assert_eq!(code("--severity npi-check-digit=error --severity npi-check-digit=info --severity 3=info"), 0);
    for wrong in ["no-such-rule=error", "3=bad", "3", "8=error"] {
        assert_eq!(code(&format!("--severity {wrong}")), 2, "{wrong}");
    }
    assert_eq!(run(folder.path(), "generate 005010X222A1 --count 1 -o good.edi").code, 0);
    let lower = fs::read_to_string(folder.path().join("good.edi")).unwrap().replacen("N3*", "N3*lower case ", 1);
    fs::write(folder.path().join("lower.edi"), lower).unwrap();
    assert_eq!(run(folder.path(), "validate lower.edi --character-set extended").code, 0);
    let basic = run(folder.path(), "validate lower.edi --character-set basic");
    assert!(basic.code == 1 && basic.text().contains("[character, SNIP 1, IK403 6]"), "{}", basic.text());
    assert_eq!(run(folder.path(), "validate lower.edi --character-set wide").code, 2);
}
