//! Waits that differ, so that many who fail together do not come back together.

use std::time::Duration;

use ring::rand::{SecureRandom, SystemRandom};

/// Between half of `wait` and the whole of it.
pub(crate) fn jittered(wait: Duration) -> Duration {
    let mut random = [0; 1];
    // Without randomness the whole wait is as good.
    if SystemRandom::new().fill(&mut random).is_err() {
        return wait;
    }
    wait.mul_f64(0.5 + f64::from(random[0]) / 510.0)
}

/// Waits before another turn, the first counted 0: longer each time.
pub(crate) async fn pause(turn: u32) {
    const FIRST: Duration = Duration::from_millis(100);
    const LONGEST: Duration = Duration::from_secs(5);
    tokio::time::sleep(jittered(FIRST.saturating_mul(1 << turn.min(16)).min(LONGEST))).await;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_jittered_wait_is_between_half_and_whole() {
        let whole = Duration::from_secs(10);
        for _ in 0..1000 {
            let wait = jittered(whole);
            assert!(wait >= whole / 2 && wait <= whole, "{wait:?}");
        }
    }
}
