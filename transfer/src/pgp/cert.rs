//! Certificates: ours with their secret keys, and partners'.

use std::fmt;

use secrecy::SecretString;
use sequoia_openpgp::cert::amalgamation::ValidateAmalgamation;
use sequoia_openpgp::cert::{CertBuilder, CertParser, CipherSuite};
use sequoia_openpgp::crypto::KeyPair;
use sequoia_openpgp::parse::Parse;
use sequoia_openpgp::policy::StandardPolicy;
use sequoia_openpgp::serialize::SerializeInto;
use sequoia_openpgp::types::{Features, RevocationStatus};
use sequoia_openpgp::{Cert, Error, Profile};

/// Our own certificate with its secret keys, without passphrase. Who keeps it must seal it.
#[derive(Clone)]
pub struct SecretCert(pub(crate) Cert);

/// A partner's certificate, pinned by the configuration: it was usable when it was parsed.
#[derive(Clone, PartialEq)]
pub struct PartnerCert(pub(crate) Cert);

/// What a partner's certificate is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CertUse {
    /// We encrypt to it.
    Encrypt,
    /// We check its signatures.
    Verify,
    /// Both.
    Both,
}

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

impl PartnerCert {
    /// Reads one certificate, armored or binary, and checks that it is alive, not revoked, and has the keys for its use.
    ///
    /// # Errors
    /// [`CertError`], one variant a fault.
    pub fn parse(bytes: &[u8], for_use: CertUse) -> Result<Self, CertError> {
        let cert = parse_one(bytes)?;
        if cert.is_tsk() {
            return Err(CertError::UnexpectedSecret);
        }
        check_alive(&cert)?;
        if matches!(for_use, CertUse::Encrypt | CertUse::Both) && !can_encrypt(&cert) {
            return Err(CertError::NoEncryptionKey);
        }
        if matches!(for_use, CertUse::Verify | CertUse::Both) && !can_sign(&cert) {
            return Err(CertError::NoSigningKey);
        }
        Ok(Self(cert))
    }

    /// The fingerprint, in upper-case hex.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        self.0.fingerprint().to_hex()
    }
}

impl SecretCert {
    /// Makes a key that GnuPG 2.2 can use: Ed25519 and Cv25519, version 4, no features beyond MDC, no expiry.
    ///
    /// # Errors
    /// [`CertError::Failed`].
    pub fn generate(user_id: &str) -> Result<Self, CertError> {
        let made = CertBuilder::new()
            .add_userid(user_id)
            .set_cipher_suite(CipherSuite::Cv25519)
            .set_profile(Profile::RFC4880)
            .and_then(|builder| builder.set_features(Features::empty().set_seipdv1()))
            .map(|builder| builder.set_validity_period(None).add_signing_subkey().add_transport_encryption_subkey())
            .and_then(CertBuilder::generate);
        made.map(|(cert, _revocation)| Self(cert)).map_err(|_| CertError::Failed)
    }

    /// Reads a secret key without passphrase, armored or binary, as [`SecretCert::to_armored`] or `gpg --export-secret-keys` writes it.
    ///
    /// # Errors
    /// [`CertError`].
    pub fn parse(bytes: &[u8]) -> Result<Self, CertError> {
        let cert = parse_one(bytes)?;
        check_alive(&cert)?;
        let secret = Self(cert);
        secret.signing_key()?;
        let policy = StandardPolicy::new();
        let decrypts = secret.0.keys().unencrypted_secret().any(|key| {
            key.with_policy(&policy, None)
                .is_ok_and(|key| key.for_transport_encryption() || key.for_storage_encryption())
        });
        if decrypts { Ok(secret) } else { Err(CertError::NoEncryptionKey) }
    }

    /// The secret key, armored. It has no passphrase: who stores it must seal it.
    ///
    /// # Errors
    /// [`CertError::Failed`].
    pub fn to_armored(&self) -> Result<SecretString, CertError> {
        text(self.0.as_tsk().armored().to_vec()).map(SecretString::from)
    }

    /// The public certificate, armored, for partners.
    ///
    /// # Errors
    /// [`CertError::Failed`].
    pub fn public_armored(&self) -> Result<String, CertError> {
        text(self.0.clone().strip_secret_key_material().armored().to_vec())
    }

