//! An object that goes up in parts. Nothing is seen of it before it is complete.

use std::fmt;
use std::sync::Arc;

use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{ChecksumAlgorithm, CompletedMultipartUpload, CompletedPart};
use bytes::Bytes;
use tokio::runtime::Handle;
use tokio::task::{JoinError, JoinSet};
use tradewind_compliance::ObjectKey;
use tradewind_compliance::store::{PutMode, StoreError};

use super::bucket::{Bucket, PUT_ID, failed, if_none_match, status, told};
use crate::{Failure, FailureKind};

/// Bytes of every part but the last: the least that S3 takes.
pub const PART_BYTES: usize = 5 * 1024 * 1024;
/// Parts of an object, by S3's own limit: so the largest object has 48 GiB.
pub const PARTS_MAX: i32 = 10_000;
/// Parts that are on their way at once.
const FLYING_MAX: usize = 2;

/// An upload in parts. Dropping it gives it up.
pub(super) struct Upload {
    place: Arc<Place>,
    next: i32,
    flying: JoinSet<Result<CompletedPart, StoreError>>,
    parts: Vec<CompletedPart>,
    complete: bool,
}

/// Where the parts go.
struct Place {
    bucket: Arc<Bucket>,
    key: ObjectKey,
    id: String,
}

impl Upload {
    pub(super) async fn begin(bucket: Arc<Bucket>, key: ObjectKey, put: &str) -> Result<Self, StoreError> {
        const OPERATION: &str = "CreateMultipartUpload";
        let request = bucket.client.create_multipart_upload().bucket(&bucket.name).key(bucket.name_of(&key));
        let begun = request
            .metadata(PUT_ID, put)
            .checksum_algorithm(ChecksumAlgorithm::Crc32)
            .set_server_side_encryption(bucket.encryption.algorithm())
            .set_ssekms_key_id(bucket.encryption.key())
            .set_bucket_key_enabled(bucket.encryption.bucket_key())
            .send()
            .await;
        let begun = begun.map_err(|error| failed(OPERATION, &error))?;
        let id = begun.upload_id.ok_or_else(|| told(Failure::new(OPERATION, FailureKind::Malformed)))?;
        let place = Arc::new(Place { bucket, key, id });
        Ok(Self { place, next: 1, flying: JoinSet::new(), parts: Vec::new(), complete: false })
    }

    /// Sends the next part; waits while too many are on their way.
    pub(super) async fn send(&mut self, part: Bytes) -> Result<(), StoreError> {
        if self.next > PARTS_MAX {
            return Err(told(Failure::new("an upload of at most 10,000 parts", FailureKind::Rejected)));
        }
        while self.flying.len() >= FLYING_MAX {
            self.land().await?;
        }
        let (place, number) = (self.place.clone(), self.next);
        self.flying.spawn(async move { place.send(number, part).await });
        self.next += 1;
        Ok(())
    }

    /// Waits for all parts, and has the object made of them.
    pub(super) async fn complete(mut self, mode: PutMode, put: &str) -> Result<(), StoreError> {
        while !self.flying.is_empty() {
            self.land().await?;
        }
        let mut parts = std::mem::take(&mut self.parts);
        parts.sort_by_key(CompletedPart::part_number);
        self.place.complete(parts, mode, put).await?;
        self.complete = true;
        Ok(())
    }

    async fn land(&mut self) -> Result<(), StoreError> {
        match self.flying.join_next().await {
            None => {}
            Some(Ok(part)) => self.parts.push(part?),
            Some(Err(stopped)) => return Err(StoreError::Unavailable(stopped_text(&stopped).into())),
        }
        Ok(())
    }
}

fn stopped_text(stopped: &JoinError) -> &'static str {
    if stopped.is_panic() {
        "expected a part to be sent, found a panic"
    } else {
        "expected a part to be sent, found a stop"
    }
}

impl Drop for Upload {
    fn drop(&mut self) {
        if self.complete {
            return;
        }
        let (mut flying, place) = (std::mem::take(&mut self.flying), self.place.clone());
        // Nobody hears of a failure here; the sweep removes what is left.
        if let Ok(runtime) = Handle::try_current() {
            runtime.spawn(async move {
                flying.shutdown().await;
                place.abort().await;
            });
        }
    }
}

impl Place {
    async fn send(&self, number: i32, part: Bytes) -> Result<CompletedPart, StoreError> {
        let Self { bucket, key, id } = self;
        let request = bucket.client.upload_part().bucket(&bucket.name).key(bucket.name_of(key)).upload_id(id);
        let request = request.part_number(number).checksum_algorithm(ChecksumAlgorithm::Crc32);
        let sent = request.body(ByteStream::from(part)).send().await;
        let sent = sent.map_err(|error| not_an_object(failed("UploadPart", &error)))?;
        let part = CompletedPart::builder().part_number(number).set_e_tag(sent.e_tag);
        Ok(part.set_checksum_crc32(sent.checksum_crc32).build())
    }

    async fn complete(&self, parts: Vec<CompletedPart>, mode: PutMode, put: &str) -> Result<(), StoreError> {
        const OPERATION: &str = "CompleteMultipartUpload";
        let Self { bucket, key, id } = self;
        let request = bucket.client.complete_multipart_upload().bucket(&bucket.name).key(bucket.name_of(key));
        let parts = CompletedMultipartUpload::builder().set_parts(Some(parts)).build();
        let request = request.upload_id(id).multipart_upload(parts).set_if_none_match(if_none_match(mode));
        let Err(error) = request.send().await else { return Ok(()) };
        match status(&error) {
            // 404: the upload is gone, as it is after an attempt that completed it and whose answer was lost.
            Some(404 | 409 | 412) => bucket.settle(key, put, told(Failure::of(OPERATION, &error))).await,
            _ => Err(failed(OPERATION, &error)),
        }
    }

    async fn abort(&self) {
        let Self { bucket, key, id } = self;
        let request = bucket.client.abort_multipart_upload().bucket(&bucket.name).key(bucket.name_of(key));
        let _ = request.upload_id(id).send().await;
    }
}

/// A part has no object to miss.
fn not_an_object(error: StoreError) -> StoreError {
    match error {
        StoreError::NotFound => told(Failure::new("UploadPart", FailureKind::Rejected)),
        error => error,
    }
}

impl fmt::Debug for Upload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Upload").field("next", &self.next).finish_non_exhaustive()
    }
}
