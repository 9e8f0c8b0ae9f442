//! Idempotency keys.

use async_trait::async_trait;
use tradewind_compliance::PartnerId;

use super::rows::{blob, bytes32, int, parse, parse_opt, time, time_opt, u32};
use super::{Backend, Tx, effects};
use crate::{Effects, IdempotencyKeys, LedgerError, Reservation, Result, SearchHash, StoredResponse, UnixMs};

#[async_trait]
impl IdempotencyKeys for Backend {
    async fn reserve_key(
        &self,
        partner: &PartnerId,
        key: SearchHash,
        request: SearchHash,
        stale_before: UnixMs,
        at: UnixMs,
    ) -> Result<Reservation> {
        let wanted = Wanted { partner: partner.clone(), key, request, stale_before, at };
        self.write(move |tx| Box::pin(async move { reserve(tx, &wanted).await })).await
    }

    async fn complete_key(
        &self,
        partner: &PartnerId,
        key: SearchHash,
        response: StoredResponse,
        at: UnixMs,
        effects: Effects,
    ) -> Result<()> {
        let partner = partner.clone();
        self.write(move |tx| {
            Box::pin(async move {
                if !complete(tx, &partner, key, &response, at).await? {
                    return Ok(());
                }
                effects::apply(tx, &effects, at).await
            })
        })
        .await
    }

    async fn forget_key(&self, partner: &PartnerId, key: SearchHash) -> Result<()> {
        let partner = partner.clone();
        self.write(move |tx| {
            Box::pin(async move {
                let sql = "DELETE FROM idempotency_key WHERE partner = $1 AND key_hash = $2 AND done_at IS NULL";
                sqlx::query(sql).bind(partner.as_str()).bind(blob(&key)).execute(&mut tx.conn).await?;
                Ok(())
            })
        })
        .await
    }

    async fn purge_keys(&self, before: UnixMs) -> Result<u64> {
        self.write(move |tx| {
            Box::pin(async move {
                let query = sqlx::query("DELETE FROM idempotency_key WHERE reserved_at < $1").bind(int(before.0));
                Ok(query.execute(&mut tx.conn).await?.rows_affected())
            })
        })
        .await
    }
}

#[derive(Clone)]
struct Wanted {
    partner: PartnerId,
    key: SearchHash,
    request: SearchHash,
    stale_before: UnixMs,
    at: UnixMs,
}

async fn reserve(tx: &mut Tx, wanted: &Wanted) -> Result<Reservation> {
    let sql = "INSERT INTO idempotency_key (partner, key_hash, request, reserved_at) VALUES ($1, $2, $3, $4)
        ON CONFLICT (partner, key_hash) DO NOTHING";
    let written = sqlx::query(sql)
        .bind(wanted.partner.as_str())
        .bind(blob(&wanted.key))
        .bind(blob(&wanted.request))
        .bind(int(wanted.at.0))
        .execute(&mut tx.conn)
        .await?;
    if written.rows_affected() == 1 {
        return Ok(Reservation::Fresh);
    }
    let sql = locked!("SELECT * FROM idempotency_key WHERE partner = $1 AND key_hash = $2");
    let query = sqlx::query(sql).bind(wanted.partner.as_str()).bind(blob(&wanted.key));
    // One that was taken away in between is free at the next call.
    let Some(row) = query.fetch_optional(&mut tx.conn).await? else { return Ok(Reservation::InFlight) };
    if bytes32(&row, "request")? != wanted.request.0 {
        return Ok(Reservation::Conflict);
    }
    if time_opt(&row, "done_at")?.is_some() {
        let status = u16::try_from(u32(&row, "status")?)
            .map_err(|_| LedgerError::Corrupt { column: "status", expected: "an HTTP status" })?;
        let response = StoredResponse { status, kind: parse(&row, "kind")?, body: parse_opt(&row, "body")? };
        return Ok(Reservation::Done(response));
    }
    if time(&row, "reserved_at")? >= wanted.stale_before {
        return Ok(Reservation::InFlight);
    }
    let sql = "UPDATE idempotency_key SET reserved_at = $1 WHERE partner = $2 AND key_hash = $3";
    let query = sqlx::query(sql).bind(int(wanted.at.0)).bind(wanted.partner.as_str()).bind(blob(&wanted.key));
    query.execute(&mut tx.conn).await?;
    Ok(Reservation::Fresh)
}

/// True if it completed the key now, false if it was complete.
async fn complete(
    tx: &mut Tx,
    partner: &PartnerId,
    key: SearchHash,
    response: &StoredResponse,
    at: UnixMs,
) -> Result<bool> {
    let sql = "UPDATE idempotency_key SET status = $1, kind = $2, body = $3, done_at = $4
        WHERE partner = $5 AND key_hash = $6 AND done_at IS NULL";
    let changed = sqlx::query(sql)
        .bind(int(response.status))
        .bind(response.kind.as_str())
        .bind(response.body.as_ref().map(|body| body.as_str()))
        .bind(int(at.0))
        .bind(partner.as_str())
        .bind(blob(&key))
        .execute(&mut tx.conn)
        .await?;
    if changed.rows_affected() > 0 {
        return Ok(true);
    }
    let query = sqlx::query("SELECT 1 FROM idempotency_key WHERE partner = $1 AND key_hash = $2");
    let found = query.bind(partner.as_str()).bind(blob(&key)).fetch_optional(&mut tx.conn).await?;
    if found.is_some() { Ok(false) } else { Err(LedgerError::missing("idempotency key of partner", partner)) }
}
