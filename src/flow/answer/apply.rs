//! Brings what a partner said to the ledger. Everything here may come twice: a translation that died is done again.

use tradewind_broker::QueueName;
use tradewind_compliance::{ItemId, ObjectKey, PartnerId, ReceiptId};
use tradewind_edi::ack::read::{Fact, GroupAnswer, InterchangeAnswer, SetAnswer};
use tradewind_ledger::{
    Advance, AnswerResult, Cause, Delivery, DeliveryOutcome, DeliveryState, Effects, ItemOutcome, NewAlarm, NewAnswer,
    NewJob, NewNotification, NumberKind, Place, STAGE_ITEMS_MAX,
};

use super::reader::AnswerPart;
use crate::flow::{Flow, FlowError, measure};

/// What a partner said in one interchange, ready to be recorded.
#[derive(Default)]
pub(in crate::flow) struct Said {
    /// Of interchanges, groups and sets of ours.
    pub(in crate::flow) facts: Vec<Fact>,
    /// Of items, with where the JSON lies, and which of the receipt's answers it is.
    pub(in crate::flow) answers: Vec<(AnswerPart, Place, u32)>,
}

impl Said {
    /// Whether anything was said.
    pub(in crate::flow) fn is_empty(&self) -> bool {
        self.facts.is_empty() && self.answers.is_empty()
    }
}

/// Applies what a partner said in a receipt whose interchange is whole. Gives the job that tells the senders of its claims, to be written
/// with the change that accepts the interchange.
pub(in crate::flow) async fn apply(
    flow: &Flow,
    partner: &PartnerId,
    source: ReceiptId,
    said: Said,
) -> Result<Option<NewJob>, FlowError> {
    let forward = said.answers.iter().any(|(part, ..)| part.kind == "277CA");
    record(flow, partner, source, said.answers).await?;
    for fact in said.facts {
        match fact {
            Fact::Interchange(answer) => interchange(flow, partner, &answer).await?,
            Fact::SetEnd(answer) if !answer.accepted() => set(flow, partner, &answer).await?,
            Fact::GroupEnd(answer) => group(flow, partner, &answer).await?,
            Fact::Batch(answer) if answer.rejected => {
                alarm(flow, partner, "batch-rejected", "partner-277ca-rejected-batch").await?;
            }
            _ => {}
        }
    }
    forward.then(|| flow.job(&QueueName::answer(), partner, source)).transpose()
}

async fn record(
    flow: &Flow,
    partner: &PartnerId,
    source: ReceiptId,
    parts: Vec<(AnswerPart, Place, u32)>,
) -> Result<(), FlowError> {
    let mut strays = 0_u64;
    let mut rows = Vec::new();
    for (part, place, ordinal) in parts {
        match part.item {
            Some(item) => rows.push(row(flow, source, item, &part, place, ordinal)?),
            None => strays += 1,
        }
    }
    for chunk in rows.chunks(STAGE_ITEMS_MAX.min(1_000)) {
        let owners = owners(flow, chunk).await?;
        let with_notices = chunk.iter().cloned().map(|mut row| {
            row.notify =
                owners.iter().find(|(item, _)| *item == row.item).and_then(|(_, owner)| notice(flow, owner, &row));
            row
        });
        let results = flow.ledger.record_answers(with_notices.collect(), Effects::none()).await?;
        measure::answers(partner, results.iter().filter(|result| **result == AnswerResult::New).count() as u64);
        strays += results.iter().filter(|result| **result == AnswerResult::NoItem).count() as u64;
    }
    if strays > 0 {
        tracing::warn!(%partner, receipt = %source, count = strays, "answers name no item of ours that went to this partner");
        alarm(flow, partner, "answer-without-item", "no-such-item").await?;
    }
    Ok(())
}

fn row(
    flow: &Flow,
    source: ReceiptId,
    item: ItemId,
    part: &AnswerPart,
    place: Place,
    ordinal: u32,
) -> Result<NewAnswer, FlowError> {
    Ok(NewAnswer {
        id: flow.ids.answer_id(),
        item,
        delivery: None,
        source,
        ordinal,
        kind: part.kind.parse()?,
        outcome: part.outcome.parse()?,
        place,
        advance: Advance::Answered,
        notify: None,
        at: flow.now(),
    })
}

async fn owners(flow: &Flow, rows: &[NewAnswer]) -> Result<Vec<(ItemId, PartnerId)>, FlowError> {
    let ids: Vec<ItemId> = rows.iter().map(|row| row.item).collect();
    let mut owners: Vec<_> = flow.ledger.items(&ids).await?.into_iter().map(|item| (item.id, item.owner)).collect();
    owners.sort_by_key(|(item, _)| *item);
    Ok(owners)
}

