//! Tells work that failed from work that could not be tried: a job that waits for an engine is not nearer to its quarantine for that.

use tradewind_broker::BrokerError;
use tradewind_compliance::JobId;
use tradewind_compliance::keys::{KeyManagerError, KeysError};
use tradewind_compliance::message::MessageError;
use tradewind_compliance::store::StoreError;
use tradewind_compliance::vault::VaultError;

use super::{Flow, FlowError};

/// Failures of a job that is older count whatever their cause, so that what never succeeds ends in quarantine.
const JOB_MS_MAX: u64 = 24 * 3_600_000;

/// Whether a job failed for an engine that is away, full or denies a right, and may wait for it without counting an attempt.
pub(super) fn waits(flow: &Flow, job: JobId, error: &FlowError) -> bool {
    let oldest = JobId::new(flow.now().minus(JOB_MS_MAX).0, 0);
    job.as_str() > oldest.as_str() && is_away(error)
}

/// Whether an engine is away, full or denies a right.
pub(super) fn is_away(error: &FlowError) -> bool {
    match error {
        FlowError::Ledger(error) => error.is_transient(),
        FlowError::Vault(VaultError::Store(error)) => store(error),
        FlowError::Vault(VaultError::Keys(error)) | FlowError::Message(MessageError::Keys(error)) => keys(error),
        FlowError::Message(MessageError::Manager(error)) => manager(error),
        FlowError::Broker(error) => matches!(
            error,
            BrokerError::Unreachable
                | BrokerError::Unconfirmed { .. }
                | BrokerError::Refused { .. }
                | BrokerError::Closed
        ),
        _ => false,
    }
}

fn store(error: &StoreError) -> bool {
    matches!(error, StoreError::Unavailable(_) | StoreError::Denied(_) | StoreError::Full | StoreError::Io(_))
}

fn keys(error: &KeysError) -> bool {
    match error {
        KeysError::Manager(error) => manager(error),
        KeysError::Store(_) => true,
        _ => false,
    }
}

fn manager(error: &KeyManagerError) -> bool {
    matches!(error, KeyManagerError::Unavailable(_) | KeyManagerError::Denied(_) | KeyManagerError::UnknownRoot)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_engine_that_is_away_is_told_from_work_that_cannot_be_done() {
        let away: [FlowError; 3] = [
            tradewind_ledger::LedgerError::Timeout { limit_ms: 1 }.into(),
            VaultError::Store(StoreError::Unavailable("503".into())).into(),
            VaultError::Keys(KeysError::Manager(KeyManagerError::Denied("policy".into()))).into(),
        ];
        assert!(away.iter().all(is_away));
        let poison: [FlowError; 3] =
            [VaultError::Store(StoreError::NotFound).into(), VaultError::Failed.into(), FlowError::Internal("a name")];
        assert!(!poison.iter().any(is_away));
    }
}
