//! The HTTP doors: REST for submitters, health and metrics for operators.
//!
//! The crate knows HTTP and nothing behind it: what it takes in goes to a [`Gateway`], which the program implements. It
//! holds no state of its own but limits, and writes no payload, path or header value to a log.
//!
//! A request passes, in this order: the accept loop and its limits on the head (`server`), the request's id and its
//! line in the log (`access`), panics (`routes`), the bearer token and the limit of requests (`auth`), its route
//! (`routes`).

mod access;
mod auth;
mod body;
mod gateway;
mod headers;
mod limits;
mod metrics;
mod problem;
mod routes;
mod server;
pub mod tokens;
mod views;

pub use gateway::{
    Answer, AnswerKind, Body, BodyError, Caller, Content, Fault, Gateway, GatewayError, Health, HealthPart,
    IdempotencyKey, Inquiry, InvalidKey, MetricsSnapshot, Page, QueueMetrics, StateMetrics, Submission, Submitted,
};
pub use limits::Limits;
pub use metrics::install as install_metrics;
pub use routes::{OPENAPI, PATHS};
pub use server::{Config, ServeError, TlsFiles, serve, serve_operations};
pub use views::{
    AcknowledgmentView, AnswerView, FileView, InterchangeView, ItemRow, Keys, SetView, TimelineEvent, Timestamp,
    TransactionView,
};
