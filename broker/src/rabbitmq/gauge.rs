//! How much of each lane's window is taken: what the broker said some time ago, and what was confirmed since.
//!
//! What other processes publish in between is not seen, so several relays may together exceed a lane's window, each by what the window had free when
//! it asked: N relays leave at most N windows in a lane. What is consumed in between is not seen either, and makes room when the broker is asked
//! again.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::names::Lane;

/// A lane that has room is asked for again after so long.
const FRESH: Duration = Duration::from_secs(1);
/// A lane of which less than half is free is asked for again after so long, and after twice as long each time that it still is so.
const FULL_FIRST: Duration = Duration::from_millis(50);
/// The longest time between two questions for a lane that stays full.
const FULL_MAX: Duration = Duration::from_secs(2);

/// The gauges of every lane that was asked for.
#[derive(Default)]
pub(super) struct Gauges(Mutex<HashMap<Lane, Gauge>>);

#[derive(Clone, Copy)]
struct Gauge {
    waiting: usize,
    /// Confirmed since the question that `waiting` answers.
    confirmed: usize,
    until: Instant,
    full_for: Duration,
}

impl Gauges {
    fn lock(&self) -> MutexGuard<'_, HashMap<Lane, Gauge>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The broker has one more message of a lane.
    pub(super) fn confirmed(&self, lane: &Lane) {
        if let Some(gauge) = self.lock().get_mut(lane) {
            gauge.confirmed += 1;
        }
    }

    /// Messages that wait in a lane, if that is known well enough.
    pub(super) fn waiting(&self, lane: &Lane, now: Instant) -> Option<usize> {
        let gauge = *self.lock().get(lane).filter(|gauge| now < gauge.until)?;
        Some(gauge.waiting + gauge.confirmed)
    }

    /// What was confirmed before the broker is asked: it is in its answer.
    pub(super) fn mark(&self, lane: &Lane) -> usize {
        self.lock().get(lane).map_or(0, |gauge| gauge.confirmed)
    }

    /// The broker's answer. What was confirmed while it was asked may count twice until the next one.
    pub(super) fn read(&self, lane: Lane, waiting: usize, mark: usize, window: usize, now: Instant) {
        let mut gauges = self.lock();
        let first = Gauge { waiting, confirmed: mark, until: now, full_for: Duration::ZERO };
        let gauge = gauges.entry(lane).or_insert(first);
        (gauge.waiting, gauge.confirmed) = (waiting, gauge.confirmed.saturating_sub(mark));
        let roomy = gauge.waiting + gauge.confirmed <= window / 2;
        gauge.full_for = if roomy { Duration::ZERO } else { (gauge.full_for * 2).clamp(FULL_FIRST, FULL_MAX) };
        gauge.until = now + if roomy { FRESH } else { gauge.full_for };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lane() -> Lane {
        Lane { queue: "translate".parse().unwrap(), partner: "acme".parse().unwrap() }
    }

    #[test]
    fn what_is_confirmed_counts_until_the_broker_has_counted_it() {
        let (gauges, lane, now) = (Gauges::default(), lane(), Instant::now());
        gauges.confirmed(&lane);
        assert_eq!((gauges.waiting(&lane, now), gauges.mark(&lane)), (None, 0));
        gauges.read(lane.clone(), 5, 0, 64, now);
        gauges.confirmed(&lane);
        gauges.confirmed(&lane);
        assert_eq!(gauges.waiting(&lane, now), Some(7));
        let mark = gauges.mark(&lane);
        gauges.confirmed(&lane);
        gauges.read(lane.clone(), 7, mark, 64, now);
        assert_eq!(gauges.waiting(&lane, now), Some(8));
    }

    #[test]
    fn a_lane_that_stays_full_is_asked_for_ever_less_often() {
        let (gauges, lane, mut now) = (Gauges::default(), lane(), Instant::now());
        let asked_after = |gauges: &Gauges, now: Instant| {
            (1..=FULL_MAX.as_millis() as u64 + 1)
                .find(|ms| gauges.waiting(&lane, now + Duration::from_millis(*ms)).is_none())
        };
        for expected in [50, 100, 200, 400, 800, 1_600, 2_000, 2_000] {
            gauges.read(lane.clone(), 33, 0, 64, now);
            assert_eq!(asked_after(&gauges, now), Some(expected));
            now += Duration::from_millis(expected);
        }
        gauges.read(lane.clone(), 32, 0, 64, now);
        assert_eq!(asked_after(&gauges, now), Some(1_000));
        gauges.read(lane.clone(), 33, 0, 64, now);
        assert_eq!(asked_after(&gauges, now), Some(50));
    }
}
