//! A rule finds in a file without what it tells of people what it finds in the file.

use crate::examples::file;
use crate::support::{folder, is_asked, run, together};
use tradewind_edi::deidentify::Deidentifier;

/// Rules that name a day of the calendar themselves, or whose codes are valid on some days: moving all days may change what they say.
fn is_of_the_calendar(rule: &str, text: &str) -> bool {
    let named = |line: &str| line.split([' ', '.']).any(|word| word.len() == 8 && word.parse::<u32>().is_ok());
    rule.contains("valid-on")
        || text.lines().any(|line| line.trim_start().starts_with("expect") && (named(line) || line.contains(" on ")))
}

/// Adds up what it is given, four times with different beginnings: enough to tell values apart.
fn keyed(message: &[u8]) -> [u8; 32] {
    let mut digest = [0; 32];
    for (seed, word) in (0u64..).zip(digest.chunks_mut(8)) {
        let start = 0xcbf2_9ce4_8422_2325 ^ seed.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let sum = message.iter().fold(start, |sum, byte| (sum ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3));
        word.copy_from_slice(&(sum ^ sum >> 29).wrapping_mul(0xbf58_476d_1ce4_e5b9).to_be_bytes());
    }
    digest
}

#[test]
fn every_example_gives_the_same_without_what_it_tells_of_people() {
    let read = folder();
    let rules = together(&read);
    let (mut wrong, mut compared) = (Vec::new(), 0);
    for read in read.iter().filter(|read| is_asked(read.rule.info().id.0)) {
        let text =
            std::fs::read_to_string(std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("rules").join(&read.file));
        if is_of_the_calendar(read.rule.info().id.0, &text.unwrap_or_default()) {
            continue;
        }
        for example in read.rule.examples() {
            let Ok(bytes) = file(example) else { continue };
            let (mut out, mut deidentifier) = (Vec::new(), Deidentifier::new(keyed));
            deidentifier.feed(&bytes, &mut out).unwrap();
            deidentifier.finish(&mut out).unwrap();
            let (was, is) = (run(&bytes, &rules).0, run(&out, &rules).0);
            compared += 1;
            if was != is {
                wrong.push(format!("rules/{}:{}: {was:#?} became {is:#?}", read.file, example.line));
            }
        }
    }
    assert!(wrong.is_empty(), "{} problems:\n{}", wrong.len(), wrong.join("\n"));
    assert!(compared > 400 || std::env::var_os("RULE").is_some(), "{compared}");
}
