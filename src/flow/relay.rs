//! Moves jobs from the ledger's outbox to the broker, a window at a time, and writes back how they ended.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tradewind_broker::{Accepted, Body, BrokerError, Message, Outcome, Publisher, QueueName, Settlement};
use tradewind_compliance::JobId;
use tradewind_ledger::{Effects, Job, JobEnd, Lane, Lease, LedgerError, NewAlarm, UnixMs, Wake};

use super::{Flow, FlowError};

/// How long a job stays leased unless its lease is extended, and so how long the jobs of a process that died wait for another one. A
/// publication that fails takes 10 s, and so does a write that says so.
const LEASE_MS: u64 = 20_000;
/// The relay looks at the outbox at least so often, whatever wakes it.
const POLL: Duration = Duration::from_millis(500);
/// Jobs that are taken from one lane at once.
const LEASED_AT_ONCE_MAX: usize = 64;

/// The broker's side: hands settlements on to the relay's task.
pub(super) struct Settlements(mpsc::UnboundedSender<(Message, Outcome)>);

/// The relay's side. What waits in it is bounded by the broker's windows.
pub(super) type Settled = mpsc::UnboundedReceiver<(Message, Outcome)>;

pub(super) fn settlements() -> (Arc<Settlements>, Settled) {
    let (sender, receiver) = mpsc::unbounded_channel();
    (Arc::new(Settlements(sender)), receiver)
}

impl Settlement for Settlements {
    fn settled(&self, message: &Message, outcome: Outcome) {
        // The relay may have ended; the job's lease then runs out, and the next start takes it up.
        let _ = self.0.send((message.clone(), outcome));
    }

    fn quarantined(&self, message: &Message, reason: &'static str) {
        // The job's row went when the broker confirmed it: what is left to do is the alarm.
        self.settled(message, Outcome::Rejected(reason));
    }
}

/// Runs until `stop`, then drains what was settled. A process without the role of the relay writes down how its messages ended, and no more.
pub(super) async fn run(
    flow: Arc<Flow>,
    publisher: Arc<dyn Publisher>,
    mut settled: Settled,
    publishes: bool,
    stop: CancellationToken,
) {
    let (mut held, mut last) = (HashSet::<JobId>::new(), None);
    let mut wakes = flow.ledger.wakes();
    let mut leases_due = tokio::time::Instant::now() + Duration::from_millis(LEASE_MS / 3);
    loop {
        tokio::select! {
            () = stop.cancelled() => break,
            () = wakes.wait(|wake| wake == Wake::Jobs), if publishes => {}
            () = tokio::time::sleep(POLL) => {}
            first = settled.recv() => {
                if let Some(first) = first {
                    apply(&flow, first, &mut settled, &mut held).await;
                }
            }
        }
        // Before any lease is taken: one of ours that ran out while the ledger was away must not be taken up as another's.
        if tokio::time::Instant::now() >= leases_due {
            extend(&flow, &held).await;
            leases_due = tokio::time::Instant::now() + Duration::from_millis(LEASE_MS / 3);
        }
        if publishes && let Err(error) = publish_due(&flow, &publisher, &mut held, &mut last).await {
            tracing::warn!(%error, "the outbox could not be relayed; it is tried again");
        }
    }
    while let Ok(first) = settled.try_recv() {
        apply(&flow, first, &mut settled, &mut held).await;
    }
}

/// A round over the lanes. It ends with a failure; the next one begins behind the lane that failed, so that the others have their turn (L7).
async fn publish_due(
    flow: &Flow,
    publisher: &Arc<dyn Publisher>,
    held: &mut HashSet<JobId>,
    last: &mut Option<Lane>,
) -> Result<(), FlowError> {
    let mut lanes = flow.ledger.due_lanes(flow.now()).await?;
    lanes.sort_unstable();
    let behind = last.take().and_then(|last| lanes.iter().position(|lane| *lane > last));
    lanes.rotate_left(behind.unwrap_or_default());
    for lane in lanes {
        if let Err(error) = publish_lane(flow, publisher, &lane, held).await {
            *last = Some(lane);
            return Err(error);
        }
    }
    Ok(())
}

async fn publish_lane(
    flow: &Flow,
    publisher: &Arc<dyn Publisher>,
    lane: &Lane,
    held: &mut HashSet<JobId>,
) -> Result<(), FlowError> {
    let queue: QueueName = lane.queue.as_str().parse().map_err(|_| FlowError::Internal("a queue's name"))?;
    let room = publisher.room(&queue, &lane.partner).await?.min(LEASED_AT_ONCE_MAX);
    if room == 0 {
        return Ok(());
    }
    let now = flow.now();
    let limit = u32::try_from(room).unwrap_or(u32::MAX);
    let jobs = flow.ledger.lease_jobs(lane, limit, now, now.plus(LEASE_MS)).await?;
    publish(flow, publisher, &queue, jobs, held).await
}

