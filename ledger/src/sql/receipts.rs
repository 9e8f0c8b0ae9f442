//! Receipts.

use async_trait::async_trait;
use tradewind_compliance::{PartnerId, ReceiptId};

use super::rows::{blob, blob_opt, hash_opt, int, parse, parse_opt, sealed, sealed_opt, state, time, time_opt, u64};
use super::{Backend, DbRow, Tx, effects, events};
use crate::{
    Cause, Effects, LedgerError, NewReceipt, Receipt, ReceiptEnd, ReceiptState, Receipts, ReceivedContent, Result,
    SearchHash, UnixMs,
};

#[async_trait]
impl Receipts for Backend {
    async fn stage_receipt(&self, receipt: NewReceipt) -> Result<()> {
        self.write(move |tx| Box::pin(async move { stage(tx, &receipt).await })).await
    }

    async fn receive_receipt(&self, receipt: NewReceipt, content: ReceivedContent, effects: Effects) -> Result<()> {
        self.write(move |tx| Box::pin(async move { receive(tx, &receipt, content, &effects).await })).await
    }

    async fn discard_receipt(&self, id: ReceiptId) -> Result<()> {
        self.write(move |tx| Box::pin(async move { discard(tx, id).await })).await
    }

    async fn finish_receipt(&self, id: ReceiptId, end: ReceiptEnd, at: UnixMs, effects: Effects) -> Result<()> {
        self.write(move |tx| Box::pin(async move { finish(tx, id, &end, at, &effects).await })).await
    }

    async fn retry_receipt(&self, id: ReceiptId, cause: Cause, at: UnixMs, effects: Effects) -> Result<()> {
        self.write(move |tx| Box::pin(async move { retry(tx, id, &cause, at, &effects).await })).await
    }

    async fn receipt(&self, id: ReceiptId) -> Result<Option<Receipt>> {
        let row =
            sqlx::query("SELECT * FROM receipt WHERE id = $1").bind(id.as_str()).fetch_optional(self.readers()).await?;
        row.as_ref().map(read).transpose()
    }

    async fn receipts_of(&self, partner: &PartnerId, before: Option<ReceiptId>, limit: u32) -> Result<Vec<Receipt>> {
        let sql = "SELECT * FROM receipt WHERE partner = $1 AND id < $2 ORDER BY id DESC LIMIT $3";
        // Lower case comes after every character of an id.
        let before = before.as_ref().map_or("z", ReceiptId::as_str);
        let query = sqlx::query(sql).bind(partner.as_str()).bind(before).bind(int(limit));
        query.fetch_all(self.readers()).await?.iter().map(read).collect()
    }

    async fn receipts_named(&self, partner: &PartnerId, name: SearchHash, limit: u32) -> Result<Vec<Receipt>> {
        let sql = "SELECT * FROM receipt WHERE partner = $1 AND name_hash = $2 ORDER BY id LIMIT $3";
        let query = sqlx::query(sql).bind(partner.as_str()).bind(blob(&name)).bind(int(limit));
        query.fetch_all(self.readers()).await?.iter().map(read).collect()
    }

    async fn orphaned_receipts(&self, before: UnixMs, limit: u32) -> Result<Vec<Receipt>> {
        let sql = "SELECT * FROM receipt WHERE state = 'staged' AND staged_at < $1 ORDER BY id LIMIT $2";
        sqlx::query(sql)
            .bind(int(before.0))
            .bind(int(limit))
            .fetch_all(self.readers())
            .await?
            .iter()
            .map(read)
            .collect()
    }

    async fn receipts_without_job(&self, limit: u32) -> Result<Vec<Receipt>> {
        let sql = "SELECT * FROM receipt r WHERE state = 'received'
            AND NOT EXISTS (SELECT 1 FROM outbox o WHERE o.reference = r.id) ORDER BY id LIMIT $1";
        sqlx::query(sql).bind(int(limit)).fetch_all(self.readers()).await?.iter().map(read).collect()
    }
}

pub(super) fn read(row: &DbRow) -> Result<Receipt> {
    Ok(Receipt {
        id: parse(row, "id")?,
        partner: parse(row, "partner")?,
        door: parse(row, "door")?,
        state: state(row, "state", ReceiptState::from_word)?,
        object: parse(row, "object")?,
        name_sealed: sealed_opt(row, "name_sealed")?,
        size: u64(row, "size")?,
        digest: hash_opt(row, "digest")?,
        response_to: parse_opt(row, "response_to")?,
        reason: parse_opt(row, "reason")?,
        staged_at: time(row, "staged_at")?,
        received_at: time_opt(row, "received_at")?,
        finished_at: time_opt(row, "finished_at")?,
    })
}

async fn state_of(tx: &mut Tx, id: ReceiptId) -> Result<Option<ReceiptState>> {
    let row = sqlx::query(locked!("SELECT state FROM receipt WHERE id = $1"))
        .bind(id.as_str())
        .fetch_optional(&mut tx.conn)
        .await?;
    row.as_ref().map(|row| state(row, "state", ReceiptState::from_word)).transpose()
}

