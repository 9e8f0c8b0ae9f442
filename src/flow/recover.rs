//! Takes up what processes that died left behind. A process that has the ledger for itself does so at its start, when everything that is
//! under way is of an earlier one; processes that share it do so now and then, by age.

use std::sync::Arc;
use std::time::Duration;

use futures::TryStreamExt;
use tokio_util::sync::CancellationToken;
use tradewind_broker::QueueName;
use tradewind_compliance::JobId;
use tradewind_compliance::vault::VaultError;
use tradewind_ledger::{DeliveryState, Effects, LedgerError, UnixMs};

use super::{Flow, FlowError, deliver, objects};
use crate::roles::{Role, Roles};

/// After every time that was ever written, also by a clock that was set back since.
const EVER: UnixMs = UnixMs(u64::MAX);
/// Between two looks for calls that were cut, of processes that share a ledger.
const CALLS_EVERY: Duration = Duration::from_secs(10);
/// Between two looks for what was begun at a door and never ended.
const LEFTOVERS_EVERY: Duration = Duration::from_secs(3_600);
/// No upload waits for its rename longer, and no translation takes longer.
const LEFTOVER_AGE_MS: u64 = 2 * super::STAGED_MS_MAX;
/// Uploads that are given up at once.
const ORPHANS_AT_ONCE: u32 = 1_000;

/// At the start of a process that has the ledger for itself.
pub(super) async fn at_start(flow: &Flow) -> Result<(), FlowError> {
    flow.ledger.drop_leases().await?;
    leftovers(flow, EVER).await?;
    calls(flow, EVER).await?;
    restart(flow).await
}

/// Until `stop`, of a process that shares the ledger and delivers or watches.
pub async fn run(flow: Arc<Flow>, roles: Roles, stop: CancellationToken) {
    let (mut calls_due, mut leftovers_due) =
        (tokio::time::interval(CALLS_EVERY), tokio::time::interval(LEFTOVERS_EVERY));
    if roles.has(Role::Deliver)
        && let Err(error) = restart(&flow).await
    {
        tracing::warn!(%error, "items that wait were not looked for; they go with the next that come");
    }
    loop {
        let done = tokio::select! {
            () = stop.cancelled() => return,
            _ = calls_due.tick(), if roles.has(Role::Deliver) => {
                calls(&flow, flow.now()).await
            }
            _ = leftovers_due.tick(), if roles.has(Role::Watch) => {
                leftovers(&flow, flow.now().minus(LEFTOVER_AGE_MS)).await
            }
        };
        if let Err(error) = done {
            tracing::warn!(%error, "what dead processes left could not be taken up; it is tried again");
        }
    }
}

/// A delivery that stands at `sending` and should be over was under way in a process that died. It may have arrived.
async fn calls(flow: &Flow, now: UnixMs) -> Result<(), FlowError> {
    for delivery in flow.ledger.deliveries_in(None, DeliveryState::Sending, u32::MAX).await? {
        if delivery.over_by < now {
            tracing::warn!(
                partner = %delivery.partner,
                delivery = %delivery.id,
                "a call was cut by the end of its process; it is settled before anything of it is sent again"
            );
            match deliver::unknown(flow, &delivery.partner, delivery.id, "process-ended-in-call").await {
                // Another process was faster, or the call came to its end after all.
                Err(FlowError::Ledger(LedgerError::IllegalTransition { .. })) => {}
                ended => ended?,
            }
        }
    }
    Ok(())
}

/// Items that wait for a partner get a job: theirs may be lost with a queue.
async fn restart(flow: &Flow) -> Result<(), FlowError> {
    for partner in flow.ledger.partners_with_claimable_items().await? {
        let job = flow.job(&QueueName::deliver(&partner), &partner, "start")?;
        flow.ledger.record(Effects::job(job)).await?;
    }
    Ok(())
}

/// Gives up uploads that were never acknowledged, and what was spooled by translations that begin anew.
async fn leftovers(flow: &Flow, before: UnixMs) -> Result<(), FlowError> {
    // The bytes go first: the row is what finds them again if the process dies here, too.
    loop {
        let orphans = flow.ledger.orphaned_receipts(before, ORPHANS_AT_ONCE).await?;
        for receipt in &orphans {
            flow.vault.store().delete(&receipt.object).await.map_err(VaultError::Store)?;
            flow.ledger.discard_receipt(receipt.id).await?;
        }
        if orphans.len() < ORPHANS_AT_ONCE as usize {
            break;
        }
    }
    // A spool's name begins with the time of its making.
    let limit = objects::spool(JobId::new(before.0, 0).as_str()).map_err(|_| FlowError::Internal("an object's key"))?;
    let store = flow.vault.store();
    let mut left = store.list(objects::SPOOLS);
    while let Some(object) = left.try_next().await.map_err(VaultError::Store)? {
        if before == EVER || object.key.as_str() < limit.as_str() {
            store.delete(&object.key).await.map_err(VaultError::Store)?;
        }
    }
    Ok(store.sweep(before.0).await.map_err(VaultError::Store).map(drop)?)
}
