//! Queues on RabbitMQ. A lane (a partner in a queue) is a quorum queue. What [`Publisher::publish`] answered for is on the disks of a
//! majority of the broker's nodes; a broker that stops, restarts, blocks or refuses makes publishers wait and then fail, and loses nothing.
//!
//! Two connections, since a broker that is short of memory blocks those that publish: one publishes, the other consumes, settles and asks.
//! Each is kept up by a task of its own. docs/messages.md says what a message carries.

mod aside;
mod connection;
mod consume;
mod declare;
mod gauge;
mod names;
mod publish;
mod settle;
mod shelf;
#[cfg(test)]
mod tests;
mod wire;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use secrecy::SecretString;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinSet;
use tokio::time::timeout;
use tradewind_compliance::PartnerId;

use crate::{
    ATTEMPTS_MAX, Accepted, Broker, BrokerError, Consumer, Delivered, Depth, Message, Publisher, QueueName, Settlement,
    Wants,
};
use gauge::Gauges;
use names::{Lane, Names};
use publish::{Job, Target};
use shelf::{Shelf, Taken};

/// How long `publish` waits for the broker's confirm, a broker that is away or blocks among it.
pub const PUBLISH_TIMEOUT: Duration = Duration::from_secs(10);
/// How long one question to the broker may take.
const ASK_TIMEOUT: Duration = Duration::from_secs(10);
/// Questions and publishings that wait for their turn.
const WAITING_MAX: usize = 1024;
/// One publishes, one consumes.
const LINKS: usize = 2;
/// How long messages in hand may take to be settled at the end.
const DRAIN: Duration = Duration::from_secs(5);

/// Where the broker is, and the limits of what we do with it.
#[derive(Debug, Clone)]
pub struct RabbitMqOptions {
    /// `amqp://user:password@host:port/vhost`, or `amqps://…`.
    pub url: SecretString,
    /// Certificate authorities in PEM that are trusted beside the system's.
    pub authorities: Option<String>,
    /// What the names of our queues begin with.
    pub prefix: String,
    /// Messages of one lane that the broker is given before the rest stays in the ledger.
    pub window: usize,
    /// Messages of one lane that this process has in hand at once, those among it that wait for a room.
    pub in_hand: u16,
    /// Attempts after which a message goes to the quarantine queue.
    pub attempts_max: u32,
}

impl RabbitMqOptions {
    /// The usual limits.
    #[must_use]
    pub fn new(url: SecretString) -> Self {
        let (authorities, prefix) = (None, "tradewind".to_owned());
        Self { url, authorities, prefix, window: 64, in_hand: 4, attempts_max: ATTEMPTS_MAX }
    }
}

/// The broker. Cheap to clone; every clone shares its connections.
#[derive(Clone)]
pub struct RabbitMq {
    shared: Arc<Shared>,
}

struct Shared {
    options: RabbitMqOptions,
    names: Names,
    shelf: Shelf,
    gauges: Gauges,
    settlement: Arc<dyn Settlement>,
    publishing: mpsc::Sender<Job>,
    asking: mpsc::Sender<Ask>,
    stop: watch::Sender<bool>,
    /// Connections that stand, of [`LINKS`].
    links: AtomicUsize,
    tasks: tokio::sync::Mutex<JoinSet<()>>,
}

/// A question: how many messages of a lane wait in the broker.
struct Ask {
    lane: Lane,
    reply: oneshot::Sender<u32>,
}

impl RabbitMq {
    /// Starts to connect and goes on until [`Broker::shutdown`]; a broker that is not there yet is waited for. `settlement` hears what went to
    /// quarantine.
    ///
    /// # Errors
    /// [`BrokerError::ConfigAddress`] when the URL is none.
    pub fn open(options: RabbitMqOptions, settlement: Arc<dyn Settlement>) -> Result<Self, BrokerError> {
        connection::address(&options)?;
        let (publishing, jobs) = mpsc::channel(WAITING_MAX);
        let (asking, asks) = mpsc::channel(WAITING_MAX);
        let (settling, ended) = mpsc::unbounded_channel();
        let stop = watch::Sender::new(false);
        let names = Names::new(&options.prefix);
        let shelf = Shelf::new(settling);
        let tasks = tokio::sync::Mutex::new(JoinSet::new());
        let shared = Arc::new(Shared {
            options,
            names,
            shelf,
            gauges: Gauges::default(),
            settlement,
            publishing,
            asking,
            stop,
            links: AtomicUsize::new(0),
            tasks,
        });
        if let Ok(mut tasks) = shared.tasks.try_lock() {
            tasks.spawn(publish::run(shared.clone(), jobs));
            tasks.spawn(consume::run(shared.clone(), asks));
            tasks.spawn(settle::run(shared.clone(), ended));
        }
        Ok(Self { shared })
    }
}

impl Shared {
    /// Runs a session on a connection that stands, which counts as long as it does.
    async fn linked<T>(&self, session: impl Future<Output = T>) -> T {
        self.links.fetch_add(1, Ordering::Relaxed);
        let ended = session.await;
        self.links.fetch_sub(1, Ordering::Relaxed);
        ended
    }

