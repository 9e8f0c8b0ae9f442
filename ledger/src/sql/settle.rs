//! What becomes of deliveries and of their items.

use std::collections::{BTreeSet, HashSet};

use tradewind_compliance::{DeliveryId, ItemId, SetId};

use super::rows::{flag, id_list, int, parse, state, text};
use super::{Tx, deliveries, dialect, effects, events, items, lanes, watch};
use crate::{
    Cause, DELIVERY_ITEMS_MAX, DeliveryOutcome, DeliveryState, Effects, ItemOutcome, ItemState, LedgerError, NewAlarm,
    Result, Settled, UnixMs,
};

#[derive(Clone)]
pub(super) struct ItemSettlement {
    pub(super) items: Vec<ItemId>,
    pub(super) cause: Cause,
    pub(super) at: UnixMs,
}

/// What a call that was not taken costs its items, and how much they have.
#[derive(Clone, Copy)]
struct Tries {
    cost: u32,
    max: u32,
}

/// As [`delivery`]; an alarm tells of items that go no further, in the same change.
pub(super) async fn call(
    tx: &mut Tx,
    id: DeliveryId,
    outcome: &DeliveryOutcome,
    cause: &Cause,
    at: UnixMs,
    effects: &Effects,
) -> Result<Settled> {
    let settled = delivery(tx, id, outcome, cause, at, effects).await?;
    if settled.quarantined > 0 {
        let reason = Some("attempts-exhausted".parse()?);
        watch::open(tx, &NewAlarm { kind: "items-quarantined".parse()?, subject: id.to_string(), reason, at }).await?;
    }
    Ok(settled)
}

pub(super) async fn delivery(
    tx: &mut Tx,
    id: DeliveryId,
    outcome: &DeliveryOutcome,
    cause: &Cause,
    at: UnixMs,
    effects: &Effects,
) -> Result<Settled> {
    let to = match outcome {
        DeliveryOutcome::Sent => DeliveryState::Sent,
        DeliveryOutcome::Unknown => DeliveryState::Unknown,
        DeliveryOutcome::Acknowledged => DeliveryState::Acknowledged,
        DeliveryOutcome::Refused { .. } | DeliveryOutcome::NotReached => DeliveryState::Refused,
    };
    let row = sqlx::query(locked!("SELECT state FROM delivery WHERE id = $1"))
        .bind(id.as_str())
        .fetch_optional(&mut tx.conn)
        .await?;
    let row = row.ok_or_else(|| LedgerError::missing("delivery", id))?;
    let from = state(&row, "state", DeliveryState::from_word)?;
    if from == to {
        return Ok(Settled::default());
    }
    if !from.may_become(to) {
        let (id, from, to) = (id.to_string(), from.as_str(), to.as_str());
        return Err(LedgerError::IllegalTransition { what: "delivery", id, from, to });
    }
    let held = deliveries::held(tx, id.as_str()).await?;
    let mut settled = Settled { changed: u32::try_from(held).unwrap_or(u32::MAX), ..Settled::default() };
    match outcome {
        DeliveryOutcome::Refused { attempts_max } => {
            settled.quarantined = give_back(tx, id, Tries { cost: 1, max: *attempts_max }, cause, at).await?;
        }
        DeliveryOutcome::NotReached => {
            give_back(tx, id, Tries { cost: 0, max: u32::MAX }, cause, at).await?;
        }
        DeliveryOutcome::Sent | DeliveryOutcome::Unknown | DeliveryOutcome::Acknowledged => {}
    }
    change(tx, id.as_str(), to, cause, at).await?;
    effects::apply(tx, effects, at).await?;
    if to == DeliveryState::Unknown && held == 0 {
        // Each of its items was settled alone while the call was made.
        close_unknown(tx, &BTreeSet::from([id]), cause, at).await?;
    }
    Ok(settled)
}

async fn change(tx: &mut Tx, id: &str, to: DeliveryState, cause: &Cause, at: UnixMs) -> Result<()> {
    let query = sqlx::query("UPDATE delivery SET state = $1, changed_at = $2 WHERE id = $3");
    query.bind(to.as_str()).bind(int(at.0)).bind(id).execute(&mut tx.conn).await?;
    if to == DeliveryState::Refused {
        // Nothing that was refused will be acknowledged: its clocks end here.
        let sql = "UPDATE owed_acknowledgment SET came_at = $1 WHERE delivery = $2 AND came_at IS NULL";
        sqlx::query(sql).bind(int(at.0)).bind(id).execute(&mut tx.conn).await?;
    }
    events::write(tx, id, at, to.as_str(), cause).await
}

/// Releases what a delivery still holds, and quarantines what is out of attempts. Gives how many were quarantined.
async fn give_back(tx: &mut Tx, id: DeliveryId, tries: Tries, cause: &Cause, at: UnixMs) -> Result<u32> {
    let sql = locked!(
        "SELECT c.item FROM delivery_item c
        JOIN item i ON i.id = c.item AND i.delivery = c.delivery AND i.state = 'assigned'
        WHERE c.delivery = $1 ORDER BY c.item",
        "OF i"
    );
    let rows = sqlx::query(sql).bind(id.as_str()).fetch_all(&mut tx.conn).await?;
    let ids: Vec<ItemId> = rows.iter().map(|row| parse(row, "item")).collect::<Result<_>>()?;
    not_taken(tx, &id_list(&ids), tries, cause, at).await
}

