//! Reads within a time limit. The server's own limits are no help where a network swallows everything: there a read would last for as long
//! as the system keeps the connection.

use std::time::Duration;

use futures::future::BoxFuture;
use futures::stream::{self, BoxStream};
use futures::{FutureExt, StreamExt, TryFutureExt, TryStreamExt};
use sqlx::pool::PoolConnection;
use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions, PgQueryResult, PgRow, PgStatement, PgTypeInfo};
use sqlx::{ConnectOptions, Describe, Either, Error, Execute, Executor, Postgres, SqlStr};
use tokio::time::timeout;

use super::PostgresOptions;
use super::session::end_with_us;

/// Counts that may be under way at once.
const COUNTERS: u32 = 4;
/// How the server names the connections that count.
pub(super) const COUNTING: &str = "tradewind-counting";
/// A connection that counted is kept so long for the next count.
const COUNTER_IDLE: Duration = Duration::from_secs(60);

/// The connections that read.
#[derive(Debug, Clone)]
pub(crate) struct Readers {
    pool: PgPool,
    limit: Duration,
}

impl Readers {
    pub(super) async fn open(options: &PostgresOptions) -> Result<Self, Error> {
        let pool = pool()
            // One more listens.
            .max_connections(options.readers.max(1) + 1)
            .acquire_timeout(options.connect_timeout)
            .connect_with(reading(options))
            .await?;
        Ok(Self { pool, limit: options.read_timeout })
    }

    /// Connections for counting, which takes as long as there are items: others' reads must not wait for it. They come up when they are
    /// needed.
    pub(super) fn counting(options: &PostgresOptions) -> Self {
        let limit = options.count_timeout;
        let counting = reading(options).options([("statement_timeout", limit.as_millis().to_string())]);
        let counting = counting.application_name(COUNTING);
        let pool = pool()
            .max_connections(COUNTERS)
            .idle_timeout(COUNTER_IDLE)
            .acquire_timeout(options.connect_timeout)
            .connect_lazy_with(counting);
        Self { pool, limit }
    }

    pub(super) fn pool(&self) -> &PgPool {
        &self.pool
    }

    pub(super) async fn close(&self) {
        self.pool.close().await;
    }

    async fn all<'q, E: 'q + Execute<'q, Postgres>>(
        &self,
        query: E,
    ) -> Result<Vec<Either<PgQueryResult, PgRow>>, Error> {
        let mut lent = Lent { connection: self.pool.acquire().await?, whole: false };
        let read = timeout(self.limit, lent.connection.fetch_many(query).try_collect()).await;
        lent.whole = read.is_ok();
        read.unwrap_or_else(|_| Err(Error::Io(std::io::ErrorKind::TimedOut.into())))
    }
}

fn pool() -> PgPoolOptions {
    PgPoolOptions::new().after_connect(|conn, _| {
        Box::pin(async move {
            end_with_us(conn).await;
            Ok(())
        })
    })
}

fn reading(options: &PostgresOptions) -> PgConnectOptions {
    options.session().disable_statement_logging().options([("default_transaction_read_only", "on")])
}

/// A connection on which a read was given up is ended: nobody waits for what it still has to say.
struct Lent {
    connection: PoolConnection<Postgres>,
    whole: bool,
}

impl Drop for Lent {
    fn drop(&mut self) {
        if !self.whole {
            self.connection.close_on_drop();
        }
    }
}

impl<'p> Executor<'p> for &'p Readers {
    type Database = Postgres;

    fn fetch_many<'e, 'q: 'e, E>(self, query: E) -> BoxStream<'e, Result<Either<PgQueryResult, PgRow>, Error>>
    where
        'p: 'e,
        E: 'q + Execute<'q, Postgres>,
    {
        self.all(query).map_ok(|steps| stream::iter(steps).map(Ok)).try_flatten_stream().boxed()
    }

    fn fetch_optional<'e, 'q: 'e, E>(self, query: E) -> BoxFuture<'e, Result<Option<PgRow>, Error>>
    where
        'p: 'e,
        E: 'q + Execute<'q, Postgres>,
    {
        self.all(query).map_ok(|steps| steps.into_iter().find_map(Either::right)).boxed()
    }

    fn prepare_with<'e>(self, sql: SqlStr, parameters: &'e [PgTypeInfo]) -> BoxFuture<'e, Result<PgStatement, Error>>
    where
        'p: 'e,
    {
        self.pool.prepare_with(sql, parameters)
    }

    fn describe<'e>(self, sql: SqlStr) -> BoxFuture<'e, Result<Describe<Postgres>, Error>>
    where
        'p: 'e,
    {
        self.pool.describe(sql)
    }
}
