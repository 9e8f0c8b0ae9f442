//! Two levels of keys: a [`KeyManager`] wraps each partner's branch keys, a branch key wraps each object's data key.
//!
//! Branch keys are versioned and kept, wrapped, by a [`BranchKeyStore`] (the ledger). So rotating and re-wrapping touch a few rows and never a
//! body, the key manager is not called per object, and destroying a partner's rows makes everything unreadable that is sealed for it.
//! Beside the branch keys stands one search key per partner, which does not rotate: what was indexed with it must stay findable.

mod branch;
pub(crate) mod branch_key;
mod cache;
#[cfg(any(test, feature = "contract-tests"))]
pub mod contract;
mod local;
mod manager;
mod own;
mod records;
mod root_file;
mod search;
mod value;

pub use branch::{BranchKeys, BranchKeysParts, Rewrapped};
pub use cache::KeyCacheLimits;
pub use local::LocalKeyManager;
pub use manager::{KeyManager, KeyManagerError, WrappedKey};
pub use records::{BranchKeyId, BranchKeyRecord, BranchKeyStore, BranchKeyStoreError, InsertKey, KeyKind, LoadActive};
pub use root_file::RootKeyError;
pub use search::{SearchHasher, SearchKey, SearchKind};
pub use value::{VALUE_OVERHEAD_BYTES, ValueError, ValueSealer};

use crate::RandomError;
use crate::esdk::SealError;

/// Why a key is not at hand.
#[derive(Debug, thiserror::Error)]
pub enum KeysError {
    /// The partner was shredded: nothing is sealed for it any more, and what was sealed cannot be opened.
    #[error("expected keys of the partner, found that the partner was shredded")]
    Shredded,
    /// The store holds no such key.
    #[error("expected a branch key of the version that the sealed bytes name, found none")]
    UnknownKey,
    /// This process may not open what others sealed: [`BranchKeys::sealing_only`].
    #[error("expected a branch key of this process's own, which may only seal, found another's")]
    SealsOnly,
    /// The key manager failed.
    #[error(transparent)]
    Manager(#[from] KeyManagerError),
    /// The key store failed.
    #[error(transparent)]
    Store(#[from] BranchKeyStoreError),
    /// The operating system gave no randomness.
    #[error(transparent)]
    Random(#[from] RandomError),
    /// The cipher or the format refused a key; it does not for the lengths and names that are used here.
    #[error("expected a branch key that the cipher takes, found that it refused")]
    InternalKey(#[source] SealError),
    /// Others changed the partner's keys again and again while this tried to.
    #[error("expected to settle the partner's keys within {tries} tries, found them changed each time")]
    Contended {
        /// How often it was tried.
        tries: u32,
    },
    /// A sealed value did not open.
    #[error(transparent)]
    Value(#[from] ValueError),
}

#[cfg(test)]
mod local_tests;
#[cfg(test)]
mod own_tests;
#[cfg(test)]
mod tests;
