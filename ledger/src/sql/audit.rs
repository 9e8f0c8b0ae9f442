//! The audit chain in its table.

use sqlx::Database;
use sqlx::query::Query;
use tradewind_compliance::audit::{self, AuditHash, AuditVerifier};

use super::rows::{bytes32, int, parse, sealed, sealed_opt, text, time, u64};
use super::{Backend, Db, DbRow, Tx, dialect};
use crate::{AuditEntry, LedgerError, NewAudit, Result};

const VERIFY_AT_ONCE: u32 = 1_000;

pub(super) async fn append(tx: &mut Tx, entry: &NewAudit) -> Result<()> {
    dialect::lock_name(tx, "audit").await?;
    let last =
        sqlx::query("SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1").fetch_optional(&mut tx.conn).await?;
    let (seq, previous) = match last {
        Some(row) => (u64(&row, "seq")?, AuditHash::from_bytes(bytes32(&row, "hash")?)),
        None => (0, AuditHash::START),
    };
    let linked = audit::AuditEntry {
        sequence: seq + 1,
        at_unix_ms: entry.at.0,
        actor: entry.actor.as_str().to_owned(),
        action: entry.action.as_str().to_owned(),
        subject: entry.subject.clone(),
        sealed_detail: entry.detail.as_ref().map(|detail| detail.0.clone()).unwrap_or_default(),
    };
    let hash = audit::link(&previous, &linked);
    sqlx::query(
        "INSERT INTO audit (seq, at, actor, action, subject, detail, hash) VALUES ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(int(linked.sequence))
    .bind(int(entry.at.0))
    .bind(entry.actor.as_str())
    .bind(entry.action.as_str())
    .bind(&entry.subject)
    .bind(sealed(entry.detail.as_ref()))
    .bind(hash.as_bytes().as_slice())
    .execute(&mut tx.conn)
    .await?;
    Ok(())
}

pub(super) async fn after(ledger: &Backend, seq: u64, limit: u32) -> Result<Vec<AuditEntry>> {
    entries(&query(seq, limit).fetch_all(ledger.readers()).await?)
}

fn query(after: u64, limit: u32) -> Query<'static, Db, <Db as Database>::Arguments> {
    sqlx::query("SELECT * FROM audit WHERE seq > $1 ORDER BY seq LIMIT $2").bind(int(after)).bind(int(limit))
}

fn entries(rows: &[DbRow]) -> Result<Vec<AuditEntry>> {
    rows.iter()
        .map(|row| {
            Ok(AuditEntry {
                seq: u64(row, "seq")?,
                at: time(row, "at")?,
                actor: parse(row, "actor")?,
                action: parse(row, "action")?,
                subject: text(row, "subject")?,
                detail: sealed_opt(row, "detail")?,
                hash: bytes32(row, "hash")?,
            })
        })
        .collect()
}

pub(super) async fn verify(ledger: &Backend) -> Result<u64> {
    let mut chain = Chain::from_start();
    while chain.check(&chain.following().fetch_all(ledger.readers()).await?)? {}
    Ok(chain.length())
}

/// The chain as far as it was verified.
pub(in super::super) struct Chain(AuditVerifier);

impl Chain {
    pub(in super::super) fn from_start() -> Self {
        Self(AuditVerifier::from_start())
    }

    pub(in super::super) fn length(&self) -> u64 {
        self.0.head().0
    }

    /// Asks for the entries that come next.
    pub(in super::super) fn following(&self) -> Query<'static, Db, <Db as Database>::Arguments> {
        query(self.length(), VERIFY_AT_ONCE)
    }

    /// False at the end.
    pub(in super::super) fn check(&mut self, rows: &[DbRow]) -> Result<bool> {
        for entry in entries(rows)? {
            let kept = AuditHash::from_bytes(entry.hash);
            let linked = audit::AuditEntry {
                sequence: entry.seq,
                at_unix_ms: entry.at.0,
                actor: entry.actor.as_str().to_owned(),
                action: entry.action.as_str().to_owned(),
                subject: entry.subject,
                sealed_detail: entry.detail.map(|detail| detail.0).unwrap_or_default(),
            };
            self.0.check(&linked, &kept).map_err(|_| LedgerError::AuditBroken { seq: linked.sequence })?;
        }
        Ok(!rows.is_empty())
    }
}
