//! The next batch for a partner: chosen, written as X12, sealed, and its intent committed.

use std::collections::HashMap;
use std::time::Instant;

use tradewind_compliance::store::PutMode;
use tradewind_compliance::vault::{SealedObject, SealingWriter};
use tradewind_compliance::{DeliveryId, ItemId, ObjectKey, PartnerId};
use tradewind_edi::ack::{Address, Envelope, Format, Stamp, Usage as IsaUsage};
use tradewind_edi::item::{Batch as Writer, BatchEnd, BatchOptions};
use tradewind_edi::{ControlNumber, Guides};
use tradewind_ledger::{
    Carried, Cause, ClaimableItem, Effects, ItemOutcome, LedgerError, NewAlarm, NewDelivery, NumberKind, Numbers,
    UnixMs,
};

use super::{Flow, FlowError, over_by, quarantined};
use crate::config::{Deliver, Usage};
use crate::flow::objects;
use crate::settings::Settings;

/// Items a transaction set: what most payers take.
const ITEMS_PER_SET_MAX: u32 = 5_000;
/// X12 that is written before it is sealed.
const GATHER_BYTES: usize = 256 * 1024;
/// ST01 of inquiries: they only read.
const INQUIRIES: [&str; 2] = ["270", "276"];

/// A batch whose intent is committed.
pub(super) struct Batch {
    pub(super) delivery: DeliveryId,
    pub(super) payload: ObjectKey,
    pub(super) bytes: u64,
    pub(super) items: usize,
    /// When the youngest item was accepted.
    pub(super) accepted_at: UnixMs,
    /// Before the intent was committed.
    pub(super) intended: Instant,
}

/// Takes the next items of a partner; `None` when none wait.
pub(super) async fn next(flow: &Flow, partner: &PartnerId, deliver: &Deliver) -> Result<Option<Batch>, FlowError> {
    let claim = flow.calls.claim(partner);
    let _one_at_a_time = claim.lock().await;
    loop {
        let items = gather(flow, partner, deliver).await?;
        let Some(first) = items.first().cloned() else { return Ok(None) };
        let run: Vec<ClaimableItem> =
            items.into_iter().take_while(|item| item.guide == first.guide && item.test == first.test).collect();
        if (deliver.usage == Usage::Test) != first.test {
            refuse(flow, partner, &run).await?;
            continue;
        }
        match write(flow, partner, deliver, &run).await {
            // Another process took one of them in between: choose again.
            Err(FlowError::Ledger(LedgerError::IllegalTransition { .. } | LedgerError::Taken { .. })) => {}
            // None of them could be written, and none of them waits any more.
            Ok(None) => {}
            batch => return batch,
        }
    }
}

/// What waits, after the first item has waited for more.
async fn gather(flow: &Flow, partner: &PartnerId, deliver: &Deliver) -> Result<Vec<ClaimableItem>, FlowError> {
    let limit = u32::try_from(deliver.batch_items_max).unwrap_or(u32::MAX);
    let items = flow.ledger.claimable_items(partner, limit).await?;
    let Some(first) = items.first().filter(|_| items.len() < deliver.batch_items_max) else { return Ok(items) };
    // At most that, also where a clock was set back.
    let rest = first.accepted_at.plus(deliver.batch_wait_ms).0.saturating_sub(flow.now().0).min(deliver.batch_wait_ms);
    if rest == 0 {
        return Ok(items);
    }
    tokio::time::sleep(std::time::Duration::from_millis(rest)).await;
    Ok(flow.ledger.claimable_items(partner, limit).await?)
}

/// Test items never reach a production address, nor the other way round. Routes see to that; this is the last door.
pub(super) async fn refuse(flow: &Flow, partner: &PartnerId, run: &[ClaimableItem]) -> Result<(), FlowError> {
    let items: Vec<ItemId> = run.iter().map(|item| item.id).collect();
    let reason = "usage-of-the-address-differs";
    let alarm = NewAlarm {
        kind: "wrong-usage".parse()?,
        subject: partner.to_string(),
        reason: Some(reason.parse()?),
        at: flow.now(),
    };
    let effects = Effects { alarms: vec![alarm], ..Effects::none() };
    flow.ledger.settle_items(&items, ItemOutcome::Quarantined, Cause::system(reason)?, flow.now(), effects).await?;
    Ok(())
}

