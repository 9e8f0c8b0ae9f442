//! The gateway's own identifiers. X12's identifiers live in `tradewind-edi`.

use std::fmt;
use std::str::FromStr;

/// Crockford's base 32: no I, L, O or U, so that an id survives being read over the telephone.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const ID_CHARS: usize = 20;

/// Why a text is no identifier. It never repeats the text, which may come from outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum IdError {
    /// The text is not 20 characters of Crockford's base 32.
    #[error("expected an id of 20 characters from 0-9 and A-Z without I, L, O and U")]
    Id,
    /// The text is no partner name.
    #[error("expected a partner name of 1 to 40 characters from a-z, 0-9 and -, starting with a letter")]
    Partner,
    /// The text is no tenant name.
    #[error("expected a tenant name of 1 to 40 characters from a-z, 0-9 and -, starting with a letter")]
    Tenant,
    /// The text is no object key.
    #[error(
        "expected an object key of 1 to 200 characters from a-z, A-Z, 0-9, -, _, . and /, without empty or dotted parts"
    )]
    ObjectKey,
}

/// 100 bits as 20 characters: 48 bits of milliseconds since 1970 and 52 random bits. Fits X12's tightest reference fields.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Raw([u8; ID_CHARS]);

impl Raw {
    fn new(unix_ms: u64, random: u64) -> Self {
        let mut bits = (u128::from(unix_ms) & ((1 << 48) - 1)) << 52 | u128::from(random) & ((1 << 52) - 1);
        let mut text = [b'0'; ID_CHARS];
        for slot in text.iter_mut().rev() {
            *slot = ALPHABET.get((bits & 31) as usize).copied().unwrap_or(b'0');
            bits >>= 5;
        }
        Self(text)
    }

    fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl FromStr for Raw {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        let raw: [u8; ID_CHARS] = text.as_bytes().try_into().map_err(|_| IdError::Id)?;
        if raw.iter().all(|byte| ALPHABET.contains(byte)) { Ok(Self(raw)) } else { Err(IdError::Id) }
    }
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Raw);

        impl $name {
            /// Makes an id from the clock's milliseconds and 52 bits of randomness; ids sort by time.
            #[must_use]
            pub fn new(unix_ms: u64, random: u64) -> Self {
                Self(Raw::new(unix_ms, random))
            }

            /// The 20 characters.
            #[must_use]
            pub fn as_str(&self) -> &str {
                self.0.as_str()
            }
        }

        impl FromStr for $name {
            type Err = IdError;
            fn from_str(text: &str) -> Result<Self, IdError> {
                text.parse().map(Self)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({})", stringify!($name), self.as_str())
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                to.serialize_str(self.as_str())
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                let text = <std::borrow::Cow<'de, str>>::deserialize(from)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    )+};
}

ids! {
    /// What came in at a door, once.
    ReceiptId,
    /// An interchange (ISA to IEA) of a receipt.
    InterchangeId,
    /// A transaction set (ST to SE) of an interchange.
    SetId,
    /// A claim, an inquiry, a member: what is routed, delivered and answered alone.
    ItemId,
    /// One call to a partner with a batch of items.
    DeliveryId,
    /// What a partner said of an item.
    AnswerId,
    /// A webhook that is owed to a requestor.
    NotificationId,
    /// A job in the ledger's outbox.
    JobId,
}

macro_rules! names {
    ($($(#[$doc:meta])* $name:ident, $error:expr, $fits:expr;)+) => {$(
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(std::sync::Arc<str>);

        impl $name {
            /// The text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = IdError;
            fn from_str(text: &str) -> Result<Self, IdError> {
                let fits: fn(&str) -> bool = $fits;
                if fits(text) { Ok(Self(text.into())) } else { Err($error) }
            }
        }

        impl TryFrom<String> for $name {
            type Error = IdError;
            fn try_from(text: String) -> Result<Self, IdError> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(name: $name) -> Self {
                name.0.to_string()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({})", stringify!($name), self.0)
            }
        }
    )+};
}

names! {
    /// A trading partner's name in the configuration. It is no secret and no PHI: it may stand in logs and metric labels.
    PartnerId, IdError::Partner, fits_partner;
    /// Whose gateway this is. Bound into everything that is sealed, so that one tenant's object never opens as another's.
    TenantId, IdError::Tenant, fits_partner;
    /// Where an object lies in the store. Made by us alone, never from a partner's input.
    ObjectKey, IdError::ObjectKey, fits_object_key;
}

fn fits_partner(text: &str) -> bool {
    text.len() <= 40
        && text.starts_with(|c: char| c.is_ascii_lowercase())
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}

fn fits_object_key(text: &str) -> bool {
    text.len() <= 200
        && text.split('/').all(|part| !part.is_empty() && !part.starts_with('.'))
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b'/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_twenty_characters_and_sort_by_time() {
        let (early, late) = (ItemId::new(1_000, u64::MAX), ItemId::new(1_001, 0));
        assert_eq!(early.as_str().len(), 20);
        assert!(early < late && early.as_str() < late.as_str());
        assert_eq!(early.as_str().parse(), Ok(early));
    }

    #[test]
    fn refuses_what_is_no_id() {
        assert_eq!("../../etc/passwd".parse::<ItemId>(), Err(IdError::Id));
        assert_eq!("Acme".parse::<PartnerId>(), Err(IdError::Partner));
        for key in ["", "a//b", "../a", "a/.b", "a b"] {
            assert_eq!(key.parse::<ObjectKey>(), Err(IdError::ObjectKey));
        }
    }
}
