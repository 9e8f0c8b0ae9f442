//! The SIMD scanner finds what its safe twin finds, from any offset, with any delimiters.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tradewind_edi::Delimiters;
use tradewind_edi::scan::{Index, scan, scan_scalar};

fuzz_target!(|data: &[u8]| {
    let [element, component, repetition, terminator, start, bytes @ ..] = data else { return };
    let repetition = (*repetition != 0).then_some(*repetition);
    let chosen = Delimiters { element: *element, component: *component, repetition, terminator: *terminator };
    // An unaligned start, and the end at the end of the allocation: what is read past it is seen by the sanitizer.
    let bytes = bytes.get(usize::from(*start) % 67..).unwrap_or_default().to_vec().into_boxed_slice();
    for delimiters in [Delimiters::default(), chosen].into_iter().filter(|delimiters| delimiters.fault().is_none()) {
        let (mut fast, mut slow) = (Index::default(), Index::default());
        scan(&bytes, u32::from(*start), &delimiters, &mut fast);
        scan_scalar(&bytes, u32::from(*start), &delimiters, &mut slow);
        assert_eq!(fast, slow);
    }
});
