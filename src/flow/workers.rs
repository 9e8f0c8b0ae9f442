//! The tasks that serve the rooms' queues, and their orderly end.

use std::future::Future;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tradewind_broker::{Consumer, Delivered, InProcess, InProcessOptions, Message, Outcome, QueueName, Wants, backoff};
use tradewind_compliance::PartnerId;

use super::{Flow, FlowError, answer, deliver, measure, notify, receive, relay, spool, translate};

/// How long unfinished work may go on after a stop.
const DRAIN: Duration = Duration::from_secs(20);

/// Every background task of the rooms.
pub struct Workers {
    stop: CancellationToken,
    broker: InProcess,
    consumers: JoinSet<()>,
    relay: tokio::task::JoinHandle<()>,
    stop_relay: CancellationToken,
}

/// How a room ended with a job, where it did not fail.
pub(super) enum Done {
    /// Nothing more to do.
    Yes,
    /// Again after a while.
    Later(Duration),
}

impl Workers {
    /// Starts them. Leases and calls that an earlier process left behind are taken up first.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub async fn start(flow: Arc<Flow>) -> Result<Self, FlowError> {
        flow.ledger.drop_leases().await?;
        receive::discard_orphans(&flow).await?;
        spool::sweep(&flow).await?;
        deliver::recover(&flow).await?;
        let (settlements, settled) = relay::settlements();
        let broker = InProcess::new(InProcessOptions::default(), settlements);
        let (stop, stop_relay, mut consumers) = (CancellationToken::new(), CancellationToken::new(), JoinSet::new());
        let translations = flow.settings().config.gateway.limits.translations_max;
        for _ in 0..translations {
            let wants = (Wants::Queue(QueueName::translate()), Width::One);
            serve(&mut consumers, &flow, &broker, wants, translate::job);
        }
        serve(&mut consumers, &flow, &broker, (Wants::Prefix("deliver.".into()), Width::Lanes), deliver::job);
        serve(&mut consumers, &flow, &broker, (Wants::Prefix("settle.".into()), Width::Lanes), deliver::settle_job);
        serve(&mut consumers, &flow, &broker, (Wants::Queue(QueueName::answer()), Width::One), answer::forward_job);
        consumers.spawn(notify::run(flow.clone(), stop.clone()));
        let relay = tokio::spawn(relay::run(flow, Arc::new(broker.clone()), settled, stop_relay.clone()));
        Ok(Self { stop, broker, consumers, relay, stop_relay })
    }

    /// The broker, for its depths.
    #[must_use]
    pub fn broker(&self) -> &InProcess {
        &self.broker
    }

    /// Lets what is under way end, within [`DRAIN`]; the rest is taken up at the next start.
    pub async fn stop(mut self) {
        self.stop.cancel();
        self.broker.close();
        let drained = tokio::time::timeout(DRAIN, async { while self.consumers.join_next().await.is_some() {} }).await;
        if drained.is_err() {
            tracing::warn!("work was still under way at the stop; it is taken up at the next start");
            self.consumers.shutdown().await;
        }
        self.stop_relay.cancel();
        if self.relay.await.is_err() {
            tracing::error!("the relay ended by a fault");
        }
    }
}

/// How many of a queue's messages are worked on at once.
#[derive(Clone, Copy)]
enum Width {
    /// One after the other.
    One,
    /// As many as the broker gives out: it bounds them for each partner, so a partner that is slow or dead slows no other (L7).
    Lanes,
}

/// One consumer: takes messages, does the room's work, settles.
fn serve<F, R>(
    consumers: &mut JoinSet<()>,
    flow: &Arc<Flow>,
    broker: &InProcess,
    (wants, width): (Wants, Width),
    room: F,
) where
    F: Fn(Arc<Flow>, PartnerId, String) -> R + Send + Copy + 'static,
    R: Future<Output = Result<Done, FlowError>> + Send + 'static,
{
    let (flow, broker) = (flow.clone(), broker.clone());
    consumers.spawn(async move {
        let mut at_work = JoinSet::new();
        while let Some(delivered) = broker.next(&wants).await {
            let message = delivered.message();
            let work = room(flow.clone(), message.partner.clone(), message.body.reference().to_owned());
            at_work.spawn(work_on(delivered, work));
            match width {
                Width::One => drop(at_work.join_next().await),
                Width::Lanes => while at_work.try_join_next().is_some() {},
            }
        }
        while at_work.join_next().await.is_some() {}
    });
}

async fn work_on(delivered: Delivered, work: impl Future<Output = Result<Done, FlowError>> + Send + 'static) {
    let (message, began) = (delivered.message().clone(), Instant::now());
    let outcome = outcome(&message, tokio::spawn(work).await);
    measure::job(&message.queue, &outcome, began.elapsed());
    delivered.settle(outcome);
}

fn outcome(message: &Message, ended: Result<Result<Done, FlowError>, tokio::task::JoinError>) -> Outcome {
    let (queue, job) = (&message.queue, message.id);
    let retry = || Outcome::RetryAfter(backoff(message.attempt, rand::random()));
    match ended {
        Ok(Ok(Done::Yes)) => Outcome::Done,
        Ok(Ok(Done::Later(wait))) => Outcome::RetryAfter(wait),
        Ok(Err(error)) => {
            tracing::warn!(%queue, %job, attempt = message.attempt, %error, "a job failed");
            retry()
        }
        Err(_) => {
            tracing::error!(%queue, %job, attempt = message.attempt, "a job ended by a fault of the program");
            retry()
        }
    }
}
