//! Answers: recorded in bulk, each once, each moving its item as far as it may.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use async_trait::async_trait;
use sqlx::AssertSqlSafe;
use tradewind_compliance::{AnswerId, DeliveryId, ItemId, NotificationId, PartnerId, ReceiptId};

use super::dialect::{self, placeholders};
use super::rows::{flag, id_list, int, parse, parse_opt, time, u32, u64};
use super::{Backend, DbRow, Tx, effects, items, lanes, notifications, settle};
use crate::{
    Advance, Answer, AnswerResult, Answers, Attempt, Cause, Effects, LedgerError, NewAnswer, Notification, Place,
    Result, STAGE_ITEMS_MAX, UnixMs,
};

/// Rows of one statement.
const ROWS_A_STATEMENT: usize = 250;

#[async_trait]
impl Answers for Backend {
    async fn record_answers(&self, answers: Vec<NewAnswer>, effects: Effects) -> Result<Vec<AnswerResult>> {
        self.write(move |tx| {
            Box::pin(async move {
                let results = record(tx, &answers).await?;
                let at = answers.iter().map(|answer| answer.at).max().unwrap_or_default();
                effects::apply(tx, &effects, at).await?;
                Ok(results)
            })
        })
        .await
    }

    async fn answer(&self, id: AnswerId) -> Result<Option<Answer>> {
        let query = sqlx::query("SELECT * FROM answer WHERE id = $1").bind(id.as_str());
        query.fetch_optional(self.readers()).await?.as_ref().map(read).transpose()
    }

    async fn answers_of(&self, item: ItemId) -> Result<Vec<Answer>> {
        let query = sqlx::query("SELECT * FROM answer WHERE item = $1 ORDER BY answered_at, id").bind(item.as_str());
        query.fetch_all(self.readers()).await?.iter().map(read).collect()
    }

    async fn answers_in(&self, source: ReceiptId, after: Option<AnswerId>, limit: u32) -> Result<Vec<Answer>> {
        let sql = "SELECT * FROM answer WHERE source = $1 AND id > $2 ORDER BY id LIMIT $3";
        let query =
            sqlx::query(sql).bind(source.as_str()).bind(after.as_ref().map_or("", AnswerId::as_str)).bind(int(limit));
        query.fetch_all(self.readers()).await?.iter().map(read).collect()
    }

    async fn lease_notifications(
        &self,
        at: UnixMs,
        lease_until: UnixMs,
        per_partner: u32,
        limit: u32,
    ) -> Result<Vec<Notification>> {
        let lease = notifications::Lease { at, until: lease_until, per_partner, limit };
        self.write(move |tx| Box::pin(async move { notifications::lease(tx, &lease).await })).await
    }

    async fn settle_notification(&self, id: NotificationId, end: Attempt, at: UnixMs, effects: Effects) -> Result<()> {
        self.write(move |tx| Box::pin(async move { notifications::settle(tx, id, &end, at, &effects).await })).await
    }

    async fn notification(&self, id: NotificationId) -> Result<Option<Notification>> {
        let query = sqlx::query("SELECT * FROM notification WHERE id = $1").bind(id.as_str());
        query.fetch_optional(self.readers()).await?.as_ref().map(notifications::read).transpose()
    }

    async fn next_notification_at(&self) -> Result<Option<UnixMs>> {
        notifications::next_at(self).await
    }
}

fn read(row: &DbRow) -> Result<Answer> {
    Ok(Answer {
        id: parse(row, "id")?,
        item: parse(row, "item")?,
        delivery: parse_opt(row, "delivery")?,
        source: parse(row, "source")?,
        kind: parse(row, "kind")?,
        outcome: parse(row, "outcome")?,
        place: Place { object: parse(row, "object")?, offset: u64(row, "start")?, length: u32(row, "length")? },
        at: time(row, "answered_at")?,
    })
}

pub(super) async fn record(tx: &mut Tx, answers: &[NewAnswer]) -> Result<Vec<AnswerResult>> {
    if answers.len() > STAGE_ITEMS_MAX {
        return Err(LedgerError::Limit { what: "answers", max: STAGE_ITEMS_MAX, found: answers.len() });
    }
    let ids = id_list(answers.iter().map(|answer| answer.item));
    dialect::lock_carriers(tx, &ids).await?;
    let locked = items::lock(tx, &ids).await?;
    let carried = carried(tx, &ids).await?;
    let to: HashSet<(ItemId, &PartnerId)> = carried.iter().map(|one| (one.item, &one.partner)).collect();
    let mut recorded = recorded_of(tx, &ids).await?;
    let partners = partners_of(tx, answers.iter().map(|answer| answer.source).collect()).await?;
    let mut new: Vec<&NewAnswer> = Vec::with_capacity(answers.len());
    let results = answers
        .iter()
        .map(|answer| {
            let partner = partners.get(&answer.source);
            if !partner.is_some_and(|partner| to.contains(&(answer.item, partner))) {
                return AnswerResult::NoItem;
            }
            if !recorded.insert((answer.source, answer.item, answer.ordinal)) {
                return AnswerResult::Repeated;
            }
            new.push(answer);
            AnswerResult::New
        })
        .collect();
    for rows in new.chunks(ROWS_A_STATEMENT) {
        insert(tx, rows).await?;
    }
    notifications::queue(tx, &new).await?;
    advance(tx, &new).await?;
    let moved: HashSet<ItemId> =
        new.iter().filter(|answer| answer.advance != Advance::Note).map(|answer| answer.item).collect();
    let left = locked.iter().filter(|item| item.waits && moved.contains(&item.id)).map(|item| item.set).collect();
    lanes::close(tx, &left).await?;
    let unknown = carried.iter().filter(|one| one.unknown && moved.contains(&one.item)).map(|one| one.delivery);
    let at = answers.iter().map(|answer| answer.at).max().unwrap_or_default();
    settle::close_unknown(tx, &unknown.collect(), &Cause::system("answered")?, at).await?;
    Ok(results)
}