/// The listed items, which no delivery holds any more, wait again or are out of attempts. Gives how many were quarantined.
async fn not_taken(tx: &mut Tx, ids: &str, tries: Tries, cause: &Cause, at: UnixMs) -> Result<u32> {
    let sql = concat!(
        "UPDATE item SET attempts = attempts + $1, delivery = NULL,
            state = CASE WHEN attempts + $1 >= $2 THEN 'quarantined' ELSE 'waiting' END
        WHERE id ",
        listed!("$3"),
        " RETURNING id, set_id, state"
    );
    let rows = sqlx::query(sql).bind(int(tries.cost)).bind(int(tries.max)).bind(ids).fetch_all(&mut tx.conn).await?;
    let (mut waiting, mut quarantined): (Vec<ItemId>, Vec<ItemId>) = (Vec::new(), Vec::new());
    let mut sets = BTreeSet::new();
    for row in &rows {
        if text(row, "state")? == "quarantined" {
            quarantined.push(parse(row, "id")?);
        } else {
            waiting.push(parse(row, "id")?);
            sets.insert(parse(row, "set_id")?);
        }
    }
    let open = id_list(&waiting);
    events::write_many(tx, &open, at, ItemState::Accepted.as_str(), cause).await?;
    events::write_many(tx, &id_list(&quarantined), at, ItemState::Quarantined.as_str(), cause).await?;
    lanes::open(tx, &open, &sets).await?;
    Ok(u32::try_from(quarantined.len()).unwrap_or(u32::MAX))
}

struct Known {
    id: ItemId,
    set: SetId,
    state: ItemState,
    /// Whether a delivery that may have taken it still stands for it.
    held: bool,
    /// Whether any delivery ever carried it.
    carried: bool,
}

async fn known(tx: &mut Tx, items: &[ItemId]) -> Result<Vec<Known>> {
    if items.len() > DELIVERY_ITEMS_MAX {
        return Err(LedgerError::Limit { what: "items", max: DELIVERY_ITEMS_MAX, found: items.len() });
    }
    let ids = id_list(items);
    dialect::lock_carriers(tx, &ids).await?;
    items::lock(tx, &ids).await?;
    let sql = concat!(
        "SELECT n.id, n.set_id, n.state, n.delivery IS NOT NULL AS held,
            EXISTS (SELECT 1 FROM delivery_item c WHERE c.item = n.id) AS carried
        FROM item_now n WHERE n.id ",
        listed!("$1")
    );
    let rows = sqlx::query(sql).bind(ids).fetch_all(&mut tx.conn).await?;
    let found: Vec<Known> = rows
        .iter()
        .map(|row| {
            let (held, carried) = (flag(row, "held")?, flag(row, "carried")?);
            let (id, set) = (parse(row, "id")?, parse(row, "set_id")?);
            Ok(Known { id, set, state: state(row, "state", ItemState::from_word)?, held, carried })
        })
        .collect::<Result<_>>()?;
    if found.len() < items.len() {
        let there: HashSet<ItemId> = found.iter().map(|item| item.id).collect();
        if let Some(lost) = items.iter().find(|id| !there.contains(id)) {
            return Err(LedgerError::missing("item", lost));
        }
    }
    Ok(found)
}

/// What an outcome does to an item in a state: `Some(true)` changes it, `Some(false)` leaves it, `None` is no arrow.
fn verdict(outcome: ItemOutcome, item: &Known) -> Option<bool> {
    use ItemState::{Accepted, Acknowledged, Answered, Quarantined, Rejected, Sending, Sent, Staged, Unknown};
    match (outcome, item.state) {
        (_, Staged | Rejected) => None,
        (ItemOutcome::Acknowledged, Acknowledged | Answered) => Some(false),
        (ItemOutcome::Acknowledged, Accepted | Quarantined) => item.carried.then_some(true),
        (ItemOutcome::Acknowledged | ItemOutcome::NotTaken { .. }, Sending | Sent | Unknown) => Some(true),
        (ItemOutcome::NotTaken { .. }, Accepted) => Some(false),
        (ItemOutcome::NotTaken { .. }, Quarantined) => Some(item.held),
        (ItemOutcome::NotTaken { .. }, Acknowledged | Answered) => None,
        (ItemOutcome::Quarantined, Quarantined) => Some(false),
        (ItemOutcome::Quarantined, Answered) => None,
        (ItemOutcome::Quarantined, Accepted | Sending | Sent | Unknown | Acknowledged) => Some(true),
    }
}

