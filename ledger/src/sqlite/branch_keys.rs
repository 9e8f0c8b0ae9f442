//! Wrapped branch keys, for `compliance`.

use async_trait::async_trait;
use sqlx::sqlite::SqliteRow;
use tradewind_compliance::PartnerId;
use tradewind_compliance::keys::{
    BranchKeyId, BranchKeyRecord, BranchKeyStore, BranchKeyStoreError, InsertKey, KeyKind, LoadActive, WrappedKey,
};

use super::SqliteLedger;
use super::rows::{int, parse, parse_opt, state, u32, u64};
use super::writer::Tx;
use crate::{LedgerError, Result};

impl From<LedgerError> for BranchKeyStoreError {
    fn from(error: LedgerError) -> Self {
        Self::new(error)
    }
}

#[async_trait]
impl BranchKeyStore for SqliteLedger {
    async fn load_active(&self, partner: &PartnerId, kind: KeyKind) -> Result<LoadActive, BranchKeyStoreError> {
        let sql = "SELECT * FROM branch_key WHERE partner = ? AND kind = ? ORDER BY version DESC LIMIT 1";
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
        let sql = "SELECT * FROM branch_key WHERE partner = ? AND kind = ? AND version = ?";
        let query = sqlx::query(sql).bind(id.partner.as_str()).bind(id.kind.as_str()).bind(id.version);
        let row = query.fetch_optional(self.readers()).await.map_err(LedgerError::from)?;
        Ok(row.as_ref().map(read).transpose()?)
    }

    async fn insert(&self, record: &BranchKeyRecord) -> Result<InsertKey, BranchKeyStoreError> {
        let record = record.clone();
        Ok(self.write(move |tx| Box::pin(async move { insert(tx, &record).await })).await?)
    }

    async fn list(&self, partner: Option<&PartnerId>) -> Result<Vec<BranchKeyRecord>, BranchKeyStoreError> {
        let sql = "SELECT * FROM branch_key WHERE ?1 IS NULL OR partner = ?1 ORDER BY partner, kind, version";
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
        // secure_delete overwrites the bytes in their page; truncating the log takes away the copies that stand there.
        let erased = self.write(move |tx| Box::pin(async move { destroy(tx, &partner).await })).await?;
        self.truncate_log().await?;
        Ok(erased)
    }
}

impl SqliteLedger {
    async fn is_shredded(&self, partner: &PartnerId) -> Result<bool> {
        let sql = "SELECT 1 FROM branch_key WHERE partner = ? AND wrapped IS NULL LIMIT 1";
        let found: Option<i64> = sqlx::query_scalar(sql).bind(partner.as_str()).fetch_optional(self.readers()).await?;
        Ok(found.is_some())
    }
}

fn read(row: &SqliteRow) -> Result<BranchKeyRecord> {
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
    })
}

async fn insert(tx: &mut Tx, record: &BranchKeyRecord) -> Result<InsertKey> {
    let shredded: Option<i64> =
        sqlx::query_scalar("SELECT 1 FROM branch_key WHERE partner = ? AND wrapped IS NULL LIMIT 1")
            .bind(record.id.partner.as_str())
            .fetch_optional(&mut tx.conn)
            .await?;
    if shredded.is_some() {
        return Ok(InsertKey::Shredded);
    }
    let sql = "INSERT INTO branch_key (partner, kind, version, root, wrapped, created_at) VALUES (?, ?, ?, ?, ?, ?)
        ON CONFLICT (partner, kind, version) DO NOTHING";
    let written = sqlx::query(sql)
        .bind(record.id.partner.as_str())
        .bind(record.id.kind.as_str())
        .bind(record.id.version)
        .bind(record.wrapped.as_ref().map(|wrapped| wrapped.root.as_str()))
        .bind(record.wrapped.as_ref().map(|wrapped| wrapped.bytes.as_slice()))
        .bind(int(record.created_unix_ms))
        .execute(&mut tx.conn)
        .await?;
    Ok(if written.rows_affected() == 1 { InsertKey::Inserted } else { InsertKey::Exists })
}

async fn replace(tx: &mut Tx, id: &BranchKeyId, old: &WrappedKey, new: &WrappedKey) -> Result<bool> {
    let sql = "UPDATE branch_key SET root = ?, wrapped = ?
        WHERE partner = ? AND kind = ? AND version = ? AND root = ? AND wrapped = ?";
    let changed = sqlx::query(sql)
        .bind(&new.root)
        .bind(&new.bytes)
        .bind(id.partner.as_str())
        .bind(id.kind.as_str())
        .bind(id.version)
        .bind(&old.root)
        .bind(&old.bytes)
        .execute(&mut tx.conn)
        .await?;
    Ok(changed.rows_affected() == 1)
}

async fn destroy(tx: &mut Tx, partner: &PartnerId) -> Result<u32> {
    let sql = "UPDATE branch_key SET root = NULL, wrapped = NULL WHERE partner = ? AND wrapped IS NOT NULL";
    let erased = sqlx::query(sql).bind(partner.as_str()).execute(&mut tx.conn).await?.rows_affected();
    Ok(u32::try_from(erased).unwrap_or(u32::MAX))
}
