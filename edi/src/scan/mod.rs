//! Where the delimiters are: ascending positions of all four, in one pass.
//!
//! Two ways that give the same: `avx2`, taken where the processor has it, and `scalar`, its safe twin.

#[cfg(target_arch = "x86_64")]
mod avx2;
mod scalar;

use crate::delimiters::Delimiters;

/// Appends the position of each delimiter in `bytes`, plus `base`, to `marks`, ascending.
///
/// `base + bytes.len()` must fit in 32 bits; the reader's buffer, bounded by its limits, does.
pub fn scan(bytes: &[u8], base: u32, delimiters: &Delimiters, marks: &mut Vec<u32>) {
    #[cfg(target_arch = "x86_64")]
    if avx2::scan(bytes, base, delimiters, marks) {
        return;
    }
    scalar::scan(bytes, base, delimiters, marks);
}

/// As [`scan`], without SIMD: what `scan` is tested and measured against.
pub fn scan_scalar(bytes: &[u8], base: u32, delimiters: &Delimiters, marks: &mut Vec<u32>) {
    scalar::scan(bytes, base, delimiters, marks);
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn delimiters() -> impl Strategy<Value = Delimiters> {
        (any::<u8>(), any::<u8>(), any::<Option<u8>>(), any::<u8>()).prop_map(
            |(element, component, repetition, terminator)| Delimiters { element, component, repetition, terminator },
        )
    }

    fn by_definition(bytes: &[u8], base: u32, d: &Delimiters) -> Vec<u32> {
        (0..bytes.len()).filter(|at| d.contains(bytes[*at])).map(|at| at as u32 + base).collect()
    }

    proptest! {
        #[test]
        fn both_ways_find_every_delimiter(
            bytes in prop::collection::vec(prop_oneof![any::<u8>(), prop::sample::select(b"*:^~A".to_vec())], 0..400),
            base in 0u32..1000,
            chosen in prop_oneof![Just(Delimiters::default()), delimiters()],
        ) {
            let expected = by_definition(&bytes, base, &chosen);
            let (mut fast, mut slow) = (vec![7], vec![7]);
            scan(&bytes, base, &chosen, &mut fast);
            scan_scalar(&bytes, base, &chosen, &mut slow);
            prop_assert_eq!(&fast[1..], &expected[..]);
            prop_assert_eq!(&slow[1..], &expected[..]);
        }
    }

    #[test]
    fn finds_them_when_every_byte_is_one() {
        for length in [0, 1, 31, 32, 63, 64, 65, 128, 1000] {
            let bytes = vec![b'*'; length];
            let mut marks = Vec::new();
            scan(&bytes, 0, &Delimiters::default(), &mut marks);
            assert_eq!(marks, (0..length as u32).collect::<Vec<_>>());
        }
    }
}
