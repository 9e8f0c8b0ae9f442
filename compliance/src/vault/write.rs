//! Seals an object as its bytes come.

use std::fmt;
use std::sync::Arc;

use tokio::io::{AsyncRead, AsyncReadExt};

use super::{Vault, VaultError};
use crate::esdk::Sealer;
use crate::keys::{BranchKeys, SearchHasher, SearchKind};
use crate::store::{ObjectWriter, PutMode};
use crate::{ObjectKey, PartnerId, Purpose};

/// Sealed bytes that are gathered before the store gets them.
const GATHER_BYTES: usize = 256 * 1024;
/// Plaintext read at once by [`SealingWriter::copy_from`].
const READ_BYTES: usize = 64 * 1024;

/// What was sealed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sealed {
    /// Length of the plaintext.
    pub bytes: u64,
    /// Keyed hash of the plaintext: [`crate::keys::SearchKey::digest`] with [`SearchKind::CONTENT`].
    pub digest: [u8; 32],
    /// Length of the object as it lies in the store.
    pub sealed_bytes: u64,
}

/// A sealed object in the making. It holds at most a frame and a few hundred KiB, however large the object; dropping it leaves nothing.
pub struct SealingWriter {
    keys: Arc<BranchKeys>,
    partner: PartnerId,
    key_version: u32,
    sealer: Sealer,
    hasher: SearchHasher,
    to: Box<dyn ObjectWriter>,
    gathered: Vec<u8>,
    bytes: u64,
    failed: bool,
}

impl SealingWriter {
    pub(super) async fn start(
        vault: &Vault,
        partner: &PartnerId,
        key: &ObjectKey,
        purpose: Purpose,
        mode: PutMode,
    ) -> Result<Self, VaultError> {
        let branch = vault.keys.active(partner).await?;
        let hasher = vault.keys.search_key(partner).await?.hasher(SearchKind::CONTENT);
        let mut gathered = Vec::new();
        let sealer = Sealer::start(branch.wrapping(), &vault.context(partner, key, purpose), &mut gathered)?;
        Ok(Self {
            keys: vault.keys.clone(),
            partner: partner.clone(),
            key_version: branch.id().version,
            sealer,
            hasher,
            to: vault.store.writer(key, mode).await?,
            gathered,
            bytes: 0,
            failed: false,
        })
    }

    /// Takes the next plaintext; waits while the store is slower than the caller.
    ///
    /// # Errors
    /// When the store fails; the object is then given up.
    pub async fn write(&mut self, plain: &[u8]) -> Result<(), VaultError> {
        if self.failed {
            return Err(VaultError::Failed);
        }
        // Stays set if this call fails or is given up at the await.
        self.failed = true;
        for piece in plain.chunks(GATHER_BYTES) {
            self.hasher.update(piece);
            self.bytes += piece.len() as u64;
            self.sealer.update(piece, &mut self.gathered)?;
            if self.gathered.len() >= GATHER_BYTES {
                let gathered = std::mem::replace(&mut self.gathered, Vec::with_capacity(GATHER_BYTES));
                self.to.write(gathered.into()).await?;
            }
        }
        self.failed = false;
        Ok(())
    }

    /// Takes everything that a reader gives. Answers how much that was.
    ///
    /// # Errors
    /// The reader's as [`CopyError::Read`], else as [`SealingWriter::write`].
    pub async fn copy_from(&mut self, from: &mut (impl AsyncRead + Unpin)) -> Result<u64, CopyError> {
        let mut piece = vec![0; READ_BYTES];
        let before = self.bytes;
        loop {
            let length = from.read(&mut piece).await.map_err(CopyError::Read)?;
            match piece.get(..length) {
                None | Some([]) => return Ok(self.bytes - before),
                Some(read) => self.write(read).await.map_err(CopyError::Vault)?,
            }
        }
    }

    /// Plaintext bytes so far.
    #[must_use]
    pub const fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Makes the object durable.
    ///
    /// # Errors
    /// When the partner was shredded meanwhile (nothing is left of the object), an object of that key stands already, or the store fails.
    pub async fn finish(mut self) -> Result<Sealed, VaultError> {
        if self.failed {
            return Err(VaultError::Failed);
        }
        self.sealer.finish(&mut self.gathered)?;
        self.to.write(self.gathered.into()).await?;
        // What nobody can open must not be acknowledged.
        let branch = self.keys.version(&self.partner, self.key_version).await?;
        branch.count(usize::try_from(self.bytes).unwrap_or(usize::MAX));
        let info = self.to.commit().await?;
        Ok(Sealed { bytes: self.bytes, digest: self.hasher.finish(), sealed_bytes: info.bytes })
    }
}

/// Why [`SealingWriter::copy_from`] stopped.
#[derive(Debug, thiserror::Error)]
pub enum CopyError {
    /// The source failed.
    #[error("expected to read the bytes that are to be sealed, found a failure")]
    Read(#[source] std::io::Error),
    /// The vault failed.
    #[error(transparent)]
    Vault(VaultError),
}

impl fmt::Debug for SealingWriter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SealingWriter")
            .field("partner", &self.partner)
            .field("bytes", &self.bytes)
            .finish_non_exhaustive()
    }
}
