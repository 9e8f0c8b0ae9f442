//! Certificates: ours with their secret keys, and partners'.

use std::fmt;

use sequoia_openpgp::Cert;

/// Our own certificate with its secret keys, without passphrase. Who keeps it must seal it.
#[derive(Clone)]
pub struct SecretCert(pub(crate) Cert);

/// A partner's certificate, pinned by the configuration: it was usable when it was parsed.
#[derive(Clone, PartialEq)]
pub struct PartnerCert(pub(crate) Cert);

/// Why a certificate cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CertError {
    /// It is no OpenPGP certificate.
    #[error("expected an OpenPGP certificate, armored or binary")]
    Malformed,
    /// More than one certificate, or none.
    #[error("expected one OpenPGP certificate, found {found}")]
    Count {
        /// How many.
        found: usize,
    },
    /// It expired.
    #[error("the OpenPGP certificate has expired")]
    Expired,
    /// It was revoked.
    #[error("the OpenPGP certificate is revoked")]
    Revoked,
    /// It has no valid self-signature under today's rules (SHA-1, too short RSA, not yet valid).
    #[error("the OpenPGP certificate is not valid under current rules")]
    NotValid,
    /// It has no usable key to encrypt to.
    #[error("the OpenPGP certificate has no usable encryption key")]
    NoEncryptionKey,
    /// It has no usable key that signs.
    #[error("the OpenPGP certificate has no usable signing key")]
    NoSigningKey,
    /// Secret keys are missing, or locked with a passphrase.
    #[error("expected an OpenPGP secret key without passphrase")]
    NoSecret,
    /// A partner's certificate came with secret keys.
    #[error("expected a public certificate, found a secret key")]
    UnexpectedSecret,
    /// The key could not be made or written.
    #[error("the OpenPGP key could not be made")]
    Failed,
}

impl fmt::Debug for SecretCert {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SecretCert({})", self.0.fingerprint())
    }
}

impl fmt::Debug for PartnerCert {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PartnerCert({})", self.0.fingerprint())
    }
}
