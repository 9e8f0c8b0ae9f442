//! Opens an object as a stream, or in parts.

use std::fmt;
use std::ops::Range;

use bytes::Bytes;
use futures::stream::{self, BoxStream};
use futures::{StreamExt, TryStreamExt};
use tokio::io::AsyncRead;

use super::{Vault, VaultError};
use crate::esdk::{Header, Layout, OpenError, Opener};
use crate::keys::branch_key::parse_key_name;
use crate::store::{ByteStream, StoreError};
use crate::{EncryptionContext, ObjectKey, PartnerId, Purpose};

/// Plaintext that a [`SealedObject`] opens at once, and keeps: neighbours are then read without opening a frame twice.
pub const WINDOW_BYTES: u64 = 256 * 1024;
/// Longest range that is read at once.
const RANGE_BYTES_MAX: u64 = 256 * 1024 * 1024;
/// What is fetched at first for a header. Ours take about 400 bytes.
const HEADER_FETCH_BYTES: u64 = 1024;
/// Longest header that the limits of its fields allow, and some.
const HEADER_BYTES_MAX: u64 = 64 * 1024;

/// An object's plaintext from its start, frame by frame as it is authenticated.
///
/// What it gives is authentic; that nothing is missing at the end is known when it ends without an error.
pub struct ObjectReader {
    body: ByteStream,
    opener: Option<Opener>,
    first: Bytes,
    skip: usize,
    left: Option<u64>,
}

impl ObjectReader {
    pub(super) async fn start(
        vault: &Vault,
        partner: &PartnerId,
        key: &ObjectKey,
        purpose: Purpose,
    ) -> Result<Self, VaultError> {
        let (_, mut body) = vault.store.get(key).await?;
        let mut fetched = Vec::new();
        let (header, header_bytes) = loop {
            let Some(piece) = body.try_next().await? else { return Err(no_header().into()) };
            fetched.extend_from_slice(&piece);
            if let Some(parsed) = Header::parse(&fetched, &vault.limits)? {
                break parsed;
            }
        };
        let opener = unlock(vault, &header, partner, &vault.context(partner, key, purpose)).await?;
        let first = Bytes::from(fetched).split_off(header_bytes);
        Ok(Self { body, opener: Some(opener), first, skip: 0, left: None })
    }

    /// The next plaintext, some 256 KiB; `None` at the end of a whole message.
    ///
    /// # Errors
    /// When the object is cut or not authentic, or the store fails. Nothing more comes then.
    pub async fn next(&mut self) -> Result<Option<Bytes>, VaultError> {
        let Some(opener) = self.opener.take() else { return Ok(None) };
        if self.left == Some(0) {
            return Ok(None);
        }
        let (piece, opener) = self.advance(opener).await?;
        self.opener = opener;
        Ok(piece)
    }

    /// As a stream.
    #[must_use]
    pub fn into_stream(self) -> BoxStream<'static, Result<Bytes, VaultError>> {
        stream::try_unfold(self, |mut reader| async move { Ok(reader.next().await?.map(|piece| (piece, reader))) })
            .boxed()
    }

    /// As an `AsyncRead`; a [`VaultError`] is then the source of an `io::Error`.
    #[must_use]
    pub fn into_async_read(self) -> impl AsyncRead + Send + Unpin {
        tokio_util::io::StreamReader::new(self.into_stream().map_err(std::io::Error::other))
    }

    async fn advance(&mut self, mut opener: Opener) -> Result<(Option<Bytes>, Option<Opener>), VaultError> {
        let mut plain = Vec::new();
        loop {
            let sealed = match std::mem::take(&mut self.first) {
                first if first.is_empty() => self.body.try_next().await?,
                first => Some(first),
            };
            let Some(sealed) = sealed else {
                opener.finish()?;
                return if self.left.is_none() { Ok((None, None)) } else { Err(VaultError::RangeBeyondEnd) };
            };
            opener.update(&sealed, &mut plain)?;
            let piece = self.cut(std::mem::take(&mut plain));
            if !piece.is_empty() {
                return Ok((Some(piece), Some(opener)));
            }
        }
    }

    /// Leaves out what lies before and after the wanted range.
    fn cut(&mut self, plain: Vec<u8>) -> Bytes {
        let mut piece = Bytes::from(plain);
        let skipped = self.skip.min(piece.len());
        self.skip -= skipped;
        piece = piece.split_off(skipped);
        if let Some(left) = &mut self.left {
            piece.truncate(usize::try_from(*left).unwrap_or(usize::MAX));
            *left -= piece.len() as u64;
        }
        piece
    }
}

impl fmt::Debug for ObjectReader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ObjectReader").field("opener", &self.opener).field("left", &self.left).finish_non_exhaustive()
    }
}

/// An object whose header was opened once, for reading parts of it.
pub struct SealedObject {
    vault: Vault,
    key: ObjectKey,
    opener: Opener,
    layout: Layout,
    window: Bytes,
    window_start: u64,
}

impl SealedObject {
    pub(super) async fn open(
        vault: &Vault,
        partner: &PartnerId,
        key: &ObjectKey,
        purpose: Purpose,
    ) -> Result<Self, VaultError> {
        let header = fetch_header(vault, key).await?;
        let opener = unlock(vault, &header, partner, &vault.context(partner, key, purpose)).await?;
        Ok(Self {
            vault: vault.clone(),
            key: key.clone(),
            opener,
            layout: header.layout(),
            window: Bytes::new(),
            window_start: 0,
        })
    }

