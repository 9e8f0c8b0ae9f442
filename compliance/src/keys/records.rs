//! How wrapped keys are kept, and by whom.

use std::fmt;

use async_trait::async_trait;

use super::WrappedKey;
use crate::PartnerId;

/// What a key is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum KeyKind {
    /// Seals objects and values. Versioned.
    Branch,
    /// Hashes what must be searched for. One version only, since its hashes must stay findable.
    Search,
}

impl KeyKind {
    /// Every kind.
    pub const ALL: [Self; 2] = [Self::Branch, Self::Search];

    /// The word for a column or a context.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Branch => "branch",
            Self::Search => "search",
        }
    }

    /// The kind that [`KeyKind::as_str`] named.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word)
    }
}

/// Which key: unique for all time. A version is never used again, not even after shredding.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BranchKeyId {
    /// Whose.
    pub partner: PartnerId,
    /// What for.
    pub kind: KeyKind,
    /// From 1.
    pub version: u32,
}

/// A key as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BranchKeyRecord {
    /// Which.
    pub id: BranchKeyId,
    /// Its wrapped bytes; `None` once it was destroyed.
    pub wrapped: Option<WrappedKey>,
    /// When it was made.
    pub created_unix_ms: u64,
    /// Made by a process that may only seal, which holds it in clear: nobody else seals under it.
    pub own: bool,
}

/// What [`BranchKeyStore::load_active`] found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LoadActive {
    /// The highest version that is no process's own.
    Active(BranchKeyRecord),
    /// The partner has no key of this kind but processes' own.
    Absent,
    /// The partner was shredded.
    Shredded,
}

/// What became of [`BranchKeyStore::insert`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InsertKey {
    /// It is durable.
    Inserted,
    /// That id is taken: somebody else was faster. Nothing changed.
    Exists,
    /// The partner was shredded. Nothing changed.
    Shredded,
}

/// Keeps wrapped keys. The ledger implements it; each call is one transaction and durable when it answers.
///
/// The active key of a partner and kind is the one of the highest version, those apart that are a process's own. Every implementation passes
/// `keys::contract::branch_key_store`.
#[async_trait]
pub trait BranchKeyStore: Send + Sync + fmt::Debug {
    /// The active key of a partner.
    async fn load_active(&self, partner: &PartnerId, kind: KeyKind) -> Result<LoadActive, BranchKeyStoreError>;

    /// One key, destroyed ones included.
    async fn load(&self, id: &BranchKeyId) -> Result<Option<BranchKeyRecord>, BranchKeyStoreError>;

    /// Adds a key, unless its id is taken or any key of the partner was destroyed: both are checked in the same transaction.
    async fn insert(&self, record: &BranchKeyRecord) -> Result<InsertKey, BranchKeyStoreError>;

    /// Every key, or every key of one partner, destroyed ones included, ascending by id.
    async fn list(&self, partner: Option<&PartnerId>) -> Result<Vec<BranchKeyRecord>, BranchKeyStoreError>;

    /// Replaces the wrapped bytes of a key if they still are `old`; answers whether they were.
    async fn replace_wrapped(
        &self,
        id: &BranchKeyId,
        old: &WrappedKey,
        new: &WrappedKey,
    ) -> Result<bool, BranchKeyStoreError>;

    /// Erases the wrapped bytes of every key of a partner, of each kind and version, and keeps the rows as a mark. Answers how many it
    /// erased now. The bytes must not survive in free pages.
    async fn destroy(&self, partner: &PartnerId) -> Result<u32, BranchKeyStoreError>;
}

/// The key store failed; trying again may help.
#[derive(Debug, thiserror::Error)]
#[error("expected an answer from the store of branch keys, found a failure")]
pub struct BranchKeyStoreError(#[source] Box<dyn std::error::Error + Send + Sync>);

impl BranchKeyStoreError {
    /// Wraps what the store met.
    pub fn new(source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self(source.into())
    }
}
