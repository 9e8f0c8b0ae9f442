//! An item's life, put together from the rows that stand on its way.

use std::str::FromStr;

use sqlx::Row;
use tradewind_compliance::ItemId;

use super::rows::{parse_opt, text, time};
use super::{Backend, DbRow, lookups};
use crate::{Item, LedgerError, Moment, Result, Scope};

/// Each row that an item passed through, with the rank in which rows of one millisecond stand.
const MOMENTS: &str = "
    WITH way (rank, what, id) AS (
        SELECT 0, 'receipt', $1
        UNION ALL SELECT 1, 'interchange', $2
        UNION ALL SELECT 2, 'set', $3
        UNION ALL SELECT 3, 'delivery', delivery FROM delivery_item WHERE item = $4
        UNION ALL SELECT 4, 'item', $4
    )
    SELECT staged_at AS at, 0 AS rank, 0 AS seq, 'receipt' AS what, id, 'staged' AS state, NULL AS actor, NULL AS reason
        FROM receipt WHERE id = $1
    UNION ALL
    SELECT began_at, 1, 0, 'interchange', id, 'staged', NULL, NULL FROM interchange WHERE id = $2
    UNION ALL
    SELECT e.at, w.rank, e.id, w.what, w.id, e.state, e.actor, e.reason FROM way w JOIN event e ON e.subject = w.id
    UNION ALL
    SELECT x.settled_at, 2, 0, 'set', s.id, 'rejected', NULL, NULL
        FROM transaction_set s JOIN interchange x ON x.id = s.interchange
        WHERE s.id = $3 AND s.state = 'rejected' AND x.settled_at IS NOT NULL
    UNION ALL
    SELECT x.settled_at, 4, 0, 'item', i.id, 'rejected', NULL, NULL
        FROM item i JOIN transaction_set s ON s.id = i.set_id JOIN interchange x ON x.id = s.interchange
        WHERE i.id = $4 AND i.state = 'rejected' AND x.settled_at IS NOT NULL
    UNION ALL
    SELECT answered_at, 5, 0, 'answer', id, CASE advance WHEN 'note' THEN outcome ELSE advance END, NULL, outcome
        FROM answer WHERE item = $4
    ORDER BY at, rank, seq";

pub(super) async fn of_item(ledger: &Backend, scope: &Scope, id: ItemId) -> Result<Option<Vec<Moment>>> {
    let Some(item) = lookups::one(ledger, scope, id).await? else { return Ok(None) };
    let Item { receipt, interchange, set, .. } = item;
    let rows = sqlx::query(MOMENTS)
        .bind(receipt.as_str())
        .bind(interchange.as_str())
        .bind(set.as_str())
        .bind(id.as_str())
        .fetch_all(ledger.readers())
        .await?;
    rows.iter().map(read).collect::<Result<Vec<_>>>().map(Some)
}

pub(super) async fn of_row(ledger: &Backend, id: &str) -> Result<Vec<Moment>> {
    let sql = "SELECT at, 'row' AS what, subject AS id, state, actor, reason FROM event WHERE subject = $1 ORDER BY id";
    sqlx::query(sql).bind(id).fetch_all(ledger.readers()).await?.iter().map(read).collect()
}

fn read(row: &DbRow) -> Result<Moment> {
    const KNOWN: [&str; 7] = ["receipt", "interchange", "set", "delivery", "item", "answer", "row"];
    let what: &str = row.try_get("what")?;
    let what = KNOWN.into_iter().find(|known| *known == what);
    Ok(Moment {
        at: time(row, "at")?,
        what: what.ok_or(LedgerError::Corrupt { column: "what", expected: "a kind of row" })?,
        id: text(row, "id")?,
        state: text(row, "state")?,
        by: parse_opt(row, "actor")?,
        reason: reason(row)?,
    })
}

/// An answer's outcome is a word of ours that need not fit a reason: then it is left out.
fn reason(row: &DbRow) -> Result<Option<crate::Reason>> {
    let text: Option<&str> = row.try_get("reason")?;
    Ok(text.and_then(|text| crate::Reason::from_str(text).ok()))
}
