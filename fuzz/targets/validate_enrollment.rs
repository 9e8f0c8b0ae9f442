//! Any body of an 834.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| tradewind_fuzz::validate(&["834"], data));
