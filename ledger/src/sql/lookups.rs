//! Items found: by id, by key, by state.

use tradewind_compliance::{ItemId, PartnerId};

use super::rows::{blob, flag, id_list, int, parse, parse_opt, sealed_opt, state, u32, u64};
use super::{Backend, DbRow};
use crate::{Item, ItemQuery, ItemState, LedgerError, Place, Result, STAGE_ITEMS_MAX, Scope};

fn read(row: &DbRow) -> Result<Item> {
    Ok(Item {
        id: parse(row, "id")?,
        owner: parse(row, "owner")?,
        destination: parse_opt(row, "destination")?,
        receipt: parse(row, "receipt")?,
        interchange: parse(row, "interchange")?,
        set: parse(row, "set_id")?,
        ordinal: u32(row, "ordinal")?,
        guide: parse(row, "guide")?,
        test: flag(row, "test")?,
        state: state(row, "state", ItemState::from_word)?,
        delivery: parse_opt(row, "delivery")?,
        attempts: u32(row, "attempts")?,
        place: Place { object: parse(row, "object")?, offset: u64(row, "start")?, length: u32(row, "length")? },
        sealed: sealed_opt(row, "sealed")?,
    })
}

fn owner(scope: &Scope) -> Option<&str> {
    match scope {
        Scope::Partner(partner) => Some(partner.as_str()),
        Scope::All => None,
    }
}

pub(super) async fn one(ledger: &Backend, scope: &Scope, id: ItemId) -> Result<Option<Item>> {
    let query = sqlx::query("SELECT * FROM item_now WHERE id = $1 AND ($2 IS NULL OR owner = $2)").bind(id.as_str());
    query.bind(owner(scope)).fetch_optional(ledger.readers()).await?.as_ref().map(read).transpose()
}

pub(super) async fn many(ledger: &Backend, ids: &[ItemId]) -> Result<Vec<Item>> {
    if ids.len() > STAGE_ITEMS_MAX {
        return Err(LedgerError::Limit { what: "items", max: STAGE_ITEMS_MAX, found: ids.len() });
    }
    let sql = concat!("SELECT * FROM item_now WHERE id ", listed!("$1"));
    sqlx::query(sql).bind(id_list(ids)).fetch_all(ledger.readers()).await?.iter().map(read).collect()
}

pub(super) async fn find(
    ledger: &Backend,
    scope: &Scope,
    wanted: &ItemQuery,
    after: Option<ItemId>,
    limit: u32,
) -> Result<Vec<Item>> {
    let sql = match wanted {
        ItemQuery::Claim(_) => {
            "SELECT * FROM item_now WHERE claim_hash = $1 AND id > $2 AND ($3 IS NULL OR owner = $3) ORDER BY id LIMIT $4"
        }
        ItemQuery::Member(_) => {
            "SELECT * FROM item_now WHERE member_hash = $1 AND id > $2 AND ($3 IS NULL OR owner = $3) ORDER BY id LIMIT $4"
        }
        ItemQuery::Receipt(_) => {
            "SELECT * FROM item_now WHERE receipt = $1 AND id > $2 AND ($3 IS NULL OR owner = $3) ORDER BY id LIMIT $4"
        }
    };
    let query = match wanted {
        ItemQuery::Claim(hash) | ItemQuery::Member(hash) => sqlx::query(sql).bind(blob(hash)),
        ItemQuery::Receipt(receipt) => sqlx::query(sql).bind(receipt.as_str()),
    };
    let query = query.bind(after.as_ref().map_or("", ItemId::as_str)).bind(owner(scope)).bind(int(limit));
    query.fetch_all(ledger.readers()).await?.iter().map(read).collect()
}

pub(super) async fn in_state(
    ledger: &Backend,
    wanted: ItemState,
    partner: Option<&PartnerId>,
    limit: u32,
) -> Result<Vec<Item>> {
    let sql = match wanted {
        // What a delivery holds is found by the deliveries in that state, which are few.
        ItemState::Sending | ItemState::Sent | ItemState::Unknown => {
            "SELECT n.* FROM delivery d CROSS JOIN delivery_item c CROSS JOIN item_now n
            WHERE d.state = $1 AND c.delivery = d.id AND n.id = c.item AND n.delivery = d.id AND n.own_state = 'assigned' AND ($2 IS NULL OR n.destination = $2)
            ORDER BY d.id, c.position LIMIT $3"
        }
        ItemState::Quarantined => {
            "SELECT n.* FROM (SELECT DISTINCT subject AS id FROM event WHERE state = 'quarantined') q CROSS JOIN item_now n
            WHERE n.id = q.id AND n.state = $1 AND ($2 IS NULL OR n.destination = $2) ORDER BY n.id LIMIT $3"
        }
        _ => "SELECT * FROM item_now WHERE state = $1 AND ($2 IS NULL OR destination = $2) ORDER BY id LIMIT $3",
    };
    let query = sqlx::query(sql).bind(wanted.as_str()).bind(partner.map(PartnerId::as_str)).bind(int(limit));
    query.fetch_all(ledger.readers()).await?.iter().map(read).collect()
}
