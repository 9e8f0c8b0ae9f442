//! How secrets are kept once they are read.

use std::time::Duration;

use crate::Connection;

/// Where secrets are read, and how long one serves.
#[derive(Debug, Clone, PartialEq, Eq, serde::Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct SecretsOptions {
    /// How long a secret is used before it is read again, in milliseconds. Default 300,000: five minutes, which is also how long a rotation
    /// may take to be noticed.
    pub fresh_ms: u64,
    /// How long a secret is used at most while AWS does not answer, in milliseconds since it was read. Default 3,600,000: an hour.
    pub stale_ms_max: u64,
    /// Secrets that are held at once. Default 256.
    pub entries_max: usize,
    /// Where Secrets Manager and the Parameter Store are, and how long they may take.
    pub connection: Connection,
}

impl Default for SecretsOptions {
    fn default() -> Self {
        Self { fresh_ms: 300_000, stale_ms_max: 3_600_000, entries_max: 256, connection: Connection::default() }
    }
}

impl SecretsOptions {
    pub(super) const fn fresh(&self) -> Duration {
        Duration::from_millis(self.fresh_ms)
    }

    pub(super) const fn stale_max(&self) -> Duration {
        Duration::from_millis(self.stale_ms_max)
    }
}
