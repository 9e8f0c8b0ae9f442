//! The SFTP door: a server that speaks to an [`Inbox`], and a client for sending to one.
//!
//! The tree is virtual: `/in` and `/out`, flat names. No path on the real file system derives from what a client sends.
//!
//! The server takes public keys alone; it has no shell, no forwarding, no compression. Writes must come in the file's order and without
//! gaps; what a client cannot finish stays unprocessed. A file starts when it is closed, or when it is renamed from a temporary name.

mod channel;
mod client;
mod connection;
mod files;
mod guarded;
mod inbox;
mod key;
mod name;
mod out;
mod partners;
mod policy;
mod reply;
mod requests;
mod server;
mod session;
mod space;
mod tree;
mod watchdog;

pub use client::{ClientError, HostKeyPin, Login, SftpClient, UploadAs};
pub use inbox::{Inbox, InboxError, OutFile, OutRead, StagedFile, Start, Upload};
pub use key::{HostKey, KeyError, PublicKeyBytes};
pub use name::{FileName, NAME_BYTES_MAX, NameError};
pub use policy::{StartRule, UploadPolicy};
pub use server::{ServerConfig, SftpServer};
