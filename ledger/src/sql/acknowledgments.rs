//! Acknowledgments given and owed, and the files in `/out`.

use async_trait::async_trait;
use tradewind_compliance::{DeliveryId, InterchangeId, PartnerId};

use super::rows::{int, parse, parse_opt, time, time_opt, u64};
use super::{Backend, DbRow, effects};
use crate::{Acknowledgment, Acknowledgments, Effects, Kind, OutFile, OutName, Owed, Result, UnixMs};

#[async_trait]
impl Acknowledgments for Backend {
    async fn record(&self, effects: Effects) -> Result<()> {
        let at = written_at(&effects);
        self.write(move |tx| Box::pin(async move { effects::apply(tx, &effects, at).await })).await
    }

    async fn acknowledgments_given(&self, interchange: InterchangeId) -> Result<Vec<Acknowledgment>> {
        let sql = "SELECT * FROM acknowledgment WHERE interchange = $1 ORDER BY given_at, object";
        let rows = sqlx::query(sql).bind(interchange.as_str()).fetch_all(self.readers()).await?;
        rows.iter().map(read_given).collect()
    }

    async fn acknowledgment_came(&self, delivery: DeliveryId, kind: &Kind, at: UnixMs) -> Result<bool> {
        let kind = kind.clone();
        self.write(move |tx| {
            Box::pin(async move {
                let sql =
                    "UPDATE owed_acknowledgment SET came_at = $1 WHERE delivery = $2 AND kind = $3 AND came_at IS NULL";
                let query = sqlx::query(sql).bind(int(at.0)).bind(delivery.as_str()).bind(kind.as_str());
                Ok(query.execute(&mut tx.conn).await?.rows_affected() > 0)
            })
        })
        .await
    }

    async fn overdue_acknowledgments(&self, at: UnixMs, limit: u32) -> Result<Vec<Owed>> {
        let sql = "SELECT * FROM owed_acknowledgment WHERE came_at IS NULL AND due_at < $1 ORDER BY due_at, delivery LIMIT $2";
        let rows = sqlx::query(sql).bind(int(at.0)).bind(int(limit)).fetch_all(self.readers()).await?;
        rows.iter().map(read_owed).collect()
    }

    async fn owed_for(&self, delivery: DeliveryId) -> Result<Vec<Owed>> {
        let sql = "SELECT * FROM owed_acknowledgment WHERE delivery = $1 ORDER BY kind";
        let rows = sqlx::query(sql).bind(delivery.as_str()).fetch_all(self.readers()).await?;
        rows.iter().map(read_owed).collect()
    }

    async fn list_out(&self, partner: &PartnerId, after: Option<&OutName>, limit: u32) -> Result<Vec<OutFile>> {
        let sql = "SELECT * FROM out_file WHERE partner = $1 AND name > $2 AND NOT removed ORDER BY name LIMIT $3";
        let query = sqlx::query(sql).bind(partner.as_str()).bind(after.map_or("", OutName::as_str)).bind(int(limit));
        query.fetch_all(self.readers()).await?.iter().map(read_file).collect()
    }

    async fn out_file(&self, partner: &PartnerId, name: &OutName) -> Result<Option<OutFile>> {
        let sql = "SELECT * FROM out_file WHERE partner = $1 AND name = $2 AND NOT removed";
        let query = sqlx::query(sql).bind(partner.as_str()).bind(name.as_str());
        query.fetch_optional(self.readers()).await?.as_ref().map(read_file).transpose()
    }

    async fn out_file_given(&self, partner: &PartnerId, name: &OutName) -> Result<bool> {
        let query = sqlx::query("SELECT 1 FROM out_file WHERE partner = $1 AND name = $2");
        let query = query.bind(partner.as_str()).bind(name.as_str());
        Ok(query.fetch_optional(self.readers()).await?.is_some())
    }

    async fn out_file_fetched(&self, partner: &PartnerId, name: &OutName, at: UnixMs) -> Result<()> {
        let (partner, name) = (partner.clone(), name.clone());
        self.write(move |tx| {
            Box::pin(async move {
                let sql = "UPDATE out_file SET fetched_at = $1 WHERE partner = $2 AND name = $3 AND fetched_at IS NULL";
                let query = sqlx::query(sql).bind(int(at.0)).bind(partner.as_str()).bind(name.as_str());
                query.execute(&mut tx.conn).await?;
                Ok(())
            })
        })
        .await
    }

    async fn delete_out(&self, partner: &PartnerId, name: &OutName, effects: Effects) -> Result<bool> {
        let (partner, name) = (partner.clone(), name.clone());
        self.write(move |tx| {
            Box::pin(async move {
                let sql = "UPDATE out_file SET removed = TRUE WHERE partner = $1 AND name = $2 AND NOT removed";
                let query = sqlx::query(sql);
                let gone = query.bind(partner.as_str()).bind(name.as_str()).execute(&mut tx.conn).await?;
                if gone.rows_affected() == 0 {
                    return Ok(false);
                }
                effects::apply(tx, &effects, written_at(&effects)).await?;
                Ok(true)
            })
        })
        .await
    }
}

/// Jobs that no dated change carries count as written when the first of them is due.
fn written_at(effects: &Effects) -> UnixMs {
    effects.jobs.iter().map(|job| job.due_at).min().unwrap_or_default()
}

fn read_given(row: &DbRow) -> Result<Acknowledgment> {
    Ok(Acknowledgment {
        object: parse(row, "object")?,
        partner: parse(row, "partner")?,
        interchange: parse(row, "interchange")?,
        kind: parse(row, "kind")?,
        out_name: parse_opt(row, "out_name")?,
        at: time(row, "given_at")?,
    })
}

fn read_owed(row: &DbRow) -> Result<Owed> {
    Ok(Owed {
        delivery: parse(row, "delivery")?,
        partner: parse(row, "partner")?,
        kind: parse(row, "kind")?,
        due_at: time(row, "due_at")?,
        came_at: time_opt(row, "came_at")?,
    })
}

fn read_file(row: &DbRow) -> Result<OutFile> {
    Ok(OutFile {
        partner: parse(row, "partner")?,
        name: parse(row, "name")?,
        object: parse(row, "object")?,
        size: u64(row, "size")?,
        kind: parse(row, "kind")?,
        receipt: parse_opt(row, "receipt")?,
        at: time(row, "appeared_at")?,
        fetched_at: time_opt(row, "fetched_at")?,
    })
}
