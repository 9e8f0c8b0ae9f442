//! The call itself, and what became of it.

use std::time::Duration;

use tradewind_broker::backoff;
use tradewind_compliance::{DeliveryId, PartnerId};
use tradewind_ledger::{Cause, DeliveryOutcome, Effects, NewAlarm, NewOwed};
use tradewind_transfer::transport::{Mode, NotTaken, Outbound, Reply, SendError};

use super::super::receive;
use super::batch::Batch;
use super::{Flow, FlowError, settle_queue};
use crate::config::Deliver;
use crate::flow::objects;

/// How long a cut call rests before the partner is asked for its fate.
const SETTLE_AFTER_MS: u64 = 1_000;

/// Makes the call of a batch whose intent is committed. Gives how long to wait where the partner surely did not take it.
pub(super) async fn make(
    flow: &Flow,
    partner: &PartnerId,
    deliver: &Deliver,
    batch: Batch,
) -> Result<Option<Duration>, FlowError> {
    let transport = flow.calls.transport(deliver)?;
    let reader = flow.vault.reader(partner, &batch.payload, objects::PAYLOAD).await?;
    let request = Outbound {
        delivery: batch.delivery,
        mode: Mode::Batch,
        body: Box::new(reader.into_async_read()),
        body_bytes: Some(batch.bytes),
    };
    tracing::info!(%partner, delivery = %batch.delivery, items = batch.items, "calling the partner");
    match transport.send(request).await {
        Ok(reply) => {
            if let Reply::Answered(body) = &reply {
                // Durable before `sent`: if the process dies between the two, the answers settle the delivery.
                receive::response(flow, partner, batch.delivery, body).await?;
            }
            let owed = owed(flow, batch.delivery, "999")?;
            let effects = Effects { owed, ..Effects::none() };
            settle(flow, batch.delivery, DeliveryOutcome::Sent, "taken", effects).await?;
            Ok(None)
        }
        Err(SendError::NotTaken(why)) => {
            let attempts_max = flow.settings().config.gateway.limits.attempts_max;
            settle(flow, batch.delivery, DeliveryOutcome::Refused { attempts_max }, reason(why), Effects::none())
                .await?;
            tracing::warn!(%partner, delivery = %batch.delivery, %why, "the partner did not take the batch");
            let asked = match why {
                NotTaken::Refused { retry_after, .. } => retry_after,
                _ => None,
            };
            Ok(Some(asked.unwrap_or_else(|| backoff(batch.attempts.saturating_add(1), rand::random()))))
        }
        Err(SendError::Unknown(why)) => {
            tracing::warn!(%partner, delivery = %batch.delivery, %why, "the call was cut; its items are unknown until they are settled");
            let job =
                flow.job_at(&settle_queue(partner)?, partner, batch.delivery, flow.now().plus(SETTLE_AFTER_MS))?;
            let alarm = NewAlarm {
                kind: "delivery-unknown".parse()?,
                subject: batch.delivery.to_string(),
                reason: None,
                at: flow.now(),
            };
            let effects = Effects {
                jobs: vec![job],
                alarms: vec![alarm],
                owed: owed(flow, batch.delivery, "999")?,
                ..Effects::none()
            };
            settle(flow, batch.delivery, DeliveryOutcome::Unknown, "cut-after-sending", effects).await?;
            Ok(None)
        }
    }
}

/// The clock of an acknowledgment that the partner owes us for a delivery.
fn owed(flow: &Flow, delivery: DeliveryId, kind: &str) -> Result<Vec<NewOwed>, FlowError> {
    let due_s = flow.settings().config.gateway.limits.acknowledgment_due_s;
    Ok(vec![NewOwed { delivery, kind: kind.parse()?, due_at: flow.now().plus(due_s.saturating_mul(1_000)) }])
}

async fn settle(
    flow: &Flow,
    delivery: DeliveryId,
    outcome: DeliveryOutcome,
    reason: &str,
    effects: Effects,
) -> Result<(), FlowError> {
    let cause = Cause::system(reason)?;
    flow.ledger.settle_delivery(delivery, outcome, cause, flow.now(), effects).await?;
    flow.wake.notify_one();
    Ok(())
}

fn reason(why: NotTaken) -> &'static str {
    match why {
        NotTaken::NoConnection => "no-connection",
        NotTaken::TimedOut => "timed-out-before-sending",
        NotTaken::Refused { .. } => "refused",
        NotTaken::Unsendable => "unsendable",
    }
}
