//! Alarms.

use async_trait::async_trait;

use super::rows::{int, parse, parse_opt, text, time, time_opt, u32, u64};
use super::{Backend, DbRow, Tx, audit};
use crate::{Alarm, AuditEntry, Kind, NewAlarm, Reason, Result, UnixMs, Watch};

#[async_trait]
impl Watch for Backend {
    async fn open_alarm(&self, alarm: NewAlarm) -> Result<bool> {
        self.write(move |tx| Box::pin(async move { open(tx, &alarm).await })).await
    }

    async fn clear_alarm(&self, kind: &Kind, subject: &str, at: UnixMs) -> Result<bool> {
        let (kind, subject) = (kind.clone(), subject.to_owned());
        self.write(move |tx| {
            Box::pin(async move {
                let sql = "UPDATE alarm SET cleared_at = $1 WHERE kind = $2 AND subject = $3 AND cleared_at IS NULL";
                let query = sqlx::query(sql).bind(int(at.0)).bind(kind.as_str()).bind(subject);
                Ok(query.execute(&mut tx.conn).await?.rows_affected() > 0)
            })
        })
        .await
    }

    async fn open_alarms(&self) -> Result<Vec<Alarm>> {
        let sql = "SELECT * FROM alarm WHERE cleared_at IS NULL ORDER BY id";
        sqlx::query(sql).fetch_all(self.readers()).await?.iter().map(read).collect()
    }

    async fn alarms(&self, limit: u32) -> Result<Vec<Alarm>> {
        let query = sqlx::query("SELECT * FROM alarm ORDER BY id DESC LIMIT $1").bind(int(limit));
        query.fetch_all(self.readers()).await?.iter().map(read).collect()
    }

    async fn audit_after(&self, seq: u64, limit: u32) -> Result<Vec<AuditEntry>> {
        audit::after(self, seq, limit).await
    }

    async fn verify_audit(&self) -> Result<u64> {
        audit::verify(self).await
    }
}

fn read(row: &DbRow) -> Result<Alarm> {
    Ok(Alarm {
        kind: parse(row, "kind")?,
        subject: text(row, "subject")?,
        reason: parse_opt(row, "reason")?,
        opened_at: time(row, "opened_at")?,
        cleared_at: time_opt(row, "cleared_at")?,
        count: u32(row, "count")?,
    })
}

/// True if it was not open.
pub(super) async fn open(tx: &mut Tx, alarm: &NewAlarm) -> Result<bool> {
    let sql = "INSERT INTO alarm (kind, subject, reason, opened_at) VALUES ($1, $2, $3, $4)
        ON CONFLICT (kind, subject) WHERE cleared_at IS NULL DO UPDATE SET count = alarm.count + 1 RETURNING count";
    let row = sqlx::query(sql)
        .bind(alarm.kind.as_str())
        .bind(&alarm.subject)
        .bind(alarm.reason.as_ref().map(Reason::as_str))
        .bind(int(alarm.at.0))
        .fetch_one(&mut tx.conn)
        .await?;
    Ok(u64(&row, "count")? == 1)
}
