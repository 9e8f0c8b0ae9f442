//! An object that came, to be read and then settled.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use tradewind_compliance::store::{ByteStream, StoreError};

use super::letter::Letter;
use super::notice::Notice;
use crate::Failure;
use crate::s3::{Bucket, Download, Exactly};

/// An object that came. Dropped without [`Arrived::done`], it comes again.
///
/// The same object may come more than once, and to several workers at a time: its bucket, key, version and ETag tell. Its key is input: it is
/// no path and does not belong into the log, so `Debug` leaves it out.
pub struct Arrived {
    bucket: Arc<Bucket>,
    letter: Arc<Letter>,
    notice: Notice,
    receives: u32,
}

/// Why an object that came cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ArrivedError {
    /// It was removed, or another has its key.
    #[error("expected the object that came, found none or another")]
    Gone,
    /// S3 fails, cannot be reached, or denies.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Arrived {
    pub(super) const fn new(bucket: Arc<Bucket>, letter: Arc<Letter>, notice: Notice, receives: u32) -> Self {
        Self { bucket, letter, notice, receives }
    }

    /// The bucket that it lies in.
    #[must_use]
    pub fn bucket(&self) -> &str {
        &self.notice.bucket
    }

    /// Its key, decoded.
    #[must_use]
    pub fn key(&self) -> &str {
        &self.notice.key
    }

    /// Its version, if the bucket keeps versions.
    #[must_use]
    pub fn version(&self) -> Option<&str> {
        self.notice.version.as_deref()
    }

    /// Its length in bytes, as S3 told it.
    #[must_use]
    pub const fn size(&self) -> u64 {
        self.notice.size
    }

    /// Its ETag, without quotes.
    #[must_use]
    pub fn etag(&self) -> &str {
        &self.notice.etag
    }

    /// How often its message came, this time counted.
    #[must_use]
    pub const fn receives(&self) -> u32 {
        self.receives
    }

    /// What tells this object from every other: the same for a message that comes twice, and another for another version of the key, or,
    /// where the bucket keeps no versions, for another put of it.
    #[must_use]
    pub fn identity(&self) -> Vec<u8> {
        let Notice { bucket, key, version, etag, sequencer, .. } = &self.notice;
        // Of a version nothing else counts: not all who tell of it write the same.
        let put =
            version.as_deref().map_or(("put", etag.as_str(), sequencer.as_deref().unwrap_or_default()), |version| {
                ("version", version, "")
            });
        let parts = [bucket, key, put.0, put.1, put.2];
        // Lengths keep apart what could run together.
        parts.iter().flat_map(|part| [&(part.len() as u64).to_be_bytes(), part.as_bytes()].concat()).collect()
    }

    /// The bytes of this very object, taken up again where a connection broke off.
    ///
    /// # Errors
    /// [`ArrivedError::Gone`] when it is not there any more, which is for good.
    pub async fn read(&self) -> Result<ByteStream, ArrivedError> {
        let Notice { key, version, etag, .. } = &self.notice;
        let exactly = Exactly { version: version.clone(), etag: Some(format!("\"{etag}\"")) };
        let fetched = match self.bucket.fetch(key, None, &exactly).await {
            Ok(fetched) if fetched.etag.as_deref().is_some_and(|found| found.trim_matches('"') == etag) => fetched,
            // A server that does not heed the condition.
            Ok(_) | Err(StoreError::NotFound) => return Err(ArrivedError::Gone),
            Err(error) if is_another(&error) => return Err(ArrivedError::Gone),
            Err(error) => return Err(error.into()),
        };
        Ok(Download::new(self.bucket.clone(), key.clone(), version.clone(), 0, fetched).into_stream())
    }

    /// It is received, or never will be: it does not come again.
    ///
    /// # Errors
    /// When SQS could not be told; then it comes again.
    pub async fn done(self) -> Result<(), Failure> {
        self.letter.done().await
    }

    /// It comes again after a while, 12 hours at most; so does what came in the same message.
    ///
    /// # Errors
    /// When SQS could not be told; then it comes again when its visibility timeout is over.
    pub async fn again(self, after: Duration) -> Result<(), Failure> {
        self.letter.again(after).await
    }
}

impl fmt::Debug for Arrived {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Arrived").field("size", &self.notice.size).finish_non_exhaustive()
    }
}

/// Whether the object of the key is not the one that was asked for.
fn is_another(error: &StoreError) -> bool {
    let StoreError::Unavailable(source) = error else { return false };
    source.downcast_ref::<Failure>().is_some_and(|failure| {
        failure.status() == Some(412) || matches!(failure.code(), Some("NoSuchVersion" | "PreconditionFailed"))
    })
}
