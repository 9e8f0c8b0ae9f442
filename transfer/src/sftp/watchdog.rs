//! Knows how long a connection has done nothing.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;

pub(super) struct Watchdog {
    state: Mutex<State>,
    ended: Notify,
}

struct State {
    last: Instant,
    busy: usize,
    sessions: usize,
}

/// A request is being answered.
pub(super) struct Busy(Arc<Watchdog>);

/// An SFTP session runs.
pub(super) struct Running(Arc<Watchdog>);

impl Watchdog {
    pub(super) fn new() -> Arc<Self> {
        let state = State { last: Instant::now(), busy: 0, sessions: 0 };
        Arc::new(Self { state: Mutex::new(state), ended: Notify::new() })
    }

    pub(super) fn busy(self: &Arc<Self>) -> Busy {
        self.lock().busy += 1;
        Busy(Arc::clone(self))
    }

    pub(super) fn running(self: &Arc<Self>) -> Running {
        self.lock().sessions += 1;
        Running(Arc::clone(self))
    }

    /// Returns when nothing was asked for `idle`.
    pub(super) async fn idle_for(&self, idle: Duration) {
        loop {
            let due = {
                let state = self.lock();
                let from = if state.busy > 0 { Instant::now() } else { state.last };
                from + idle
            };
            if due <= Instant::now() {
                return;
            }
            tokio::time::sleep_until(due).await;
        }
    }

    /// Returns when no SFTP session runs.
    pub(super) async fn no_session(&self) {
        loop {
            let ended = self.ended.notified();
            if self.lock().sessions == 0 {
                return;
            }
            ended.await;
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        let mut state = self.0.lock();
        state.busy = state.busy.saturating_sub(1);
        state.last = Instant::now();
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        {
            let mut state = self.0.lock();
            state.sessions = state.sessions.saturating_sub(1);
            state.last = Instant::now();
        }
        self.0.ended.notify_waiters();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn barks_after_idleness_but_not_while_busy() {
        let watchdog = Watchdog::new();
        let (begun, idle) = (Instant::now(), Duration::from_secs(60));
        let busy = watchdog.busy();
        tokio::time::advance(Duration::from_secs(600)).await;
        drop(busy);
        watchdog.idle_for(idle).await;
        assert!(begun.elapsed() >= Duration::from_secs(660), "{:?}", begun.elapsed());
    }

    #[tokio::test(start_paused = true)]
    async fn tells_when_the_last_session_ends() {
        let watchdog = Watchdog::new();
        watchdog.no_session().await;
        let running = watchdog.running();
        let wait = watchdog.no_session();
        tokio::pin!(wait);
        assert!(tokio::time::timeout(Duration::from_secs(1), &mut wait).await.is_err());
        drop(running);
        wait.await;
    }
}
