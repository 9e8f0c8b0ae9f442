//! What a caller sees of its own files and items, from the ledger's rows and the sealed JSON.

use std::borrow::Cow;
use std::collections::BTreeMap;

use tradewind_api::{
    AcknowledgmentView, AnswerView, Fault, FileView, InterchangeView, ItemRow, Keys, Page, SetView, TimelineEvent,
    Timestamp, TransactionView,
};
use tradewind_compliance::{ItemId, PartnerId, ReceiptId};
use tradewind_ledger::{Answer, Interchange, Item, ItemQuery, Moment, Receipt, Scope, SetState, UnixMs};

use super::{Flow, FlowError, objects};

/// An item with all that happened to it.
pub(super) async fn item(flow: &Flow, caller: &PartnerId, id: ItemId) -> Result<Option<TransactionView>, FlowError> {
    let scope = Scope::Partner(caller.clone());
    let Some(item) = flow.ledger.item(&scope, id).await? else { return Ok(None) };
    let moments = flow.ledger.item_timeline(&scope, id).await?.unwrap_or_default();
    let mut answers = Vec::new();
    for answer in flow.ledger.answers_of(id).await? {
        answers.push(answer_view(flow, &answer).await?);
    }
    let (keys, findings) = sealed_parts(flow, &item).await?;
    Ok(Some(TransactionView {
        id,
        file: item.receipt,
        guide: item.guide.to_string(),
        state: item.state.as_str().into(),
        keys,
        findings,
        timeline: moments.into_iter().map(event).collect(),
        answers,
    }))
}

fn event(moment: Moment) -> TimelineEvent {
    let event = format!("{}.{}", moment.what, moment.state);
    let delivery = if moment.what == "delivery" { moment.id.parse().ok() } else { None };
    let answer = if moment.what == "answer" { moment.id.parse().ok() } else { None };
    let code = moment.reason.map(|reason| reason.to_string());
    TimelineEvent { at: Timestamp(moment.at.0), event: event.into(), delivery, answer, code }
}

/// What lies sealed beside an item: its keys, and the findings that rejected it.
pub(super) async fn sealed_parts(flow: &Flow, item: &Item) -> Result<(Keys, Vec<Fault>), FlowError> {
    let Some(sealed) = &item.sealed else { return Ok((Keys::default(), Vec::new())) };
    let opened = flow.vault.keys().open_value(&item.owner, objects::ITEM_KEYS, item.id.as_str(), &sealed.0).await;
    let opened = opened.map_err(tradewind_compliance::vault::VaultError::Keys)?;
    let parts: SealedItem =
        serde_json::from_slice(&opened).map_err(|_| FlowError::Internal("an item's keys as JSON"))?;
    let keys = parts.keys.into_iter().map(|(name, value)| (Cow::Owned(name), value)).collect();
    let findings = parts.findings.into_iter().map(|(place, rule, message)| Fault { place, rule: rule.into(), message });
    Ok((Keys(keys), findings.collect()))
}

/// What is sealed beside an item in the ledger.
#[derive(Default, serde::Serialize, serde::Deserialize)]
pub(super) struct SealedItem {
    /// What it is found by.
    pub(super) keys: BTreeMap<String, String>,
    /// Place, rule and message of the findings that rejected it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) findings: Vec<(String, String, String)>,
}

/// An answer with the part of it that speaks of the item.
pub(super) async fn answer_view(flow: &Flow, answer: &Answer) -> Result<AnswerView, FlowError> {
    let body = answer_body(flow, answer).await?;
    let kind = answer.kind.as_str().to_owned().into();
    Ok(AnswerView { id: answer.id, at: Timestamp(answer.at.0), kind, body })
}

/// The JSON of an answer, from the object of the partner that gave it.
pub(super) async fn answer_body(flow: &Flow, answer: &Answer) -> Result<serde_json::Value, FlowError> {
    let source = flow.ledger.receipt(answer.source).await?.ok_or(FlowError::Internal("the receipt of an answer"))?;
    let place = &answer.place;
    let range = place.offset..place.offset + u64::from(place.length);
    let json = flow.vault.read_range(&source.partner, &place.object, objects::ITEMS, range).await?;
    serde_json::from_slice(&json).map_err(|_| FlowError::Internal("an answer as JSON"))
}

/// A file with a page of its items.
pub(super) async fn file(
    flow: &Flow,
    caller: &PartnerId,
    id: ReceiptId,
    page: Page,
) -> Result<Option<FileView>, FlowError> {
    let scope = Scope::Partner(caller.clone());
    // Items before the counts: where all items are answered, the counts say so, too.
    let found = flow.ledger.find_items(&scope, ItemQuery::Receipt(id), page.after, page.limit).await?;
    let Some(report) = flow.ledger.file(&scope, id).await? else { return Ok(None) };
    let (mut interchanges, mut acknowledgments) = (Vec::new(), Vec::new());
    for interchange in flow.ledger.interchanges_of(id).await? {
        for given in flow.ledger.acknowledgments_given(interchange.original.unwrap_or(interchange.id)).await? {
            acknowledgments.push(AcknowledgmentView {
                kind: given.kind.to_string().into(),
                origin: "ours".into(),
                at: Timestamp(given.at.0),
                code: None,
            });
        }
        interchanges.push(interchange_view(flow, interchange).await?);
    }
    let next = found.last().filter(|_| found.len() == page.limit as usize).map(|item| item.id);
    let row = |item: Item| ItemRow { id: item.id, set: item.set, state: item.state.as_str().into() };
    let Receipt { state, reason, door, size, received_at, staged_at, .. } = report.receipt;
    Ok(Some(FileView {
        id,
        state: state.as_str().into(),
        reason: reason.map(|reason| reason.to_string()),
        door: door.to_string().into(),
        received_at: Timestamp(received_at.unwrap_or(staged_at).0),
        bytes: size,
        interchanges,
        counts: report.items.into_iter().map(|(state, count)| (state.as_str().into(), count)).collect(),
        acknowledgments,
        items: found.into_iter().map(row).collect(),
        next,
    }))
}

async fn interchange_view(flow: &Flow, interchange: Interchange) -> Result<InterchangeView, FlowError> {
    let sets = flow.ledger.sets_of(interchange.id).await?;
    let acknowledged = |state| match state {
        SetState::Open => None,
        SetState::Accepted => Some("A".to_owned()),
        SetState::Rejected => Some("R".to_owned()),
    };
    let (set_count, shown) = (sets.len() as u64, sets.into_iter().take(InterchangeView::SETS_MAX));
    let view = |set: tradewind_ledger::TransactionSet| SetView {
        id: set.id,
        guide: set.guide.to_string(),
        control_number: format!("{:04}", set.ordinal),
        acknowledged: acknowledged(set.state),
        items: set.item_count.into(),
    };
    Ok(InterchangeView {
        id: interchange.id,
        control_number: format!("{:09}", interchange.control_number),
        test: interchange.test,
        state: interchange.state.as_str().into(),
        set_count,
        sets: shown.map(view).collect(),
    })
}

/// A ledger time as the API writes it.
pub(super) fn timestamp(at: UnixMs) -> Timestamp {
    Timestamp(at.0)
}
