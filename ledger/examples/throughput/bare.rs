//! The bare loop: multi-row inserts into the ledger's own tables, a batch in a statement and a transaction, and nothing else.

use std::sync::Arc;
use std::time::{Duration, Instant};

use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sqlx::{AssertSqlSafe, Connection, Executor, SqliteConnection};
use tradewind_ledger::*;

use super::claims::{BATCH, Round};
use super::way;

/// Which rows of a claim.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rows {
    /// Its item, as staging writes it.
    Items,
    /// Every row that it leaves behind: its item, its place in a delivery, its answer.
    All,
}

const ITEM: &str = "INSERT INTO item
    (id, set_id, ordinal, destination, state, delivery, start, length, claim_hash, member_hash, sealed) VALUES ";
const DELIVERY: &str = "INSERT INTO delivery
    (id, partner, state, payload, control_number, item_count, reads_only, over_by, changed_at) VALUES ";
const DELIVERY_ITEM: &str = "INSERT INTO delivery_item (delivery, position, item, set_number) VALUES ";
const ANSWER: &str = "INSERT INTO answer
    (id, item, delivery, source, ordinal, kind, outcome, advance, object, start, length, answered_at) VALUES ";

/// The statements, which are made once.
struct Statements {
    item: Arc<str>,
    delivery: Arc<str>,
    delivery_item: Arc<str>,
    answer: Arc<str>,
}

impl Statements {
    fn new(numbered: bool) -> Self {
        let values = |rows: usize, columns: usize| -> String {
            let place = |n: usize| if numbered { format!("${}", n + 1) } else { "?".to_owned() };
            let row = |row| (0..columns).map(|column| place(row * columns + column)).collect::<Vec<_>>().join(",");
            (0..rows).map(|n| format!("({})", row(n))).collect::<Vec<_>>().join(",")
        };
        let statement = |begin: &str, rows, columns| format!("{begin}{}", values(rows, columns)).into();
        Self {
            item: statement(ITEM, BATCH, 11),
            delivery: statement(DELIVERY, 1, 9),
            delivery_item: statement(DELIVERY_ITEM, BATCH, 4),
            answer: statement(ANSWER, BATCH, 12),
        }
    }
}

/// A store that is written to by a connection of its own. The ledger made its tables, and gives what rows refer to.
pub(crate) struct Bare {
    connection: Link,
    statements: Statements,
    ledger: Arc<dyn Ledger>,
}

enum Link {
    Sqlite(SqliteConnection),
    #[cfg(feature = "postgres")]
    Postgres(sqlx::PgConnection),
}

