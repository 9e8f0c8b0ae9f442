//! `guide` and `show`.

use std::fs;

use tempfile::tempdir;

use crate::support::program::{run, run_with};

#[test]
fn lists_the_guides_and_shows_one_or_a_loop_of_it() {
    let folder = tempdir().unwrap();
    let list = run(folder.path(), "guide list");
    assert_eq!(list.code, 0);
    assert!(list.text().lines().any(|line| line.starts_with("005010X222A1/837 ") && line.contains("HC")));
    let page = run(folder.path(), "guide show 005010X222A1");
    assert!(page.code == 0 && page.text().starts_with("# 005010X222A1/837: "), "{}", page.stderr);
    assert!(page.text().contains("| npi-check-digit | 5 |"));
    let part = run(folder.path(), "guide show 005010X222A1 2010BA");
    assert!(part.text().starts_with("### 2000A/2000B/2010BA "), "{}", part.stderr);
    for (line, word) in [
        ("guide show 005010X222A1 9999", "has no loop 9999"),
        ("guide show 005010X279A1", "005010X279A1/271"),
        ("guide show 005010X999", "guide list"),
    ] {
        let ran = run(folder.path(), line);
        assert!(ran.code == 2 && ran.stderr.contains(word), "{line}: {}", ran.stderr);
    }
}

#[test]
fn tells_what_a_guide_in_a_file_changes() {
    let folder = tempdir().unwrap();
    let base = concat!(env!("CARGO_MANIFEST_DIR"), "/edi/guides/005010X222A1.txt");
    let text = fs::read_to_string(base).unwrap();
    let stricter = text.replacen("segment 0450 PER R 2 contact", "segment 0450 PER R 1 contact", 1);
    assert_ne!(stricter, text);
    fs::write(folder.path().join("stricter.txt"), stricter).unwrap();
    let same = run(folder.path(), &format!("guide diff 005010X222A1 {base}"));
    assert_eq!((same.code, same.text()), (0, ""));
    let other = run(folder.path(), "guide diff 005010X222A1 stricter.txt");
    assert_eq!((other.code, other.text()), (1, "1000A PER contact: repeat 2 → 1\n"));
    fs::write(folder.path().join("broken.txt"), "guide X\n  nonsense\n").unwrap();
    let broken = run(folder.path(), "guide diff 005010X222A1 broken.txt");
    assert!(broken.code == 2 && broken.stderr.contains("broken.txt:2"), "{}", broken.stderr);
}

#[test]
fn shows_the_tree_of_loops_without_values() {
    let folder = tempdir().unwrap();
    let claims = run(folder.path(), "generate 005010X222A1 --count 3").stdout;
    let name = String::from_utf8(claims.clone()).unwrap();
    let name =
        name.split("~\n").find(|segment| segment.starts_with("NM1*IL")).unwrap().split('*').nth(3).unwrap().to_owned();
    let ran = run_with(folder.path(), "show -", &claims);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let lines: Vec<&str> = ran.text().lines().collect();
    assert!(lines[0] == "interchange 1" && lines[1].starts_with("  ISA*99*"), "{}", ran.text());
    assert!(lines.contains(&"    set 1: 837 005010X222A1, Health Care Claim: Professional"));
    let at = lines.iter().position(|line| line.trim() == "2300 claim").unwrap();
    let indent = |line: &str| line.len() - line.trim_start().len();
    assert!(lines[at + 1].trim_start().starts_with("CLM*x") && indent(lines[at + 1]) == indent(lines[at]) + 2);
    assert!(!ran.text().contains(&name));
    assert!(run_with(folder.path(), "show - --show-values", &claims).text().contains(&name));
    let shallow = run_with(folder.path(), "show - --depth 1", &claims);
    assert!(shallow.text().contains("2000B ") && !shallow.text().contains("2300 "), "{}", shallow.text());
    assert!(shallow.text().contains("HL*") && !shallow.text().contains("SBR*"), "{}", shallow.text());
}

#[test]
fn shows_what_can_be_read_of_a_file_that_is_cut() {
    let folder = tempdir().unwrap();
    let claims = run(folder.path(), "generate 005010X222A1 --count 1").stdout;
    let cut = run_with(folder.path(), "show -", &claims[..400]);
    assert!(cut.text().contains("interchange 1\n"), "{}", cut.text());
    let none = run_with(folder.path(), "show -", b"no EDI");
    assert!(none.code == 2 && !none.stderr.is_empty());
}
