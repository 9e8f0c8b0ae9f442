//! What is sealed and committed before the call.

use bytes::Bytes;
use tradewind_compliance::keys::SearchKind;
use tradewind_compliance::vault::VaultError;
use tradewind_compliance::{DeliveryId, ItemId, PartnerId, ReceiptId, SetId};
use tradewind_edi::ack::Format;
use tradewind_edi::item::{Batch, BatchOptions, Item};
use tradewind_ledger::{
    Carried, Effects, NewDelivery, NewInquiry, NewInterchange, NewItem, NewReceipt, NewSet, NumberKind, Numbers,
    SealedValue, SearchHash,
};

use super::look::Look;
use super::{Asked, seal};
use crate::flow::receive::Door;
use crate::flow::view::SealedItem;
use crate::flow::{Flow, FlowError, deliver, objects};

/// What was committed and is being sent.
pub(super) struct Sent {
    pub(super) delivery: DeliveryId,
    pub(super) payload: Bytes,
    pub(super) items: Vec<(ItemId, Option<String>)>,
}

/// Seals everything, and commits it before the call.
pub(super) async fn open(
    flow: &Flow,
    partner: &PartnerId,
    receipt: ReceiptId,
    x12: &[u8],
    look: &Look,
    asked: &Asked,
) -> Result<Sent, FlowError> {
    let internal = |_| FlowError::Internal("an object's key");
    let (delivery, set) = (flow.ids.delivery_id(), flow.ids.set_id());
    let received = objects::received(receipt).map_err(internal)?;
    let set_object = objects::items(set).map_err(internal)?;
    let payload_object = objects::payload(delivery).map_err(internal)?;
    let written = write(flow, partner, look, asked, (delivery, set)).await?;
    let json = look.items.json.as_slice();
    let (content, (), ()) = tokio::try_join!(
        seal(flow, partner, &received, objects::RECEIVED, x12),
        async { seal(flow, partner, &set_object, objects::ITEMS, json).await.map(drop) },
        async { seal(flow, &asked.payer, &payload_object, objects::PAYLOAD, &written.payload).await.map(drop) },
    )?;
    let interchange = interchange(flow, receipt, look, asked)?;
    let now = flow.now();
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
        content,
        set: NewSet {
            id: set,
            interchange: interchange.id,
            ordinal: 1,
            group_control_number: 1,
            guide: written.guide.parse()?,
            object: set_object,
        },
        interchange,
        items: written.rows,
        delivery: NewDelivery {
            id: delivery,
            partner: asked.payer.clone(),
            items: written.carried,
            numbers: written.numbers,
            payload: payload_object,
            reads_only: true,
            at: now,
            over_by: deliver::over_by(now, flow.settings().config.gateway.api.limits.eligibility_timeout_ms),
        },
        effects: Effects::none(),
    };
    flow.ledger.open_inquiry(inquiry).await?;
    Ok(Sent { delivery, payload: written.payload.into(), items: written.items })
}

/// The inquiry's interchange as it came.
fn interchange(flow: &Flow, receipt: ReceiptId, look: &Look, asked: &Asked) -> Result<NewInterchange, FlowError> {
    let party = |qualifier: &str, id: &str| format!("{qualifier}:{id}").parse();
    let header = &look.header;
    Ok(NewInterchange {
        id: flow.ids.interchange_id(),
        receipt,
        ordinal: 1,
        sender: party(header.sender_qualifier(), header.sender())?,
        receiver: party(header.receiver_qualifier(), header.receiver())?,
        control_number: header.control_number().trim().parse().unwrap_or(0),
        test: asked.test,
        at: flow.now(),
    })
}

/// An inquiry as it goes out, and the rows that tell of it.
struct Written {
    payload: Vec<u8>,
    guide: String,
    numbers: Vec<Numbers>,
    items: Vec<(ItemId, Option<String>)>,
    rows: Vec<NewItem>,
    carried: Vec<Carried>,
}

async fn write(
    flow: &Flow,
    partner: &PartnerId,
    look: &Look,
    asked: &Asked,
    (delivery, set): (DeliveryId, SetId),
) -> Result<Written, FlowError> {
    let first = look.items.items.first().ok_or(FlowError::Internal("an item"))?;
    let wanted = [(NumberKind::Interchange, 1), (NumberKind::Group, 1), (NumberKind::Set, 1)];
    let numbers = flow.ledger.reserve_numbers(&asked.payer, &wanted, "inquiry-not-sent".parse()?, flow.now()).await?;
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
    let guide = format!("{}/{}", first.guide.revision, first.guide.set);
    let (payload, items, rows, carried) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let mut written = Written { payload, guide, numbers, items, rows, carried };
    let mut offset = 0;
    for (item, ordinal) in look.items.items.iter().zip(1..) {
        let (id, json) = (flow.ids.item_id(), look.items.json_of(item));
        let added = batch.add(json, Some(id.as_str()), &mut written.payload);
        let added = added.map_err(|_| FlowError::Internal("an item that can be written"))?;
        written.carried.push(Carried { item: id, set_number: added.set.number() });
        written.items.push((id, added.replaced.map(|replaced| replaced.value)));
        let length = u32::try_from(json.len()).unwrap_or(u32::MAX);
        written.rows.push(row(flow, partner, item, (id, set, ordinal), (offset, length), &asked.payer).await?);
        offset += u64::from(length);
    }
    batch.finish(&mut written.payload);
    Ok(written)
}

async fn row(
    flow: &Flow,
    partner: &PartnerId,
    item: &Item,
    (id, set, ordinal): (ItemId, SetId, u32),
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
