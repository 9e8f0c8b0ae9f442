//! One request each to a bucket, and what its answer means.

use std::error::Error;
use std::fmt;
use std::ops::Range;
use std::time::Duration;

use aws_sdk_s3::Client;
use aws_sdk_s3::config::Builder;
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_s3::operation::put_object::PutObjectError;
use aws_sdk_s3::primitives::ByteStream;
use bytes::Bytes;
use ring::rand::{SecureRandom, SystemRandom};
use tradewind_compliance::store::{PutMode, StoreError};
use tradewind_compliance::{ObjectKey, RandomError};

use super::{Encryption, S3Options};
use crate::{Access, Failure, FailureKind, jitter};

/// The metadata that tells which put made an object.
pub(super) const PUT_ID: &str = "tw-put";
/// How often a put is tried that met another one of the same key.
const CONFLICTS_MAX: u32 = 4;

/// A bucket, and how it is used.
pub(crate) struct Bucket {
    pub(super) client: Client,
    pub(super) name: String,
    pub(super) prefix: String,
    pub(super) encryption: Encryption,
    /// How long a body may keep us waiting for its next piece.
    pub(super) read_timeout: Duration,
    /// How often a body that breaks off is asked for again, and once more.
    pub(super) attempts_max: u32,
}

/// Which of the objects that had a name it must be; whatever it is, if nothing is said.
#[derive(Debug, Clone, Default)]
pub(crate) struct Exactly {
    pub(crate) version: Option<String>,
    /// With its quotes.
    pub(crate) etag: Option<String>,
}

/// An object's body, or a part of it.
pub(crate) struct Fetched {
    pub(super) bytes: u64,
    pub(crate) etag: Option<String>,
    pub(super) body: ByteStream,
}

/// What is known of an object.
pub(super) struct Head {
    pub(super) bytes: u64,
    put: Option<String>,
}

impl Bucket {
    /// A bucket as it is configured; whether it is there is not asked.
    pub(crate) async fn open(options: S3Options, access: &Access) -> Self {
        let sdk = options.connection.sdk(access).await;
        let client = Client::from_conf(Builder::from(&sdk).force_path_style(options.path_style).build());
        let S3Options { bucket: name, prefix, encryption, connection, .. } = options;
        let read_timeout = connection.read_timeout();
        Self { client, name, prefix, encryption, read_timeout, attempts_max: connection.attempts_max }
    }

    /// An object's name in the bucket.
    pub(super) fn name_of(&self, key: &ObjectKey) -> String {
        format!("{}{}", self.prefix, key.as_str())
    }

    pub(super) async fn check(&self) -> Result<(), StoreError> {
        match self.client.head_bucket().bucket(&self.name).send().await {
            Ok(_) => Ok(()),
            // A bucket that is missing is no missing object.
            Err(error) => Err(told(Failure::of("HeadBucket", &error))),
        }
    }

    pub(super) async fn head(&self, key: &ObjectKey) -> Result<Head, StoreError> {
        let asked = self.client.head_object().bucket(&self.name).key(self.name_of(key)).send().await;
        let mut about = asked.map_err(|error| failed("HeadObject", &error))?;
        let bytes = length("HeadObject", about.content_length())?;
        Ok(Head { bytes, put: about.metadata.as_mut().and_then(|metadata| metadata.remove(PUT_ID)) })
    }

    /// Asks for an object, by its name in the bucket, or a range of it, which is not empty.
    pub(crate) async fn fetch(
        &self,
        name: &str,
        range: Option<Range<u64>>,
        exactly: &Exactly,
    ) -> Result<Fetched, StoreError> {
        const OPERATION: &str = "GetObject";
        let header = range.as_ref().map(|range| format!("bytes={}-{}", range.start, range.end.saturating_sub(1)));
        let request = self.client.get_object().bucket(&self.name).key(name);
        let request = request.set_range(header).set_version_id(exactly.version.clone());
        let asked = request.set_if_match(exactly.etag.clone()).send().await;
        let got = asked.map_err(|error| match (status(&error), error.code()) {
            // S3 names what is missing, where an answer has a body: this is somebody else's word.
            (Some(404), None) => told(Failure::of(OPERATION, &error)),
            _ => failed(OPERATION, &error),
        })?;
        let bytes = length(OPERATION, got.content_length())?;
        if let Some(range) = range
            && !starts_at(got.content_range(), range.start)
        {
            return Err(told(Failure::new(OPERATION, FailureKind::Malformed)));
        }
        Ok(Fetched { bytes, etag: got.e_tag, body: got.body })
    }

