//! What travels in a queue: ids and words of ours, and at most a sealed body.

use std::fmt;

use tradewind_compliance::{JobId, PartnerId};

use crate::{BrokerError, QueueName};

/// The largest sealed body that a message carries; more goes by reference.
pub const BODY_BYTES_MAX: usize = 256 * 1024;

/// What a message is about.
#[derive(Clone, PartialEq, Eq)]
pub enum Body {
    /// The id of what to work on. In-process this is all there is.
    Reference(String),
    /// The item's JSON, sealed so that only who may use the key reads it, beside the reference.
    Sealed {
        /// The id of what to work on.
        reference: String,
        /// The sealed bytes, at most [`BODY_BYTES_MAX`].
        bytes: Vec<u8>,
    },
}

impl Body {
    /// The id of what to work on.
    #[must_use]
    pub fn reference(&self) -> &str {
        match self {
            Self::Reference(reference) | Self::Sealed { reference, .. } => reference,
        }
    }

    pub(crate) fn check(&self) -> Result<(), BrokerError> {
        match self {
            Self::Sealed { bytes, .. } if bytes.len() > BODY_BYTES_MAX => {
                Err(BrokerError::BodyTooLarge { max: BODY_BYTES_MAX, found: bytes.len() })
            }
            _ => Ok(()),
        }
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Reference(reference) => write!(f, "Reference({reference})"),
            Self::Sealed { reference, bytes } => write!(f, "Sealed({reference}, {} bytes)", bytes.len()),
        }
    }
}

/// A message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// The outbox job that it carries. A consumer is idempotent by it.
    pub id: JobId,
    /// The queue.
    pub queue: QueueName,
    /// Whose work it is.
    pub partner: PartnerId,
    /// What to do.
    pub kind: String,
    /// This attempt, from 1.
    pub attempt: u32,
    /// To what.
    pub body: Body,
}