    /// Publishes and waits for the broker's confirm.
    async fn publish(&self, target: Target, message: Message) -> Result<(), BrokerError> {
        let queue = message.queue.clone();
        let unconfirmed = || BrokerError::Unconfirmed { queue: queue.clone() };
        let (reply, answer) = oneshot::channel();
        let confirmed = async {
            self.publishing.send(Job { target, message, reply }).await.map_err(|_| BrokerError::Closed)?;
            answer.await.map_err(|_| unconfirmed())?
        };
        timeout(PUBLISH_TIMEOUT, confirmed).await.map_err(|_| unconfirmed())?
    }

    /// Messages of a lane that wait in the broker.
    async fn waiting(&self, lane: Lane) -> Result<usize, BrokerError> {
        let (reply, answer) = oneshot::channel();
        let asked = async {
            self.asking.send(Ask { lane, reply }).await.map_err(|_| BrokerError::Closed)?;
            answer.await.map_err(|_| BrokerError::Unreachable)
        };
        let count = timeout(ASK_TIMEOUT, asked).await.map_err(|_| BrokerError::Unreachable)??;
        Ok(usize::try_from(count).unwrap_or(usize::MAX))
    }

    /// Completes once [`Broker::shutdown`] came to its end.
    async fn stopped(&self) {
        // The sender lives as long as `self`.
        let _ = self.stop.subscribe().wait_for(|stop| *stop).await;
    }
}

#[async_trait]
impl Publisher for RabbitMq {
    async fn publish(&self, message: Message) -> Result<Accepted, BrokerError> {
        message.body.check()?;
        if self.shared.shelf.closed() {
            return Err(BrokerError::Closed);
        }
        let lane = Lane::of(&message);
        self.shared.shelf.know(&lane);
        self.shared.publish(Target::Lane, message).await?;
        self.shared.gauges.confirmed(&lane);
        Ok(Accepted::Confirmed)
    }

    /// The broker is asked now and then, and what was confirmed is counted in between; what other processes publish meanwhile is not seen, so
    /// that N relays may leave up to N windows in a lane.
    async fn room(&self, queue: &QueueName, partner: &PartnerId) -> Result<usize, BrokerError> {
        let lane = Lane { queue: queue.clone(), partner: partner.clone() };
        let (here, gauges) = (self.shared.shelf.depth(&lane), &self.shared.gauges);
        let window = self.shared.options.window;
        let waiting = match gauges.waiting(&lane, Instant::now()) {
            Some(waiting) => waiting,
            None => {
                let mark = gauges.mark(&lane);
                let waiting = self.shared.waiting(lane.clone()).await?;
                gauges.read(lane, waiting, mark, window, Instant::now());
                waiting
            }
        };
        Ok(window.saturating_sub(waiting + here.waiting + here.unsettled))
    }

    /// Of the lanes that this process knows: those that it publishes to, consumes, or was told of. AMQP cannot list a broker's queues, so what
    /// another process alone knows is not in it; the ledger's outbox and the broker's own pages tell the whole.
    async fn depth(&self, queue: &QueueName) -> Result<Depth, BrokerError> {
        let mut whole = Depth::default();
        for lane in self.shared.shelf.lanes().into_iter().filter(|lane| lane.queue == *queue) {
            let here = self.shared.shelf.depth(&lane);
            whole.waiting += here.waiting + self.shared.waiting(lane).await?;
            whole.unsettled += here.unsettled;
        }
        Ok(whole)
    }

    /// Of the lanes that this process knows, as [`Publisher::depth`].
    async fn depths(&self) -> Result<Vec<(QueueName, Depth)>, BrokerError> {
        let mut queues: Vec<QueueName> = self.shared.shelf.lanes().into_iter().map(|lane| lane.queue).collect();
        queues.dedup();
        let mut depths = Vec::new();
        for queue in queues {
            let depth = self.depth(&queue).await?;
            if depth != Depth::default() {
                depths.push((queue, depth));
            }
        }
        Ok(depths)
    }
}

#[async_trait]
impl Consumer for RabbitMq {
    async fn next(&self, wants: &Wants) -> Option<Delivered> {
        let shelf = &self.shared.shelf;
        shelf.want(wants);
        loop {
            // Registered before looking, so that what arrives in between wakes this wait.
            let mut changed = std::pin::pin!(shelf.changed());
            changed.as_mut().enable();
            match shelf.take(wants) {
                Taken::Message(delivered) => return Some(delivered),
                Taken::Closed => return None,
                Taken::Nothing => changed.await,
            }
        }
    }
}

#[async_trait]
impl Broker for RabbitMq {
    fn serve_lanes(&self, lanes: Vec<(QueueName, PartnerId)>) {
        for (queue, partner) in lanes {
            self.shared.shelf.know(&Lane { queue, partner });
        }
    }

    fn connected(&self) -> bool {
        self.shared.links.load(Ordering::Relaxed) == LINKS
    }

    fn close(&self) {
        self.shared.shelf.close();
    }

    async fn shutdown(&self) {
        self.close();
        if timeout(DRAIN, self.shared.shelf.settled()).await.is_err() {
            tracing::warn!("messages were unsettled at the end; the broker gives them out again");
        }
        self.shared.stop.send_replace(true);
        let mut tasks = self.shared.tasks.lock().await;
        if timeout(DRAIN, async { while tasks.join_next().await.is_some() {} }).await.is_err() {
            tasks.shutdown().await;
        }
    }
}
