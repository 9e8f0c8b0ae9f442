//! Any body of a 278, request or response.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| tradewind_fuzz::validate(&["278"], data));