async fn write(
    flow: &Flow,
    partner: &PartnerId,
    deliver: &Deliver,
    run: &[ClaimableItem],
) -> Result<Option<Batch>, FlowError> {
    let delivery = flow.ids.delivery_id();
    let numbers = reserve(flow, partner, sets_max(run)).await?;
    let payload = objects::payload(delivery).map_err(|_| FlowError::Internal("an object's key"))?;
    let mut to = flow.vault.writer(partner, &payload, objects::PAYLOAD, PutMode::IfAbsent).await?;
    let mut x12 = Writer::new(options(flow, partner, run, delivery, &numbers)?);
    let (mut sources, mut out, mut carried) = (Sources::default(), Vec::new(), Vec::with_capacity(run.len()));
    for item in run {
        let Some(json) = sources.readable(flow, item).await? else { continue };
        match x12.add(&json, Some(item.id.as_str()), &mut out) {
            Ok(added) => carried.push(Carried { item: item.id, set_number: added.set.number() }),
            Err(error) => given_up(flow, item, "not-writable-as-x12", &error.to_string()).await?,
        }
        if out.len() >= GATHER_BYTES {
            drain(&mut to, &mut out).await?;
        }
        if to.bytes() >= deliver.batch_bytes_max as u64 {
            break;
        }
    }
    if carried.is_empty() {
        return Ok(None);
    }
    let end = x12.finish(&mut out);
    drain(&mut to, &mut out).await?;
    let bytes = to.finish().await?.bytes;
    let used = used(flow, partner, numbers, end).await?;
    let reads_only = is_inquiry(run);
    let intended = Instant::now();
    let items = carried.len();
    let accepted_at = run.iter().map(|item| item.accepted_at).max().unwrap_or_else(|| flow.now());
    let at = flow.now();
    let new = NewDelivery {
        id: delivery,
        partner: partner.clone(),
        items: carried,
        numbers: used,
        payload: payload.clone(),
        reads_only,
        at,
        over_by: over_by(at, deliver.timeout_ms),
    };
    flow.ledger.begin_delivery(new, Effects::none()).await?;
    Ok(Some(Batch { delivery, payload, bytes, items, accepted_at, intended }))
}

async fn drain(to: &mut SealingWriter, out: &mut Vec<u8>) -> Result<(), FlowError> {
    to.write(out).await?;
    out.clear();
    Ok(())
}

/// As many sets as a batch may need: a new one begins where the items' own set changes, and where one is full.
fn sets_max(run: &[ClaimableItem]) -> u32 {
    let changes = run.iter().zip(run.iter().skip(1)).filter(|(one, next)| one.set != next.set).count();
    let full = run.len() / ITEMS_PER_SET_MAX as usize;
    u32::try_from(1 + changes + full).unwrap_or(u32::MAX)
}

/// One ISA13, one GS06, and as many ST02 as there may be sets.
async fn reserve(flow: &Flow, partner: &PartnerId, sets: u32) -> Result<Vec<Numbers>, FlowError> {
    let wanted = [(NumberKind::Interchange, 1), (NumberKind::Group, 1), (NumberKind::Set, sets)];
    Ok(flow.ledger.reserve_numbers(partner, &wanted, "batch-not-sent".parse()?, flow.now()).await?)
}

/// Cuts the run of ST02 to the sets that were written; the rest stays a gap, with its reason.
async fn used(
    flow: &Flow,
    partner: &PartnerId,
    numbers: Vec<Numbers>,
    end: BatchEnd,
) -> Result<Vec<Numbers>, FlowError> {
    let mut used = Vec::new();
    for run in numbers {
        if run.kind != NumberKind::Set || run.count <= end.sets {
            used.push(run);
            continue;
        }
        let left = Numbers { kind: run.kind, first: run.first + end.sets, count: run.count - end.sets };
        used.push(Numbers { count: end.sets, ..run });
        flow.ledger.explain_numbers(partner, left, "fewer-sets-than-items".parse()?).await?;
    }
    Ok(used)
}

/// The first number of a kind.
pub(in crate::flow) fn number(numbers: &[Numbers], kind: NumberKind) -> Result<ControlNumber, FlowError> {
    let run = numbers.iter().find(|run| run.kind == kind);
    run.and_then(|run| ControlNumber::new(run.first)).ok_or(FlowError::Internal("a control number"))
}

