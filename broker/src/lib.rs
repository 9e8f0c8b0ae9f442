//! Queues between the rooms. A message is a reference to work that the ledger's outbox already holds, so a queue may be lost and
//! nothing is: the outbox row stays until the consumer has settled ([`Accepted::Held`]), or until a durable broker has taken the
//! message over ([`Accepted::Confirmed`]).
//!
//! [`InProcess`] is the default backend: a bounded window for each lane (a partner in a queue), served in turn, so that a slow or dead
//! partner slows no other. `RabbitMq`, behind the feature `rabbitmq`, keeps the same lanes in a broker that many processes share.

#![forbid(unsafe_code)]

mod backoff;
#[cfg(any(test, feature = "contract-tests"))]
pub mod contract;
mod in_process;
mod message;
mod queue;
#[cfg(feature = "rabbitmq")]
pub mod rabbitmq;

use std::time::Duration;

use async_trait::async_trait;

pub use backoff::{ATTEMPTS_MAX, BACKOFF_FIRST, BACKOFF_MAX, backoff};
pub use in_process::{InProcess, InProcessOptions};
pub use message::{BODY_BYTES_MAX, Body, Message};
pub use queue::QueueName;

/// What a publisher answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Accepted {
    /// The broker has made the message durable: the outbox row may go, and settling is between the broker and its consumer.
    Confirmed,
    /// The broker holds the message in memory alone: the outbox row stays until [`Settlement::settled`] tells how it ended.
    Held,
}

/// How a consumer ended with a message. Once a delivery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Done; it is never seen again.
    Done,
    /// It failed: again after this time, with the next attempt number.
    RetryAfter(Duration),
    /// It could not be tried, for something that it needs is away: again after this time, with the same attempt number.
    Later(Duration),
    /// It will never succeed. The reason is a code of ours, never a value of a partner's.
    Rejected(&'static str),
    /// It was not tried: the consumer went away with it. It is owed again without counting an attempt.
    Returned,
}

/// Who is told how messages ended. Neither call may block: hand it on to a task.
pub trait Settlement: Send + Sync {
    /// Called once for every message that was [`Accepted::Held`]. The relay applies it to the outbox.
    fn settled(&self, message: &Message, outcome: Outcome);

    /// Called for a message that was [`Accepted::Confirmed`] when the broker has put it aside: it was rejected, or its attempts are used up. The
    /// reason is a code of ours. It is called once unless the process dies meanwhile.
    fn quarantined(&self, message: &Message, reason: &'static str);
}

/// What went wrong between us and the broker. No message of it holds a payload.
#[derive(Debug, thiserror::Error)]
pub enum BrokerError {
    /// The lane's window is full: publish again when something of it was settled.
    #[error("expected room in queue {queue} for partner {partner}, found {window} unsettled messages")]
    WindowFull {
        /// The queue.
        queue: QueueName,
        /// The partner.
        partner: String,
        /// The window.
        window: usize,
    },
    /// The message is in the queue already, unsettled.
    #[error("expected message {id} to be new to queue {queue}, found it unsettled")]
    AlreadyHeld {
        /// The queue.
        queue: QueueName,
        /// The message's id.
        id: String,
    },
    /// The body is larger than a queue carries: send a reference.
    #[error("expected a body of at most {max} bytes, found {found}")]
    BodyTooLarge {
        /// The limit.
        max: usize,
        /// What was given.
        found: usize,
    },
    /// The configured address of the broker is no AMQP URL.
    #[error("expected an address such as amqps://user:password@host/vhost")]
    ConfigAddress,
    /// The broker could not be asked in time.
    #[error("expected an answer of the broker, found none in time")]
    Unreachable,
    /// The broker did not confirm in time, or the connection ended first. It may have the message nevertheless.
    #[error("expected a confirm for queue {queue}, found none in time")]
    Unconfirmed {
        /// The queue.
        queue: QueueName,
    },
    /// The broker refused the message.
    #[error("expected a confirm for queue {queue}, found a refusal")]
    Refused {
        /// The queue.
        queue: QueueName,
    },
    /// There is no such queue in the broker.
    #[error("expected queue {queue} in the broker, found none")]
    Unroutable {
        /// The queue.
        queue: QueueName,
    },
    /// The broker was closed.
    #[error("expected an open broker, found it closed")]
    Closed,
    /// The text is no queue name.
    #[error("expected a queue name of 1 to 64 characters from a-z, 0-9, - and .")]
    QueueName,
}

/// How full a queue is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Depth {
    /// Messages that no consumer has yet.
    pub waiting: usize,
    /// Messages that a consumer has and has not settled; of a broker that many processes share, those of this process.
    pub unsettled: usize,
}

