//! Segments as they may be shown: their shape without their values.

use std::ops::Range;

/// Part of a segment that starts `first` bytes into it. Letters become x and digits 9, so that the shape can be seen and the value cannot;
/// the segment's id stays.
pub(super) fn masked(segment: &[u8], first: usize, show_values: bool) -> String {
    let id_end = segment.iter().position(|byte| !byte.is_ascii_alphanumeric()).unwrap_or(segment.len()).min(3);
    let shown = segment.get(first..).unwrap_or_default().iter().zip(first..);
    shown.map(|(byte, at)| mask(*byte, show_values || at < id_end)).collect()
}

fn mask(byte: u8, clear: bool) -> char {
    match byte {
        b'a'..=b'z' | b'A'..=b'Z' if !clear => 'x',
        b'0'..=b'9' if !clear => '9',
        b' '..=b'~' => char::from(byte),
        _ => '.',
    }
}

/// Carets under byte ranges of a line.
pub(super) fn caret_line(ranges: &[Range<usize>]) -> String {
    let end = ranges.iter().map(|range| range.end.max(range.start + 1)).max().unwrap_or(0);
    let under = |at: usize| ranges.iter().any(|range| at >= range.start && at < range.end.max(range.start + 1));
    (0..end).map(|at| if under(at) { '^' } else { ' ' }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_the_shape_and_hides_the_value() {
        assert_eq!(masked(b"NM1*IL*1*O'DOE*J\xc3", 0, false), "NM1*xx*9*x'xxx*x.");
        assert_eq!(masked(b"NM1*IL*1*DOE", 9, true), "DOE");
        assert_eq!(masked(b"SECRETNOSEPARATOR", 0, false), "SECxxxxxxxxxxxxxx");
    }

    #[test]
    fn points_at_every_range_and_at_an_empty_one_too() {
        assert_eq!(caret_line(&[2..4, 6..6]), "  ^^  ^");
        assert_eq!(caret_line(&[]), "");
    }
}
