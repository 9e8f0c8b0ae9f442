//! The call itself, and what became of it.

use std::time::{Duration, Instant};

use tradewind_compliance::{DeliveryId, PartnerId};
use tradewind_ledger::{Cause, DeliveryOutcome, DeliveryState, Effects, LedgerError, NewAlarm, NewOwed};
use tradewind_transfer::transport::{Mode, NotTaken, Outbound, Reply, SendError};

use super::super::receive;
use super::batch::Batch;
use super::{Flow, FlowError, settle_queue};
use crate::config::Deliver;
use crate::flow::{measure, objects};

/// How long a cut call rests before the partner is asked for its fate: what was on its way to the partner is taken by then.
pub(super) const SETTLE_AFTER_MS: u64 = 1_000;
/// How old a committed intent may be when its call begins. An older one may count as cut already: its call is not made any more.
pub(super) const REST_MS_MAX: u64 = 10_000;
/// For so long a partner that is away, or asks to be tried later, costs its items no attempt.
const AWAY_MS_MAX: u64 = 3 * 24 * 3_600_000;
/// What is open while a partner takes nothing.
const NOT_TAKING: &str = "partner-not-taking";
/// Between two tries to write down what became of a call.
const WRITE_AGAIN: Duration = Duration::from_millis(500);

/// How a call ended for whoever makes the next one.
pub(super) enum Ended {
    /// The partner has it.
    Taken,
    /// The partner did not take it, or may have it. It rests, as long as it said if it did: else all that waits would be tried in vain, or
    /// become unknown, at once.
    Rest(Option<Duration>),
}

/// Makes the call of a batch whose intent is committed.
pub(super) async fn make(
    flow: &Flow,
    partner: &PartnerId,
    deliver: &Deliver,
    batch: Batch,
) -> Result<Ended, FlowError> {
    tracing::info!(%partner, delivery = %batch.delivery, items = batch.items, "calling the partner");
    let called = match call(flow, partner, deliver, &batch).await {
        Ok(called) => called,
        // Nothing went out: its items must not stay behind in `sending`.
        Err(error) => {
            tracing::error!(%partner, delivery = %batch.delivery, %error, "a batch could not be sent");
            Err(SendError::NotTaken(NotTaken::Unsendable))
        }
    };
    match called {
        Ok(Reply::Accepted) => {
            let effects = Effects { owed: owed(flow, batch.delivery, "999")?, ..Effects::none() };
            settle(flow, batch.delivery, DeliveryOutcome::Sent, "taken", effects).await?;
            took(flow, partner).await?;
            Ok(Ended::Taken)
        }
        Ok(Reply::Answered(body)) => {
            answered(flow, partner, batch.delivery, &body).await?;
            took(flow, partner).await?;
            Ok(Ended::Taken)
        }
        Err(SendError::NotTaken(why)) => {
            let outcome = if away(why) && batch.accepted_at.plus(AWAY_MS_MAX) > flow.now() {
                DeliveryOutcome::NotReached
            } else {
                DeliveryOutcome::Refused { attempts_max: flow.settings().config.gateway.limits.attempts_max }
            };
            let alarm = NewAlarm {
                kind: NOT_TAKING.parse()?,
                subject: partner.to_string(),
                reason: Some(reason(why).parse()?),
                at: flow.now(),
            };
            let effects = Effects { alarms: vec![alarm], ..Effects::none() };
            settle(flow, batch.delivery, outcome, reason(why), effects).await?;
            tracing::warn!(%partner, delivery = %batch.delivery, %why, "the partner did not take the batch");
            Ok(Ended::Rest(match why {
                NotTaken::Refused { retry_after, .. } => retry_after,
                _ => None,
            }))
        }
        Err(SendError::Unknown(why)) => {
            tracing::warn!(%partner, delivery = %batch.delivery, %why, "the call was cut; its items are unknown until they are settled");
            unknown(flow, partner, batch.delivery, "cut-after-sending").await?;
            Ok(Ended::Rest(None))
        }
    }
}

async fn call(
    flow: &Flow,
    partner: &PartnerId,
    deliver: &Deliver,
    batch: &Batch,
) -> Result<Result<Reply, SendError>, FlowError> {
    let transport = flow.calls.transport(deliver)?;
    let reader = flow.vault.reader(partner, &batch.payload, objects::PAYLOAD).await?;
    let request = Outbound {
        delivery: batch.delivery,
        mode: Mode::Batch,
        body: Box::new(reader.into_async_read()),
        body_bytes: Some(batch.bytes),
    };
    if batch.intended.elapsed() >= Duration::from_millis(REST_MS_MAX) {
        return Ok(Err(SendError::NotTaken(NotTaken::TimedOut)));
    }
    let began = Instant::now();
    let sent = transport.send(request).await;
    let outcome = match &sent {
        Ok(_) => "taken",
        Err(SendError::NotTaken(_)) => "not-taken",
        Err(SendError::Unknown(_)) => "unknown",
    };
    measure::call(partner, outcome, began.elapsed());
    Ok(sent)
}

