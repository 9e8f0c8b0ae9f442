//! Encryption and signing as a stream.

use std::io::{self, Read, Write};

use sequoia_openpgp::Cert;
use sequoia_openpgp::policy::StandardPolicy;
use sequoia_openpgp::serialize::stream::{Armorer, Encryptor, LiteralWriter, Message, Recipient, Signer};
use sequoia_openpgp::types::{DataFormat, Features, HashAlgorithm, SymmetricAlgorithm};

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
    let policy = StandardPolicy::new();
    let mut keys = Vec::new();
    for recipient in recipients {
        let before = keys.len();
        keys.extend(encryption_keys(&recipient.0, &policy));
        if keys.len() == before {
            return Err(EncryptError::Recipient);
        }
    }
    if keys.is_empty() {
        return Err(EncryptError::Recipient);
    }
    let pair = signer.signing_key().map_err(|_| EncryptError::Signer)?;

    let mut message = Message::new(sink);
    if encoding == Encoding::Armored {
        message = Armorer::new(message).build().map_err(|error| sink_error(&error))?;
    }
    let message = Encryptor::for_recipients(message, keys)
        .symmetric_algo(SymmetricAlgorithm::AES256)
        .build()
        .map_err(|error| sink_error(&error))?;
    let message = Signer::new(message, pair)
        .and_then(|signer| signer.hash_algo(HashAlgorithm::SHA512))
        .and_then(Signer::build)
        .map_err(|error| signer_or_sink(&error))?;
    let mut message =
        LiteralWriter::new(message).format(DataFormat::Binary).build().map_err(|error| sink_error(&error))?;
    let taken = copy(source, &mut message)?;
    message.finalize().map_err(|error| signer_or_sink(&error))?;
    Ok(taken)
}

/// The recipient's features are ours to say: MDC, which every implementation reads.
fn encryption_keys<'a>(cert: &'a Cert, policy: &'a StandardPolicy<'a>) -> impl Iterator<Item = Recipient<'a>> {
    let keys = cert.keys().with_policy(policy, None).supported().alive().revoked(false);
    keys.for_transport_encryption()
        .for_storage_encryption()
        .map(|key| Recipient::new(Features::empty().set_seipdv1(), key.key().key_handle(), key.key()))
}

fn copy(source: &mut (impl Read + ?Sized), message: &mut Message<'_>) -> Result<u64, EncryptError> {
    let mut buffer = vec![0_u8; 64 * 1024];
    let mut taken = 0;
    loop {
        match source.read(&mut buffer) {
            Ok(0) => return Ok(taken),
            Ok(read) => {
                taken += read as u64;
                let bytes = buffer.get(..read).unwrap_or_default();
                message.write_all(bytes).map_err(|error| EncryptError::Sink(error.kind()))?;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(EncryptError::Source(error.kind())),
        }
    }
}

fn sink_error(error: &sequoia_openpgp::anyhow::Error) -> EncryptError {
    EncryptError::Sink(error.downcast_ref::<io::Error>().map_or(io::ErrorKind::Other, io::Error::kind))
}

fn signer_or_sink(error: &sequoia_openpgp::anyhow::Error) -> EncryptError {
    if error.is::<io::Error>() { sink_error(error) } else { EncryptError::Signer }
}
