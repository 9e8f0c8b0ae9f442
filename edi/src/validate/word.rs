//! Up to eight bytes as a number, so that they are compared at once.

/// The value of `length` bytes at `start` as a [`word`].
///
/// It looks at the bytes behind the value too, where there are any: one load in place of one for each byte.
#[inline]
pub(crate) fn word_at(buffer: &[u8], start: usize, length: usize) -> u64 {
    if length.wrapping_sub(1) >= 8 {
        return 0;
    }
    match buffer.get(start..start + 8) {
        Some(bytes) => own(number(bytes) & (u64::MAX << (64 - 8 * length)), 64 - 8 * length),
        None => word(buffer.get(start..start + length).unwrap_or_default()),
    }
}

/// A value of one to eight bytes as a number that orders as text does; 0 for any other, and for one that a NUL ends: it would be the
/// number of what stands before the NUL.
pub(crate) const fn word(value: &[u8]) -> u64 {
    let (mut number, mut rest, mut shift) = (0, value, 64);
    if value.len() > 8 {
        return 0;
    }
    while let [first, more @ ..] = rest {
        shift -= 8;
        number |= (*first as u64) << shift;
        rest = more;
    }
    own(number, shift)
}

/// The word, unless its last byte, so many bits from the lowest, is a NUL.
#[inline]
const fn own(word: u64, shift: usize) -> u64 {
    if shift < 64 && word >> shift & 0xff == 0 { 0 } else { word }
}

/// Eight bytes as a number, the first one highest.
#[inline]
pub(crate) fn number(bytes: &[u8]) -> u64 {
    bytes.try_into().map_or(0, u64::from_be_bytes)
}

/// One bit, the highest, of each byte that is no digit.
#[inline]
pub(crate) fn no_digits(word: u64) -> u64 {
    let values = word ^ 0x3030_3030_3030_3030;
    // A byte of ten or more carries into its highest bit. One of 0x80 or more may carry into its neighbour too: then the bits
    // are not all right, but they are not all 0, which is what counts.
    (values.wrapping_add(0x7676_7676_7676_7676) | values) & 0x8080_8080_8080_8080
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn words_order_as_text() {
        assert!(word(b"1") < word(b"10") && word(b"10") < word(b"2"));
        assert_eq!((word(b""), word(b"123456789")), (0, 0));
        assert_ne!(word(b"12345678"), 0);
        assert_eq!([word(b"IL\0"), word_at(b"IL\0\0*12345", 0, 4), word_at(b"IL\0", 0, 3)], [0; 3]);
    }

    proptest! {
        #[test]
        fn a_word_is_the_same_wherever_its_value_stands(
            bytes in prop::collection::vec(any::<u8>(), 0..20),
            start in 0usize..20,
            length in 0usize..12,
        ) {
            let start = start.min(bytes.len());
            let length = length.min(bytes.len() - start);
            prop_assert_eq!(word_at(&bytes, start, length), word(&bytes[start..start + length]));
        }

        #[test]
        fn tells_whether_all_are_digits(bytes in any::<[u8; 8]>(), digits in "[0-9]{8}", at in 0usize..8) {
            prop_assert_eq!(no_digits(number(&bytes)) == 0, bytes.iter().all(u8::is_ascii_digit));
            let mut mostly = digits.into_bytes();
            prop_assert_eq!(no_digits(number(&mostly)), 0);
            mostly[at] = bytes[0];
            prop_assert_eq!(no_digits(number(&mostly)) == 0, bytes[0].is_ascii_digit());
        }
    }
}