/// The answer and `sent` are one change: a process that dies before it asks the partner again, and takes one answer in.
async fn answered(flow: &Flow, partner: &PartnerId, delivery: DeliveryId, body: &[u8]) -> Result<(), FlowError> {
    let whole = match receive::response(flow, partner, delivery, body).await {
        Ok(whole) => whole,
        Err(error) => {
            tracing::error!(%partner, %delivery, %error, "a partner's answer could not be kept; it is asked for again");
            return unknown(flow, partner, delivery, "answer-not-kept").await;
        }
    };
    let effects = Effects { owed: owed(flow, delivery, "999")?, ..whole.clone().effects(flow)? };
    if !settle(flow, delivery, DeliveryOutcome::Sent, "taken", effects).await? {
        whole.receive(flow).await?;
    }
    Ok(())
}

/// Whether the partner took it is not known: nothing of it goes again before that is settled.
pub(in crate::flow) async fn unknown(
    flow: &Flow,
    partner: &PartnerId,
    delivery: DeliveryId,
    why: &str,
) -> Result<(), FlowError> {
    let job = flow.job_at(&settle_queue(partner)?, partner, delivery, flow.now().plus(SETTLE_AFTER_MS))?;
    let alarm =
        NewAlarm { kind: "delivery-unknown".parse()?, subject: delivery.to_string(), reason: None, at: flow.now() };
    let owed = owed(flow, delivery, "999")?;
    let effects = Effects { jobs: vec![job], alarms: vec![alarm], owed, ..Effects::none() };
    settle(flow, delivery, DeliveryOutcome::Unknown, why, effects).await?;
    Ok(())
}

/// The clock of an acknowledgment that the partner owes us for a delivery (L8).
pub(super) fn owed(flow: &Flow, delivery: DeliveryId, kind: &str) -> Result<Vec<NewOwed>, FlowError> {
    let due_s = flow.settings().config.gateway.limits.acknowledgment_due_s;
    Ok(vec![NewOwed { delivery, kind: kind.parse()?, due_at: flow.now().plus(due_s.saturating_mul(1_000)) }])
}

/// Writes down what became of a call, however long the ledger cannot: until then the items stand in `sending`, where nothing finds them.
/// False where an acknowledgment was faster and had settled the delivery.
pub(super) async fn settle(
    flow: &Flow,
    delivery: DeliveryId,
    outcome: DeliveryOutcome,
    reason: &str,
    effects: Effects,
) -> Result<bool, FlowError> {
    let cause = Cause::system(reason)?;
    loop {
        let settled =
            flow.ledger.settle_delivery(delivery, outcome.clone(), cause.clone(), flow.now(), effects.clone()).await;
        match settled {
            Ok(settled) if settled.quarantined > 0 => {
                tracing::error!(%delivery, items = settled.quarantined, reason, "items are quarantined: they were tried too often");
                break;
            }
            Ok(_) => break,
            Err(LedgerError::IllegalTransition { .. }) if acknowledged(flow, delivery).await? => return Ok(false),
            Err(LedgerError::Closed) => return Err(LedgerError::Closed.into()),
            Err(error) if error.is_transient() => {
                tracing::error!(%delivery, %error, "what became of a call could not be recorded; it is tried again");
                tokio::time::sleep(WRITE_AGAIN).await;
            }
            Err(error) => return Err(error.into()),
        }
    }
    Ok(true)
}

async fn acknowledged(flow: &Flow, delivery: DeliveryId) -> Result<bool, FlowError> {
    let delivery = flow.ledger.delivery(delivery).await?;
    Ok(delivery.is_some_and(|delivery| delivery.state == DeliveryState::Acknowledged))
}

/// An alarm that this process, or one before it, opened is over.
async fn took(flow: &Flow, partner: &PartnerId) -> Result<(), FlowError> {
    if flow.calls.took(partner) {
        flow.ledger.clear_alarm(&NOT_TAKING.parse()?, partner.as_str(), flow.now()).await?;
    }
    Ok(())
}

/// Whether the partner takes nothing at all just now, so that it says nothing of the items.
fn away(why: NotTaken) -> bool {
    match why {
        NotTaken::NoConnection | NotTaken::TimedOut => true,
        NotTaken::Refused { status, .. } => matches!(status, 429 | 503),
        NotTaken::Unsendable => false,
    }
}

fn reason(why: NotTaken) -> &'static str {
    match why {
        NotTaken::NoConnection => "no-connection",
        NotTaken::TimedOut => "timed-out-before-sending",
        NotTaken::Refused { .. } => "refused",
        NotTaken::Unsendable => "unsendable",
    }
}
