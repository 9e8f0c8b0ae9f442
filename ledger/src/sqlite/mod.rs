//! The SQLite backend: one writer task with group commit, and a pool of readers.

#[macro_use]
mod dialect;
#[path = "../sql/mod.rs"]
mod sql;
#[cfg(test)]
mod tests;
mod writer;

use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteRow, SqliteSynchronous,
};
use sqlx::{ConnectOptions, Connection as _, SqliteConnection};

use crate::wakes::{WakeStream, Waker, Wakes};
use crate::{LedgerError, Result};
use writer::{Tx, UnitFuture, Writer};

type Backend = SqliteLedger;
type Db = sqlx::Sqlite;
type DbRow = SqliteRow;

/// Older ones can lose a write-ahead log's content in a race of reset and checkpoint.
const VERSION_LEAST: (u32, u32, u32) = (3, 51, 3);
const VERSION_LEAST_TEXT: &str = "3.51.3";

/// Where the ledger lies, and its limits.
#[derive(Debug, Clone)]
pub struct SqliteOptions {
    /// The database file; made if it is missing, readable by its owner alone.
    pub path: PathBuf,
    /// Connections that read.
    pub readers: u32,
    /// How long a call waits for another process's write.
    pub busy_timeout: Duration,
    /// Units of work that one commit takes at most.
    pub commit_units_max: usize,
    /// Units of work that may wait for the writer; more make their callers wait.
    pub waiting_units_max: usize,
    /// Memory for the writer's page cache, in KiB.
    pub cache_kib: u32,
}

impl SqliteOptions {
    /// The defaults, for a file.
    #[must_use]
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self {
            path: path.into(),
            readers: 4,
            busy_timeout: Duration::from_secs(10),
            commit_units_max: 128,
            waiting_units_max: 1_024,
            cache_kib: 16 * 1024,
        }
    }
}

/// The ledger in a SQLite file. Cheap to clone; every clone is the same ledger.
#[derive(Clone)]
pub struct SqliteLedger {
    writer: Writer,
    readers: SqlitePool,
    waker: Waker,
}

impl fmt::Debug for SqliteLedger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SqliteLedger")
    }
}

impl SqliteLedger {
    /// Opens the ledger, makes its file if there is none, and brings its schema up to date.
    ///
    /// # Errors
    /// When the file cannot be used, the engine is too old, or a migration fails.
    pub async fn open(options: SqliteOptions) -> Result<Self> {
        make_private(&options.path).map_err(LedgerError::File)?;
        let connect = SqliteConnectOptions::new()
            .filename(&options.path)
            .create_if_missing(false)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(options.busy_timeout)
            .disable_statement_logging();
        let writing = connect
            .clone()
            .pragma("temp_store", "memory")
            .pragma("secure_delete", "on")
            .pragma("cache_size", format!("-{}", options.cache_kib))
            .pragma("wal_autocheckpoint", "4000")
            .pragma("journal_size_limit", "67108864")
            .statement_cache_capacity(256);
        let mut connection = writing.connect().await?;
        check_version(&mut connection).await?;
        migrate(&mut connection).await?;
        // Counting sorts every item, which readers do in files: in memory it took 50 MB for 830,000 of them, in each reader. What is sorted
        // are ids and states.
        let readers = SqlitePoolOptions::new()
            .max_connections(options.readers.max(1))
            .acquire_timeout(options.busy_timeout)
            .connect_with(connect.pragma("query_only", "on").pragma("temp_store", "file"))
            .await?;
        let waker = Waker::new();
        Ok(Self { writer: Writer::start(connection, waker.clone(), &options), readers, waker })
    }

    /// Waits for the writes that were asked for before, closes the file, and refuses what comes after.
    pub async fn close(&self) {
        self.writer.close().await;
        self.readers.close().await;
    }

    /// Runs a unit of work in a transaction; answers after its commit. It runs to its end even if the caller goes away.
    pub(crate) async fn write<T, F>(&self, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: for<'c> FnOnce(&'c mut Tx) -> UnitFuture<'c, T> + Send + 'static,
    {
        self.writer.run(work).await
    }

    /// secure_delete has overwritten the bytes in their page; truncating the log takes away the copies that stand there.
    async fn forget_erased(&self) -> Result<()> {
        self.writer.truncate_log().await
    }

    pub(crate) fn readers(&self) -> &SqlitePool {
        &self.readers
    }

    /// Readers for what reads every item.
    pub(crate) fn counters(&self) -> &SqlitePool {
        &self.readers
    }
}

impl Wakes for SqliteLedger {
    /// The wakes of this process.
    fn wakes(&self) -> WakeStream {
        self.waker.stream()
    }
}

/// Makes the file before SQLite does, so that nobody else may ever read it; its log and index take over its mode.
fn make_private(path: &Path) -> std::io::Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.create(true).append(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map(drop)
}

async fn check_version(connection: &mut SqliteConnection) -> Result<()> {
    let found: String = sqlx::query_scalar("SELECT sqlite_version()").fetch_one(connection).await?;
    let mut parts = found.split('.').map(|part| part.parse::<u32>().unwrap_or(0));
    let version = (parts.next().unwrap_or(0), parts.next().unwrap_or(0), parts.next().unwrap_or(0));
    if version >= VERSION_LEAST {
        Ok(())
    } else {
        Err(LedgerError::EngineVersion { engine: "sqlite", least: VERSION_LEAST_TEXT, found })
    }
}

async fn migrate(connection: &mut SqliteConnection) -> Result<()> {
    let migrations = sqlx::migrate!("migrations/sqlite");
    // Another process that opens the same new file may be faster: then the first try fails, and the second finds it done.
    if migrations.run_direct(None, connection, false).await.is_ok() {
        return Ok(());
    }
    migrations.run_direct(None, connection, false).await.map_err(LedgerError::Migration)
}

/// Every partner's conservation line, as a connection in a transaction sees it.
#[cfg(feature = "postgres")]
pub(crate) async fn conservation(
    connection: &mut SqliteConnection,
) -> Result<Vec<(tradewind_compliance::PartnerId, crate::Conservation)>> {
    sql::reports::by_partner(&sql::reports::conservation().fetch_all(connection).await?)
}

async fn close_connection(connection: SqliteConnection) {
    if let Err(error) = connection.close().await {
        tracing::warn!(%error, "the ledger's file did not close cleanly; its log is replayed at the next start");
    }
}