/// A webhook for the owner, if it has one.
fn notice(flow: &Flow, owner: &PartnerId, row: &NewAnswer) -> Option<NewNotification> {
    flow.settings().partner(owner)?.webhook.as_ref()?;
    let kind = format!("item.{}", row.outcome).parse().ok()?;
    Some(NewNotification { id: flow.ids.notification_id(), partner: owner.clone(), kind, due_at: flow.now() })
}

/// A TA1 for an interchange of ours.
async fn interchange(flow: &Flow, partner: &PartnerId, answer: &InterchangeAnswer) -> Result<(), FlowError> {
    let Some(delivery) = by_number(flow, partner, NumberKind::Interchange, &answer.control_number).await? else {
        return alarm(flow, partner, "acknowledgment-without-delivery", "ta1").await;
    };
    flow.ledger.acknowledgment_came(delivery.id, &"TA1".parse()?, flow.now()).await?;
    if answer.rejected() {
        return refuse(flow, partner, &delivery, "partner-ta1-rejected", |_| true).await;
    }
    if delivery.state == DeliveryState::Unknown {
        // It has the interchange: whatever else it says of it comes with its 999.
        let cause = Cause::system("partner-ta1-accepted")?;
        flow.ledger.settle_delivery(delivery.id, DeliveryOutcome::Sent, cause, flow.now(), Effects::none()).await?;
        flow.ledger.clear_alarm(&"delivery-unknown".parse()?, delivery.id.as_str(), flow.now()).await?;
    }
    Ok(())
}

/// AK9 for a group of ours.
async fn group(flow: &Flow, partner: &PartnerId, answer: &GroupAnswer) -> Result<(), FlowError> {
    let Some(delivery) = by_number(flow, partner, NumberKind::Group, &answer.group.control_number).await? else {
        return alarm(flow, partner, "acknowledgment-without-delivery", "999").await;
    };
    flow.ledger.acknowledgment_came(delivery.id, &"999".parse()?, flow.now()).await?;
    if !answer.accepted() {
        return refuse(flow, partner, &delivery, "partner-999-rejected", |_| true).await;
    }
    let open = [DeliveryState::Sending, DeliveryState::Sent, DeliveryState::Unknown].contains(&delivery.state);
    if open {
        let cause = Cause::system("partner-999-accepted")?;
        flow.ledger
            .settle_delivery(delivery.id, DeliveryOutcome::Acknowledged, cause, flow.now(), Effects::none())
            .await?;
        flow.ledger.clear_alarm(&"delivery-unknown".parse()?, delivery.id.as_str(), flow.now()).await?;
    }
    Ok(())
}

/// IK5 that rejects a set of ours.
async fn set(flow: &Flow, partner: &PartnerId, answer: &SetAnswer) -> Result<(), FlowError> {
    let Some(delivery) = by_number(flow, partner, NumberKind::Group, &answer.set.group).await? else { return Ok(()) };
    let number = answer.set.control_number.parse().unwrap_or(0);
    refuse(flow, partner, &delivery, "partner-999-rejected-set", |set| set == number).await
}

/// Items that a partner refused by form go no further by themselves: sent again they would be refused again.
async fn refuse(
    flow: &Flow,
    partner: &PartnerId,
    delivery: &Delivery,
    reason: &str,
    of_set: impl Fn(u32) -> bool,
) -> Result<(), FlowError> {
    let carried = flow.ledger.delivery_items(delivery.id, true).await?;
    let items: Vec<ItemId> =
        carried.iter().filter(|carried| of_set(carried.set_number)).map(|carried| carried.item).collect();
    let cause = Cause::system(reason)?;
    flow.ledger.settle_items(&items, ItemOutcome::Quarantined, cause, flow.now(), Effects::none()).await?;
    alarm(flow, partner, "delivery-rejected", reason).await
}

async fn by_number(
    flow: &Flow,
    partner: &PartnerId,
    kind: NumberKind,
    number: &str,
) -> Result<Option<Delivery>, FlowError> {
    match number.trim().parse() {
        Ok(number) => Ok(flow.ledger.delivery_by_number(partner, kind, number).await?),
        Err(_) => Ok(None),
    }
}

async fn alarm(flow: &Flow, partner: &PartnerId, kind: &str, reason: &str) -> Result<(), FlowError> {
    let alarm =
        NewAlarm { kind: kind.parse()?, subject: partner.to_string(), reason: Some(reason.parse()?), at: flow.now() };
    flow.ledger.open_alarm(alarm).await?;
    Ok(())
}

/// Where an answer's JSON lies in the object of its set.
pub(in crate::flow) fn place(object: &ObjectKey, offset: u64, json: &[u8]) -> Place {
    Place { object: object.clone(), offset, length: u32::try_from(json.len()).unwrap_or(u32::MAX) }
}
