//! Real time: an inquiry goes through the same rooms inside the process that took it, with one commit before the call and one after.
//! Exactly one thing comes back: the partner's answer, or a TA1 or 999 where the inquiry was rejected.

use std::sync::Arc;

use bytes::Bytes;
use serde_json::Value;
use tradewind_api::{Answer, AnswerKind, Content, GatewayError, Inquiry};
use tradewind_compliance::keys::SearchKind;
use tradewind_compliance::store::PutMode;
use tradewind_compliance::vault::VaultError;
use tradewind_compliance::{DeliveryId, ItemId, ObjectKey, PartnerId, Purpose, ReceiptId};
use tradewind_edi::ack::x277ca::Role;
use tradewind_edi::ack::{Format, x999};
use tradewind_edi::engine::{
    GroupEnd, GroupStart, InterchangeEnd, InterchangeHeader, InterchangeStart, ItemEnd, SetEnd, SetStart,
};
use tradewind_edi::guide::NodeIx;
use tradewind_edi::item::{Batch, BatchOptions, Collected, Collector, Item};
use tradewind_edi::{ControlNumber, Engine, Finding, Options, Segment, Visitor};
use tradewind_ledger::{
    Advance, Carried, Cause, DeliveryOutcome, Effects, InquiryEnd, NewAnswer, NewDelivery, NewInquiry, NewInterchange,
    NewItem, NewReceipt, NewSet, NumberKind, Place, ReceivedContent, Reservation, SealedValue, SearchHash,
    StoredResponse, UnixMs,
};
use tradewind_transfer::transport::{Mode, Outbound, Reply, SendError};

use super::gateway::refuse;
use super::receive::Door;
use super::translate::stamp;
use super::view::SealedItem;
use super::{Flow, FlowError, convert, deliver, objects};
use crate::acknowledge::{Acknowledged, Acknowledger, Answering, counting};
use crate::config::{Deliver, Usage};

/// A request that reserved its idempotency key and died of it frees the key after this: no inquiry lasts longer.
const KEY_STALE_MS: u64 = 60_000;

/// Asks now and answers now.
pub(super) async fn ask(
    flow: &Arc<Flow>,
    partner: &PartnerId,
    inquiry: Inquiry,
    deadline: tokio::time::Instant,
) -> Result<Answer, GatewayError> {
    let Some(key) = &inquiry.idempotency_key else { return answer(flow, partner, &inquiry, deadline).await };
    let search = flow.vault.keys().search_key(partner).await.map_err(GatewayError::internal)?;
    let digest = |kind, bytes: &[u8]| SearchHash(search.digest(SearchKind::new(kind), bytes));
    let key = digest("idempotency-key", key.expose().as_bytes());
    let (request, now) = (digest("inquiry", &inquiry.body), flow.now());
    let reserved = flow.ledger.reserve_key(partner, key, request, now.minus(KEY_STALE_MS), now).await;
    match reserved.map_err(|error| refuse(error.into()))? {
        Reservation::Fresh => {}
        Reservation::InFlight => return Err(GatewayError::KeyInUse),
        Reservation::Conflict => return Err(GatewayError::KeyReused),
        Reservation::Done(response) => return stored(flow, partner, &response).await.map_err(refuse),
    }
    let answered = answer(flow, partner, &inquiry, deadline).await;
    let kept = match &answered {
        Ok(answer) => keep(flow, partner, key, answer).await,
        Err(_) => flow.ledger.forget_key(partner, key).await.map_err(FlowError::from),
    };
    kept.map_err(refuse)?;
    answered
}

