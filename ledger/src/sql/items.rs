//! Staging sets and items, discarding them, locking them.

use std::collections::BTreeMap;

use sqlx::AssertSqlSafe;
use tradewind_compliance::{InterchangeId, ItemId, ReceiptId, SetId};

use super::Tx;
use super::dialect::{self, placeholders};
use super::rows::{blob_opt, flag, int, parse, sealed, state, u32};
use crate::{LedgerError, NewItem, NewSet, Result, STAGE_ITEMS_MAX, SetEnd, SetState};

/// Rows of one statement. More gain nothing and make the statement's text long.
const ROWS_A_STATEMENT: usize = 250;
/// Rows that one commit discards at most, so that a large discard does not hold up every other writer.
const DISCARD_ROWS: i64 = 2_000;

pub(super) async fn stage_sets(tx: &mut Tx, sets: &[NewSet]) -> Result<()> {
    for set in sets {
        dialect::lock_row(tx, "interchange", set.interchange.as_str()).await?;
        let sql = "INSERT INTO transaction_set (id, interchange, ordinal, group_control_number, guide, object, state)
            SELECT $1, id, $2, $3, $4, $5, 'open' FROM interchange WHERE id = $6 AND state = 'staged'
            ON CONFLICT (id) DO NOTHING";
        let written = sqlx::query(sql)
            .bind(set.id.as_str())
            .bind(int(set.ordinal))
            .bind(int(set.group_control_number))
            .bind(set.guide.as_str())
            .bind(set.object.as_str())
            .bind(set.interchange.as_str())
            .execute(&mut tx.conn)
            .await?;
        if written.rows_affected() == 0 && set_row(tx, set.id).await?.is_none() {
            return Err(LedgerError::missing("staged interchange", set.interchange));
        }
    }
    Ok(())
}

async fn set_row(tx: &mut Tx, id: SetId) -> Result<Option<(SetState, u32)>> {
    let query = sqlx::query(locked!("SELECT state, item_count FROM transaction_set WHERE id = $1")).bind(id.as_str());
    let row = query.fetch_optional(&mut tx.conn).await?;
    row.map(|row| Ok((state(&row, "state", SetState::from_word)?, u32(&row, "item_count")?))).transpose()
}

pub(super) async fn stage_items(tx: &mut Tx, items: &[NewItem]) -> Result<()> {
    if items.len() > STAGE_ITEMS_MAX {
        return Err(LedgerError::Limit { what: "items", max: STAGE_ITEMS_MAX, found: items.len() });
    }
    if items.iter().any(|item| item.destination.is_none() && !item.rejected) {
        return Err(LedgerError::Grammar { expected: "a destination for every item that is not rejected" });
    }
    let mut by_set: BTreeMap<SetId, u32> = BTreeMap::new();
    for item in items {
        *by_set.entry(item.set).or_default() += 1;
    }
    for (set, count) in by_set {
        let sql = "UPDATE transaction_set SET item_count = item_count + $1 WHERE id = $2 AND state = 'open'";
        let changed = sqlx::query(sql).bind(int(count)).bind(set.as_str()).execute(&mut tx.conn).await?;
        if changed.rows_affected() == 0 {
            return Err(LedgerError::missing("open set", set));
        }
    }
    for rows in items.chunks(ROWS_A_STATEMENT) {
        insert_items(tx, rows).await?;
    }
    Ok(())
}

async fn insert_items(tx: &mut Tx, items: &[NewItem]) -> Result<()> {
    const COLUMNS: usize = 10;
    let sql = format!(
        "INSERT INTO item (id, set_id, ordinal, destination, state, start, length, claim_hash, member_hash, sealed) VALUES {}",
        placeholders(items.len(), COLUMNS)
    );
    let mut query = sqlx::query(AssertSqlSafe(sql)).persistent(items.len() == ROWS_A_STATEMENT);
    for item in items {
        query = query
            .bind(item.id.as_str())
            .bind(item.set.as_str())
            .bind(int(item.ordinal))
            .bind(item.destination.as_ref().map(|partner| partner.as_str()))
            .bind(if item.rejected { "rejected" } else { "waiting" })
            .bind(int(item.offset))
            .bind(int(item.length))
            .bind(blob_opt(item.claim_hash.as_ref()))
            .bind(blob_opt(item.member_hash.as_ref()))
            .bind(sealed(item.sealed.as_ref()));
    }
    query.execute(&mut tx.conn).await?;
    Ok(())
}

pub(super) async fn finish_sets(tx: &mut Tx, ends: &[SetEnd]) -> Result<()> {
    for end in ends {
        let to = if end.accepted { SetState::Accepted } else { SetState::Rejected };
        let (from, staged) = set_row(tx, end.set).await?.ok_or_else(|| LedgerError::missing("set", end.set))?;
        if staged != end.item_count {
            return Err(LedgerError::ItemCount { set: end.set.to_string(), declared: end.item_count, staged });
        }
        if from == to {
            continue;
        }
        if !from.may_become(to) {
            let (id, from, to) = (end.set.to_string(), from.as_str(), to.as_str());
            return Err(LedgerError::IllegalTransition { what: "set", id, from, to });
        }
        sqlx::query("UPDATE transaction_set SET state = $1 WHERE id = $2")
            .bind(to.as_str())
            .bind(end.set.as_str())
            .execute(&mut tx.conn)
            .await?;
    }
    Ok(())
}