/// Puts messages into queues.
#[async_trait]
pub trait Publisher: Send + Sync {
    /// Publishes one message.
    ///
    /// # Errors
    /// The message is then not in the queue; after [`BrokerError::Unconfirmed`] it may be nevertheless, and publishing it again is right:
    /// consumers are idempotent by its id.
    async fn publish(&self, message: Message) -> Result<Accepted, BrokerError>;

    /// How many more messages of a partner the queue takes now.
    ///
    /// # Errors
    /// When the broker cannot be asked.
    async fn room(&self, queue: &QueueName, partner: &tradewind_compliance::PartnerId) -> Result<usize, BrokerError>;

    /// How full a queue is.
    async fn depth(&self, queue: &QueueName) -> Result<Depth, BrokerError>;

    /// How full every queue is that has anything in it.
    async fn depths(&self) -> Result<Vec<(QueueName, Depth)>, BrokerError>;
}

/// Takes messages out of queues.
#[async_trait]
pub trait Consumer: Send + Sync {
    /// Waits for the next message of any queue that `wants` picks; partners are served in turn. `None` once the broker is closed.
    /// Dropping the future loses nothing.
    async fn next(&self, wants: &Wants) -> Option<Delivered>;
}

/// The whole of a backend, from its opening to its end.
#[async_trait]
pub trait Broker: Publisher + Consumer + 'static {
    /// Names lanes that other processes publish to, so that this one's consumers serve them. Lanes that this process publishes to are known.
    fn serve_lanes(&self, lanes: Vec<(QueueName, tradewind_compliance::PartnerId)>);

    /// Whether messages can pass now.
    fn connected(&self) -> bool;

    /// Ends every consumer's wait. What waited here goes back; what is in hand may still be settled.
    fn close(&self);

    /// Closes, and waits within limits until what is in hand is settled. What is unsettled then is given out again.
    async fn shutdown(&self);
}

/// Which queues a consumer serves.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Wants {
    /// One queue.
    Queue(QueueName),
    /// Every queue whose name begins so: `deliver.`.
    Prefix(String),
}

impl Wants {
    /// Whether a queue is served.
    #[must_use]
    pub fn picks(&self, queue: &QueueName) -> bool {
        match self {
            Self::Queue(name) => name == queue,
            Self::Prefix(prefix) => queue.as_str().starts_with(prefix.as_str()),
        }
    }
}

/// A message in a consumer's hands. Settle it once; dropped unsettled, it counts as [`Outcome::Returned`].
pub struct Delivered {
    message: Message,
    settle: Option<Box<dyn FnOnce(Outcome) + Send>>,
}

impl Delivered {
    /// For backends: a message and what settles it.
    #[must_use]
    pub fn new(message: Message, settle: Box<dyn FnOnce(Outcome) + Send>) -> Self {
        Self { message, settle: Some(settle) }
    }

    /// The message.
    #[must_use]
    pub fn message(&self) -> &Message {
        &self.message
    }

    /// Settles it.
    pub fn settle(mut self, outcome: Outcome) {
        if let Some(settle) = self.settle.take() {
            settle(outcome);
        }
    }
}

impl Drop for Delivered {
    fn drop(&mut self) {
        if let Some(settle) = self.settle.take() {
            settle(Outcome::Returned);
        }
    }
}

impl std::fmt::Debug for Delivered {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Delivered").field(&self.message).finish()
    }
}
