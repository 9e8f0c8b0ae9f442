//! Bytes that are written piece by piece, with room behind them to write into at will.

/// What is written, and behind it room that was made ready once: making it so for each piece would cost more than the piece.
#[derive(Default)]
pub(crate) struct Page {
    bytes: Vec<u8>,
    length: usize,
    aside: Vec<u8>,
}

impl Page {
    pub(crate) fn len(&self) -> usize {
        self.length
    }

    /// What is written.
    pub(crate) fn written(&self) -> &[u8] {
        self.bytes.get(..self.length).unwrap_or_default()
    }

    /// Forgets what is written from there on.
    pub(crate) fn truncate(&mut self, length: usize) {
        self.length = self.length.min(length);
    }

    pub(crate) fn push(&mut self, byte: u8) {
        self.extend(&[byte]);
    }

    pub(crate) fn extend(&mut self, bytes: &[u8]) {
        if let Some(room) = self.room(bytes.len()).get_mut(..bytes.len()) {
            room.copy_from_slice(bytes);
            self.length += bytes.len();
        }
    }

    /// At least so many bytes behind what is written, of any content.
    #[inline]
    pub(crate) fn room(&mut self, count: usize) -> &mut [u8] {
        if self.bytes.len() - self.length < count {
            self.grow(count);
        }
        self.bytes.get_mut(self.length..).unwrap_or_default()
    }

    #[cold]
    fn grow(&mut self, count: usize) {
        let enough = (self.length + count).max(2 * self.bytes.len());
        self.bytes.resize(enough, 0);
    }

    /// So many bytes of the room are written.
    #[inline]
    pub(crate) fn advance(&mut self, count: usize) {
        self.length = (self.length + count).min(self.bytes.len());
    }

    /// Has someone write to its end who wants a `Vec`.
    pub(crate) fn append(&mut self, with: impl FnOnce(&mut Vec<u8>)) {
        let mut aside = std::mem::take(&mut self.aside);
        with(&mut aside);
        self.extend(&aside);
        aside.clear();
        self.aside = aside;
    }

    /// Gives the first `count` bytes away.
    pub(crate) fn drain<T>(&mut self, count: usize, take: impl FnOnce(&[u8]) -> T) -> T {
        let count = count.min(self.length);
        let taken = take(self.bytes.get(..count).unwrap_or_default());
        self.bytes.copy_within(count..self.length, 0);
        self.length -= count;
        taken
    }
}
