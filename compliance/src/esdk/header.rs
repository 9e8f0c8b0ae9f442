//! A message's header: read with every length checked before anything is allocated, and written.

use super::OpenError;
use super::cursor::{Cursor, Stop};
use super::keyring::{KEY_NAME_BYTES_MAX, WrappedDataKey, WrappingKey};
use super::layout::Layout;
use super::open::Opener;
use super::suite::{COMMITMENT_BYTES, MESSAGE_ID_BYTES, MessageKey, SUITE_ID, TAG_BYTES};
use crate::{CONTEXT_BYTES_MAX, EncryptionContext};

const FORMAT_VERSION: u8 = 2;
const CONTENT_FRAMED: u8 = 2;

/// What a header may claim. Beyond it a message is refused before memory is taken for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HeaderLimits {
    /// Serialized context, in bytes.
    pub context_bytes_max: usize,
    /// Wrapped data keys.
    pub wrapped_keys_max: usize,
    /// Each field of a wrapped data key, in bytes.
    pub key_field_bytes_max: usize,
    /// Plaintext of a frame, in bytes.
    pub frame_bytes_max: u32,
}

impl Default for HeaderLimits {
    fn default() -> Self {
        Self {
            context_bytes_max: CONTEXT_BYTES_MAX,
            wrapped_keys_max: 8,
            key_field_bytes_max: KEY_NAME_BYTES_MAX + 20,
            frame_bytes_max: 1024 * 1024,
        }
    }
}

/// A header that was read but not yet authenticated: use it to find the key, then [`Header::unlock`] it.
#[derive(Debug, Clone)]
pub struct Header {
    message_id: [u8; MESSAGE_ID_BYTES],
    context: EncryptionContext,
    wrapped_keys: Vec<WrappedDataKey>,
    frame_bytes: u32,
    commitment: [u8; COMMITMENT_BYTES],
    tag: [u8; TAG_BYTES],
    authenticated: Vec<u8>,
}

impl Header {
    /// Reads a header off the front of `bytes`. `None` when more bytes are needed; otherwise it and its length.
    ///
    /// # Errors
    /// When the bytes cannot become a header of this format and suite, or claim more than `limits` allow.
    pub fn parse(bytes: &[u8], limits: &HeaderLimits) -> Result<Option<(Self, usize)>, OpenError> {
        match parse(bytes, limits) {
            Ok(header) => Ok(Some(header)),
            Err(Stop::Incomplete) => Ok(None),
            Err(Stop::Bad(error)) => Err(error),
        }
    }

    /// The context as the message states it.
    #[must_use]
    pub const fn context(&self) -> &EncryptionContext {
        &self.context
    }

    /// The wrapped data keys, which name the keys that open them.
    #[must_use]
    pub fn wrapped_keys(&self) -> &[WrappedDataKey] {
        &self.wrapped_keys
    }

    /// Where the frames lie.
    #[must_use]
    pub fn layout(&self) -> Layout {
        Layout::new(self.authenticated.len() + TAG_BYTES, self.frame_bytes)
    }

    /// Unwraps the data key, checks commitment and tag, and gives what opens the frames.
    ///
    /// # Errors
    /// When the context is not just `expected`, no wrapped key is `key`'s, or anything does not verify.
    pub fn unlock(&self, key: &WrappingKey, expected: &EncryptionContext) -> Result<Opener, OpenError> {
        if self.context != *expected {
            return Err(OpenError::Context);
        }
        let data_key = key.unwrap_any(&self.wrapped_keys, &expected.to_bytes()?)?;
        let message_key = MessageKey::derive(&data_key, &self.message_id).ok_or(OpenError::InternalCipher)?;
        if !message_key.committed_by(&self.commitment) {
            return Err(OpenError::NotAuthentic { part: "commitment", frame: 0 });
        }
        if !message_key.header_authentic(&self.authenticated, self.tag) {
            return Err(OpenError::NotAuthentic { part: "header", frame: 0 });
        }
        Ok(Opener::new(message_key.cipher, self.message_id, self.frame_bytes))
    }
}

