//! What holds for any file and any text of a companion.

use crate::support::{CLAIM, findings, quiet, read};
use proptest::prelude::*;
use std::sync::Arc;
use tradewind_edi::generate::{GenerateOptions, Generator};
use tradewind_edi::{Companion, Finding, Guides, Snip};

/// Every tightening of a kind that generated claims may meet.
const STRICT: &str = "\
loop 2000B
  segment SBR
    09 = CI MB
loop 2300
  segment REF prior_authorization R
  segment PWK N
  segment NTE N
  loop 2310B R
  loop 2310A N
  loop 2320
    loop 2330A
      segment NM1
        04 N
  loop 2400 2
    segment SV1
      01
        2 5/5
        3 N
      02 1/5
    loop 2430 N
";

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn it_hides_nothing_that_the_guide_forbids(seed in 0u64..1000, cut in 0usize..40, with in "[A-Z0-9*:]{0,4}") {
        let guides = Guides::built_in();
        let guide = guides.find("005010X222A1", "837", None).unwrap();
        let options = GenerateOptions { count: 6, seed, ..GenerateOptions::new(Arc::clone(guide)) };
        let file: Vec<u8> = Generator::new(options).flatten().collect();
        let mut text = String::from_utf8(file).unwrap();
        // Something wrong, somewhere behind the envelope's headers.
        let from = 200 + (seed as usize * 37) % (text.len() - 400);
        text.replace_range(from..from + cut.min(12), &with);
        let companion = [read("005010X222A1", STRICT)];
        let without: Vec<Finding> = quiet(&text, &[]);
        let guides: Vec<Finding> = quiet(&text, &companion).into_iter().filter(|f| f.snip < Snip::Partner).collect();
        prop_assert_eq!(without, guides);
    }
}

proptest! {
    #[test]
    fn any_text_is_refused_with_its_lines_or_used(edits in prop::collection::vec((0usize..3000, 0usize..9, "[ -~\n]{0,6}"), 0..4)) {
        let mut text = include_str!("../../../fixtures/companion/example-health-plan.txt").to_owned();
        for (at, cut, with) in edits {
            let at = at.min(text.len());
            text.replace_range(at..(at + cut).min(text.len()), &with);
        }
        match Companion::read("f.txt", &text, &Guides::built_in()) {
            Ok(companion) => prop_assert!(findings(CLAIM, &[companion]).iter().all(|found| found.snip == Snip::Partner)),
            Err(errors) => {
                let last = text.lines().count();
                prop_assert!(!errors.is_empty() && errors.iter().all(|error| error.line <= last), "{errors:?}");
            }
        }
    }
}
