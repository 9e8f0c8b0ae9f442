//! What is written before what stands in front of it is known.

use std::fs::File;
use std::io::{self, Write};
use std::ops::Range;
use std::os::unix::fs::FileExt;

use ring::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use ring::rand::{SecureRandom, SystemRandom};

/// Up to this size a [`Spilling`] stays in memory; past it, its older bytes go to a file in pieces of this size.
const MEMORY_BYTES_MAX: usize = 1 << 20;
/// What a piece in the file is longer than its content.
const TAG_BYTES: usize = 16;

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
        to.extend_from_slice(part(self, 0, &range));
    }

    fn clear(&mut self) {
        Self::clear(self);
    }
}

/// Small ones in memory, large ones in a temporary file: for a file of any size on the command line. The file lies in the folder that
/// `TMPDIR` names, has no name, and is encrypted under a key that this value alone has, so nothing that can be read is left behind.
#[derive(Default)]
pub struct Spilling {
    file: Option<Sealed>,
    /// What follows the file's content.
    tail: Vec<u8>,
    failed: Option<io::Error>,
}

impl Spilling {
    /// Writes everything to `out`.
    ///
    /// # Errors
    /// When the temporary file failed at any time, or `out` does.
    pub fn write_to(&mut self, out: &mut impl Write) -> io::Result<()> {
        self.failed.take().map_or(Ok(()), Err)?;
        self.each(0..u64::MAX, |bytes| out.write_all(bytes))
    }

    /// Gives a part piece by piece.
    fn each(&self, range: Range<u64>, mut take: impl FnMut(&[u8]) -> io::Result<()>) -> io::Result<()> {
        let mut at = 0;
        if let Some(file) = &self.file {
            let size = MEMORY_BYTES_MAX as u64;
            for piece in (range.start / size)..file.pieces.min(range.end.div_ceil(size)) {
                take(part(&file.read(piece)?, piece * size, &range))?;
            }
            at = file.pieces * size;
        }
        take(part(&self.tail, at, &range))
    }

    fn spill(&mut self) -> io::Result<()> {
        let mut file = self.file.take().map_or_else(Sealed::new, Ok)?;
        let rest = self.tail.split_off(MEMORY_BYTES_MAX);
        file.write(std::mem::replace(&mut self.tail, rest))?;
        self.file = Some(file);
        Ok(())
    }
}

impl Spool for Spilling {
    fn push(&mut self, bytes: &[u8]) {
        self.tail.extend_from_slice(bytes);
        while self.tail.len() > MEMORY_BYTES_MAX && self.failed.is_none() {
            // What failed first is told by `write_to`.
            self.failed = self.spill().err();
        }
    }

    fn copy(&mut self, range: Range<u64>, to: &mut Self) {
        let copied = self.failed.take().map_or(Ok(()), Err).and_then(|()| {
            self.each(range, |bytes| {
                to.push(bytes);
                Ok(())
            })
        });
        to.failed = to.failed.take().or(copied.err());
    }

    fn clear(&mut self) {
        self.file = None;
        self.tail.clear();
    }
}

/// The part of a range that `bytes` hold, which stand at `at`.
fn part<'a>(bytes: &'a [u8], at: u64, range: &Range<u64>) -> &'a [u8] {
    let index = |offset: u64| usize::try_from(offset.saturating_sub(at)).map_or(bytes.len(), |i| i.min(bytes.len()));
    bytes.get(index(range.start)..index(range.end)).unwrap_or_default()
}

/// A file without a name, in pieces of [`MEMORY_BYTES_MAX`], each sealed under its number.
struct Sealed {
    file: File,
    key: LessSafeKey,
    pieces: u64,
}

impl Sealed {
    fn new() -> io::Result<Self> {
        let mut key = [0; 32];
        let made = SystemRandom::new().fill(&mut key).and_then(|()| UnboundKey::new(&AES_256_GCM, &key));
        let key = LessSafeKey::new(made.map_err(|_| io::Error::other("expected a key, found none"))?);
        Ok(Self { file: tempfile::tempfile()?, key, pieces: 0 })
    }

    fn write(&mut self, mut content: Vec<u8>) -> io::Result<()> {
        let sealed = self.key.seal_in_place_append_tag(nonce(self.pieces), Aad::empty(), &mut content);
        sealed.map_err(|_| io::Error::other("expected the cipher to take a piece, found that it refused"))?;
        self.file.write_all_at(&content, offset(self.pieces))?;
        self.pieces += 1;
        Ok(())
    }

    fn read(&self, piece: u64) -> io::Result<Vec<u8>> {
        let mut content = vec![0; MEMORY_BYTES_MAX + TAG_BYTES];
        self.file.read_exact_at(&mut content, offset(piece))?;
        let opened = self.key.open_in_place(nonce(piece), Aad::empty(), &mut content);
        let length =
            opened.map_err(|_| io::Error::other("expected a piece as it was written, found it changed"))?.len();
        content.truncate(length);
        Ok(content)
    }
}

fn offset(piece: u64) -> u64 {
    piece * (MEMORY_BYTES_MAX + TAG_BYTES) as u64
}

/// A piece is written once, under a key of its file's own.
fn nonce(piece: u64) -> Nonce {
    let mut bytes = [0; 12];
    if let Some(last) = bytes.last_chunk_mut::<8>() {
        *last = piece.to_be_bytes();
    }
    Nonce::assume_unique_for_key(bytes)
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
        for size in [10, MEMORY_BYTES_MAX, 2 * MEMORY_BYTES_MAX + 10] {
            let bytes: Vec<u8> = (0..=250).cycle().take(size).collect();
            let (mut whole, mut some) = (Spilling::default(), Spilling::default());
            bytes.chunks(100_000).for_each(|chunk| whole.push(chunk));
            assert_eq!(whole.file.is_some(), size > MEMORY_BYTES_MAX);
            for range in [2..8, 0..size, size - 3..size, size / 3..size.div_ceil(2), size..size] {
                some.clear();
                some.push(b"before");
                whole.copy(range.start as u64..range.end as u64, &mut some);
                assert_eq!(text(&mut some), [b"before", &bytes[range]].concat());
            }
            whole.push(b"behind");
            assert_eq!(text(&mut whole), [&bytes, b"behind".as_slice()].concat());
            whole.clear();
            whole.push(b"anew");
            assert_eq!(text(&mut whole), b"anew");
        }
    }

    #[test]
    fn nothing_that_can_be_read_goes_to_the_file() {
        let mut spool = Spilling::default();
        spool.push(&b"CANARY ".repeat(MEMORY_BYTES_MAX / 3));
        let file = spool.file.as_ref().unwrap();
        let mut stored = vec![0; offset(file.pieces) as usize];
        file.file.read_exact_at(&mut stored, 0).unwrap();
        assert!(file.pieces > 1 && !stored.windows(6).any(|bytes| bytes == b"CANARY"));
    }

    #[test]
    fn tells_in_the_end_what_failed_on_the_way() {
        let (mut from, mut to) = (Spilling::default(), Spilling::default());
        from.push(&vec![7; MEMORY_BYTES_MAX + 1]);
        from.file.as_mut().unwrap().pieces += 1;
        from.copy(0..u64::MAX, &mut to);
        assert_eq!(to.write_to(&mut Vec::new()).unwrap_err().kind(), io::ErrorKind::UnexpectedEof);
    }
}
