//! Signatures: `v1,` and the base64 of HMAC-SHA256 over `id.timestamp.body`.

use std::fmt;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ring::hmac;
use ring::rand::SecureRandom;
use secrecy::SecretString;

const SECRET_PREFIX: &str = "whsec_";
const SIGNATURE_PREFIX: &str = "v1,";

/// A webhook's shared secret. It does not print itself.
#[derive(Clone)]
pub struct WebhookSecret {
    key: hmac::Key,
}

/// Why a text is no webhook secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected a webhook secret: whsec_ and the base64 of 24 to 64 bytes")]
pub struct SecretError;

/// Why a webhook does not verify.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum VerifyError {
    /// None of the signatures fits.
    #[error("expected a signature made with this secret over this id, timestamp and body")]
    Signature,
    /// The timestamp is too far from the receiver's clock.
    #[error("expected a timestamp within the tolerance")]
    Timestamp,
}

impl WebhookSecret {
    /// Reads `whsec_…`.
    ///
    /// # Errors
    /// If the prefix is missing, or it is not the base64 of 24 to 64 bytes.
    pub fn parse(text: &str) -> Result<Self, SecretError> {
        let bytes =
            STANDARD.decode(text.trim().strip_prefix(SECRET_PREFIX).ok_or(SecretError)?).map_err(|_| SecretError)?;
        if !(24..=64).contains(&bytes.len()) {
            return Err(SecretError);
        }
        Ok(Self { key: hmac::Key::new(hmac::HMAC_SHA256, &bytes) })
    }

    /// Makes a new secret of 32 random bytes, as text for [`WebhookSecret::parse`] and for the receiver.
    ///
    /// # Errors
    /// If the system gives no randomness.
    pub fn generate() -> Result<SecretString, SecretError> {
        let mut bytes = [0_u8; 32];
        ring::rand::SystemRandom::new().fill(&mut bytes).map_err(|_| SecretError)?;
        Ok(SecretString::from(format!("{SECRET_PREFIX}{}", STANDARD.encode(bytes))))
    }
}

impl fmt::Debug for WebhookSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WebhookSecret(..)")
    }
}

/// The value of `webhook-signature`.
#[must_use]
pub fn sign(secret: &WebhookSecret, id: &str, unix_seconds: u64, body: &[u8]) -> String {
    let mut context = hmac::Context::with_key(&secret.key);
    for part in [id.as_bytes(), b".", unix_seconds.to_string().as_bytes(), b".", body] {
        context.update(part);
    }
    format!("{SIGNATURE_PREFIX}{}", STANDARD.encode(context.sign()))
}

/// Checks a received webhook: `signature_header` may hold several signatures, separated by spaces; one that fits is enough.
///
/// # Errors
/// [`VerifyError`].
pub fn verify(
    secret: &WebhookSecret,
    id: &str,
    unix_seconds: u64,
    body: &[u8],
    signature_header: &str,
    now_unix_seconds: u64,
    tolerance: Duration,
) -> Result<(), VerifyError> {
    if unix_seconds.abs_diff(now_unix_seconds) > tolerance.as_secs() {
        return Err(VerifyError::Timestamp);
    }
    let mut signed = Vec::with_capacity(id.len() + body.len() + 24);
    for part in [id.as_bytes(), b".", unix_seconds.to_string().as_bytes(), b".", body] {
        signed.extend_from_slice(part);
    }
    let fits = |signature: &str| {
        signature
            .strip_prefix(SIGNATURE_PREFIX)
            .and_then(|text| STANDARD.decode(text).ok())
            .is_some_and(|tag| hmac::verify(&secret.key, &signed, &tag).is_ok())
    };
    if signature_header.split_ascii_whitespace().any(fits) { Ok(()) } else { Err(VerifyError::Signature) }
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;

    const TOLERANCE: Duration = Duration::from_secs(300);

    /// The example that the Standard Webhooks libraries publish.
    #[test]
    fn signs_the_published_example_as_published() {
        let secret = WebhookSecret::parse("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        let signature = sign(&secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, br#"{"test": 2432232314}"#);
        assert_eq!(signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn verifies_one_of_several_signatures_and_nothing_else() {
        let secret = WebhookSecret::parse(WebhookSecret::generate().unwrap().expose_secret()).unwrap();
        let other = WebhookSecret::parse(WebhookSecret::generate().unwrap().expose_secret()).unwrap();
        let header = format!("v1a,xyz {} {}", sign(&other, "id", 100, b"body"), sign(&secret, "id", 100, b"body"));
        assert_eq!(verify(&secret, "id", 100, b"body", &header, 100, TOLERANCE), Ok(()));
        for (id, at, body) in [("id2", 100, &b"body"[..]), ("id", 101, b"body"), ("id", 100, b"bodY")] {
            assert_eq!(verify(&secret, id, at, body, &header, 100, TOLERANCE), Err(VerifyError::Signature));
        }
        assert_eq!(verify(&secret, "id", 100, b"body", "v1,", 100, TOLERANCE), Err(VerifyError::Signature));
    }

    #[test]
    fn refuses_an_old_or_early_timestamp() {
        let secret = WebhookSecret::parse(WebhookSecret::generate().unwrap().expose_secret()).unwrap();
        let header = sign(&secret, "id", 1_000, b"");
        assert_eq!(verify(&secret, "id", 1_000, b"", &header, 1_300, TOLERANCE), Ok(()));
        assert_eq!(verify(&secret, "id", 1_000, b"", &header, 1_301, TOLERANCE), Err(VerifyError::Timestamp));
        assert_eq!(verify(&secret, "id", 1_000, b"", &header, 699, TOLERANCE), Err(VerifyError::Timestamp));
    }

    #[test]
    fn refuses_what_is_no_secret() {
        for text in ["", "whsec_", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_short", "whsec_!!!"] {
            assert!(WebhookSecret::parse(text).is_err(), "{text}");
        }
    }
}
