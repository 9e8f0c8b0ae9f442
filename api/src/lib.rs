//! The HTTP doors: REST for submitters, health and metrics for operators.
//!
//! The crate knows HTTP and nothing behind it: what it takes in goes to a [`Gateway`], which the program implements. It holds no
//! state of its own but limits, and writes no payload, path or header value to a log.

mod gateway;
pub mod tokens;
mod views;

pub use gateway::{
    Answer, AnswerKind, Body, BodyError, Caller, Content, Fault, Gateway, GatewayError, Health, HealthPart,
    IdempotencyKey, Inquiry, MetricsSnapshot, Page, QueueMetrics, StateMetrics, Submission, Submitted,
};
pub use views::{
    AcknowledgmentView, AnswerView, FileView, InterchangeView, ItemRow, Keys, SetView, TimelineEvent, Timestamp,
    TransactionView,
};
