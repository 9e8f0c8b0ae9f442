//! Wrapped branch keys, for `compliance`.

use async_trait::async_trait;
use tradewind_compliance::PartnerId;
use tradewind_compliance::keys::{
    BranchKeyId, BranchKeyRecord, BranchKeyStore, BranchKeyStoreError, InsertKey, KeyKind, LoadActive, WrappedKey,
};

use super::rows::{flag, int, parse, parse_opt, state, u32, u64};
use super::{Backend, DbRow, Tx, dialect};
use crate::{LedgerError, Result};

#[async_trait]
impl BranchKeyStore for Backend {
    async fn load_active(&self, partner: &PartnerId, kind: KeyKind) -> Result<LoadActive, BranchKeyStoreError> {
        let sql = "SELECT * FROM branch_key WHERE partner = $1 AND kind = $2 AND NOT own ORDER BY version DESC LIMIT 1";
        let query = sqlx::query(sql).bind(partner.as_str()).bind(kind.as_str());
        let row = query.fetch_optional(self.readers()).await.map_err(LedgerError::from)?;
        match row.as_ref().map(read).transpose()? {
            Some(record) if record.wrapped.is_some() => Ok(LoadActive::Active(record)),
            Some(_) => Ok(LoadActive::Shredded),
            None if self.is_shredded(partner).await? => Ok(LoadActive::Shredded),
            None => Ok(LoadActive::Absent),
        }
    }

    async fn load(&self, id: &BranchKeyId) -> Result<Option<BranchKeyRecord>, BranchKeyStoreError> {
        let sql = "SELECT * FROM branch_key WHERE partner = $1 AND kind = $2 AND version = $3";
        let query = sqlx::query(sql).bind(id.partner.as_str()).bind(id.kind.as_str()).bind(int(id.version));
        let row = query.fetch_optional(self.readers()).await.map_err(LedgerError::from)?;
        Ok(row.as_ref().map(read).transpose()?)
    }

    async fn insert(&self, record: &BranchKeyRecord) -> Result<InsertKey, BranchKeyStoreError> {
        let record = record.clone();
        Ok(self.write(move |tx| Box::pin(async move { insert(tx, &record).await })).await?)
    }

    async fn list(&self, partner: Option<&PartnerId>) -> Result<Vec<BranchKeyRecord>, BranchKeyStoreError> {
        let sql = "SELECT * FROM branch_key WHERE $1 IS NULL OR partner = $1 ORDER BY partner, kind, version";
        let query = sqlx::query(sql).bind(partner.map(PartnerId::as_str));
        let rows = query.fetch_all(self.readers()).await.map_err(LedgerError::from)?;
        let mut records: Vec<BranchKeyRecord> = rows.iter().map(read).collect::<Result<_>>()?;
        records.sort_by(|a, b| a.id.cmp(&b.id));
        Ok(records)
    }

    async fn replace_wrapped(
        &self,
        id: &BranchKeyId,
        old: &WrappedKey,
        new: &WrappedKey,
    ) -> Result<bool, BranchKeyStoreError> {
        let (id, old, new) = (id.clone(), old.clone(), new.clone());
        Ok(self.write(move |tx| Box::pin(async move { replace(tx, &id, &old, &new).await })).await?)
    }

    async fn destroy(&self, partner: &PartnerId) -> Result<u32, BranchKeyStoreError> {
        let partner = partner.clone();
        let erased = self.write(move |tx| Box::pin(async move { destroy(tx, &partner).await })).await?;
        self.forget_erased().await?;
        Ok(erased)
    }
}

impl Backend {
    async fn is_shredded(&self, partner: &PartnerId) -> Result<bool> {
        let sql = "SELECT 1 FROM branch_key WHERE partner = $1 AND wrapped IS NULL LIMIT 1";
        Ok(sqlx::query(sql).bind(partner.as_str()).fetch_optional(self.readers()).await?.is_some())
    }
}

fn read(row: &DbRow) -> Result<BranchKeyRecord> {
    let root: Option<String> = parse_opt(row, "root")?;
    let bytes: Option<Vec<u8>> = sqlx::Row::try_get(row, "wrapped")?;
    Ok(BranchKeyRecord {
        id: BranchKeyId {
            partner: parse(row, "partner")?,
            kind: state(row, "kind", KeyKind::from_word)?,
            version: u32(row, "version")?,
        },
        wrapped: root.zip(bytes).map(|(root, bytes)| WrappedKey { root, bytes }),
        created_unix_ms: u64(row, "created_at")?,
        own: flag(row, "own")?,
    })
}

/// No key comes in while a partner's keys are destroyed.
fn name(partner: &PartnerId) -> String {
    format!("branch keys {partner}")
}

async fn insert(tx: &mut Tx, record: &BranchKeyRecord) -> Result<InsertKey> {
    dialect::lock_name(tx, &name(&record.id.partner)).await?;
    let shredded = sqlx::query("SELECT 1 FROM branch_key WHERE partner = $1 AND wrapped IS NULL LIMIT 1")
        .bind(record.id.partner.as_str());
    if shredded.fetch_optional(&mut tx.conn).await?.is_some() {
        return Ok(InsertKey::Shredded);
    }
    let sql =
        "INSERT INTO branch_key (partner, kind, version, root, wrapped, created_at, own) VALUES ($1, $2, $3, $4, $5, $6, $7)
        ON CONFLICT (partner, kind, version) DO NOTHING";
    let written = sqlx::query(sql)
        .bind(record.id.partner.as_str())
        .bind(record.id.kind.as_str())
        .bind(int(record.id.version))
        .bind(record.wrapped.as_ref().map(|wrapped| wrapped.root.as_str()))
        .bind(record.wrapped.as_ref().map(|wrapped| wrapped.bytes.as_slice()))
        .bind(int(record.created_unix_ms))
        .bind(record.own)
        .execute(&mut tx.conn)
        .await?;
    Ok(if written.rows_affected() == 1 { InsertKey::Inserted } else { InsertKey::Exists })
}

async fn replace(tx: &mut Tx, id: &BranchKeyId, old: &WrappedKey, new: &WrappedKey) -> Result<bool> {
    let sql = "UPDATE branch_key SET root = $1, wrapped = $2
        WHERE partner = $3 AND kind = $4 AND version = $5 AND root = $6 AND wrapped = $7";
    let changed = sqlx::query(sql)
        .bind(&new.root)
        .bind(&new.bytes)
        .bind(id.partner.as_str())
        .bind(id.kind.as_str())
        .bind(int(id.version))
        .bind(&old.root)
        .bind(&old.bytes)
        .execute(&mut tx.conn)
        .await?;
    Ok(changed.rows_affected() == 1)
}

async fn destroy(tx: &mut Tx, partner: &PartnerId) -> Result<u32> {
    dialect::lock_name(tx, &name(partner)).await?;
    let sql = "UPDATE branch_key SET root = NULL, wrapped = NULL WHERE partner = $1 AND wrapped IS NOT NULL";
    let erased = sqlx::query(sql).bind(partner.as_str()).execute(&mut tx.conn).await?.rows_affected();
    Ok(u32::try_from(erased).unwrap_or(u32::MAX))
}