async fn answer(
    flow: &Arc<Flow>,
    partner: &PartnerId,
    inquiry: &Inquiry,
    deadline: tokio::time::Instant,
) -> Result<Answer, GatewayError> {
    let x12 = match inquiry.content {
        Content::X12 => inquiry.body.clone(),
        Content::Json => Bytes::from(convert::submitted(flow, partner, &inquiry.body).await?),
    };
    let receipt = flow.ids.receipt_id();
    let look = look(flow, &x12, &receipt.to_string())?;
    if let Some(rejection) = rejection(receipt, inquiry.answer, &look) {
        return Ok(rejection);
    }
    let asked = asked(flow, partner, &look)?;
    let sent = open(flow, partner, receipt, &x12, &look, &asked).await.map_err(refuse)?;
    let transport = flow.calls.transport(&asked.deliver).map_err(refuse)?;
    let left = deadline.saturating_duration_since(tokio::time::Instant::now());
    let request = Outbound {
        delivery: sent.delivery,
        mode: Mode::RealTime { deadline: left },
        body: Box::new(std::io::Cursor::new(sent.payload.clone())),
        body_bytes: Some(sent.payload.len() as u64),
    };
    let reply = transport.send(request).await;
    let answered = match &reply {
        Ok(Reply::Answered(body)) => Some(body.clone()),
        _ => None,
    };
    let outcome = match &reply {
        Ok(_) => DeliveryOutcome::Sent,
        Err(SendError::NotTaken(_)) => DeliveryOutcome::Refused { attempts_max: 1 },
        // An inquiry only reads: that it may have been taken does no harm.
        Err(SendError::Unknown(_)) => DeliveryOutcome::Unknown,
    };
    let answers = close(flow, &asked, &sent, outcome, answered).await.map_err(refuse)?;
    let Some(items) = answers else {
        let timed_out = tokio::time::Instant::now() >= deadline;
        return Err(if timed_out { GatewayError::TimedOut } else { GatewayError::PartnerFailed });
    };
    let body = match inquiry.answer {
        Content::Json => joined(&items),
        Content::X12 => written(flow, partner, &look, &items).await.map_err(refuse)?,
    };
    Ok(Answer { file: receipt, kind: AnswerKind::Eligibility, content: inquiry.answer, body: body.into() })
}

/// What an inquiry holds.
struct Look {
    header: InterchangeHeader,
    set: String,
    items: Collected,
    acknowledged: Acknowledged,
    format: Format,
}

/// Gathers items and acknowledgments of a message in memory.
struct Looking {
    header: Option<InterchangeHeader>,
    set: String,
    format: Format,
    acknowledger: Acknowledger,
    collector: Collector,
}

macro_rules! both {
    ($($name:ident($event:ty)),+ $(,)?) => {$(
        fn $name(&mut self, event: $event) {
            self.acknowledger.$name(event);
            self.collector.$name(event);
        }
    )+};
}

impl Visitor for Looking {
    fn interchange_start(&mut self, event: &InterchangeStart<'_>) {
        self.header.get_or_insert_with(|| event.header.clone());
        self.format = Format::with(event.delimiters);
        self.acknowledger.interchange_start(event);
        self.collector.interchange_start(event);
    }

    fn set_start(&mut self, event: &SetStart<'_>) {
        self.set.clone_from(&event.header.code);
        self.acknowledger.set_start(event);
        self.collector.set_start(event);
    }

    fn segment(&mut self, segment: &Segment<'_>, node: Option<NodeIx>) {
        self.acknowledger.segment(segment, node);
        self.collector.segment(segment, node);
    }

