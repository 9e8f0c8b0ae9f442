//! The command line's contract: exit codes, standard input and output, what is shown and what is not.

use std::fs;
use std::io::Read;
use std::path::Path;

use tempfile::{TempDir, tempdir};

use crate::support::program::{run, run_with, tradewind};

/// Each guide that items are generated for, and how many of them.
const GENERATED: [(&str, u64); 3] = [("005010X222A1", 40), ("005010X279A1", 7), ("005010X279A1/271", 7)];

/// A folder with `claims.edi` (5 good claims) and `bad.edi` (6 claims, every second one bad).
fn folder() -> TempDir {
    let folder = tempdir().unwrap();
    for line in [
        "generate 005010X222A1 --count 5 -o claims.edi",
        "generate 005010X222A1 --count 6 --seed 3 --bad-every 2 -o bad.edi",
    ] {
        assert_eq!(run(folder.path(), line).code, 0);
    }
    folder
}

fn read(folder: &Path, name: &str) -> Vec<u8> {
    fs::read(folder.join(name)).unwrap()
}

#[test]
fn what_is_generated_is_valid_and_comes_back_from_json_byte_for_byte() {
    for (guide, count) in GENERATED {
        let folder = tempdir().unwrap();
        let run = |line: &str| run(folder.path(), line);
        assert_eq!(run(&format!("generate {guide} --count {count} --seed 9 -o file.edi")).code, 0);
        let validated = run("validate file.edi");
        assert_eq!(validated.code, 0, "{guide}: {}", validated.text());
        assert!(validated.text().contains(&format!("{count} item(s)")), "{}", validated.text());
        assert_eq!(run("ack file.edi -o file.ack").code, 0, "{guide}");
        assert_eq!(run("validate file.ack").code, 0, "{guide}: {}", run("validate file.ack").text());
        assert_eq!(run("convert file.edi --to json -o file.json").code, 0);
        serde_json::from_slice::<serde_json::Value>(&read(folder.path(), "file.json")).unwrap();
        assert_eq!(run("convert file.json --to x12 -o again.edi").code, 0);
        assert_eq!(read(folder.path(), "again.edi"), read(folder.path(), "file.edi"), "{guide}");
        let lines = run("convert file.edi --to ndjson");
        assert_eq!(lines.text().lines().count() as u64, count, "{guide}");
        for line in lines.text().lines() {
            let item: serde_json::Value = serde_json::from_str(line).unwrap();
            assert_eq!(item["guide"], guide.split('/').next().unwrap());
        }
    }
}

#[test]
fn exit_codes_tell_clean_from_faulty_from_unreadable() {
    let folder = folder();
    fs::write(folder.path().join("text.edi"), "this is no EDI\n").unwrap();
    fs::write(folder.path().join("empty.edi"), "").unwrap();
    let claims = String::from_utf8(read(folder.path(), "claims.edi")).unwrap();
    let torn: Vec<&str> = claims.lines().filter(|segment| !segment.starts_with("GE*")).collect();
    fs::write(folder.path().join("torn.edi"), torn.join("\n")).unwrap();
    for (line, code) in [
        ("validate claims.edi", 0),
        ("validate bad.edi", 1),
        ("validate bad.edi --snip 2", 0),
        ("validate claims.edi bad.edi", 1),
        ("validate text.edi", 2),
        ("validate empty.edi", 2),
        ("validate missing.edi", 2),
        ("validate claims.edi missing.edi", 2),
        ("validate .", 2),
        ("validate", 2),
        ("ack claims.edi", 0),
        ("ack bad.edi", 1),
        ("ack text.edi", 2),
        ("convert claims.edi --to json", 0),
        ("convert bad.edi --to ndjson", 0),
        ("convert torn.edi --to ndjson", 1),
        ("convert text.edi --to json", 2),
        ("convert claims.edi --to x12", 2),
        ("convert claims.edi --to pdf", 2),
        ("explain npi-check-digit", 0),
        ("explain no-such-rule", 2),
        ("explain claims.edi --with text.edi", 2),
        ("generate 005010X999", 2),
        ("no-such-command", 2),
        ("--help", 0),
        ("--version", 0),
    ] {
        let ran = run(folder.path(), line);
        assert_eq!(ran.code, code, "{line}: {}", ran.stderr);
        assert_eq!(
            ran.stderr.is_empty(),
            code == 0 || (code == 1 && !line.contains("ndjson")),
            "{line}: {}",
            ran.stderr
        );
    }
}

