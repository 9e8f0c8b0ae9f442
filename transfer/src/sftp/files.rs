//! Requests on `/in`: uploads, renames, removals.

use bytes::Bytes;
use russh_sftp::protocol::OpenFlags;
use tracing::{info, warn};

use super::reply::Refusal;
use super::session::Door;
use super::space::Claim;
use super::{FileName, Start, Upload};

/// An upload that a handle stands for.
pub(super) struct Uploading {
    /// Gone once a write has failed: then the file can only be given up.
    upload: Option<Box<dyn Upload>>,
    claim: Claim,
    received_bytes: u64,
}

impl Uploading {
    pub(super) fn received_bytes(&self) -> u64 {
        self.received_bytes
    }
}

impl Door {
    pub(super) async fn begin_upload(&self, name: &FileName, flags: OpenFlags) -> Result<Uploading, Refusal> {
        if flags.contains(OpenFlags::APPEND) {
            return Err(Refusal::denied("uploads cannot be resumed or appended to: send the whole file"));
        }
        if flags.contains(OpenFlags::READ) || !flags.contains(OpenFlags::WRITE) {
            return Err(Refusal::denied("files in /in can be written, not read"));
        }
        if !flags.intersects(OpenFlags::CREATE | OpenFlags::TRUNCATE) {
            return Err(Refusal::denied("files in /in cannot be changed: send the whole file"));
        }
        if self.draining() {
            return Err(Refusal::failed("the server is shutting down, try again"));
        }
        let (partner, now) = (self.partner(), self.inbox.unix_seconds());
        let exclusive = flags.contains(OpenFlags::EXCLUDE);
        let (claim, replaced) = self.space().claim_upload(name, &self.policy, exclusive, now)?;
        if let Some(staged) = replaced {
            self.inbox.discard(partner, staged).await;
        }
        let upload =
            self.inbox.upload(partner, name).await.inspect_err(|error| warn!(%partner, %error, "upload refused"))?;
        Ok(Uploading { upload: Some(upload), claim, received_bytes: 0 })
    }

    /// Takes the next bytes. After a failure the upload is given up, and every later write and the close fail too.
    pub(super) async fn write(&self, uploading: &mut Uploading, offset: u64, data: Vec<u8>) -> Result<(), Refusal> {
        let Some(upload) = uploading.upload.as_mut() else {
            return Err(Refusal::failed("an earlier write of this upload failed"));
        };
        let end = offset.saturating_add(data.len() as u64);
        let outcome = if offset != uploading.received_bytes {
            Err(Refusal::failed("writes must come in the file's order, without gaps or overlaps"))
        } else if end > self.policy.file_bytes_max {
            Err(Refusal::failed("the file is larger than this partner's limit"))
        } else if data.is_empty() {
            Ok(())
        } else {
            upload.write(Bytes::from(data)).await.map_err(Refusal::from)
        };
        match outcome {
            Ok(()) => {
                uploading.received_bytes = end;
                uploading.claim.grew(end);
                Ok(())
            }
            Err(refusal) => {
                self.give_up(uploading).await;
                Err(refusal)
            }
        }
    }

    /// Ends an upload. The answer goes out only after the inbox has said that it is durable.
    pub(super) async fn close_upload(&self, mut uploading: Uploading) -> Result<(), Refusal> {
        let Some(upload) = uploading.upload.take() else {
            return Err(Refusal::failed("a write of this upload failed: nothing was taken"));
        };
        let partner = self.partner();
        let start = self.policy.start(uploading.claim.name());
        let staged =
            upload.close(start).await.inspect_err(|error| warn!(%partner, %error, "upload could not be closed"))?;
        let (receipt, bytes, now) = (staged.receipt, staged.size, self.inbox.unix_seconds());
        match start {
            Start::AtClose => uploading.claim.take(bytes, now),
            Start::AtRename => uploading.claim.stage(staged, now),
        }
        info!(%partner, %receipt, bytes, ?start, "upload closed");
        Ok(())
    }

    /// The client is gone, or a write failed.
    pub(super) async fn give_up(&self, uploading: &mut Uploading) {
        if let Some(upload) = uploading.upload.take() {
            upload.abandon().await;
            let partner = self.partner();
            info!(%partner, bytes = uploading.received_bytes, "upload abandoned");
        }
    }

    /// Renames a staged file: to another temporary name, or to its final name, which starts it.
    pub(super) async fn rename(&self, from: &FileName, to: &FileName) -> Result<(), Refusal> {
        let (partner, now) = (self.partner(), self.inbox.unix_seconds());
        let (old, new, staged) = self.space().claim_rename(from, to)?;
        if self.policy.is_temporary(to) {
            new.stage(staged, now);
            return Ok(());
        }
        match self.inbox.start(partner, &staged, to).await {
            Ok(()) => {
                info!(%partner, receipt = %staged.receipt, "upload started by rename");
                new.take(staged.size, now);
                drop(old);
                Ok(())
            }
            Err(error) => {
                warn!(%partner, receipt = %staged.receipt, %error, "upload could not be started");
                old.stage(staged, now);
                drop(new);
                Err(error.into())
            }
        }
    }

    /// Removes a staged file, which then never starts.
    pub(super) async fn remove_staged(&self, name: &FileName) -> Result<(), Refusal> {
        let staged = self.space().remove_staged(name)?;
        self.inbox.discard(self.partner(), staged).await;
        Ok(())
    }
}