    both!(
        group_start(&GroupStart<'_>),
        loop_open(NodeIx),
        item_open(NodeIx),
        finding(&Finding),
        item_close(&ItemEnd),
        loop_close(NodeIx),
        set_end(&SetEnd<'_>),
        group_end(&GroupEnd<'_>),
        interchange_end(&InterchangeEnd<'_>),
    );
}

fn look(flow: &Flow, x12: &[u8], reference: &str) -> Result<Look, GatewayError> {
    let identity = flow.settings().config.gateway.identity.clone();
    let answering = Answering {
        role: Role::Clearinghouse,
        name: identity.id.clone(),
        id: Some(identity.id),
        at: stamp(flow),
        reference: reference.to_owned(),
        claim_numbers: None,
        x999: x999::Options::default(),
    };
    let mut looking = Looking {
        header: None,
        set: String::new(),
        format: Format::default(),
        acknowledger: Acknowledger::new(answering, counting(ControlNumber::FIRST)),
        collector: Collector::new(),
    };
    let mut engine = Engine::new(Options::default());
    let read = engine.feed(x12, &mut looking).and_then(|()| engine.finish(&mut looking));
    let items = looking.collector.take();
    let acknowledged = looking.acknowledger.take().into_iter().next().unwrap_or_default();
    match (read, looking.header) {
        (Ok(()), Some(header)) => {
            Ok(Look { header, set: looking.set, items, acknowledged, format: looking.format })
        }
        (Err(refusal), _) => {
            let place = format!("byte {}", refusal.offset);
            let fault = tradewind_api::Fault { place, rule: "x12".into(), message: refusal.reason.to_string() };
            Err(GatewayError::Malformed(vec![fault]))
        }
        (Ok(()), None) => Err(GatewayError::Malformed(Vec::new())),
    }
}

/// The TA1 or 999 of an inquiry that was rejected. It is told now and kept nowhere: nothing travelled.
fn rejection(file: ReceiptId, content: Content, look: &Look) -> Option<Answer> {
    let acknowledged = &look.acknowledged;
    if !acknowledged.rejected {
        return None;
    }
    let (kind, x12) = match (&acknowledged.x999, &acknowledged.ta1) {
        (Some(x999), _) => (AnswerKind::Implementation, x999.clone()),
        (None, ta1) => (AnswerKind::Interchange, ta1.clone().unwrap_or_default()),
    };
    let body = match content {
        Content::X12 => x12,
        Content::Json => file_json(&x12),
    };
    Some(Answer { file, kind, content, body: body.into() })
}

/// A message of ours as the engine's JSON.
fn file_json(x12: &[u8]) -> Vec<u8> {
    let (mut engine, mut writer, mut out) =
        (Engine::new(Options::default()), tradewind_edi::json::FileWriter::new(), Vec::new());
    // Our own acknowledgments can be read; a fault here would show as JSON that ends early.
    let _ = engine.feed(x12, &mut writer).and_then(|()| engine.finish(&mut writer));
    writer.finish(&mut out);
    out
}

/// Whom to ask.
struct Asked {
    payer: PartnerId,
    deliver: Deliver,
    test: bool,
}

fn asked(flow: &Flow, partner: &PartnerId, look: &Look) -> Result<Asked, GatewayError> {
    let settings = flow.settings();
    let own = settings.config.partner_of(look.header.sender_qualifier(), look.header.sender());
    if own.is_none_or(|(name, _)| name != partner) || look.set != "270" {
        return Err(GatewayError::Forbidden);
    }
    let test = look.header.usage() != "P";
    let usage = if test { Usage::Test } else { Usage::Production };
    let item = look.items.items.first().ok_or(GatewayError::NoRoute)?;
    let payer_id = item.keys.find("payer_id").unwrap_or_default();
    let routed = settings.config.routes.partner(payer_id, &item.guide.revision, usage).ok_or(GatewayError::NoRoute)?;
    let deliver = settings.partner(routed).and_then(|partner| partner.deliver.clone()).ok_or(GatewayError::NoRoute)?;
    if deliver.usage != usage {
        return Err(GatewayError::NoRoute);
    }
    Ok(Asked { payer: routed.clone(), deliver, test })
}

/// What was committed and is being sent.
struct Sent {
    delivery: DeliveryId,
    payload: Bytes,
    items: Vec<(ItemId, Option<String>)>,
}

/// Seals everything, and commits it before the call.
async fn open(
    flow: &Flow,
    partner: &PartnerId,
    receipt: ReceiptId,
    x12: &[u8],
    look: &Look,
    asked: &Asked,
) -> Result<Sent, FlowError> {
    let internal = |_| FlowError::Internal("an object's key");
    let (delivery, set, interchange, now) =
        (flow.ids.delivery_id(), flow.ids.set_id(), flow.ids.interchange_id(), flow.now());
    let received = objects::received(receipt).map_err(internal)?;
    let set_object = objects::items(set).map_err(internal)?;
    let payload_object = objects::payload(delivery).map_err(internal)?;
    let first = look.items.items.first().ok_or(FlowError::Internal("an item"))?;
    let wanted = [(NumberKind::Interchange, 1), (NumberKind::Group, 1), (NumberKind::Set, 1)];
    let numbers = flow.ledger.reserve_numbers(&asked.payer, &wanted, "inquiry-not-sent".parse()?, now).await?;
    let mut batch = Batch::new(BatchOptions {
        guide: first.guide.clone(),
        envelope: deliver::envelope(flow, &flow.settings(), &asked.payer, asked.test, &numbers)?,
        acknowledgment_requested: false,
        format: Format::default(),
        set_control: deliver::number(&numbers, NumberKind::Set)?,
        reference: delivery.to_string(),
        items_per_set_max: u32::MAX,
        trace_originator: "9TRADEWIND".to_owned(),
    });
    let (mut payload, mut items, mut rows, mut carried) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let mut offset = 0;
    for (item, ordinal) in look.items.items.iter().zip(1..) {
        let (id, json) = (flow.ids.item_id(), look.items.json_of(item));
        let added = batch.add(json, Some(id.as_str()), &mut payload).map_err(|_| FlowError::Internal("an item that can be written"))?;
        carried.push(Carried { item: id, set_number: added.set.number() });
        items.push((id, added.replaced.map(|replaced| replaced.value)));
        let length = u32::try_from(json.len()).unwrap_or(u32::MAX);
        rows.push(row(flow, partner, item, (id, set, ordinal), (offset, length), &asked.payer).await?);
        offset += u64::from(length);
    }
    batch.finish(&mut payload);
    let json = look.items.json.as_slice();
    let (raw, (), ()) = tokio::try_join!(
        seal(flow, partner, &received, objects::RECEIVED, x12),
        async { seal(flow, partner, &set_object, objects::ITEMS, json).await.map(drop) },
        async { seal(flow, &asked.payer, &payload_object, objects::PAYLOAD, &payload).await.map(drop) },
    )?;
    let party = |qualifier: &str, id: &str| format!("{qualifier}:{id}").parse();
    let header = &look.header;
    let inquiry = NewInquiry {
        receipt: NewReceipt {
            id: receipt,
            partner: partner.clone(),
            door: Door::Api.as_str().parse()?,
            object: received,
            name_hash: None,
            name_sealed: None,
            response_to: None,
            at: now,
        },
        content: raw,
        interchange: NewInterchange {
            id: interchange,
            receipt,
            ordinal: 1,
            sender: party(header.sender_qualifier(), header.sender())?,
            receiver: party(header.receiver_qualifier(), header.receiver())?,
            control_number: header.control_number().trim().parse().unwrap_or(0),
            test: asked.test,
            at: now,
        },
        set: NewSet {
            id: set,
            interchange,
            ordinal: 1,
            group_control_number: 1,
            guide: format!("{}/{}", first.guide.revision, first.guide.set).parse()?,
            object: set_object,
        },
        items: rows,
        delivery: NewDelivery {
            id: delivery,
            partner: asked.payer.clone(),
            items: carried,
            numbers,
            payload: payload_object,
            reads_only: true,
            at: now,
        },
        effects: Effects::none(),
    };
    flow.ledger.open_inquiry(inquiry).await?;
    Ok(Sent { delivery, payload: payload.into(), items })
}

async fn row(
    flow: &Flow,
    partner: &PartnerId,
    item: &Item,
    (id, set, ordinal): (ItemId, tradewind_compliance::SetId, u32),
    (offset, length): (u64, u32),
    payer: &PartnerId,
) -> Result<NewItem, FlowError> {
    let search = flow.vault.keys().search_key(partner).await.map_err(VaultError::Keys)?;
    let hash = |kind, name: &str| item.keys.find(name).map(|value| SearchHash(search.digest(kind, value.as_bytes())));
    let mut kept = SealedItem::default();
    kept.keys.extend(item.keys.iter().map(|key| (key.name.to_string(), key.value.clone())));
    let text = serde_json::to_vec(&kept).map_err(|_| FlowError::Internal("keys as JSON"))?;
    let sealed = flow.vault.keys().seal_value(partner, objects::ITEM_KEYS, id.as_str(), &text).await;
    Ok(NewItem {
        id,
        set,
        ordinal,
        destination: Some(payer.clone()),
        rejected: false,
        offset,
        length,
        claim_hash: hash(SearchKind::CLAIM_ID, "trace"),
        member_hash: hash(SearchKind::MEMBER_ID, "member_id"),
        sealed: Some(SealedValue(sealed.map_err(VaultError::Keys)?)),
    })
}

async fn seal(
    flow: &Flow,
    partner: &PartnerId,
    object: &ObjectKey,
    purpose: Purpose,
    bytes: &[u8],
) -> Result<ReceivedContent, FlowError> {
    let mut writer = flow.vault.writer(partner, object, purpose, PutMode::IfAbsent).await?;
    writer.write(bytes).await?;
    let sealed = writer.finish().await?;
    Ok(ReceivedContent { size: sealed.bytes, digest: SearchHash(sealed.digest), at: flow.now() })
}

/// Commits what became of the call. Gives the answers' JSON, restored to the sender's own traces; `None` where there is none.
async fn close(
    flow: &Flow,
    asked: &Asked,
    sent: &Sent,
    outcome: DeliveryOutcome,
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
    let reason = if answers.is_empty() { "inquiry-without-answer" } else { "inquiry-answered" };
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
fn joined(items: &[Value]) -> Vec<u8> {
    match items {
        [one] => one.to_string().into_bytes(),
        many => serde_json::json!({ "items": many }).to_string().into_bytes(),
    }
}

/// The answers as one interchange for the sender.
async fn written(flow: &Flow, partner: &PartnerId, look: &Look, items: &[Value]) -> Result<Vec<u8>, FlowError> {
    let asked = look.items.items.first().ok_or(FlowError::Internal("an item"))?;
    let guides = tradewind_edi::Guides::built_in();
    let guide = guides.find(&asked.guide.revision, "271", None).cloned().ok_or(FlowError::Internal("the answer's guide"))?;
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

/// Keeps an answer for its idempotency key.
async fn keep(flow: &Flow, partner: &PartnerId, key: SearchHash, answer: &Answer) -> Result<(), FlowError> {
    let object = objects::response(answer.file).map_err(|_| FlowError::Internal("an object's key"))?;
    seal(flow, partner, &object, objects::RESPONSE, &answer.body).await?;
    let content = if answer.content == Content::Json { "json" } else { "x12" };
    let kind = format!("{}.{content}", answer.kind.as_str()).parse()?;
    let response = StoredResponse { status: 200, kind, body: Some(object) };
    Ok(flow.ledger.complete_key(partner, key, response, UnixMs(flow.now().0), Effects::none()).await?)
}

/// The answer that an idempotency key stands for.
async fn stored(flow: &Flow, partner: &PartnerId, response: &StoredResponse) -> Result<Answer, FlowError> {
    let wrong = || FlowError::Internal("a stored response");
    let object = response.body.as_ref().ok_or_else(wrong)?;
    let file = object.as_str().rsplit('/').next().and_then(|id| id.parse().ok()).ok_or_else(wrong)?;
    let mut reader = flow.vault.reader(partner, object, objects::RESPONSE).await?;
    let mut body = Vec::new();
    while let Some(bytes) = reader.next().await? {
        body.extend_from_slice(&bytes);
    }
    let (kind, content) = response.kind.as_str().split_once('.').ok_or_else(wrong)?;
    let kind = match kind {
        "271" => AnswerKind::Eligibility,
        "999" => AnswerKind::Implementation,
        _ => AnswerKind::Interchange,
    };
    let content = if content == "json" { Content::Json } else { Content::X12 };
    Ok(Answer { file, kind, content, body: body.into() })
}
