//! The AWS Encryption SDK's message format, version 2, suite 0x0478: AES-256-GCM, HKDF-SHA-512, key commitment, framed.
//!
//! No I/O: [`Sealer`] and [`Opener`] take bytes in any chunking and append what follows to the caller's buffer. Plaintext is released frame
//! by frame, each authenticated before; only [`Opener::finish`] tells that the message was whole. The data key of a message is wrapped in
//! the form of a raw AES keyring ([`WrappingKey`]), so any implementation of the format opens it when given that key.
//!
//! ```text
//! header   02 | suite 2 | message id 32 | context: length 2, pairs | wrapped keys: count 2, {provider id, provider info, key: length 2, bytes}
//!          | content type 02 | frame length 4 | commitment 32 | tag 16 over all before it
//! frame    sequence 4 | IV 12 | content | tag 16                              from sequence 1
//! last     FFFFFFFF | sequence 4 | IV 12 | length 4 | content | tag 16        just one, at most a frame long
//! ```

mod cursor;
mod frames;
mod header;
mod keyring;
mod layout;
mod open;
mod seal;
mod suite;

pub use header::{Header, HeaderLimits};
pub use keyring::{WrappedDataKey, WrappingKey};
pub use layout::Layout;
pub use open::Opener;
pub use seal::Sealer;

use crate::{ContextTooLong, RandomError};

/// Plaintext bytes in a frame that we write.
pub const FRAME_BYTES: u32 = 64 * 1024;

/// Why bytes could not be sealed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// The encryption context is too long.
    #[error(transparent)]
    Context(#[from] ContextTooLong),
    /// The context is empty: what is sealed here is always bound to something.
    #[error("expected an encryption context of at least one pair, found an empty one")]
    ContextEmpty,
    /// The operating system gave no randomness.
    #[error(transparent)]
    Random(#[from] RandomError),
    /// The wrapping key's namespace or name is longer than the format holds.
    #[error("expected a wrapping key name of at most {limit} bytes, found a longer one")]
    NameTooLong {
        /// The limit.
        limit: usize,
    },
    /// The message would hold more frames than the format numbers.
    #[error("expected at most {limit} frames in a message, found more")]
    TooManyFrames {
        /// The limit.
        limit: u32,
    },
    /// The cipher refused; it does not for the lengths that are used here.
    #[error("expected the cipher to take a frame, found that it refused")]
    InternalCipher,
}

/// Why a message did not open. No variant holds anything of its content or keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// The bytes are no message of this format.
    #[error("expected {expected} in part `{part}` of a sealed message, found something else")]
    Malformed {
        /// Which part: a field of the header, or the frames.
        part: &'static str,
        /// What belongs there.
        expected: &'static str,
    },
    /// A field claims more than is allowed; nothing was allocated for it.
    #[error("expected at most {limit} for {what} of a sealed message, found {found}")]
    Limit {
        /// The field.
        what: &'static str,
        /// The limit.
        limit: u64,
        /// What the field claims.
        found: u64,
    },
    /// No wrapped key of this message is for the given wrapping key.
    #[error("expected a data key wrapped by the given key, found none")]
    NoKey,
    /// The message is bound to another context than the caller expects.
    #[error("expected the caller's encryption context, found another")]
    Context,
    /// A tag or the key commitment does not verify: the bytes were changed, moved, or sealed under another key.
    #[error("expected part `{part}` (frame {frame}) of a sealed message to be authentic, found that it is not")]
    NotAuthentic {
        /// `data key`, `commitment`, `header` or `frame`.
        part: &'static str,
        /// The frame's number from 1; 0 for the header.
        frame: u32,
    },
    /// The message ends before its final frame does.
    #[error("expected a final frame after frame {after_frame}, found the end of the message")]
    Truncated {
        /// The last whole frame.
        after_frame: u32,
    },
    /// Bytes follow the final frame.
    #[error("expected the end of the message after its final frame, found more bytes")]
    Trailing,
    /// The message already failed; it gives no more.
    #[error("expected no use of a message that failed before")]
    Failed,
    /// The context that the caller expects is too long to exist.
    #[error(transparent)]
    ContextTooLong(#[from] ContextTooLong),
    /// The cipher refused a key; it does not for the lengths that are used here.
    #[error("expected the cipher to take a key, found that it refused")]
    InternalCipher,
}

#[cfg(test)]
mod tests;
