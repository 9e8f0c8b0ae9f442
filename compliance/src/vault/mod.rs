//! Seals streams into objects under a partner's key, and opens them again.

mod read;
mod write;

use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;

pub use read::{ObjectReader, SealedObject, WINDOW_BYTES};
pub use write::{CopyError, Sealed, SealingWriter};

use crate::esdk::{HeaderLimits, OpenError, SealError};
use crate::keys::{BranchKeys, KeysError};
use crate::store::{ObjectStore, PutMode, StoreError};
use crate::{
    CONTEXT_OBJECT, CONTEXT_PARTNER, CONTEXT_PURPOSE, CONTEXT_TENANT, EncryptionContext, ObjectKey, PartnerId, Purpose,
};

/// Why a vault did not seal or open an object.
#[derive(Debug, thiserror::Error)]
pub enum VaultError {
    /// The partner's keys are not at hand.
    #[error(transparent)]
    Keys(#[from] KeysError),
    /// The bytes could not be sealed.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// The object did not open.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The store did not do its part.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The wanted range reaches beyond the object's plaintext.
    #[error("expected a range within the object's plaintext, found one beyond its end")]
    RangeBeyondEnd,
    /// The range cannot be held at once: read it as a stream.
    #[error("expected a range of at most {limit} bytes to be read at once, found {found}")]
    RangeTooLong {
        /// The limit.
        limit: u64,
        /// What was asked for.
        found: u64,
    },
    /// The writer or reader failed before.
    #[error("expected no use of a writer or reader that failed before")]
    Failed,
}

impl VaultError {
    /// There is no such object.
    #[must_use]
    pub const fn is_not_found(&self) -> bool {
        matches!(self, Self::Store(StoreError::NotFound))
    }

    /// There is such an object already.
    #[must_use]
    pub const fn is_exists(&self) -> bool {
        matches!(self, Self::Store(StoreError::Exists))
    }

    /// The store is full.
    #[must_use]
    pub const fn is_full(&self) -> bool {
        matches!(self, Self::Store(StoreError::Full))
    }

    /// The partner was shredded.
    #[must_use]
    pub const fn is_shredded(&self) -> bool {
        matches!(self, Self::Keys(KeysError::Shredded))
    }

    /// This process may not open it.
    #[must_use]
    pub const fn is_not_permitted(&self) -> bool {
        matches!(self, Self::Keys(KeysError::SealsOnly))
    }

    /// The object is not what was sealed: changed, cut, swapped, or for another context.
    #[must_use]
    pub const fn is_not_authentic(&self) -> bool {
        matches!(self, Self::Open(_))
    }
}

/// Ties a partner's keys to the object store. Cheap to clone.
///
/// Every object is bound to its tenant, partner, key and purpose: it opens only for who names the same. The message is as [`crate::esdk`]
/// tells; its data key is wrapped by the branch key with namespace `tradewind` and name `<partner>/<version>`.
#[derive(Debug, Clone)]
pub struct Vault {
    keys: Arc<BranchKeys>,
    store: Arc<dyn ObjectStore>,
    limits: HeaderLimits,
}

impl Vault {
    /// A vault over keys and a store.
    #[must_use]
    pub fn new(keys: Arc<BranchKeys>, store: Arc<dyn ObjectStore>) -> Self {
        Self { keys, store, limits: HeaderLimits::default() }
    }

    /// The keys below it: rotation, shredding, search digests, values.
    #[must_use]
    pub const fn keys(&self) -> &Arc<BranchKeys> {
        &self.keys
    }

    /// The store below it: listing, deleting.
    #[must_use]
    pub fn store(&self) -> &Arc<dyn ObjectStore> {
        &self.store
    }

    /// Starts a sealed object. It is there once [`SealingWriter::finish`] answers; dropping the writer leaves nothing.
    ///
    /// # Errors
    /// When the partner was shredded, or its keys or the store cannot be reached.
    pub async fn writer(
        &self,
        partner: &PartnerId,
        key: &ObjectKey,
        purpose: Purpose,
        mode: PutMode,
    ) -> Result<SealingWriter, VaultError> {
        SealingWriter::start(self, partner, key, purpose, mode).await
    }

    /// Opens an object as a stream from its start.
    ///
    /// # Errors
    /// [`VaultError::is_not_found`], or when the header does not open for this partner, key and purpose.
    pub async fn reader(
        &self,
        partner: &PartnerId,
        key: &ObjectKey,
        purpose: Purpose,
    ) -> Result<ObjectReader, VaultError> {
        ObjectReader::start(self, partner, key, purpose).await
    }

    /// Opens an object for reading parts of it, in any order; best in ascending.
    ///
    /// # Errors
    /// As [`Vault::reader`].
    pub async fn object(
        &self,
        partner: &PartnerId,
        key: &ObjectKey,
        purpose: Purpose,
    ) -> Result<SealedObject, VaultError> {
        SealedObject::open(self, partner, key, purpose).await
    }

    /// One part of an object's plaintext, whole in memory. For several parts take [`Vault::object`] once.
    ///
    /// # Errors
    /// As [`Vault::reader`], and when the range is too long or beyond the end.
    pub async fn read_range(
        &self,
        partner: &PartnerId,
        key: &ObjectKey,
        purpose: Purpose,
        range: Range<u64>,
    ) -> Result<Bytes, VaultError> {
        self.object(partner, key, purpose).await?.read(range).await
    }

    /// What an object is bound to.
    fn context(&self, partner: &PartnerId, key: &ObjectKey, purpose: Purpose) -> EncryptionContext {
        EncryptionContext::new()
            .with(CONTEXT_TENANT, self.keys.tenant().as_str())
            .with(CONTEXT_PARTNER, partner.as_str())
            .with(CONTEXT_OBJECT, key.as_str())
            .with(CONTEXT_PURPOSE, purpose.as_str())
    }
}

#[cfg(test)]
mod tests;
