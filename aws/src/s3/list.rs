//! What lies in a bucket, and what was begun there and never ended.

use std::sync::Arc;
use std::vec;

use aws_sdk_s3::types::Object;
use futures::StreamExt;
use futures::stream::{self, BoxStream};
use tradewind_compliance::ObjectKey;
use tradewind_compliance::store::{ObjectInfo, StoreError};

use super::bucket::{Bucket, status, told};
use crate::{Failure, FailureKind};

/// Asks for a page when the reader has come to the end of the last one.
pub(super) fn list(bucket: Arc<Bucket>, prefix: &str) -> BoxStream<'static, Result<ObjectInfo, StoreError>> {
    if !starts_a_key(prefix) {
        return stream::empty().boxed();
    }
    let prefix = format!("{}{prefix}", bucket.prefix);
    let listing = Listing { bucket, prefix, page: Vec::new().into_iter(), next: Next::First };
    stream::try_unfold(listing, |mut listing| async move { Ok(listing.next().await?.map(|found| (found, listing))) })
        .boxed()
}

/// Some servers make a path of a prefix, and walk up its dots.
fn starts_a_key(prefix: &str) -> bool {
    prefix.is_empty() || [prefix.to_owned(), format!("{prefix}x")].iter().any(|key| key.parse::<ObjectKey>().is_ok())
}

struct Listing {
    bucket: Arc<Bucket>,
    prefix: String,
    page: vec::IntoIter<Object>,
    next: Next,
}

enum Next {
    First,
    Token(String),
    Nothing,
}

impl Listing {
    async fn next(&mut self) -> Result<Option<ObjectInfo>, StoreError> {
        loop {
            for object in self.page.by_ref() {
                let key = object.key().and_then(|name| name.strip_prefix(&self.bucket.prefix)?.parse().ok());
                let bytes = object.size().and_then(|size| u64::try_from(size).ok());
                // What is no key is no object of ours.
                if let (Some(key), Some(bytes)) = (key, bytes) {
                    return Ok(Some(ObjectInfo { key, bytes }));
                }
            }
            let token = match std::mem::replace(&mut self.next, Next::Nothing) {
                Next::First => None,
                Next::Token(token) => Some(token),
                Next::Nothing => return Ok(None),
            };
            self.turn(token).await?;
        }
    }

    async fn turn(&mut self, token: Option<String>) -> Result<(), StoreError> {
        const OPERATION: &str = "ListObjectsV2";
        let request = self.bucket.client.list_objects_v2().bucket(&self.bucket.name).prefix(&self.prefix);
        let page = request.set_continuation_token(token).send().await;
        let page = page.map_err(|error| told(Failure::of(OPERATION, &error)))?;
        if page.is_truncated() == Some(true) {
            let malformed = || told(Failure::new(OPERATION, FailureKind::Malformed));
            self.next = Next::Token(page.next_continuation_token.ok_or_else(malformed)?);
        }
        self.page = page.contents.unwrap_or_default().into_iter();
        Ok(())
    }
}

/// Aborts the uploads in parts that were begun before `before_unix_ms`.
pub(super) async fn sweep(bucket: &Bucket, before_unix_ms: u64) -> Result<u64, StoreError> {
    const OPERATION: &str = "ListMultipartUploads";
    let (mut key_marker, mut id_marker, mut swept) = (None, None, 0);
    loop {
        let request = bucket.client.list_multipart_uploads().bucket(&bucket.name).prefix(&bucket.prefix);
        let page = request.set_key_marker(key_marker).set_upload_id_marker(id_marker).send().await;
        let page = page.map_err(|error| told(Failure::of(OPERATION, &error)))?;
        for upload in page.uploads() {
            let begun = upload.initiated().and_then(|begun| u64::try_from(begun.to_millis().ok()?).ok());
            let (Some(name), Some(id), Some(begun)) = (upload.key(), upload.upload_id(), begun) else { continue };
            if begun < before_unix_ms && abort(bucket, name, id).await? {
                swept += 1;
            }
        }
        if page.is_truncated() != Some(true) || page.next_key_marker.is_none() {
            return Ok(swept);
        }
        (key_marker, id_marker) = (page.next_key_marker, page.next_upload_id_marker);
    }
}

/// Whether it was there to be aborted.
async fn abort(bucket: &Bucket, name: &str, id: &str) -> Result<bool, StoreError> {
    let request = bucket.client.abort_multipart_upload().bucket(&bucket.name).key(name).upload_id(id);
    match request.send().await {
        Ok(_) => Ok(true),
        Err(error) if status(&error) == Some(404) => Ok(false),
        Err(error) => Err(told(Failure::of("AbortMultipartUpload", &error))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_that_starts_no_key_is_known() {
        let longest = "k".repeat(200);
        for starts in ["", "a", "a/", "a/b.c", &longest] {
            assert!(starts_a_key(starts), "{starts}");
        }
        for never in ["/", ".", "../", "a//", "a/.", "a b"] {
            assert!(!starts_a_key(never), "{never}");
        }
    }
}
