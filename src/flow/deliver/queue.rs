//! Hands items to a partner that takes them from a queue: one message an item, its JSON sealed so that a consumer with the right to the key
//! reads it with a standard library. docs/messages.md tells the format.

use std::time::{Duration, Instant};

use futures::StreamExt;
use tradewind_broker::{BODY_BYTES_MAX, Body, Message, QueueName};
use tradewind_compliance::PartnerId;
use tradewind_compliance::store::PutMode;
use tradewind_compliance::vault::VaultError;
use tradewind_ledger::{Carried, ClaimableItem, DeliveryOutcome, Effects, LedgerError, NewDelivery, NumberKind};

use super::batch::{Sources, refuse};
use super::{Done, Flow, FlowError, over_by};
use crate::config::{Deliver, Usage};
use crate::flow::objects;

/// Items that one delivery hands over.
const ITEMS_AT_ONCE: usize = 500;
/// Between two looks at a queue whose consumers are behind.
const FULL_WAIT: Duration = Duration::from_millis(200);
/// What a message is about, in its `type`.
const KIND: &str = "item";

/// Publishes what waits for the partner, as much as its queue has room for.
pub(super) async fn hand_over(flow: &Flow, partner: &PartnerId, deliver: &Deliver) -> Result<Done, FlowError> {
    let queue: QueueName = format!("items.{partner}").parse()?;
    let queues = flow.queues.get().ok_or(FlowError::Internal("queues in a process that delivers"))?;
    let claim = flow.calls.claim(partner);
    let _one_at_a_time = claim.lock().await;
    let began = Instant::now();
    while flow.calls.go_on(began) {
        let room = queues.room(&queue, partner).await?.min(ITEMS_AT_ONCE);
        if room == 0 {
            return again(flow, partner).await;
        }
        let items = flow.ledger.claimable_items(partner, u32::try_from(room).unwrap_or(u32::MAX)).await?;
        let Some(test) = items.first().map(|first| first.test) else { return Ok(Done::Yes) };
        let run: Vec<ClaimableItem> = items.into_iter().take_while(|item| item.test == test).collect();
        if (deliver.usage == Usage::Test) != test {
            refuse(flow, partner, &run).await?;
            continue;
        }
        match one(flow, partner, deliver, &queue, run).await {
            // Another process took one of them in between: choose again.
            Err(FlowError::Ledger(LedgerError::IllegalTransition { .. } | LedgerError::Taken { .. })) => {}
            ended => ended?,
        }
    }
    Ok(Done::Later(Duration::ZERO))
}

/// One delivery: its intent is committed, its messages are confirmed, and then it counts as sent.
async fn one(
    flow: &Flow,
    partner: &PartnerId,
    deliver: &Deliver,
    queue: &QueueName,
    run: Vec<ClaimableItem>,
) -> Result<(), FlowError> {
    let queues = flow.queues.get().ok_or(FlowError::Internal("queues in a process that delivers"))?;
    let (mut sources, mut messages) = (Sources::default(), Vec::with_capacity(run.len()));
    let mut kept = Vec::with_capacity(run.len());
    for item in run {
        let Some(json) = sources.readable(flow, &item).await? else { continue };
        messages.push(message(flow, partner, queue, &item, &json).await?);
        kept.push(item);
    }
    let run = kept;
    if run.is_empty() {
        return Ok(());
    }
    let delivery = begin(flow, partner, deliver, &run).await?;
    let published = futures::future::join_all(messages.into_iter().map(|message| queues.publish(message))).await;
    // What is not confirmed may stand in the queue nevertheless. All of it goes again: consumers tell messages apart by their ids.
    let refused = published.into_iter().find_map(Result::err);
    let (outcome, reason) = match &refused {
        None => (DeliveryOutcome::Sent, "handed-over"),
        Some(_) => (DeliveryOutcome::NotReached, "queue-not-reached"),
    };
    super::call::settle(flow, delivery, outcome, reason, Effects::none()).await?;
    refused.map_or(Ok(()), |error| Err(error.into()))
}

async fn message(
    flow: &Flow,
    partner: &PartnerId,
    queue: &QueueName,
    item: &ClaimableItem,
    json: &[u8],
) -> Result<Message, FlowError> {
    let reference = item.id.to_string();
    let id = reference.parse().map_err(|_| FlowError::Internal("a message's id"))?;
    let bytes = flow.messages.seal(partner, json).await?;
    let fits = bytes.len() <= BODY_BYTES_MAX;
    let body = if fits {
        Body::Sealed { reference, bytes }
    } else {
        // What comes again is sealed anew, and says the same.
        let object = objects::message(item.id).map_err(|_| FlowError::Internal("an object's key"))?;
        let whole = futures::stream::once(async { Ok(bytes.into()) }).boxed();
        flow.vault.store().put(&object, whole, PutMode::Overwrite).await.map_err(VaultError::Store)?;
        Body::Reference(reference)
    };
    Ok(Message { id, queue: queue.clone(), partner: partner.clone(), kind: KIND.to_owned(), attempt: 1, body })
}

/// Commits what is about to be handed over. The payload tells which items.
async fn begin(
    flow: &Flow,
    partner: &PartnerId,
    deliver: &Deliver,
    run: &[ClaimableItem],
) -> Result<tradewind_compliance::DeliveryId, FlowError> {
    let id = flow.ids.delivery_id();
    let payload = objects::payload(id).map_err(|_| FlowError::Internal("an object's key"))?;
    let mut to = flow.vault.writer(partner, &payload, objects::PAYLOAD, PutMode::IfAbsent).await?;
    for item in run {
        to.write(format!("{}\n", item.id).as_bytes()).await?;
    }
    to.finish().await?;
    let wanted = [(NumberKind::Interchange, 1)];
    let numbers = flow.ledger.reserve_numbers(partner, &wanted, "batch-not-sent".parse()?, flow.now()).await?;
    let items = run.iter().map(|item| Carried { item: item.id, set_number: 0 }).collect();
    let (at, partner) = (flow.now(), partner.clone());
    let over_by = over_by(at, deliver.timeout_ms);
    let new = NewDelivery { id, partner, items, numbers, payload, reads_only: true, at, over_by };
    flow.ledger.begin_delivery(new, Effects::none()).await?;
    Ok(id)
}

/// Waits in a job of its own: however long the consumers take, that is not an attempt that can run out. One such job is enough.
async fn again(flow: &Flow, partner: &PartnerId) -> Result<Done, FlowError> {
    if !flow.calls.looks_again(partner, FULL_WAIT) {
        return Ok(Done::Yes);
    }
    let due_at = flow.now().plus(u64::try_from(FULL_WAIT.as_millis()).unwrap_or(u64::MAX));
    let job = flow.job_at(&QueueName::deliver(partner), partner, "room", due_at)?;
    flow.ledger.record(Effects::job(job)).await?;
    Ok(Done::Yes)
}
