//! The index by AVX2: 64 bytes a step, four comparisons, one bit a byte. The only unsafe code of the crate.
#![allow(unsafe_code)]

use crate::delimiters::Delimiters;
use std::arch::x86_64::{
    __m256i, _mm256_cmpeq_epi8, _mm256_loadu_si256, _mm256_movemask_epi8, _mm256_or_si256, _mm256_set1_epi8,
};

/// Bytes a step.
const STEP: usize = 64;

/// Does the scan and says so; `false`, with nothing done, where the processor has no AVX2.
pub(super) fn scan(bytes: &[u8], base: u32, delimiters: &Delimiters, marks: &mut Vec<u32>) -> bool {
    if !std::arch::is_x86_feature_detected!("avx2") || !std::arch::is_x86_feature_detected!("bmi1") {
        return false;
    }
    // SAFETY: the processor has AVX2 and BMI1, as was just asked.
    unsafe { scan_avx2(bytes, base, delimiters, marks) };
    true
}

/// # Safety
/// The processor must have AVX2 and BMI1.
#[target_feature(enable = "avx2,bmi1")]
unsafe fn scan_avx2(bytes: &[u8], base: u32, delimiters: &Delimiters, marks: &mut Vec<u32>) {
    let wanted = [
        delimiters.element,
        delimiters.component,
        delimiters.terminator,
        // Without a repetition separator, look for the element separator twice.
        delimiters.repetition.unwrap_or(delimiters.element),
    ]
    .map(|byte| _mm256_set1_epi8(byte as i8));
    let (steps, tail) = bytes.as_chunks::<STEP>();
    let mut at = base;
    for step in steps {
        // Room for every byte of the step, and for the eight that `write` may put beyond the last.
        marks.reserve(STEP + 8);
        let (low, high) = step.split_at(STEP / 2);
        // SAFETY: both halves are 32 bytes; the loads need no alignment.
        let (low, high) = unsafe { (half(low.as_ptr(), &wanted), half(high.as_ptr(), &wanted)) };
        // SAFETY: `reserve` made room for 72 more.
        unsafe { write(u64::from(low) | u64::from(high) << 32, at, marks) };
        at += STEP as u32;
    }
    super::scalar::scan(tail, at, delimiters, marks);
}

/// One bit for each of 32 bytes that is one of the wanted.
///
/// # Safety
/// The processor must have AVX2, and `from` must be good for 32 bytes.
#[inline]
#[target_feature(enable = "avx2")]
unsafe fn half(from: *const u8, wanted: &[__m256i; 4]) -> u32 {
    // SAFETY: the caller vouches for 32 bytes.
    let bytes = unsafe { _mm256_loadu_si256(from.cast()) };
    let [a, b, c, d] = wanted.map(|byte| _mm256_cmpeq_epi8(bytes, byte));
    _mm256_movemask_epi8(_mm256_or_si256(_mm256_or_si256(a, b), _mm256_or_si256(c, d))) as u32
}

/// Appends the position of each set bit, plus `at`. Writes eight at a time, so as not to branch on each bit.
///
/// # Safety
/// `marks` must have room for as many as bits are set, and eight more.
#[inline]
#[target_feature(enable = "bmi1")]
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
