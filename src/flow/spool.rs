//! What is written before what stands in front of it is known: small ones in memory, large ones in a sealed object.

use std::io::Cursor;
use std::ops::Range;

use tokio::io::{AsyncRead, AsyncReadExt};
use tradewind_compliance::store::PutMode;
use tradewind_compliance::vault::{SealingWriter, VaultError};
use tradewind_compliance::{ObjectKey, PartnerId};

use super::{Flow, FlowError, objects};

/// Up to this size a spool stays in memory.
const MEMORY_BYTES_MAX: usize = 4 << 20;

/// Bytes in the order in which they were written.
#[derive(Default)]
pub(super) struct Spool {
    memory: Vec<u8>,
    object: Option<(ObjectKey, SealingWriter)>,
}

/// A spool that is written to its end, and can be read more than once.
pub(super) enum Spooled {
    Memory(Vec<u8>),
    Object(PartnerId, ObjectKey),
}

impl Spool {
    /// Takes everything from `bytes`, which is empty then.
    pub(super) async fn take(
        &mut self,
        flow: &Flow,
        partner: &PartnerId,
        bytes: &mut Vec<u8>,
    ) -> Result<(), FlowError> {
        if let Some((_, writer)) = &mut self.object {
            writer.write(bytes).await?;
        } else {
            self.memory.extend_from_slice(bytes);
            if self.memory.len() > MEMORY_BYTES_MAX {
                let key =
                    objects::spool(flow.ids.job_id().as_str()).map_err(|_| FlowError::Internal("an object's key"))?;
                let mut writer = flow.vault.writer(partner, &key, objects::SPOOL, PutMode::IfAbsent).await?;
                writer.write(&self.memory).await?;
                self.memory = Vec::new();
                self.object = Some((key, writer));
            }
        }
        bytes.clear();
        Ok(())
    }

    /// Ends it.
    pub(super) async fn finish(self, partner: &PartnerId) -> Result<Spooled, FlowError> {
        Ok(match self.object {
            None => Spooled::Memory(self.memory),
            Some((key, writer)) => {
                writer.finish().await?;
                Spooled::Object(partner.clone(), key)
            }
        })
    }
}

impl Spooled {
    /// Everything from the start.
    pub(super) async fn reader(&self, flow: &Flow) -> Result<Box<dyn AsyncRead + Send + Unpin + '_>, FlowError> {
        Ok(match self {
            Self::Memory(bytes) => Box::new(Cursor::new(bytes.as_slice())),
            Self::Object(partner, key) => {
                Box::new(flow.vault.reader(partner, key, objects::SPOOL).await?.into_async_read())
            }
        })
    }

    /// With bytes before and behind.
    pub(super) async fn framed<'a>(
        &'a self,
        flow: &Flow,
        head: &'a [u8],
        tail: &'a [u8],
    ) -> Result<impl AsyncRead + Send + Unpin + 'a, FlowError> {
        Ok(Cursor::new(head).chain(self.reader(flow).await?).chain(Cursor::new(tail)))
    }

    /// Copies a part of it to another spool.
    pub(super) async fn copy(
        &self,
        flow: &Flow,
        range: Range<u64>,
        partner: &PartnerId,
        to: &mut Spool,
    ) -> Result<(), FlowError> {
        match self {
            Self::Memory(bytes) => {
                let at = |offset: u64| usize::try_from(offset).unwrap_or(usize::MAX);
                let mut part = bytes.get(at(range.start)..at(range.end)).unwrap_or_default().to_vec();
                to.take(flow, partner, &mut part).await
            }
            Self::Object(owner, key) => {
                let object = flow.vault.object(owner, key, objects::SPOOL).await?;
                let mut reader = object.reader(range).await?;
                while let Some(piece) = reader.next().await? {
                    to.take(flow, partner, &mut piece.to_vec()).await?;
                }
                Ok(())
            }
        }
    }

    /// Removes it.
    pub(super) async fn remove(self, flow: &Flow) -> Result<(), FlowError> {
        if let Self::Object(_, key) = self {
            flow.vault.store().delete(&key).await.map_err(VaultError::Store)?;
        }
        Ok(())
    }
}
