//! Who wraps the branch keys: a root key in a file, or a key management service.

use std::fmt;

use async_trait::async_trait;

use crate::{EncryptionContext, SecretKey};

/// Wraps and unwraps branch keys under a root key that never leaves it.
///
/// The encryption context is mandatory: an empty one is refused, and a key unwraps only with the context that it was wrapped with. Every
/// implementation passes `keys::contract::key_manager`.
#[async_trait]
pub trait KeyManager: Send + Sync + fmt::Debug {
    /// Wraps a key under the current root.
    ///
    /// # Errors
    /// [`KeyManagerError::ContextEmpty`], or when the manager cannot be reached.
    async fn wrap(&self, key: &SecretKey, context: &EncryptionContext) -> Result<WrappedKey, KeyManagerError>;

    /// Unwraps a key, under whatever root it was wrapped.
    ///
    /// # Errors
    /// [`KeyManagerError::Refused`] when the bytes or the context are not those of wrapping, [`KeyManagerError::UnknownRoot`] when the root
    /// is gone.
    async fn unwrap(&self, wrapped: &WrappedKey, context: &EncryptionContext) -> Result<SecretKey, KeyManagerError>;

    /// The name of the root that [`KeyManager::wrap`] uses now for this context. What is wrapped under another is due for
    /// [`KeyManager::rewrap`].
    async fn current_root(&self, context: &EncryptionContext) -> Result<String, KeyManagerError>;

    /// Wraps a wrapped key anew under the current root. A service that can do so without giving the key out does.
    ///
    /// # Errors
    /// As [`KeyManager::unwrap`] and [`KeyManager::wrap`].
    async fn rewrap(&self, wrapped: &WrappedKey, context: &EncryptionContext) -> Result<WrappedKey, KeyManagerError> {
        let key = self.unwrap(wrapped, context).await?;
        self.wrap(&key, context).await
    }
}

/// A wrapped key, as it is kept: the root's name and the ciphertext.
#[derive(Clone, PartialEq, Eq)]
pub struct WrappedKey {
    /// The root that wrapped it, such as `local/2` or a key's ARN.
    pub root: String,
    /// The ciphertext; only the manager reads it.
    pub bytes: Vec<u8>,
}

impl fmt::Debug for WrappedKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WrappedKey").field("root", &self.root).field("bytes", &self.bytes.len()).finish()
    }
}

/// Why a key manager did not answer with a key.
#[derive(Debug, thiserror::Error)]
pub enum KeyManagerError {
    /// The caller gave no context.
    #[error("expected an encryption context of at least one pair, found an empty one")]
    ContextEmpty,
    /// The wrapped key or its context was changed, or belongs to another root.
    #[error("expected a wrapped key of this manager and context, found that it does not verify")]
    Refused,
    /// The root that wrapped the key, or is to wrap it, is not at hand.
    #[error("expected the root key of this branch key, found that it is not at hand")]
    UnknownRoot,
    /// The manager does not grant the right; trying again does not help, an operator does.
    #[error("expected the right to use the key manager, found that it is denied")]
    Denied(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The manager cannot be reached now, or is asked too often; trying again may help.
    #[error("expected an answer from the key manager, found none")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
}
