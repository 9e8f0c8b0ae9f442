//! The limits of the HTTP door.

use std::time::Duration;

use serde::Deserialize;

/// What one request, one connection and all of them together may take. All times are in milliseconds.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Limits {
    /// The largest body of `POST /v1/transactions`, in bytes.
    pub transaction_bytes_max: u64,
    /// The largest body of `POST /v1/eligibility`, in bytes; it is held in memory.
    pub eligibility_bytes_max: u64,
    /// How deep JSON may be nested.
    pub json_depth_max: usize,
    /// How many headers a request may have.
    pub headers_max: usize,
    /// The largest head of a request, its first line and its headers together, in bytes.
    pub header_bytes_max: usize,
    /// A request's head must be in within this time; so must the next one's on a connection that is kept, and a TLS
    /// handshake.
    pub header_timeout_ms: u64,
    /// A body may pause so long.
    pub body_pause_ms_max: u64,
    /// A whole body must be in within this time.
    pub body_timeout_ms: u64,
    /// The answer must be ready within this time once the body is in.
    pub request_timeout_ms: u64,
    /// A real-time inquiry must be answered within this time, its body and the partner's answer included.
    pub eligibility_timeout_ms: u64,
    /// How many requests with a token may be worked on at once.
    pub requests_max: usize,
    /// How many connections may be open at once; others wait to be accepted.
    pub connections_max: usize,
    /// A connection is closed after this time, once its request is done.
    pub connection_age_ms_max: u64,
    /// How long requests may take to end when the program stops.
    pub drain_timeout_ms: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            transaction_bytes_max: 64 << 20,
            eligibility_bytes_max: 1 << 20,
            json_depth_max: 64,
            headers_max: 64,
            header_bytes_max: 16 << 10,
            header_timeout_ms: 10_000,
            body_pause_ms_max: 30_000,
            body_timeout_ms: 600_000,
            request_timeout_ms: 60_000,
            eligibility_timeout_ms: 20_000,
            requests_max: 256,
            connections_max: 1_024,
            connection_age_ms_max: 3_600_000,
            drain_timeout_ms: 30_000,
        }
    }
}

impl Limits {
    /// The longest that a submission may take from its head to its answer.
    pub(crate) fn submission(&self) -> Duration {
        Duration::from_millis(self.body_timeout_ms.saturating_add(self.request_timeout_ms))
    }

    pub(crate) fn request(&self) -> Duration {
        Duration::from_millis(self.request_timeout_ms)
    }
}
