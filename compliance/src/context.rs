//! The encryption context: what is authenticated beside what is sealed, in the AWS Encryption SDK's form.

use std::collections::BTreeMap;

/// Longest context in its serialized form. The format allows 65,535; ours take about 200.
pub const CONTEXT_BYTES_MAX: usize = 8 * 1024;

/// Key for the tenant.
pub const CONTEXT_TENANT: &str = "tw-tenant";
/// Key for the partner.
pub const CONTEXT_PARTNER: &str = "tw-partner";
/// Key for the object's key.
pub const CONTEXT_OBJECT: &str = "tw-object";
/// Key for the purpose.
pub const CONTEXT_PURPOSE: &str = "tw-purpose";
/// Key for the kind of a wrapped key.
pub const CONTEXT_KEY_KIND: &str = "tw-key-kind";
/// Key for the version of a wrapped key.
pub const CONTEXT_KEY_VERSION: &str = "tw-key-version";

/// Pairs that are bound to a ciphertext: it opens only for who gives the same ones. They stand in clear beside it, so they hold no PHI.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EncryptionContext(BTreeMap<String, String>);

/// The context is longer than [`CONTEXT_BYTES_MAX`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected an encryption context of at most {CONTEXT_BYTES_MAX} bytes, found a longer one")]
pub struct ContextTooLong;

impl EncryptionContext {
    /// An empty one. Sealing for real wants at least one pair.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds or replaces a pair.
    #[must_use]
    pub fn with(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.0.insert(key.into(), value.into());
        self
    }

    /// The value of `key`.
    #[must_use]
    pub fn value(&self, key: &str) -> Option<&str> {
        self.0.get(key).map(String::as_str)
    }

    /// Whether there is no pair.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The pairs, ascending by key.
    pub fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(key, value)| (key.as_str(), value.as_str()))
    }

    /// The serialized form: a count of two bytes, then each pair with two bytes of length before key and value, ascending by the
    /// key's bytes. An empty context is no bytes at all.
    ///
    /// # Errors
    /// When that is longer than [`CONTEXT_BYTES_MAX`].
    pub fn to_bytes(&self) -> Result<Vec<u8>, ContextTooLong> {
        let mut bytes = Vec::new();
        if self.0.is_empty() {
            return Ok(bytes);
        }
        let mut put = |length: usize, text: &str| {
            bytes.extend_from_slice(&u16::try_from(length).map_err(|_| ContextTooLong)?.to_be_bytes());
            bytes.extend_from_slice(text.as_bytes());
            if bytes.len() > CONTEXT_BYTES_MAX { Err(ContextTooLong) } else { Ok(()) }
        };
        put(self.0.len(), "")?;
        for (key, value) in &self.0 {
            put(key.len(), key)?;
            put(value.len(), value)?;
        }
        Ok(bytes)
    }

    /// Reads the serialized form. `None` unless it is whole, UTF-8, and strictly ascending.
    pub(crate) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let mut pairs = BTreeMap::new();
        if bytes.is_empty() {
            return Some(Self(pairs));
        }
        let (count, mut rest) = short(bytes)?;
        if count == 0 {
            return None;
        }
        for _ in 0..count {
            let (key, after) = text(rest)?;
            let (value, after) = text(after)?;
            if pairs.last_key_value().is_some_and(|(last, _): (&String, &String)| last.as_str() >= key) {
                return None;
            }
            pairs.insert(key.to_owned(), value.to_owned());
            rest = after;
        }
        rest.is_empty().then_some(Self(pairs))
    }
}

fn short(bytes: &[u8]) -> Option<(usize, &[u8])> {
    let (number, rest) = bytes.split_first_chunk::<2>()?;
    Some((usize::from(u16::from_be_bytes(*number)), rest))
}

fn text(bytes: &[u8]) -> Option<(&str, &[u8])> {
    let (length, rest) = short(bytes)?;
    let (text, rest) = rest.split_at_checked(length)?;
    Some((std::str::from_utf8(text).ok()?, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn serializes_ascending_with_lengths() {
        let context = EncryptionContext::new().with("b", "22").with("a", "1");
        let expected = [&[0, 2, 0, 1][..], b"a", &[0, 1], b"1", &[0, 1], b"b", &[0, 2], b"22"].concat();
        assert_eq!(context.to_bytes().unwrap(), expected);
        assert_eq!(EncryptionContext::from_bytes(&expected), Some(context));
    }

    #[test]
    fn an_empty_context_is_no_bytes() {
        assert!(EncryptionContext::new().to_bytes().unwrap().is_empty());
        assert_eq!(EncryptionContext::from_bytes(&[]), Some(EncryptionContext::new()));
        assert_eq!(EncryptionContext::from_bytes(&[0, 0]), None);
    }

    #[test]
    fn refuses_what_is_not_canonical() {
        let twice = [&[0, 2][..], &[0, 1], b"a", &[0, 0], &[0, 1], b"a", &[0, 0]].concat();
        let trailing = [&[0, 1][..], &[0, 1], b"a", &[0, 0], b"x"].concat();
        let not_utf8 = [&[0, 1][..], &[0, 1], &[0xff], &[0, 0]].concat();
        for bytes in [twice, trailing, not_utf8, vec![0, 9, 0]] {
            assert_eq!(EncryptionContext::from_bytes(&bytes), None);
        }
    }

    #[test]
    fn a_context_fits_up_to_its_limit() {
        let pair_overhead = 2 + 2 + 1 + 2;
        let fits = "v".repeat(CONTEXT_BYTES_MAX - pair_overhead);
        assert_eq!(EncryptionContext::new().with("k", &fits).to_bytes().unwrap().len(), CONTEXT_BYTES_MAX);
        assert_eq!(EncryptionContext::new().with("k", fits + "v").to_bytes(), Err(ContextTooLong));
    }
}
