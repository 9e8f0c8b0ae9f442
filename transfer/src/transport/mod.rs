//! Sends a batch or a request to a partner, and says what became of it.

mod http;

use std::fmt;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use tokio::io::AsyncRead;
use tradewind_compliance::DeliveryId;

pub use http::{HttpConfigError, HttpTransport, HttpTransportConfig, NEVER_TAKEN};
pub(crate) use http::{is_loopback, retry_after};

/// A way to a partner.
#[async_trait]
pub trait Transport: Send + Sync + 'static {
    /// Sends one batch or real-time request.
    ///
    /// The error tells whether the partner may have taken it: the caller must never send again what is [`SendError::Unknown`].
    async fn send(&self, request: Outbound) -> Result<Reply, SendError>;

    /// Asks the partner whether it took an interchange, by the control number that we gave it (ISA13).
    async fn status(&self, query: &StatusQuery) -> Result<StatusReply, StatusError>;
}

/// What goes out.
pub struct Outbound {
    /// Our identifier of this call; the partner's idempotency key.
    pub delivery: DeliveryId,
    /// Batch or real time.
    pub mode: Mode,
    /// The payload: X12.
    pub body: Box<dyn AsyncRead + Send + Unpin>,
    /// The payload's length in bytes, if known: then it is declared to the partner, so that a cut cannot look like an end.
    pub body_bytes: Option<u64>,
}

/// How a payload is processed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// The answer may come later.
    Batch,
    /// The answer is wanted within this time, from now on.
    RealTime {
        /// From the call to the last byte of the answer.
        deadline: Duration,
    },
}

/// What a partner that took the payload said at once.
#[derive(Clone, PartialEq, Eq)]
pub enum Reply {
    /// X12 interchanges.
    Answered(Bytes),
    /// Nothing yet: the answers come later.
    Accepted,
}

/// Which interchange is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StatusQuery {
    /// ISA13 of the interchange that we sent.
    pub interchange_control_number: u32,
}

/// What the partner knows of an interchange.
#[derive(Clone, PartialEq, Eq)]
pub enum StatusReply {
    /// It took it, and this is what it answers (X12; may be empty).
    Taken(Bytes),
    /// It never took it: it may be sent again.
    NeverTaken,
}

/// Why a payload did not go through, and what that means for sending it again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SendError {
    /// The partner surely did not take it. It may be sent again.
    #[error("surely not taken: {0}")]
    NotTaken(NotTaken),
    /// The partner may have taken it. It must not be sent again before this is settled.
    #[error("unknown whether taken: {0}")]
    Unknown(Unknown),
}

/// Why the partner surely did not take it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotTaken {
    /// No connection: refused, unreachable, no such host, or TLS failed.
    #[error("no connection to the partner")]
    NoConnection,
    /// The time ran out before a connection stood or before the first byte of the payload was sent.
    #[error("timed out before the payload was sent")]
    TimedOut,
    /// The partner answered that it does not take it.
    #[error("refused with HTTP status {status}")]
    Refused {
        /// The status.
        status: u16,
        /// When the partner asks to be tried again.
        retry_after: Option<Duration>,
    },
    /// The request could not be made: a fault of ours or of the configuration.
    #[error("the request could not be made")]
    Unsendable,
}

/// Why it is unknown whether the partner took it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unknown {
    /// The connection was cut after the payload began to be sent.
    #[error("the connection was cut")]
    Cut,
    /// The time ran out after the payload began to be sent.
    #[error("timed out waiting for the answer")]
    TimedOut,
    /// The partner answered with an error that does not say whether it took it.
    #[error("answered with HTTP status {status}")]
    Failed {
        /// The status.
        status: u16,
    },
    /// The answer ended early or was no HTTP.
    #[error("the answer was cut or is no HTTP")]
    GarbledReply,
    /// The answer is larger than the limit.
    #[error("the answer is larger than {limit_bytes} bytes")]
    ReplyTooLarge {
        /// The limit.
        limit_bytes: usize,
    },
}

/// Why the partner's status could not be learnt. It may be asked again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum StatusError {
    /// No usable answer.
    #[error("no answer to the status query")]
    NoAnswer,
    /// An answer that says nothing.
    #[error("the status query was answered with HTTP status {status}")]
    Failed {
        /// The status.
        status: u16,
    },
    /// The answer is larger than the limit.
    #[error("the answer is larger than {limit_bytes} bytes")]
    ReplyTooLarge {
        /// The limit.
        limit_bytes: usize,
    },
}

impl fmt::Debug for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Answered(body) => write!(f, "Answered({} bytes)", body.len()),
            Self::Accepted => f.write_str("Accepted"),
        }
    }
}

impl fmt::Debug for StatusReply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Taken(body) => write!(f, "Taken({} bytes)", body.len()),
            Self::NeverTaken => f.write_str("NeverTaken"),
        }
    }
}
