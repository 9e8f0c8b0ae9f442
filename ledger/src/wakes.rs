//! Wakes: who waits for a row hears of the commit that wrote it, in this process and, where the backend reaches them, in others.

use tokio::sync::broadcast;
use tradewind_compliance::DeliveryId;

/// Wakes that may wait for one listener. One that is further behind gets [`Wake::Missed`].
const WAITING_MAX: usize = 1_024;

/// What was committed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wake {
    /// Jobs were written to the outbox.
    Jobs,
    /// Notifications were queued.
    Notifications,
    /// A real-time inquiry ended: its call's delivery.
    Inquiry(DeliveryId),
    /// Some wakes were missed: look at everything that is waited for.
    Missed,
}

/// The wakes of a ledger.
pub trait Wakes: Send + Sync {
    /// Every wake from now on. A wake is a hint: it can be lost with a connection, so whoever waits looks now and then all the same.
    fn wakes(&self) -> WakeStream;
}

/// Wakes as they come.
#[derive(Debug)]
pub struct WakeStream(broadcast::Receiver<Wake>);

impl WakeStream {
    /// Waits for a wake that is meant, or for some that were missed, and forgets all that came before this returns: who was woken looks at
    /// everything. After the ledger's end it waits for ever. Dropping the future loses nothing.
    pub async fn wait(&mut self, meant: impl Fn(Wake) -> bool) {
        loop {
            match self.next().await {
                Some(wake) if wake == Wake::Missed || meant(wake) => break,
                Some(_) => {}
                None => std::future::pending().await,
            }
        }
        self.0 = self.0.resubscribe();
    }

    /// The next wake; none after the ledger's end.
    pub async fn next(&mut self) -> Option<Wake> {
        match self.0.recv().await {
            Ok(wake) => Some(wake),
            Err(broadcast::error::RecvError::Lagged(_)) => Some(Wake::Missed),
            Err(broadcast::error::RecvError::Closed) => None,
        }
    }
}

/// Hands wakes to the listeners of this process.
#[derive(Debug, Clone)]
pub(crate) struct Waker(broadcast::Sender<Wake>);

impl Waker {
    pub(crate) fn new() -> Self {
        Self(broadcast::channel(WAITING_MAX).0)
    }

    pub(crate) fn stream(&self) -> WakeStream {
        WakeStream(self.0.subscribe())
    }

    pub(crate) fn send(&self, wake: Wake) {
        // Without listeners there is nobody to wake.
        let _ = self.0.send(wake);
    }
}

/// The wakes of a transaction that is not committed yet, each once.
#[derive(Debug, Default)]
pub(crate) struct Waiting(Vec<Wake>);

impl Waiting {
    pub(crate) fn add(&mut self, wake: Wake) {
        if !self.0.contains(&wake) {
            self.0.push(wake);
        }
    }

    /// How many there are, for [`Self::undo`].
    pub(crate) fn mark(&self) -> usize {
        self.0.len()
    }

    /// Drops what was added after the mark.
    pub(crate) fn undo(&mut self, mark: usize) {
        self.0.truncate(mark);
    }

    pub(crate) fn take(&mut self) -> Vec<Wake> {
        std::mem::take(&mut self.0)
    }
}
