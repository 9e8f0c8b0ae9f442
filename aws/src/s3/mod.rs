//! Objects in a bucket of S3, or of a server that speaks its protocol.

mod bucket;
mod list;
mod options;
mod read;
mod upload;
mod write;

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use async_trait::async_trait;
use futures::StreamExt;
use futures::stream::{self, BoxStream};
use tradewind_compliance::ObjectKey;
use tradewind_compliance::store::{ByteStream, ObjectInfo, ObjectStore, ObjectWriter, PutMode, StoreError};

pub use options::{Encryption, S3Options};
pub use upload::{PART_BYTES, PARTS_MAX};

use crate::Access;
use bucket::Fetched;
pub(crate) use bucket::{Bucket, Exactly};
pub(crate) use read::Download;
use write::S3Writer;

/// Longest range that servers compute with.
const RANGE_END_MAX: u64 = i64::MAX as u64;

/// The object store in S3. Cheap to clone; several processes may share a bucket and a prefix.
///
/// An object of more than [`PART_BYTES`] goes up in parts as its bytes come, so a writer holds three parts at most, however large the object.
/// Of many who put such an object at once, one succeeds if the server looks and completes at once, as S3 does; SeaweedFS does so for objects of
/// one part alone.
///
/// What a process that died left half-way is nowhere seen, but is paid for until [`ObjectStore::sweep`] removes it.
///
/// It needs the rights `s3:ListBucket`, `s3:GetObject`, `s3:PutObject`, `s3:DeleteObject`, `s3:AbortMultipartUpload` and
/// `s3:ListBucketMultipartUploads`. Without `s3:ListBucket`, S3 answers that a missing object is denied. A bucket without versions destroys what
/// is deleted.
#[derive(Clone)]
pub struct S3ObjectStore {
    bucket: Arc<Bucket>,
}

impl S3ObjectStore {
    /// Opens the store, and asks whether the bucket is there.
    ///
    /// # Errors
    /// When the bucket is not there, or S3 cannot be reached or denies.
    pub async fn open(options: S3Options, access: &Access) -> Result<Self, StoreError> {
        let bucket = Bucket::open(options, access).await;
        bucket.check().await?;
        Ok(Self { bucket: Arc::new(bucket) })
    }
}

impl S3ObjectStore {
    fn download(&self, key: &ObjectKey, at: u64, fetched: Fetched) -> Download {
        Download::new(self.bucket.clone(), self.bucket.name_of(key), None, at, fetched)
    }
}

#[async_trait]
impl ObjectStore for S3ObjectStore {
    async fn writer(&self, key: &ObjectKey, mode: PutMode) -> Result<Box<dyn ObjectWriter>, StoreError> {
        Ok(Box::new(S3Writer::new(self.bucket.clone(), key.clone(), mode)?))
    }

    async fn get(&self, key: &ObjectKey) -> Result<(ObjectInfo, ByteStream), StoreError> {
        let fetched = self.bucket.fetch(&self.bucket.name_of(key), None, &Exactly::default()).await?;
        let info = ObjectInfo { key: key.clone(), bytes: fetched.bytes };
        Ok((info, self.download(key, 0, fetched).into_stream()))
    }

    async fn get_range(&self, key: &ObjectKey, range: Range<u64>) -> Result<ByteStream, StoreError> {
        let end = range.end.min(RANGE_END_MAX);
        if range.start >= end {
            // There is no way to ask for nothing.
            return match self.bucket.head(key).await?.bytes {
                bytes if range.start >= bytes => Err(StoreError::RangeBeyondEnd { bytes }),
                _ => Ok(stream::empty().boxed()),
            };
        }
        match self.bucket.fetch(&self.bucket.name_of(key), Some(range.start..end), &Exactly::default()).await {
            Err(StoreError::RangeBeyondEnd { .. }) => {
                Err(StoreError::RangeBeyondEnd { bytes: self.bucket.head(key).await?.bytes })
            }
            fetched => Ok(self.download(key, range.start, fetched?).into_stream()),
        }
    }

    async fn head(&self, key: &ObjectKey) -> Result<ObjectInfo, StoreError> {
        Ok(ObjectInfo { key: key.clone(), bytes: self.bucket.head(key).await?.bytes })
    }

    fn list(&self, prefix: &str) -> BoxStream<'static, Result<ObjectInfo, StoreError>> {
        list::list(self.bucket.clone(), prefix)
    }

    /// What was begun in parts. A day ago is a good limit; nothing that is still being written is that old.
    async fn sweep(&self, before_unix_ms: u64) -> Result<u64, StoreError> {
        list::sweep(&self.bucket, before_unix_ms).await
    }

    async fn delete(&self, key: &ObjectKey) -> Result<(), StoreError> {
        self.bucket.delete(key).await
    }
}

impl fmt::Debug for S3ObjectStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("S3ObjectStore").finish_non_exhaustive()
    }
}
