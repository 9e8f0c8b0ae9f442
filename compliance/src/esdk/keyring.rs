//! A raw AES keyring: wraps a message's data key under a key that the caller holds.

use std::fmt;

use ring::aead::{Aad, LessSafeKey, Nonce};

use super::suite::{IV_BYTES, TAG_BYTES};
use super::{OpenError, SealError};
use crate::{SecretKey, random};

/// Longest namespace and longest name of a wrapping key.
pub(super) const KEY_NAME_BYTES_MAX: usize = 1024;
/// What follows the name in the provider info: tag length in bits, IV length, IV.
const INFO_TAIL_BYTES: usize = 4 + 4 + IV_BYTES;
const TAG_BITS: u32 = 128;
const IV_LENGTH: u32 = 12;

/// A key that wraps data keys, with the namespace and name by which a reader finds it. Another implementation needs just these three.
pub struct WrappingKey {
    namespace: String,
    name: String,
    cipher: LessSafeKey,
}

/// A data key as it stands in a header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WrappedDataKey {
    pub(super) provider_id: Vec<u8>,
    pub(super) provider_info: Vec<u8>,
    pub(super) ciphertext: Vec<u8>,
}

impl WrappedDataKey {
    /// As AWS's own KMS keyring writes it: what KMS gave for a data key, and the ARN of the key that wrapped it.
    #[must_use]
    pub fn by_kms(key_arn: &str, ciphertext: Vec<u8>) -> Self {
        Self { provider_id: b"aws-kms".to_vec(), provider_info: key_arn.as_bytes().to_vec(), ciphertext }
    }

    /// The namespace of the key that wrapped it, if it is text.
    #[must_use]
    pub fn namespace(&self) -> Option<&str> {
        std::str::from_utf8(&self.provider_id).ok()
    }

    /// The name of the key that wrapped it, if this is a raw AES keyring's.
    #[must_use]
    pub fn key_name(&self) -> Option<&str> {
        let (name, _) = self.name_and_iv()?;
        std::str::from_utf8(name).ok()
    }

    fn name_and_iv(&self) -> Option<(&[u8], [u8; IV_BYTES])> {
        let name_bytes = self.provider_info.len().checked_sub(INFO_TAIL_BYTES)?;
        let (name, tail) = self.provider_info.split_at_checked(name_bytes)?;
        let (tag_bits, tail) = tail.split_first_chunk::<4>()?;
        let (iv_length, iv) = tail.split_first_chunk::<4>()?;
        let fits = u32::from_be_bytes(*tag_bits) == TAG_BITS && u32::from_be_bytes(*iv_length) == IV_LENGTH;
        fits.then_some((name, iv.try_into().ok()?))
    }
}

impl WrappingKey {
    /// A wrapping key from its bytes.
    ///
    /// # Errors
    /// When the namespace or the name is longer than 1,024 bytes.
    pub fn new(namespace: &str, name: &str, key: &SecretKey) -> Result<Self, SealError> {
        if namespace.len() > KEY_NAME_BYTES_MAX || name.len() > KEY_NAME_BYTES_MAX {
            return Err(SealError::NameTooLong { limit: KEY_NAME_BYTES_MAX });
        }
        let cipher = key.aead().ok_or(SealError::InternalCipher)?;
        Ok(Self { namespace: namespace.to_owned(), name: name.to_owned(), cipher })
    }

    /// Wraps a data key; `context` is the serialized context.
    pub(crate) fn wrap(&self, data_key: &SecretKey, context: &[u8]) -> Result<WrappedDataKey, SealError> {
        let mut iv = [0; IV_BYTES];
        random::fill(&mut iv)?;
        let mut sealed = zeroize::Zeroizing::new(*data_key.expose());
        let tag = self
            .cipher
            .seal_in_place_separate_tag(Nonce::assume_unique_for_key(iv), Aad::from(context), &mut *sealed)
            .map_err(|_| SealError::InternalCipher)?;
        let info = [self.name.as_bytes(), &TAG_BITS.to_be_bytes(), &IV_LENGTH.to_be_bytes(), &iv].concat();
        Ok(WrappedDataKey {
            provider_id: self.namespace.clone().into_bytes(),
            provider_info: info,
            ciphertext: [&sealed[..], tag.as_ref()].concat(),
        })
    }

    /// Whether this key wrapped it, by namespace and name.
    fn fits(&self, wrapped: &WrappedDataKey) -> bool {
        wrapped.provider_id == self.namespace.as_bytes()
            && wrapped.name_and_iv().is_some_and(|(name, _)| name == self.name.as_bytes())
    }

    /// Unwraps the first of `wrapped` that is this key's.
    pub(super) fn unwrap_any(&self, wrapped: &[WrappedDataKey], context: &[u8]) -> Result<SecretKey, OpenError> {
        let ours = wrapped.iter().find(|wrapped| self.fits(wrapped)).ok_or(OpenError::NoKey)?;
        let (_, iv) = ours.name_and_iv().ok_or(OpenError::NoKey)?;
        if ours.ciphertext.len() != SecretKey::BYTES + TAG_BYTES {
            return Err(OpenError::Malformed { part: "wrapped key", expected: "48 bytes" });
        }
        let mut opened = zeroize::Zeroizing::new(ours.ciphertext.clone());
        let key = self
            .cipher
            .open_in_place(Nonce::assume_unique_for_key(iv), Aad::from(context), &mut opened)
            .map_err(|_| OpenError::NotAuthentic { part: "data key", frame: 0 })?;
        SecretKey::copy_from(key).ok_or(OpenError::InternalCipher)
    }
}

impl fmt::Debug for WrappingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WrappingKey")
            .field("namespace", &self.namespace)
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}