/// Publishes jobs, all at once: a broker that confirms takes as long for many as for one.
async fn publish(
    flow: &Flow,
    publisher: &Arc<dyn Publisher>,
    queue: &QueueName,
    jobs: Vec<Job>,
    held: &mut HashSet<JobId>,
) -> Result<(), FlowError> {
    let attempts_max = flow.settings().config.gateway.limits.attempts_max;
    let (jobs, exhausted): (Vec<Job>, Vec<Job>) = jobs.into_iter().partition(|job| job.attempt <= attempts_max);
    for job in exhausted {
        quarantine(flow, &job, "attempts-exhausted").await?;
    }
    let publishing = jobs.into_iter().map(|job| async move {
        let lease = job.lease();
        let message = Message {
            id: lease.job,
            queue: queue.clone(),
            partner: job.lane.partner,
            kind: job.kind.as_str().to_owned(),
            attempt: job.attempt,
            body: Body::Reference(job.reference),
        };
        (lease, publisher.publish(message).await)
    });
    let (mut ends, mut trouble) = (Vec::new(), Ok(()));
    for (lease, answer) in futures::future::join_all(publishing).await {
        match answer {
            Ok(Accepted::Held) => {
                held.insert(lease.job);
            }
            // The broker answers for it from here on.
            Ok(Accepted::Confirmed) => ends.push((lease, JobEnd::Done)),
            // Its lease ran out while a consumer still has it: the consumer settles it.
            Err(BrokerError::AlreadyHeld { .. }) => {}
            Err(BrokerError::WindowFull { .. }) => ends.push((lease, JobEnd::Returned)),
            Err(error) => {
                ends.push((lease, JobEnd::Returned));
                // It is away for every lane alike: this round ends here.
                trouble = Err(error.into());
            }
        }
    }
    if !ends.is_empty() {
        flow.ledger.settle_jobs(ends).await?;
    }
    trouble
}

async fn quarantine(flow: &Flow, job: &Job, reason: &str) -> Result<(), FlowError> {
    flow.ledger.settle_jobs(vec![(job.lease(), JobEnd::Quarantined(reason.parse()?))]).await?;
    tracing::error!(queue = %job.lane.queue, partner = %job.lane.partner, job = %job.id, reason, "a job is quarantined");
    let alarm = NewAlarm {
        kind: "job-quarantined".parse()?,
        subject: job.id.to_string(),
        reason: Some(reason.parse()?),
        at: flow.now(),
    };
    Ok(flow.ledger.record(Effects { alarms: vec![alarm], ..Effects::none() }).await?)
}

/// Writes settlements to the outbox, all that wait in one call.
async fn apply(flow: &Flow, first: (Message, Outcome), settled: &mut Settled, held: &mut HashSet<JobId>) {
    let mut ended = vec![first];
    while let Ok(next) = settled.try_recv() {
        ended.push(next);
    }
    let mut ends = Vec::with_capacity(ended.len());
    for (message, outcome) in &ended {
        held.remove(&message.id);
        match end(flow, message, outcome) {
            Ok(end) => ends.push((Lease { job: message.id, attempt: message.attempt }, end)),
            Err(error) => tracing::error!(%error, "a settlement is not usable"),
        }
    }
    while let Err(error) = flow.ledger.settle_jobs(ends.clone()).await {
        if !error.is_transient() {
            tracing::error!(%error, "settlements were not written; the jobs come again when their leases end");
            return;
        }
        tokio::time::sleep(POLL).await;
    }
    for (message, outcome) in ended {
        if let Outcome::Rejected(reason) = outcome
            && let Err(error) = alarm(flow, &message, reason).await
        {
            tracing::error!(%error, "an alarm was not written");
        }
    }
}

fn end(flow: &Flow, message: &Message, outcome: &Outcome) -> Result<JobEnd, LedgerError> {
    Ok(match outcome {
        Outcome::Done => JobEnd::Done,
        Outcome::Returned => JobEnd::Returned,
        Outcome::Later(wait) => JobEnd::Later(after(flow, *wait)),
        Outcome::RetryAfter(wait) => {
            tracing::info!(queue = %message.queue, job = %message.id, attempt = message.attempt, "a job is tried again");
            JobEnd::RetryAt(after(flow, *wait))
        }
        Outcome::Rejected(reason) => JobEnd::Quarantined(reason.parse()?),
    })
}

fn after(flow: &Flow, wait: Duration) -> UnixMs {
    flow.now().plus(u64::try_from(wait.as_millis()).unwrap_or(u64::MAX))
}

async fn alarm(flow: &Flow, message: &Message, reason: &str) -> Result<(), LedgerError> {
    let (kind, subject) = ("job-quarantined".parse()?, message.id.to_string());
    flow.ledger.open_alarm(NewAlarm { kind, subject, reason: Some(reason.parse()?), at: flow.now() }).await.map(drop)
}

async fn extend(flow: &Flow, held: &HashSet<JobId>) {
    let jobs: Vec<JobId> = held.iter().copied().collect();
    if let Err(error) = flow.ledger.extend_leases(&jobs, flow.now().plus(LEASE_MS)).await {
        tracing::warn!(%error, "leases could not be extended");
    }
}
