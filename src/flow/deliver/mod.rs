//! DELIVER: batches of a partner's items become X12, the intent is committed, the call is made, and what became of it is committed.
//!
//! An item goes out at most once (L4): `sending` is durable before the call, a call whose fate is not known makes its items `unknown`,
//! and nothing that is unknown goes again before it is settled.

mod batch;
mod call;
mod settle;

use std::sync::Arc;

use tradewind_broker::QueueName;
use tradewind_compliance::PartnerId;
use tradewind_ledger::{DeliveryState, Effects};

use super::workers::Done;
use super::{EVER, Flow, FlowError};

pub(super) use batch::{envelope, number};
pub(super) use settle::settle_job;

/// A job of `deliver.<partner>`: sends batches until nothing waits for the partner.
pub(super) async fn job(flow: Arc<Flow>, partner: PartnerId, _interchange: String) -> Result<Done, FlowError> {
    let settings = flow.settings();
    let Some(deliver) = settings.partner(&partner).and_then(|partner| partner.deliver.clone()) else {
        return Err(FlowError::ConfigPartner(partner));
    };
    let _place = flow.calls.place(&partner, deliver.calls_max).await?;
    while let Some(batch) = batch::next(&flow, &partner, &deliver).await? {
        if let Some(wait) = call::make(&flow, &partner, &deliver, batch).await? {
            return Ok(Done::Later(wait));
        }
    }
    Ok(Done::Yes)
}

/// At start: a delivery that still stands at `sending` was under way in a process that died. It may have arrived.
pub(super) async fn recover(flow: &Flow) -> Result<(), FlowError> {
    let now = flow.now();
    // Nothing was called yet, so every one is of an earlier process, also where the clock was set back since.
    let cut = flow.ledger.recover_deliveries(EVER, now).await?;
    if !cut.is_empty() {
        tracing::warn!(
            count = cut.len(),
            "calls were cut by the end of an earlier process; they are settled before anything is sent again"
        );
    }
    // Every unknown delivery has a job that settles it, also where the process died before it wrote one. What the dead process sent may
    // still be on its way: a partner that is asked at once would say that it never took it.
    let due_at = now.plus(call::SETTLE_AFTER_MS);
    for delivery in flow.ledger.deliveries_in(None, DeliveryState::Unknown, u32::MAX).await? {
        let job = flow.job_at(&settle_queue(&delivery.partner)?, &delivery.partner, delivery.id, due_at)?;
        flow.ledger.record(Effects::job(job)).await?;
    }
    for partner in flow.ledger.partners_with_claimable_items().await? {
        let job = flow.job(&QueueName::deliver(&partner), &partner, "start")?;
        flow.ledger.record(Effects::job(job)).await?;
    }
    Ok(())
}

/// The queue of deliveries to a partner whose fate is not known.
pub(super) fn settle_queue(partner: &PartnerId) -> Result<QueueName, FlowError> {
    format!("settle.{partner}").parse().map_err(|_| FlowError::Internal("a queue's name"))
}
