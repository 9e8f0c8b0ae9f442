//! What is committed after the call, and how the answer is written for whoever asked.

use bytes::Bytes;
use serde_json::Value;
use tradewind_compliance::{DeliveryId, PartnerId, ReceiptId};
use tradewind_edi::item::{Batch, BatchOptions, Collector};
use tradewind_edi::{ControlNumber, Engine, Options};
use tradewind_ledger::{
    Advance, Cause, DeliveryOutcome, Effects, InquiryEnd, NewAnswer, NewReceipt, NumberKind, Place, ReceivedContent,
};

use super::look::Look;
use super::open::Sent;
use super::{Asked, seal};
use crate::flow::receive::Door;
use crate::flow::{Flow, FlowError, deliver, objects};

/// Commits what became of the call. Gives the answers' JSON, restored to the sender's own traces; `None` where there is none.
pub(super) async fn close(
    flow: &Flow,
    asked: &Asked,
    sent: &Sent,
    body: Option<Bytes>,
) -> Result<Option<Vec<Value>>, FlowError> {
    let mut collector = Collector::new();
    if let Some(body) = &body {
        let mut engine = Engine::new(Options::default());
        // An answer that cannot be read is no answer; what it was stays sealed with the delivery's timeline.
        let _ = engine.feed(body, &mut collector).and_then(|()| engine.finish(&mut collector));
    }
    let collected = collector.take();
    let response = flow.ids.receipt_id();
    let object = objects::items(flow.ids.set_id()).map_err(|_| FlowError::Internal("an object's key"))?;
    let (mut answers, mut values) = (Vec::new(), Vec::new());
    for (item, ordinal) in collected.items.iter().filter(|item| item.guide.set == "271").zip(1..) {
        let json = collected.json_of(item);
        let named = item.keys.iter().filter(|key| key.name == "trace").find_map(|key| key.value.parse().ok());
        let Some((id, own)) = sent.items.iter().find(|(id, _)| Some(*id) == named) else { continue };
        let place = Place {
            object: object.clone(),
            offset: item.json.start as u64,
            length: u32::try_from(json.len()).unwrap_or(u32::MAX),
        };
        answers.push(NewAnswer {
            id: flow.ids.answer_id(),
            item: *id,
            delivery: Some(sent.delivery),
            source: response,
            ordinal,
            kind: "271".parse()?,
            outcome: "answered".parse()?,
            place,
            advance: Advance::Answered,
            notify: None,
            at: flow.now(),
        });
        let mut value = serde_json::from_slice(json).map_err(|_| FlowError::Internal("an answer as JSON"))?;
        restore(&mut value, id.as_str(), own.as_deref());
        values.push(value);
    }
    if !answers.is_empty() {
        seal(flow, &asked.payer, &object, objects::ITEMS, &collected.json).await?;
    }
    let response = match &body {
        Some(body) => Some(received(flow, &asked.payer, response, sent.delivery, body).await?),
        None => None,
    };
    // An inquiry only reads, and whoever asked is told now: without an answer it is over, taken or not.
    let (outcome, reason) = if answers.is_empty() {
        (DeliveryOutcome::Refused { attempts_max: 1 }, "inquiry-without-answer")
    } else {
        (DeliveryOutcome::Sent, "inquiry-answered")
    };
    let (delivery, cause, at) = (sent.delivery, Cause::system(reason)?, flow.now());
    let end = InquiryEnd { delivery, outcome, cause, response, answers, at, effects: Effects::none() };
    flow.ledger.close_inquiry(end).await?;
    tracing::info!(payer = %asked.payer, delivery = %sent.delivery, answers = values.len(), "an inquiry ended");
    Ok((!values.is_empty()).then_some(values))
}

/// Seals the partner's answer as the receipt that it becomes with the commit.
async fn received(
    flow: &Flow,
    payer: &PartnerId,
    id: ReceiptId,
    delivery: DeliveryId,
    body: &[u8],
) -> Result<(NewReceipt, ReceivedContent), FlowError> {
    let object = objects::received(id).map_err(|_| FlowError::Internal("an object's key"))?;
    let content = seal(flow, payer, &object, objects::RECEIVED, body).await?;
    let receipt = NewReceipt {
        id,
        partner: payer.clone(),
        door: Door::Response.as_str().parse()?,
        object,
        name_hash: None,
        name_sealed: None,
        response_to: Some(delivery),
        at: flow.now(),
    };
    Ok((receipt, content))
}

/// Puts the sender's own trace back where ours stands, or takes ours out where the sender had none.
fn restore(value: &mut Value, ours: &str, own: Option<&str>) {
    let is_ours = |value: &Value| value.as_object().is_some_and(|map| map.values().any(|part| part == ours));
    match value {
        Value::Array(entries) => {
            if own.is_none() {
                entries.retain(|entry| !is_ours(entry));
            }
            entries.iter_mut().for_each(|entry| restore(entry, ours, own));
        }
        Value::Object(map) => {
            if own.is_none() {
                map.retain(|_, part| !part.as_array().is_some_and(Vec::is_empty) && !is_ours(part));
            }
            for part in map.values_mut() {
                restore(part, ours, own);
            }
            if own.is_none() {
                map.retain(|_, part| !part.as_array().is_some_and(Vec::is_empty));
            }
        }
        Value::String(text) if text == ours => own.unwrap_or_default().clone_into(text),
        _ => {}
    }
}

/// The answers as one JSON document: the answer itself where there is one.
pub(super) fn joined(items: &[Value]) -> Vec<u8> {
    match items {
        [one] => one.to_string().into_bytes(),
        many => serde_json::json!({ "items": many }).to_string().into_bytes(),
    }
}

/// The answers as one interchange for the sender.
pub(super) async fn written(
    flow: &Flow,
    partner: &PartnerId,
    look: &Look,
    items: &[Value],
) -> Result<Vec<u8>, FlowError> {
    let asked = look.items.items.first().ok_or(FlowError::Internal("an item"))?;
    let guides = tradewind_edi::Guides::built_in();
    let guide =
        guides.find(&asked.guide.revision, "271", None).cloned().ok_or(FlowError::Internal("the answer's guide"))?;
    let wanted = [(NumberKind::Interchange, 1), (NumberKind::Group, 1)];
    let reason = "given-to-a-real-time-answer".parse()?;
    let numbers = flow.ledger.reserve_numbers(partner, &wanted, reason, flow.now()).await?;
    let test = look.header.usage() != "P";
    let mut batch = Batch::new(BatchOptions {
        guide,
        envelope: deliver::envelope(flow, &flow.settings(), partner, test, &numbers)?,
        acknowledgment_requested: false,
        format: look.format,
        set_control: ControlNumber::FIRST,
        reference: String::new(),
        items_per_set_max: u32::MAX,
        trace_originator: String::new(),
    });
    let mut x12 = Vec::new();
    for item in items {
        let json = item.to_string();
        batch.add(json.as_bytes(), None, &mut x12).map_err(|error| {
            tracing::error!(%error, "a partner's answer cannot be written for its requestor");
            FlowError::Internal("an answer that can be written")
        })?;
    }
    batch.finish(&mut x12);
    Ok(x12)
}
