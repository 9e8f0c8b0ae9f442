//! The doors and the ways out: the SFTP server and client, PGP, the transport to a partner, webhooks.
//!
//! - [`sftp`]: partners drop files into `/in` and fetch from `/out`. What arrives goes to an [`sftp::Inbox`].
//! - [`pgp`]: messages that GnuPG writes and reads, decrypted and verified as a stream.
//! - [`transport`]: sends a batch or a request to a partner, and tells *surely not taken* from *unknown*.
//! - [`webhook`]: posts an answer to a requestor's system as Standard Webhooks does.
//!
//! Nothing here prints a payload, a file name or a key: errors name the kind of fault and its place.

pub mod pgp;
pub mod sftp;
mod tls;
pub mod transport;
pub mod webhook;

pub use tls::{TlsConfigError, TlsOptions};
