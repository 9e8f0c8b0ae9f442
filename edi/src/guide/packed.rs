//! Short texts in place: ids and codes.
//!
//! This file is compiled twice, into the library and into its build script.

use std::fmt;

/// Up to `N` ASCII bytes in place, padded with zeros: compared as one word, ordered as text.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Packed<const N: usize>([u8; N]);

impl<const N: usize> Packed<N> {
    /// Nothing: no id, no code.
    pub const NONE: Self = Self([0; N]);

    /// Packs up to `N` bytes; `None` for a longer text. For statics.
    pub const fn new(text: &str) -> Option<Self> {
        let bytes = text.as_bytes();
        if bytes.len() > N {
            return None;
        }
        let mut packed = [0; N];
        let mut rest = bytes;
        let mut slots: &mut [u8] = &mut packed;
        while let ([first, more @ ..], [slot, slots_left @ ..]) = (rest, slots) {
            *slot = *first;
            rest = more;
            slots = slots_left;
        }
        Some(Self(packed))
    }

    /// As [`Packed::new`], and nothing for a longer text.
    pub const fn lit(text: &str) -> Self {
        match Self::new(text) {
            Some(packed) => packed,
            None => Self::NONE,
        }
    }

    /// Packs bytes from the input; [`Packed::NONE`] where they are too many or hold a NUL.
    #[inline]
    pub fn pack(bytes: &[u8]) -> Self {
        let mut packed = [0; N];
        let Some(slots) = packed.get_mut(..bytes.len()) else { return Self::NONE };
        for (slot, byte) in slots.iter_mut().zip(bytes) {
            if *byte == 0 {
                return Self::NONE;
            }
            *slot = *byte;
        }
        Self(packed)
    }

    /// The bytes without padding.
    pub fn as_bytes(&self) -> &[u8] {
        let end = self.0.iter().position(|b| *b == 0).unwrap_or(N);
        self.0.get(..end).unwrap_or_default()
    }

    /// The text; empty where the bytes are not UTF-8.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(self.as_bytes()).unwrap_or_default()
    }

    /// Whether it holds nothing.
    pub fn is_none(&self) -> bool {
        *self == Self::NONE
    }
}

impl Packed<4> {
    /// The four bytes as a number.
    #[inline]
    pub fn word(self) -> u32 {
        u32::from_be_bytes(self.0)
    }

    /// A segment id from the input: two or three upper-case letters and digits that start with a letter, else
    /// [`Packed::NONE`].
    #[inline]
    pub fn of(bytes: &[u8]) -> Self {
        let fit = |b: &u8| b.is_ascii_uppercase() || b.is_ascii_digit();
        match *bytes {
            [a, b] if a.is_ascii_uppercase() && fit(&b) => Self([a, b, 0, 0]),
            [a, b, c] if a.is_ascii_uppercase() && fit(&b) && fit(&c) => Self([a, b, c, 0]),
            _ => Self::NONE,
        }
    }
}

impl Packed<4> {
    /// As [`Packed::of`], from the first `length` bytes of a word, all at once.
    #[inline]
    pub fn of_word(word: u32, length: usize) -> Self {
        let wanted = match length {
            2 => 0xffff_0000,
            3 => 0xffff_ff00,
            _ => return Self::NONE,
        };
        let text = word & wanted;
        let high = 0x8080_8080;
        // The highest bit of each byte that is at least so great; none carries, since all are below 0x80.
        let at_least = |byte: u8| text.wrapping_add(u32::from(0x80 - byte) * 0x0101_0101) & high;
        let letters = at_least(b'A') & !at_least(b'Z' + 1);
        let digits = at_least(b'0') & !at_least(b'9' + 1);
        let fit = text & high == 0 && (letters | digits) & wanted == high & wanted && letters >> 31 == 1;
        if fit { Self(text.to_be_bytes()) } else { Self::NONE }
    }
}

impl<const N: usize> Default for Packed<N> {
    fn default() -> Self {
        Self::NONE
    }
}

impl<const N: usize> fmt::Display for Packed<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl<const N: usize> fmt::Debug for Packed<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
