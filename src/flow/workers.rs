//! The tasks that serve the rooms' queues, and their orderly end.

use std::future::Future;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tradewind_broker::{Broker, Delivered, Message, Outcome, QueueName, Settlement, Wants, backoff};
use tradewind_compliance::PartnerId;

use super::{Flow, FlowError, answer, away, deliver, measure, notify, recover, relay, translate};
use crate::roles::{Role, Roles};
use crate::settings::Settings;

/// How long unfinished work may go on after a stop.
const DRAIN: Duration = Duration::from_secs(15);

/// The wait of a job whose engine is away is that after so many attempts, however many there were: one to two seconds.
const AWAY_TRIES: u32 = 2;

/// Between two looks whether partners were configured anew.
const LANES_EVERY: Duration = Duration::from_secs(2);

/// Opens the queues' backend, which tells the relay how messages ended.
pub type OpenBroker = Box<dyn FnOnce(Arc<dyn Settlement>) -> anyhow::Result<Arc<dyn Broker>> + Send>;

/// Every background task of the rooms that a process has.
pub struct Workers {
    flow: Arc<Flow>,
    stop: CancellationToken,
    broker: Arc<dyn Broker>,
    consumers: JoinSet<()>,
    relay: tokio::task::JoinHandle<()>,
    stop_relay: CancellationToken,
}

/// How a room ended with a job, where it did not fail.
pub(super) enum Done {
    /// Nothing more to do.
    Yes,
    /// Again after a while, without an attempt more: what bounds it is its own.
    Later(Duration),
}

impl Workers {
    /// Starts them. What an earlier process left behind is taken up first, unless other processes are at work on it.
    ///
    /// # Errors
    /// When the ledger cannot be read, or the queues are configured wrongly.
    pub async fn start(flow: Arc<Flow>, roles: &Roles, open: OpenBroker) -> anyhow::Result<Self> {
        if !flow.shared {
            recover::at_start(&flow).await?;
        }
        let (settlements, settled) = relay::settlements();
        let broker = open(settlements)?;
        broker.serve_lanes(lanes(&flow.settings()));
        // Once a process.
        let _ = flow.queues.set(broker.clone());
        let (stop, stop_relay, mut consumers) = (CancellationToken::new(), CancellationToken::new(), JoinSet::new());
        if roles.has(Role::Translate) {
            for _ in 0..flow.settings().config.gateway.limits.translations_max {
                let wants = (Wants::Queue(QueueName::translate()), Width::One);
                serve(&mut consumers, &flow, &broker, wants, translate::job);
            }
        }
        if roles.has(Role::Deliver) {
            serve(&mut consumers, &flow, &broker, (Wants::Prefix("deliver.".into()), Width::Lanes), deliver::job);
            serve(&mut consumers, &flow, &broker, (Wants::Prefix("settle.".into()), Width::Lanes), deliver::settle_job);
        }
        if roles.has(Role::Answer) {
            serve(&mut consumers, &flow, &broker, (Wants::Queue(QueueName::answer()), Width::One), answer::forward_job);
            consumers.spawn(notify::run(flow.clone(), stop.clone()));
        }
        if flow.shared {
            consumers.spawn(keep_lanes(flow.clone(), broker.clone(), stop.clone()));
        }
        let relays = roles.has(Role::Relay);
        let relay = tokio::spawn(relay::run(flow.clone(), broker.clone(), settled, relays, stop_relay.clone()));
        Ok(Self { flow, stop, broker, consumers, relay, stop_relay })
    }

    /// The queues.
    #[must_use]
    pub fn broker(&self) -> Arc<dyn Broker> {
        self.broker.clone()
    }

    /// Lets what is under way end, within limits; the rest is handed back.
    pub async fn stop(mut self) {
        self.stop.cancel();
        self.flow.calls.stop();
        self.broker.close();
        let drained = tokio::time::timeout(DRAIN, async { while self.consumers.join_next().await.is_some() {} }).await;
        if drained.is_err() {
            tracing::warn!("work was still under way at the stop; it is taken up again");
            self.consumers.shutdown().await;
        }
        self.broker.shutdown().await;
        self.stop_relay.cancel();
        if self.relay.await.is_err() {
            tracing::error!("the relay ended by a fault");
        }
    }
}

/// Every lane that there may be. Other processes publish to them, too.
fn lanes(settings: &Settings) -> Vec<(QueueName, PartnerId)> {
    let mut lanes = Vec::new();
    for (name, partner) in &settings.config.partners {
        lanes.extend([QueueName::translate(), QueueName::answer()].map(|queue| (queue, name.clone())));
        if partner.deliver.is_some() {
            lanes.push((QueueName::deliver(name), name.clone()));
            lanes.extend(deliver::settle_queue(name).map(|queue| (queue, name.clone())));
        }
    }
    lanes
}

/// Serves the lanes of partners that are configured while the program runs.
async fn keep_lanes(flow: Arc<Flow>, broker: Arc<dyn Broker>, stop: CancellationToken) {
    let mut known = flow.settings();
    while !stop.is_cancelled() {
        let current = flow.settings();
        if !Arc::ptr_eq(&known, &current) {
            broker.serve_lanes(lanes(&current));
            known = current;
        }
        tokio::select! {
            () = stop.cancelled() => {}
            () = tokio::time::sleep(LANES_EVERY) => {}
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
    broker: &Arc<dyn Broker>,
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
            at_work.spawn(work_on(flow.clone(), delivered, work));
            match width {
                Width::One => drop(at_work.join_next().await),
                Width::Lanes => while at_work.try_join_next().is_some() {},
            }
        }
        while at_work.join_next().await.is_some() {}
    });
}

async fn work_on(
    flow: Arc<Flow>,
    delivered: Delivered,
    work: impl Future<Output = Result<Done, FlowError>> + Send + 'static,
) {
    let (message, began) = (delivered.message().clone(), Instant::now());
    let outcome = outcome(&flow, &message, tokio::spawn(work).await);
    measure::job(&message.queue, &outcome, began.elapsed());
    delivered.settle(outcome);
}

fn outcome(flow: &Flow, message: &Message, ended: Result<Result<Done, FlowError>, tokio::task::JoinError>) -> Outcome {
    let (queue, job) = (&message.queue, message.id);
    let retry = || Outcome::RetryAfter(backoff(message.attempt, rand::random()));
    match ended {
        Ok(Ok(Done::Yes)) => Outcome::Done,
        Ok(Ok(Done::Later(wait))) => Outcome::Later(wait),
        Ok(Err(error)) if away::waits(flow, job, &error) => {
            tracing::warn!(%queue, %job, %error, "a job waits for what is away");
            Outcome::Later(backoff(AWAY_TRIES, rand::random()))
        }
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
