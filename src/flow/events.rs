//! The door of S3 events: files that somebody put into a bucket are received as if their partner had brought them over SFTP.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures::TryStreamExt;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tradewind_aws::{Arrived, ArrivedError, Failure, S3Events};
use tradewind_broker::backoff;
use tradewind_compliance::PartnerId;
use tradewind_compliance::keys::SearchKind;
use tradewind_compliance::vault::VaultError;
use tradewind_ledger::{LedgerError, NewAlarm, Reservation, SearchHash, UnixMs};

use super::receive::{Door, Reception};
use super::{Flow, FlowError, measure};

/// Files that a process takes in at once.
const FILES_AT_ONCE: usize = 4;
/// Failures after which the wait for a queue that is missing grows no more: about 4 s.
const FAILURES_COUNTED_MAX: u32 = 3;
/// After every time that was ever written: a key that somebody reserved and did not complete is taken over at once. Two who take the same
/// file in at once do no harm, the first to record it wins.
const EVER: UnixMs = UnixMs(u64::MAX);

/// What became of a file.
enum Taken {
    /// It is received.
    Received,
    /// It was received before.
    Before,
    /// It is the mark of a folder.
    Folder,
    /// It was removed or overwritten before it was read.
    Gone(PartnerId),
    /// It cannot be received as things stand: its message is left to the queue's redrive policy.
    Left {
        /// Of a partner, or of nobody that we know.
        subject: String,
        /// Why, as a code.
        reason: &'static str,
    },
}

/// The door.
struct EventsDoor {
    flow: Arc<Flow>,
    events: S3Events,
    stop: CancellationToken,
    /// Whether an alarm may be open because the queue could not be polled.
    failing: AtomicBool,
}

/// Takes files in until `stop`. What is under way then is handed back.
pub async fn run(flow: Arc<Flow>, events: S3Events, stop: CancellationToken) {
    // Of an earlier process.
    let failing = AtomicBool::new(true);
    let door = Arc::new(EventsDoor { flow, events, stop: stop.clone(), failing });
    stop.run_until_cancelled(door.open()).await;
    let mut workers = JoinSet::new();
    for _ in 0..FILES_AT_ONCE {
        let door = door.clone();
        workers.spawn(async move { door.work().await });
    }
    while let Some(ended) = workers.join_next().await {
        if ended.is_err() && !stop.is_cancelled() {
            tracing::error!("the door of S3's events met a fault of the program; it goes on");
            let door = door.clone();
            workers.spawn(async move { door.work().await });
        }
    }
}

impl EventsDoor {
    /// Waits for the queue.
    async fn open(&self) {
        let mut failures = 0_u32;
        while let Err(failure) = self.events.check().await {
            failures += 1;
            tracing::warn!(%failure, failures, "waiting for the queue of S3's events");
            self.alarm_if_failing(true).await;
            tokio::time::sleep(backoff(failures.min(FAILURES_COUNTED_MAX), rand::random())).await;
        }
    }

    async fn work(&self) {
        while let Some(polled) = self.stop.run_until_cancelled(self.events.next()).await {
            match polled {
                Ok(arrived) => {
                    self.alarm_if_failing(false).await;
                    if let Some(arrived) = arrived {
                        self.one(arrived).await;
                    }
                }
                Err(failure) => {
                    tracing::warn!(%failure, "the queue of S3's events cannot be polled; it is tried again");
                    self.alarm_if_failing(true).await;
                }
            }
        }
    }

    /// Takes a file in, and says so to the queue.
    async fn one(&self, arrived: Arrived) {
        let Some(taken) = self.stop.run_until_cancelled(self.take(&arrived)).await else {
            told(arrived.again(Duration::ZERO).await);
            return;
        };
        let (outcome, settled) = match taken {
            Ok(Taken::Received) => ("received", arrived.done().await),
            Ok(Taken::Before) => ("repeated", arrived.done().await),
            Ok(Taken::Folder) => ("folder", arrived.done().await),
            Ok(Taken::Gone(partner)) => {
                tracing::error!(%partner, "a file was removed or overwritten before it was received");
                self.alarm("s3-file-gone", partner.to_string(), None).await;
                ("gone", arrived.done().await)
            }
            Ok(Taken::Left { subject, reason }) => {
                tracing::error!(
                    subject,
                    reason,
                    "a file is not received; its message is left to the queue's redrive policy"
                );
                self.alarm("s3-file-left", subject, Some(reason)).await;
                ("left", Ok(()))
            }
            Err(error) => {
                let (receives, error) = (arrived.receives(), format!("{:#}", anyhow::Error::from(error)));
                tracing::warn!(receives, error, "a file could not be received; it is tried again");
                if receives >= self.events.options().receives_max {
                    // The queue's redrive policy takes it away now.
                    self.alarm("s3-file-left", "events".into(), Some("tried-too-often")).await;
                }
                ("failed", arrived.again(backoff(receives, rand::random())).await)
            }
        };
        measure::s3_file(outcome);
        told(settled);
    }

