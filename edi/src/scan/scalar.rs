//! The safe twin: a table of 256.

use super::{End, Index};
use crate::delimiters::Delimiters;
use crate::segment::is_printable;

const SEPARATOR: u8 = 1;
const TERMINATOR: u8 = 2;
const MIXED: u8 = 4;
const ODD: u8 = 8;

pub(super) fn scan(bytes: &[u8], base: u32, delimiters: &Delimiters, index: &mut Index) {
    let mut table = [0u8; 256];
    for (byte, class) in (0..=255).zip(&mut table) {
        *class = class_of(byte, delimiters);
    }
    for (at, byte) in (base..).zip(bytes) {
        let class = table.get(usize::from(*byte)).copied().unwrap_or_default();
        if class == 0 {
            continue;
        }
        if class & ODD != 0 {
            index.odd.push(at);
        }
        if class & TERMINATOR != 0 {
            index.ends.push(End::new(index.marks.len(), std::mem::take(&mut index.mixed)));
        }
        if class & (SEPARATOR | TERMINATOR) != 0 {
            index.mixed |= class & MIXED != 0;
            index.marks.push(at);
        }
    }
}

fn class_of(byte: u8, delimiters: &Delimiters) -> u8 {
    let odd = if is_printable(byte) { 0 } else { ODD };
    let kind = if byte == delimiters.terminator {
        TERMINATOR
    } else if byte == delimiters.element {
        SEPARATOR
    } else if delimiters.contains(byte) {
        SEPARATOR | MIXED
    } else {
        0
    };
    odd | kind
}
