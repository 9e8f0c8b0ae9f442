//! Our 999s beside those of pyx12 (PyPI), an independent implementation. `make test-tools` installs it.

use crate::common;
use crate::differences::{KNOWN, UNREAD};
use crate::support::{answers, answers_of};
use std::path::{Path, PathBuf};
use std::process::Command;
use tradewind_edi::ack::x277ca::Role;
use tradewind_edi::ack::x999::{Missing, Options};
use tradewind_edi::{Snip, engine};

/// Guides that it has.
const GUIDES: [&str; 6] = ["005010X222A1", "005010X223A2", "005010X221A1", "005010X220A1", "005010X218", "005010X214"];

fn python() -> PathBuf {
    let at_the_root = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../.venv/bin/python");
    std::env::var_os("TRADEWIND_PYTHON").map_or_else(at_the_root, PathBuf::from)
}

/// Every fixture, with its guide, and its folder and number: `err/0001`.
fn fixtures() -> Vec<(String, String, Vec<u8>)> {
    let parts = |(name, file): (String, Vec<u8>)| {
        let (guide, rest) = name.split_once('/').expect("a guide's folder");
        let number = rest.split('_').next().unwrap_or_default();
        (guide.to_owned(), number.to_owned(), file)
    };
    common::fixtures().into_iter().map(parts).collect()
}

/// What both can say of a file: no loop ids, no CTX and no bad data. It knows no set that is accepted without some of its claims (`R` for
/// `E`, and what follows from it), and of each layer's codes one: `1` for whatever it has no place for, `10` for what is not used, `7`
/// for any code, `5` for `I5`.
fn comparable(acknowledgment: &str) -> Vec<String> {
    let mut told = Vec::new();
    for segment in acknowledgment.split('~').map(str::trim) {
        let elements: Vec<&str> = segment.split('*').collect();
        let verdict = |code: &str| if code == "A" { "A" } else { "R" }.to_owned();
        match elements.as_slice() {
            ["AK1" | "AK2", ..] => told.push(segment.to_owned()),
            ["IK3", id, position, _, code] => {
                let code = if matches!(*code, "2" | "6" | "7" | "I4") { "1" } else { code };
                told.push(format!("IK3*{id}*{position}*{code}"));
            }
            ["IK4", at, reference, code, ..] => {
                let code = match *code {
                    "I10" => "10",
                    "I6" => "7",
                    code => code,
                };
                told.push(format!("IK4*{at}*{reference}*{code}"));
            }
            ["IK5", code, rest @ ..] => {
                let mut codes: Vec<&str> = rest.iter().map(|code| if *code == "I5" { "5" } else { code }).collect();
                codes.dedup();
                told.push(format!("IK5*{}*{}", verdict(code), codes.join("*")));
            }
            ["AK9", code, declared, received, _, rest @ ..] => {
                told.push(format!("AK9*{}*{declared}*{received}*{}", verdict(code), rest.join("*")));
            }
            _ => {}
        }
    }
    told
}

/// Lets it validate every file of the folder; it writes each file's 999 beside it, unless it crashes, and says which are sound.
const SCRIPT: &str = "
import pathlib, sys
from pyx12.scripts.x12valid import main
for file in sorted(pathlib.Path(sys.argv[1]).glob('*.edi')):
    sys.argv = ['x12valid', '--quiet', str(file)]
    try:
        main()
    except BaseException:
        pass
";

/// Runs it over a folder; what it said on standard error.
fn validate(folder: &Path) -> String {
    let output = Command::new(python()).args(["-c", SCRIPT]).arg(folder).output();
    let output = output.unwrap_or_else(|error| panic!("{}: {error}; run `make test-tools`", python().display()));
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{told}\nrun `make test-tools`");
    told
}

#[test]
fn pyx12_finds_the_same_segments_elements_and_codes() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let fixtures: Vec<_> = fixtures().into_iter().filter(|(guide, ..)| GUIDES.contains(&guide.as_str())).collect();
    let copy = |guide: &str, number: &str| folder.path().join(format!("{guide}-{}.edi", number.replace('/', "-")));
    for (guide, number, file) in &fixtures {
        std::fs::write(copy(guide, number), file).expect("a writable folder");
    }
    validate(folder.path());
    let (mut wrong, mut compared) = (Vec::new(), 0);
    for (guide, number, file) in &fixtures {
        let theirs = std::fs::read_to_string(copy(guide, number).with_extension("edi.997")).unwrap_or_default();
        if !theirs.contains("AK9*") {
            // It crashed or stopped: at an 835, which has no ST03, at a byte outside of ASCII, at an unknown GS08, at a full 834.
            continue;
        }
        compared += 1;
        let options = Options { missing: Missing::Base, ..Options::default() };
        // It knows the guides' tables and no more.
        let engine = engine::Options { snip_max: Snip::Guide, ..engine::Options::default() };
        let ours: String =
            answers_of(file, engine, options, Role::Clearinghouse).into_iter().map(|answer| answer.x999).collect();
        let (theirs, ours) = (comparable(&theirs), comparable(&ours));
        let known = KNOWN.iter().find(|(of, at, _)| of == guide && at == number);
        match (theirs == ours, known) {
            (false, None) => wrong.push(format!("{guide} {number}: {theirs:?} but {ours:?}")),
            (true, Some((.., why))) => wrong.push(format!("{guide} {number}: no difference any more: {why}")),
            _ => {}
        }
    }
    assert!(compared > 90 && wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn pyx12_reads_every_999_that_we_write() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut written = 0;
    for (guide, number, file) in fixtures() {
        for (at, answer) in answers(&file).into_iter().enumerate().filter(|(_, answer)| !answer.x999.is_empty()) {
            let name = format!("{guide}-{}-{at}.edi", number.replace('/', "-"));
            std::fs::write(folder.path().join(name), answer.x999).expect("a writable folder");
            written += 1;
        }
    }
    let told = validate(folder.path());
    let sound = told.lines().filter(|line| line.ends_with(": OK")).count();
    let unread = |line: &&str| UNREAD.iter().any(|known| line.contains(&format!("/{known}")));
    let failed: Vec<&str> = told.lines().filter(|line| line.ends_with(": Failure")).collect();
    let wrong: Vec<&&str> = failed.iter().filter(|line| !unread(line)).collect();
    assert!(wrong.is_empty(), "{wrong:?}\n{told}");
    let read = |known: &&&str| !failed.iter().any(|line| line.contains(&format!("/{known}")));
    let read: Vec<_> = UNREAD.iter().filter(read).collect();
    assert!(read.is_empty(), "it reads them by now: {read:?}");
    assert_eq!(sound + failed.len(), written, "{told}");
}
