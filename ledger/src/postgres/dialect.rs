//! What PostgreSQL does not share with the other backends: locks. A unit takes them in one order, so that two units alone cannot wait
//! for each other: receipt, interchange, deliveries, items, sets, names.

use sqlx::{AssertSqlSafe, Executor};

use super::Tx;
use crate::Result;

/// A statement that locks the rows that it reads until the commit.
macro_rules! locked {
    ($sql:expr) => {
        concat!($sql, " FOR NO KEY UPDATE")
    };
    ($sql:expr, $which:literal) => {
        concat!($sql, " FOR NO KEY UPDATE ", $which)
    };
}

/// A condition: one of the ids that the JSON array in a parameter lists. As an array, made once, it leads along the index of ids; as a table it
/// led the planner, which cannot know how long it is, through every item of a set.
macro_rules! listed {
    ($parameter:literal) => {
        concat!("= ANY (ARRAY (SELECT value FROM json_each(", $parameter, ")))")
    };
}

/// The first $2 items `i` that wait in the lanes of the destination $1. Lane after lane, each along the index, and it ends with the limit:
/// an order over both would have all that wait sorted.
macro_rules! first_in_lanes {
    () => {
        "(SELECT * FROM deliverable WHERE destination = $1 ORDER BY set_id) q CROSS JOIN LATERAL (SELECT * FROM item w
            WHERE w.set_id = q.set_id AND w.destination = q.destination AND w.ordinal >= q.first AND w.state = 'waiting'
            ORDER BY w.ordinal LIMIT $2) i LIMIT $2"
    };
}

/// `($1,$2,…),($3,$4,…)…` for `rows` rows of `columns` columns.
pub(super) fn placeholders(rows: usize, columns: usize) -> String {
    let row = |row: usize| {
        let numbers: Vec<String> = (1..=columns).map(|column| format!("${}", row * columns + column)).collect();
        format!("({})", numbers.join(","))
    };
    (0..rows).map(row).collect::<Vec<_>>().join(",")
}

/// Locks a row by its id, if it is there.
pub(super) async fn lock_row(tx: &mut Tx, table: &'static str, id: &str) -> Result<()> {
    let sql = format!("SELECT 1 FROM {table} WHERE id = $1 FOR NO KEY UPDATE");
    tx.conn.execute(sqlx::query(AssertSqlSafe(sql)).bind(id)).await?;
    Ok(())
}

/// Locks a name, for what no row stands for. Two names may share a lock; then one waits without need.
pub(super) async fn lock_name(tx: &mut Tx, name: &str) -> Result<()> {
    let sql = "SELECT pg_advisory_xact_lock(hashtextextended(current_schema() || ' ' || $1, 0))";
    tx.conn.execute(sqlx::query(sql).bind(name)).await?;
    Ok(())
}

/// Locks every delivery that carried one of the listed items.
pub(super) async fn lock_carriers(tx: &mut Tx, ids: &str) -> Result<()> {
    let sql = concat!(
        "SELECT 1 FROM delivery WHERE id = ANY (ARRAY (SELECT c.delivery FROM delivery_item c WHERE c.item ",
        listed!("$1"),
        ")) ORDER BY id FOR NO KEY UPDATE"
    );
    tx.conn.execute(sqlx::query(sql).bind(ids)).await?;
    Ok(())
}

/// Locks the listed sets: whether a set still holds items that wait is decided by one at a time.
pub(super) async fn lock_sets(tx: &mut Tx, ids: &str) -> Result<()> {
    let sql = concat!("SELECT 1 FROM transaction_set WHERE id ", listed!("$1"), " ORDER BY id FOR NO KEY UPDATE");
    tx.conn.execute(sqlx::query(sql).bind(ids)).await?;
    Ok(())
}
