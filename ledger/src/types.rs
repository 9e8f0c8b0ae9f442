//! Small types that every table shares. What is PHI reaches the ledger only as [`SearchHash`] and [`SealedValue`].

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use tradewind_compliance::{ObjectKey, PartnerId};

use crate::LedgerError;

/// Milliseconds since 1970, from a `compliance::Clock`. The ledger has no clock of its own: time is an argument.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct UnixMs(pub u64);

impl UnixMs {
    /// This time and some milliseconds.
    #[must_use]
    pub fn plus(self, ms: u64) -> Self {
        Self(self.0.saturating_add(ms))
    }

    /// This time less some milliseconds, at least 0.
    #[must_use]
    pub fn minus(self, ms: u64) -> Self {
        Self(self.0.saturating_sub(ms))
    }
}

/// A keyed hash (HMAC-SHA-256) of a value that must be found again but never read here: a claim id, a member id, a file's name,
/// the digest of a content. The caller keys it; the ledger cannot turn it back.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SearchHash(pub [u8; 32]);

impl fmt::Debug for SearchHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SearchHash(..)")
    }
}

/// A value sealed by the caller under a partner's branch key. The ledger keeps it and gives it back.
#[derive(Clone, PartialEq, Eq)]
pub struct SealedValue(pub Vec<u8>);

impl fmt::Debug for SealedValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SealedValue({} bytes)", self.0.len())
    }
}

/// Where an item's or an answer's JSON lies: plaintext offset and length in a sealed object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The object.
    pub object: ObjectKey,
    /// Plaintext bytes before it.
    pub offset: u64,
    /// Plaintext bytes of it.
    pub length: u32,
}

macro_rules! tokens {
    ($($(#[$doc:meta])* $name:ident, $max:expr, $expected:expr, $fits:expr;)+) => {$(
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Arc<str>);

        impl $name {
            /// The text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = LedgerError;
            fn from_str(text: &str) -> Result<Self, LedgerError> {
                let fits: fn(u8) -> bool = $fits;
                if !text.is_empty() && text.len() <= $max && text.bytes().all(fits) {
                    Ok(Self(text.into()))
                } else {
                    Err(LedgerError::Grammar { expected: $expected })
                }
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

tokens! {
    /// Why something happened, as a stable code such as `pgp-no-integrity`. Free text of a person goes sealed, beside it.
    Reason, 64, "a reason of 1 to 64 characters from a-z, 0-9 and -",
        |b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    /// Who did something: `system`, `partner:acme`, `operator:ann`.
    Actor, 80, "an actor of 1 to 80 characters from a-z, A-Z, 0-9 and :._@-",
        |b| b.is_ascii_alphanumeric() || matches!(b, b':' | b'.' | b'_' | b'@' | b'-');
    /// An interchange's sender or receiver as `qualifier:id`, trimmed: ISA05 and ISA06, or ISA07 and ISA08.
    Party, 20, "a party of 1 to 20 printable characters",
        |b| (b' '..=b'~').contains(&b);
    /// A guide such as `005010X222A1`, or a set id where a set has none.
    Guide, 35, "a guide of 1 to 35 characters from A-Z, a-z, 0-9, - and /",
        |b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'/');
    /// A short word of ours: a kind of job, a door, an action, an answer's category.
    Kind, 40, "a kind of 1 to 40 characters from a-z, A-Z, 0-9, -, _ and .",
        |b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
    /// A queue such as `translate` or `deliver.acme`. The same grammar as the broker's.
    Queue, 64, "a queue of 1 to 64 characters from a-z, 0-9, - and .",
        |b| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'-' | b'.');
    /// A file's name in a partner's `/out`. Made by us alone, so it holds nothing of a partner's.
    OutName, 120, "a file name of 1 to 120 characters from a-z, A-Z, 0-9, -, _ and .",
        |b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
}

/// Why a row changed, kept in its history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cause {
    /// Who.
    pub by: Actor,
    /// Why.
    pub reason: Option<Reason>,
    /// A person's own words, sealed.
    pub note: Option<SealedValue>,
}

impl Cause {
    /// The program itself, for a reason.
    ///
    /// # Errors
    /// [`LedgerError::Grammar`] when `reason` is no [`Reason`].
    pub fn system(reason: &str) -> Result<Self, LedgerError> {
        Ok(Self { by: "system".parse()?, reason: Some(reason.parse()?), note: None })
    }
}

/// Whose rows a lookup may see.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scope {
    /// One partner's own. Another partner's id finds nothing.
    Partner(PartnerId),
    /// The program and its operators.
    All,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_cannot_carry_a_name() {
        assert!("pgp-no-integrity".parse::<Reason>().is_ok());
        for text in ["", "Doe, Jane", "a b", &"x".repeat(65)] {
            assert!(text.parse::<Reason>().is_err());
        }
        assert!("x".repeat(64).parse::<Reason>().is_ok());
    }

    #[test]
    fn debug_shows_neither_hash_nor_sealed_bytes() {
        let shown = format!("{:?} {:?}", SearchHash([7; 32]), SealedValue(vec![9; 5]));
        assert_eq!(shown, "SearchHash(..) SealedValue(5 bytes)");
    }
}