/// An item that is locked until the commit.
pub(super) struct Locked {
    pub(super) id: ItemId,
    pub(super) set: SetId,
    pub(super) waits: bool,
}

/// Locks the listed items, in the order of their ids.
pub(super) async fn lock(tx: &mut Tx, ids: &str) -> Result<Vec<Locked>> {
    let sql = locked!(concat!(
        "SELECT id, set_id, state = 'waiting' AS waits FROM item WHERE id ",
        listed!("$1"),
        " ORDER BY id"
    ));
    let rows = sqlx::query(sql).bind(ids).fetch_all(&mut tx.conn).await?;
    rows.iter()
        .map(|row| Ok(Locked { id: parse(row, "id")?, set: parse(row, "set_id")?, waits: flag(row, "waits")? }))
        .collect()
}

/// Discards some items of a receipt's interchanges that are staged, or duplicates. True while there may be more.
pub(crate) async fn discard_some(tx: &mut Tx, receipt: ReceiptId) -> Result<bool> {
    lock_staged(tx, receipt).await?;
    // Who still translates it may have finished its sets: it must not accept what is discarded here.
    let sql = "UPDATE transaction_set SET state = 'open' WHERE interchange IN
        (SELECT id FROM interchange WHERE receipt = $1 AND state = 'staged')";
    sqlx::query(sql).bind(receipt.as_str()).execute(&mut tx.conn).await?;
    let sql = "SELECT s.id FROM interchange x JOIN transaction_set s ON s.interchange = x.id
        WHERE x.receipt = $1 AND x.state IN ('staged', 'duplicate') AND s.item_count > 0 LIMIT 1";
    let row = sqlx::query(sql).bind(receipt.as_str()).fetch_optional(&mut tx.conn).await?;
    let Some(row) = row else { return Ok(false) };
    discard_of_set(tx, parse(&row, "id")?).await?;
    Ok(true)
}

/// Locks a receipt, and what of its interchanges is to be discarded: an acceptance comes before that, or finds it gone.
async fn lock_staged(tx: &mut Tx, receipt: ReceiptId) -> Result<()> {
    dialect::lock_row(tx, "receipt", receipt.as_str()).await?;
    let sql =
        locked!("SELECT 1 FROM interchange WHERE receipt = $1 AND state IN ('staged', 'duplicate') ORDER BY ordinal");
    sqlx::query(sql).bind(receipt.as_str()).execute(&mut tx.conn).await?;
    Ok(())
}

/// Discards some of what a duplicate staged; its sets at the end. True while there may be more.
pub(super) async fn discard_duplicate(tx: &mut Tx, interchange: InterchangeId) -> Result<bool> {
    let sql = "SELECT s.id FROM interchange x JOIN transaction_set s ON s.interchange = x.id
        WHERE x.id = $1 AND x.state = 'duplicate' AND s.item_count > 0 LIMIT 1";
    let row = sqlx::query(sql).bind(interchange.as_str()).fetch_optional(&mut tx.conn).await?;
    if let Some(row) = row {
        discard_of_set(tx, parse(&row, "id")?).await?;
        return Ok(true);
    }
    let sql = "DELETE FROM transaction_set WHERE interchange IN (SELECT id FROM interchange WHERE id = $1 AND state = 'duplicate')";
    sqlx::query(sql).bind(interchange.as_str()).execute(&mut tx.conn).await?;
    Ok(false)
}

/// Items and count go together, so that conservation holds between two of these.
async fn discard_of_set(tx: &mut Tx, set: SetId) -> Result<()> {
    dialect::lock_row(tx, "transaction_set", set.as_str()).await?;
    let sql = "DELETE FROM item WHERE id IN (SELECT id FROM item WHERE set_id = $1 LIMIT $2)";
    let gone = sqlx::query(sql).bind(set.as_str()).bind(DISCARD_ROWS).execute(&mut tx.conn).await?.rows_affected();
    // A set that counts items and has none is damaged; it is put right here, since it is thrown away.
    let sql = "UPDATE transaction_set SET item_count = CASE WHEN $1 = 0 THEN 0 ELSE item_count - $1 END WHERE id = $2";
    sqlx::query(sql).bind(int(gone)).bind(set.as_str()).execute(&mut tx.conn).await?;
    Ok(())
}

/// Discards a receipt's emptied sets and staged interchanges.
pub(super) async fn discard_staged(tx: &mut Tx, receipt: ReceiptId) -> Result<()> {
    lock_staged(tx, receipt).await?;
    let sets = "DELETE FROM transaction_set WHERE interchange IN
        (SELECT id FROM interchange WHERE receipt = $1 AND state IN ('staged', 'duplicate'))";
    sqlx::query(sets).bind(receipt.as_str()).execute(&mut tx.conn).await?;
    let interchanges = "DELETE FROM interchange WHERE receipt = $1 AND state = 'staged'";
    sqlx::query(interchanges).bind(receipt.as_str()).execute(&mut tx.conn).await?;
    Ok(())
}
