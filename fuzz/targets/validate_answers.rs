//! Any body of an 824, 999, 277CA or 277.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| tradewind_fuzz::validate(&["824", "999", "277"], data));
