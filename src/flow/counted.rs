//! What the ledger counts, for `/metrics`: as fresh as counting is cheap.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tradewind_api::{MetricsSnapshot, QueueMetrics, StateMetrics};
use tradewind_ledger::{Depth, LedgerError, StateCount};

use super::Flow;

/// Counting may take one part in so many of the time.
const SHARE: u32 = 10;
/// A scrape waits so long for fresh counts; then it gets the last ones.
const PATIENCE: Duration = Duration::from_secs(1);

/// What is counted, each by its own pace: depths, which workers scale with, stay fresh however many items there are to count.
#[derive(Default)]
pub(super) struct Counts {
    queues: Arc<Counted<QueueMetrics>>,
    states: Arc<Counted<StateMetrics>>,
}

impl Counts {
    /// The counts: fresh ones where they come at once, else the last.
    pub(super) async fn current(&self, flow: &Arc<Flow>) -> MetricsSnapshot {
        let (queues, states) =
            tokio::join!(self.queues.current(queues(flow.clone())), self.states.current(states(flow.clone())));
        MetricsSnapshot { queues, states }
    }
}

/// The last rows, and the turn to count anew.
struct Counted<T> {
    last: Mutex<Option<Last<T>>>,
    turn: tokio::sync::Mutex<()>,
}

struct Last<T> {
    rows: Vec<T>,
    at: Instant,
    took: Duration,
}

impl<T> Default for Counted<T> {
    fn default() -> Self {
        Self { last: Mutex::default(), turn: tokio::sync::Mutex::default() }
    }
}

impl<T: Clone + Send + 'static> Counted<T> {
    async fn current(
        self: &Arc<Self>,
        rows: impl Future<Output = Result<Vec<T>, LedgerError>> + Send + 'static,
    ) -> Vec<T> {
        if !self.fresh() {
            let counted = self.clone();
            // It goes on where the scrape stops waiting: the next one finds what it counted.
            let counting = tokio::spawn(async move { counted.count(rows).await });
            let _ = tokio::time::timeout(PATIENCE, counting).await;
        }
        let last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        last.as_ref().map(|last| last.rows.clone()).unwrap_or_default()
    }

    fn fresh(&self) -> bool {
        let last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        last.as_ref().is_some_and(|last| last.at.elapsed() < last.took.saturating_mul(SHARE))
    }

    async fn count(&self, rows: impl Future<Output = Result<Vec<T>, LedgerError>>) {
        let Ok(_turn) = self.turn.try_lock() else { return };
        let began = Instant::now();
        match rows.await {
            Ok(rows) => {
                let last = Last { rows, at: Instant::now(), took: began.elapsed() };
                *self.last.lock().unwrap_or_else(PoisonError::into_inner) = Some(last);
            }
            Err(error) => tracing::warn!(%error, "the ledger could not be counted; /metrics shows the last counts"),
        }
    }
}

async fn states(flow: Arc<Flow>) -> Result<Vec<StateMetrics>, LedgerError> {
    let state = |row: StateCount| StateMetrics { kind: row.what.into(), state: row.state.into(), count: row.count };
    Ok(flow.ledger.state_counts().await?.into_iter().map(state).collect())
}

async fn queues(flow: Arc<Flow>) -> Result<Vec<QueueMetrics>, LedgerError> {
    let now = flow.now();
    // One row a queue, whatever partners' jobs stand in it.
    let mut queues: BTreeMap<String, (u64, Duration)> = BTreeMap::new();
    for Depth { lane, ready, oldest_at, .. } in flow.ledger.depths().await? {
        let (depth, oldest_age) = queues.entry(lane.queue.to_string()).or_default();
        let age = Duration::from_millis(oldest_at.map_or(0, |at| now.0.saturating_sub(at.0)));
        (*depth, *oldest_age) = (*depth + ready, age.max(*oldest_age));
    }
    if let Some(broker) = flow.queues.get().filter(|_| flow.shared) {
        // One that cannot be asked adds nothing: `/health` tells of it.
        for (name, depth) in broker.depths().await.unwrap_or_default() {
            queues.entry(name.to_string()).or_default().0 += (depth.waiting + depth.unsettled) as u64;
        }
    }
    for name in queue_names(&flow) {
        queues.entry(name).or_default();
    }
    let row = |(queue, (depth, oldest_age)): (String, _)| QueueMetrics { queue: queue.into(), depth, oldest_age };
    Ok(queues.into_iter().map(row).collect())
}

/// The queues that there are also while they are empty: an alarm on one must not lose its line.
fn queue_names(flow: &Flow) -> Vec<String> {
    let settings = flow.settings();
    let partners = settings.config.partners.iter().filter(|(_, partner)| partner.deliver.is_some());
    let rooms = ["translate", "answer"].map(str::to_owned);
    rooms.into_iter().chain(partners.map(|(name, _)| format!("deliver.{name}"))).collect()
}
