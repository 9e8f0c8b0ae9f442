//! `deidentify`: a file that fails goes on failing, and tells of nobody.

use std::fs;

use tempfile::tempdir;

use crate::support::program::{run, run_with};

/// What `validate` says, without the file's name and the days, which move.
fn findings(folder: &std::path::Path, file: &str) -> Vec<(String, u64, u64, u64)> {
    let ran = run(folder, &format!("validate {file} --json"));
    let report: serde_json::Value = serde_json::from_slice(&ran.stdout).unwrap();
    let number = |finding: &serde_json::Value, key: &str| finding[key].as_u64().unwrap_or_default();
    let findings = report["findings"].as_array().unwrap();
    findings
        .iter()
        .map(|f| (f["rule"].to_string(), number(f, "position"), number(f, "element"), number(f, "component")))
        .collect()
}

#[test]
fn a_bad_file_stays_as_bad_and_tells_of_nobody() {
    let folder = tempdir().unwrap();
    assert_eq!(run(folder.path(), "generate 005010X222A1 --count 40 --seed 8 --bad-every 3 -o SMITH.edi").code, 0);
    fs::write(folder.path().join("key"), [3; 32]).unwrap();
    assert_eq!(run(folder.path(), "deidentify SMITH.edi --key key -o shared.edi").code, 0);
    let [file, shared] = ["SMITH.edi", "shared.edi"].map(|name| fs::read_to_string(folder.path().join(name)).unwrap());
    assert_eq!(findings(folder.path(), "shared.edi"), findings(folder.path(), "SMITH.edi"));
    assert!(!findings(folder.path(), "shared.edi").is_empty());
    assert_eq!(shared.len(), file.len());
    let values = |id: &str, at: usize| -> Vec<String> {
        let segments = file.split('~').map(|segment| segment.trim().split('*').collect::<Vec<_>>());
        segments.filter(|s| s[0] == id).filter_map(|s| s.get(at).map(|value| (*value).to_owned())).collect()
    };
    for (id, at) in [("NM1", 3), ("NM1", 9), ("N3", 1), ("CLM", 1), ("REF", 2), ("PER", 4)] {
        for value in values(id, at).iter().filter(|value| value.len() > 5) {
            assert!(!shared.contains(value.as_str()), "{id}{at:02}: {value}");
        }
    }
    assert!(!shared.contains("SMITH"), "the file's name");
}

#[test]
fn files_agree_by_their_key_and_by_nothing_else() {
    let folder = tempdir().unwrap();
    let run = |line: &str| run(folder.path(), line);
    run("generate 005010X222A1 --count 3 -o claims.edi");
    run("ack claims.edi --type 277ca -o answer.edi");
    fs::write(folder.path().join("key"), [7; 32]).unwrap();
    fs::write(folder.path().join("short"), "secret").unwrap();
    let one = run("deidentify claims.edi --key key");
    assert_eq!(one.code, 0);
    assert_eq!(run("deidentify claims.edi --key key").stdout, one.stdout);
    assert_ne!(run("deidentify claims.edi").stdout, run("deidentify claims.edi").stdout);
    let claims = fs::read(folder.path().join("claims.edi")).unwrap();
    assert_eq!(run_with(folder.path(), "deidentify - --key key", &claims).stdout, one.stdout);
    // The answer speaks of the claims by the same made-up numbers.
    let answer = run("deidentify answer.edi --key key");
    let claims = one.text().split('~').filter_map(|segment| segment.trim().strip_prefix("CLM*"));
    for claim in claims.map(|claim| claim.split('*').next().unwrap()) {
        assert!(answer.text().contains(&format!("TRN*2*{claim}~")), "{claim}");
    }
    for (line, word) in [("deidentify claims.edi --key short", "16 bytes"), ("deidentify key", "ISA")] {
        let ran = run(line);
        assert!(ran.code == 2 && ran.stderr.contains(word) && ran.stdout.is_empty(), "{line}: {}", ran.stderr);
    }
}
