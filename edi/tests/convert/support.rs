//! Files to convert, and the ways through the engine.

use std::sync::Arc;

use tradewind_edi::engine::{Engine, InterchangeEnd, Options, Verdict, Visitor, run};
use tradewind_edi::finding::Scope;
use tradewind_edi::generate::{GenerateOptions, Generator};
use tradewind_edi::item::{Collected, Collector};
use tradewind_edi::json::{FileReader, FileWriter};
use tradewind_edi::{Finding, Guide, Guides};

use crate::common::fixtures;

pub(crate) fn guide(revision: &str, set: &str) -> Arc<Guide> {
    Guides::built_in().find(revision, set, None).expect("a built-in guide").clone()
}

/// The guides that generated files are tested with.
pub(crate) fn guides() -> Vec<Arc<Guide>> {
    Guides::built_in().iter().cloned().collect()
}

pub(crate) fn generated(guide: &Arc<Guide>, count: u64, seed: u64) -> Vec<u8> {
    let options = GenerateOptions { count, seed, ..GenerateOptions::new(Arc::clone(guide)) };
    Generator::new(options).flatten().collect()
}

#[derive(Default)]
struct Findings(Vec<Finding>);

impl Visitor for Findings {
    fn finding(&mut self, finding: &Finding) {
        self.0.push(finding.clone());
    }
}

/// Every finding; a refusal counts as one.
pub(crate) fn findings(file: &[u8]) -> Vec<String> {
    let mut findings = Findings::default();
    let refused = run(file, Options::default(), &mut findings).err();
    let told =
        findings.0.iter().map(|f| format!("{} {:?} {} {}", f.rule, f.place.segment_id, f.place.loop_path, f.message));
    told.chain(refused.map(|refusal| refusal.to_string())).collect()
}

/// The file's JSON, with the file fed in pieces of that size.
pub(crate) fn to_json(file: &[u8], piece: usize) -> Vec<u8> {
    let (mut engine, mut writer, mut json) = (Engine::new(Options::default()), FileWriter::new(), Vec::new());
    for piece in file.chunks(piece) {
        let _ = engine.feed(piece, &mut writer);
        writer.drain_into(&mut json);
    }
    let _ = engine.finish(&mut writer);
    writer.finish(&mut json);
    json
}

/// The JSON's file, with the JSON fed in pieces of that size.
pub(crate) fn to_x12(json: &[u8], piece: usize) -> Result<Vec<u8>, String> {
    let (mut reader, mut file) = (FileReader::new(Guides::built_in()), Vec::new());
    for piece in json.chunks(piece) {
        reader.feed(piece, &mut file).map_err(|error| error.to_string())?;
    }
    reader.finish().map_err(|error| error.to_string())?;
    Ok(file)
}

pub(crate) fn items(file: &[u8]) -> Collected {
    let mut collector = Collector::new();
    run(file, Options::default(), &mut collector).expect("a file that can be framed");
    collector.take()
}

/// The fixtures that the engine finds nothing wrong with.
pub(crate) fn valid_fixtures() -> Vec<(String, Vec<u8>)> {
    fixtures().into_iter().filter(|(_, file)| findings(file).is_empty()).collect()
}

/// Whether a file is interchanges alone, and each of them is accepted as an interchange: what is wrong stands within.
pub(crate) fn framed(file: &[u8]) -> bool {
    #[derive(Default)]
    struct Ends {
        accepted: usize,
        wrong: usize,
    }
    impl Visitor for Ends {
        fn finding(&mut self, finding: &Finding) {
            self.wrong += usize::from(matches!(finding.scope, Scope::File));
        }
        fn interchange_end(&mut self, event: &InterchangeEnd<'_>) {
            let accepted = event.verdict == Verdict::Accepted;
            (self.accepted, self.wrong) = (self.accepted + usize::from(accepted), self.wrong + usize::from(!accepted));
        }
    }
    let mut ends = Ends::default();
    run(file, Options::default(), &mut ends).is_ok() && ends.accepted > 0 && ends.wrong == 0
}

/// The first place where two files differ, with what stands around it.
pub(crate) fn assert_same(name: &str, ours: &[u8], theirs: &[u8]) {
    if ours == theirs {
        return;
    }
    let at = ours.iter().zip(theirs).take_while(|(a, b)| a == b).count();
    let around = |bytes: &[u8]| {
        String::from_utf8_lossy(&bytes[at.saturating_sub(60).min(bytes.len())..(at + 60).min(bytes.len())]).into_owned()
    };
    panic!("{name}: differs at byte {at}\n  {}\n  {}", around(ours), around(theirs));
}
