//! Settles calls that were cut: the partner is asked, by our control number, whether it took the interchange.

use std::sync::Arc;
use std::time::Duration;

use tradewind_broker::QueueName;
use tradewind_compliance::{DeliveryId, PartnerId};
use tradewind_ledger::{Cause, DeliveryOutcome, DeliveryState, Effects};
use tradewind_transfer::transport::{StatusQuery, StatusReply};

use super::super::receive;
use super::super::workers::Done;
use super::{Flow, FlowError, call};
use crate::config::By;

/// Between two status queries of one delivery.
const ASK_AGAIN: Duration = Duration::from_secs(5);
/// A partner without a status query settles by a late acknowledgment or by an operator; we look again so often.
const LOOK_AGAIN: Duration = Duration::from_secs(300);

/// A job of `settle.<partner>`: one delivery whose fate is not known.
pub(in crate::flow) async fn settle_job(
    flow: Arc<Flow>,
    partner: PartnerId,
    delivery: String,
) -> Result<Done, FlowError> {
    let id: DeliveryId = delivery.parse().map_err(|_| FlowError::Internal("a delivery's id"))?;
    let Some(delivery) = flow.ledger.delivery(id).await?.filter(|delivery| delivery.state == DeliveryState::Unknown)
    else {
        flow.ledger.clear_alarm(&"delivery-unknown".parse()?, &id.to_string(), flow.now()).await?;
        return Ok(Done::Yes);
    };
    let settings = flow.settings();
    let Some(deliver) = settings.partner(&partner).and_then(|partner| partner.deliver.as_ref()) else {
        return Err(FlowError::ConfigPartner(partner));
    };
    if deliver.by == By::Queue {
        // What may stand in the queue already is told apart there by its id: it may go again.
        return release(&flow, &partner, id, "may-go-again").await;
    }
    if !deliver.status_query {
        return again(&flow, &partner, id, LOOK_AGAIN).await;
    }
    let query = StatusQuery { interchange_control_number: delivery.control_number };
    match flow.calls.transport(deliver)?.status(&query).await {
        Ok(StatusReply::Taken(answers)) => {
            let mut effects = Effects::none();
            if !answers.is_empty() {
                effects = receive::response(&flow, &partner, id, &answers).await?.effects(&flow)?;
            }
            effects.owed = call::owed(&flow, id, "999")?;
            // One change: were the answer recorded before, a process that dies between the two would take it in twice.
            let cause = Cause::system("status-query-taken")?;
            flow.ledger.settle_delivery(id, DeliveryOutcome::Sent, cause, flow.now(), effects).await?;
        }
        Ok(StatusReply::NeverTaken) => {
            return release(&flow, &partner, id, "status-query-never-taken").await;
        }
        Err(error) => {
            tracing::info!(%partner, delivery = %id, %error, "the status query gave no answer; it is asked again");
            return again(&flow, &partner, id, ASK_AGAIN).await;
        }
    }
    flow.ledger.clear_alarm(&"delivery-unknown".parse()?, &id.to_string(), flow.now()).await?;
    Ok(Done::Yes)
}

/// The partner does not have it: its items may go again.
async fn release(flow: &Flow, partner: &PartnerId, id: DeliveryId, reason: &str) -> Result<Done, FlowError> {
    let attempts_max = flow.settings().config.gateway.limits.attempts_max;
    let effects = Effects::job(flow.job(&QueueName::deliver(partner), partner, id)?);
    let refused = DeliveryOutcome::Refused { attempts_max };
    call::settle(flow, id, refused, reason, effects).await?;
    flow.ledger.clear_alarm(&"delivery-unknown".parse()?, &id.to_string(), flow.now()).await?;
    Ok(Done::Yes)
}

/// Waits in a job of its own: however long it takes, asking is not an attempt that can run out.
async fn again(flow: &Flow, partner: &PartnerId, delivery: DeliveryId, wait: Duration) -> Result<Done, FlowError> {
    let due_at = flow.now().plus(u64::try_from(wait.as_millis()).unwrap_or(u64::MAX));
    let job = flow.job_at(&super::settle_queue(partner)?, partner, delivery, due_at)?;
    flow.ledger.record(Effects::job(job)).await?;
    Ok(Done::Yes)
}