/// An item in a delivery that carried it.
struct InDelivery {
    item: ItemId,
    delivery: DeliveryId,
    partner: PartnerId,
    unknown: bool,
}

/// What ever carried the listed items.
async fn carried(tx: &mut Tx, ids: &str) -> Result<Vec<InDelivery>> {
    let sql = concat!(
        "SELECT c.item, c.delivery, d.partner, d.state = 'unknown' AS unknown
        FROM delivery_item c JOIN delivery d ON d.id = c.delivery WHERE c.item ",
        listed!("$1")
    );
    let rows = sqlx::query(sql).bind(ids).fetch_all(&mut tx.conn).await?;
    rows.iter()
        .map(|row| {
            let (item, delivery) = (parse(row, "item")?, parse(row, "delivery")?);
            Ok(InDelivery { item, delivery, partner: parse(row, "partner")?, unknown: flag(row, "unknown")? })
        })
        .collect()
}

/// What is recorded of the listed items.
async fn recorded_of(tx: &mut Tx, ids: &str) -> Result<HashSet<(ReceiptId, ItemId, u32)>> {
    let sql = concat!("SELECT source, item, ordinal FROM answer WHERE item ", listed!("$1"));
    let rows = sqlx::query(sql).bind(ids).fetch_all(&mut tx.conn).await?;
    rows.iter().map(|row| Ok((parse(row, "source")?, parse(row, "item")?, u32(row, "ordinal")?))).collect()
}

/// Whom the sources came from.
async fn partners_of(tx: &mut Tx, sources: BTreeSet<ReceiptId>) -> Result<BTreeMap<ReceiptId, PartnerId>> {
    let sql = concat!("SELECT id, partner FROM receipt WHERE id ", listed!("$1"));
    let rows = sqlx::query(sql).bind(id_list(sources)).fetch_all(&mut tx.conn).await?;
    rows.iter().map(|row| Ok((parse(row, "id")?, parse(row, "partner")?))).collect()
}

async fn insert(tx: &mut Tx, answers: &[&NewAnswer]) -> Result<()> {
    const COLUMNS: usize = 12;
    let sql = format!(
        "INSERT INTO answer (id, item, delivery, source, ordinal, kind, outcome, advance, object, start, length, answered_at)
        VALUES {}",
        placeholders(answers.len(), COLUMNS)
    );
    let mut query = sqlx::query(AssertSqlSafe(sql)).persistent(answers.len() == ROWS_A_STATEMENT);
    for answer in answers {
        query = query
            .bind(answer.id.as_str())
            .bind(answer.item.as_str())
            .bind(answer.delivery.as_ref().map(|delivery| delivery.as_str()))
            .bind(answer.source.as_str())
            .bind(int(answer.ordinal))
            .bind(answer.kind.as_str())
            .bind(answer.outcome.as_str())
            .bind(answer.advance.word())
            .bind(answer.place.object.as_str())
            .bind(int(answer.place.offset))
            .bind(int(answer.place.length))
            .bind(int(answer.at.0));
    }
    query.execute(&mut tx.conn).await?;
    Ok(())
}

/// An answer proves that the partner has the item, whatever we thought of it. It never goes back.
async fn advance(tx: &mut Tx, answers: &[&NewAnswer]) -> Result<()> {
    let of = |advance: Advance| id_list(answers.iter().filter(|answer| answer.advance == advance).map(|a| a.item));
    let acknowledged = concat!(
        "UPDATE item SET state = 'acknowledged' WHERE state IN ('waiting', 'assigned', 'quarantined') AND id ",
        listed!("$1")
    );
    sqlx::query(acknowledged).bind(of(Advance::Acknowledged)).execute(&mut tx.conn).await?;
    let answered = concat!(
        "UPDATE item SET state = 'answered' WHERE state IN ('waiting', 'assigned', 'quarantined', 'acknowledged') AND id ",
        listed!("$1")
    );
    sqlx::query(answered).bind(of(Advance::Answered)).execute(&mut tx.conn).await?;
    Ok(())
}
