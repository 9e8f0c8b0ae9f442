//! Keyed hashes for what must be found without being readable.

use std::fmt;

use ring::hmac;

use crate::SecretKey;

/// What is hashed: the same text of two kinds has two digests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SearchKind(&'static str);

impl SearchKind {
    /// A submitter's claim id (CLM01).
    pub const CLAIM_ID: Self = Self::new("claim-id");
    /// A member's id.
    pub const MEMBER_ID: Self = Self::new("member-id");
    /// The name of a file that came in.
    pub const FILE_NAME: Self = Self::new("file-name");
    /// The bytes of a whole object.
    pub const CONTENT: Self = Self::new("content");

    /// Another kind: a fixed word of the program.
    #[must_use]
    pub const fn new(word: &'static str) -> Self {
        Self(word)
    }
}

/// A partner's key for search digests: HMAC-SHA-256 over the kind, a NUL and the value. It never rotates, and is shredded with the partner.
pub struct SearchKey(hmac::Key);

impl SearchKey {
    pub(super) fn new(key: &SecretKey) -> Self {
        Self(key.hmac())
    }

    /// The digest of a value. Callers bring the value into one form first (case, padding) if several forms mean the same.
    #[must_use]
    pub fn digest(&self, kind: SearchKind, value: &[u8]) -> [u8; 32] {
        let mut hasher = self.hasher(kind);
        hasher.update(value);
        hasher.finish()
    }

    /// The digest of a value that comes in pieces.
    #[must_use]
    pub fn hasher(&self, kind: SearchKind) -> SearchHasher {
        let mut context = hmac::Context::with_key(&self.0);
        context.update(kind.0.as_bytes());
        context.update(&[0]);
        SearchHasher(context)
    }
}

impl fmt::Debug for SearchKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SearchKey([redacted])")
    }
}

/// A digest in the making.
#[derive(Clone)]
pub struct SearchHasher(hmac::Context);

impl SearchHasher {
    /// Takes the next piece.
    pub fn update(&mut self, piece: &[u8]) {
        self.0.update(piece);
    }

    /// The digest.
    #[must_use]
    pub fn finish(self) -> [u8; 32] {
        self.0.sign().as_ref().try_into().unwrap_or_default()
    }
}

impl fmt::Debug for SearchHasher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SearchHasher([redacted])")
    }
}
