//! Lanes to delivery: one row a set and destination, none an item. A lane is there while items of the set may wait for the destination, and
//! tells from which ordinal on, so that finding the next ones passes no item that has gone.

use std::collections::BTreeSet;

use tradewind_compliance::{InterchangeId, PartnerId, SetId};

use super::rows::{id_list, u64};
use super::{Tx, dialect};
use crate::Result;

/// Opens the lanes of an interchange that was accepted. Its own row is what releases its items.
pub(super) async fn release(tx: &mut Tx, interchange: InterchangeId) -> Result<()> {
    // From destination to destination along the index: a set may have millions of items.
    let sql = "WITH RECURSIVE lane (set_id, destination) AS (
            SELECT s.id, (SELECT min(i.destination) FROM item i WHERE i.set_id = s.id AND i.state = 'waiting')
            FROM transaction_set s WHERE s.interchange = $1 AND s.state = 'accepted'
            UNION ALL
            SELECT l.set_id, (SELECT min(i.destination) FROM item i
                WHERE i.set_id = l.set_id AND i.state = 'waiting' AND i.destination > l.destination)
            FROM lane l WHERE l.destination IS NOT NULL
        )
        INSERT INTO deliverable (destination, set_id, first)
        SELECT l.destination, l.set_id, (SELECT i.ordinal FROM item i WHERE i.set_id = l.set_id
            AND i.destination = l.destination AND i.state = 'waiting' ORDER BY i.ordinal LIMIT 1)
        FROM lane l WHERE l.destination IS NOT NULL ON CONFLICT DO NOTHING";
    sqlx::query(sql).bind(interchange.as_str()).execute(&mut tx.conn).await?;
    Ok(())
}

/// Whether each of the sets has a lane to a partner.
pub(super) async fn are_open(tx: &mut Tx, to: &PartnerId, sets: &BTreeSet<SetId>) -> Result<bool> {
    let sql = concat!("SELECT count(*) AS open FROM deliverable WHERE destination = $1 AND set_id ", listed!("$2"));
    let row = sqlx::query(sql).bind(to.as_str()).bind(id_list(sets)).fetch_one(&mut tx.conn).await?;
    Ok(u64(&row, "open")? == sets.len() as u64)
}

/// Opens the lanes of the listed items that wait again.
pub(super) async fn open(tx: &mut Tx, items: &str, sets: &BTreeSet<SetId>) -> Result<()> {
    dialect::lock_sets(tx, &id_list(sets)).await?;
    let sql = concat!(
        "INSERT INTO deliverable (destination, set_id, first)
        SELECT n.destination, n.set_id, min(n.ordinal) FROM item_now n WHERE n.id ",
        listed!("$1"),
        " AND n.state = 'accepted' AND n.destination IS NOT NULL GROUP BY n.destination, n.set_id
        ON CONFLICT (destination, set_id) DO UPDATE SET first = excluded.first WHERE excluded.first < deliverable.first"
    );
    sqlx::query(sql).bind(items).execute(&mut tx.conn).await?;
    Ok(())
}

/// After items of these sets ceased to wait: closes the lanes in which none waits, and lets the others begin where one does.
pub(super) async fn close(tx: &mut Tx, sets: &BTreeSet<SetId>) -> Result<()> {
    if sets.is_empty() {
        return Ok(());
    }
    let sets = id_list(sets);
    dialect::lock_sets(tx, &sets).await?;
    // The first that waits is asked for one lane at a time, along the index; as NOT EXISTS it could become a join with every item.
    let closed = concat!(
        "DELETE FROM deliverable WHERE set_id ",
        listed!("$1"),
        " AND (SELECT i.ordinal FROM item i WHERE i.set_id = deliverable.set_id AND i.destination = deliverable.destination
            AND i.state = 'waiting' AND i.ordinal >= deliverable.first ORDER BY i.ordinal LIMIT 1) IS NULL"
    );
    sqlx::query(closed).bind(&sets).execute(&mut tx.conn).await?;
    let moved = concat!(
        "UPDATE deliverable SET first = (SELECT i.ordinal FROM item i
            WHERE i.set_id = deliverable.set_id AND i.destination = deliverable.destination
            AND i.state = 'waiting' AND i.ordinal >= deliverable.first ORDER BY i.ordinal LIMIT 1)
        WHERE set_id ",
        listed!("$1")
    );
    sqlx::query(moved).bind(&sets).execute(&mut tx.conn).await?;
    Ok(())
}