/// The loop, for a backend's connection.
macro_rules! insert {
    ($connection:expr, $statements:expr, $round:expr, $rows:expr) => {
        for (number, batch) in $round.items.chunks(BATCH).enumerate() {
            assert_eq!(batch.len(), BATCH);
            let delivery = $round.delivery(number);
            let all = $rows == Rows::All;
            $connection.execute("BEGIN").await.unwrap();
            if all {
                let payer = super::claims::payer();
                sqlx::query(AssertSqlSafe(Arc::clone(&$statements.delivery)))
                    .bind(delivery.as_str())
                    .bind(payer.as_str())
                    .bind("sent")
                    .bind("sent/1")
                    .bind(($round.number as usize * $round.items.len() + number) as i64 + 1)
                    .bind(BATCH as i64)
                    .bind(false)
                    .bind(super::claims::NOW.0 as i64)
                    .bind(super::claims::NOW.0 as i64)
                    .execute(&mut *$connection)
                    .await
                    .unwrap();
            }
            let mut query = sqlx::query(AssertSqlSafe(Arc::clone(&$statements.item)));
            for item in batch {
                query = query
                    .bind(item.id.as_str())
                    .bind(item.set.as_str())
                    .bind(i64::from(item.ordinal))
                    .bind(item.destination.as_ref().map(|partner| partner.as_str()))
                    .bind(if all { "answered" } else { "waiting" })
                    .bind(all.then_some(delivery.as_str()))
                    .bind(item.offset as i64)
                    .bind(i64::from(item.length))
                    .bind(item.claim_hash.as_ref().map(|hash| hash.0.as_slice()))
                    .bind(item.member_hash.as_ref().map(|hash| hash.0.as_slice()))
                    .bind(item.sealed.as_ref().map(|sealed| sealed.0.as_slice()));
            }
            query.execute(&mut *$connection).await.unwrap();
            if all {
                let mut query = sqlx::query(AssertSqlSafe(Arc::clone(&$statements.delivery_item)));
                for (position, item) in (1_i64..).zip(batch) {
                    query = query.bind(delivery.as_str()).bind(position).bind(item.id.as_str()).bind(1_i64);
                }
                query.execute(&mut *$connection).await.unwrap();
                let answers: Vec<NewAnswer> = (0..BATCH).map(|n| $round.answer(number * BATCH + n)).collect();
                let mut query = sqlx::query(AssertSqlSafe(Arc::clone(&$statements.answer)));
                for answer in &answers {
                    query = query
                        .bind(answer.id.as_str())
                        .bind(answer.item.as_str())
                        .bind(answer.delivery.as_ref().map(|delivery| delivery.as_str()))
                        .bind(answer.source.as_str())
                        .bind(i64::from(answer.ordinal))
                        .bind(answer.kind.as_str())
                        .bind(answer.outcome.as_str())
                        .bind("answered")
                        .bind(answer.place.object.as_str())
                        .bind(answer.place.offset as i64)
                        .bind(i64::from(answer.place.length))
                        .bind(answer.at.0 as i64);
                }
                query.execute(&mut *$connection).await.unwrap();
            }
            $connection.execute("COMMIT").await.unwrap();
        }
    };
}

impl Bare {
    /// With the pragmas of the ledger's writer.
    pub(crate) async fn sqlite(options: SqliteOptions) -> Self {
        let ledger = Arc::new(SqliteLedger::open(options.clone()).await.unwrap());
        let connect = SqliteConnectOptions::new()
            .filename(&options.path)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(options.busy_timeout)
            .pragma("temp_store", "memory")
            .pragma("secure_delete", "on")
            .pragma("cache_size", format!("-{}", options.cache_kib))
            .pragma("wal_autocheckpoint", "4000");
        let connection = Link::Sqlite(SqliteConnection::connect_with(&connect).await.unwrap());
        Self { connection, statements: Statements::new(false), ledger }
    }

    #[cfg(feature = "postgres")]
    pub(crate) async fn postgres(url: &str) -> Self {
        let ledger = Arc::new(PostgresLedger::open(PostgresOptions::new(url).unwrap()).await.unwrap());
        let mut connection = sqlx::PgConnection::connect(url).await.unwrap();
        connection.execute("SET synchronous_commit = on").await.unwrap();
        Self { connection: Link::Postgres(connection), statements: Statements::new(true), ledger }
    }

    pub(crate) async fn insert(&mut self, round: &Round, rows: Rows) -> Duration {
        way::begin(&*self.ledger, round).await;
        let start = Instant::now();
        match &mut self.connection {
            Link::Sqlite(connection) => insert!(connection, self.statements, round, rows),
            #[cfg(feature = "postgres")]
            Link::Postgres(connection) => insert!(connection, self.statements, round, rows),
        }
        start.elapsed()
    }
}

/// An empty schema on the server, as a URL.
#[cfg(feature = "postgres")]
pub(crate) async fn schema(server: &str, name: &str) -> String {
    drop_schema(server, name).await;
    run(server, format!("CREATE SCHEMA {name}")).await;
    let mark = if server.contains('?') { '&' } else { '?' };
    format!("{server}{mark}options[search_path]={name}")
}

#[cfg(feature = "postgres")]
pub(crate) async fn drop_schema(server: &str, name: &str) {
    run(server, format!("DROP SCHEMA IF EXISTS {name} CASCADE")).await;
}

#[cfg(feature = "postgres")]
async fn run(server: &str, sql: String) {
    let mut connection = sqlx::PgConnection::connect(server).await.expect("a PostgreSQL server");
    connection.execute(sqlx::raw_sql(AssertSqlSafe(sql))).await.unwrap();
}
