//! Searches everything that a gateway leaves behind for values that must not stand there in clear, in whatever form.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use aho_corasick::AhoCorasick;
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};

use super::engines::Engines;
use super::gateway::Gateway;
use super::x12::all;

/// Shorter values stand somewhere by chance.
const LETTERS_MIN: usize = 8;

/// The claim ids and member ids of an X12 file.
pub(crate) fn of(x12: &str) -> Vec<String> {
    let all = [all(x12, "CLM", 1), all(x12, "NM1", 9), all(x12, "TRN", 2)].concat();
    // What is no canary stands in the configuration.
    all.into_iter()
        .filter(|value| value.len() >= LETTERS_MIN && !["TRADEWIND", "SYNTHPAYER"].contains(&value.as_str()))
        .collect()
}

/// Where a canary was found, and in which form.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Hit {
    pub(crate) place: String,
    pub(crate) form: &'static str,
}

/// Fails the test where one of the canaries stands in clear.
pub(crate) fn assert_none(gateway: &Gateway, canaries: &[String]) {
    assert!(!canaries.is_empty(), "a search for nothing finds nothing");
    let hits = search(gateway, canaries);
    assert!(hits.is_empty(), "canaries stand in clear: {hits:?}");
}

/// Searches the whole folder of a gateway (home, log, the payer's record), the data folder, metrics, what errors told, and the processes'
/// arguments and environment. The gateway must be running.
pub(crate) fn search(gateway: &Gateway, canaries: &[String]) -> Vec<Hit> {
    // Base64 is looked for as it is, the rest in lower case.
    let (exact, small): (Vec<_>, Vec<_>) =
        canaries.iter().flat_map(|canary| forms(canary)).partition(|(form, _)| form.starts_with("base64"));
    let searches = [Search::new(exact, false), Search::new(small, true)];
    let mut places: Vec<(String, Vec<u8>)> = Vec::new();
    let mut files = BTreeSet::new();
    files_under(gateway.folder(), &mut files);
    files_under(gateway.data(), &mut files);
    for file in &files {
        // A file that vanished meanwhile was a temporary one.
        let Ok(content) = fs::read(file) else { continue };
        places.push((file.display().to_string(), [file.as_os_str().as_encoded_bytes(), b"\0", &content].concat()));
    }
    let ledger = files.iter().any(|file| file.ends_with("ledger.db"));
    match Engines::of(gateway.data()) {
        None => assert!(ledger, "the ledger is among the files"),
        Some(engines) => places.extend(engines.files(gateway.folder())),
    }
    assert!(files.iter().any(|file| file.ends_with("log")), "the log is among the files");
    places.push(("/metrics".into(), gateway.rest("clinic").get("/metrics").body));
    places.push(("errors that clients were told".into(), gateway.told()));
    for pid in [gateway.pid(), gateway.payer.pid()] {
        for name in ["cmdline", "environ"] {
            let file = format!("/proc/{pid}/{name}");
            places.push((file.clone(), fs::read(&file).unwrap()));
        }
    }
    let mut hits = BTreeSet::new();
    for (place, content) in places {
        for search in &searches {
            hits.extend(search.forms_in(&content).into_iter().map(|form| Hit { place: place.clone(), form }));
        }
    }
    hits.into_iter().collect()
}

/// Looks for every form of every canary in one pass.
struct Search {
    automaton: AhoCorasick,
    forms: Vec<&'static str>,
}

impl Search {
    fn new(needles: Vec<(&'static str, Vec<u8>)>, any_case: bool) -> Self {
        let (forms, needles): (Vec<_>, Vec<_>) = needles.into_iter().unzip();
        let automaton = AhoCorasick::builder().ascii_case_insensitive(any_case).build(needles).unwrap();
        Self { automaton, forms }
    }

    fn forms_in(&self, content: &[u8]) -> BTreeSet<&'static str> {
        self.automaton.find_overlapping_iter(content).map(|found| self.forms[found.pattern().as_usize()]).collect()
    }
}

pub(super) fn files_under(folder: &Path, files: &mut BTreeSet<PathBuf>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            files_under(&entry.path(), files);
        } else {
            files.insert(entry.path());
        }
    }
}

/// Every form of a canary. All but base64 are of lower case, and are looked for in content of lower case.
fn forms(canary: &str) -> Vec<(&'static str, Vec<u8>)> {
    let small = canary.to_lowercase();
    let hex = |text: &str| text.bytes().map(|byte| format!("{byte:02x}")).collect::<String>().into_bytes();
    let mut forms = vec![
        ("as it is", small.clone().into_bytes()),
        ("UTF-16 LE", small.encode_utf16().flat_map(u16::to_le_bytes).collect()),
        ("UTF-16 BE", small.encode_utf16().flat_map(u16::to_be_bytes).collect()),
        ("hex", hex(&small)),
        ("hex", hex(&canary.to_uppercase())),
        ("hex", hex(canary)),
    ];
    let cases = BTreeSet::from([canary.to_owned(), small, canary.to_uppercase()]);
    for text in cases {
        for before in 0..3 {
            let padded = [&vec![0; before], text.as_bytes()].concat();
            let inner = (before * 8).div_ceil(6)..padded.len() * 8 / 6;
            forms.push(("base64", STANDARD.encode(&padded).as_bytes()[inner.clone()].to_vec()));
            forms.push(("base64url", URL_SAFE.encode(&padded).as_bytes()[inner].to_vec()));
        }
    }
    forms
}