pub(super) async fn items(
    tx: &mut Tx,
    settlement: &ItemSettlement,
    outcome: ItemOutcome,
    effects: &Effects,
) -> Result<Settled> {
    let (mut moving, mut left_by, mut left) = (Vec::new(), BTreeSet::new(), 0);
    for item in known(tx, &settlement.items).await? {
        match verdict(outcome, &item) {
            Some(true) => {
                moving.push(item.id);
                if item.state == ItemState::Accepted {
                    left_by.insert(item.set);
                }
            }
            Some(false) => left += 1,
            None => {
                let to = match outcome {
                    ItemOutcome::Acknowledged => ItemState::Acknowledged,
                    ItemOutcome::NotTaken { .. } => ItemState::Accepted,
                    ItemOutcome::Quarantined => ItemState::Quarantined,
                };
                let (id, from, to) = (item.id.to_string(), item.state.as_str(), to.as_str());
                return Err(LedgerError::IllegalTransition { what: "item", id, from, to });
            }
        }
    }
    let mut settled = Settled { changed: u32::try_from(moving.len()).unwrap_or(u32::MAX), quarantined: 0, left };
    let (ids, cause, at) = (id_list(&moving), &settlement.cause, settlement.at);
    match outcome {
        ItemOutcome::Acknowledged => set(tx, &ids, ItemState::Acknowledged, cause, at).await?,
        ItemOutcome::Quarantined => {
            settled.quarantined = settled.changed;
            set(tx, &ids, ItemState::Quarantined, cause, at).await?;
        }
        ItemOutcome::NotTaken { attempts_max } => {
            settled.quarantined = not_taken(tx, &ids, Tries { cost: 1, max: attempts_max }, cause, at).await?;
        }
    }
    lanes::close(tx, &left_by).await?;
    let carriers = unknown_carriers(tx, &ids).await?;
    close_unknown(tx, &carriers, cause, at).await?;
    effects::apply(tx, effects, at).await?;
    Ok(settled)
}

async fn set(tx: &mut Tx, ids: &str, to: ItemState, cause: &Cause, at: UnixMs) -> Result<()> {
    let sql = concat!("UPDATE item SET state = $1 WHERE id ", listed!("$2"));
    sqlx::query(sql).bind(to.as_str()).bind(ids).execute(&mut tx.conn).await?;
    events::write_many(tx, ids, at, to.as_str(), cause).await
}

/// The unknown deliveries that carried one of the listed items.
async fn unknown_carriers(tx: &mut Tx, items: &str) -> Result<BTreeSet<DeliveryId>> {
    let sql = concat!(
        "SELECT DISTINCT d.id FROM delivery_item c CROSS JOIN delivery d
        WHERE d.id = c.delivery AND d.state = 'unknown' AND c.item ",
        listed!("$1")
    );
    let rows = sqlx::query(sql).bind(items).fetch_all(&mut tx.conn).await?;
    rows.iter().map(|row| parse(row, "id")).collect()
}

/// Ends those of the unknown deliveries that decide on no item any more: each of their items was settled alone.
pub(super) async fn close_unknown(
    tx: &mut Tx,
    unknown: &BTreeSet<DeliveryId>,
    cause: &Cause,
    at: UnixMs,
) -> Result<()> {
    if unknown.is_empty() {
        return Ok(());
    }
    let sql = concat!(
        "SELECT t.id,
            EXISTS (SELECT 1 FROM delivery_item c JOIN item i ON i.id = c.item AND i.delivery = c.delivery
                WHERE c.delivery = t.id AND i.state IN ('acknowledged', 'answered')) AS taken
        FROM delivery t WHERE NOT EXISTS (SELECT 1 FROM delivery_item c
            JOIN item i ON i.id = c.item AND i.delivery = c.delivery AND i.state = 'assigned' WHERE c.delivery = t.id)
        AND t.id ",
        listed!("$1")
    );
    for row in sqlx::query(sql).bind(id_list(unknown)).fetch_all(&mut tx.conn).await? {
        let to = if flag(&row, "taken")? { DeliveryState::Acknowledged } else { DeliveryState::Refused };
        change(tx, &text(&row, "id")?, to, cause, at).await?;
    }
    Ok(())
}

pub(super) async fn release(tx: &mut Tx, settlement: &ItemSettlement, effects: &Effects) -> Result<Settled> {
    let (mut moving, mut sets, mut left) = (Vec::new(), BTreeSet::new(), 0);
    for item in known(tx, &settlement.items).await? {
        match item.state {
            ItemState::Quarantined if !item.held => {
                moving.push(item.id);
                sets.insert(item.set);
            }
            ItemState::Accepted => left += 1,
            other => {
                let (id, from, to) = (item.id.to_string(), other.as_str(), ItemState::Accepted.as_str());
                return Err(LedgerError::IllegalTransition { what: "item", id, from, to });
            }
        }
    }
    let ids = id_list(&moving);
    let sql = concat!("UPDATE item SET state = 'waiting', attempts = 0 WHERE id ", listed!("$1"));
    sqlx::query(sql).bind(&ids).execute(&mut tx.conn).await?;
    events::write_many(tx, &ids, settlement.at, ItemState::Accepted.as_str(), &settlement.cause).await?;
    lanes::open(tx, &ids, &sets).await?;
    effects::apply(tx, effects, settlement.at).await?;
    Ok(Settled { changed: u32::try_from(moving.len()).unwrap_or(u32::MAX), quarantined: 0, left })
}
