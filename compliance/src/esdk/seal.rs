//! Writes a message as its plaintext comes.

use std::fmt;

use ring::aead::{Aad, LessSafeKey, Nonce};
use zeroize::Zeroizing;

use super::frames::{BodyAad, FINAL_MARK, SEQUENCE_MAX, iv};
use super::header;
use super::keyring::{WrappedDataKey, WrappingKey};
use super::suite::{MESSAGE_ID_BYTES, MessageKey};
use super::{FRAME_BYTES, SealError};
use crate::{EncryptionContext, SecretKey, random};

/// Seals one message. Bytes go in by [`Sealer::update`] in any chunking; what is sealed is appended to the caller's buffer.
///
/// A frame leaves as soon as it is full, so at most one frame is held; the final frame holds what is left, which may be nothing.
pub struct Sealer {
    cipher: LessSafeKey,
    aad: BodyAad,
    sequence: u32,
    frame_bytes: usize,
    pending: Zeroizing<Vec<u8>>,
}

impl Sealer {
    /// Starts a message with a new data key, wrapped by `key`, and appends its header to `out`.
    ///
    /// # Errors
    /// When the context is empty or too long, or there is no randomness.
    pub fn start(key: &WrappingKey, context: &EncryptionContext, out: &mut Vec<u8>) -> Result<Self, SealError> {
        Self::start_framed(key, context, FRAME_BYTES, out)
    }

    /// As [`Sealer::start`], under a data key that is wrapped already for this context.
    ///
    /// # Errors
    /// As [`Sealer::start`].
    pub fn start_under(
        data_key: &SecretKey,
        wrapped: &WrappedDataKey,
        context: &EncryptionContext,
        out: &mut Vec<u8>,
    ) -> Result<Self, SealError> {
        if context.is_empty() {
            return Err(SealError::ContextEmpty);
        }
        Self::begin(data_key, wrapped, &context.to_bytes()?, FRAME_BYTES, out)
    }

    /// As [`Sealer::start`], with frames of another length.
    pub(super) fn start_framed(
        key: &WrappingKey,
        context: &EncryptionContext,
        frame_bytes: u32,
        out: &mut Vec<u8>,
    ) -> Result<Self, SealError> {
        if context.is_empty() {
            return Err(SealError::ContextEmpty);
        }
        let context = context.to_bytes()?;
        let data_key = SecretKey::generate()?;
        let wrapped = key.wrap(&data_key, &context)?;
        Self::begin(&data_key, &wrapped, &context, frame_bytes, out)
    }

    fn begin(
        data_key: &SecretKey,
        wrapped: &WrappedDataKey,
        context: &[u8],
        frame_bytes: u32,
        out: &mut Vec<u8>,
    ) -> Result<Self, SealError> {
        let mut message_id = [0; MESSAGE_ID_BYTES];
        random::fill(&mut message_id)?;
        let message_key = MessageKey::derive(data_key, &message_id).ok_or(SealError::InternalCipher)?;
        header::write(out, &message_key, &message_id, context, wrapped, frame_bytes)
            .ok_or(SealError::InternalCipher)?;
        Ok(Self {
            cipher: message_key.cipher,
            aad: BodyAad::new(&message_id),
            sequence: 1,
            frame_bytes: frame_bytes as usize,
            pending: Zeroizing::default(),
        })
    }

    /// Takes plaintext, and appends the frames that it fills to `out`.
    ///
    /// # Errors
    /// When the message would hold more frames than the format numbers.
    pub fn update(&mut self, mut plain: &[u8], out: &mut Vec<u8>) -> Result<(), SealError> {
        if !self.pending.is_empty() {
            let (taken, rest) = plain.split_at(plain.len().min(self.frame_bytes - self.pending.len()));
            self.pending.extend_from_slice(taken);
            plain = rest;
            if self.pending.len() < self.frame_bytes {
                return Ok(());
            }
            let full = std::mem::take(&mut self.pending);
            self.frame(&full, out)?;
            self.pending = full;
            self.pending.clear();
        }
        while let Some((frame, rest)) = plain.split_at_checked(self.frame_bytes) {
            self.frame(frame, out)?;
            plain = rest;
        }
        self.pending.extend_from_slice(plain);
        Ok(())
    }

    /// Appends the final frame. Without it the message does not open.
    ///
    /// # Errors
    /// When the cipher refuses, which it does not.
    pub fn finish(mut self, out: &mut Vec<u8>) -> Result<(), SealError> {
        let content = std::mem::take(&mut self.pending);
        let length = u32::try_from(content.len()).map_err(|_| SealError::InternalCipher)?;
        out.extend_from_slice(&FINAL_MARK.to_be_bytes());
        out.extend_from_slice(&self.sequence.to_be_bytes());
        out.extend_from_slice(&iv(self.sequence));
        out.extend_from_slice(&length.to_be_bytes());
        self.content(true, &content, out)
    }

    fn frame(&mut self, content: &[u8], out: &mut Vec<u8>) -> Result<(), SealError> {
        if self.sequence >= SEQUENCE_MAX {
            return Err(SealError::TooManyFrames { limit: SEQUENCE_MAX });
        }
        out.extend_from_slice(&self.sequence.to_be_bytes());
        out.extend_from_slice(&iv(self.sequence));
        self.content(false, content, out)?;
        self.sequence += 1;
        Ok(())
    }

    /// Copies the content into `out` and encrypts it where it lies.
    fn content(&mut self, last: bool, content: &[u8], out: &mut Vec<u8>) -> Result<(), SealError> {
        let start = out.len();
        out.extend_from_slice(content);
        let (_, sealed) = out.split_at_mut(start);
        let aad = Aad::from(self.aad.of(last, self.sequence, content.len()));
        let nonce = Nonce::assume_unique_for_key(iv(self.sequence));
        match self.cipher.seal_in_place_separate_tag(nonce, aad, sealed) {
            Ok(tag) => out.extend_from_slice(tag.as_ref()),
            Err(_) => {
                out.truncate(start);
                return Err(SealError::InternalCipher);
            }
        }
        Ok(())
    }
}

impl fmt::Debug for Sealer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sealer").field("sequence", &self.sequence).finish_non_exhaustive()
    }
}
