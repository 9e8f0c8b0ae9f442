//! One writer's connection: it runs units of work in one transaction, and finds out how a commit ended whose answer was lost.

use std::future::Future;
use std::time::Duration;

use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Executor, PgConnection};
use tokio::time::timeout;

use super::PostgresOptions;
use super::fate::{Fate, fate};
use super::unit::{Tx, Unit};
use super::writer::{pause, random};
use crate::wakes::{Waiting, Wake};
use crate::{LedgerError, Result};

/// How long a unit among others waits for a row. Then it is run alone: alone, it takes its locks in an order in which nobody is stuck.
const LOCK_TIMEOUT_AMONG_OTHERS: &str = "100ms";

/// The channel on which wakes go to every process.
pub(super) const CHANNEL: &str = "tradewind";

pub(super) struct Session {
    options: PostgresOptions,
    /// The writer's name in `commit_mark`, of hexadecimal digits.
    name: String,
    /// The last transaction's number.
    batch: u64,
    tx: Option<Tx>,
}

impl Session {
    pub(super) fn new(options: PostgresOptions) -> Self {
        Self { options, name: format!("{:016x}{:016x}", random(), random()), batch: 0, tx: None }
    }

    /// Runs the units in one transaction. `Ok` is durable for the units that are done; the others are undone.
    pub(super) async fn transaction(&mut self, units: &mut [Box<dyn Unit>]) -> Result<()> {
        self.batch += 1;
        let mut committing = false;
        let ended = within(self.options.transaction_timeout, self.run(units, &mut committing)).await;
        let Err(error) = ended else { return Ok(()) };
        // What the connection is in is not known any more: the next transaction gets a new one.
        self.tx = None;
        if committing && fate(&error) == Fate::Lost {
            return if self.came_through().await? { Ok(()) } else { Err(error) };
        }
        Err(error)
    }

    async fn run(&mut self, units: &mut [Box<dyn Unit>], committing: &mut bool) -> Result<()> {
        let begin = self.begin(units.len());
        let tx = match &mut self.tx {
            Some(tx) => tx,
            none => none.insert(connect(&self.options).await?),
        };
        tx.wakes = Waiting::default();
        tx.conn.execute(sqlx::raw_sql(AssertSqlSafe(begin))).await?;
        let mut rest = units.len();
        for unit in units.iter_mut() {
            let mark = tx.wakes.mark();
            let fate = unit.run(tx).await;
            rest -= 1;
            match fate {
                Fate::Done if rest > 0 => {
                    tx.conn.execute(sqlx::raw_sql("RELEASE SAVEPOINT unit; SAVEPOINT unit")).await?;
                }
                Fate::Done => {}
                Fate::Refused | Fate::Beaten | Fate::Overtaken => {
                    tx.wakes.undo(mark);
                    tx.conn.execute("ROLLBACK TO SAVEPOINT unit").await?;
                }
                Fate::Lost => return Err(sqlx::Error::Io(std::io::ErrorKind::ConnectionAborted.into()).into()),
            }
        }
        let commit = commit(tx.wakes.take());
        *committing = true;
        tx.conn.execute(sqlx::raw_sql(AssertSqlSafe(commit))).await?;
        Ok(())
    }

    /// Begins with the mark, which a commit that was lost is found by, and which a transaction of ours that the server has not given up yet
    /// still locks: none overtakes it.
    fn begin(&self, units: usize) -> String {
        let (name, batch) = (&self.name, self.batch);
        let mark = format!(
            "INSERT INTO commit_mark (writer, batch) VALUES ('{name}', {batch})
            ON CONFLICT (writer) DO UPDATE SET batch = excluded.batch, at = now()"
        );
        let limit =
            if units > 1 { format!("; SET LOCAL lock_timeout = '{LOCK_TIMEOUT_AMONG_OTHERS}'") } else { String::new() };
        format!("BEGIN; {mark}{limit}; SAVEPOINT unit")
    }

    /// Whether the last transaction was committed. Waits for it if the server still works on it.
    async fn came_through(&mut self) -> Result<bool> {
        for run in 0..self.options.tries_max {
            match self.last_mark().await {
                Ok(batch) => return Ok(batch == self.batch),
                Err(error) => {
                    tracing::warn!(%error, "a commit of the ledger broke off; its outcome is asked for again");
                    self.tx = None;
                    pause(run).await;
                }
            }
        }
        Err(LedgerError::CommitUnknown)
    }

    async fn last_mark(&mut self) -> Result<u64> {
        let tx = match &mut self.tx {
            Some(tx) => tx,
            none => none.insert(connect(&self.options).await?),
        };
        // An insert waits for a transaction that has inserted or changed the row and is not at its end.
        let sql = "INSERT INTO commit_mark (writer, batch) VALUES ($1, 0)
            ON CONFLICT (writer) DO UPDATE SET at = now() RETURNING batch";
        let batch: i64 = within(self.options.transaction_timeout, async {
            Ok(sqlx::query_scalar(sql).bind(&self.name).fetch_one(&mut tx.conn).await?)
        })
        .await?;
        u64::try_from(batch).map_err(|_| LedgerError::Corrupt { column: "batch", expected: "a count" })
    }

    /// Ends the connection, and takes the writer's mark away.
    pub(super) async fn close(self) {
        let Some(mut tx) = self.tx else { return };
        let gone = sqlx::query("DELETE FROM commit_mark WHERE writer = $1").bind(&self.name);
        let farewell = async {
            gone.execute(&mut tx.conn).await?;
            tx.conn.close().await
        };
        // Without a farewell the mark stays until it is old.
        let _ = timeout(self.options.connect_timeout, farewell).await;
    }
}

/// Opens a connection of ours, whose commits are durable whatever the server's default is.
pub(super) async fn open(options: &PostgresOptions) -> Result<PgConnection> {
    within(options.connect_timeout, async {
        let mut conn = options.session().disable_statement_logging().connect().await?;
        let sql =
            "SELECT set_config('synchronous_commit', 'on', FALSE) WHERE current_setting('synchronous_commit') = 'off'";
        conn.execute(sql).await?;
        end_with_us(&mut conn).await;
        Ok(conn)
    })
    .await
}

/// Has the server look whether we are still there: what nobody waits for any more ends, and frees its locks and its place. A server that
/// cannot look (not all systems can) goes on to its own limits.
pub(super) async fn end_with_us(conn: &mut PgConnection) {
    let looks = conn.execute("SELECT set_config('client_connection_check_interval', '1000', FALSE)").await;
    if let Err(error) = looks {
        tracing::debug!(%error, "the server does not look whether we are still there");
    }
}

async fn connect(options: &PostgresOptions) -> Result<Tx> {
    Ok(Tx { conn: open(options).await?, wakes: Waiting::default() })
}

async fn within<T>(limit: Duration, work: impl Future<Output = Result<T>>) -> Result<T> {
    let silent = |_| Err(LedgerError::Timeout { limit_ms: limit.as_millis().try_into().unwrap_or(u64::MAX) });
    timeout(limit, work).await.unwrap_or_else(silent)
}

/// The last statements of a transaction. The server tells the wakes to every process, once the commit is through.
fn commit(wakes: Vec<Wake>) -> String {
    let notify: Vec<String> =
        wakes.into_iter().map(|wake| format!("NOTIFY {CHANNEL}, '{}'; ", super::wakes::word(wake))).collect();
    format!("RELEASE SAVEPOINT unit; {}COMMIT", notify.concat())
}
