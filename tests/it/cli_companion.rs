//! Companion guides through the program: `validate` and `ack --companion`, `guide diff` and `show`, a partner's configuration.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use tempfile::tempdir;

use crate::support::program::run;

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/companion");

fn files(name: &str, kind: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(Path::new(FOLDER).join(name).join(kind)).unwrap();
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

/// The rules and SNIP types of a file's findings under these options.
fn rules(file: &Path, options: &str) -> Vec<(String, u64)> {
    let ran = run(tempdir().unwrap().path(), &format!("validate --json{options} {}", file.display()));
    let json: Value = serde_json::from_slice(&ran.stdout).unwrap_or_else(|error| panic!("{error}: {}", ran.stderr));
    let findings = json["findings"].as_array().unwrap().iter();
    findings.map(|finding| (finding["rule"].as_str().unwrap().to_owned(), finding["snip"].as_u64().unwrap())).collect()
}

#[test]
fn each_file_breaks_what_it_is_named_after_and_the_nearest_keeps_it() {
    let mut broken = Vec::new();
    for name in ["example-health-plan", "example-inquiries"] {
        let option = format!(" --companion {FOLDER}/{name}.txt");
        for file in files(name, "err") {
            let rule = file.file_stem().unwrap().to_str().unwrap().split_once('_').unwrap().1.to_owned();
            assert_eq!(rules(&file, &option), [(format!("{name}/{rule}"), 7)], "{}", file.display());
            assert_eq!(rules(&file, ""), [], "{} without the companion", file.display());
            broken.push(rule);
        }
        for file in files(name, "ok") {
            assert_eq!(rules(&file, &option), [], "{}", file.display());
        }
    }
    let kinds = "code element-missing element-not-used large-claims-have-a-note length member-number missing not-judged \
                 not-used notes-are-short over-max repetitions";
    broken.sort();
    broken.dedup();
    assert_eq!(broken.join(" "), kinds);
}

#[test]
fn its_findings_reject_and_yield_to_severities_and_types() {
    let folder = tempdir().unwrap();
    let file = files("example-health-plan", "err").remove(0);
    let validate = |options: &str| {
        run(
            folder.path(),
            &format!("validate --companion {FOLDER}/example-health-plan.txt {options} {}", file.display()),
        )
    };
    let plain = validate("--snip 7");
    assert_eq!(plain.code, 1, "{}", plain.stderr);
    assert!(plain.text().contains("expected by Example Health Plan: this segment before here"), "{}", plain.text());
    assert!(
        plain.text().contains("SNIP 7") || plain.text().contains("example-health-plan/missing"),
        "{}",
        plain.text()
    );
    assert_eq!(validate("--snip 6").code, 0);
    assert_eq!(validate("--severity example-health-plan/missing=warning").code, 0);
    assert_eq!(validate("--severity 7=info").code, 0);
    // Several are asked side by side; the other one is for another guide.
    assert_eq!(validate(&format!("--companion {FOLDER}/example-inquiries.txt")).code, 1);
}

#[test]
fn a_claim_is_refused_in_the_277ca_and_an_inquiry_in_the_999() {
    let folder = tempdir().unwrap();
    let ack = |name: &str, file: &str, kind: &str| {
        let line =
            format!("ack --companion {FOLDER}/{name}.txt --at 202603040506 --type {kind} {FOLDER}/{name}/{file}");
        run(folder.path(), &line)
    };
    let x999 = ack("example-health-plan", "err/0010_code.edi", "999");
    assert_eq!(x999.code, 1, "{}", x999.stderr);
    assert!(x999.text().contains("IK5*E~") && !x999.text().contains("IK3*"), "{}", x999.text());
    let claims = ack("example-health-plan", "err/0010_code.edi", "277ca");
    assert!(claims.text().contains("STC*A7:"), "{}", claims.text());
    let missing = ack("example-health-plan", "err/0001_missing.edi", "277ca");
    assert!(missing.text().contains("STC*A6:"), "{}", missing.text());
    let member = ack("example-health-plan", "err/0012_large-claims-have-a-note.edi", "277ca");
    assert!(member.text().contains("STC*A6:481"), "{}", member.text());
    let taken = ack("example-health-plan", "ok/0001_missing.edi", "277ca");
    assert!(taken.code == 0 && !taken.text().contains("STC*A6:"), "{}", taken.text());
    let inquiry = ack("example-inquiries", "err/0001_repetitions.edi", "999");
    assert!(inquiry.text().contains("IK4*1*1365*12") && inquiry.text().contains("IK5*R*I5"), "{}", inquiry.text());
    for acknowledgment in [x999, claims, inquiry] {
        fs::write(folder.path().join("ack.edi"), &acknowledgment.stdout).unwrap();
        let valid = run(folder.path(), "validate ack.edi");
        assert_eq!(valid.code, 0, "{}", valid.text());
    }
}

#[test]
fn every_mistake_of_a_file_is_told_at_its_line() {
    let folder = tempdir().unwrap();
    let text = "companion mine\n  guide 005010X222A1\n  name Mine\nloop 2300\n  segment CLM\n    02 N\n\n# Page.\nrule a\n  \
                expression item.a ==\n    )\n  message \"expected a, found b\"\n  claim A7 481\n  code segment I9\n";
    fs::write(folder.path().join("mine.txt"), text).unwrap();
    let clean = files("example-health-plan", "ok").remove(0);
    for line in [
        format!("validate --companion mine.txt {}", clean.display()),
        format!("ack --companion mine.txt {}", clean.display()),
        "guide show mine.txt".to_owned(),
    ] {
        let ran = run(folder.path(), &line);
        assert_eq!(ran.code, 2, "{line}");
        assert!(ran.stderr.contains("mine.txt:6: expected nothing that the guide does not allow"), "{}", ran.stderr);
        assert!(ran.stderr.contains("mine.txt:11: expected at column 5"), "{}", ran.stderr);
        assert!(ran.text().is_empty(), "{}", ran.text());
    }
}

#[test]
fn guide_diff_and_show_take_a_companion() {
    let folder = tempdir().unwrap();
    let diff = run(folder.path(), &format!("guide diff 005010X222A1 {FOLDER}/example-health-plan.txt"));
    assert_eq!(diff.code, 1, "{}", diff.stderr);
    for line in [
        "1000A NM109 name.identification_code: length 2/80 → 2/8",
        "2000A/2000B SBR03 subscriber_information.group_or_policy_number: usage situational → required",
        "2000A/2000B/2010BA NM105 name.middle_name: usage situational → not used",
        "2000A/2000B/2300 REF prior_authorization: usage situational → required",
        "2000A/2000B/2300 PWK supplemental_information: usage situational → not used",
        "2000A/2000B/2300 K3 file_information: repeat 10 → 2",
        "2000A/2000B/2300/2310A referring_provider: repeat 2 → 1",
        "2000A/2000B/2300/2310D supervising_provider: usage situational → not used",
        "2000A/2000B/2000C/2300/2310B rendering_provider: usage situational → required",
    ] {
        assert!(diff.text().lines().any(|found| found == line), "{line}\n{}", diff.text());
    }
    let codes = diff.text().lines().find(|line| line.contains("SBR09")).unwrap();
    assert!(codes.contains("codes removed: 11 12 "), "{codes}");
    let page = run(folder.path(), &format!("guide show {FOLDER}/example-health-plan.txt 2010BA"));
    assert!(page.text().contains("| NM104 |") && !page.text().contains("| NM105 |"), "{}", page.text());
}

#[test]
fn a_partners_companions_are_checked_with_its_configuration() {
    let folder = tempdir().unwrap();
    let partners = folder.path().join("home/partners");
    fs::create_dir_all(&partners).unwrap();
    let partner = |snip: u8| {
        let text = format!(
            "[[identity]]\nqualifier = \"ZZ\"\nid = \"PLAN\"\n[receive]\nsnip = {snip}\ncompanions = [\"guides/plan.txt\"]\n"
        );
        fs::write(partners.join("plan.toml"), text).unwrap();
    };
    let check = || run(folder.path(), "check --home home");
    partner(7);
    assert!(check().stderr.contains("plan.txt: cannot be read"), "{}", check().stderr);
    fs::create_dir(partners.join("guides")).unwrap();
    fs::copy(format!("{FOLDER}/example-health-plan.txt"), partners.join("guides/plan.txt")).unwrap();
    assert_eq!(check().code, 0, "{}", check().stderr);
    partner(5);
    assert!(check().stderr.contains("expected `snip = 7`"), "{}", check().stderr);
    partner(7);
    fs::write(partners.join("guides/plan.txt"), "companion plan\n  guide 005010X222A1\n  name Plan\nloop 2300 S 9\n")
        .unwrap();
    let faulty = check();
    assert_eq!(faulty.code, 1);
    assert!(
        faulty.stderr.contains("plan.txt: line 4: expected nothing that the guide does not allow"),
        "{}",
        faulty.stderr
    );
}
