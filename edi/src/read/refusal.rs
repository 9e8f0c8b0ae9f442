//! Why nothing more of a file can be framed.

use crate::delimiters::DelimiterKind;

/// Nothing can be framed from `offset` on. What was told before it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{reason} (byte {offset})")]
pub struct Refusal {
    /// Why.
    pub reason: RefusalReason,
    /// Offset in the file of the byte that is at fault.
    pub offset: u64,
}

/// The reason of a [`Refusal`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RefusalReason {
    /// Nothing, or blanks alone.
    #[error("expected an interchange that starts with ISA, found an empty file")]
    Empty,
    /// No ISA at the start.
    #[error("expected an interchange that starts with ISA, found something else")]
    NotX12,
    /// UTF-16 or UTF-32.
    #[error("expected single-byte text, found UTF-16 or UTF-32")]
    WideText,
    /// The file ends within the ISA.
    #[error("expected an ISA of 106 bytes, found the end of input after {found}")]
    IsaTruncated {
        /// Bytes that were there.
        found: u64,
    },
    /// The ISA's fields do not stand where 106 bytes put them.
    #[error("expected an ISA of 106 bytes, found {found}")]
    IsaLength {
        /// Its length, with the terminator.
        found: u64,
    },
    /// The ISA's fields cannot be told apart.
    #[error("expected an ISA of 106 bytes with 16 elements, found other fields")]
    IsaFields,
    /// A delimiter that cannot serve.
    #[error("expected a {} that is no letter, digit, blank or NUL and differs from the others, found one that is not", .0.name())]
    Delimiter(DelimiterKind),
    /// A segment without end.
    #[error("expected a segment of at most {limit} bytes, found no terminator within")]
    SegmentTooLong {
        /// The limit.
        limit: u64,
    },
    /// A BIN or BDS segment that declares too much.
    #[error("expected binary data of at most {limit} bytes, found a greater length declared")]
    BinaryTooLong {
        /// The limit.
        limit: u64,
    },
}
