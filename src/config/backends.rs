//! `tradewind.toml`: the engines behind the gateway, where it is not to run whole on one machine.

use std::net::SocketAddr;
use std::path::PathBuf;

use serde::Deserialize;

use super::SecretRef;

/// The ledger.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Ledger {
    /// A PostgreSQL database that many processes share, as a reference to `postgres://user:password@host/database`. Without it a file in
    /// the data folder, for one process.
    pub url: Option<SecretRef>,
    /// Days that backups of the ledger are kept, which `tradewind keys shred` tells: until then they hold the wrapped keys of a partner.
    pub backups_kept_days: Option<u32>,
}

/// The queues between the rooms.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Queues {
    /// A RabbitMQ broker that many processes share, as a reference to `amqps://user:password@host/vhost`. Without it the queues are
    /// inside the process.
    pub url: Option<SecretRef>,
    /// A file of certificate authorities in PEM that are trusted for the broker beside the system's, relative to the home folder.
    pub authorities: Option<PathBuf>,
    /// What the names of our queues begin with.
    pub prefix: String,
    /// Messages of one partner in one queue that the broker is given before the rest stays in the ledger.
    pub window: usize,
    /// Messages of one partner in one queue that a process has in hand at once.
    pub in_hand: u16,
}

impl Default for Queues {
    fn default() -> Self {
        Self { url: None, authorities: None, prefix: "tradewind".into(), window: 1_000, in_hand: 4 }
    }
}

/// Where health and metrics are told by a process without the REST door, which tells them too.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Operations {
    /// The address to listen on. It speaks plain HTTP and knows `/health`, `/health/ready` and `/metrics` alone.
    pub listen: Option<SocketAddr>,
}

/// Objects in a bucket of S3: see docs/configuration.md.
#[cfg(feature = "aws")]
pub type Objects = tradewind_aws::S3Options;
/// Branch keys under KMS: see docs/configuration.md.
#[cfg(feature = "aws")]
pub type Kms = tradewind_aws::KmsOptions;
/// Secrets that AWS keeps: see docs/configuration.md.
#[cfg(feature = "aws")]
pub type Secrets = tradewind_aws::SecretsOptions;
/// Files that S3 events tell of: see docs/configuration.md.
#[cfg(feature = "aws")]
pub type Events = tradewind_aws::EventsOptions;
/// Objects in a bucket of S3, which this build has not.
#[cfg(not(feature = "aws"))]
pub type Objects = Absent;
/// Branch keys under KMS, which this build has not.
#[cfg(not(feature = "aws"))]
pub type Kms = Absent;
/// Secrets that AWS keeps, which this build has not.
#[cfg(not(feature = "aws"))]
pub type Secrets = Absent;
/// Files that S3 events tell of, which this build has not.
#[cfg(not(feature = "aws"))]
pub type Events = Absent;

/// A section for what this build has not: its presence is told as a problem.
#[cfg(not(feature = "aws"))]
#[derive(Debug, Clone, Default)]
pub struct Absent;

#[cfg(not(feature = "aws"))]
impl<'de> Deserialize<'de> for Absent {
    fn deserialize<D: serde::Deserializer<'de>>(section: D) -> Result<Self, D::Error> {
        serde::de::IgnoredAny::deserialize(section).map(|_| Self)
    }
}
