//! Key material: wiped when dropped, never printed.

use std::fmt;

use ring::aead::{AES_256_GCM, LessSafeKey, UnboundKey};
use ring::{hkdf, hmac};
use secrecy::{ExposeSecret, SecretBox};

use crate::random::{self, RandomError};

/// A symmetric key of 32 bytes. It is wiped when dropped, and prints as `SecretKey([redacted])`.
///
/// What `ring` expands from it (cipher and HMAC states) lives as long as the message, sealer or cache entry that uses it, and `ring` does not
/// wipe that.
pub struct SecretKey(SecretBox<[u8; SecretKey::BYTES]>);

impl SecretKey {
    /// Length of every key.
    pub const BYTES: usize = 32;

    /// A new random key.
    ///
    /// # Errors
    /// When the operating system gives no randomness.
    pub fn generate() -> Result<Self, RandomError> {
        let mut filled = Ok(());
        let key = SecretBox::init_with_mut(|bytes: &mut [u8; Self::BYTES]| filled = random::fill(bytes));
        filled.map(|()| Self(key))
    }

    /// Copies a key; `None` unless `bytes` are just 32. Wiping the source is the caller's part.
    #[must_use]
    pub fn copy_from(bytes: &[u8]) -> Option<Self> {
        if bytes.len() != Self::BYTES {
            return None;
        }
        Some(Self(SecretBox::init_with_mut(|key: &mut [u8; Self::BYTES]| key.copy_from_slice(bytes))))
    }

    /// The bytes. For a key manager that hands them to its service, and for exports that an operator asks for.
    #[must_use]
    pub fn expose(&self) -> &[u8; Self::BYTES] {
        self.0.expose_secret()
    }

    /// This key for AES-256-GCM. `None` cannot happen, as the length is fixed; callers report it as an internal error.
    pub(crate) fn aead(&self) -> Option<LessSafeKey> {
        UnboundKey::new(&AES_256_GCM, self.expose()).ok().map(LessSafeKey::new)
    }

    /// This key for HMAC-SHA-256.
    pub(crate) fn hmac(&self) -> hmac::Key {
        hmac::Key::new(hmac::HMAC_SHA256, self.expose())
    }

    /// A key for AES-256-GCM that HKDF-SHA-256 derives for `purpose`. `None` cannot happen, as above.
    pub(crate) fn derive_aead(&self, salt: &[u8], purpose: &[u8]) -> Option<LessSafeKey> {
        let secret = hkdf::Salt::new(hkdf::HKDF_SHA256, salt).extract(self.expose());
        let info = [purpose];
        let okm = secret.expand(&info, &AES_256_GCM).ok()?;
        Some(LessSafeKey::new(UnboundKey::from(okm)))
    }
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretKey([redacted])")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_does_not_print() {
        let key = SecretKey::copy_from(&[0x41; 32]).unwrap();
        assert_eq!(format!("{key:?}"), "SecretKey([redacted])");
    }

    #[test]
    fn phi_does_not_print() {
        let member = crate::Phi::new("CANARY".to_owned());
        assert!(!format!("{member:?} {:?}", Some(&member)).contains("CANARY"));
        assert_eq!(member.expose_secret(), "CANARY");
    }

    #[test]
    fn only_32_bytes_are_a_key() {
        assert!(SecretKey::copy_from(&[0; 31]).is_none());
        assert!(SecretKey::copy_from(&[0; 33]).is_none());
    }
}
