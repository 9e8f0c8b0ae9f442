//! The suite that every backend passes, each a function that takes a [`Harness`]. A backend's tests run them all with
//! [`crate::broker_contract!`].

// A suite's assertions are its purpose; it is compiled into tests alone.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

use std::collections::HashSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use tradewind_compliance::{JobId, PartnerId};

use crate::{
    Accepted, BODY_BYTES_MAX, Body, BrokerError, Consumer, Delivered, Depth, Message, Outcome, Publisher, QueueName,
    Settlement, Wants,
};

/// Opens a backend without messages.
#[async_trait]
pub trait Harness: Send + Sync {
    /// Both sides of one broker.
    async fn open(&self, settlement: Arc<dyn Settlement>) -> (Arc<dyn Publisher>, Arc<dyn Consumer>);
}

/// Makes a test of every function of the suite. `$harness` is an expression that gives a [`Harness`].
#[macro_export]
macro_rules! broker_contract {
    ($harness:expr) => {
        $crate::broker_contract!(@tests $harness; delivers_what_was_published, forgets_what_is_done,
            gives_back_what_a_consumer_drops, counts_no_attempt_that_could_not_be_made, tells_each_outcome_once, takes_bodies_up_to_the_limit,
            serves_partners_in_turn, counts_depth, wakes_a_waiting_consumer, serves_queues_by_prefix,
            loses_nothing_to_a_cancelled_wait, gives_each_message_to_one_of_many_consumers);
    };
    (@tests $harness:expr; $($name:ident),+) => {$(
        #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
        async fn $name() {
            $crate::contract::$name(&$harness).await;
        }
    )+};
}

/// Keeps what was settled and what was put aside.
#[derive(Default)]
pub struct Ended {
    settled: Mutex<Vec<(JobId, Outcome)>>,
    quarantined: Mutex<Vec<(JobId, &'static str)>>,
}

impl Ended {
    pub fn all(&self) -> Vec<(JobId, Outcome)> {
        self.settled.lock().unwrap().clone()
    }

    pub fn quarantined(&self) -> Vec<(JobId, &'static str)> {
        self.quarantined.lock().unwrap().clone()
    }
}

impl Settlement for Ended {
    fn settled(&self, message: &Message, outcome: Outcome) {
        self.settled.lock().unwrap().push((message.id, outcome));
    }

    fn quarantined(&self, message: &Message, reason: &'static str) {
        self.quarantined.lock().unwrap().push((message.id, reason));
    }
}

const LONG: Duration = Duration::from_secs(30);

/// A broker under test.
pub struct World {
    pub publisher: Arc<dyn Publisher>,
    pub consumer: Arc<dyn Consumer>,
    pub ended: Arc<Ended>,
}

impl World {
    pub async fn new(harness: &dyn Harness) -> Self {
        let ended = Arc::new(Ended::default());
        let (publisher, consumer) = harness.open(Arc::clone(&ended) as Arc<dyn Settlement>).await;
        Self { publisher, consumer, ended }
    }

    pub async fn publish(&self, queue: &str, partner: &str) -> (JobId, Accepted) {
        let message = message(queue, partner);
        (message.id, self.publisher.publish(message).await.unwrap())
    }

    pub async fn next(&self, queue: &str) -> Delivered {
        let wants = Wants::Queue(queue.parse().unwrap());
        tokio::time::timeout(LONG, self.consumer.next(&wants)).await.expect("a message").unwrap()
    }