    /// The public half, as a partner would pin it.
    #[must_use]
    pub fn public(&self) -> PartnerCert {
        PartnerCert(self.0.clone().strip_secret_key_material())
    }

    /// The fingerprint, in upper-case hex.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        self.0.fingerprint().to_hex()
    }

    pub(crate) fn signing_key(&self) -> Result<KeyPair, CertError> {
        let policy = StandardPolicy::new();
        if !can_sign(&self.0) {
            return Err(CertError::NoSigningKey);
        }
        let mut keys = self
            .0
            .keys()
            .with_policy(&policy, None)
            .supported()
            .alive()
            .revoked(false)
            .for_signing()
            .unencrypted_secret();
        let key = keys.next().ok_or(CertError::NoSecret)?;
        key.key().clone().into_keypair().map_err(|_| CertError::NoSecret)
    }
}

fn parse_one(bytes: &[u8]) -> Result<Cert, CertError> {
    let found = CertParser::from_bytes(bytes)
        .map_err(|_| CertError::Malformed)?
        .collect::<Result<Vec<_>, _>>()
        .map_err(|_| CertError::Malformed)?;
    let count = found.len();
    match <[Cert; 1]>::try_from(found) {
        Ok([cert]) => Ok(cert),
        Err(_) => Err(CertError::Count { found: count }),
    }
}

fn check_alive(cert: &Cert) -> Result<(), CertError> {
    let policy = StandardPolicy::new();
    if let RevocationStatus::Revoked(_) = cert.revocation_status(&policy, None) {
        return Err(CertError::Revoked);
    }
    let valid = cert.with_policy(&policy, None).map_err(|_| CertError::NotValid)?;
    valid.alive().map_err(|error| match error.downcast_ref::<Error>() {
        Some(Error::Expired(_)) => CertError::Expired,
        _ => CertError::NotValid,
    })
}

fn can_encrypt(cert: &Cert) -> bool {
    let policy = StandardPolicy::new();
    let mut keys = cert.keys().with_policy(&policy, None).supported().alive().revoked(false);
    keys.any(|key| key.for_transport_encryption() || key.for_storage_encryption())
}

fn can_sign(cert: &Cert) -> bool {
    let policy = StandardPolicy::new();
    cert.keys().with_policy(&policy, None).supported().alive().revoked(false).for_signing().next().is_some()
}

fn text(armored: sequoia_openpgp::Result<Vec<u8>>) -> Result<String, CertError> {
    armored.ok().and_then(|bytes| String::from_utf8(bytes).ok()).ok_or(CertError::Failed)
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

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;

    #[test]
    fn a_generated_key_comes_back_from_its_armor() {
        let made = SecretCert::generate("Tradewind test <test@example.org>").unwrap();
        let again = SecretCert::parse(made.to_armored().unwrap().expose_secret().as_bytes()).unwrap();
        assert_eq!(again.fingerprint(), made.fingerprint());
        let public = PartnerCert::parse(made.public_armored().unwrap().as_bytes(), CertUse::Both).unwrap();
        assert_eq!(public.fingerprint(), made.fingerprint());
        assert!(!made.public_armored().unwrap().contains("PRIVATE"));
        assert!(!format!("{made:?}").contains("PRIVATE"));
    }

    #[test]
    fn refuses_what_is_no_single_public_certificate() {
        let made = SecretCert::generate("a").unwrap();
        let secret = made.to_armored().unwrap();
        assert_eq!(
            PartnerCert::parse(secret.expose_secret().as_bytes(), CertUse::Both).err(),
            Some(CertError::UnexpectedSecret)
        );
        assert_eq!(SecretCert::parse(made.public_armored().unwrap().as_bytes()).err(), Some(CertError::NoSecret));
        assert!(matches!(
            PartnerCert::parse(b"nonsense", CertUse::Both).err(),
            Some(CertError::Malformed | CertError::Count { found: 0 })
        ));
        let mut two = made.public().0.to_vec().unwrap();
        two.extend(SecretCert::generate("b").unwrap().public().0.to_vec().unwrap());
        assert_eq!(PartnerCert::parse(&two, CertUse::Both).err(), Some(CertError::Count { found: 2 }));
    }
}
