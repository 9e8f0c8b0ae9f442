//! Interchanges and their sets.

use async_trait::async_trait;
use sqlx::Database;
use sqlx::query::Query;
use tradewind_compliance::{InterchangeId, PartnerId, ReceiptId};

use super::rows::{blob, flag, int, parse, parse_opt, state, time, time_opt, u32};
use super::{Backend, Db, DbRow, Tx, dialect, effects, events, items, lanes};
use crate::{
    Begun, DuplicateCheck, Effects, Interchange, InterchangeKey, InterchangeState, InterchangeVerdict, Interchanges,
    LedgerError, NewInterchange, NewItem, NewSet, Reason, Result, SetEnd, SetState, TransactionSet, UnixMs,
};

#[async_trait]
impl Interchanges for Backend {
    async fn restart_translation(&self, receipt: ReceiptId) -> Result<()> {
        while self.write(move |tx| Box::pin(async move { items::discard_some(tx, receipt).await })).await? {}
        self.write(move |tx| Box::pin(async move { items::discard_staged(tx, receipt).await })).await
    }

    async fn begin_interchange(&self, interchange: NewInterchange) -> Result<Begun> {
        self.write(move |tx| Box::pin(async move { begin(tx, &interchange).await })).await
    }

    async fn stage_sets(&self, sets: Vec<NewSet>) -> Result<()> {
        self.write(move |tx| Box::pin(async move { items::stage_sets(tx, &sets).await })).await
    }

    async fn stage_items(&self, items: Vec<NewItem>) -> Result<()> {
        self.write(move |tx| Box::pin(async move { items::stage_items(tx, &items).await })).await
    }

    async fn finish_sets(&self, ends: Vec<SetEnd>) -> Result<()> {
        self.write(move |tx| Box::pin(async move { items::finish_sets(tx, &ends).await })).await
    }

    async fn interchange_verdict(
        &self,
        partner: &PartnerId,
        key: &InterchangeKey,
        check: DuplicateCheck,
        at: UnixMs,
    ) -> Result<InterchangeVerdict> {
        let row = twins(partner, key, &check, at).fetch_optional(self.readers()).await?;
        verdict(row.as_ref())
    }

    async fn accept_interchange(
        &self,
        id: InterchangeId,
        check: Option<DuplicateCheck>,
        at: UnixMs,
        effects: Effects,
    ) -> Result<InterchangeVerdict> {
        self.write(move |tx| Box::pin(async move { accept(tx, id, check, at, &effects).await })).await
    }

    async fn reject_interchange(
        &self,
        id: InterchangeId,
        reason: Reason,
        clash: Option<InterchangeId>,
        at: UnixMs,
        effects: Effects,
    ) -> Result<()> {
        let end = End { to: InterchangeState::Rejected, original: clash, reason: Some(reason), at };
        self.write(move |tx| Box::pin(async move { settle(tx, id, &end, &effects).await })).await
    }

    async fn duplicate_interchange(
        &self,
        id: InterchangeId,
        original: InterchangeId,
        at: UnixMs,
        effects: Effects,
    ) -> Result<()> {
        let end = End { to: InterchangeState::Duplicate, original: Some(original), reason: None, at };
        self.write(move |tx| Box::pin(async move { settle(tx, id, &end, &effects).await })).await?;
        while self.write(move |tx| Box::pin(async move { items::discard_duplicate(tx, id).await })).await? {}
        Ok(())
    }

    async fn interchange(&self, id: InterchangeId) -> Result<Option<Interchange>> {
        let query = sqlx::query("SELECT * FROM interchange WHERE id = $1").bind(id.as_str());
        query.fetch_optional(self.readers()).await?.as_ref().map(read).transpose()
    }

    async fn interchanges_of(&self, receipt: ReceiptId) -> Result<Vec<Interchange>> {
        let query = sqlx::query("SELECT * FROM interchange WHERE receipt = $1 ORDER BY ordinal").bind(receipt.as_str());
        query.fetch_all(self.readers()).await?.iter().map(read).collect()
    }

    async fn sets_of(&self, interchange: InterchangeId) -> Result<Vec<TransactionSet>> {
        let sql = "SELECT * FROM transaction_set WHERE interchange = $1 ORDER BY ordinal";
        let rows = sqlx::query(sql).bind(interchange.as_str()).fetch_all(self.readers()).await?;
        rows.iter().map(read_set).collect()
    }
}

