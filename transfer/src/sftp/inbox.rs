//! What the server hands received files to. The root implements it.

use async_trait::async_trait;
use bytes::Bytes;
use tradewind_compliance::{PartnerId, ReceiptId};

use super::{FileName, PublicKeyBytes, UploadPolicy};

/// Takes what partners upload, and gives what they may fetch.
///
/// The server answers a client's CLOSE, RENAME and REMOVE with success only after the method here returned `Ok`: so `Ok` means durable.
/// A method that was called is always awaited to its end, also when the client is gone.
#[async_trait]
pub trait Inbox: Send + Sync + 'static {
    /// The partner that this user name and public key belong to.
    ///
    /// It is asked before and after the signature is checked, and should do the same work whether the user exists or not.
    fn authenticate(&self, user: &str, key: &PublicKeyBytes) -> Option<PartnerId>;

    /// How this partner's uploads are treated. Read once a session.
    fn policy(&self, partner: &PartnerId) -> UploadPolicy;

    /// The time that a listing shows for an unfinished upload, in seconds since 1970.
    fn unix_seconds(&self) -> u64;

    /// Begins an upload. `name` is the name the client gave, which may be a temporary one.
    async fn upload(&self, partner: &PartnerId, name: &FileName) -> Result<Box<dyn Upload>, InboxError>;

    /// Starts a staged file under the name it was renamed to. Durable when it returns. The same staged file may be started again
    /// after an error; it must then have one effect.
    async fn start(&self, partner: &PartnerId, staged: &StagedFile, name: &FileName) -> Result<(), InboxError>;

    /// Gives up a staged file that was never started: its client removed it, wrote it anew, or left it for too long.
    async fn discard(&self, partner: &PartnerId, staged: StagedFile);

    /// What lies in the partner's `/out`, in any order.
    async fn out_list(&self, partner: &PartnerId) -> Result<Vec<OutFile>, InboxError>;

    /// Opens a file of `/out`; [`InboxError::NotFound`] if there is none.
    async fn out_open(&self, partner: &PartnerId, name: &FileName) -> Result<Box<dyn OutRead>, InboxError>;

    /// Takes a file out of the partner's `/out`. Durable when it returns.
    async fn out_remove(&self, partner: &PartnerId, name: &FileName) -> Result<(), InboxError>;
}

/// One upload. Dropping it without `close` means the same as [`Upload::abandon`]: nothing of it may ever be processed.
#[async_trait]
pub trait Upload: Send {
    /// Takes the next bytes, in the file's order and without gaps.
    async fn write(&mut self, bytes: Bytes) -> Result<(), InboxError>;

    /// Ends the upload. When it returns `Ok`, the content is durable, and with [`Start::AtClose`] it will be processed.
    ///
    /// That a client closed a file does not prove that it is whole: some clients close on abort.
    async fn close(self: Box<Self>, start: Start) -> Result<StagedFile, InboxError>;

    /// The client went away, or a write failed: what was written stays unprocessed for ever.
    async fn abandon(self: Box<Self>);
}

/// A file of `/out` that is being read.
#[async_trait]
pub trait OutRead: Send {
    /// Up to `len` bytes from `offset` on; empty at the end of the file.
    async fn read_at(&mut self, offset: u64, len: u32) -> Result<Bytes, InboxError>;

    /// The file's size in bytes.
    fn size(&self) -> u64;
}

/// When an upload that is closed begins to be processed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Start {
    /// Now.
    AtClose,
    /// When [`Inbox::start`] names it: the client wrote it under a temporary name, or the partner's policy says so.
    AtRename,
}

/// An upload that is durable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StagedFile {
    /// The receipt that it became.
    pub receipt: ReceiptId,
    /// Its size in bytes, as received.
    pub size: u64,
}

/// A file that lies in `/out`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutFile {
    /// Its name.
    pub name: FileName,
    /// Its size in bytes.
    pub size: u64,
    /// When it was put there, in seconds since 1970.
    pub unix_seconds: u64,
}

/// Why the inbox did not do what it was asked. The client learns only the status code and these words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InboxError {
    /// There is no such file.
    #[error("no such file")]
    NotFound,
    /// The partner may not do this now (it is suspended, say).
    #[error("not permitted for this partner")]
    NotPermitted,
    /// There is no room left.
    #[error("no space left, try again later")]
    NoSpace,
    /// The gateway cannot do it at the moment.
    #[error("not available, try again later")]
    Unavailable,
}
