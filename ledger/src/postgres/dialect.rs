//! What PostgreSQL does not share with the other backends: locks. A unit takes them in one order, so that two units alone cannot wait
//! for each other: receipt, interchange, deliveries, items, sets, names.

use sqlx::{AssertSqlSafe, Executor};

use super::Tx;
use crate::Result;

/// A statement that locks the rows that it reads until the commit.
macro_rules! locked {
    ($sql:literal) => {
        concat!($sql, " FOR NO KEY UPDATE")
    };
    ($sql:literal, $which:literal) => {
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

/// Locks the listed items, and before them every delivery that carried one.
pub(super) async fn lock_items(tx: &mut Tx, ids: &str) -> Result<()> {
    let deliveries = concat!(
        "SELECT 1 FROM delivery WHERE id IN (SELECT c.delivery FROM delivery_item c WHERE c.item ",
        listed!("$1"),
        ") ORDER BY id FOR NO KEY UPDATE"
    );
    tx.conn.execute(sqlx::query(deliveries).bind(ids)).await?;
    let items = concat!("SELECT 1 FROM item WHERE id ", listed!("$1"), " ORDER BY id FOR NO KEY UPDATE");
    tx.conn.execute(sqlx::query(items).bind(ids)).await?;
    Ok(())
}

/// Locks the sets of the listed items: whether a set still holds items that wait is decided by one at a time.
pub(super) async fn lock_sets(tx: &mut Tx, ids: &str) -> Result<()> {
    let sql = concat!(
        "SELECT 1 FROM transaction_set WHERE id IN (SELECT i.set_id FROM item i WHERE i.id ",
        listed!("$1"),
        ") ORDER BY id FOR NO KEY UPDATE"
    );
    tx.conn.execute(sqlx::query(sql).bind(ids)).await?;
    Ok(())
}
