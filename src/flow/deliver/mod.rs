//! DELIVER: batches of a partner's items become X12, the intent is committed, the call is made, and what became of it is committed.
//!
//! An item goes out at most once (L4): `sending` is durable before the call, a call whose fate is not known makes its items `unknown`,
//! and nothing that is unknown goes again before it is settled.

mod batch;
mod call;
mod queue;
mod settle;

use std::sync::Arc;
use std::time::{Duration, Instant};

use tradewind_broker::QueueName;
use tradewind_compliance::PartnerId;
use tradewind_ledger::{NewAlarm, UnixMs};

use super::workers::Done;
use super::{Flow, FlowError};
use crate::config::By;

pub(super) use batch::{envelope, number};
pub(super) use call::unknown;
pub(super) use settle::settle_job;

/// What the clocks of two processes may differ by, and what a stop of one may take.
const CALL_MARGIN_MS: u64 = 10_000;

/// A job of `deliver.<partner>`: sends batches until nothing waits for the partner.
pub(super) async fn job(flow: Arc<Flow>, partner: PartnerId, _interchange: String) -> Result<Done, FlowError> {
    let settings = flow.settings();
    let Some(deliver) = settings.partner(&partner).and_then(|partner| partner.deliver.clone()) else {
        return Err(FlowError::ConfigPartner(partner));
    };
    if deliver.by == By::Queue {
        return queue::hand_over(&flow, &partner, &deliver).await;
    }
    let _place = flow.calls.place(&partner, deliver.calls_max).await?;
    let began = Instant::now();
    while flow.calls.go_on(began) {
        // Other jobs of the partner must not try what was refused a moment ago.
        if let Some(left) = flow.calls.rests(&partner) {
            return Ok(Done::Later(left));
        }
        let Some(batch) = batch::next(&flow, &partner, &deliver).await? else { return Ok(Done::Yes) };
        if let call::Ended::Rest(asked) = call::make(&flow, &partner, &deliver, batch).await? {
            flow.calls.rest(&partner, asked);
        }
    }
    Ok(Done::Later(Duration::ZERO))
}

/// When a call that is begun at a time has surely ended. What stands at `sending` later is of a process that died.
pub(super) fn over_by(began: UnixMs, timeout_ms: u64) -> UnixMs {
    began.plus(timeout_ms).plus(call::REST_MS_MAX).plus(CALL_MARGIN_MS)
}

/// What tells an operator that items go no further.
pub(super) fn quarantined(flow: &Flow, subject: &str, reason: &str) -> Result<NewAlarm, FlowError> {
    let (kind, reason) = ("items-quarantined".parse()?, Some(reason.parse()?));
    Ok(NewAlarm { kind, subject: subject.to_owned(), reason, at: flow.now() })
}

/// The queue of deliveries to a partner whose fate is not known.
pub(super) fn settle_queue(partner: &PartnerId) -> Result<QueueName, FlowError> {
    format!("settle.{partner}").parse().map_err(|_| FlowError::Internal("a queue's name"))
}
