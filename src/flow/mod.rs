//! The four rooms that every message goes through, once, in this order: receive, translate, deliver, answer.
//!
//! A room reads what the ledger says, does its work, and commits what follows together with the next room's job. Nothing is handed
//! from room to room in memory, so a process may die anywhere and the next one goes on.

mod answer;
mod away;
mod convert;
mod counted;
mod deliver;
#[cfg(feature = "aws")]
mod events;
mod gateway;
mod inbox;
mod measure;
mod notify;
mod objects;
mod out;
mod outbound;
mod realtime;
mod receive;
mod recover;
mod relay;
mod spool;
mod translate;
mod view;
mod workers;

use std::sync::{Arc, OnceLock};

use tradewind_broker::{Broker, BrokerError, QueueName};
use tradewind_compliance::message::{MessageError, MessageSealer};
use tradewind_compliance::{Clock, IdSource, PartnerId, Vault};
use tradewind_ledger::{Ledger, LedgerError, NewJob, UnixMs};
use tradewind_transfer::pgp::SecretCert;

use crate::settings::{Settings, SettingsHandle};

#[cfg(feature = "aws")]
pub use events::run as receive_events;
pub use gateway::FlowGateway;
pub use inbox::FlowInbox;
pub use recover::run as take_up;
pub use workers::{OpenBroker, Workers};

/// How long an upload may wait for the rename that starts it.
const STAGED_MS_MAX: u64 = 12 * 3_600_000;

/// What the rooms share.
pub struct Flow {
    /// The system of record.
    pub ledger: Arc<dyn Ledger>,
    /// Seals and opens objects.
    pub vault: Arc<Vault>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// New identifiers.
    pub ids: IdSource,
    /// The configuration in force.
    pub settings: Arc<SettingsHandle>,
    /// Our PGP key: partners encrypt to it, and we sign with it. A process that may only seal has it not.
    pub pgp: Option<SecretCert>,
    /// Calls to partners.
    pub calls: outbound::Calls,
    /// The queues, once they are open.
    pub queues: OnceLock<Arc<dyn Broker>>,
    /// Seals what goes to consumers of others.
    pub messages: MessageSealer,
    /// Whether other processes have the ledger open, too.
    pub shared: bool,
}

/// Why a room could not do its work. None of these holds a value from a payload.
#[derive(Debug, thiserror::Error)]
pub enum FlowError {
    /// The ledger did not take it.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// An object could not be sealed or opened.
    #[error(transparent)]
    Vault(#[from] tradewind_compliance::vault::VaultError),
    /// A message's body could not be sealed.
    #[error(transparent)]
    Message(#[from] MessageError),
    /// The broker does not take messages.
    #[error(transparent)]
    Broker(#[from] BrokerError),
    /// Something of ours is not as it must be.
    #[error("expected {0}, found otherwise")]
    Internal(&'static str),
    /// A partner that the work is for is not configured any more.
    #[error("expected partner {0} in the configuration, found none")]
    ConfigPartner(PartnerId),
}

impl Flow {
    /// The time now.
    pub(crate) fn now(&self) -> UnixMs {
        UnixMs(self.clock.now_unix_ms())
    }

    /// The configuration in force.
    pub(crate) fn settings(&self) -> Arc<Settings> {
        self.settings.current()
    }

    /// Our PGP key.
    pub(crate) fn pgp(&self) -> Result<SecretCert, FlowError> {
        self.pgp.clone().ok_or(FlowError::Internal("our PGP key in this process"))
    }

    /// A job that is due at once.
    pub(crate) fn job(
        &self,
        queue: &QueueName,
        partner: &PartnerId,
        reference: impl ToString,
    ) -> Result<NewJob, FlowError> {
        self.job_at(queue, partner, reference, self.now())
    }

    /// A job that is due from then on. Its kind is the queue's name up to the first dot.
    pub(crate) fn job_at(
        &self,
        queue: &QueueName,
        partner: &PartnerId,
        reference: impl ToString,
        due_at: UnixMs,
    ) -> Result<NewJob, FlowError> {
        let kind = queue.as_str().split('.').next().unwrap_or_default().parse()?;
        let (id, reference) = (self.ids.job_id(), reference.to_string());
        Ok(NewJob { id, queue: queue.as_str().parse()?, partner: partner.clone(), kind, reference, due_at })
    }
}
