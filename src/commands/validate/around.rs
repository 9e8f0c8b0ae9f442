//! The bytes around a place: read again from a file, or from the end of what came through a pipe.

use std::fs::File;
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::path::Path;

use super::snippet::{Snippet, cut};
use crate::commands::input::is_standard;

/// Bytes that are looked at on each side of a place.
const SIDE_BYTES: u64 = 8 << 10;
/// Bytes of a pipe that are kept behind it. What closes a loop is told at its end, of a segment that may stand far before.
const KEPT_BYTES: usize = 256 << 10;

/// Where snippets come from.
pub(super) struct Around {
    source: Source,
    show_values: bool,
}

enum Source {
    /// Costs nothing while a file is read.
    File(File),
    /// The last bytes, and where the first of them stands.
    Recent(Vec<u8>, u64),
}

impl Around {
    /// For a file, or standard input for `-`.
    pub(super) fn new(path: &Path, show_values: bool) -> Self {
        let is_file = !is_standard(path) && std::fs::metadata(path).is_ok_and(|found| found.is_file());
        let file = if is_file { File::open(path).ok() } else { None };
        Self { source: file.map_or(Source::Recent(Vec::new(), 0), Source::File), show_values }
    }

    /// Takes the next bytes, before the engine does.
    pub(super) fn push(&mut self, bytes: &[u8]) {
        if let Source::Recent(recent, first) = &mut self.source {
            let surplus = recent.len().saturating_sub(KEPT_BYTES);
            recent.drain(..surplus);
            *first += surplus as u64;
            recent.extend_from_slice(bytes);
        }
    }

    /// Whether a snippet is best taken now: a pipe has passed what follows the place.
    pub(super) fn reaches(&self, place: &Range<u64>) -> bool {
        match &self.source {
            Source::File(_) => false,
            Source::Recent(recent, first) => place.end + SIDE_BYTES <= first + recent.len() as u64,
        }
    }

    /// The place with its neighbours; `None` where its bytes are gone.
    pub(super) fn snippet(&self, place: &Range<u64>, terminator: u8) -> Option<Snippet> {
        let first = place.start.saturating_sub(SIDE_BYTES);
        match &self.source {
            Source::File(file) => {
                let mut bytes = vec![0; usize::try_from(place.start - first + 2 * SIDE_BYTES).ok()?];
                let count = read_full(file, &mut bytes, first);
                cut(bytes.get(..count)?, first, place, terminator, self.show_values)
            }
            Source::Recent(recent, start) => {
                let from = usize::try_from(first.saturating_sub(*start)).ok()?.min(recent.len());
                let to = from.saturating_add(usize::try_from(3 * SIDE_BYTES).ok()?).min(recent.len());
                cut(recent.get(from..to)?, start + from as u64, place, terminator, self.show_values)
            }
        }
    }
}

/// Reads as much as there is; what cannot be read is not shown.
fn read_full(file: &File, bytes: &mut [u8], first: u64) -> usize {
    let mut count = 0;
    while let Some(rest) = bytes.get_mut(count..).filter(|rest| !rest.is_empty()) {
        match file.read_at(rest, first + count as u64) {
            Ok(0) => break,
            Ok(read) => count += read,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(_) => break,
        }
    }
    count
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pipe_and_a_file_show_the_same() {
        let segment = "NTE*ADD*SOME TEXT HERE~";
        let text = segment.repeat(40_000);
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), &text).unwrap();
        let from_file = Around::new(file.path(), true);
        let mut from_pipe = Around::new(Path::new("-"), true);
        let place = (30_000 * segment.len() + 8) as u64;
        let place = place..place + 4;
        assert!(!from_file.reaches(&place));
        for chunk in text.as_bytes().chunks(100_000) {
            from_pipe.push(chunk);
            if from_pipe.reaches(&place) {
                break;
            }
        }
        for around in [from_file, from_pipe] {
            let snippet = around.snippet(&place, b'~').unwrap();
            assert_eq!((snippet.mark, snippet.before.len(), snippet.after.len()), (8..12, 2, 2));
            assert_eq!(snippet.segment, "NTE*ADD*SOME TEXT HERE");
        }
    }

    #[test]
    fn what_a_pipe_has_forgotten_is_not_shown() {
        let mut around = Around::new(Path::new("-"), false);
        (0..20).for_each(|_| around.push(&[b'A'; 64 << 10]));
        assert!(around.snippet(&(10..20), b'~').is_none());
        let Source::Recent(recent, _) = &around.source else { panic!() };
        assert!(recent.len() <= KEPT_BYTES + (64 << 10));
    }
}
