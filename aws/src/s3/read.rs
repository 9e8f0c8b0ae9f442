//! An object's bytes as they come, taken up again where a connection broke off.

use std::sync::Arc;

use aws_sdk_s3::primitives::ByteStream as Body;
use bytes::Bytes;
use futures::{StreamExt, stream};
use tradewind_compliance::store::{ByteStream, StoreError};

use super::bucket::{Bucket, Exactly, Fetched, told};
use crate::{Failure, FailureKind, jitter};

const OPERATION: &str = "GetObject";

/// A body on its way.
pub(crate) struct Download {
    bucket: Arc<Bucket>,
    name: String,
    body: Body,
    exactly: Exactly,
    /// Where in the object the next byte lies.
    at: u64,
    end: u64,
    resumes: u32,
}

impl Download {
    /// The body of an object of this name, or of this version of it, that starts at its byte `at`.
    pub(crate) fn new(bucket: Arc<Bucket>, name: String, version: Option<String>, at: u64, fetched: Fetched) -> Self {
        let Fetched { bytes, etag, body } = fetched;
        Self { bucket, name, body, exactly: Exactly { version, etag }, at, end: at.saturating_add(bytes), resumes: 0 }
    }

    pub(crate) fn into_stream(self) -> ByteStream {
        stream::try_unfold(
            self,
            |mut download| async move { Ok(download.next().await?.map(|piece| (piece, download))) },
        )
        .boxed()
    }

    async fn next(&mut self) -> Result<Option<Bytes>, StoreError> {
        loop {
            let kind = match tokio::time::timeout(self.bucket.read_timeout, self.body.try_next()).await {
                Ok(Ok(Some(piece))) => {
                    self.at = self.at.saturating_add(piece.len() as u64);
                    return Ok(Some(piece));
                }
                Ok(Ok(None)) if self.at == self.end => return Ok(None),
                // At its end, a body fails only because it is not what its checksum says.
                Ok(Err(_)) if self.at == self.end => FailureKind::Malformed,
                Ok(_) => FailureKind::Connection,
                Err(_) => FailureKind::TimedOut,
            };
            self.resume(kind).await?;
        }
    }

    /// Asks for the rest of the same object, a few times in all.
    async fn resume(&mut self, why: FailureKind) -> Result<(), StoreError> {
        let may = self.at < self.end && self.exactly.etag.is_some() && self.resumes + 1 < self.bucket.attempts_max;
        if !may {
            return Err(told(Failure::new(OPERATION, why)));
        }
        jitter::pause(self.resumes).await;
        self.resumes += 1;
        let rest = self.bucket.fetch(&self.name, Some(self.at..self.end), &self.exactly).await?;
        if rest.bytes != self.end - self.at {
            return Err(told(Failure::new(OPERATION, FailureKind::Malformed)));
        }
        self.body = rest.body;
        Ok(())
    }
}
