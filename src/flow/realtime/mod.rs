//! Real time: an inquiry goes through the same rooms inside the process that took it, with one commit before the call and one after.
//! Exactly one thing comes back: the partner's answer, or a TA1 or 999 where the inquiry was rejected.

mod close;
mod key;
mod look;
mod open;

use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use tradewind_api::{Answer, AnswerKind, Content, GatewayError, Inquiry};
use tradewind_compliance::keys::SearchKind;
use tradewind_compliance::store::PutMode;
use tradewind_compliance::{ObjectKey, PartnerId, Purpose, ReceiptId};
use tradewind_edi::{Engine, Options};
use tradewind_ledger::{ReceivedContent, Reservation, SearchHash};
use tradewind_transfer::transport::{Mode, Outbound, Reply};

use super::gateway::refuse;
use super::{Flow, FlowError, convert, measure};
use crate::config::{By, Deliver, Usage};
use close::{close, joined, written};
use look::{Look, look};

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
        Reservation::Done(response) => return key::stored(flow, partner, &response).await.map_err(refuse),
    }
    let answered = answer(flow, partner, &inquiry, deadline).await;
    let kept = match &answered {
        Ok(answer) => key::keep(flow, partner, key, answer).await,
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
    let look = look(flow, partner, &x12, &receipt.to_string())?;
    if let Some(rejection) = rejection(receipt, inquiry.answer, &look) {
        return Ok(rejection);
    }
    let asked = asked(flow, partner, &look)?;
    let sent = open::open(flow, partner, receipt, &x12, &look, &asked).await.map_err(refuse)?;
    let transport = flow.calls.transport(&asked.deliver).map_err(refuse)?;
    let left = deadline.saturating_duration_since(tokio::time::Instant::now());
    let request = Outbound {
        delivery: sent.delivery,
        mode: Mode::RealTime { deadline: left },
        body: Box::new(std::io::Cursor::new(sent.payload.clone())),
        body_bytes: Some(sent.payload.len() as u64),
    };
    let began = Instant::now();
    let reply = transport.send(request).await;
    measure::call(&asked.payer, if reply.is_ok() { "taken" } else { "failed" }, began.elapsed());
    let answered = match reply {
        Ok(Reply::Answered(body)) => Some(body),
        Ok(Reply::Accepted) => None,
        Err(error) => {
            tracing::warn!(payer = %asked.payer, %error, "an inquiry was not answered");
            None
        }
    };
    let answers = close(flow, &asked, &sent, answered).await.map_err(refuse)?;
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
    pub(super) payer: PartnerId,
    pub(super) deliver: Deliver,
    pub(super) test: bool,
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
    if deliver.usage != usage || deliver.by != By::Http {
        return Err(GatewayError::NoRoute);
    }
    Ok(Asked { payer: routed.clone(), deliver, test })
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
