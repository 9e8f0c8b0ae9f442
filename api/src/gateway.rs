//! What the doors need of the program behind them.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use bytes::Bytes;
use futures::stream::BoxStream;
use serde::Serialize;
use tradewind_compliance::{ItemId, PartnerId, ReceiptId};

use crate::views::{FileView, TransactionView};

/// The program behind the doors. One object serves every request.
///
/// `submit` and `eligibility` run in a task of their own: a client that goes away does not cancel them half-way. Every
/// call is bound to the caller's partner; what belongs to another partner does not exist for it.
#[async_trait::async_trait]
pub trait Gateway: Send + Sync + 'static {
    /// Whose token this is, or nobody's. Runs on every request: it looks in memory and does not block.
    /// [`crate::tokens::Table`] does it.
    fn authenticate(&self, token: &str) -> Option<Caller>;

    /// Takes a file in. `Ok` means that it is durable and will be processed (L1). When the body ends in an error,
    /// nothing of it may be processed (L2) and that error is handed back as [`GatewayError::Body`].
    async fn submit(&self, caller: &Caller, submission: Submission) -> Result<Submitted, GatewayError>;

    /// Asks now and answers now: exactly one thing comes back. Whoever waits is gone at `deadline`.
    async fn eligibility(
        &self,
        caller: &Caller,
        inquiry: Inquiry,
        deadline: tokio::time::Instant,
    ) -> Result<Answer, GatewayError>;

    /// An item with its whole timeline. `None` where there is none or where it is another partner's, looked up alike so
    /// that time does not tell the two apart.
    async fn item(&self, caller: &Caller, id: ItemId) -> Result<Option<TransactionView>, GatewayError>;

    /// A file with one page of its items. `None` as for [`Gateway::item`].
    async fn file(&self, caller: &Caller, id: ReceiptId, page: Page) -> Result<Option<FileView>, GatewayError>;

    /// How the program and its parts do. Cheap: it is asked every few seconds and without a token.
    async fn health(&self) -> Health;

    /// What is counted in the ledger and the broker at this moment. Rates and latencies are not part of it: whoever has
    /// them records them with the `metrics` crate.
    async fn metrics(&self) -> MetricsSnapshot;
}

/// Who calls.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// The partner that the token is bound to.
    pub partner: PartnerId,
    /// The token's name in the partner's configuration, for the audit. Not the token.
    pub token: String,
}

/// How a body is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum Content {
    /// `application/edi-x12`
    #[serde(rename = "application/edi-x12")]
    X12,
    /// `application/json`: the engine's JSON, `{"guide": "005010X222A1", …}`. The gateway converts it.
    #[serde(rename = "application/json")]
    Json,
}

impl Content {
    /// The media type.
    #[must_use]
    pub fn media_type(self) -> &'static str {
        match self {
            Self::X12 => "application/edi-x12",
            Self::Json => "application/json",
        }
    }
}

/// A body as it comes in, within the limits of size, time and (JSON) depth. After an error it ends.
pub type Body = BoxStream<'static, Result<Bytes, BodyError>>;

/// Why a body did not come in whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BodyError {
    /// Over the limit of its route.
    #[error("expected a body of at most {limit} bytes, found more")]
    TooLarge {
        /// The limit in bytes.
        limit: u64,
    },
    /// Nothing came for a while, or the whole took too long.
    #[error("expected the whole body within the time limit")]
    TooSlow,
    /// JSON nested over the limit.
    #[error("expected JSON nested at most {limit} deep, found more at byte {offset}")]
    TooDeep {
        /// The limit in levels.
        limit: usize,
        /// Where the limit was passed.
        offset: u64,
    },
    /// The connection ended before the body did.
    #[error("expected the whole body, found the end of the connection")]
    Cut,
}

/// A client's own name for a request, 1 to 128 visible ASCII characters. It may hold a claim id, so it never prints.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct IdempotencyKey(String);

impl IdempotencyKey {
    /// The longest key, in characters.
    pub const CHARS_MAX: usize = 128;

    /// The text. Store its keyed hash, not this.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl FromStr for IdempotencyKey {
    type Err = InvalidKey;

    fn from_str(text: &str) -> Result<Self, InvalidKey> {
        let fits = (1..=Self::CHARS_MAX).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
        if fits { Ok(Self(text.to_owned())) } else { Err(InvalidKey) }
    }
}

impl fmt::Debug for IdempotencyKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("IdempotencyKey(..)")
    }
}

/// A text is no idempotency key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected an idempotency key of 1 to 128 visible ASCII characters")]
pub struct InvalidKey;

/// A file to take in.
pub struct Submission {
    /// How the body is written.
    pub content: Content,
    /// The bytes.
    pub body: Body,
    /// The same key with the same body gives the first answer again; with another body it is
    /// [`GatewayError::KeyReused`].
    pub idempotency_key: Option<IdempotencyKey>,
}

/// A file that is durable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Submitted {
    /// Its id, or the first one's where it is a duplicate.
    pub file: ReceiptId,
    /// The same content came from this partner before: nothing new happens, and `file` shows what happened then.
    pub duplicate: bool,
}

