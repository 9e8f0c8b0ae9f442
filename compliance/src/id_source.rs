//! Makes identifiers: unique and ascending within a process, sorted by time between processes.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use ring::hmac;

use crate::Clock;
use crate::ids::{AnswerId, DeliveryId, InterchangeId, ItemId, JobId, NotificationId, ReceiptId, SetId};
use crate::random::{self, RandomError};

const RANDOM_BITS: u32 = 52;
/// Within one millisecond an id is the last one plus 1 to this many, so that the next one is hard to guess and room remains.
const STEP_MASK: u64 = (1 << 20) - 1;

/// Where new identifiers come from. Share one in a process: it is what keeps ids of one millisecond apart and in order.
pub struct IdSource {
    clock: Arc<dyn Clock>,
    seed: hmac::Key,
    last: Mutex<Last>,
}

#[derive(Default)]
struct Last {
    unix_ms: u64,
    low: u64,
    drawn: u64,
}

impl IdSource {
    /// A source that takes its time from `clock`.
    ///
    /// # Errors
    /// When the operating system gives no randomness for the seed. Afterwards nothing can fail.
    pub fn new(clock: Arc<dyn Clock>) -> Result<Self, RandomError> {
        let mut seed = zeroize::Zeroizing::new([0u8; 32]);
        random::fill(&mut *seed)?;
        Ok(Self { clock, seed: hmac::Key::new(hmac::HMAC_SHA256, &*seed), last: Mutex::default() })
    }

    /// The next pair of milliseconds and 52 bits, greater than every one before.
    fn draw(&self) -> (u64, u64) {
        let now = self.clock.now_unix_ms();
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        last.drawn += 1;
        let random = self.pseudo_random(last.drawn);
        let stepped = last.low + 1 + (random & STEP_MASK);
        if now > last.unix_ms {
            // The top bit stays clear: at least 2^31 ids fit into the millisecond that begins here.
            (last.unix_ms, last.low) = (now, random >> (64 - RANDOM_BITS + 1));
        } else if stepped >> RANDOM_BITS == 0 {
            last.low = stepped;
        } else {
            (last.unix_ms, last.low) = (last.unix_ms + 1, random >> (64 - RANDOM_BITS + 1));
        }
        (last.unix_ms, last.low)
    }

    fn pseudo_random(&self, counter: u64) -> u64 {
        let tag = hmac::sign(&self.seed, &counter.to_be_bytes());
        tag.as_ref().iter().take(8).fold(0, |bits, byte| bits << 8 | u64::from(*byte))
    }
}

macro_rules! makers {
    ($($(#[$doc:meta])* $name:ident -> $id:ident;)+) => {
        impl IdSource {$(
            $(#[$doc])*
            pub fn $name(&self) -> $id {
                let (unix_ms, random) = self.draw();
                $id::new(unix_ms, random)
            }
        )+}
    };
}

makers! {
    /// A new receipt's id.
    receipt_id -> ReceiptId;
    /// A new interchange's id.
    interchange_id -> InterchangeId;
    /// A new transaction set's id.
    set_id -> SetId;
    /// A new item's id.
    item_id -> ItemId;
    /// A new delivery's id.
    delivery_id -> DeliveryId;
    /// A new answer's id.
    answer_id -> AnswerId;
    /// A new notification's id.
    notification_id -> NotificationId;
    /// A new job's id.
    job_id -> JobId;
}

impl fmt::Debug for IdSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IdSource").field("clock", &self.clock).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ManualClock;

    #[test]
    fn ids_of_one_millisecond_are_unique_and_ascend() {
        let source = IdSource::new(Arc::new(ManualClock::new(1_000))).unwrap();
        let ids: Vec<ItemId> = (0..10_000).map(|_| source.item_id()).collect();
        assert!(ids.windows(2).all(|pair| pair[0] < pair[1]));
    }

    #[test]
    fn ids_ascend_when_the_clock_steps_back() {
        let clock = Arc::new(ManualClock::new(1_000));
        let source = IdSource::new(clock.clone()).unwrap();
        let before = source.job_id();
        clock.set(10);
        assert!(source.job_id() > before);
        clock.set(2_000);
        assert!(source.job_id() > before);
    }

    #[test]
    fn a_full_millisecond_runs_over_into_the_next() {
        let source = IdSource::new(Arc::new(ManualClock::new(7))).unwrap();
        let first = source.item_id();
        source.last.lock().unwrap().low = (1 << RANDOM_BITS) - 1;
        let (unix_ms, _) = source.draw();
        assert_eq!(unix_ms, 8);
        assert!(source.item_id() > first);
    }

    #[test]
    fn two_sources_differ() {
        let clock = Arc::new(ManualClock::new(7));
        let (one, two) = (IdSource::new(clock.clone()).unwrap(), IdSource::new(clock).unwrap());
        assert_ne!(one.item_id(), two.item_id());
    }
}
