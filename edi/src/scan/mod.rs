//! Where the delimiters are: ascending positions of all four, in one pass; with what that pass sees on its way.
//!
//! Two ways that give the same: `avx2`, taken where the processor has it, and `scalar`, its safe twin.

#[cfg(target_arch = "x86_64")]
mod avx2;
mod scalar;

use crate::delimiters::Delimiters;

/// What a scan finds. Positions are ascending and count from the `base` that the scan was given.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Index {
    /// Where each delimiter stands.
    pub marks: Vec<u32>,
    /// One for each terminator.
    pub ends: Vec<End>,
    /// Where bytes stand that are no printable ASCII.
    pub odd: Vec<u32>,
    /// Component or repetition separators stand after the last terminator.
    mixed: bool,
}

/// The end of a segment: the index of its terminator in [`Index::marks`], and whether all its delimiters are element separators.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct End(u32);

impl End {
    const MIXED: u32 = 1 << 31;

    #[inline]
    fn new(mark: usize, mixed: bool) -> Self {
        Self(mark as u32 | if mixed { Self::MIXED } else { 0 })
    }

    /// Index of the terminator in the marks.
    #[inline]
    pub fn mark(self) -> usize {
        (self.0 & !Self::MIXED) as usize
    }

    /// Whether no component or repetition separator stands before it in its segment.
    #[inline]
    pub fn plain(self) -> bool {
        self.0 & Self::MIXED == 0
    }
}

impl Index {
    /// Forgets everything.
    pub fn clear(&mut self) {
        self.marks.clear();
        self.ends.clear();
        self.odd.clear();
        self.mixed = false;
    }

    /// Forgets the first `bytes` bytes with the first marks, ends and odd bytes; what is left counts from there.
    pub(crate) fn consume(&mut self, bytes: usize, marks: usize, ends: usize, odd: usize) {
        self.marks.drain(..marks.min(self.marks.len()));
        self.ends.drain(..ends.min(self.ends.len()));
        self.odd.drain(..odd.min(self.odd.len()));
        let shift = |position: &mut u32| *position = position.wrapping_sub(bytes as u32);
        self.marks.iter_mut().for_each(shift);
        self.odd.iter_mut().for_each(shift);
        self.ends.iter_mut().for_each(|end| end.0 = end.0.wrapping_sub(marks as u32));
    }

    /// Forgets marks that stand in binary data, and the ends among them.
    #[cold]
    pub(crate) fn skip(&mut self, marks: std::ops::Range<usize>) {
        let count = marks.len() as u32;
        self.ends.retain(|end| !marks.contains(&end.mark()));
        self.ends.iter_mut().filter(|end| end.mark() >= marks.end).for_each(|end| end.0 -= count);
        self.marks.drain(marks);
    }
}

/// Appends what is found in `bytes`, which start at `base`, to `index`.
///
/// `base + bytes.len()` must fit in 31 bits; the reader's buffer, bounded by its limits, does.
pub fn scan(bytes: &[u8], base: u32, delimiters: &Delimiters, index: &mut Index) {
    #[cfg(target_arch = "x86_64")]
    if avx2::scan(bytes, base, delimiters, index) {
        return;
    }
    scalar::scan(bytes, base, delimiters, index);
}

/// As [`scan`], without SIMD: what `scan` is tested and measured against.
pub fn scan_scalar(bytes: &[u8], base: u32, delimiters: &Delimiters, index: &mut Index) {
    scalar::scan(bytes, base, delimiters, index);
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

    fn by_definition(bytes: &[u8], base: u32, d: &Delimiters) -> Index {
        let places = |wanted: &dyn Fn(u8) -> bool| {
            (0..bytes.len()).filter(|at| wanted(bytes[*at])).map(|at| at as u32 + base).collect::<Vec<_>>()
        };
        let marks = places(&|byte| d.contains(byte));
        let mut ends = Vec::new();
        let mut mixed = false;
        for (at, mark) in marks.iter().enumerate() {
            let byte = bytes[(mark - base) as usize];
            if byte == d.terminator {
                ends.push(End::new(at, mixed));
                mixed = false;
            } else {
                mixed |= byte != d.element;
            }
        }
        Index { marks, ends, odd: places(&|byte| !(0x20..0x7f).contains(&byte)), mixed }
    }

    proptest! {
        #[test]
        fn both_ways_find_every_delimiter(
            bytes in prop::collection::vec(prop_oneof![any::<u8>(), prop::sample::select(b"*:^~A".to_vec())], 0..400),
            base in 0u32..1000,
            cut in any::<prop::sample::Index>(),
            chosen in prop_oneof![Just(Delimiters::default()), delimiters().prop_filter("told apart", |d| d.fault().is_none())],
        ) {
            let expected = by_definition(&bytes, base, &chosen);
            let (mut fast, mut slow) = (Index::default(), Index::default());
            let (one, other) = bytes.split_at(cut.index(bytes.len() + 1));
            for (part, at) in [(one, base), (other, base + one.len() as u32)] {
                scan(part, at, &chosen, &mut fast);
                scan_scalar(part, at, &chosen, &mut slow);
            }
            prop_assert_eq!(&fast, &expected);
            prop_assert_eq!(&slow, &expected);
        }
    }

    #[test]
    fn finds_them_when_every_byte_is_one() {
        for length in [0, 1, 31, 32, 63, 64, 65, 128, 1000] {
            for byte in [b'*', b'~', b':', b'\n'] {
                let bytes = vec![byte; length];
                let mut index = Index::default();
                scan(&bytes, 0, &Delimiters::default(), &mut index);
                assert_eq!(index, by_definition(&bytes, 0, &Delimiters::default()));
            }
        }
    }

    #[test]
    fn what_is_forgotten_leaves_the_rest_in_place() {
        let text = b"A*1~BIN*3*~:~~C*2:3~";
        let (mut index, mut tail) = (Index::default(), Index::default());
        scan(text, 0, &Delimiters::default(), &mut index);
        // The terminator of BIN is the fourth of its marks that stand within the data.
        index.skip(4..7);
        assert_eq!(index.marks, [1, 3, 7, 9, 13, 15, 17, 19]);
        assert_eq!(index.ends.iter().map(|end| end.mark()).collect::<Vec<_>>(), [1, 4, 7]);
        index.consume(14, 5, 2, 0);
        scan(&text[14..], 0, &Delimiters::default(), &mut tail);
        assert_eq!(index, tail);
    }
}
