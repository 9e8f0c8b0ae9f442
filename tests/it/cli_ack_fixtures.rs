//! `ack` gives each fixture the answers that lie beside it, but for what names whoever answers: envelopes, references, the source's id.

use std::fs;
use std::path::{Path, PathBuf};

use tempfile::tempdir;

use crate::support::program::run;

/// What answers a fixture; where none of them lies beside it, others test it.
const KINDS: [&str; 3] = ["ta1", "999", "277ca"];
/// Segments that stand around the sets.
const ENVELOPE: [&str; 4] = ["ISA", "GS", "GE", "IEA"];

#[test]
fn each_fixture_gets_the_acknowledgments_that_lie_beside_it() {
    let folder = tempdir().unwrap();
    let mut compared = 0;
    for fixture in fixtures(&Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/x12")) {
        let expected = |kind: &str| fs::read_to_string(fixture.with_extension(format!("expected.{kind}"))).ok();
        if KINDS.iter().all(|kind| expected(kind).is_none()) {
            continue;
        }
        for kind in KINDS {
            let line = format!("ack {} --at 202603040506 --type {kind}", fixture.display());
            let expected = expected(kind).unwrap_or_default();
            assert_eq!(comparable(run(folder.path(), &line).text()), comparable(&expected), "{line}");
            compared += usize::from(!expected.is_empty());
        }
    }
    assert!(compared > 40, "{compared} files were compared");
}

fn fixtures(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let (folders, files): (Vec<_>, Vec<_>) = entries.partition(|path| path.is_dir());
    let mut all: Vec<PathBuf> =
        files.into_iter().filter(|file| file.extension().is_some_and(|of| of == "edi")).collect();
    all.extend(folders.iter().flat_map(|folder| fixtures(folder)));
    all.sort();
    all
}

/// The segments between the envelopes, with common delimiters and without what differs by who answers.
fn comparable(text: &str) -> Vec<String> {
    let mut all = Vec::new();
    let mut rest = text;
    let mut source = false;
    while let Some(start) = rest.find("ISA") {
        let bytes = &rest.as_bytes()[start..];
        let (element, component, terminator) = (bytes[3] as char, bytes[104] as char, bytes[105] as char);
        let end = rest[start + 3..].find("ISA").map_or(rest.len(), |next| start + 3 + next);
        for segment in rest[start..end].split(terminator).map(str::trim).filter(|segment| !segment.is_empty()) {
            let segment = segment.replace(element, "*").replace(component, ":");
            let id = segment.split('*').next().unwrap_or_default();
            let of_source = std::mem::replace(&mut source, segment.starts_with("NM1*AY*"));
            if !(ENVELOPE.contains(&id) || id == "BHT" || id == "NM1" && source || id == "TRN" && of_source) {
                all.push(segment);
            }
        }
        rest = &rest[end..];
    }
    all
}
