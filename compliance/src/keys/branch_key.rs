//! One unwrapped branch key, and its name in a message.

use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use ring::aead::LessSafeKey;

use super::value::value_cipher;
use super::{BranchKeyId, ValueError};
use crate::esdk::{SealError, WrappingKey};
use crate::{PartnerId, Purpose, SecretKey};

/// The namespace of our wrapping keys in a message's header; the name is `<partner>/<version>`.
pub(crate) const KEY_NAMESPACE: &str = "tradewind";
/// An unwrapped branch key.
pub(crate) struct BranchKey {
    id: BranchKeyId,
    secret: SecretKey,
    wrapping: WrappingKey,
    values: Mutex<HashMap<Purpose, Arc<LessSafeKey>>>,
    sealed_bytes: Arc<AtomicU64>,
}

impl BranchKey {
    pub(super) fn new(id: BranchKeyId, secret: SecretKey) -> Result<Self, SealError> {
        let wrapping = WrappingKey::new(KEY_NAMESPACE, &key_name(&id.partner, id.version), &secret)?;
        Ok(Self { id, secret, wrapping, values: Mutex::default(), sealed_bytes: Arc::default() })
    }

    pub(crate) const fn id(&self) -> &BranchKeyId {
        &self.id
    }

    pub(crate) const fn wrapping(&self) -> &WrappingKey {
        &self.wrapping
    }

    /// Counts what was sealed under this key towards the cache's bound.
    pub(crate) fn count(&self, bytes: usize) {
        self.sealed_bytes.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    /// Bytes that were sealed under it here.
    pub(super) fn bytes(&self) -> u64 {
        self.sealed_bytes.load(Ordering::Relaxed)
    }

    pub(super) fn sealed_bytes(&self) -> Arc<AtomicU64> {
        self.sealed_bytes.clone()
    }

    pub(super) fn value_cipher(&self, purpose: Purpose) -> Result<Arc<LessSafeKey>, ValueError> {
        let mut values = self.values.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(cipher) = values.get(&purpose) {
            return Ok(cipher.clone());
        }
        let cipher = Arc::new(value_cipher(&self.secret, purpose).ok_or(ValueError::InternalCipher)?);
        values.insert(purpose, cipher.clone());
        Ok(cipher)
    }
}

impl fmt::Debug for BranchKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BranchKey").field("id", &self.id).finish_non_exhaustive()
    }
}

/// A branch key's name in a message's header.
pub(crate) fn key_name(partner: &PartnerId, version: u32) -> String {
    format!("{partner}/{version}")
}

/// The partner and version in a branch key's name.
pub(crate) fn parse_key_name(name: &str) -> Option<(PartnerId, u32)> {
    let (partner, version) = name.split_once('/')?;
    let parsed = (partner.parse().ok()?, version.parse().ok()?);
    (key_name(&parsed.0, parsed.1) == name).then_some(parsed)
}