fn illegal(id: ReceiptId, from: ReceiptState, to: ReceiptState) -> LedgerError {
    LedgerError::IllegalTransition { what: "receipt", id: id.to_string(), from: from.as_str(), to: to.as_str() }
}

async fn stage(tx: &mut Tx, receipt: &NewReceipt) -> Result<()> {
    let sql = "INSERT INTO receipt (id, partner, door, state, object, name_hash, name_sealed, response_to, staged_at)
        VALUES ($1, $2, $3, 'staged', $4, $5, $6, $7, $8) ON CONFLICT (id) DO NOTHING";
    sqlx::query(sql)
        .bind(receipt.id.as_str())
        .bind(receipt.partner.as_str())
        .bind(receipt.door.as_str())
        .bind(receipt.object.as_str())
        .bind(blob_opt(receipt.name_hash.as_ref()))
        .bind(sealed(receipt.name_sealed.as_ref()))
        .bind(receipt.response_to.as_ref().map(|delivery| delivery.as_str()))
        .bind(int(receipt.at.0))
        .execute(&mut tx.conn)
        .await?;
    Ok(())
}

pub(crate) async fn receive(
    tx: &mut Tx,
    receipt: &NewReceipt,
    content: ReceivedContent,
    effects: &Effects,
) -> Result<()> {
    if receive_row(tx, receipt, content).await? {
        effects::apply(tx, effects, content.at).await?;
    }
    Ok(())
}

/// False where this very receipt was received before.
pub(super) async fn receive_row(tx: &mut Tx, receipt: &NewReceipt, content: ReceivedContent) -> Result<bool> {
    stage(tx, receipt).await?;
    let sql =
        "UPDATE receipt SET state = 'received', size = $1, digest = $2, received_at = $3, name_hash = $4, name_sealed = $5
        WHERE id = $6 AND state = 'staged'";
    let changed = sqlx::query(sql)
        .bind(int(content.size))
        .bind(blob(&content.digest))
        .bind(int(content.at.0))
        .bind(blob_opt(receipt.name_hash.as_ref()))
        .bind(sealed(receipt.name_sealed.as_ref()))
        .bind(receipt.id.as_str())
        .execute(&mut tx.conn)
        .await?;
    // Anything but staged was received before, by this very id.
    if changed.rows_affected() == 0 {
        return Ok(false);
    }
    events::write_system(tx, receipt.id.as_str(), content.at, ReceiptState::Received.as_str(), None).await?;
    Ok(true)
}

async fn discard(tx: &mut Tx, id: ReceiptId) -> Result<()> {
    match state_of(tx, id).await? {
        None => Ok(()),
        Some(ReceiptState::Staged) => {
            sqlx::query("DELETE FROM receipt WHERE id = $1").bind(id.as_str()).execute(&mut tx.conn).await?;
            Ok(())
        }
        Some(other) => Err(LedgerError::IllegalTransition {
            what: "receipt",
            id: id.to_string(),
            from: other.as_str(),
            to: "discarded",
        }),
    }
}

pub(super) async fn finish(tx: &mut Tx, id: ReceiptId, end: &ReceiptEnd, at: UnixMs, effects: &Effects) -> Result<()> {
    let (to, reason) = match end {
        ReceiptEnd::Translated => (ReceiptState::Translated, None),
        ReceiptEnd::Quarantined(reason) => (ReceiptState::Quarantined, Some(reason)),
    };
    let from = state_of(tx, id).await?.ok_or_else(|| LedgerError::missing("receipt", id))?;
    if from == to {
        return Ok(());
    }
    if !from.may_become(to) {
        return Err(illegal(id, from, to));
    }
    sqlx::query("UPDATE receipt SET state = $1, reason = $2, finished_at = $3 WHERE id = $4")
        .bind(to.as_str())
        .bind(reason.map(|reason| reason.as_str()))
        .bind(int(at.0))
        .bind(id.as_str())
        .execute(&mut tx.conn)
        .await?;
    events::write_system(tx, id.as_str(), at, to.as_str(), reason).await?;
    effects::apply(tx, effects, at).await
}

async fn retry(tx: &mut Tx, id: ReceiptId, cause: &Cause, at: UnixMs, effects: &Effects) -> Result<()> {
    let to = ReceiptState::Received;
    let from = state_of(tx, id).await?.ok_or_else(|| LedgerError::missing("receipt", id))?;
    if from == to {
        return Ok(());
    }
    // A staged receipt becomes received by its last byte alone.
    if from == ReceiptState::Staged || !from.may_become(to) {
        return Err(illegal(id, from, to));
    }
    sqlx::query("UPDATE receipt SET state = 'received', reason = NULL, finished_at = NULL WHERE id = $1")
        .bind(id.as_str())
        .execute(&mut tx.conn)
        .await?;
    events::write(tx, id.as_str(), at, to.as_str(), cause).await?;
    effects::apply(tx, effects, at).await
}
