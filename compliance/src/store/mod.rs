//! Where objects lie. What lies there is sealed already; a store knows bytes and keys only.

#[cfg(any(test, feature = "contract-tests"))]
pub mod contract;
mod fs;
mod fs_list;
mod fs_temp;

use std::fmt;
use std::io;
use std::ops::Range;

use async_trait::async_trait;
use bytes::Bytes;
use futures::StreamExt;
use futures::stream::BoxStream;

pub use fs::FsObjectStore;

use crate::{ObjectKey, RandomError};

/// An object's bytes as they come.
pub type ByteStream = BoxStream<'static, Result<Bytes, StoreError>>;

/// What to do when there is an object of that key already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PutMode {
    /// Leave it, and answer [`StoreError::Exists`]. Of many who put at once, one succeeds.
    IfAbsent,
    /// Replace it. A reader sees the old or the new one, never a mixture.
    Overwrite,
}

/// What a store knows of an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObjectInfo {
    /// Its key.
    pub key: ObjectKey,
    /// Its length as it lies there: sealed.
    pub bytes: u64,
}

/// Keeps objects. Every implementation passes `store::contract::object_store`.
///
/// An object appears whole or not at all, and is durable when a call that made it answers. No key is a folder of another: with `a/b` there is
/// no `a/b/c`.
#[async_trait]
pub trait ObjectStore: Send + Sync + fmt::Debug {
    /// Starts an object, for who has its bytes piece by piece. Nothing is seen of it before [`ObjectWriter::commit`].
    ///
    /// # Errors
    /// When the store cannot be reached. [`StoreError::Exists`] may come here or at the commit.
    async fn writer(&self, key: &ObjectKey, mode: PutMode) -> Result<Box<dyn ObjectWriter>, StoreError>;

    /// An object's bytes from the start, and what is known of it.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    async fn get(&self, key: &ObjectKey) -> Result<(ObjectInfo, ByteStream), StoreError>;

    /// A part of an object. The range's end may lie beyond the object's: then there are fewer bytes.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], or [`StoreError::RangeBeyondEnd`] when the range starts at or beyond the object's end.
    async fn get_range(&self, key: &ObjectKey, range: Range<u64>) -> Result<ByteStream, StoreError>;

    /// What is known of an object.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    async fn head(&self, key: &ObjectKey) -> Result<ObjectInfo, StoreError>;

    /// The objects whose key starts with `prefix`, in no order, as they are found. An object that comes or goes meanwhile may be seen or not.
    fn list(&self, prefix: &str) -> BoxStream<'static, Result<ObjectInfo, StoreError>>;

    /// Removes an object, durably. Well if there is none.
    ///
    /// # Errors
    /// When the store cannot be reached.
    async fn delete(&self, key: &ObjectKey) -> Result<(), StoreError>;

    /// Gives up what was begun before a time, in milliseconds since 1970, and never ended: its writer died. Answers how many there were. A
    /// store whose unfinished objects go with their writer has none.
    ///
    /// # Errors
    /// When the store cannot be reached; what was removed until then is.
    async fn sweep(&self, _before_unix_ms: u64) -> Result<u64, StoreError> {
        Ok(0)
    }

    /// Puts a stream: a writer, all pieces, and the commit. An error in the stream leaves nothing behind.
    ///
    /// # Errors
    /// The stream's, or as [`ObjectStore::writer`] and [`ObjectWriter::commit`].
    async fn put(&self, key: &ObjectKey, mut body: ByteStream, mode: PutMode) -> Result<ObjectInfo, StoreError> {
        let mut writer = self.writer(key, mode).await?;
        while let Some(piece) = body.next().await {
            writer.write(piece?).await?;
        }
        writer.commit().await
    }
}

/// An object in the making. Dropping it leaves nothing behind.
#[async_trait]
pub trait ObjectWriter: Send + Sync + fmt::Debug {
    /// Takes the next piece; waits while the store is slower than the caller. It may hold a few pieces, never the whole object.
    ///
    /// # Errors
    /// [`StoreError::Full`], or when the store cannot be reached. The object is then given up.
    async fn write(&mut self, piece: Bytes) -> Result<(), StoreError>;

    /// Makes the object durable and seen.
    ///
    /// # Errors
    /// [`StoreError::Exists`], [`StoreError::Full`], or when the store cannot be reached.
    async fn commit(self: Box<Self>) -> Result<ObjectInfo, StoreError>;
}

/// Why a store did not do its part.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// No object of that key.
    #[error("expected an object, found none")]
    NotFound,
    /// An object of that key stands already.
    #[error("expected no object of that key, found one")]
    Exists,
    /// The range starts beyond the object.
    #[error("expected a range that starts within the object, found one beyond its end at {bytes} bytes")]
    RangeBeyondEnd {
        /// The object's length.
        bytes: u64,
    },
    /// No space is left, or the quota is used up. It recovers by itself when space returns.
    #[error("expected space for an object, found the store full")]
    Full,
    /// The writer was used after a failure, or after a call to it was given up half way.
    #[error("expected a writer that had not failed, found one that had")]
    WriterFailed,
    /// The operating system gave no randomness for a name.
    #[error(transparent)]
    Random(#[from] RandomError),
    /// The file system failed.
    #[error("expected the file system to serve an object, found a failure")]
    Io(#[source] io::Error),
    /// A remote store does not grant the right; trying again does not help, an operator does.
    #[error("expected the right to use the object store, found that it is denied")]
    Denied(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// A remote store failed or could not be reached; trying again may help.
    #[error("expected an answer from the object store, found none")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl From<io::Error> for StoreError {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::NotADirectory | io::ErrorKind::IsADirectory => Self::NotFound,
            io::ErrorKind::AlreadyExists => Self::Exists,
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::Full,
            _ => Self::Io(error),
        }
    }
}

#[cfg(test)]
mod tests;
