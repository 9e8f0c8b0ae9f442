//! The PostgreSQL backend: any number of processes, each with writers that share commits, a pool of readers, and an ear for the others.
//!
//! Transactions are READ COMMITTED. What is read to decide on is locked first, so that each unit of work has the effect that it would have
//! alone; unique keys stand behind that.

mod copy;
#[macro_use]
mod dialect;
mod fate;
mod options;
mod readers;
mod session;
#[path = "../sql/mod.rs"]
// The other backend has it too: that is what it is for.
#[allow(clippy::duplicate_mod)]
mod sql;
#[cfg(test)]
mod tests;
mod unit;
mod wakes;
mod writer;

use std::fmt;
use std::time::Duration;

use sqlx::postgres::PgRow;
use sqlx::{Connection as _, Executor, PgConnection};
use tokio::time::timeout;

use crate::wakes::{WakeStream, Waker, Wakes};
use crate::{LedgerError, Result};
pub use options::PostgresOptions;
use readers::Readers;
use unit::{Tx, UnitFuture};
use writer::Writer;

type Backend = PostgresLedger;
type Db = sqlx::Postgres;
type DbRow = PgRow;

/// How long a change of the schema may take, other processes' included.
const MIGRATION_TIMEOUT: Duration = Duration::from_secs(60);

/// How long erased keys wait for the end of transactions that still see them, and how often is looked.
const FORGET_TIMEOUT: Duration = Duration::from_secs(60);
const FORGET_LOOK: Duration = Duration::from_millis(200);

/// The oldest version that is still looked after by its makers and has what the statements use.
const VERSION_LEAST: i64 = 140_000;
const VERSION_LEAST_TEXT: &str = "14";

/// The ledger in a PostgreSQL database. Cheap to clone; every clone is the same ledger, and other processes may have it open too.
#[derive(Clone)]
pub struct PostgresLedger {
    writer: Writer,
    readers: Readers,
    counters: Readers,
    waker: Waker,
    options: PostgresOptions,
}

impl fmt::Debug for PostgresLedger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PostgresLedger")
    }
}

impl PostgresLedger {
    /// Opens the ledger, and brings its schema up to date. Of several processes that do so at once, one does and the others wait.
    ///
    /// # Errors
    /// When the server does not answer, is too old, or a migration fails.
    pub async fn open(options: PostgresOptions) -> Result<Self> {
        let mut connection = session::open(&options).await?;
        check_version(&mut connection).await?;
        let limit = MIGRATION_TIMEOUT;
        let late = |_| Err(LedgerError::Timeout { limit_ms: limit.as_millis().try_into().unwrap_or(u64::MAX) });
        timeout(limit, migrate(&mut connection)).await.unwrap_or_else(late)?;
        connection.execute("DELETE FROM commit_mark WHERE at < now() - INTERVAL '7 days'").await?;
        connection.close().await?;
        let (readers, counters) = (Readers::open(&options).await?, Readers::counting(&options));
        let (writer, waker) = (Writer::start(&options), Waker::new());
        let listener = wakes::connect(readers.pool()).await?;
        tokio::spawn(wakes::run(listener, readers.pool().clone(), waker.clone(), writer.closing()));
        Ok(Self { writer, readers, counters, waker, options })
    }

    /// Waits for the writes that were asked for before, closes the connections, and refuses what comes after.
    pub async fn close(&self) {
        self.writer.close().await;
        self.readers.close().await;
        self.counters.close().await;
    }

    /// Runs a unit of work in a transaction; answers after its commit. It runs to its end even if the caller goes away, and again where
    /// another writer or the network undid it.
    pub(crate) async fn write<T, F>(&self, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: for<'c> FnOnce(&'c mut Tx) -> UnitFuture<'c, T> + Clone + Send + 'static,
    {
        self.writer.run(work).await
    }

    /// Writes the table of keys anew, without what was erased. The server's write-ahead log and its backups still hold the wrapped bytes
    /// for as long as they are kept.
    ///
    /// # Errors
    /// When transactions that began before, such as a backup's, do not end in time: the server keeps for them what was erased. It can be
    /// asked for again.
    async fn forget_erased(&self) -> Result<()> {
        let mut connection = session::open(&self.options).await?;
        let erased: String =
            sqlx::query_scalar("SELECT pg_current_xact_id()::xid::text").fetch_one(&mut connection).await?;
        let began = tokio::time::Instant::now();
        while self.is_seen(&mut connection, &erased).await? {
            if began.elapsed() >= FORGET_TIMEOUT {
                return Err(LedgerError::Timeout {
                    limit_ms: FORGET_TIMEOUT.as_millis().try_into().unwrap_or(u64::MAX),
                });
            }
            tokio::time::sleep(FORGET_LOOK).await;
        }
        connection.execute("VACUUM (FULL) branch_key").await?;
        Ok(connection.close().await?)
    }

    /// Whether a transaction still sees what stood before that one. Those that only count are ended: they are asked for again.
    async fn is_seen(&self, connection: &mut PgConnection, transaction: &str) -> Result<bool> {
        let sql = "SELECT CASE WHEN application_name = $2 THEN pg_cancel_backend(pid) END FROM pg_stat_activity
            WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type IS DISTINCT FROM 'autovacuum worker'
            AND greatest(age(backend_xmin), age(backend_xid)) >= age($1::xid)";
        let seen = sqlx::query(sql).bind(transaction).bind(readers::COUNTING).fetch_all(connection).await?;
        Ok(!seen.is_empty())
    }

    pub(crate) fn readers(&self) -> &Readers {
        &self.readers
    }

    /// Readers for what reads every item.
    pub(crate) fn counters(&self) -> &Readers {
        &self.counters
    }
}

impl Wakes for PostgresLedger {
    /// The wakes of every process that has this ledger open.
    fn wakes(&self) -> WakeStream {
        self.waker.stream()
    }
}

async fn check_version(connection: &mut PgConnection) -> Result<()> {
    let sql = "SELECT current_setting('server_version_num')::BIGINT, current_setting('server_version')";
    let (number, found): (i64, String) = sqlx::query_as(sql).fetch_one(connection).await?;
    let (engine, least) = ("postgresql", VERSION_LEAST_TEXT);
    if number >= VERSION_LEAST { Ok(()) } else { Err(LedgerError::EngineVersion { engine, least, found }) }
}

/// Under the migrator's own lock, for which another process's migration may make us wait.
async fn migrate(connection: &mut PgConnection) -> Result<()> {
    connection.execute("SET lock_timeout = 0; SET statement_timeout = 0").await?;
    sqlx::migrate!("migrations/postgres").run_direct(None, connection, false).await.map_err(LedgerError::Migration)
}
