//! The index by AVX2: 64 bytes a step, one bit a byte for each question. The only unsafe code of the crate.
#![allow(unsafe_code)]

use super::{End, Index};
use crate::delimiters::Delimiters;
use std::arch::x86_64::{
    __m256i, _mm256_cmpeq_epi8, _mm256_loadu_si256, _mm256_max_epu8, _mm256_movemask_epi8, _mm256_set1_epi8,
    _mm256_sub_epi8,
};

/// Bytes a step.
const STEP: usize = 64;

/// Does the scan and says so; `false`, with nothing done, where the processor has no AVX2.
pub(super) fn scan(bytes: &[u8], base: u32, delimiters: &Delimiters, index: &mut Index) -> bool {
    let has = std::arch::is_x86_feature_detected!("avx2")
        && std::arch::is_x86_feature_detected!("bmi1")
        && std::arch::is_x86_feature_detected!("popcnt");
    if has {
        // SAFETY: the processor has AVX2, BMI1 and POPCNT, as was just asked.
        unsafe { scan_avx2(bytes, base, delimiters, index) };
    }
    has
}

/// What is looked for, each in all lanes.
struct Wanted {
    element: __m256i,
    terminator: __m256i,
    component: __m256i,
    repetition: __m256i,
    /// All bits where there is a repetition separator, none where not.
    repeats: u64,
    space: __m256i,
    past_printable: __m256i,
}

/// One bit for each byte of a step.
struct Bits {
    element: u64,
    terminator: u64,
    /// Component or repetition separator.
    mixed: u64,
    odd: u64,
}

/// # Safety
/// The processor must have AVX2, BMI1 and POPCNT.
#[target_feature(enable = "avx2,bmi1,popcnt")]
unsafe fn scan_avx2(bytes: &[u8], base: u32, delimiters: &Delimiters, index: &mut Index) {
    let all = |byte: u8| _mm256_set1_epi8(byte as i8);
    let wanted = Wanted {
        element: all(delimiters.element),
        terminator: all(delimiters.terminator),
        component: all(delimiters.component),
        repetition: all(delimiters.repetition.unwrap_or_default()),
        repeats: if delimiters.repetition.is_some() { u64::MAX } else { 0 },
        space: all(b' '),
        past_printable: all(0x7f - b' '),
    };
    let (steps, tail) = bytes.as_chunks::<STEP>();
    let mut at = base;
    for step in steps {
        // SAFETY: the caller vouches for AVX2.
        let bits = unsafe { look(step, &wanted) };
        let before = index.marks.len();
        // Room for every byte of the step, and for the eight that `write` may put beyond the last.
        index.marks.reserve(STEP + 8);
        let all = bits.element | bits.terminator | bits.mixed;
        // SAFETY: `reserve` made room for 72 more.
        unsafe { write(all, at, &mut index.marks) };
        if bits.odd != 0 {
            index.odd.reserve(STEP + 8);
            // SAFETY: as above.
            unsafe { write(bits.odd, at, &mut index.odd) };
        }
        ends(&bits, all, before, index);
        at += STEP as u32;
    }
    super::scalar::scan(tail, at, delimiters, index);
}

/// Notes each terminator, with what stood before it.
#[inline]
#[target_feature(enable = "bmi1,popcnt")]
fn ends(bits: &Bits, all: u64, before: usize, index: &mut Index) {
    let (mut left, mut mixed) = (bits.terminator, bits.mixed);
    while left != 0 {
        let below = (left & left.wrapping_neg()) - 1;
        let is_mixed = index.mixed | (mixed & below != 0);
        index.ends.push(End::new(before + (all & below).count_ones() as usize, is_mixed));
        index.mixed = false;
        mixed &= !below;
        left &= left - 1;
    }
    index.mixed |= mixed != 0;
}

/// # Safety
/// The processor must have AVX2.
#[inline]
#[target_feature(enable = "avx2")]
unsafe fn look(step: &[u8; STEP], wanted: &Wanted) -> Bits {
    let (low, high) = step.split_at(STEP / 2);
    // SAFETY: both halves are 32 bytes; the loads need no alignment.
    let (low, high) = unsafe { (_mm256_loadu_si256(low.as_ptr().cast()), _mm256_loadu_si256(high.as_ptr().cast())) };
    let mask = |low: __m256i, high: __m256i| {
        u64::from(_mm256_movemask_epi8(low) as u32) | u64::from(_mm256_movemask_epi8(high) as u32) << 32
    };
    let same = |half: __m256i, byte: __m256i| _mm256_cmpeq_epi8(half, byte);
    // Counted from the space, printable bytes are small, and all others are large.
    let odd = |half| {
        let from_space = _mm256_sub_epi8(half, wanted.space);
        same(_mm256_max_epu8(from_space, wanted.past_printable), from_space)
    };
    Bits {
        element: mask(same(low, wanted.element), same(high, wanted.element)),
        terminator: mask(same(low, wanted.terminator), same(high, wanted.terminator)),
        // A sum, since no byte is both. Of a bitwise or, the compiler makes a byte by byte affair.
        mixed: mask(same(low, wanted.component), same(high, wanted.component))
            .wrapping_add(mask(same(low, wanted.repetition), same(high, wanted.repetition)) & wanted.repeats),
        odd: mask(odd(low), odd(high)),
    }
}

/// Appends the position of each set bit, plus `at`. Writes eight at a time, so as not to branch on each bit.
///
/// # Safety
/// `marks` must have room for as many as bits are set, and eight more.
#[inline]
#[target_feature(enable = "bmi1,popcnt")]
unsafe fn write(mut bits: u64, at: u32, marks: &mut Vec<u32>) {
    let count = bits.count_ones() as usize;
    let length = marks.len();
    let mut done = 0;
    while done < count {
        for slot in done..done + 8 {
            // SAFETY: `slot` is below `count` rounded up to eight, for which the caller vouches that there is room. Past the
            // last bit, trailing_zeros gives 64: the value written is not counted in the length.
            unsafe { marks.as_mut_ptr().add(length + slot).write(at.wrapping_add(bits.trailing_zeros())) };
            bits &= bits.wrapping_sub(1);
        }
        done += 8;
    }
    // SAFETY: the first `count` after `length` were written, within capacity.
    unsafe { marks.set_len(length + count) };
}