fn read(row: &DbRow) -> Result<Interchange> {
    Ok(Interchange {
        id: parse(row, "id")?,
        receipt: parse(row, "receipt")?,
        partner: parse(row, "partner")?,
        ordinal: u32(row, "ordinal")?,
        sender: parse(row, "sender")?,
        receiver: parse(row, "receiver")?,
        control_number: u32(row, "control_number")?,
        test: flag(row, "test")?,
        state: state(row, "state", InterchangeState::from_word)?,
        original: parse_opt(row, "original")?,
        reason: parse_opt(row, "reason")?,
        began_at: time(row, "began_at")?,
        settled_at: time_opt(row, "settled_at")?,
    })
}

fn read_set(row: &DbRow) -> Result<TransactionSet> {
    Ok(TransactionSet {
        id: parse(row, "id")?,
        interchange: parse(row, "interchange")?,
        ordinal: u32(row, "ordinal")?,
        group_control_number: u32(row, "group_control_number")?,
        guide: parse(row, "guide")?,
        object: parse(row, "object")?,
        state: state(row, "state", SetState::from_word)?,
        item_count: u32(row, "item_count")?,
    })
}

pub(super) async fn begin(tx: &mut Tx, new: &NewInterchange) -> Result<Begun> {
    dialect::lock_row(tx, "receipt", new.receipt.as_str()).await?;
    let before = sqlx::query("SELECT id, state FROM interchange WHERE receipt = $1 AND ordinal = $2")
        .bind(new.receipt.as_str())
        .bind(int(new.ordinal))
        .fetch_optional(&mut tx.conn)
        .await?;
    if let Some(row) = before {
        let id: InterchangeId = parse(&row, "id")?;
        let state = state(&row, "state", InterchangeState::from_word)?;
        return match state {
            InterchangeState::Staged if id == new.id => Ok(Begun::Staged),
            InterchangeState::Staged => Err(LedgerError::Taken { what: "interchange", id: id.to_string() }),
            _ => Ok(Begun::Settled { id, state }),
        };
    }
    let sql = "INSERT INTO interchange
        (id, receipt, partner, ordinal, sender, receiver, control_number, test, state, began_at)
        SELECT $1, id, partner, $2, $3, $4, $5, $6, 'staged', $7 FROM receipt WHERE id = $8 AND state = 'received'";
    let written = sqlx::query(sql)
        .bind(new.id.as_str())
        .bind(int(new.ordinal))
        .bind(new.sender.as_str())
        .bind(new.receiver.as_str())
        .bind(int(new.control_number))
        .bind(new.test)
        .bind(int(new.at.0))
        .bind(new.receipt.as_str())
        .execute(&mut tx.conn)
        .await?;
    if written.rows_affected() == 0 {
        return Err(LedgerError::missing("received receipt", new.receipt));
    }
    Ok(Begun::Staged)
}

/// Asks for an accepted interchange of the same content, and if there is none for one of the same number.
fn twins<'q>(
    partner: &'q PartnerId,
    key: &'q InterchangeKey,
    check: &'q DuplicateCheck,
    at: UnixMs,
) -> Query<'q, Db, <Db as Database>::Arguments> {
    let sql = "SELECT interchange, TRUE AS same_content FROM accepted_content
        WHERE partner = $1 AND sender = $2 AND receiver = $3 AND digest = $4 AND accepted_at > $6
        UNION ALL SELECT interchange, FALSE FROM accepted_number
        WHERE partner = $1 AND sender = $2 AND receiver = $3 AND control_number = $5 AND accepted_at > $6
        ORDER BY same_content DESC LIMIT 1";
    sqlx::query(sql)
        .bind(partner.as_str())
        .bind(key.sender.as_str())
        .bind(key.receiver.as_str())
        .bind(blob(&check.digest))
        .bind(int(key.control_number))
        .bind(int(at.minus(check.window_ms).0))
}

fn verdict(twin: Option<&DbRow>) -> Result<InterchangeVerdict> {
    let Some(row) = twin else { return Ok(InterchangeVerdict::Fresh) };
    let original = parse(row, "interchange")?;
    Ok(if flag(row, "same_content")? {
        InterchangeVerdict::SameContent { original }
    } else {
        InterchangeVerdict::SameNumberOtherContent { original }
    })
}

async fn load(tx: &mut Tx, id: InterchangeId) -> Result<Interchange> {
    let query = sqlx::query(locked!("SELECT * FROM interchange WHERE id = $1")).bind(id.as_str());
    let row = query.fetch_optional(&mut tx.conn).await?.ok_or_else(|| LedgerError::missing("interchange", id))?;
    read(&row)
}

fn illegal(id: InterchangeId, from: &'static str, to: InterchangeState) -> LedgerError {
    LedgerError::IllegalTransition { what: "interchange", id: id.to_string(), from, to: to.as_str() }
}

