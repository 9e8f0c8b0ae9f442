//! How long to wait before the next attempt.

use std::time::Duration;

/// The wait after the first failure, before jitter.
pub const BACKOFF_FIRST: Duration = Duration::from_secs(1);

/// The longest wait, before jitter.
pub const BACKOFF_MAX: Duration = Duration::from_secs(15 * 60);

/// Attempts after which a job is quarantined, unless its room says otherwise.
pub const ATTEMPTS_MAX: u32 = 12;

/// The wait after attempt `attempt` (from 1) failed: doubling from [`BACKOFF_FIRST`] to [`BACKOFF_MAX`], then spread evenly over
/// its upper half by `random`, so that what failed together does not come back together.
#[must_use]
pub fn backoff(attempt: u32, random: u64) -> Duration {
    let doublings = attempt.saturating_sub(1).min(31);
    let whole = BACKOFF_FIRST.saturating_mul(1 << doublings).min(BACKOFF_MAX);
    let half = whole / 2;
    let span_ms = u64::try_from(half.as_millis()).unwrap_or(u64::MAX).saturating_add(1);
    half + Duration::from_millis(random % span_ms)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doubles_up_to_the_limit() {
        assert_eq!(backoff(1, 0), BACKOFF_FIRST / 2);
        assert_eq!(backoff(2, 0), BACKOFF_FIRST);
        assert_eq!(backoff(u32::MAX, 0), BACKOFF_MAX / 2);
    }

    #[test]
    fn jitter_stays_in_the_upper_half() {
        for random in [0, 1, 499, 500, u64::MAX] {
            for attempt in 0..40 {
                let wait = backoff(attempt, random);
                let whole = BACKOFF_FIRST.saturating_mul(1 << attempt.saturating_sub(1).min(31)).min(BACKOFF_MAX);
                assert!(wait >= whole / 2 && wait <= whole, "attempt {attempt}");
            }
        }
    }
}
