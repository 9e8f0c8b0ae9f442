//! The outbox.

use async_trait::async_trait;
use sqlx::{AssertSqlSafe, Row};
use tradewind_compliance::JobId;

use super::rows::{id_list, int, parse, text, time, u32, u64};
use super::{Backend, DbRow, Tx};
use crate::{Depth, Job, JobEnd, Lane, Lease, Outbox, Result, UnixMs, Wake};

/// The lanes that have ready jobs, each found by one step along the index, however many jobs it holds.
const LANES: &str = "WITH RECURSIVE l(lane) AS (
        SELECT min(lane) FROM outbox WHERE state = 'ready'
        UNION ALL
        SELECT (SELECT min(o.lane) FROM outbox o WHERE o.state = 'ready' AND o.lane > l.lane)
        FROM l WHERE l.lane IS NOT NULL
    )";

/// A change of a job that its lease still stands for.
macro_rules! held {
    ($change:literal) => {
        concat!("UPDATE outbox SET ", $change, " WHERE id = $1 AND attempt = $2 AND leased = TRUE AND state = 'ready'")
    };
}

#[async_trait]
impl Outbox for Backend {
    async fn due_lanes(&self, at: UnixMs) -> Result<Vec<Lane>> {
        let sql = format!(
            "{LANES} SELECT o.queue, o.partner FROM l CROSS JOIN outbox o WHERE o.id =
                (SELECT d.id FROM outbox d WHERE d.state = 'ready' AND d.lane = l.lane AND d.due_at <= $1 ORDER BY d.due_at, d.id LIMIT 1)
            AND l.lane IS NOT NULL ORDER BY l.lane"
        );
        let rows = sqlx::query(AssertSqlSafe(sql)).bind(int(at.0)).fetch_all(self.readers()).await?;
        rows.iter().map(read_lane).collect()
    }

    async fn lease_jobs(&self, lane: &Lane, limit: u32, at: UnixMs, lease_until: UnixMs) -> Result<Vec<Job>> {
        let lane = lane.clone();
        self.write(move |tx| Box::pin(async move { lease(tx, &lane, limit, at, lease_until).await })).await
    }

    async fn extend_leases(&self, jobs: &[JobId], lease_until: UnixMs) -> Result<()> {
        let ids = id_list(jobs);
        self.write(move |tx| {
            Box::pin(async move {
                let sql = concat!("UPDATE outbox SET due_at = $1 WHERE leased = TRUE AND id ", listed!("$2"));
                sqlx::query(sql).bind(int(lease_until.0)).bind(ids).execute(&mut tx.conn).await?;
                Ok(())
            })
        })
        .await
    }

    async fn drop_leases(&self) -> Result<u64> {
        self.write(move |tx| {
            Box::pin(async move {
                let sql = "UPDATE outbox SET leased = FALSE, due_at = created_at WHERE leased = TRUE";
                Ok(sqlx::query(sql).execute(&mut tx.conn).await?.rows_affected())
            })
        })
        .await
    }

    async fn settle_jobs(&self, ends: Vec<(Lease, JobEnd)>) -> Result<()> {
        self.write(move |tx| {
            Box::pin(async move {
                for (lease, end) in &ends {
                    settle(tx, *lease, end).await?;
                }
                Ok(())
            })
        })
        .await
    }

    async fn release_job(&self, id: JobId, due_at: UnixMs) -> Result<bool> {
        self.write(move |tx| {
            Box::pin(async move {
                let sql = "UPDATE outbox SET state = 'ready', attempt = 0, leased = FALSE, due_at = $1, reason = NULL
                    WHERE id = $2 AND state = 'quarantined'";
                let query = sqlx::query(sql).bind(int(due_at.0)).bind(id.as_str());
                tx.wakes.add(Wake::Jobs);
                Ok(query.execute(&mut tx.conn).await?.rows_affected() > 0)
            })
        })
        .await
    }

