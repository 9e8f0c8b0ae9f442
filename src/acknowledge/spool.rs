//! What is written before what stands in front of it is known.

use std::io::{self, Read, Seek, SeekFrom, Write};
use std::ops::Range;

use tempfile::SpooledTempFile;

/// Up to this size a [`Spilling`] stays in memory.
const MEMORY_BYTES_MAX: usize = 4 << 20;

/// Bytes in the order in which they were written.
pub trait Spool: Default {
    /// Appends bytes.
    fn push(&mut self, bytes: &[u8]);

    /// Appends a part of this one to another.
    fn copy(&mut self, range: Range<u64>, to: &mut Self);

    /// Forgets everything.
    fn clear(&mut self);
}

/// All in memory: for what is small.
impl Spool for Vec<u8> {
    fn push(&mut self, bytes: &[u8]) {
        self.extend_from_slice(bytes);
    }

    fn copy(&mut self, range: Range<u64>, to: &mut Self) {
        let at = |offset: u64| usize::try_from(offset).unwrap_or(usize::MAX);
        let end = at(range.end).min(self.len());
        to.extend_from_slice(self.get(at(range.start)..end).unwrap_or_default());
    }

    fn clear(&mut self) {
        Self::clear(self);
    }
}

/// Small ones in memory, large ones in a temporary file that has no name: for a file of any size on the command line. The file lies in
/// the folder that `TMPDIR` names, and is gone with the process.
pub struct Spilling {
    file: SpooledTempFile,
    failed: Option<io::Error>,
}

impl Default for Spilling {
    fn default() -> Self {
        Self { file: SpooledTempFile::new(MEMORY_BYTES_MAX), failed: None }
    }
}

impl Spilling {
    /// Writes everything to `out`.
    ///
    /// # Errors
    /// When the temporary file failed at any time, or `out` does.
    pub fn write_to(&mut self, out: &mut impl Write) -> io::Result<()> {
        if let Some(error) = self.failed.take() {
            return Err(error);
        }
        self.file.seek(SeekFrom::Start(0))?;
        io::copy(&mut self.file, out)?;
        Ok(())
    }

    /// What came first is told by [`Spilling::write_to`].
    fn keep(&mut self, done: io::Result<()>) {
        self.failed = self.failed.take().or(done.err());
    }
}

impl Spool for Spilling {
    fn push(&mut self, bytes: &[u8]) {
        let done = self.file.write_all(bytes);
        self.keep(done);
    }

    fn copy(&mut self, range: Range<u64>, to: &mut Self) {
        let copied = self.file.seek(SeekFrom::Start(range.start)).and_then(|_| {
            let mut part = (&mut self.file).take(range.end.saturating_sub(range.start));
            io::copy(&mut part, &mut to.file)
        });
        let done = copied.and_then(|_| self.file.seek(SeekFrom::End(0)));
        to.keep(self.failed.take().map_or(done.map(|_| ()), Err));
    }

    fn clear(&mut self) {
        let done = self.file.set_len(0).and_then(|()| self.file.rewind());
        self.keep(done);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(spool: &mut Spilling) -> Vec<u8> {
        let mut out = Vec::new();
        spool.write_to(&mut out).unwrap();
        out
    }

    #[test]
    fn gives_back_the_same_bytes_in_memory_and_from_a_file() {
        for size in [10, MEMORY_BYTES_MAX + 10] {
            let bytes: Vec<u8> = (0..=250).cycle().take(size).collect();
            let (mut whole, mut part) = (Spilling::default(), Spilling::default());
            bytes.chunks(100_000).for_each(|chunk| whole.push(chunk));
            part.push(b"before");
            whole.copy(2..8, &mut part);
            whole.push(b"behind");
            assert_eq!(text(&mut part), [b"before", &bytes[2..8]].concat());
            assert_eq!(text(&mut whole), [&bytes, b"behind".as_slice()].concat());
            assert_eq!(whole.file.is_rolled(), size > MEMORY_BYTES_MAX);
            whole.clear();
            whole.push(b"anew");
            assert_eq!(text(&mut whole), b"anew");
        }
    }

    #[test]
    fn tells_in_the_end_what_failed_on_the_way() {
        let (mut from, mut to) = (Spilling::default(), Spilling::default());
        from.keep(Err(io::ErrorKind::StorageFull.into()));
        from.copy(0..1, &mut to);
        assert_eq!(to.write_to(&mut Vec::new()).unwrap_err().kind(), io::ErrorKind::StorageFull);
    }
}