/// Appends a header to `out`.
pub(super) fn write(
    out: &mut Vec<u8>,
    key: &MessageKey,
    message_id: &[u8; MESSAGE_ID_BYTES],
    context: &[u8],
    wrapped: &WrappedDataKey,
    frame_bytes: u32,
) -> Option<()> {
    let start = out.len();
    out.push(FORMAT_VERSION);
    out.extend_from_slice(&SUITE_ID);
    out.extend_from_slice(message_id);
    put(out, context)?;
    out.extend_from_slice(&1u16.to_be_bytes());
    put(out, &wrapped.provider_id)?;
    put(out, &wrapped.provider_info)?;
    put(out, &wrapped.ciphertext)?;
    out.push(CONTENT_FRAMED);
    out.extend_from_slice(&frame_bytes.to_be_bytes());
    out.extend_from_slice(&key.commitment);
    let tag = key.header_tag(out.get(start..)?)?;
    out.extend_from_slice(&tag);
    Some(())
}

fn put(out: &mut Vec<u8>, field: &[u8]) -> Option<()> {
    out.extend_from_slice(&u16::try_from(field.len()).ok()?.to_be_bytes());
    out.extend_from_slice(field);
    Some(())
}

fn parse(bytes: &[u8], limits: &HeaderLimits) -> Result<(Header, usize), Stop> {
    let mut from = Cursor::new(bytes);
    if from.byte()? != FORMAT_VERSION {
        return Err(malformed("version", "message format 2"));
    }
    if from.array()? != SUITE_ID {
        return Err(malformed("suite", "suite 0x0478"));
    }
    let message_id = from.array()?;
    let context_bytes = from.short()?;
    within("context bytes", context_bytes, limits.context_bytes_max)?;
    let context = EncryptionContext::from_bytes(from.take(context_bytes)?)
        .ok_or_else(|| malformed("context", "pairs of text in ascending order"))?;
    let wrapped_keys = wrapped_keys(&mut from, limits)?;
    if from.byte()? != CONTENT_FRAMED {
        return Err(malformed("content type", "framed content"));
    }
    let frame_bytes = from.long()?;
    if frame_bytes == 0 {
        return Err(malformed("frame length", "at least 1 byte"));
    }
    within("frame length", frame_bytes as usize, limits.frame_bytes_max as usize)?;
    let commitment = from.array()?;
    let authenticated = bytes.get(..from.read()).ok_or(Stop::Incomplete)?;
    let tag = from.array()?;
    let authenticated = authenticated.to_vec();
    let header = Header { message_id, context, wrapped_keys, frame_bytes, commitment, tag, authenticated };
    Ok((header, from.read()))
}

fn wrapped_keys(from: &mut Cursor<'_>, limits: &HeaderLimits) -> Result<Vec<WrappedDataKey>, Stop> {
    let count = from.short()?;
    within("wrapped keys", count, limits.wrapped_keys_max)?;
    if count == 0 {
        return Err(malformed("wrapped keys", "at least one"));
    }
    let mut keys = Vec::with_capacity(count);
    let mut field = || {
        let length = from.short()?;
        within("bytes of a wrapped key's field", length, limits.key_field_bytes_max)?;
        from.take(length)
    };
    for _ in 0..count {
        let (provider_id, provider_info, ciphertext) = (field()?, field()?, field()?);
        keys.push(WrappedDataKey {
            provider_id: provider_id.to_vec(),
            provider_info: provider_info.to_vec(),
            ciphertext: ciphertext.to_vec(),
        });
    }
    Ok(keys)
}

const fn malformed(part: &'static str, expected: &'static str) -> Stop {
    Stop::Bad(OpenError::Malformed { part, expected })
}

fn within(what: &'static str, found: usize, limit: usize) -> Result<(), Stop> {
    if found <= limit {
        return Ok(());
    }
    Err(Stop::Bad(OpenError::Limit { what, limit: limit as u64, found: found as u64 }))
}
