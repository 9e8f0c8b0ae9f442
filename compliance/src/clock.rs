//! Time as an argument: the wall's in the program, a settable one in tests.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};

/// Tells the time. Everything that needs "now" takes one, so that a test can set it.
pub trait Clock: Send + Sync + fmt::Debug {
    /// Milliseconds since 1970-01-01T00:00:00Z.
    fn now_unix_ms(&self) -> u64;
}

/// The machine's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct WallClock;

impl Clock for WallClock {
    // The one place that may ask the system: everything else asks a `Clock`.
    #[allow(clippy::disallowed_methods)]
    fn now_unix_ms(&self) -> u64 {
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
    }
}

/// A clock that stands until it is moved.
#[derive(Debug, Default)]
pub struct ManualClock(AtomicU64);

impl ManualClock {
    /// A clock that stands at `unix_ms`.
    #[must_use]
    pub const fn new(unix_ms: u64) -> Self {
        Self(AtomicU64::new(unix_ms))
    }

    /// Sets the time, also backwards.
    pub fn set(&self, unix_ms: u64) {
        self.0.store(unix_ms, Ordering::SeqCst);
    }

    /// Moves the time on.
    pub fn advance(&self, by_ms: u64) {
        self.0.fetch_add(by_ms, Ordering::SeqCst);
    }
}

impl Clock for ManualClock {
    fn now_unix_ms(&self) -> u64 {
        self.0.load(Ordering::SeqCst)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manual_clock_moves_only_when_told() {
        let clock = ManualClock::new(5);
        clock.advance(3);
        assert_eq!(clock.now_unix_ms(), 8);
        clock.set(2);
        assert_eq!(clock.now_unix_ms(), 2);
    }

    #[test]
    fn the_wall_clock_is_past_2025() {
        assert!(WallClock.now_unix_ms() > 1_735_689_600_000);
    }
}
