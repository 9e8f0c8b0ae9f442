//! Small sealed values, for a ledger's columns, where a whole message would be bulky.
//!
//! ```text
//! value = 01 | key version 4 | nonce 12 | ciphertext | tag 16
//! key   = HKDF-SHA-256(branch key, salt "tradewind value 1", info purpose), AES-256-GCM
//! AAD   = 01 | key version 4 | tenant, partner, purpose, row: each length 4 + bytes
//! ```
//!
//! Numbers are big-endian, the nonce is random. A partner's branch key is good for 2^32 values of one purpose; rotate it long before.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use ring::aead::{Aad, LessSafeKey, NONCE_LEN, Nonce};

use super::BranchKeyId;
use super::branch_key::BranchKey;
use crate::{Purpose, RandomError, SecretKey, TenantId, random};

/// What sealing adds to a value's length.
pub const VALUE_OVERHEAD_BYTES: usize = HEAD_BYTES + NONCE_LEN + TAG_BYTES;

const FORMAT: u8 = 1;
const HEAD_BYTES: usize = 1 + 4;
const TAG_BYTES: usize = 16;
const SALT: &[u8] = b"tradewind value 1";

/// Why a value was not sealed or opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ValueError {
    /// The operating system gave no randomness.
    #[error(transparent)]
    Random(#[from] RandomError),
    /// The bytes are no sealed value.
    #[error("expected a sealed value of format 1, found something else")]
    Malformed,
    /// The value was sealed under another version of the branch key: open it through [`super::BranchKeys::open_value`].
    #[error("expected a value sealed under version {expected} of the branch key, found version {found}")]
    OtherVersion {
        /// The sealer's.
        expected: u32,
        /// The value's.
        found: u32,
    },
    /// The value was changed, or belongs to another tenant, partner, purpose or row.
    #[error("expected a sealed value of this partner, purpose and row, found that it does not verify")]
    NotAuthentic,
    /// The cipher refused; it does not for the lengths that are used here.
    #[error("expected the cipher to take a value, found that it refused")]
    InternalCipher,
}

/// Seals and opens values of one partner and purpose under one version of its branch key. Cheap to clone and to use in a loop.
#[derive(Clone)]
pub struct ValueSealer {
    cipher: Arc<LessSafeKey>,
    version: u32,
    bound: Arc<[u8]>,
    sealed_bytes: Arc<AtomicU64>,
}

impl ValueSealer {
    pub(super) fn new(key: &BranchKey, tenant: &TenantId, purpose: Purpose) -> Result<Self, ValueError> {
        let BranchKeyId { partner, version, .. } = key.id();
        let mut bound = head(*version).to_vec();
        for part in [tenant.as_str(), partner.as_str(), purpose.as_str()] {
            put(&mut bound, part.as_bytes());
        }
        let cipher = key.value_cipher(purpose)?;
        Ok(Self { cipher, version: *version, bound: bound.into(), sealed_bytes: key.sealed_bytes() })
    }

    /// Seals a value for `row`: the id of the row that will hold it.
    ///
    /// # Errors
    /// When there is no randomness.
    pub fn seal(&self, row: &str, value: &[u8]) -> Result<Vec<u8>, ValueError> {
        let mut nonce = [0; NONCE_LEN];
        random::fill(&mut nonce)?;
        let mut sealed = Vec::with_capacity(value.len() + VALUE_OVERHEAD_BYTES);
        sealed.extend_from_slice(&head(self.version));
        sealed.extend_from_slice(&nonce);
        sealed.extend_from_slice(value);
        let (_, content) = sealed.split_at_mut(HEAD_BYTES + NONCE_LEN);
        let tag = self
            .cipher
            .seal_in_place_separate_tag(Nonce::assume_unique_for_key(nonce), Aad::from(self.aad(row)), content)
            .map_err(|_| ValueError::InternalCipher)?;
        sealed.extend_from_slice(tag.as_ref());
        self.sealed_bytes.fetch_add(value.len() as u64, Ordering::Relaxed);
        Ok(sealed)
    }

    /// Opens a value that was sealed for `row` under this version.
    ///
    /// # Errors
    /// When it is of another version, or does not verify.
    pub fn open(&self, row: &str, sealed: &[u8]) -> Result<Vec<u8>, ValueError> {
        let found = sealed_version(sealed).ok_or(ValueError::Malformed)?;
        if found != self.version {
            return Err(ValueError::OtherVersion { expected: self.version, found });
        }
        let rest = sealed.get(HEAD_BYTES..).ok_or(ValueError::Malformed)?;
        let (nonce, rest) = rest.split_first_chunk::<NONCE_LEN>().ok_or(ValueError::Malformed)?;
        let mut content = rest.to_vec();
        let opened = self
            .cipher
            .open_in_place(Nonce::assume_unique_for_key(*nonce), Aad::from(self.aad(row)), &mut content)
            .map_err(|_| ValueError::NotAuthentic)?
            .len();
        content.truncate(opened);
        Ok(content)
    }

    /// The version of the branch key.
    #[must_use]
    pub const fn version(&self) -> u32 {
        self.version
    }

    fn aad(&self, row: &str) -> Vec<u8> {
        let mut aad = Vec::with_capacity(self.bound.len() + 4 + row.len());
        aad.extend_from_slice(&self.bound);
        put(&mut aad, row.as_bytes());
        aad
    }
}

impl fmt::Debug for ValueSealer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ValueSealer").field("version", &self.version).finish_non_exhaustive()
    }
}

/// The key for values of a purpose.
pub(super) fn value_cipher(branch_key: &SecretKey, purpose: Purpose) -> Option<LessSafeKey> {
    branch_key.derive_aead(SALT, purpose.as_str().as_bytes())
}

/// The version of the branch key that a value names.
pub(super) fn sealed_version(sealed: &[u8]) -> Option<u32> {
    let (format, rest) = sealed.split_first()?;
    let (version, _) = rest.split_first_chunk::<4>()?;
    (*format == FORMAT).then_some(u32::from_be_bytes(*version))
}

fn head(version: u32) -> [u8; HEAD_BYTES] {
    let [a, b, c, d] = version.to_be_bytes();
    [FORMAT, a, b, c, d]
}

fn put(out: &mut Vec<u8>, part: &[u8]) {
    out.extend_from_slice(&u32::try_from(part.len()).unwrap_or(u32::MAX).to_be_bytes());
    out.extend_from_slice(part);
}
