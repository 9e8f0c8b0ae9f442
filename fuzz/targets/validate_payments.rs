//! Any body of an 835 or 820.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| tradewind_fuzz::validate(&["835", "820"], data));
