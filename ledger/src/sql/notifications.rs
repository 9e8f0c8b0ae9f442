//! Webhooks that are owed.

use sqlx::{AssertSqlSafe, Row};
use tradewind_compliance::{NotificationId, PartnerId};

use super::dialect::placeholders;
use super::rows::{id_list, int, parse, parse_opt, state, time, u32};
use super::{Backend, DbRow, Tx, effects, events};
use crate::{
    Attempt, Effects, LedgerError, NewAnswer, NewNotification, Notification, NotificationState, Reason, Result, UnixMs,
    Wake,
};

const ROWS_A_STATEMENT: usize = 250;

/// The partners that have queued notifications, each found by one step along the index.
const PARTNERS: &str = "WITH RECURSIVE p(partner) AS (
        SELECT min(partner) FROM notification WHERE state = 'queued'
        UNION ALL
        SELECT (SELECT min(n.partner) FROM notification n WHERE n.state = 'queued' AND n.partner > p.partner)
        FROM p WHERE p.partner IS NOT NULL
    )";

#[derive(Clone)]
pub(super) struct Lease {
    pub(super) at: UnixMs,
    pub(super) until: UnixMs,
    pub(super) per_partner: u32,
    pub(super) limit: u32,
}

pub(super) fn read(row: &DbRow) -> Result<Notification> {
    Ok(Notification {
        id: parse(row, "id")?,
        partner: parse(row, "partner")?,
        kind: parse(row, "kind")?,
        answer: parse(row, "answer")?,
        state: state(row, "state", NotificationState::from_word)?,
        attempts: u32(row, "attempts")?,
        due_at: time(row, "due_at")?,
        last: parse_opt(row, "last")?,
    })
}

pub(super) async fn queue(tx: &mut Tx, answers: &[&NewAnswer]) -> Result<()> {
    let owed: Vec<(&NewAnswer, &NewNotification)> =
        answers.iter().filter_map(|answer| Some((*answer, answer.notify.as_ref()?))).collect();
    if !owed.is_empty() {
        tx.wakes.add(Wake::Notifications);
    }
    for rows in owed.chunks(ROWS_A_STATEMENT) {
        let sql = format!(
            "INSERT INTO notification (id, partner, kind, answer, state, due_at) VALUES {}",
            placeholders(rows.len(), 6)
        );
        let mut query = sqlx::query(AssertSqlSafe(sql)).persistent(rows.len() == ROWS_A_STATEMENT);
        for (answer, notification) in rows {
            query = query
                .bind(notification.id.as_str())
                .bind(notification.partner.as_str())
                .bind(notification.kind.as_str())
                .bind(answer.id.as_str())
                .bind(NotificationState::Queued.as_str())
                .bind(int(notification.due_at.0));
        }
        query.execute(&mut tx.conn).await?;
    }
    Ok(())
}

pub(super) async fn lease(tx: &mut Tx, lease: &Lease) -> Result<Vec<Notification>> {
    let partners = format!("{PARTNERS} SELECT partner FROM p WHERE partner IS NOT NULL");
    let rows = sqlx::query(AssertSqlSafe(partners)).fetch_all(&mut tx.conn).await?;
    let mut due: Vec<NotificationId> = Vec::new();
    for row in &rows {
        let partner: PartnerId = parse(row, "partner")?;
        let sql = locked!(
            "SELECT id FROM notification WHERE state = 'queued' AND partner = $1 AND due_at <= $2 ORDER BY due_at, id LIMIT $3",
            "SKIP LOCKED"
        );
        let query = sqlx::query(sql).bind(partner.as_str()).bind(int(lease.at.0)).bind(int(lease.per_partner));
        for row in query.fetch_all(&mut tx.conn).await? {
            due.push(parse(&row, "id")?);
        }
    }
    due.sort_unstable();
    due.truncate(usize::try_from(lease.limit).unwrap_or(usize::MAX));
    let sql = concat!(
        "UPDATE notification SET attempts = attempts + 1, due_at = $1 WHERE id ",
        listed!("$2"),
        " RETURNING *"
    );
    let rows = sqlx::query(sql).bind(int(lease.until.0)).bind(id_list(&due)).fetch_all(&mut tx.conn).await?;
    let mut leased: Vec<Notification> = rows.iter().map(read).collect::<Result<_>>()?;
    leased.sort_unstable_by_key(|notification| notification.id);
    Ok(leased)
}

pub(super) async fn settle(
    tx: &mut Tx,
    id: NotificationId,
    end: &Attempt,
    at: UnixMs,
    effects: &Effects,
) -> Result<()> {
    let query = sqlx::query(locked!("SELECT state FROM notification WHERE id = $1")).bind(id.as_str());
    let row = query.fetch_optional(&mut tx.conn).await?.ok_or_else(|| LedgerError::missing("notification", id))?;
    let from = state(&row, "state", NotificationState::from_word)?;
    let (to, due_at, last) = match end {
        Attempt::Delivered => (NotificationState::Delivered, at, None),
        Attempt::RetryAt(due_at, reason) => (NotificationState::Queued, *due_at, Some(reason)),
        Attempt::Postponed(due_at) => (NotificationState::Queued, *due_at, None),
        Attempt::Abandoned(reason) => (NotificationState::Abandoned, at, Some(reason)),
    };
    if from == to && to != NotificationState::Queued {
        return Ok(());
    }
    if from != to && !from.may_become(to) {
        let (id, from, to) = (id.to_string(), from.as_str(), to.as_str());
        return Err(LedgerError::IllegalTransition { what: "notification", id, from, to });
    }
    let uncounted = u32::from(matches!(end, Attempt::Postponed(_)));
    sqlx::query("UPDATE notification SET state = $1, due_at = $2, last = $3, attempts = attempts - $5 WHERE id = $4")
        .bind(to.as_str())
        .bind(int(due_at.0))
        .bind(last.map(Reason::as_str))
        .bind(id.as_str())
        .bind(int(uncounted))
        .execute(&mut tx.conn)
        .await?;
    if to != NotificationState::Queued {
        events::write_system(tx, id.as_str(), at, to.as_str(), last).await?;
    }
    effects::apply(tx, effects, at).await
}

pub(super) async fn next_at(ledger: &Backend) -> Result<Option<UnixMs>> {
    let sql = format!(
        "{PARTNERS} SELECT min((SELECT min(n.due_at) FROM notification n WHERE n.state = 'queued' AND n.partner = p.partner))
            AS next FROM p WHERE partner IS NOT NULL"
    );
    let row = sqlx::query(AssertSqlSafe(sql)).fetch_one(ledger.readers()).await?;
    let next: Option<i64> = row.try_get("next")?;
    Ok(next.and_then(|next| u64::try_from(next).ok()).map(UnixMs))
}
