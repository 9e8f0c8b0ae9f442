//! An object in the making: put whole if it is small, in parts if it grows.

use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use tradewind_compliance::store::{ObjectInfo, ObjectWriter, PutMode, StoreError};
use tradewind_compliance::{ObjectKey, RandomError};

use super::bucket::{self, Bucket};
use super::upload::{PART_BYTES, Upload};

/// Gathers bytes into parts.
#[derive(Debug)]
pub(super) struct S3Writer {
    bucket: Arc<Bucket>,
    key: ObjectKey,
    mode: PutMode,
    put: String,
    gathered: Vec<u8>,
    bytes: u64,
    upload: Option<Upload>,
    failed: bool,
}

impl S3Writer {
    pub(super) fn new(bucket: Arc<Bucket>, key: ObjectKey, mode: PutMode) -> Result<Self, RandomError> {
        let put = bucket::put_id()?;
        Ok(Self { bucket, key, mode, put, gathered: Vec::new(), bytes: 0, upload: None, failed: false })
    }

    /// Sends what was gathered as a part of the upload, which the first one begins.
    async fn send_part(&mut self) -> Result<(), StoreError> {
        let part = Bytes::from(std::mem::take(&mut self.gathered));
        let upload = match &mut self.upload {
            Some(upload) => upload,
            None => self.upload.insert(Upload::begin(self.bucket.clone(), self.key.clone(), &self.put).await?),
        };
        upload.send(part).await
    }
}

#[async_trait]
impl ObjectWriter for S3Writer {
    async fn write(&mut self, mut piece: Bytes) -> Result<(), StoreError> {
        if self.failed {
            return Err(StoreError::WriterFailed);
        }
        // Stays set if this call fails or is given up at an await.
        self.failed = true;
        self.bytes = self.bytes.saturating_add(piece.len() as u64);
        while !piece.is_empty() {
            // A full part waits for the byte after it, so that no object of one part goes up in parts.
            if self.gathered.len() >= PART_BYTES {
                self.send_part().await?;
            }
            let room = PART_BYTES.saturating_sub(self.gathered.len()).min(piece.len());
            self.gathered.extend_from_slice(&piece.split_to(room));
        }
        self.failed = false;
        Ok(())
    }

    async fn commit(mut self: Box<Self>) -> Result<ObjectInfo, StoreError> {
        if self.failed {
            return Err(StoreError::WriterFailed);
        }
        if self.upload.is_some() {
            self.send_part().await?;
        }
        let Self { bucket, key, mode, put, gathered, bytes, upload, .. } = *self;
        match upload {
            Some(upload) => upload.complete(mode, &put).await?,
            None => bucket.put(&key, mode, &put, gathered.into()).await?,
        }
        Ok(ObjectInfo { key, bytes })
    }
}
