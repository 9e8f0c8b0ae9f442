//! Bytes to segments, sans I/O. Any chunking of the input gives the same segments.

mod header;
mod isa;
mod reader;
mod refusal;

pub use header::InterchangeHeader;
pub(crate) use header::text;
pub use reader::Reader;
pub use refusal::{Refusal, RefusalReason};

use crate::delimiters::Delimiters;
use crate::segment::Segment;
use std::ops::Range;

/// Takes what a [`Reader`] reads, in order.
#[allow(unused_variables)]
pub trait Sink {
    /// An ISA; the segments that follow belong to it until its IEA or the next ISA. `leading` stood before it at the start of
    /// the file.
    fn isa(&mut self, segment: &Segment<'_>, leading: &[u8]) {}
    /// Any other segment.
    fn segment(&mut self, segment: &mut Segment<'_>) {}
    /// An ISA that cannot be used but tells enough for a TA1; a [`Refusal`] follows.
    fn broken_isa(&mut self, broken: &BrokenIsa) {}
    /// Something odd that is no segment.
    fn note(&mut self, note: &Note) {}
}

/// What could be read of a broken ISA.
#[derive(Debug)]
pub struct BrokenIsa {
    /// Its fields.
    pub header: InterchangeHeader,
    /// The usual delimiters, with its element separator.
    pub delimiters: Delimiters,
    /// Why it cannot be used.
    pub refusal: Refusal,
    /// Its bytes in the file, as far as they were read.
    pub bytes: Range<u64>,
}

/// Something odd between or within segments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// What.
    pub kind: NoteKind,
    /// Where, in the file.
    pub bytes: Range<u64>,
}

/// The kind of a [`Note`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoteKind {
    /// A UTF-8 byte order mark at the start.
    ByteOrderMark,
    /// ISA11 holds no separator although its version wants one; the interchange is read without.
    NoRepetitionSeparator,
    /// Text after an interchange that is no interchange; told with its first byte alone.
    TextOutside,
    /// The input ends within a segment.
    Unterminated,
    /// The length that a BIN or BDS segment declares does not end at a terminator; it is read as any other segment.
    BinaryLength,
}
