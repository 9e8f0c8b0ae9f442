//! Any body of an 837, of each guide that has one.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| tradewind_fuzz::validate(&["837"], data));
