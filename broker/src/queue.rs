//! Queue names.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use tradewind_compliance::PartnerId;

use crate::BrokerError;

const NAME_CHARS_MAX: usize = 64;

/// A queue's name: 1 to 64 characters from a-z, 0-9, - and dot. It is no secret and may be a metric label.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct QueueName(Arc<str>);

impl QueueName {
    /// Receipts to translate.
    #[must_use]
    pub fn translate() -> Self {
        Self("translate".into())
    }

    /// Items to deliver to a partner.
    #[must_use]
    pub fn deliver(partner: &PartnerId) -> Self {
        Self(format!("deliver.{partner}").into())
    }

    /// Answers to match and to rebuild.
    #[must_use]
    pub fn answer() -> Self {
        Self("answer".into())
    }

    /// Webhooks to send.
    #[must_use]
    pub fn notify() -> Self {
        Self("notify".into())
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for QueueName {
    type Err = BrokerError;

    fn from_str(text: &str) -> Result<Self, BrokerError> {
        let fits = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'-' | b'.');
        if !text.is_empty() && text.len() <= NAME_CHARS_MAX && text.bytes().all(fits) {
            Ok(Self(text.into()))
        } else {
            Err(BrokerError::QueueName)
        }
    }
}

impl fmt::Display for QueueName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for QueueName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "QueueName({})", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_names_up_to_the_limit_and_no_further() {
        assert!("x".repeat(NAME_CHARS_MAX).parse::<QueueName>().is_ok());
        for text in ["", "Deliver", "a b", "a/b", &"x".repeat(NAME_CHARS_MAX + 1)] {
            assert!(text.parse::<QueueName>().is_err());
        }
    }

    #[test]
    fn a_partners_queue_fits_for_every_partner_name() {
        let partner: PartnerId = "p".repeat(40).parse().unwrap();
        let queue = QueueName::deliver(&partner);
        assert_eq!(queue.as_str().parse::<QueueName>().unwrap(), queue);
    }
}