    /// A broker of another process hands messages over in its own time: what it has given out may not have arrived yet.
    pub async fn depth_becomes(&self, queue: &str, expected: Depth) {
        let queue = queue.parse().unwrap();
        let mut found = None;
        let comes = async {
            while found != Some(expected) {
                found = Some(self.publisher.depth(&queue).await.unwrap());
            }
        };
        let came = tokio::time::timeout(LONG, comes).await;
        assert!(came.is_ok(), "expected {expected:?} in {queue}, found {found:?}");
    }
}

pub fn partner(name: &str) -> PartnerId {
    name.parse().unwrap()
}

pub fn message(queue: &str, of: &str) -> Message {
    static SERIAL: AtomicU64 = AtomicU64::new(1);
    let serial = SERIAL.fetch_add(1, Ordering::Relaxed);
    Message {
        id: JobId::new(1_700_000_000_000 + serial, serial),
        queue: queue.parse().unwrap(),
        partner: partner(of),
        kind: "test".into(),
        attempt: 1,
        body: Body::Reference(format!("reference-{serial}")),
    }
}

pub async fn delivers_what_was_published(harness: &dyn Harness) {
    let world = World::new(harness).await;
    let (plain, mut sealed) = (message("translate", "acme"), message("translate", "acme"));
    sealed.body = Body::Sealed { reference: "x".into(), bytes: vec![0, 255, 10] };
    sealed.attempt = 3;
    for message in [&plain, &sealed] {
        world.publisher.publish(message.clone()).await.unwrap();
        let delivered = world.next("translate").await;
        assert_eq!(delivered.message(), message);
        delivered.settle(Outcome::Done);
    }
}

pub async fn forgets_what_is_done(harness: &dyn Harness) {
    let world = World::new(harness).await;
    let (id, accepted) = world.publish("translate", "acme").await;
    world.next("translate").await.settle(Outcome::Done);
    world.depth_becomes("translate", Depth::default()).await;
    let told = world.ended.all();
    match accepted {
        Accepted::Held => assert_eq!(told, [(id, Outcome::Done)]),
        Accepted::Confirmed => assert!(told.is_empty(), "what was confirmed is the broker's own affair"),
    }
}

pub async fn gives_back_what_a_consumer_drops(harness: &dyn Harness) {
    let world = World::new(harness).await;
    let (id, accepted) = world.publish("translate", "acme").await;
    drop(world.next("translate").await);
    match accepted {
        Accepted::Held => assert_eq!(world.ended.all(), [(id, Outcome::Returned)]),
        Accepted::Confirmed => assert_eq!(world.next("translate").await.message().id, id),
    }
}

pub async fn counts_no_attempt_that_could_not_be_made(harness: &dyn Harness) {
    let world = World::new(harness).await;
    let (id, accepted) = world.publish("translate", "acme").await;
    let wait = Duration::from_millis(1);
    for _ in 0..2 {
        let delivered = world.next("translate").await;
        assert_eq!((delivered.message().id, delivered.message().attempt), (id, 1));
        delivered.settle(Outcome::Later(wait));
        if accepted == Accepted::Held {
            assert_eq!(world.ended.all(), [(id, Outcome::Later(wait))], "the outbox waits");
            return;
        }
    }
    assert_eq!(world.next("translate").await.message().attempt, 1);
}

pub async fn tells_each_outcome_once(harness: &dyn Harness) {
    let world = World::new(harness).await;
    let hour = Duration::from_secs(3_600);
    let outcomes = [Outcome::Done, Outcome::RetryAfter(hour), Outcome::Later(hour), Outcome::Rejected("poison")];
    let mut expected = Vec::new();
    let mut aside = Vec::new();
    for outcome in outcomes {
        let (id, accepted) = world.publish("translate", "acme").await;
        world.next("translate").await.settle(outcome.clone());
        match (accepted, outcome) {
            (Accepted::Held, outcome) => expected.push((id, outcome)),
            (Accepted::Confirmed, Outcome::Rejected(reason)) => aside.push((id, reason)),
            (Accepted::Confirmed, _) => {}
        }
    }
    assert_eq!(world.ended.all(), expected);
    let told = tokio::time::timeout(LONG, async {
        while world.ended.quarantined() != aside {
            tokio::task::yield_now().await;
        }
    });
    assert!(told.await.is_ok(), "expected {aside:?}, found {:?}", world.ended.quarantined());
}

pub async fn takes_bodies_up_to_the_limit(harness: &dyn Harness) {
    let world = World::new(harness).await;
    let mut fits = message("translate", "acme");
    fits.body = Body::Sealed { reference: "x".into(), bytes: vec![1; BODY_BYTES_MAX] };
    world.publisher.publish(fits).await.unwrap();
    let mut large = message("translate", "acme");
    large.body = Body::Sealed { reference: "x".into(), bytes: vec![1; BODY_BYTES_MAX + 1] };
    let refused = world.publisher.publish(large).await;
    assert!(matches!(refused, Err(BrokerError::BodyTooLarge { max: BODY_BYTES_MAX, .. })));
}

pub async fn serves_partners_in_turn(harness: &dyn Harness) {
    let world = World::new(harness).await;
    for of in ["acme", "bravo"] {
        world.publish("translate", of).await;
        world.next("translate").await.settle(Outcome::Done);
    }
    for _ in 0..20 {
        world.publish("translate", "acme").await;
    }
    for _ in 0..3 {
        world.publish("translate", "bravo").await;
    }
    let mut served = Vec::new();
    for _ in 0..8 {
        let delivered = world.next("translate").await;
        served.push(delivered.message().partner.clone());
        delivered.settle(Outcome::Done);
    }
    let of_bravo = served.iter().filter(|of| **of == partner("bravo")).count();
    assert_eq!(of_bravo, 3, "twenty of one partner's do not keep another's three waiting: {served:?}");
}

pub async fn counts_depth(harness: &dyn Harness) {
    let world = World::new(harness).await;
    for (queue, of) in [("translate", "acme"), ("translate", "bravo"), ("deliver.payer", "payer")] {
        world.publish(queue, of).await;
    }
    let in_hand = world.next("translate").await;
    world.depth_becomes("translate", Depth { waiting: 1, unsettled: 1 }).await;
    let all: HashSet<String> =
        world.publisher.depths().await.unwrap().into_iter().map(|(queue, _)| queue.to_string()).collect();
    assert_eq!(all, ["translate".to_owned(), "deliver.payer".to_owned()].into());
    in_hand.settle(Outcome::Done);
    world.depth_becomes("translate", Depth { waiting: 1, unsettled: 0 }).await;
}

pub async fn wakes_a_waiting_consumer(harness: &dyn Harness) {
    let world = World::new(harness).await;
    let consumer = Arc::clone(&world.consumer);
    let (ready, waiting) = tokio::sync::oneshot::channel();
    let waiter = tokio::spawn(async move {
        ready.send(()).unwrap();
        let delivered = consumer.next(&Wants::Queue(QueueName::translate())).await.unwrap();
        let id = delivered.message().id;
        delivered.settle(Outcome::Done);
        id
    });
    waiting.await.unwrap();
    let (id, _) = world.publish("translate", "acme").await;
    assert_eq!(waiter.await.unwrap(), id);
}

pub async fn serves_queues_by_prefix(harness: &dyn Harness) {
    let world = World::new(harness).await;
    world.publish("translate", "acme").await;
    let (one, _) = world.publish("deliver.one", "one").await;
    let (two, _) = world.publish("deliver.two", "two").await;
    let mut served = HashSet::new();
    for _ in 0..2 {
        let delivered = world.consumer.next(&Wants::Prefix("deliver.".into())).await.unwrap();
        served.insert(delivered.message().id);
        delivered.settle(Outcome::Done);
    }
    assert_eq!(served, [one, two].into());
    world.depth_becomes("translate", Depth { waiting: 1, unsettled: 0 }).await;
}

pub async fn loses_nothing_to_a_cancelled_wait(harness: &dyn Harness) {
    let world = World::new(harness).await;
    let wants = Wants::Queue(QueueName::translate());
    for _ in 0..20 {
        let mut wait = world.consumer.next(&wants);
        tokio::select! {
            biased;
            _ = &mut wait => panic!("nothing was published"),
            () = std::future::ready(()) => {}
        }
        let (id, _) = world.publish("translate", "acme").await;
        drop(wait);
        let delivered = world.consumer.next(&wants).await.unwrap();
        assert_eq!(delivered.message().id, id);
        delivered.settle(Outcome::Done);
    }
}

pub async fn gives_each_message_to_one_of_many_consumers(harness: &dyn Harness) {
    let world = World::new(harness).await;
    let (mut published, results) = (HashSet::new(), Arc::new(Mutex::new(Vec::new())));
    let tasks: Vec<_> = (0..4)
        .map(|_| {
            let (consumer, results) = (Arc::clone(&world.consumer), Arc::clone(&results));
            tokio::spawn(async move {
                for _ in 0..10 {
                    let delivered = consumer.next(&Wants::Queue(QueueName::translate())).await.unwrap();
                    results.lock().unwrap().push(delivered.message().id);
                    delivered.settle(Outcome::Done);
                }
            })
        })
        .collect();
    for n in 0..40 {
        let (id, _) = world.publish("translate", if n % 2 == 0 { "acme" } else { "bravo" }).await;
        published.insert(id);
    }
    for task in tasks {
        task.await.unwrap();
    }
    let results = results.lock().unwrap().clone();
    assert_eq!(results.len(), 40);
    assert_eq!(results.into_iter().collect::<HashSet<_>>(), published);
}
