//! The engine: bytes in, events out, in one pass.

mod events;
mod options;

pub use events::{
    GroupEnd, GroupHeader, GroupStart, InterchangeEnd, InterchangeStart, ItemEnd, SetEnd, SetHeader, SetStart, Verdict,
    Visitor,
};
pub use options::{CharacterSet, Limits, Options};

pub use crate::read::{InterchangeHeader, Refusal};

/// Reads one file (or message), validates it and tells a [`Visitor`] everything in order. Any chunking of the bytes gives the
/// same events. Memory holds one segment and the loops that are open.
pub struct Engine {
    refused: Option<Refusal>,
}

impl Engine {
    /// An engine at the start of a file.
    pub fn new(_options: Options) -> Self {
        Self { refused: None }
    }

    /// Takes the next bytes. After a [`Refusal`] it takes none and gives the same refusal again.
    pub fn feed(&mut self, _bytes: &[u8], _visitor: &mut impl Visitor) -> Result<(), Refusal> {
        self.refused.map_or(Ok(()), Err)
    }

    /// The file has ended: closes what is open and says what is missing.
    pub fn finish(&mut self, _visitor: &mut impl Visitor) -> Result<(), Refusal> {
        self.refused.map_or(Ok(()), Err)
    }
}
