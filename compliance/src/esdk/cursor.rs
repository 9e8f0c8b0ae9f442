//! Takes fields off the front of bytes that may still be incomplete.

use super::OpenError;

/// Why parsing stops.
pub(super) enum Stop {
    /// More bytes are needed.
    Incomplete,
    /// It cannot become a message, whatever follows.
    Bad(OpenError),
}

impl From<OpenError> for Stop {
    fn from(error: OpenError) -> Self {
        Self::Bad(error)
    }
}

/// What is left to read, and how much was read.
pub(super) struct Cursor<'a> {
    rest: &'a [u8],
    read: usize,
}

impl<'a> Cursor<'a> {
    pub(super) const fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes, read: 0 }
    }

    pub(super) const fn read(&self) -> usize {
        self.read
    }

    pub(super) fn take(&mut self, length: usize) -> Result<&'a [u8], Stop> {
        let (taken, rest) = self.rest.split_at_checked(length).ok_or(Stop::Incomplete)?;
        self.rest = rest;
        self.read += length;
        Ok(taken)
    }

    pub(super) fn array<const N: usize>(&mut self) -> Result<[u8; N], Stop> {
        let (taken, rest) = self.rest.split_first_chunk::<N>().ok_or(Stop::Incomplete)?;
        self.rest = rest;
        self.read += N;
        Ok(*taken)
    }

    pub(super) fn byte(&mut self) -> Result<u8, Stop> {
        self.array::<1>().map(|[byte]| byte)
    }

    pub(super) fn short(&mut self) -> Result<usize, Stop> {
        self.array().map(|bytes| usize::from(u16::from_be_bytes(bytes)))
    }

    pub(super) fn long(&mut self) -> Result<u32, Stop> {
        self.array().map(u32::from_be_bytes)
    }
}
