//! Counts, and the conservation line.

use async_trait::async_trait;
use sqlx::query::Query;
use sqlx::{Database, Row};
use tradewind_compliance::{ItemId, PartnerId, ReceiptId};

use super::rows::{int, parse, state, u64};
use super::{Backend, Db, DbRow, lookups, receipts, timeline};
use crate::{
    Conservation, DeliveryState, FileReport, Item, ItemQuery, ItemState, JobState, Moment, NotificationState, Receipt,
    ReceiptState, Reports, Result, Scope, StateCount,
};

/// One statement, so one moment. `received` comes from the sets' own counts; the rest from the items, and an item counts as
/// answered only if an answer proves it, and as under way only if what it is in exists (item_now gives no state otherwise).
const CONSERVATION: &str = "
    WITH received (owner, count) AS (
        SELECT x.partner, CAST(sum(s.item_count) AS BIGINT) FROM transaction_set s JOIN interchange x ON x.id = s.interchange
        WHERE x.state <> 'duplicate' AND ($1 IS NULL OR x.partner = $1) GROUP BY x.partner
    ),
    now (owner, answered, rejected, quarantined, in_flight, unknown) AS (
        SELECT n.owner,
            count(*) FILTER (WHERE n.state = 'answered' AND EXISTS (SELECT 1 FROM answer a WHERE a.item = n.id)),
            count(*) FILTER (WHERE n.state = 'rejected'),
            count(*) FILTER (WHERE n.state = 'quarantined'),
            count(*) FILTER (WHERE n.state IN ('staged', 'accepted', 'sending', 'sent', 'unknown', 'acknowledged')),
            count(*) FILTER (WHERE n.state = 'unknown')
        FROM item_now n WHERE $1 IS NULL OR n.owner = $1 GROUP BY n.owner
    )
    SELECT r.owner, r.count AS received, coalesce(n.answered, 0) AS answered, coalesce(n.rejected, 0) AS rejected,
        coalesce(n.quarantined, 0) AS quarantined, coalesce(n.in_flight, 0) AS in_flight, coalesce(n.unknown, 0) AS unknown
    FROM received r LEFT JOIN now n ON n.owner = r.owner
    UNION ALL
    SELECT n.owner, 0, n.answered, n.rejected, n.quarantined, n.in_flight, n.unknown
    FROM now n WHERE n.owner NOT IN (SELECT owner FROM received)
    ORDER BY 1";

/// Items by state: SQLite reads an index alone, PostgreSQL the rows, since what changes stands in none of its indexes.
const ITEM_COUNTS: &str = "
    WITH own (set_id, state, delivery, count) AS (
        SELECT set_id, state, CASE state WHEN 'assigned' THEN delivery END, count(*) FROM item GROUP BY 1, 2, 3
    )
    SELECT CASE o.state
            WHEN 'waiting' THEN CASE WHEN x.state = 'rejected' OR s.state = 'rejected' THEN 'rejected' ELSE x.state END
            WHEN 'assigned' THEN d.state
            ELSE o.state
        END AS state, CAST(sum(o.count) AS BIGINT) AS count
    FROM own o JOIN transaction_set s ON s.id = o.set_id JOIN interchange x ON x.id = s.interchange
    LEFT JOIN delivery d ON d.id = o.delivery
    WHERE x.state <> 'duplicate' GROUP BY 1";

/// Asks for every partner's conservation line.
pub(in super::super) fn conservation() -> Query<'static, Db, <Db as Database>::Arguments> {
    sqlx::query(CONSERVATION).bind(None::<&str>)
}

pub(in super::super) fn by_partner(rows: &[DbRow]) -> Result<Vec<(PartnerId, Conservation)>> {
    rows.iter().map(|row| Ok((parse(row, "owner")?, read(row)?))).collect()
}

#[async_trait]
impl Reports for Backend {
    async fn item(&self, scope: &Scope, id: ItemId) -> Result<Option<Item>> {
        lookups::one(self, scope, id).await
    }

    async fn items(&self, ids: &[ItemId]) -> Result<Vec<Item>> {
        lookups::many(self, ids).await
    }

    async fn find_items(
        &self,
        scope: &Scope,
        query: ItemQuery,
        after: Option<ItemId>,
        limit: u32,
    ) -> Result<Vec<Item>> {
        lookups::find(self, scope, &query, after, limit).await
    }

    async fn items_in(&self, state: ItemState, partner: Option<&PartnerId>, limit: u32) -> Result<Vec<Item>> {
        lookups::in_state(self, state, partner, limit).await
    }

