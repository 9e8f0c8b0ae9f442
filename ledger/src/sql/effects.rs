//! Writes what follows from a change, in the change's transaction.

use super::rows::int;
use super::{Tx, audit, numbers, receipts, watch};
use crate::{
    Effects, Kind, LedgerError, NewAcknowledgment, NewJob, NewOutFile, NewOwed, OutName, Result, UnixMs, Wake,
};

/// `at` is when the jobs count as written.
pub(super) async fn apply(tx: &mut Tx, effects: &Effects, at: UnixMs) -> Result<()> {
    for (receipt, content) in &effects.receipts {
        receipts::receive_row(tx, receipt, *content).await?;
    }
    if !effects.jobs.is_empty() {
        tx.wakes.add(Wake::Jobs);
    }
    for job in &effects.jobs {
        write_job(tx, job, at).await?;
    }
    for file in &effects.files {
        write_file(tx, file).await?;
    }
    for acknowledgment in &effects.acknowledgments {
        write_acknowledgment(tx, acknowledgment).await?;
    }
    for owed in &effects.owed {
        write_owed(tx, owed).await?;
    }
    for used in &effects.numbers_used {
        numbers::mark_used(tx, &used.partner, used.numbers, &used.by).await?;
    }
    for alarm in &effects.alarms {
        watch::open(tx, alarm).await?;
    }
    for entry in &effects.audit {
        audit::append(tx, entry).await?;
    }
    Ok(())
}

async fn write_job(tx: &mut Tx, job: &NewJob, at: UnixMs) -> Result<()> {
    let sql = "INSERT INTO outbox (id, lane, queue, partner, kind, reference, state, due_at, created_at)
        VALUES ($1, $2, $3, $4, $5, $6, 'ready', $7, $8) ON CONFLICT (id) DO NOTHING";
    sqlx::query(sql)
        .bind(job.id.as_str())
        .bind(format!("{} {}", job.queue, job.partner))
        .bind(job.queue.as_str())
        .bind(job.partner.as_str())
        .bind(job.kind.as_str())
        .bind(&job.reference)
        .bind(int(job.due_at.0))
        .bind(int(at.0))
        .execute(&mut tx.conn)
        .await?;
    Ok(())
}

async fn write_file(tx: &mut Tx, file: &NewOutFile) -> Result<()> {
    let sql = "INSERT INTO out_file (partner, name, object, size, kind, receipt, appeared_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (partner, name) DO NOTHING";
    sqlx::query(sql)
        .bind(file.partner.as_str())
        .bind(file.name.as_str())
        .bind(file.object.as_str())
        .bind(int(file.size))
        .bind(file.kind.as_str())
        .bind(file.receipt.as_ref().map(|receipt| receipt.as_str()))
        .bind(int(file.at.0))
        .execute(&mut tx.conn)
        .await?;
    Ok(())
}

async fn write_acknowledgment(tx: &mut Tx, given: &NewAcknowledgment) -> Result<()> {
    let sql = "INSERT INTO acknowledgment (object, partner, interchange, kind, out_name, given_at)
        VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (object) DO NOTHING";
    sqlx::query(sql)
        .bind(given.object.as_str())
        .bind(given.partner.as_str())
        .bind(given.interchange.as_str())
        .bind(given.kind.as_str())
        .bind(given.out_name.as_ref().map(OutName::as_str))
        .bind(int(given.at.0))
        .execute(&mut tx.conn)
        .await?;
    Ok(())
}

async fn write_owed(tx: &mut Tx, owed: &NewOwed) -> Result<()> {
    let sql = "INSERT INTO owed_acknowledgment (delivery, kind, partner, due_at)
        SELECT id, $1, partner, $2 FROM delivery WHERE id = $3 ON CONFLICT (delivery, kind) DO NOTHING";
    let written = sqlx::query(sql)
        .bind(owed.kind.as_str())
        .bind(int(owed.due_at.0))
        .bind(owed.delivery.as_str())
        .execute(&mut tx.conn)
        .await?;
    if written.rows_affected() == 0 && !owed_exists(tx, owed).await? {
        return Err(LedgerError::missing("delivery", owed.delivery));
    }
    Ok(())
}

async fn owed_exists(tx: &mut Tx, owed: &NewOwed) -> Result<bool> {
    let kind: &Kind = &owed.kind;
    let query = sqlx::query("SELECT 1 FROM owed_acknowledgment WHERE delivery = $1 AND kind = $2");
    let found = query.bind(owed.delivery.as_str()).bind(kind.as_str()).fetch_optional(&mut tx.conn).await?;
    Ok(found.is_some())
}
