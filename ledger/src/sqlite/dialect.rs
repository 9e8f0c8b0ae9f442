//! What SQLite does not share with the other backends. One connection writes, so there is nothing to lock.

use super::Tx;
use crate::Result;

/// A statement that locks the rows that it reads until the commit.
macro_rules! locked {
    ($sql:expr $(, $lock:literal)?) => {
        $sql
    };
}

/// A condition: one of the ids that the JSON array in a parameter lists.
macro_rules! listed {
    ($parameter:literal) => {
        concat!("IN (SELECT value FROM json_each(", $parameter, "))")
    };
}

/// The first $2 items `i` that wait in the lanes of the destination $1. CROSS JOIN keeps SQLite to this order: it goes along the indexes, and
/// ends with the limit.
macro_rules! first_in_lanes {
    () => {
        "deliverable q CROSS JOIN item i WHERE q.destination = $1 AND i.set_id = q.set_id AND i.state = 'waiting'
            AND i.destination = q.destination AND i.ordinal >= q.first ORDER BY q.set_id, i.ordinal LIMIT $2"
    };
}

/// `(?,?,…),(?,?,…)…` for `rows` rows of `columns` columns. Numbered ones would be looked up by name, each along all others.
pub(super) fn placeholders(rows: usize, columns: usize) -> String {
    let row = format!("({})", vec!["?"; columns].join(","));
    vec![row; rows].join(",")
}

pub(super) async fn lock_row(_: &mut Tx, _table: &'static str, _id: &str) -> Result<()> {
    Ok(())
}

pub(super) async fn lock_name(_: &mut Tx, _name: &str) -> Result<()> {
    Ok(())
}

pub(super) async fn lock_carriers(_: &mut Tx, _ids: &str) -> Result<()> {
    Ok(())
}

pub(super) async fn lock_sets(_: &mut Tx, _ids: &str) -> Result<()> {
    Ok(())
}
