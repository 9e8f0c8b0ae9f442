//! Writers. Each takes the units of work that wait, commits them together on a connection of its own, and answers each only after the
//! commit. While a writer is free a unit waits for nobody; under load a commit is shared.

use std::collections::VecDeque;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Mutex, mpsc, watch};
use tokio::task::JoinHandle;

use super::PostgresOptions;
use super::fate::{Fate, fate};
use super::session::Session;
use super::unit::{Tx, Unit, UnitFuture, unit};
use crate::{LedgerError, Result};

/// The first pause before a commit is tried again; it doubles up to the longest.
const PAUSE_FIRST: Duration = Duration::from_millis(20);
const PAUSE_MAX: Duration = Duration::from_secs(1);

type Queue = Arc<Mutex<mpsc::Receiver<Box<dyn Unit>>>>;

#[derive(Clone)]
pub(super) struct Writer {
    units: mpsc::Sender<Box<dyn Unit>>,
    closing: watch::Sender<bool>,
    tasks: Arc<Mutex<Vec<JoinHandle<()>>>>,
}

impl Writer {
    pub(super) fn start(options: &PostgresOptions) -> Self {
        let (units, waiting) = mpsc::channel(options.waiting_units_max.max(1));
        let (closing, closed) = watch::channel(false);
        let queue: Queue = Arc::new(Mutex::new(waiting));
        let task = |_| {
            let session = Session::new(options.clone());
            tokio::spawn(serve(session, Arc::clone(&queue), closed.clone(), options.clone()))
        };
        let tasks = (0..options.writers.max(1)).map(task).collect();
        Self { units, closing, tasks: Arc::new(Mutex::new(tasks)) }
    }

    /// Turns true at the end, or is dropped.
    pub(super) fn closing(&self) -> watch::Receiver<bool> {
        self.closing.subscribe()
    }

    pub(super) async fn run<T, F>(&self, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: for<'c> FnOnce(&'c mut Tx) -> UnitFuture<'c, T> + Clone + Send + 'static,
    {
        let (unit, answer) = unit(work);
        self.units.send(unit).await.map_err(|_| LedgerError::Closed)?;
        answer.await.map_err(|_| LedgerError::Closed)?
    }

    /// Waits for the units that wait, and refuses what comes after.
    pub(super) async fn close(&self) {
        self.closing.send_replace(true);
        for task in self.tasks.lock().await.drain(..) {
            // One that panicked has answered its callers by dropping them.
            let _ = task.await;
        }
    }
}

async fn serve(mut session: Session, queue: Queue, mut closing: watch::Receiver<bool>, options: PostgresOptions) {
    while let Some(batch) = take(&queue, &mut closing, options.commit_units_max.max(1)).await {
        commit(&mut session, batch, options.tries_max).await;
    }
    session.close().await;
}

/// The units that wait; none at the end.
async fn take(queue: &Queue, closing: &mut watch::Receiver<bool>, units_max: usize) -> Option<Vec<Box<dyn Unit>>> {
    let mut waiting = queue.lock().await;
    let first = tokio::select! {
        first = waiting.recv() => first,
        () = end(closing) => {
            waiting.close();
            waiting.recv().await
        }
    };
    let mut batch = vec![first?];
    while batch.len() < units_max {
        let Ok(next) = waiting.try_recv() else { break };
        batch.push(next);
    }
    Some(batch)
}

/// Waits until the ledger is closed or dropped.
pub(super) async fn end(closing: &mut watch::Receiver<bool>) {
    // An error says that it was dropped.
    let _ = closing.wait_for(|closing| *closing).await;
}

/// Commits the units and answers them. Those that another writer beat are run again, each alone.
async fn commit(session: &mut Session, batch: Vec<Box<dyn Unit>>, tries_max: u32) {
    let mut batches = VecDeque::from([batch]);
    let mut failures = 0;
    while let Some(mut units) = batches.pop_front() {
        match session.transaction(&mut units).await {
            Ok(()) => {
                for unit in units {
                    if unit.again(tries_max) {
                        batches.push_back(vec![unit]);
                    } else {
                        unit.answer(None);
                    }
                }
            }
            Err(error) if failures < tries_max && matches!(fate(&error), Fate::Beaten | Fate::Lost) => {
                tracing::warn!(%error, units = units.len(), "a commit of the ledger failed; it is tried again");
                failures += 1;
                if matches!(error, LedgerError::Timeout { .. }) {
                    // One that is too slow takes no other with it, and holds none up while it is tried again.
                    batches.extend(units.into_iter().map(|unit| vec![unit]));
                } else {
                    batches.push_front(units);
                }
            }
            Err(error) => {
                tracing::error!(%error, units = units.len(), "a commit of the ledger failed");
                units.into_iter().for_each(|unit| unit.answer(Some(&error)));
            }
        }
        if let Some(next) = batches.front() {
            let runs = next.iter().map(|unit| unit.runs()).max().unwrap_or(0);
            pause(failures.max(runs).saturating_sub(1)).await;
        }
    }
}

/// Waits before a next try: longer each time, and never as long as another writer does.
pub(super) async fn pause(tries: u32) {
    let longest = PAUSE_FIRST.saturating_mul(1 << tries.min(10)).min(PAUSE_MAX);
    let share = 500 + u32::try_from(random() % 501).unwrap_or(0);
    tokio::time::sleep(longest * share / 1_000).await;
}

/// A number that another process does not draw.
pub(super) fn random() -> u64 {
    RandomState::new().build_hasher().finish()
}
