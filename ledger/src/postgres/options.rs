//! Where the ledger's database is, and its limits.

use std::fmt;
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgSslMode};

use crate::{LedgerError, Result};

/// Prepared statements that a connection keeps: all that there are.
const STATEMENTS_MAX: usize = 256;

/// Where the ledger's database is, and its limits.
#[derive(Clone)]
pub struct PostgresOptions {
    pub(super) server: PgConnectOptions,
    /// Connections that write.
    pub writers: u32,
    /// Connections that read.
    pub readers: u32,
    /// How long a connection may take to come up.
    pub connect_timeout: Duration,
    /// How long one statement may run.
    pub statement_timeout: Duration,
    /// How long a statement waits for a row that another writer holds.
    pub lock_timeout: Duration,
    /// How long a transaction may take, by our own clock: a network that swallows everything ends here. The server, too, ends one that it
    /// hears nothing more of, and frees its locks.
    pub transaction_timeout: Duration,
    /// How long a read may take, by our own clock.
    pub read_timeout: Duration,
    /// How long counting may take that reads every item: it has connections of its own, and nothing waits for it.
    pub count_timeout: Duration,
    /// How often a commit is tried when its connection breaks or it loses against another writer.
    pub tries_max: u32,
    /// Units of work that one commit takes at most.
    pub commit_units_max: usize,
    /// Units of work that may wait for a writer; more make their callers wait.
    pub waiting_units_max: usize,
}

impl fmt::Debug for PostgresOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PostgresOptions")
    }
}

impl PostgresOptions {
    /// The defaults, for a database: `postgres://user:password@host:port/database`. A server that is not on this machine must show a
    /// certificate for its name, unless the URL's `sslmode` says otherwise; `sslrootcert` names the file of a CA of one's own, and
    /// `options[search_path]` a schema.
    ///
    /// # Errors
    /// When the URL cannot be read.
    pub fn new(url: &str) -> Result<Self> {
        let server: PgConnectOptions =
            url.parse().map_err(|_| LedgerError::Grammar { expected: "a postgres:// URL for the ledger" })?;
        let server =
            if says_ssl_mode(url) || is_local(&server) { server } else { server.ssl_mode(PgSslMode::VerifyFull) };
        Ok(Self {
            server,
            writers: 4,
            readers: 4,
            connect_timeout: Duration::from_secs(5),
            statement_timeout: Duration::from_secs(30),
            lock_timeout: Duration::from_secs(5),
            transaction_timeout: Duration::from_secs(10),
            read_timeout: Duration::from_secs(10),
            count_timeout: Duration::from_secs(600),
            tries_max: 20,
            commit_units_max: 32,
            waiting_units_max: 1_024,
        })
    }

    /// What every connection of ours runs with.
    pub(super) fn session(&self) -> PgConnectOptions {
        let ms = |limit: Duration| limit.as_millis().to_string();
        self.server.clone().application_name("tradewind").statement_cache_capacity(STATEMENTS_MAX).options([
            ("statement_timeout", ms(self.statement_timeout)),
            ("lock_timeout", ms(self.lock_timeout)),
            ("idle_in_transaction_session_timeout", ms(self.transaction_timeout)),
        ])
    }
}

fn says_ssl_mode(url: &str) -> bool {
    url.contains("sslmode=") || url.contains("ssl-mode=")
}

fn is_local(server: &PgConnectOptions) -> bool {
    let host = server.get_host();
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<std::net::IpAddr>();
    server.get_socket().is_some() || host == "localhost" || address.is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mode(url: &str) -> PgSslMode {
        PostgresOptions::new(url).unwrap().session().get_ssl_mode()
    }

    #[test]
    fn a_server_elsewhere_must_show_its_certificate() {
        assert!(matches!(mode("postgres://tw:secret@ledger.example/tw"), PgSslMode::VerifyFull));
        assert!(matches!(mode("postgres://tw:secret@10.0.0.7/tw"), PgSslMode::VerifyFull));
        assert!(matches!(mode("postgres://tw:secret@ledger.example/tw?sslmode=require"), PgSslMode::Require));
        for here in ["127.0.0.1", "[::1]", "localhost"] {
            assert!(matches!(mode(&format!("postgres://tw:secret@{here}:5432/tw")), PgSslMode::Prefer), "{here}");
        }
    }

    #[test]
    fn debug_shows_no_password() {
        let options = PostgresOptions::new("postgres://tw:secret@localhost/tw").unwrap();
        assert!(!format!("{options:?}").contains("secret"));
    }
}