pub(super) async fn accept(
    tx: &mut Tx,
    id: InterchangeId,
    check: Option<DuplicateCheck>,
    at: UnixMs,
    effects: &Effects,
) -> Result<InterchangeVerdict> {
    let interchange = load(tx, id).await?;
    match interchange.state {
        InterchangeState::Accepted => return Ok(InterchangeVerdict::Fresh),
        InterchangeState::Staged => {}
        other => return Err(illegal(id, other.as_str(), InterchangeState::Accepted)),
    }
    let open: i64 =
        sqlx::query_scalar("SELECT count(*) FROM transaction_set WHERE interchange = $1 AND state = 'open'")
            .bind(id.as_str())
            .fetch_one(&mut tx.conn)
            .await?;
    if open > 0 {
        return Err(illegal(id, "staged with sets that are open", InterchangeState::Accepted));
    }
    if let Some(check) = check {
        let key = InterchangeKey {
            sender: interchange.sender.clone(),
            receiver: interchange.receiver.clone(),
            control_number: interchange.control_number,
        };
        // Twins are told apart one after the other.
        let parties = format!("accept {} {} {}", interchange.partner, key.sender, key.receiver);
        dialect::lock_name(tx, &parties).await?;
        let twin = twins(&interchange.partner, &key, &check, at).fetch_optional(&mut tx.conn).await?;
        let verdict = verdict(twin.as_ref())?;
        if verdict != InterchangeVerdict::Fresh {
            return Ok(verdict);
        }
        take(tx, &interchange, check, at).await?;
    }
    sqlx::query("UPDATE interchange SET state = 'accepted', settled_at = $1 WHERE id = $2 AND state = 'staged'")
        .bind(int(at.0))
        .bind(id.as_str())
        .execute(&mut tx.conn)
        .await?;
    lanes::release(tx, id).await?;
    events::write_system(tx, id.as_str(), at, InterchangeState::Accepted.as_str(), None).await?;
    effects::apply(tx, effects, at).await?;
    Ok(InterchangeVerdict::Fresh)
}

/// Takes the number and the content. Only what is out of the window gives way, so two acceptances can never both take (L3).
async fn take(tx: &mut Tx, interchange: &Interchange, check: DuplicateCheck, at: UnixMs) -> Result<()> {
    let number = "INSERT INTO accepted_number (partner, sender, receiver, control_number, interchange, accepted_at)
        VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (partner, sender, receiver, control_number)
        DO UPDATE SET interchange = excluded.interchange, accepted_at = excluded.accepted_at WHERE accepted_number.accepted_at <= $7";
    let content = "INSERT INTO accepted_content (partner, sender, receiver, digest, interchange, accepted_at)
        VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (partner, sender, receiver, digest)
        DO UPDATE SET interchange = excluded.interchange, accepted_at = excluded.accepted_at WHERE accepted_content.accepted_at <= $7";
    let (id, now, before) = (interchange.id, int(at.0), int(at.minus(check.window_ms).0));
    let (partner, sender, receiver) =
        (interchange.partner.as_str(), interchange.sender.as_str(), interchange.receiver.as_str());
    let query = sqlx::query(number).bind(partner).bind(sender).bind(receiver).bind(int(interchange.control_number));
    let taken = query.bind(id.as_str()).bind(now).bind(before).execute(&mut tx.conn).await?;
    let query = sqlx::query(content).bind(partner).bind(sender).bind(receiver).bind(blob(&check.digest));
    let kept = query.bind(id.as_str()).bind(now).bind(before).execute(&mut tx.conn).await?;
    if taken.rows_affected() == 1 && kept.rows_affected() == 1 {
        Ok(())
    } else {
        Err(LedgerError::Taken { what: "interchange", id: id.to_string() })
    }
}

#[derive(Clone)]
struct End {
    to: InterchangeState,
    original: Option<InterchangeId>,
    reason: Option<Reason>,
    at: UnixMs,
}

async fn settle(tx: &mut Tx, id: InterchangeId, end: &End, effects: &Effects) -> Result<()> {
    let from = load(tx, id).await?.state;
    if from == end.to {
        return Ok(());
    }
    if !from.may_become(end.to) {
        return Err(illegal(id, from.as_str(), end.to));
    }
    sqlx::query("UPDATE interchange SET state = $1, original = $2, reason = $3, settled_at = $4 WHERE id = $5")
        .bind(end.to.as_str())
        .bind(end.original.as_ref().map(InterchangeId::as_str))
        .bind(end.reason.as_ref().map(Reason::as_str))
        .bind(int(end.at.0))
        .bind(id.as_str())
        .execute(&mut tx.conn)
        .await?;
    events::write_system(tx, id.as_str(), end.at, end.to.as_str(), end.reason.as_ref()).await?;
    effects::apply(tx, effects, end.at).await
}
