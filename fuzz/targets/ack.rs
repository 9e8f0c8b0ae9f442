//! Whatever comes in, what answers it (TA1, 999, 277CA) is clean by our own engine.
#![no_main]

#[path = "../../edi/tests/acknowledgments/support.rs"]
#[allow(dead_code, reason = "shared with the tests")]
mod support;

use libfuzzer_sys::fuzz_target;
use tradewind_fuzz::file;

const ALL: [&str; 11] = ["837", "835", "834", "820", "824", "999", "270", "271", "276", "277", "278"];

fuzz_target!(|data: &[u8]| {
    // A file as it is, or a body in an envelope.
    let whole = if data.starts_with(b"ISA") { Some(data.to_vec()) } else { file(&ALL, data) };
    for answer in whole.iter().flat_map(|file| support::answers(file)) {
        for written in [&answer.ta1, &answer.x999, &answer.x277ca] {
            if !written.is_empty() {
                assert_eq!(support::errors(written), Vec::<String>::new());
            }
        }
    }
});
