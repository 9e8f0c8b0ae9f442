//! Any text as a companion guide: refused with lines of the file, or usable on a file, of which it hides no finding.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tradewind_edi::{Companion, Finding, Guides, Options, Visitor, engine};

const CLAIM: &[u8] = include_bytes!("../../fixtures/companion/example-health-plan/err/0014_notes-are-short.edi");

#[derive(Default)]
struct Found(usize);

impl Visitor for Found {
    fn finding(&mut self, finding: &Finding) {
        assert!(finding.rule.0.contains('/'), "{finding:?}");
        self.0 += 1;
    }
}

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else { return };
    match Companion::read("fuzz.txt", text, &Guides::built_in()) {
        Err(errors) => {
            assert!(!errors.is_empty());
            let lines = text.lines().count();
            assert!(errors.iter().all(|error| error.file == "fuzz.txt" && error.line <= lines), "{errors:?}");
        }
        Ok(companion) => {
            // The claim is sound: whatever is found is the companion's.
            let mut found = Found::default();
            let options = Options { companions: vec![companion], ..Options::default() };
            engine::run(CLAIM, options, &mut found).expect("it is framed");
        }
    }
});
