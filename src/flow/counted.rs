//! What the ledger counts, for `/metrics`: as fresh as counting is cheap.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tradewind_api::{MetricsSnapshot, QueueMetrics, StateMetrics};
use tradewind_broker::Broker;
use tradewind_ledger::{Depth, StateCount};

use super::Flow;

/// Counting may take one part in so many of the time.
const SHARE: u32 = 10;
/// A scrape waits so long for fresh counts; then it gets the last ones.
const PATIENCE: Duration = Duration::from_secs(1);

/// The last counts, and the turn to count anew.
#[derive(Default)]
pub(super) struct Counted {
    last: Mutex<Option<Last>>,
    turn: tokio::sync::Mutex<()>,
}

struct Last {
    snapshot: MetricsSnapshot,
    at: Instant,
    took: Duration,
}

impl Counted {
    /// The counts: fresh ones where they come at once, else the last.
    pub(super) async fn current(self: &Arc<Self>, flow: &Arc<Flow>) -> MetricsSnapshot {
        if !self.fresh() {
            let (counted, flow) = (self.clone(), flow.clone());
            // It goes on where the scrape stops waiting: the next one finds what it counted.
            let counting = tokio::spawn(async move { counted.count(&flow).await });
            let _ = tokio::time::timeout(PATIENCE, counting).await;
        }
        let last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        last.as_ref().map(|last| last.snapshot.clone()).unwrap_or_default()
    }

    fn fresh(&self) -> bool {
        let last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        last.as_ref().is_some_and(|last| last.at.elapsed() < last.took.saturating_mul(SHARE))
    }

    async fn count(&self, flow: &Flow) {
        let Ok(_turn) = self.turn.try_lock() else { return };
        let began = Instant::now();
        let now = flow.now();
        let queue = |depth: Depth| QueueMetrics {
            queue: depth.lane.queue.to_string().into(),
            depth: depth.ready,
            oldest_age: Duration::from_millis(depth.oldest_at.map_or(0, |at| now.0.saturating_sub(at.0))),
        };
        let state = |row: StateCount| StateMetrics { kind: row.what.into(), state: row.state.into(), count: row.count };
        let (depths, states) = tokio::join!(flow.ledger.depths(), flow.ledger.state_counts());
        let (Ok(depths), Ok(states)) = (depths, states) else {
            tracing::warn!("the ledger could not be counted; /metrics shows the last counts");
            return;
        };
        let mut queues: Vec<QueueMetrics> = depths.into_iter().map(queue).collect();
        if let Some(broker) = flow.queues.get().filter(|_| flow.shared) {
            in_broker(broker.as_ref(), &mut queues).await;
        }
        for name in queue_names(flow) {
            if !queues.iter().any(|row| row.queue == name) {
                queues.push(QueueMetrics { queue: name.into(), depth: 0, oldest_age: Duration::ZERO });
            }
        }
        let states = states.into_iter().map(state).collect();
        let last = Last { snapshot: MetricsSnapshot { queues, states }, at: Instant::now(), took: began.elapsed() };
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = Some(last);
    }
}

/// Adds what the ledger has handed to a broker that many processes share. One that cannot be asked adds nothing: `/health` tells of it.
async fn in_broker(broker: &dyn Broker, queues: &mut Vec<QueueMetrics>) {
    for (name, depth) in broker.depths().await.unwrap_or_default() {
        let count = (depth.waiting + depth.unsettled) as u64;
        match queues.iter_mut().find(|row| row.queue == name.as_str()) {
            Some(row) => row.depth += count,
            None => {
                let queue = name.as_str().to_owned().into();
                queues.push(QueueMetrics { queue, depth: count, oldest_age: Duration::ZERO });
            }
        }
    }
}

/// The queues that there are also while they are empty: an alarm on one must not lose its line.
fn queue_names(flow: &Flow) -> Vec<String> {
    let settings = flow.settings();
    let partners = settings.config.partners.iter().filter(|(_, partner)| partner.deliver.is_some());
    let rooms = ["translate", "answer"].map(str::to_owned);
    rooms.into_iter().chain(partners.map(|(name, _)| format!("deliver.{name}"))).collect()
}
