//! Bounds what is asked of a service at once, and turns callers away while it does not answer.

use std::error::Error;
use std::future::Future;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use aws_sdk_kms::error::{ProvideErrorMetadata, SdkError};
use tokio::sync::Semaphore;
use tokio::time::Instant;

use crate::jitter::jittered;
use crate::{Failure, FailureKind};

/// Calls that are under way at once.
const CALLS_MAX: usize = 16;
/// How long callers are turned away after a call that failed for good; half of it at least.
const PAUSE: Duration = Duration::from_secs(1);

/// The way to a service.
#[derive(Debug)]
pub(crate) struct Gate {
    calls: Semaphore,
    wait_max: Duration,
    closed: Mutex<Option<Closed>>,
}

#[derive(Debug)]
struct Closed {
    until: Instant,
    why: Failure,
}

impl Gate {
    /// An open gate, before which nobody waits longer than `wait_max`.
    pub(crate) fn new(wait_max: Duration) -> Self {
        Self { calls: Semaphore::new(CALLS_MAX), wait_max, closed: Mutex::default() }
    }

    /// Makes a call once there is room, unless the gate is closed.
    pub(crate) async fn pass<T, E>(
        &self,
        operation: &'static str,
        call: impl Future<Output = Result<T, SdkError<E>>>,
    ) -> Result<T, Failure>
    where
        E: ProvideErrorMetadata + Error + 'static,
    {
        self.open()?;
        let Ok(Ok(_room)) = tokio::time::timeout(self.wait_max, self.calls.acquire()).await else {
            return Err(Failure::new(operation, FailureKind::TimedOut));
        };
        // It may have closed meanwhile.
        self.open()?;
        let failure = match call.await {
            Ok(done) => return Ok(done),
            Err(error) => Failure::of(operation, &error),
        };
        if turns_away(failure.kind()) {
            *self.closed() = Some(Closed { until: Instant::now() + jittered(PAUSE), why: failure.clone() });
        }
        Err(failure)
    }

    /// Answers what closed the gate while it is closed.
    fn open(&self) -> Result<(), Failure> {
        let mut closed = self.closed();
        match &*closed {
            Some(Closed { until, why }) if *until > Instant::now() => Err(why.clone()),
            _ => {
                *closed = None;
                Ok(())
            }
        }
    }

    fn closed(&self) -> MutexGuard<'_, Option<Closed>> {
        self.closed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether the next call would most likely fail alike, under whatever key.
const fn turns_away(kind: FailureKind) -> bool {
    matches!(kind, FailureKind::Connection | FailureKind::TimedOut | FailureKind::Throttled | FailureKind::Credentials)
}

#[cfg(test)]
mod tests {
    use std::future;
    use std::sync::Arc;

    use aws_sdk_kms::operation::decrypt::DecryptError;

    use super::*;

    fn late<T>() -> impl Future<Output = Result<T, SdkError<DecryptError>>> {
        future::ready(Err(SdkError::timeout_error("late")))
    }

    async fn pass(gate: &Gate) -> Result<u8, Failure> {
        gate.pass("Decrypt", future::ready(Ok::<_, SdkError<DecryptError>>(1))).await
    }

    #[tokio::test(start_paused = true)]
    async fn a_failure_turns_others_away_for_a_while() {
        let gate = Gate::new(Duration::from_secs(5));
        assert_eq!(gate.pass("Encrypt", late::<u8>()).await, Err(Failure::new("Encrypt", FailureKind::TimedOut)));
        assert_eq!(pass(&gate).await, Err(Failure::new("Encrypt", FailureKind::TimedOut)));
        tokio::time::advance(PAUSE).await;
        assert_eq!(pass(&gate).await, Ok(1));
    }

    #[tokio::test(start_paused = true)]
    async fn who_finds_no_room_waits_no_longer_than_told() {
        let gate = Arc::new(Gate::new(Duration::from_secs(5)));
        let busy: Vec<_> = (0..CALLS_MAX)
            .map(|_| {
                let gate = gate.clone();
                tokio::spawn(async move {
                    gate.pass("Decrypt", future::pending::<Result<u8, SdkError<DecryptError>>>()).await
                })
            })
            .collect();
        tokio::task::yield_now().await;
        let begun = Instant::now();
        assert_eq!(pass(&gate).await, Err(Failure::new("Decrypt", FailureKind::TimedOut)));
        assert_eq!(begun.elapsed(), Duration::from_secs(5));
        busy.iter().for_each(tokio::task::JoinHandle::abort);
    }

    #[tokio::test(start_paused = true)]
    async fn those_who_waited_are_turned_away_too() {
        let gate = Arc::new(Gate::new(Duration::from_secs(60)));
        let calls = (0..CALLS_MAX * 4).map(|_| {
            let gate = gate.clone();
            async move {
                gate.pass("Decrypt", async {
                    tokio::time::sleep(Duration::from_secs(10)).await;
                    late::<u8>().await
                })
                .await
            }
        });
        let begun = Instant::now();
        let ended = futures::future::join_all(calls).await;
        assert!(ended.iter().all(Result::is_err));
        assert_eq!(begun.elapsed(), Duration::from_secs(10), "they do not wait one after the other");
    }
}