fn is_inquiry(run: &[ClaimableItem]) -> bool {
    run.first().is_some_and(|item| INQUIRIES.iter().any(|set| item.guide.as_str().ends_with(set)))
}

fn options(
    flow: &Flow,
    partner: &PartnerId,
    run: &[ClaimableItem],
    delivery: DeliveryId,
    numbers: &[Numbers],
) -> Result<BatchOptions, FlowError> {
    let first = run.first().ok_or(FlowError::Internal("an item"))?;
    let (revision, set) = first.guide.as_str().split_once('/').ok_or(FlowError::Internal("a guide with its set"))?;
    let guide = Guides::built_in().find(revision, set, None).cloned().ok_or(FlowError::Internal("a known guide"))?;
    Ok(BatchOptions {
        guide,
        envelope: envelope(flow, &flow.settings(), partner, first.test, numbers)?,
        acknowledgment_requested: false,
        format: Format::default(),
        set_control: number(numbers, NumberKind::Set)?,
        reference: delivery.to_string(),
        items_per_set_max: ITEMS_PER_SET_MAX,
        trace_originator: "9TRADEWIND".to_owned(),
    })
}

/// Our envelope for a partner.
pub(in crate::flow) fn envelope(
    flow: &Flow,
    settings: &Settings,
    partner: &PartnerId,
    test: bool,
    numbers: &[Numbers],
) -> Result<Envelope, FlowError> {
    let us = &settings.config.gateway.identity;
    let them = settings.partner(partner).and_then(|partner| partner.identities.first());
    let them = them.ok_or_else(|| FlowError::ConfigPartner(partner.clone()))?;
    let group_id = us.application.clone().unwrap_or_else(|| us.id.clone());
    Ok(Envelope {
        sender: Address { qualifier: us.qualifier.clone(), id: us.id.clone(), group_id },
        receiver: Address {
            qualifier: them.qualifier.clone(),
            id: them.id.clone(),
            group_id: them.application().to_owned(),
        },
        at: Stamp::from_unix(i64::try_from(flow.now().0 / 1_000).unwrap_or(i64::MAX)),
        interchange: number(numbers, NumberKind::Interchange)?,
        group: number(numbers, NumberKind::Group)?,
        usage: if test { IsaUsage::Test } else { IsaUsage::Production },
    })
}

/// An item that cannot be read, or not be written for this partner, goes no further: trying again would not change it.
async fn given_up(flow: &Flow, item: &ClaimableItem, reason: &'static str, why: &str) -> Result<(), FlowError> {
    tracing::error!(item = %item.id, reason, why, "an item goes no further");
    let cause = Cause::system(reason)?;
    let alarm = quarantined(flow, item.id.as_str(), reason)?;
    let effects = Effects { alarms: vec![alarm], ..Effects::none() };
    flow.ledger.settle_items(&[item.id], ItemOutcome::Quarantined, cause, flow.now(), effects).await?;
    Ok(())
}

/// The objects that items lie in, each opened once: neighbours come out of one window.
#[derive(Default)]
pub(super) struct Sources(HashMap<ObjectKey, SealedObject>);

impl Sources {
    /// An item's JSON. One whose sender was shredded is given up: it holds up no other sender's. What cannot be read for another reason may
    /// be the fault of a configuration: an operator decides, and the log tells of which item.
    pub(super) async fn readable(
        &mut self,
        flow: &Flow,
        item: &ClaimableItem,
    ) -> Result<Option<bytes::Bytes>, FlowError> {
        match self.json(flow, item).await {
            Ok(json) => Ok(Some(json)),
            Err(FlowError::Vault(error)) if error.is_shredded() => {
                given_up(flow, item, "sender-shredded", &error.to_string()).await?;
                Ok(None)
            }
            Err(error) => {
                tracing::warn!(item = %item.id, %error, "an item that waits for its partner cannot be read");
                Err(error)
            }
        }
    }

    async fn json(&mut self, flow: &Flow, item: &ClaimableItem) -> Result<bytes::Bytes, FlowError> {
        let place = &item.place;
        if !self.0.contains_key(&place.object) {
            let opened = flow.vault.object(&item.owner, &place.object, objects::ITEMS).await?;
            self.0.insert(place.object.clone(), opened);
        }
        let object = self.0.get_mut(&place.object).ok_or(FlowError::Internal("an opened object"))?;
        Ok(object.read(place.offset..place.offset + u64::from(place.length)).await?)
    }
}
