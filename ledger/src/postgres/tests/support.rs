//! A schema of its own for each test, on the server that the environment names.

use std::sync::Arc;

use async_trait::async_trait;
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};

use crate::contract::Harness;
use crate::postgres::writer::random;
use crate::{Ledger, PostgresLedger, PostgresOptions};

const SERVER: &str = "TRADEWIND_TEST_POSTGRES";

/// A ledger's schema. It goes with the test; one that fails leaves it, to be looked at.
pub(super) struct PostgresHarness {
    server: String,
    schema: String,
}

impl PostgresHarness {
    pub(super) async fn new() -> Self {
        let server = std::env::var(SERVER).unwrap_or_else(|_| {
            panic!("{SERVER} must hold the URL of a PostgreSQL superuser; `make services-up` starts one")
        });
        Self::on(server).await
    }

    pub(super) async fn on(server: String) -> Self {
        let schema = format!("test_{:016x}", random());
        run(&server, format!("CREATE SCHEMA {schema}")).await.unwrap();
        Self { server, schema }
    }

    /// The ledger's URL by way of the server itself, or of another address that leads there.
    pub(super) fn url(&self, by_way_of: Option<std::net::SocketAddr>) -> String {
        let mark = if self.server.contains('?') { '&' } else { '?' };
        let mut url = format!("{}{mark}options[search_path]={}", self.server, self.schema);
        if let Some(address) = by_way_of {
            let start = url.rfind('@').unwrap() + 1;
            let end = start + url[start..].find('/').unwrap();
            url.replace_range(start..end, &address.to_string());
        }
        url
    }

    /// Where the server listens.
    pub(super) async fn address(&self) -> std::net::SocketAddr {
        let options: sqlx::postgres::PgConnectOptions = self.server.parse().unwrap();
        tokio::net::lookup_host((options.get_host(), options.get_port())).await.unwrap().next().unwrap()
    }

    pub(super) async fn lock_receipts(&self) -> Locked {
        let mut holder = PgConnection::connect(&self.server).await.unwrap();
        let sql = format!("BEGIN; LOCK TABLE {}.receipt IN ACCESS EXCLUSIVE MODE", self.schema);
        holder.execute(sqlx::raw_sql(AssertSqlSafe(sql))).await.unwrap();
        Locked { holder }
    }

    /// Whether the bytes stand in a table's file.
    pub(super) async fn stands_in_file(&self, table: &str, bytes: &[u8]) -> bool {
        let mut connection = PgConnection::connect(&self.server).await.unwrap();
        connection.execute("CHECKPOINT").await.unwrap();
        let sql = "SELECT position($1 IN pg_read_binary_file(pg_relation_filepath($2::regclass))) > 0";
        let table = format!("{}.{table}", self.schema);
        sqlx::query_scalar(sql).bind(bytes).bind(table).fetch_one(&mut connection).await.unwrap()
    }

    /// A transaction that sees what stands now until it is dropped, as a backup's does.
    pub(super) async fn snapshot(&self) -> PgConnection {
        let mut connection = PgConnection::connect(&self.server).await.unwrap();
        connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ").await.unwrap();
        connection.execute("SELECT count(*) FROM pg_class").await.unwrap();
        connection
    }

    pub(super) fn options(&self) -> PostgresOptions {
        PostgresOptions::new(&self.url(None)).unwrap()
    }

    pub(super) async fn postgres(&self) -> PostgresLedger {
        PostgresLedger::open(self.options()).await.unwrap()
    }
}

/// The table of receipts, which nobody can read meanwhile.
pub(super) struct Locked {
    holder: PgConnection,
}

impl Locked {
    pub(super) async fn until_someone_waits(&self, harness: &PostgresHarness) {
        let mut connection = PgConnection::connect(&harness.server).await.unwrap();
        let sql =
            "SELECT EXISTS (SELECT 1 FROM pg_locks WHERE NOT granted AND relation = ($1 || '.receipt')::regclass)";
        while !sqlx::query_scalar::<_, bool>(sql).bind(&harness.schema).fetch_one(&mut connection).await.unwrap() {
            tokio::task::yield_now().await;
        }
    }

    pub(super) async fn free(self) {
        self.holder.close().await.unwrap();
    }
}

pub(super) async fn run(server: &str, sql: String) -> sqlx::Result<()> {
    let mut connection = PgConnection::connect(server).await?;
    connection.execute(AssertSqlSafe(sql)).await?;
    connection.close().await
}

impl Drop for PostgresHarness {
    fn drop(&mut self) {
        if std::thread::panicking() {
            return;
        }
        let sql = format!("SET lock_timeout = '10s'; DROP SCHEMA {} CASCADE", self.schema);
        let server = self.server.clone();
        let removing = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let mut connection = PgConnection::connect(&server).await?;
                connection.execute(sqlx::raw_sql(AssertSqlSafe(sql))).await
            })
        });
        // A server that a test has stopped for good keeps it.
        let _ = removing.join().unwrap();
    }
}

#[async_trait]
impl Harness for PostgresHarness {
    async fn open(&self) -> Arc<dyn Ledger> {
        Arc::new(self.postgres().await)
    }
}
