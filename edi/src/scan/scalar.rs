//! The safe twin: a table of 256.

use crate::delimiters::Delimiters;

pub(super) fn scan(bytes: &[u8], base: u32, delimiters: &Delimiters, marks: &mut Vec<u32>) {
    let mut table = [false; 256];
    for byte in 0..=255 {
        if let Some(entry) = table.get_mut(usize::from(byte)) {
            *entry = delimiters.contains(byte);
        }
    }
    let hit = |byte: u8| table.get(usize::from(byte)).copied().unwrap_or_default();
    marks.extend((base..).zip(bytes).filter(|(_, byte)| hit(**byte)).map(|(at, _)| at));
}
