//! A segment as it is shown, with its neighbours. Values are masked here, so that none is kept.

use std::ops::Range;

use crate::commands::mask::masked;

/// Segments that are shown before and after.
const NEIGHBOURS: usize = 2;
/// Bytes of a segment that are shown.
const SHOWN_BYTES_MAX: usize = 240;

/// A place in a file, ready to be shown.
pub(super) struct Snippet {
    /// The segments before it.
    pub(super) before: Vec<String>,
    /// The segment itself.
    pub(super) segment: String,
    /// What is meant of it, in characters; empty at the end or where something is missing.
    pub(super) mark: Range<usize>,
    /// The segments after it.
    pub(super) after: Vec<String>,
}

/// Cuts the place out of bytes that start `first` bytes into the file. `None` where they do not hold it.
pub(super) fn cut(bytes: &[u8], first: u64, place: &Range<u64>, terminator: u8, show_values: bool) -> Option<Snippet> {
    let at = usize::try_from(place.start.checked_sub(first)?).ok().filter(|at| *at <= bytes.len())?;
    let line = line_around(bytes, at, terminator);
    // Without its beginning, nobody knows what of it is an id and may be shown.
    let whole = |line: &Range<usize>| line.start > 0 || first == 0;
    if !whole(&line) {
        return None;
    }
    let mut before = Vec::new();
    let mut start = line.start;
    while before.len() < NEIGHBOURS
        && let Some(end) = bytes.get(..start)?.iter().rposition(|byte| *byte == terminator)
    {
        let neighbour = line_around(bytes, end, terminator);
        if !whole(&neighbour) {
            break;
        }
        before.insert(0, neighbour.clone());
        start = neighbour.start;
    }
    let mut after = Vec::new();
    let mut end = line.end;
    while after.len() < NEIGHBOURS && end + 1 < bytes.len() {
        let neighbour = line_around(bytes, end + 1, terminator);
        if neighbour.is_empty() {
            break;
        }
        end = neighbour.end;
        after.push(neighbour);
    }
    let show = |line: Range<usize>| shown(bytes.get(line.clone()).unwrap_or_default(), 0..0, show_values).0;
    let length = usize::try_from(place.end.saturating_sub(place.start)).unwrap_or(usize::MAX);
    let from = at.clamp(line.start, line.end) - line.start;
    let mark = from..from.saturating_add(length).min(line.len()).max(from);
    let (segment, mark) = shown(bytes.get(line)?, mark, show_values);
    Some(Snippet {
        before: before.into_iter().map(show).collect(),
        segment,
        mark,
        after: after.into_iter().map(show).collect(),
    })
}

/// The segment that holds a byte or ends with it, without the line end before it.
fn line_around(bytes: &[u8], at: usize, terminator: u8) -> Range<usize> {
    let is_end = |byte: &u8| *byte == terminator;
    let mut start = bytes.get(..at).and_then(|head| head.iter().rposition(is_end)).map_or(0, |end| end + 1);
    let end = bytes.get(at..).and_then(|tail| tail.iter().position(is_end)).map_or(bytes.len(), |end| at + end);
    while start < end && bytes.get(start).is_some_and(u8::is_ascii_whitespace) {
        start += 1;
    }
    start..end
}

/// A segment's text around a mark; where it is cut, an ellipsis says so.
fn shown(segment: &[u8], mark: Range<usize>, show_values: bool) -> (String, Range<usize>) {
    let first = if mark.end > SHOWN_BYTES_MAX { mark.start.saturating_sub(SHOWN_BYTES_MAX / 2) } else { 0 };
    let last = segment.len().min(first + SHOWN_BYTES_MAX);
    let text = masked(segment.get(..last).unwrap_or_default(), first, show_values);
    let head = if first > 0 { "…" } else { "" };
    let tail = if last < segment.len() { "…" } else { "" };
    let shift = |at: usize| at.min(last).saturating_sub(first) + head.chars().count();
    (format!("{head}{text}{tail}"), shift(mark.start)..shift(mark.end))
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &[u8] = b"ST*837~\nBHT*0019~\nNM1*41*2*CLINIC~\nPER*IC~\nNM1*40~\nHL*1~\n";

    fn of(needle: &str) -> Range<u64> {
        let at = FILE.windows(needle.len()).position(|window| window == needle.as_bytes()).unwrap() as u64;
        at + 100..at + 100 + needle.len() as u64
    }

    #[test]
    fn shows_two_segments_on_each_side_and_masks_all() {
        let snippet = cut(FILE, 100, &of("CLINIC"), b'~', false).unwrap();
        assert_eq!(snippet.before, ["BHT*9999"], "ST may be cut");
        assert_eq!((snippet.segment.as_str(), snippet.mark), ("NM1*99*9*xxxxxx", 9..15));
        assert_eq!(snippet.after, ["PER*xx", "NM1*99"]);
    }

    #[test]
    fn marks_an_end_an_empty_place_and_nothing_outside() {
        let last = of("HL*1");
        let snippet = cut(FILE, 100, &(last.end..last.end), b'~', true).unwrap();
        assert_eq!((snippet.segment.as_str(), snippet.mark), ("HL*1", 4..4));
        let end = 100 + FILE.len() as u64;
        let snippet = cut(FILE, 100, &(end..end), b'~', true).unwrap();
        assert_eq!((snippet.segment.as_str(), snippet.before), ("", vec!["NM1*40".to_owned(), "HL*1".to_owned()]));
        assert!(cut(FILE, 100, &(102..103), b'~', true).is_none(), "its beginning may be missing");
        assert!(cut(FILE, 100, &(99..100), b'~', true).is_none());
        assert!(cut(FILE, 100, &(end + 1..end + 2), b'~', true).is_none());
    }

    #[test]
    fn a_long_segment_is_cut_around_the_place() {
        let mut segment = b"NTE*ADD*".to_vec();
        segment.extend([b'X'; 1000]);
        segment.extend(b"*HERE");
        let at = segment.len() as u64 - 4;
        let snippet = cut(&segment, 0, &(at..at + 4), b'~', true).unwrap();
        let marked: String = snippet.segment.chars().skip(snippet.mark.start).take(snippet.mark.len()).collect();
        assert_eq!(marked, "HERE");
        assert!(snippet.segment.starts_with('…') && snippet.segment.chars().count() <= SHOWN_BYTES_MAX + 2);
    }
}
