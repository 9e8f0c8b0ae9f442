//! `fixtures/x12/<guide>/{ok,err}/*.edi`, each with the acknowledgments that it gets beside it. UPDATE_EXPECT=1 writes them.

use crate::common::{fixtures, folder};
use crate::support::{advice, answers, errors};
use std::path::Path;

/// Compares what was written with what stands beside the fixture; nothing written means that nothing may stand there.
fn check(fixture: &Path, kind: &str, written: &str) -> Option<String> {
    let beside = fixture.with_extension(format!("expected.{kind}"));
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        if written.is_empty() {
            let _absent = std::fs::remove_file(&beside);
        } else {
            std::fs::write(&beside, written).expect("a writable fixture folder");
        }
    }
    let expected = std::fs::read_to_string(&beside).unwrap_or_default();
    if expected.is_empty() && !written.is_empty() {
        return Some(format!("{}: missing; UPDATE_EXPECT=1 writes it", beside.display()));
    }
    (expected != written).then(|| {
        let (name, at) = (beside.display(), expected.lines().zip(written.lines()).position(|(a, b)| a != b));
        let line = |text: &str| at.and_then(|at| text.lines().nth(at)).unwrap_or("(end)").to_owned();
        format!("{name}: expected `{}`, found `{}`", line(&expected), line(written))
    })
}

#[test]
fn every_fixture_gets_the_acknowledgments_beside_it() {
    let fixtures = fixtures();
    assert!(fixtures.len() > 10, "found {} fixtures", fixtures.len());
    let mut wrong = Vec::new();
    for (name, file) in fixtures {
        let fixture = folder().join(&name);
        let (answers, advice) = (answers(&file), advice(&file));
        let all = |part: fn(&crate::support::Answer) -> &String| {
            answers.iter().map(part).map(String::as_str).collect::<String>()
        };
        let written =
            [("ta1", all(|a| &a.ta1)), ("999", all(|a| &a.x999)), ("277ca", all(|a| &a.x277ca)), ("824", advice)];
        for (kind, written) in written {
            wrong.extend(check(&fixture, kind, &written));
            if !written.is_empty() {
                let faults = errors(&written);
                wrong.extend(faults.into_iter().map(|fault| format!("{name} {kind}: {fault}")));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