    /// A part of the plaintext. Only the frames that hold it are fetched and opened, and those beside it up to [`WINDOW_BYTES`].
    ///
    /// # Errors
    /// [`VaultError::RangeBeyondEnd`] when the plaintext ends before the range, [`VaultError::RangeTooLong`], or as the stream's.
    pub async fn read(&mut self, range: Range<u64>) -> Result<Bytes, VaultError> {
        let length = range.end.saturating_sub(range.start);
        if length > RANGE_BYTES_MAX {
            return Err(VaultError::RangeTooLong { limit: RANGE_BYTES_MAX, found: length });
        }
        if length == 0 {
            return Ok(Bytes::new());
        }
        if let Some(part) = self.in_window(&range) {
            return Ok(part);
        }
        self.fetch(range.start..range.end.max(range.start.saturating_add(WINDOW_BYTES))).await?;
        self.in_window(&range).ok_or(VaultError::RangeBeyondEnd)
    }

    /// A part of the plaintext as a stream, of any length. It fails at its end when the plaintext ends before the range.
    ///
    /// # Errors
    /// As [`SealedObject::read`].
    pub async fn reader(&self, range: Range<u64>) -> Result<ObjectReader, VaultError> {
        let (sealed, first_frame) = self.sealed_range(&range)?;
        let skip = range.start - self.layout.plain_start(first_frame);
        let body = match self.vault.store.get_range(&self.key, sealed).await {
            Err(StoreError::RangeBeyondEnd { .. }) => return Err(VaultError::RangeBeyondEnd),
            body => body?,
        };
        Ok(ObjectReader {
            body,
            opener: Some(self.opener.at_frame(first_frame)),
            first: Bytes::new(),
            skip: usize::try_from(skip).unwrap_or_default(),
            left: Some(range.end.saturating_sub(range.start)),
        })
    }

    fn in_window(&self, range: &Range<u64>) -> Option<Bytes> {
        let start = usize::try_from(range.start.checked_sub(self.window_start)?).ok()?;
        let end = usize::try_from(range.end.checked_sub(self.window_start)?).ok()?;
        (end <= self.window.len()).then(|| self.window.slice(start..end))
    }

    /// Opens the frames that hold `range` into the window, as far as there are any.
    async fn fetch(&mut self, range: Range<u64>) -> Result<(), VaultError> {
        let (sealed, first_frame) = self.sealed_range(&range)?;
        let mut body = match self.vault.store.get_range(&self.key, sealed).await {
            Err(StoreError::RangeBeyondEnd { .. }) => return Err(VaultError::RangeBeyondEnd),
            body => body?,
        };
        let mut opener = self.opener.at_frame(first_frame);
        let mut plain = Vec::new();
        while let Some(piece) = body.try_next().await? {
            opener.update(&piece, &mut plain)?;
        }
        (self.window, self.window_start) = (plain.into(), self.layout.plain_start(first_frame));
        Ok(())
    }

    /// Where the frames of a plaintext range lie, and the first one's number. The end leaves room for the final frame, whose head is longer.
    fn sealed_range(&self, range: &Range<u64>) -> Result<(Range<u64>, u32), VaultError> {
        let first = self.layout.frame_of(range.start).ok_or(VaultError::RangeBeyondEnd)?;
        let last = self.layout.frame_of(range.end.saturating_sub(1).max(range.start)).unwrap_or(u32::MAX - 1);
        Ok((self.layout.sealed_start(first)..self.layout.sealed_end(last), first))
    }
}

impl fmt::Debug for SealedObject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SealedObject").field("key", &self.key).field("layout", &self.layout).finish_non_exhaustive()
    }
}

/// Reads the front of an object until it holds the header.
async fn fetch_header(vault: &Vault, key: &ObjectKey) -> Result<Header, VaultError> {
    let mut fetched = Vec::new();
    let mut end = HEADER_FETCH_BYTES;
    while end <= HEADER_BYTES_MAX {
        let mut body = match vault.store.get_range(key, fetched.len() as u64..end).await {
            Err(StoreError::RangeBeyondEnd { .. }) => return Err(no_header().into()),
            body => body?,
        };
        while let Some(piece) = body.try_next().await? {
            fetched.extend_from_slice(&piece);
        }
        if let Some((header, _)) = Header::parse(&fetched, &vault.limits)? {
            return Ok(header);
        }
        end *= 4;
    }
    Err(no_header().into())
}

/// Finds the version of the branch key that a header names, and unlocks it.
async fn unlock(
    vault: &Vault,
    header: &Header,
    partner: &PartnerId,
    expected: &EncryptionContext,
) -> Result<Opener, VaultError> {
    if header.context() != expected {
        return Err(OpenError::Context.into());
    }
    let named = header.wrapped_keys().iter().filter_map(|wrapped| parse_key_name(wrapped.key_name()?));
    let version = named.into_iter().find(|(named, _)| named == partner).map(|(_, version)| version);
    let branch = vault.keys.version(partner, version.ok_or(OpenError::NoKey)?).await?;
    Ok(header.unlock(branch.wrapping(), expected)?)
}

const fn no_header() -> OpenError {
    OpenError::Malformed { part: "header", expected: "a whole header" }
}
