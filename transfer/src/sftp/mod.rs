//! The SFTP door: a server that speaks to an [`Inbox`], and a client for sending to one.
//!
//! The tree is virtual: `/in` and `/out`, flat names. No path on the real file system derives from what a client sends.

mod inbox;
mod key;
mod name;
mod policy;

pub use inbox::{Inbox, InboxError, OutFile, OutRead, StagedFile, Start, Upload};
pub use key::{HostKey, KeyError, PublicKeyBytes};
pub use name::{FileName, NameError};
pub use policy::{StartRule, UploadPolicy};