    async fn next_job_at(&self) -> Result<Option<UnixMs>> {
        let sql = format!(
            "{LANES} SELECT min((SELECT min(o.due_at) FROM outbox o WHERE o.state = 'ready' AND o.lane = l.lane)) AS next
            FROM l WHERE lane IS NOT NULL"
        );
        let row = sqlx::query(AssertSqlSafe(sql)).fetch_one(self.readers()).await?;
        let next: Option<i64> = row.try_get("next")?;
        Ok(next.and_then(|next| u64::try_from(next).ok()).map(UnixMs))
    }

    async fn depths(&self) -> Result<Vec<Depth>> {
        let sql = "SELECT queue, partner, count(*) FILTER (WHERE state = 'ready') AS ready,
                count(*) FILTER (WHERE state = 'ready' AND leased) AS leased, count(*) FILTER (WHERE state = 'quarantined') AS quarantined, min(CASE state WHEN 'ready' THEN created_at END) AS oldest
            FROM outbox GROUP BY queue, partner ORDER BY queue, partner";
        let rows = sqlx::query(sql).fetch_all(self.readers()).await?;
        rows.iter().map(read_depth).collect()
    }
}

fn read_lane(row: &DbRow) -> Result<Lane> {
    Ok(Lane { queue: parse(row, "queue")?, partner: parse(row, "partner")? })
}

fn read_depth(row: &DbRow) -> Result<Depth> {
    Ok(Depth {
        lane: read_lane(row)?,
        ready: u64(row, "ready")?,
        leased: u64(row, "leased")?,
        quarantined: u64(row, "quarantined")?,
        oldest_at: super::rows::time_opt(row, "oldest")?,
    })
}

async fn lease(tx: &mut Tx, lane: &Lane, limit: u32, at: UnixMs, until: UnixMs) -> Result<Vec<Job>> {
    const LEASE: &str = concat!(
        "WITH due (id) AS MATERIALIZED (",
        locked!(
            "SELECT id FROM outbox WHERE state = 'ready' AND lane = $2 AND due_at <= $3 ORDER BY due_at, id LIMIT $4",
            "SKIP LOCKED"
        ),
        ") UPDATE outbox SET attempt = attempt + 1, leased = TRUE, due_at = $1 WHERE id IN (SELECT id FROM due)
        RETURNING id, queue, partner, kind, reference, attempt, created_at"
    );
    let rows = sqlx::query(LEASE)
        .bind(int(until.0))
        .bind(format!("{} {}", lane.queue, lane.partner))
        .bind(int(at.0))
        .bind(int(limit))
        .fetch_all(&mut tx.conn)
        .await?;
    let mut jobs: Vec<Job> = rows
        .iter()
        .map(|row| {
            Ok(Job {
                id: parse(row, "id")?,
                lane: read_lane(row)?,
                kind: parse(row, "kind")?,
                reference: text(row, "reference")?,
                attempt: u32(row, "attempt")?,
                created_at: time(row, "created_at")?,
            })
        })
        .collect::<Result<_>>()?;
    jobs.sort_unstable_by_key(|job| job.id);
    Ok(jobs)
}

async fn settle(tx: &mut Tx, lease: Lease, end: &JobEnd) -> Result<()> {
    let query = match end {
        // Done is done, whoever did it.
        JobEnd::Done => sqlx::query("DELETE FROM outbox WHERE id = $1"),
        JobEnd::RetryAt(_) => sqlx::query(held!("leased = FALSE, due_at = $3")),
        JobEnd::Later(_) => sqlx::query(held!("leased = FALSE, due_at = $3, attempt = attempt - 1")),
        JobEnd::Returned => sqlx::query(held!("leased = FALSE, due_at = created_at, attempt = attempt - 1")),
        JobEnd::Quarantined(_) => sqlx::query(held!("leased = FALSE, state = 'quarantined', reason = $3")),
    };
    let query = query.bind(lease.job.as_str());
    let query = if *end == JobEnd::Done { query } else { query.bind(int(lease.attempt)) };
    let query = match end {
        JobEnd::RetryAt(due_at) | JobEnd::Later(due_at) => query.bind(int(due_at.0)),
        JobEnd::Quarantined(reason) => query.bind(reason.as_str()),
        JobEnd::Done | JobEnd::Returned => query,
    };
    query.execute(&mut tx.conn).await?;
    Ok(())
}
