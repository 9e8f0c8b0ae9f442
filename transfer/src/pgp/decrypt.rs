//! Decryption and verification as a stream.

use std::io::{Read, Write};

use super::{DecryptPolicy, PartnerCert, PgpError, SecretCert, Verified};

/// Decrypts one message with our `keys` and checks its signature against the partner's `signers`.
///
/// The sink's content is to be used only after `Ok`: a cut, changed or wrongly signed message shows only at its end.
///
/// # Errors
/// [`PgpError`]; the sink may then hold a part of the content and must be thrown away.
pub fn decrypt(
    source: impl Read + Send + Sync,
    policy: &DecryptPolicy,
    keys: &[SecretCert],
    signers: &[PartnerCert],
    sink: &mut (impl Write + ?Sized),
) -> Result<Verified, PgpError> {
    let _ = (source, policy, keys, signers, sink);
    Err(PgpError::Malformed)
}
