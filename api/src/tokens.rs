//! Bearer tokens: `tw_` and 32 random bytes in base64url. A partner's configuration holds `sha256:<hex>` of the token
//! and never the token; 256 random bits need no slow hash.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::digest::{SHA256, SHA256_OUTPUT_LEN, digest};
use ring::rand::{SecureRandom, SystemRandom};
use secrecy::SecretString;
use subtle::{Choice, ConditionallySelectable, ConstantTimeEq};

use crate::gateway::Caller;

const PREFIX: &str = "tw_";
const RANDOM_BYTES: usize = 32;
const HASH_PREFIX: &str = "sha256:";

/// What can be wrong with tokens and their hashes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// The system gave no randomness.
    #[error("expected random bytes from the system, found none")]
    InternalRandom,
    /// The text in the configuration is no hash of a token.
    #[error("expected `sha256:` and 64 hexadecimal digits")]
    ConfigHash,
}

/// Makes a token. It is shown once, to whoever will use it.
///
/// # Errors
/// When the system gives no randomness.
pub fn generate() -> Result<SecretString, TokenError> {
    let mut random = [0; RANDOM_BYTES];
    SystemRandom::new().fill(&mut random).map_err(|_| TokenError::InternalRandom)?;
    Ok(format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(random)).into())
}

/// What a configuration holds of a token: `sha256:<hex>`.
#[must_use]
pub fn hash(token: &str) -> String {
    let mut text = HASH_PREFIX.to_owned();
    for byte in sha256(token) {
        let _ = write!(text, "{byte:02x}");
    }
    text
}

/// Whether `stored`, as [`hash`] writes it, is the token's hash. Takes the same time wherever they differ.
#[must_use]
pub fn matches(token: &str, stored: &str) -> bool {
    parse(stored).is_ok_and(|stored| sha256(token).ct_eq(&stored).into())
}

/// Every token that may call, by its hash.
#[derive(Default)]
pub struct Table {
    rows: Vec<([u8; SHA256_OUTPUT_LEN], Caller)>,
}

impl Table {
    /// Makes a table of stored hashes and their callers.
    ///
    /// # Errors
    /// When a hash is not as [`hash`] writes it.
    pub fn new<'a>(rows: impl IntoIterator<Item = (&'a str, Caller)>) -> Result<Self, TokenError> {
        let rows = rows.into_iter().map(|(stored, caller)| Ok((parse(stored)?, caller)));
        Ok(Self { rows: rows.collect::<Result<_, TokenError>>()? })
    }

    /// Whose token this is. Looks at every row, so that time tells nothing of which one it was.
    #[must_use]
    pub fn find(&self, token: &str) -> Option<&Caller> {
        let hash = sha256(token);
        let mut found = u64::MAX;
        for (row, (stored, _)) in (0..).zip(&self.rows) {
            let same: Choice = hash.ct_eq(stored);
            found.conditional_assign(&row, same);
        }
        self.rows.get(usize::try_from(found).ok()?).map(|(_, caller)| caller)
    }
}

fn sha256(token: &str) -> [u8; SHA256_OUTPUT_LEN] {
    let mut bytes = [0; SHA256_OUTPUT_LEN];
    bytes.copy_from_slice(digest(&SHA256, token.as_bytes()).as_ref());
    bytes
}

fn parse(stored: &str) -> Result<[u8; SHA256_OUTPUT_LEN], TokenError> {
    let hex = stored.strip_prefix(HASH_PREFIX).ok_or(TokenError::ConfigHash)?.as_bytes();
    let (pairs, []) = hex.as_chunks::<2>() else { return Err(TokenError::ConfigHash) };
    let bytes: Option<Vec<u8>> = pairs.iter().map(|&[high, low]| Some(digit(high)? << 4 | digit(low)?)).collect();
    bytes.and_then(|bytes| bytes.try_into().ok()).ok_or(TokenError::ConfigHash)
}

fn digit(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret as _;

    use super::*;

    fn caller(name: &str) -> Caller {
        Caller { partner: name.parse().unwrap(), token: "main".to_owned() }
    }

    #[test]
    fn a_token_is_a_prefix_and_43_characters_and_never_the_same() {
        let (one, two) = (generate().unwrap(), generate().unwrap());
        assert!(one.expose_secret().starts_with("tw_") && one.expose_secret().len() == 46);
        assert_ne!(one.expose_secret(), two.expose_secret());
        assert!(!format!("{one:?}").contains(one.expose_secret()));
    }

    #[test]
    fn a_hash_is_what_sha256sum_prints() {
        let expected = "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(hash("abc"), expected);
        assert!(matches("abc", expected) && matches("abc", &expected.replace("ba78", "BA78")));
        assert!(!matches("abd", expected) && !matches("abc", &expected[7..]) && !matches("abc", ""));
    }

    #[test]
    fn a_table_finds_the_caller_and_nobody_for_another_token() {
        let rows = [(hash("tw_one"), caller("one")), (hash("tw_two"), caller("two"))];
        let table = Table::new(rows.iter().map(|(hash, caller)| (hash.as_str(), caller.clone()))).unwrap();
        assert_eq!(table.find("tw_one"), Some(&caller("one")));
        assert_eq!(table.find("tw_two"), Some(&caller("two")));
        for wrong in ["", "tw_", "tw_on", "tw_one ", &hash("tw_one")] {
            assert_eq!(table.find(wrong), None);
        }
        assert_eq!(Table::default().find("tw_one"), None);
    }

    #[test]
    fn a_table_refuses_what_is_no_hash() {
        for wrong in [
            "",
            "sha256:",
            "tw_plain-token",
            "sha256:00",
            &format!("{}0", hash("x")),
            &format!("sha256:{}", "é".repeat(32)),
        ] {
            assert_eq!(Table::new([(wrong, caller("one"))]).err(), Some(TokenError::ConfigHash));
        }
    }
}