/// A real-time inquiry.
pub struct Inquiry {
    /// How the body is written.
    pub content: Content,
    /// The whole body.
    pub body: Bytes,
    /// Inquiries are told apart by this alone (L3).
    pub idempotency_key: Option<IdempotencyKey>,
    /// How the answer is to be written.
    pub answer: Content,
}

/// What a real-time inquiry got.
#[derive(Clone, PartialEq, Eq)]
pub struct Answer {
    /// What the inquiry came in as: `GET /v1/files/{id}` shows it.
    pub file: ReceiptId,
    /// What it is.
    pub kind: AnswerKind,
    /// How it is written; what [`Inquiry::answer`] asked for.
    pub content: Content,
    /// The bytes.
    pub body: Bytes,
}

/// The one thing that answers a real-time inquiry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AnswerKind {
    /// A 271.
    Eligibility,
    /// A 999: the set or its group was rejected.
    Implementation,
    /// A TA1: the interchange was rejected.
    Interchange,
}

impl AnswerKind {
    /// `271`, `999` or `TA1`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Eligibility => "271",
            Self::Implementation => "999",
            Self::Interchange => "TA1",
        }
    }
}

/// One fault of what was sent. It holds no value from it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Fault {
    /// Where: a JSON pointer, or segment and element, or a header's name.
    pub place: String,
    /// The rule's stable name.
    pub rule: Cow<'static, str>,
    /// What was expected, and what to do.
    pub message: String,
}

/// Why the gateway did not do it. The variant decides what the client is told; an inner error goes to the log alone.
#[derive(Debug, thiserror::Error)]
pub enum GatewayError {
    /// The body did not come in whole; nothing was kept. 408, 413 or 400.
    #[error(transparent)]
    Body(#[from] BodyError),
    /// The body cannot be read as what its type says. 400.
    #[error("expected a body that can be read, found {} faults", .0.len())]
    Malformed(Vec<Fault>),
    /// The body can be read but does not fit its guide, or a value cannot be written in X12. 422.
    #[error("expected a body that fits its guide, found {} faults", .0.len())]
    Invalid(Vec<Fault>),
    /// No partner takes this guide for this payer. 422.
    #[error("expected a payer with a route")]
    NoRoute,
    /// The caller's partner may not send this guide, or not by this door. 403.
    #[error("expected a guide that the partner may send")]
    Forbidden,
    /// The idempotency key was used with another body. 422.
    #[error("expected a new idempotency key for another body")]
    KeyReused,
    /// The first request with this idempotency key has no answer yet. 409.
    #[error("expected the first request with this idempotency key to be done")]
    KeyInUse,
    /// The partner behind could not be asked, or gave no answer that can be read. 502.
    #[error("expected an answer from the partner")]
    PartnerFailed,
    /// The partner behind did not answer within the deadline. 504.
    #[error("expected the partner's answer within the deadline")]
    TimedOut,
    /// Nothing can be taken now (disk full, too much in flight); nothing was kept. 503.
    #[error("expected room for another request")]
    Unavailable {
        /// When to come again.
        retry_after: Duration,
    },
    /// Our own fault. 500; the inner error is logged with the request's id, so it holds no payload value.
    #[error("the gateway failed")]
    Internal(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl GatewayError {
    /// Wraps an error of ours.
    pub fn internal(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Internal(error.into())
    }
}

/// Which items of a file to list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Page {
    /// The items after this one, in the order of their ids; from the first where left out.
    pub after: Option<ItemId>,
    /// At most so many, 1 to [`Page::LIMIT_MAX`].
    pub limit: u32,
}

impl Page {
    /// The largest page.
    pub const LIMIT_MAX: u32 = 1_000;
    /// The page where none is asked for.
    pub const LIMIT_DEFAULT: u32 = 100;
}

/// How the program does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Health {
    /// The program turns its wheels. If not, restart it.
    pub live: bool,
    /// It can take files in and keep them. If not, send it no traffic.
    pub ready: bool,
    /// Part by part.
    pub parts: Vec<HealthPart>,
}

/// How one part does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct HealthPart {
    /// `ledger`, `objects`, `broker`, `sftp` …
    pub name: Cow<'static, str>,
    /// It works.
    pub ok: bool,
}

/// What is counted at one moment. Names are the configuration's and the code's own words, never from a payload.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct MetricsSnapshot {
    /// Every queue, outbox and broker together.
    pub queues: Vec<QueueMetrics>,
    /// How many of each kind are in each state.
    pub states: Vec<StateMetrics>,
}

/// One queue.
#[derive(Debug, Clone, PartialEq)]
pub struct QueueMetrics {
    /// `translate`, `deliver.acme` …
    pub queue: Cow<'static, str>,
    /// Jobs that wait or run.
    pub depth: u64,
    /// How long the oldest has waited; zero where there is none.
    pub oldest_age: Duration,
}

/// One state of one kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StateMetrics {
    /// `item`, `receipt`, `delivery`, `notification` …
    pub kind: Cow<'static, str>,
    /// `accepted`, `unknown` …
    pub state: Cow<'static, str>,
    /// How many.
    pub count: u64,
}
