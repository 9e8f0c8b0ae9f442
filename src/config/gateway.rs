//! `tradewind.toml`: the gateway itself.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Deserialize;
use tradewind_api::TlsFiles;
use tradewind_transfer::sftp::{HostKey, ServerConfig};

use super::backends::{Events, Kms, Ledger, Objects, Operations, Queues, Secrets};

/// The whole of `tradewind.toml`. Every key has a default, so an empty file (or none) runs.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Gateway {
    /// The tenant that every sealed object is bound to.
    pub tenant: String,
    /// Where the ledger and the sealed objects lie, relative to the home folder.
    pub data: PathBuf,
    /// Where the root key, the SSH host key and the PGP key lie. Never inside `data`.
    pub keys: PathBuf,
    /// The folder with one TOML file a partner.
    pub partners: PathBuf,
    /// The route table.
    pub routes: PathBuf,
    /// A folder of code lists (docs/code-lists.md), read again with the partners. Without it the built-in lists alone.
    pub codes: Option<PathBuf>,
    /// Who we are in ISA and GS.
    pub identity: Identity,
    /// The SFTP door.
    pub sftp: Sftp,
    /// The REST door.
    pub api: Api,
    /// The door of S3 events: files that AWS Transfer Family, or anything else, puts into a bucket. Without it there is none.
    pub events: Option<Events>,
    /// The ledger.
    pub ledger: Ledger,
    /// The queues between the rooms.
    pub queues: Queues,
    /// A bucket of S3 for the sealed objects. Without it the data folder.
    pub objects: Option<Objects>,
    /// Keys of KMS that wrap the branch keys. Without them the root key in the keys folder.
    pub kms: Option<Kms>,
    /// How secrets of Secrets Manager and the Parameter Store are read, for references that name them.
    pub secrets: Option<Secrets>,
    /// Where health and metrics are told by a process without the REST door.
    pub operations: Operations,
    /// The simulated payer that `serve` starts beside the gateway when no partner has a delivery address of its own.
    pub payer: Payer,
    /// Limits of size, count and time.
    pub limits: Limits,
}

impl Default for Gateway {
    fn default() -> Self {
        Self {
            tenant: "default".into(),
            data: "data".into(),
            keys: "keys".into(),
            partners: "partners".into(),
            routes: "routes.toml".into(),
            codes: None,
            identity: Identity::default(),
            sftp: Sftp::default(),
            api: Api::default(),
            events: None,
            ledger: Ledger::default(),
            queues: Queues::default(),
            objects: None,
            kms: None,
            secrets: None,
            operations: Operations::default(),
            payer: Payer::default(),
            limits: Limits::default(),
        }
    }
}

/// A name in ISA05/06 or ISA07/08, and in GS02 or GS03.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Identity {
    /// ISA05: the qualifier, two characters.
    pub qualifier: String,
    /// ISA06: the id, up to 15 characters.
    pub id: String,
    /// GS02: the application's code. The ISA id when left out.
    pub application: Option<String>,
}

impl Default for Identity {
    fn default() -> Self {
        Self { qualifier: "ZZ".into(), id: "TRADEWIND".into(), application: None }
    }
}

/// The SFTP door.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Sftp {
    /// The address to listen on.
    pub listen: SocketAddr,
    /// Seconds that a client has to log in.
    pub login_grace_s: u64,
    /// Failed attempts to log in that a connection has.
    pub auth_attempts_max: usize,
    /// Seconds after which an idle session is closed.
    pub idle_s: u64,
    /// Connections that may be open at once, over all partners.
    pub connections_max: usize,
    /// Connections that one partner may have open at once.
    pub connections_per_partner_max: usize,
}

impl Default for Sftp {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 2222)),
            login_grace_s: 30,
            auth_attempts_max: 6,
            idle_s: 300,
            connections_max: 512,
            connections_per_partner_max: 16,
        }
    }
}

impl Sftp {
    /// What the server wants to know, with its key.
    #[must_use]
    pub fn server(&self, host_key: HostKey) -> ServerConfig {
        ServerConfig {
            login_grace: Duration::from_secs(self.login_grace_s),
            auth_attempts_max: self.auth_attempts_max,
            idle_timeout: Duration::from_secs(self.idle_s),
            connections_max: self.connections_max,
            connections_per_partner_max: self.connections_per_partner_max,
            ..ServerConfig::new(vec![host_key])
        }
    }
}

/// The REST door.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Api {
    /// The address to listen on.
    pub listen: SocketAddr,
    /// What one request, one connection and all of them together may take.
    pub limits: tradewind_api::Limits,
    /// TLS; without it the door speaks plain HTTP, which belongs on loopback or behind a proxy that ends TLS.
    pub tls: Option<TlsFiles>,
}

impl Default for Api {
    fn default() -> Self {
        let limits = tradewind_api::Limits::default();
        Self { listen: SocketAddr::from(([127, 0, 0, 1], 8080)), limits, tls: None }
    }
}

impl Api {
    /// What the server wants to know. Files of TLS are relative to the home folder.
    #[must_use]
    pub fn server(&self, home: &Path) -> tradewind_api::Config {
        let files = |tls: &TlsFiles| TlsFiles { certificate: home.join(&tls.certificate), key: home.join(&tls.key) };
        tradewind_api::Config { limits: self.limits.clone(), tls: self.tls.as_ref().map(files) }
    }
}

/// The simulated payer.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Payer {
    /// Whether `serve` starts it.
    pub run: bool,
    /// The address to listen on.
    pub listen: SocketAddr,
}

impl Default for Payer {
    fn default() -> Self {
        Self { run: false, listen: SocketAddr::from(([127, 0, 0, 1], 8090)) }
    }
}

/// Limits that hold for every partner.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Limits {
    /// The largest file that a door takes, in bytes.
    pub file_bytes_max: u64,
    /// How many bytes a PGP message may grow to, for each byte of it.
    pub pgp_expansion_max: u64,
    /// The longest segment, in bytes.
    pub segment_bytes_max: usize,
    /// How often a job is tried before it is quarantined, and an item that its partner refuses.
    pub attempts_max: u32,
    /// Files that are translated at once.
    pub translations_max: usize,
    /// Days within which an interchange control number or a file's content may not come again.
    pub duplicate_window_days: u32,
    /// Seconds that a partner has to acknowledge what we sent.
    pub acknowledgment_due_s: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            file_bytes_max: 8 << 30,
            pgp_expansion_max: 200,
            segment_bytes_max: 1 << 20,
            attempts_max: 8,
            translations_max: 2,
            duplicate_window_days: 90,
            acknowledgment_due_s: 3600,
        }
    }
}