    /// Puts an object whole.
    pub(super) async fn put(&self, key: &ObjectKey, mode: PutMode, put: &str, body: Bytes) -> Result<(), StoreError> {
        let mut turn = 0;
        loop {
            let Err(error) = self.put_once(key, mode, put, body.clone()).await else { return Ok(()) };
            match status(&error) {
                // Another put of this key was under way at the same time; it may yet fail.
                Some(409) if turn + 1 < CONFLICTS_MAX => jitter::pause(turn).await,
                Some(409 | 412) => return self.settle(key, put, told(Failure::of("PutObject", &error))).await,
                _ => return Err(failed("PutObject", &error)),
            }
            turn += 1;
        }
    }

    async fn put_once(
        &self,
        key: &ObjectKey,
        mode: PutMode,
        put: &str,
        body: Bytes,
    ) -> Result<(), SdkError<PutObjectError>> {
        let request = self.client.put_object().bucket(&self.name).key(self.name_of(key)).metadata(PUT_ID, put);
        let request = request
            .set_if_none_match(if_none_match(mode))
            .set_server_side_encryption(self.encryption.algorithm())
            .set_ssekms_key_id(self.encryption.key())
            .set_bucket_key_enabled(self.encryption.bucket_key());
        request.body(ByteStream::from(body)).send().await.map(drop)
    }

    /// Whose object it is that stands in the way of a put. It is this one's own when an earlier attempt's answer was lost.
    pub(super) async fn settle(&self, key: &ObjectKey, put: &str, otherwise: StoreError) -> Result<(), StoreError> {
        match self.head(key).await {
            Ok(head) if head.put.as_deref() == Some(put) => Ok(()),
            Ok(_) => Err(StoreError::Exists),
            Err(StoreError::NotFound) => Err(otherwise),
            Err(error) => Err(error),
        }
    }

    pub(super) async fn delete(&self, key: &ObjectKey) -> Result<(), StoreError> {
        match self.client.delete_object().bucket(&self.name).key(self.name_of(key)).send().await {
            Ok(_) => Ok(()),
            Err(error) => match failed("DeleteObject", &error) {
                StoreError::NotFound => Ok(()),
                error => Err(error),
            },
        }
    }
}

impl fmt::Debug for Bucket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Bucket").finish_non_exhaustive()
    }
}

/// A name for one put, so that its object is told from another's.
pub(super) fn put_id() -> Result<String, RandomError> {
    let mut id = [0; 16];
    SystemRandom::new().fill(&mut id).map_err(|_| RandomError)?;
    Ok(format!("{:032x}", u128::from_be_bytes(id)))
}

pub(super) fn if_none_match(mode: PutMode) -> Option<String> {
    match mode {
        PutMode::IfAbsent => Some("*".to_owned()),
        PutMode::Overwrite => None,
    }
}

pub(super) fn status<E>(error: &SdkError<E>) -> Option<u16> {
    error.raw_response().map(|response| response.status().as_u16())
}

/// What an answer about one object means.
pub(super) fn failed<E>(operation: &'static str, error: &SdkError<E>) -> StoreError
where
    E: ProvideErrorMetadata + Error + 'static,
{
    let failure = Failure::of(operation, error);
    match (failure.status(), failure.code()) {
        (Some(404), None | Some("NoSuchKey" | "NotFound")) => StoreError::NotFound,
        (Some(416), _) => StoreError::RangeBeyondEnd { bytes: 0 },
        (Some(507), _) => StoreError::Full,
        _ => told(failure),
    }
}

pub(super) fn told(failure: Failure) -> StoreError {
    match failure.kind() {
        FailureKind::Denied => StoreError::Denied(Box::new(failure)),
        _ => StoreError::Unavailable(Box::new(failure)),
    }
}

fn length(operation: &'static str, length: Option<i64>) -> Result<u64, StoreError> {
    let length = length.and_then(|length| u64::try_from(length).ok());
    length.ok_or_else(|| told(Failure::new(operation, FailureKind::Malformed)))
}

/// Whether a `Content-Range` such as `bytes 5-9/100` starts where it was asked to.
fn starts_at(content_range: Option<&str>, start: u64) -> bool {
    let told = content_range.and_then(|range| range.strip_prefix("bytes ")?.split_once('-')?.0.parse().ok());
    told == Some(start)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_that_was_not_heeded_is_noticed() {
        assert!(starts_at(Some("bytes 5-9/100"), 5));
        for other in [None, Some("bytes 0-9/100"), Some("bytes */100"), Some("5-9/100")] {
            assert!(!starts_at(other, 5), "{other:?}");
        }
    }
}
