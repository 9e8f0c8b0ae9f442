//! Taking a SQLite ledger over: every row, in one transaction, into a database that holds none.

use futures::TryStreamExt;
use sqlx::sqlite::SqliteRow;
use sqlx::{AssertSqlSafe, Connection as _, Executor, PgConnection, Row, SqliteConnection, TypeInfo, ValueRef};

use super::sql::audit::Chain;
use super::sql::reports;
use super::{PostgresLedger, session};
use crate::{LedgerError, Result, SqliteLedger};

/// Every table, each after those that it refers to.
pub(super) const TABLES: [&str; 21] = [
    "receipt",
    "interchange",
    "accepted_number",
    "accepted_content",
    "transaction_set",
    "item",
    "deliverable",
    "delivery",
    "delivery_item",
    "control_number",
    "acknowledgment",
    "owed_acknowledgment",
    "out_file",
    "answer",
    "notification",
    "outbox",
    "idempotency_key",
    "branch_key",
    "alarm",
    "audit",
    "event",
];

/// Bytes that are sent at once.
const CHUNK: usize = 256 * 1024;

/// Rows between two words of progress.
const PROGRESS_ROWS: u64 = 10_000;

impl PostgresLedger {
    /// Copies every row of a SQLite ledger into this one, which must be empty, and gives the tables with their rows. `progress` hears of each
    /// table, and of the rows that were sent of it so far. Before anything is committed, each table's rows are counted on both sides, the
    /// copied audit chain is verified, and each partner's conservation line is compared and must hold on both sides. What is written to the
    /// SQLite ledger meanwhile is not copied: stop what writes there.
    ///
    /// # Errors
    /// When a table holds a row already, either side fails, or the copy is not what was copied; then nothing was copied.
    pub async fn copy_from(
        &self,
        from: &SqliteLedger,
        mut progress: impl FnMut(&'static str, u64) + Send,
    ) -> Result<Vec<(&'static str, u64)>> {
        let mut source = from.readers().begin().await?;
        let mut target = session::open(&self.options).await?;
        let begin = "BEGIN; SET LOCAL statement_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = 0";
        target.execute(sqlx::raw_sql(begin)).await?;
        let lock = format!("LOCK TABLE {} IN EXCLUSIVE MODE", TABLES.join(", "));
        target.execute(AssertSqlSafe(lock)).await?;
        for table in TABLES {
            let sql = AssertSqlSafe(format!("SELECT 1 FROM {table} LIMIT 1"));
            if target.fetch_optional(sql).await?.is_some() {
                return Err(LedgerError::Taken { what: "table", id: table.to_owned() });
            }
        }
        let mut copied = Vec::with_capacity(TABLES.len());
        for table in TABLES {
            copied.push((table, copy(&mut source, &mut target, table, &mut progress).await?));
        }
        for table in ["alarm", "event"] {
            let sql = format!(
                "SELECT setval(pg_get_serial_sequence('{table}', 'id'), (SELECT coalesce(max(id), 0) + 1 FROM {table}), FALSE)"
            );
            target.execute(AssertSqlSafe(sql)).await?;
        }
        target.execute(AssertSqlSafe(format!("ANALYZE {}", TABLES.join(", ")))).await?;
        verify(&mut source, &mut target).await?;
        target.execute("COMMIT").await?;
        target.close().await?;
        Ok(copied)
    }
}

async fn copy(
    source: &mut SqliteConnection,
    target: &mut PgConnection,
    table: &'static str,
    progress: &mut (impl FnMut(&'static str, u64) + Send),
) -> Result<u64> {
    let columns = sqlx::query_scalar("SELECT name FROM pragma_table_info($1) ORDER BY cid").bind(table);
    let columns: Vec<String> = columns.fetch_all(&mut *source).await?;
    let columns = columns.join(", ");
    let mut copying = target.copy_in_raw(&format!("COPY {table} ({columns}) FROM STDIN")).await?;
    let mut rows = source.fetch(AssertSqlSafe(format!("SELECT {columns} FROM {table}")));
    let mut chunk = Vec::with_capacity(CHUNK);
    let mut sent = 0;
    progress(table, sent);
    while let Some(row) = rows.try_next().await? {
        write_line(&row, &mut chunk)?;
        if chunk.len() >= CHUNK {
            copying.send(chunk.as_slice()).await?;
            chunk.clear();
        }
        sent += 1;
        if sent % PROGRESS_ROWS == 0 {
            progress(table, sent);
        }
    }
    copying.send(chunk.as_slice()).await?;
    let copied = copying.finish().await?;
    progress(table, copied);
    Ok(copied)
}

/// Whether the copy, which is not committed yet, is what was copied.
async fn verify(source: &mut SqliteConnection, target: &mut PgConnection) -> Result<()> {
    for table in TABLES {
        let sql = || AssertSqlSafe(format!("SELECT count(*) FROM {table}"));
        let here: i64 = sqlx::query_scalar(sql()).fetch_one(&mut *source).await?;
        let there: i64 = sqlx::query_scalar(sql()).fetch_one(&mut *target).await?;
        if here != there {
            return Err(LedgerError::CopyDiffers { what: table });
        }
    }
    let mut chain = Chain::from_start();
    while chain.check(&chain.following().fetch_all(&mut *target).await?)? {}
    let here = crate::sqlite::conservation(source).await?;
    let there = reports::by_partner(&reports::conservation().fetch_all(&mut *target).await?)?;
    if here != there || !here.iter().all(|(_, line)| line.holds()) {
        return Err(LedgerError::CopyDiffers { what: "the conservation line" });
    }
    Ok(())
}

/// A row as COPY reads it: columns between tabs, `\N` for NULL, bytes in hexadecimal digits.
fn write_line(row: &SqliteRow, line: &mut Vec<u8>) -> Result<()> {
    for column in 0..row.len() {
        if column > 0 {
            line.push(b'\t');
        }
        let value = row.try_get_raw(column)?;
        if value.is_null() {
            line.extend_from_slice(b"\\N");
            continue;
        }
        match value.type_info().name() {
            "INTEGER" => line.extend_from_slice(row.try_get::<i64, _>(column)?.to_string().as_bytes()),
            "BLOB" => {
                line.extend_from_slice(b"\\\\x");
                for byte in row.try_get::<&[u8], _>(column)? {
                    line.extend_from_slice(format!("{byte:02x}").as_bytes());
                }
            }
            _ => write_text(row.try_get(column)?, line),
        }
    }
    line.push(b'\n');
    Ok(())
}

fn write_text(text: &str, line: &mut Vec<u8>) {
    for byte in text.bytes() {
        match byte {
            b'\\' => line.extend_from_slice(b"\\\\"),
            b'\t' => line.extend_from_slice(b"\\t"),
            b'\n' => line.extend_from_slice(b"\\n"),
            b'\r' => line.extend_from_slice(b"\\r"),
            other => line.push(other),
        }
    }
}
