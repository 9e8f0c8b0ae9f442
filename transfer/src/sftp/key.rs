//! Public keys of clients, and the server's own key.

use std::fmt;

use ring::rand::SecureRandom;
use russh::keys::ssh_key::private::{Ed25519Keypair, KeypairData};
use russh::keys::ssh_key::{LineEnding, PrivateKey, PublicKey};
use russh::keys::{Algorithm, HashAlg};
use secrecy::SecretString;

/// A public key's data as SSH sends it: what stands in base64 in an OpenSSH public key file, without type prefix and comment.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct PublicKeyBytes {
    data: Vec<u8>,
    fingerprint: String,
}

/// A server's host key, or a client's private key: ed25519.
#[derive(Clone)]
pub struct HostKey(pub(crate) PrivateKey);

/// Why a key cannot be used. It never repeats the key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// The text is no OpenSSH public key.
    #[error("expected an OpenSSH public key (`ssh-ed25519 AAAA…`)")]
    Public,
    /// The text is no OpenSSH private key.
    #[error("expected an unencrypted OpenSSH private key (`-----BEGIN OPENSSH PRIVATE KEY-----`)")]
    Private,
    /// The algorithm, or the key's length, is not accepted.
    #[error("expected a key of type ed25519, ecdsa (nistp256, 384, 521) or rsa with at least 2048 bits")]
    Weak,
    /// The system gave no randomness.
    #[error("expected randomness from the system, found none")]
    NoRandomness,
}

impl PublicKeyBytes {
    /// Reads a line of an OpenSSH public key file. Weak keys are refused.
    ///
    /// # Errors
    /// [`KeyError::Public`], [`KeyError::Weak`].
    pub fn from_openssh(line: &str) -> Result<Self, KeyError> {
        let key = PublicKey::from_openssh(line.trim()).map_err(|_| KeyError::Public)?;
        Self::accept(&key)
    }

    /// Takes a key that SSH has parsed, if its algorithm and length will do.
    pub(crate) fn accept(key: &PublicKey) -> Result<Self, KeyError> {
        let strong = match key.algorithm() {
            Algorithm::Ed25519 | Algorithm::Ecdsa { .. } => true,
            Algorithm::Rsa { .. } => key.key_data().rsa().is_some_and(|rsa| rsa.key_size() >= 2048),
            _ => false,
        };
        if !strong {
            return Err(KeyError::Weak);
        }
        let data = key.to_bytes().map_err(|_| KeyError::Public)?;
        Ok(Self { data, fingerprint: key.fingerprint(HashAlg::Sha256).to_string() })
    }

    /// The key's data.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.data
    }

    /// `SHA256:…`, as `ssh-keygen -l` prints it.
    #[must_use]
    pub fn fingerprint(&self) -> &str {
        &self.fingerprint
    }
}

impl fmt::Debug for PublicKeyBytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKeyBytes({})", self.fingerprint)
    }
}

impl HostKey {
    /// Makes a new ed25519 key.
    ///
    /// # Errors
    /// [`KeyError::NoRandomness`].
    pub fn generate() -> Result<Self, KeyError> {
        let mut seed = [0_u8; 32];
        ring::rand::SystemRandom::new().fill(&mut seed).map_err(|_| KeyError::NoRandomness)?;
        let pair = KeypairData::Ed25519(Ed25519Keypair::from_seed(&seed));
        PrivateKey::new(pair, "tradewind").map(Self).map_err(|_| KeyError::Private)
    }

    /// Reads a private key in OpenSSH's format, without passphrase.
    ///
    /// # Errors
    /// [`KeyError::Private`], [`KeyError::Weak`].
    pub fn from_openssh(text: &str) -> Result<Self, KeyError> {
        let key = PrivateKey::from_openssh(text).map_err(|_| KeyError::Private)?;
        if key.is_encrypted() {
            return Err(KeyError::Private);
        }
        PublicKeyBytes::accept(key.public_key())?;
        Ok(Self(key))
    }

    /// The private key in OpenSSH's format. Write it to a file that only the program reads.
    ///
    /// # Errors
    /// [`KeyError::Private`] if it cannot be encoded.
    pub fn to_openssh(&self) -> Result<SecretString, KeyError> {
        let text = self.0.to_openssh(LineEnding::LF).map_err(|_| KeyError::Private)?;
        Ok(SecretString::from(text.as_str()))
    }

    /// The public half.
    ///
    /// # Errors
    /// [`KeyError::Weak`] if the key would not be accepted.
    pub fn public(&self) -> Result<PublicKeyBytes, KeyError> {
        PublicKeyBytes::accept(self.0.public_key())
    }

    /// The public half as a line of an OpenSSH public key file.
    ///
    /// # Errors
    /// [`KeyError::Public`] if it cannot be encoded.
    pub fn public_openssh(&self) -> Result<String, KeyError> {
        self.0.public_key().to_openssh().map_err(|_| KeyError::Public)
    }
}

impl fmt::Debug for HostKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HostKey(..)")
    }
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;

    #[test]
    fn a_generated_key_comes_back_from_its_file() {
        let key = HostKey::generate().unwrap();
        let again = HostKey::from_openssh(key.to_openssh().unwrap().expose_secret()).unwrap();
        assert_eq!(key.public().unwrap(), again.public().unwrap());
        let line = key.public_openssh().unwrap();
        assert_eq!(PublicKeyBytes::from_openssh(&line).unwrap(), key.public().unwrap());
        assert_ne!(HostKey::generate().unwrap().public().unwrap(), key.public().unwrap());
    }

    #[test]
    fn refuses_what_is_no_key_and_repeats_nothing() {
        assert_eq!(PublicKeyBytes::from_openssh("ssh-ed25519 nonsense"), Err(KeyError::Public));
        assert_eq!(HostKey::from_openssh("nonsense").err(), Some(KeyError::Private));
        assert!(!format!("{:?}", HostKey::generate().unwrap()).contains("PRIVATE"));
    }
}
