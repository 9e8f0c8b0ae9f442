//! The history of rows: what changed, when, by whom, why.

use super::Tx;
use super::rows::{int, sealed};
use crate::{Cause, Reason, Result, UnixMs};

pub(super) async fn write(tx: &mut Tx, subject: &str, at: UnixMs, state: &str, cause: &Cause) -> Result<()> {
    sqlx::query("INSERT INTO event (subject, at, state, actor, reason, note) VALUES ($1, $2, $3, $4, $5, $6)")
        .bind(subject)
        .bind(int(at.0))
        .bind(state)
        .bind(cause.by.as_str())
        .bind(cause.reason.as_ref().map(Reason::as_str))
        .bind(sealed(cause.note.as_ref()))
        .execute(&mut tx.conn)
        .await?;
    Ok(())
}

/// The program's own doing.
pub(super) async fn write_system(
    tx: &mut Tx,
    subject: &str,
    at: UnixMs,
    state: &str,
    reason: Option<&Reason>,
) -> Result<()> {
    let cause = Cause { by: "system".parse()?, reason: reason.cloned(), note: None };
    write(tx, subject, at, state, &cause).await
}

/// One event for each of many rows, which `ids` lists as JSON.
pub(super) async fn write_many(tx: &mut Tx, ids: &str, at: UnixMs, state: &str, cause: &Cause) -> Result<()> {
    let sql = "INSERT INTO event (subject, at, state, actor, reason, note) SELECT value, $1, $2, $3, $4, $5 FROM json_each($6)";
    sqlx::query(sql)
        .bind(int(at.0))
        .bind(state)
        .bind(cause.by.as_str())
        .bind(cause.reason.as_ref().map(Reason::as_str))
        .bind(sealed(cause.note.as_ref()))
        .bind(ids)
        .execute(&mut tx.conn)
        .await?;
    Ok(())
}