#[test]
fn a_minus_is_standard_input_and_output() {
    let folder = folder();
    let claims = read(folder.path(), "claims.edi");
    let validated = run_with(folder.path(), "validate -", &claims);
    assert!(validated.code == 0 && validated.text().starts_with("standard input\n"));
    let json = run_with(folder.path(), "convert - --to json -o -", &claims);
    assert_eq!(run_with(folder.path(), "convert - --to x12 -o -", &json.stdout).stdout, claims);
    let acknowledged = run_with(folder.path(), "ack -", &claims);
    assert_eq!(run_with(folder.path(), "validate -", &acknowledged.stdout).code, 0);
    assert_eq!(run(folder.path(), "generate 005010X222A1 --count 5 -o -").stdout, claims);
}

#[test]
fn a_reader_that_went_away_ends_a_command_quietly() {
    let folder = folder();
    for line in ["generate 005010X222A1 --count 30000", "explain npi-check-digit", "validate bad.edi"] {
        let mut child = tradewind(folder.path()).args(line.split(' ')).spawn().unwrap();
        let mut stdout = child.stdout.take().unwrap();
        if line.starts_with("generate") {
            stdout.read_exact(&mut [0; 100]).unwrap();
        }
        drop(stdout);
        let output = child.wait_with_output().unwrap();
        assert!(output.stderr.is_empty(), "{line}: {}", String::from_utf8_lossy(&output.stderr));
        assert!(matches!(output.status.code(), Some(0..=2)), "{line}: {:?}", output.status);
    }
}

#[test]
fn json_is_one_object_with_files_findings_and_counts() {
    let folder = folder();
    let ran = run(folder.path(), "validate bad.edi claims.edi missing.edi --json");
    assert_eq!(ran.code, 2);
    let report: serde_json::Value = serde_json::from_slice(&ran.stdout).unwrap();
    assert_eq!(report["counts"], serde_json::json!({"error": 3, "warning": 0, "info": 0}));
    let files = report["files"].as_array().unwrap();
    assert_eq!(
        files.iter().map(|file| file["file"].as_str().unwrap()).collect::<Vec<_>>(),
        ["bad.edi", "claims.edi", "missing.edi"]
    );
    assert_eq!(
        (&files[0]["interchanges"][0]["verdict"], &files[0]["sets"][0]["items_rejected"]),
        (&"A".into(), &3.into())
    );
    assert!(files[1]["refused"].is_null() && files[2]["refused"]["message"].is_string());
    let findings = report["findings"].as_array().unwrap();
    assert_eq!(findings.len(), 3);
    let npi = findings.iter().find(|finding| finding["rule"] == "npi-check-digit").unwrap();
    for (key, value) in [("file", "bad.edi"), ("severity", "error"), ("segment", "NM1")] {
        assert_eq!(npi[key], value);
    }
    for (key, value) in [("snip", 5), ("interchange", 1), ("group", 1), ("set", 1), ("element", 9)] {
        assert_eq!(npi[key], value, "{key}");
    }
    assert!(npi["position"].as_u64().unwrap() > 1 && npi["loop"].as_str().unwrap().starts_with("2000A/"));
    assert!(npi["component"].is_null() && npi["message"].is_string());
}

#[test]
fn the_same_seed_gives_the_same_bytes_and_options_have_their_effect() {
    let folder = tempdir().unwrap();
    let made = |options: &str| run(folder.path(), &format!("generate 005010X222A1 {options}")).text().to_owned();
    assert_eq!(made("--count 3 --seed 4"), made("--count 3 --seed 4"));
    assert_ne!(made("--count 3 --seed 4"), made("--count 3 --seed 5"));
    let text = made(
        "--count 3 --usage production --sender 30:SUBMITTER --receiver ZZ:CLEARING --payer PAYER01 --items-per-set 2 --at 202602031415 --one-line",
    );
    assert!(text.contains("*30*SUBMITTER      *ZZ*CLEARING       *260203*1415*") && text.contains("*P*:~"));
    assert_eq!((text.matches("~ST*837*").count(), text.lines().count()), (2, 1));
    assert!(text.contains("*PI*PAYER01~"));
    let unknown = run(folder.path(), "generate nonsense");
    assert!(unknown.stderr.contains("005010X279A1/271"), "{}", unknown.stderr);
}

#[test]
fn an_output_file_appears_whole_or_not_at_all() {
    let folder = folder();
    let claims = read(folder.path(), "claims.edi");
    run(folder.path(), "convert claims.edi --to json -o whole.json");
    let json = read(folder.path(), "whole.json");
    fs::write(folder.path().join("cut.json"), &json[..json.len() / 2]).unwrap();
    assert_eq!(run(folder.path(), "convert cut.json --to x12 -o cut.edi").code, 2);
    assert!(!folder.path().join("cut.edi").exists());
    // A file may be converted onto itself, since it is replaced at the end.
    assert_eq!(run(folder.path(), "convert whole.json --to x12 -o whole.json").code, 0);
    assert_eq!(read(folder.path(), "whole.json"), claims);
}
