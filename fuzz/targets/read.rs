//! Any bytes are framed alike in any pieces, without guides, with small limits too.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tradewind_edi::engine::{Limits, Options};
use tradewind_edi::{Guide, Guides};
use tradewind_fuzz::events;

fuzz_target!(|data: &[u8]| {
    let [piece, kind, file @ ..] = data else { return };
    let small =
        Limits { segment_bytes_max: 300, binary_bytes_max: 200, findings_per_set_max: 3, control_number_runs_max: 2 };
    let limits = if kind % 4 == 0 { small } else { Limits::default() };
    let options = || Options { guides: Guides::new(Vec::<Guide>::new()), limits, ..Options::default() };
    let whole = events(file, usize::MAX, options());
    assert_eq!(whole, events(file, usize::from(*piece) + 1, options()));
});