    /// Seals the file as it comes and records it, once.
    async fn take(&self, arrived: &Arrived) -> Result<Taken, FlowError> {
        let flow = self.flow.as_ref();
        let Some(folder) = self.events.options().folder_of(arrived.key()) else {
            return Ok(Taken::Left { subject: "events".into(), reason: "no-folder" });
        };
        let (partner, name) = (&folder.partner, arrived.key().strip_prefix(&folder.prefix).unwrap_or_default());
        if name.is_empty() || (name.ends_with('/') && arrived.size() == 0) {
            return Ok(Taken::Folder);
        }
        let left = |reason| Ok(Taken::Left { subject: partner.to_string(), reason });
        let settings = flow.settings();
        let bytes_max = settings.config.gateway.limits.file_bytes_max;
        if settings.partner(partner).is_none() {
            return left("no-partner");
        } else if arrived.size() > bytes_max {
            return left("file-too-large");
        }
        let search = flow.vault.keys().search_key(partner).await.map_err(VaultError::Keys)?;
        let key = SearchHash(search.digest(SearchKind::new("s3-object"), &arrived.identity()));
        match flow.ledger.reserve_key(partner, key, key, EVER, flow.now()).await? {
            Reservation::Fresh => {}
            Reservation::Done(_) => return Ok(Taken::Before),
            Reservation::InFlight | Reservation::Conflict => return Err(FlowError::Internal("an object's own key")),
        }
        tracing::debug!(%partner, bytes = arrived.size(), "a file of a bucket is read");
        let mut body = match arrived.read().await {
            Ok(body) => body,
            Err(ArrivedError::Gone) => return Ok(Taken::Gone(partner.clone())),
            Err(ArrivedError::Store(error)) => return Err(VaultError::Store(error).into()),
        };
        let mut reception = Reception::open(flow, partner, Door::S3, Some(name)).await?;
        while let Some(piece) = body.try_next().await.map_err(VaultError::Store)? {
            if reception.bytes().saturating_add(piece.len() as u64) > bytes_max {
                return left("file-too-large");
            }
            reception.write(&piece).await?;
        }
        let whole = reception.finish(flow).await?;
        if whole.clone().receive_under(flow, key).await?.is_none() {
            // Another was faster.
            whole.forget(flow).await?;
            return Ok(Taken::Before);
        }
        Ok(Taken::Received)
    }

    /// Opens or clears the alarm that the queue cannot be polled.
    async fn alarm_if_failing(&self, failing: bool) {
        let was = self.failing.swap(failing, Ordering::Relaxed);
        if failing {
            self.alarm("s3-events-failing", "events".into(), None).await;
        } else if was && let Err(error) = self.clear_failing().await {
            self.failing.store(true, Ordering::Relaxed);
            tracing::warn!(%error, "an alarm could not be cleared");
        }
    }

    async fn clear_failing(&self) -> Result<(), LedgerError> {
        let kind = "s3-events-failing".parse()?;
        self.flow.ledger.clear_alarm(&kind, "events", self.flow.now()).await.map(drop)
    }

    async fn alarm(&self, kind: &str, subject: String, reason: Option<&str>) {
        let opened = async {
            let (kind, reason) = (kind.parse()?, reason.map(str::parse).transpose()?);
            self.flow.ledger.open_alarm(NewAlarm { kind, subject, reason, at: self.flow.now() }).await
        };
        if let Err(error) = opened.await {
            tracing::warn!(%error, kind, "an alarm could not be opened");
        }
    }
}

/// Whether the queue heard of it. If not, the file comes again, which does no harm.
fn told(settled: Result<(), Failure>) {
    if let Err(failure) = settled {
        tracing::warn!(%failure, "the queue of S3's events could not be told of a file; it comes again");
    }
}
