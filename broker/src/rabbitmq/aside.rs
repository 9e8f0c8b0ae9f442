//! Queues that cannot be used for now, so that the others do not wait for them (L7).

use std::collections::HashMap;
use std::hash::Hash;
use std::time::{Duration, Instant};

/// How long a queue is left alone.
const LEFT_ALONE: Duration = Duration::from_secs(30);

/// Queues that the broker would not declare, or not let consume: one that somebody made with other arguments, or that has lost its leader.
pub(super) struct Aside<K>(HashMap<K, Instant>);

impl<K> Default for Aside<K> {
    fn default() -> Self {
        Self(HashMap::new())
    }
}

impl<K: Hash + Eq> Aside<K> {
    pub(super) fn put(&mut self, queue: K) {
        self.0.insert(queue, Instant::now());
    }

    /// Whether the queue is left alone still.
    pub(super) fn holds(&mut self, queue: &K) -> bool {
        self.0.retain(|_, since| since.elapsed() < LEFT_ALONE);
        self.0.contains_key(queue)
    }
}
