//! Claiming items, committing the intent to call, and finding deliveries again.

use std::collections::BTreeSet;

use async_trait::async_trait;
use sqlx::Row;
use tradewind_compliance::{DeliveryId, ItemId, PartnerId, SetId};

use super::rows::{flag, id_list, int, parse, sealed_opt, state, time, u32, u64};
use super::settle::ItemSettlement;
use super::{Backend, DbRow, Tx, effects, events, inquiries, items, lanes, numbers, settle};
use crate::{
    AnswerResult, Carried, Cause, ClaimableItem, DELIVERY_ITEMS_MAX, Deliveries, Delivery, DeliveryOutcome,
    DeliveryState, Effects, InquiryEnd, ItemOutcome, LedgerError, NewDelivery, NewInquiry, NumberKind, Place, Result,
    SealedValue, Settled, UnixMs,
};

#[async_trait]
impl Deliveries for Backend {
    async fn claimable_items(&self, partner: &PartnerId, limit: u32) -> Result<Vec<ClaimableItem>> {
        // Only what was accepted has lanes.
        let sql = concat!(
            "SELECT c.id, c.set_id, s.interchange, x.receipt, x.partner AS owner, s.guide, x.test, s.object, c.start,
                c.length, c.attempts, x.settled_at
            FROM (SELECT i.id, i.set_id, i.ordinal, i.start, i.length, i.attempts FROM ",
            first_in_lanes!(),
            ") c
            CROSS JOIN transaction_set s CROSS JOIN interchange x
            WHERE s.id = c.set_id AND x.id = s.interchange
            ORDER BY c.set_id, c.ordinal"
        );
        let rows = sqlx::query(sql).bind(partner.as_str()).bind(int(limit)).fetch_all(self.readers()).await?;
        rows.iter().map(read_claimable).collect()
    }

    async fn partners_with_claimable_items(&self) -> Result<Vec<PartnerId>> {
        let rows = sqlx::query("SELECT DISTINCT destination FROM deliverable ORDER BY destination")
            .fetch_all(self.readers())
            .await?;
        rows.iter().map(|row| parse(row, "destination")).collect()
    }

    async fn begin_delivery(&self, delivery: NewDelivery, effects: Effects) -> Result<()> {
        self.write(move |tx| Box::pin(async move { begin(tx, &delivery, &effects).await })).await
    }

    async fn settle_delivery(
        &self,
        id: DeliveryId,
        outcome: DeliveryOutcome,
        cause: Cause,
        at: UnixMs,
        effects: Effects,
    ) -> Result<Settled> {
        self.write(move |tx| Box::pin(async move { settle::call(tx, id, &outcome, &cause, at, &effects).await })).await
    }

    async fn settle_items(
        &self,
        items: &[ItemId],
        outcome: ItemOutcome,
        cause: Cause,
        at: UnixMs,
        effects: Effects,
    ) -> Result<Settled> {
        let settlement = ItemSettlement { items: items.to_vec(), cause, at };
        self.write(move |tx| Box::pin(async move { settle::items(tx, &settlement, outcome, &effects).await })).await
    }

    async fn release_items(&self, items: &[ItemId], cause: Cause, at: UnixMs, effects: Effects) -> Result<Settled> {
        let settlement = ItemSettlement { items: items.to_vec(), cause, at };
        self.write(move |tx| Box::pin(async move { settle::release(tx, &settlement, &effects).await })).await
    }

    async fn open_inquiry(&self, inquiry: NewInquiry) -> Result<()> {
        self.write(move |tx| Box::pin(async move { inquiries::open(tx, &inquiry).await })).await
    }

    async fn close_inquiry(&self, end: InquiryEnd) -> Result<Vec<AnswerResult>> {
        self.write(move |tx| Box::pin(async move { inquiries::close(tx, &end).await })).await
    }

    async fn delivery(&self, id: DeliveryId) -> Result<Option<Delivery>> {
        let query = sqlx::query("SELECT * FROM delivery WHERE id = $1").bind(id.as_str());
        query.fetch_optional(self.readers()).await?.as_ref().map(read).transpose()
    }

    async fn delivery_by_number(&self, partner: &PartnerId, kind: NumberKind, number: u32) -> Result<Option<Delivery>> {
        let Some(user) = numbers::user_of(self, partner, kind, number).await? else { return Ok(None) };
        let query =
            sqlx::query("SELECT * FROM delivery WHERE id = $1 AND partner = $2").bind(user).bind(partner.as_str());
        query.fetch_optional(self.readers()).await?.as_ref().map(read).transpose()
    }

    async fn delivery_items(&self, id: DeliveryId, live: bool) -> Result<Vec<Carried>> {
        let all = "SELECT item, set_number FROM delivery_item WHERE delivery = $1 ORDER BY position";
        let held = "SELECT c.item, c.set_number FROM delivery_item c
            JOIN item i ON i.id = c.item AND i.delivery = c.delivery AND i.state = 'assigned'
            WHERE c.delivery = $1 ORDER BY c.position";
        let query = sqlx::query(if live { held } else { all }).bind(id.as_str());
        let rows = query.fetch_all(self.readers()).await?;
        rows.iter().map(|row| Ok(Carried { item: parse(row, "item")?, set_number: u32(row, "set_number")? })).collect()
    }

    async fn deliveries_in(
        &self,
        partner: Option<&PartnerId>,
        state: DeliveryState,
        limit: u32,
    ) -> Result<Vec<Delivery>> {
        let one = "SELECT * FROM delivery WHERE state = $1 AND partner = $2 ORDER BY id LIMIT $3";
        let all = "SELECT * FROM delivery WHERE state = $1 AND $2 = '' ORDER BY id LIMIT $3";
        let query = sqlx::query(if partner.is_some() { one } else { all }).bind(state.as_str());
        let query = query.bind(partner.map_or("", PartnerId::as_str)).bind(int(limit));
        query.fetch_all(self.readers()).await?.iter().map(read).collect()
    }

    async fn item_sealed(&self, id: ItemId) -> Result<Option<SealedValue>> {
        let query = sqlx::query("SELECT sealed FROM item WHERE id = $1").bind(id.as_str());
        let row = query.fetch_optional(self.readers()).await?;
        row.map_or(Ok(None), |row| sealed_opt(&row, "sealed"))
    }
}

fn read_claimable(row: &DbRow) -> Result<ClaimableItem> {
    Ok(ClaimableItem {
        id: parse(row, "id")?,
        set: parse(row, "set_id")?,
        interchange: parse(row, "interchange")?,
        receipt: parse(row, "receipt")?,
        owner: parse(row, "owner")?,
        guide: parse(row, "guide")?,
        test: flag(row, "test")?,
        place: Place { object: parse(row, "object")?, offset: u64(row, "start")?, length: u32(row, "length")? },
        attempts: u32(row, "attempts")?,
        accepted_at: time(row, "settled_at")?,
    })
}

pub(super) fn read(row: &DbRow) -> Result<Delivery> {
    Ok(Delivery {
        id: parse(row, "id")?,
        partner: parse(row, "partner")?,
        state: state(row, "state", DeliveryState::from_word)?,
        payload: parse(row, "payload")?,
        control_number: u32(row, "control_number")?,
        item_count: u32(row, "item_count")?,
        reads_only: flag(row, "reads_only")?,
        over_by: time(row, "over_by")?,
        changed_at: time(row, "changed_at")?,
    })
}

pub(super) async fn exists(tx: &mut Tx, id: DeliveryId) -> Result<bool> {
    let query = sqlx::query("SELECT 1 FROM delivery WHERE id = $1").bind(id.as_str());
    Ok(query.fetch_optional(&mut tx.conn).await?.is_some())
}

pub(super) async fn begin(tx: &mut Tx, new: &NewDelivery, effects: &Effects) -> Result<()> {
    if exists(tx, new.id).await? {
        return Ok(());
    }
    if new.items.is_empty() || new.items.len() > DELIVERY_ITEMS_MAX {
        return Err(LedgerError::Limit {
            what: "items of a delivery",
            max: DELIVERY_ITEMS_MAX,
            found: new.items.len(),
        });
    }
    insert(tx, new).await?;
    assign(tx, new).await?;
    for numbers in &new.numbers {
        numbers::mark_used(tx, &new.partner, *numbers, new.id.as_str()).await?;
    }
    events::write_system(tx, new.id.as_str(), new.at, DeliveryState::Sending.as_str(), None).await?;
    effects::apply(tx, effects, new.at).await
}

async fn insert(tx: &mut Tx, new: &NewDelivery) -> Result<()> {
    let isa = new.numbers.iter().find(|numbers| numbers.kind == NumberKind::Interchange && numbers.count == 1);
    let isa = isa.ok_or(LedgerError::Grammar { expected: "one ISA13 for a delivery" })?;
    let sql = "INSERT INTO delivery
        (id, partner, state, payload, control_number, item_count, reads_only, over_by, changed_at)
        VALUES ($1, $2, 'sending', $3, $4, $5, $6, $7, $8)";
    sqlx::query(sql)
        .bind(new.id.as_str())
        .bind(new.partner.as_str())
        .bind(new.payload.as_str())
        .bind(int(isa.last()))
        .bind(int(new.items.len() as u64))
        .bind(new.reads_only)
        .bind(int(new.over_by.0))
        .bind(int(new.at.0))
        .execute(&mut tx.conn)
        .await?;
    Ok(())
}

/// Takes the items: all of them from accepted to sending, or none (L4).
async fn assign(tx: &mut Tx, new: &NewDelivery) -> Result<()> {
    let ids = id_list(new.items.iter().map(|carried| carried.item));
    let sets: BTreeSet<SetId> = items::lock(tx, &ids).await?.iter().map(|item| item.set).collect();
    let take = concat!(
        "UPDATE item SET state = 'assigned', delivery = $1 WHERE id ",
        listed!("$2"),
        " AND state = 'waiting' AND destination = $3"
    );
    let query = sqlx::query(take).bind(new.id.as_str()).bind(&ids).bind(new.partner.as_str());
    let taken = query.execute(&mut tx.conn).await?.rows_affected();
    if taken != new.items.len() as u64 || !lanes::are_open(tx, &new.partner, &sets).await? {
        return Err(LedgerError::Taken { what: "items of delivery", id: new.id.to_string() });
    }
    let pairs: Vec<String> =
        new.items.iter().map(|carried| format!("\"{} {}\"", carried.item, carried.set_number)).collect();
    let carry = "INSERT INTO delivery_item (delivery, position, item, set_number)
        SELECT $1, key + 1, substr(value, 1, 20), CAST(substr(value, 22) AS BIGINT) FROM json_each($2)";
    let query = sqlx::query(carry).bind(new.id.as_str()).bind(format!("[{}]", pairs.join(",")));
    query.execute(&mut tx.conn).await?;
    lanes::close(tx, &sets).await
}

/// How many items a delivery still decides on.
pub(super) async fn held(tx: &mut Tx, id: &str) -> Result<u64> {
    let sql = "SELECT count(*) AS held FROM delivery_item c
        JOIN item i ON i.id = c.item AND i.delivery = c.delivery AND i.state = 'assigned' WHERE c.delivery = $1";
    let row = sqlx::query(sql).bind(id).fetch_one(&mut tx.conn).await?;
    let held: i64 = row.try_get("held")?;
    Ok(u64::try_from(held).unwrap_or(0))
}
