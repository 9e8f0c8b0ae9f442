//! `--codes FOLDER`: lists that an operator loads.

use std::fs;
use std::path::Path;

use tempfile::{TempDir, tempdir};

use crate::support::program::run;

const FIXTURE: &str = "fixtures/x12/005010X222A1/ok/0001_one_claim.edi";

/// A folder with `claim.edi`, of a service in February 2026, and an empty folder `codes`.
fn folder() -> TempDir {
    let folder = tempdir().unwrap();
    let claim = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(FIXTURE)).unwrap();
    assert!(claim.contains("SV1*HC:99213*") && claim.contains("DTP*472*D8*20260215"));
    fs::write(folder.path().join("claim.edi"), claim).unwrap();
    fs::create_dir(folder.path().join("codes")).unwrap();
    folder
}

fn list(folder: &TempDir, name: &str, text: &str) {
    fs::write(folder.path().join("codes").join(name), text).unwrap();
}

#[test]
fn a_loaded_list_is_asked_by_the_day_of_the_service() {
    let folder = folder();
    assert_eq!(run(folder.path(), "validate claim.edi").code, 0, "without the list the rule asks nothing");
    for (text, code) in [
        ("99213\n", 0),
        ("99213 20260101..\n", 0),
        ("99213 ..20260215\n", 0),
        ("99213 ..20260214\n", 1),
        ("99213 20260216..\n", 1),
        ("99212\n", 1),
        ("992[01][1-5]\n", 0),
    ] {
        list(&folder, "cpt.txt", text);
        let ran = run(folder.path(), "validate claim.edi --codes codes");
        assert_eq!(ran.code, code, "{text}: {}{}", ran.text(), ran.stderr);
        assert_eq!(ran.text().contains("[procedure-is-listed, SNIP 5, 277CA A7:454]"), code == 1, "{}", ran.text());
    }
}

#[test]
fn a_loaded_list_takes_the_place_of_the_built_in_one() {
    let folder = folder();
    list(&folder, "icd10cm.txt", "J0191\n");
    let ran = run(folder.path(), "validate claim.edi --codes codes");
    assert!(ran.code == 1 && ran.text().contains("[diagnosis-is-of-icd-10-cm, SNIP 5,"), "{}", ran.text());
}

#[test]
fn ack_refuses_a_claim_whose_code_is_not_listed() {
    let folder = folder();
    list(&folder, "cpt.txt", "99212\n");
    let ran = run(folder.path(), "ack claim.edi --type 277ca --codes codes");
    assert!(ran.code == 1 && ran.text().contains("STC*A7:454*"), "{}", ran.text());
    assert_eq!(run(folder.path(), "ack claim.edi --type 277ca").code, 0);
}

#[test]
fn lists_that_do_not_read_are_told_with_file_and_line() {
    let folder = folder();
    assert_eq!(run(folder.path(), "validate claim.edi --codes codes").code, 2, "an empty folder is a slip");
    assert_eq!(run(folder.path(), "validate claim.edi --codes nowhere").code, 2);
    list(&folder, "carc.txt", "# made up\n45\n45\n");
    list(&folder, "cpt.txt", "99213 2026\n");
    for line in ["validate claim.edi --codes codes", "ack claim.edi --codes codes"] {
        let ran = run(folder.path(), line);
        assert!(ran.code == 2 && ran.stdout.is_empty(), "{}", ran.text());
        for told in ["codes/carc.txt: line 3: expected each code once", "codes/cpt.txt: line 1: expected dates"] {
            assert!(ran.stderr.contains(told), "{told} in {}", ran.stderr);
        }
    }
}
