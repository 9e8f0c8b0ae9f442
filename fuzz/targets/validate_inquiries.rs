//! Any body of a 270, 271, 276, 277 or 277CA.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| tradewind_fuzz::validate(&["270", "271", "276", "277"], data));
