//! Our 999s beside those of pyx12 (PyPI), an independent implementation. `make test-tools` installs it.

use crate::support::answers_of;
use std::path::{Path, PathBuf};
use std::process::Command;
use tradewind_edi::ack::x277ca::Role;
use tradewind_edi::ack::x999::{Missing, Options};
use tradewind_edi::{Snip, engine};

/// Where both differ, and why. A difference that goes away fails the test too.
const KNOWN: [(&str, &str); 12] = [
    (
        "0512",
        "a qualifier that tells no siblings apart: it calls the segment unknown and missing, we the element's code not valid",
    ),
    ("0520", "too many elements: it names the segment alone, we the element too"),
    ("0521", "a byte outside of ASCII: it crashes"),
    ("0522", "a wrong BHT01: it loses its way and reports every segment that follows, we the element"),
    ("0533", "SE missing: it reports a missing segment, we IK502 = 2"),
    ("0537", "GE missing: it counts no sets, we those that came"),
    ("0538", "ISA13 is not IEA02: it accepts, we reject the interchange by a TA1"),
    ("0539", "IEA missing: it accepts, we reject the interchange by a TA1"),
    ("0540", "an unknown GS08 in the second group: it stops and writes nothing"),
    ("0541", "GS01 does not fit GS08: it stops and writes nothing"),
    ("0542", "as 0522"),
    ("0543", "ST03 is not GS08: it accepts, we reject"),
];

fn python() -> PathBuf {
    let at_the_root = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../.venv/bin/python");
    std::env::var_os("TRADEWIND_PYTHON").map_or_else(at_the_root, PathBuf::from)
}

fn fixtures() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/x12/005010X222A1");
    let folders = ["ok", "err"].map(|folder| std::fs::read_dir(root.join(folder)).expect("a folder of fixtures"));
    let files = folders.into_iter().flatten().map(|entry| entry.expect("an entry").path());
    let ours = |path: &PathBuf| number(path).starts_with("05") && path.extension().is_some_and(|e| e == "edi");
    files.filter(ours).collect()
}

fn number(path: &Path) -> &str {
    path.file_name().and_then(|name| name.to_str()).and_then(|name| name.get(..4)).unwrap_or_default()
}

/// What both can say of a file: no loop ids and no CTX, which it has not; no difference between `R` and `E`, nor of what follows from
/// it, since it knows no set that is accepted without some of its claims; `5` for `I5`.
fn comparable(acknowledgment: &str) -> Vec<String> {
    let mut told = Vec::new();
    for segment in acknowledgment.split('~').map(str::trim) {
        let elements: Vec<&str> = segment.split('*').collect();
        let verdict = |code: &str| if code == "A" { "A" } else { "R" }.to_owned();
        match elements.as_slice() {
            ["AK1" | "AK2" | "IK4", ..] => told.push(segment.to_owned()),
            ["IK3", id, position, _, code] => told.push(format!("IK3*{id}*{position}*{code}")),
            ["IK5", code, rest @ ..] => {
                told.push(format!("IK5*{}*{}", verdict(code), rest.join("*").replace("I5", "5")))
            }
            ["AK9", code, declared, received, _, rest @ ..] => {
                told.push(format!("AK9*{}*{declared}*{received}*{}", verdict(code), rest.join("*")));
            }
            _ => {}
        }
    }
    told
}

/// Lets it validate every file of the folder; it writes each file's 999 beside it, unless it crashes.
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

#[test]
fn pyx12_finds_the_same_segments_elements_and_codes() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let fixtures = fixtures();
    let copy = |fixture: &Path| folder.path().join(fixture.file_name().expect("a name"));
    for fixture in &fixtures {
        std::fs::copy(fixture, copy(fixture)).expect("a readable fixture");
    }
    let output = Command::new(python()).args(["-c", SCRIPT]).arg(folder.path()).output();
    let output = output.unwrap_or_else(|error| panic!("{}: {error}; run `make test-tools`", python().display()));
    assert!(output.status.success(), "{}\nrun `make test-tools`", String::from_utf8_lossy(&output.stderr));
    let mut wrong = Vec::new();
    for fixture in &fixtures {
        let theirs = std::fs::read_to_string(copy(fixture).with_extension("edi.997")).unwrap_or_default();
        let options = Options { missing: Missing::Base, ..Options::default() };
        let file = std::fs::read(fixture).expect("a readable fixture");
        // It knows the guides' tables and no more.
        let engine = engine::Options { snip_max: Snip::Guide, ..engine::Options::default() };
        let ours: String =
            answers_of(&file, engine, options, Role::Clearinghouse).into_iter().map(|answer| answer.x999).collect();
        let (theirs, ours) = (comparable(&theirs), comparable(&ours));
        let known = KNOWN.iter().find(|(known, _)| *known == number(fixture));
        match (theirs == ours, known) {
            (false, None) => wrong.push(format!("{}: {theirs:?} but {ours:?}", number(fixture))),
            (true, Some((_, why))) => wrong.push(format!("{}: no difference any more: {why}", number(fixture))),
            _ => {}
        }
    }
    assert!(fixtures.len() > 20 && wrong.is_empty(), "{}", wrong.join("\n"));
}