    async fn item_timeline(&self, scope: &Scope, id: ItemId) -> Result<Option<Vec<Moment>>> {
        timeline::of_item(self, scope, id).await
    }

    async fn file(&self, scope: &Scope, id: ReceiptId) -> Result<Option<FileReport>> {
        let owner = match scope {
            Scope::Partner(partner) => Some(partner.as_str()),
            Scope::All => None,
        };
        let sql = "SELECT * FROM receipt WHERE id = $1 AND ($2 IS NULL OR partner = $2)";
        let row = sqlx::query(sql).bind(id.as_str()).bind(owner).fetch_optional(self.readers()).await?;
        let Some(row) = row else { return Ok(None) };
        let sql = "SELECT state, count(*) AS count FROM item_now WHERE receipt = $1 GROUP BY state";
        let rows = sqlx::query(sql).bind(id.as_str()).fetch_all(self.readers()).await?;
        let mut items = rows
            .iter()
            .map(|row| Ok((state(row, "state", ItemState::from_word)?, u64(row, "count")?)))
            .collect::<Result<Vec<_>>>()?;
        items.sort_unstable();
        Ok(Some(FileReport { receipt: receipts::read(&row)?, items }))
    }

    async fn conservation(&self, partner: Option<&PartnerId>) -> Result<Conservation> {
        let query = sqlx::query(CONSERVATION).bind(partner.map(PartnerId::as_str));
        let mut all = Conservation::default();
        for row in query.fetch_all(self.counters()).await? {
            let one = read(&row)?;
            all.received += one.received;
            all.answered += one.answered;
            all.rejected += one.rejected;
            all.quarantined += one.quarantined;
            all.in_flight += one.in_flight;
            all.unknown += one.unknown;
        }
        Ok(all)
    }

    async fn conservation_by_partner(&self) -> Result<Vec<(PartnerId, Conservation)>> {
        by_partner(&conservation().fetch_all(self.counters()).await?)
    }

    async fn state_counts(&self) -> Result<Vec<StateCount>> {
        let mut counts = Vec::new();
        let receipts = "SELECT state, count(*) AS count FROM receipt GROUP BY state";
        self.count(&mut counts, "receipt", receipts, |word| ReceiptState::from_word(word).map(ReceiptState::as_str))
            .await?;
        self.count(&mut counts, "item", ITEM_COUNTS, |word| ItemState::from_word(word).map(ItemState::as_str)).await?;
        let deliveries = "SELECT state, count(*) AS count FROM delivery GROUP BY state";
        self.count(&mut counts, "delivery", deliveries, |word| {
            DeliveryState::from_word(word).map(DeliveryState::as_str)
        })
        .await?;
        let notifications = "SELECT state, count(*) AS count FROM notification GROUP BY state";
        self.count(&mut counts, "notification", notifications, |word| {
            NotificationState::from_word(word).map(NotificationState::as_str)
        })
        .await?;
        let jobs = "SELECT state, count(*) AS count FROM outbox GROUP BY state";
        self.count(&mut counts, "job", jobs, |word| JobState::from_word(word).map(JobState::as_str)).await?;
        Ok(counts)
    }

    async fn receipts_in(&self, state: ReceiptState, limit: u32) -> Result<Vec<Receipt>> {
        let query = sqlx::query("SELECT * FROM receipt WHERE state = $1 ORDER BY id LIMIT $2");
        let rows = query.bind(state.as_str()).bind(int(limit)).fetch_all(self.readers()).await?;
        rows.iter().map(receipts::read).collect()
    }

    async fn events_of(&self, id: &str) -> Result<Vec<Moment>> {
        timeline::of_row(self, id).await
    }
}

impl Backend {
    async fn count(
        &self,
        counts: &mut Vec<StateCount>,
        what: &'static str,
        sql: &'static str,
        known: fn(&str) -> Option<&'static str>,
    ) -> Result<()> {
        for row in sqlx::query(sql).fetch_all(self.counters()).await? {
            let word: Option<&str> = row.try_get("state")?;
            if let Some(state) = word.and_then(known) {
                counts.push(StateCount { what, state, count: u64(&row, "count")? });
            }
        }
        Ok(())
    }
}

fn read(row: &DbRow) -> Result<Conservation> {
    Ok(Conservation {
        received: u64(row, "received")?,
        answered: u64(row, "answered")?,
        rejected: u64(row, "rejected")?,
        quarantined: u64(row, "quarantined")?,
        in_flight: u64(row, "in_flight")?,
        unknown: u64(row, "unknown")?,
    })
}
