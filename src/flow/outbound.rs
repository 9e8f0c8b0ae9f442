//! The ways to partners: one transport an address, one claim at a time a partner.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tradewind_broker::backoff;
use tradewind_compliance::PartnerId;
use tradewind_transfer::transport::{HttpTransport, HttpTransportConfig, Transport};

use crate::config::Deliver;

use super::FlowError;

/// How long a job goes on with batch after batch before it makes room: RabbitMQ takes a message that nobody settles for half an hour for lost.
const TURN: Duration = Duration::from_secs(120);

/// That a partner takes calls is told anew so often: another process may have found that it did not.
const TOOK_AGAIN: Duration = Duration::from_secs(60);

/// The transports in use, by address.
#[derive(Default)]
pub struct Calls {
    transports: Mutex<HashMap<String, Arc<dyn Transport>>>,
    claims: Mutex<HashMap<PartnerId, Arc<tokio::sync::Mutex<()>>>>,
    open: Mutex<HashMap<(PartnerId, usize), Arc<Semaphore>>>,
    looks: Mutex<HashMap<PartnerId, Instant>>,
    takers: Mutex<HashMap<PartnerId, Taker>>,
    stopping: AtomicBool,
}

/// How a partner's last call ended.
enum Taker {
    /// Noted then.
    Took(Instant),
    /// After so many calls in a row that it did not take.
    Rests { until: Instant, calls: u32 },
}

impl Calls {
    /// The transport for a partner's address.
    pub(super) fn transport(&self, deliver: &Deliver) -> Result<Arc<dyn Transport>, FlowError> {
        let mut transports = self.transports.lock().unwrap_or_else(PoisonError::into_inner);
        let name = format!("{} {}", deliver.timeout_ms, deliver.url);
        if let Some(transport) = transports.get(&name) {
            return Ok(transport.clone());
        }
        let batch_timeout = Duration::from_millis(deliver.timeout_ms);
        let config = HttpTransportConfig { batch_timeout, ..HttpTransportConfig::new(deliver.url.clone()) };
        let transport = HttpTransport::new(config).map_err(|_| FlowError::Internal("a usable address in [deliver]"))?;
        let transport: Arc<dyn Transport> = Arc::new(transport);
        transports.insert(name, transport.clone());
        Ok(transport)
    }

    /// From now on no job begins another batch.
    pub(super) fn stop(&self) {
        self.stopping.store(true, Ordering::Relaxed);
    }

    /// Whether a job that began then goes on with another batch, however much waits. What it leaves is its message's next turn.
    pub(super) fn go_on(&self, began: Instant) -> bool {
        !self.stopping.load(Ordering::Relaxed) && began.elapsed() < TURN
    }

    /// A place among the calls to a partner that may be open at once; held until the call has ended.
    pub(super) async fn place(&self, partner: &PartnerId, calls_max: usize) -> Result<OwnedSemaphorePermit, FlowError> {
        let places = {
            let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
            open.entry((partner.clone(), calls_max)).or_insert_with(|| Arc::new(Semaphore::new(calls_max))).clone()
        };
        places.acquire_owned().await.map_err(|_| FlowError::Internal("a place for a call"))
    }

    /// Whether a partner's full queue is to be looked at again after this wait by who asks; false where somebody will already.
    pub(super) fn looks_again(&self, partner: &PartnerId, wait: Duration) -> bool {
        let (mut looks, now) = (self.looks.lock().unwrap_or_else(PoisonError::into_inner), Instant::now());
        let planned = looks.get(partner).is_some_and(|at| *at > now);
        if !planned {
            looks.insert(partner.clone(), now + wait);
        }
        !planned
    }

    /// Lets a partner that did not take a call rest, as long as it asked for, or longer each time: no job calls it before.
    pub(super) fn rest(&self, partner: &PartnerId, asked: Option<Duration>) {
        let mut takers = self.takers();
        let calls = match takers.get(partner) {
            Some(Taker::Rests { calls, .. }) => calls.saturating_add(1),
            Some(Taker::Took(_)) | None => 1,
        };
        let until = Instant::now() + asked.unwrap_or_else(|| backoff(calls, rand::random()));
        takers.insert(partner.clone(), Taker::Rests { until, calls });
    }

    /// How long a partner still rests.
    pub(super) fn rests(&self, partner: &PartnerId) -> Option<Duration> {
        match self.takers().get(partner)? {
            Taker::Took(_) => None,
            Taker::Rests { until, .. } => {
                Some(until.saturating_duration_since(Instant::now())).filter(|left| !left.is_zero())
            }
        }
    }

    /// Notes that a partner took a call; true where that is news to this process, or may be to another.
    pub(super) fn took(&self, partner: &PartnerId) -> bool {
        let (mut takers, now) = (self.takers(), Instant::now());
        if matches!(takers.get(partner), Some(Taker::Took(noted)) if now - *noted < TOOK_AGAIN) {
            return false;
        }
        takers.insert(partner.clone(), Taker::Took(now));
        true
    }

    fn takers(&self) -> std::sync::MutexGuard<'_, HashMap<PartnerId, Taker>> {
        self.takers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Serializes the choice of a partner's next batch within this process. Between processes the ledger does.
    pub(super) fn claim(&self, partner: &PartnerId) -> Arc<tokio::sync::Mutex<()>> {
        self.claims.lock().unwrap_or_else(PoisonError::into_inner).entry(partner.clone()).or_default().clone()
    }
}
