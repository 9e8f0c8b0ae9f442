//! Bad weather between us and the broker, and in it. In each: what `publish` confirmed is delivered, nothing hangs, and work goes on.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use lapin::options::{QueueDeclareOptions, QueueDeleteOptions};
use lapin::types::FieldTable;
use lapin::uri::AMQPUri;
use lapin::{Connection, ConnectionProperties};
use tokio::task::JoinSet;
use tradewind_compliance::{JobId, PartnerId};

use super::proxy::{Proxy, Weather};
use super::server::Server;
use super::{LONG, open, options, soon, translate, variable};
use crate::contract::message;
use crate::rabbitmq::{RabbitMq, RabbitMqOptions};
use crate::{Broker, BrokerError, Consumer, Outcome, Publisher, QueueName};

const PARTNERS: [&str; 2] = ["acme", "bravo"];
const PUBLISHERS: usize = 8;
const WORKERS: usize = 2;

/// Publishers that publish until the broker confirms, and workers that take and settle, all at once.
struct Traffic {
    brokers: Vec<RabbitMq>,
    tally: Arc<Tally>,
    publishers: JoinSet<()>,
    workers: JoinSet<()>,
}

#[derive(Default)]
struct Tally {
    confirmed: Mutex<HashSet<JobId>>,
    done: Mutex<HashMap<JobId, usize>>,
    failed: AtomicUsize,
    enough: AtomicBool,
}

impl Tally {
    fn confirmed(&self) -> usize {
        self.confirmed.lock().unwrap().len()
    }

    fn missing(&self) -> usize {
        let (confirmed, done) = (self.confirmed.lock().unwrap(), self.done.lock().unwrap());
        confirmed.iter().filter(|id| !done.contains_key(id)).count()
    }
}

impl Traffic {
    /// Publishers that go on until [`Traffic::ends_well`]. Every tenth message is tried again once.
    fn start(options: RabbitMqOptions) -> Self {
        let tally = Arc::new(Tally::default());
        let (mut publishers, mut workers) = (JoinSet::new(), JoinSet::new());
        let (publisher, _) = open(options.clone());
        let mut brokers = vec![publisher.clone()];
        for number in 0..PUBLISHERS {
            publishers.spawn(publish(publisher.clone(), tally.clone(), PARTNERS[number % PARTNERS.len()]));
        }
        for _ in 0..WORKERS {
            let (worker, _) = open(options.clone());
            worker.serve_lanes(
                PARTNERS.map(|name| (QueueName::translate(), name.parse::<PartnerId>().unwrap())).to_vec(),
            );
            workers.spawn(work(worker.clone(), tally.clone()));
            brokers.push(worker);
        }
        Self { brokers, tally, publishers, workers }
    }

    /// Until so many more messages are confirmed than now.
    async fn confirms(&self, more: usize) {
        let now = self.tally.confirmed();
        soon("messages confirmed", until(|| self.tally.confirmed() >= now + more)).await;
    }

    fn failed(&self) -> usize {
        self.tally.failed.load(Ordering::Relaxed)
    }

    /// Until more publishers than before were told that something is wrong.
    async fn notices(&self, before: usize) {
        soon("a publisher that is told", until(|| self.failed() > before)).await;
    }

    /// Everything is confirmed and done in the end; says how often consumers saw a message again.
    async fn ends_well(mut self, weather: &str) {
        self.tally.enough.store(true, Ordering::Relaxed);
        soon("every publisher's end", async { while self.publishers.join_next().await.is_some() {} }).await;
        let done = tokio::time::timeout(LONG, until(|| self.tally.missing() == 0)).await;
        if done.is_err() {
            let mut depths = Vec::new();
            for broker in &self.brokers {
                depths.push(broker.depths().await);
            }
            panic!(
                "{weather}: of {} confirmed {} are missing; {depths:?}",
                self.tally.confirmed(),
                self.tally.missing()
            );
        }
        for broker in &self.brokers {
            broker.shutdown().await;
        }
        while self.workers.join_next().await.is_some() {}
        let deliveries: usize = self.tally.done.lock().unwrap().values().sum();
        let (confirmed, failed) = (self.tally.confirmed(), self.failed());
        println!(
            "{weather}: {confirmed} confirmed, 0 lost, {} seen again, {failed} trials to publish failed",
            deliveries - confirmed
        );
    }
}

async fn until(holds: impl Fn() -> bool) {
    while !holds() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

async fn publish(broker: RabbitMq, tally: Arc<Tally>, of: &'static str) {
    while !tally.enough.load(Ordering::Relaxed) {
        let message = message("translate", of);
        while let Err(error) = broker.publish(message.clone()).await {
            assert!(matches!(error, BrokerError::Unconfirmed { .. } | BrokerError::Refused { .. }), "{error}");
            tally.failed.fetch_add(1, Ordering::Relaxed);
        }
        tally.confirmed.lock().unwrap().insert(message.id);
    }
}

async fn work(broker: RabbitMq, tally: Arc<Tally>) {
    let mut seen = 0;
    while let Some(delivered) = broker.next(&translate()).await {
        seen += 1;
        let (id, attempt) = (delivered.message().id, delivered.message().attempt);
        if attempt == 1 && seen % 10 == 0 {
            delivered.settle(Outcome::RetryAfter(Duration::from_millis(10)));
            continue;
        }
        *tally.done.lock().unwrap().entry(id).or_default() += 1;
        delivered.settle(Outcome::Done);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broker_that_is_killed_loses_nothing_that_it_confirmed() {
    let server = Server::start().await;
    let options = options(&server.url());
    let traffic = Traffic::start(options);
    for _ in 0..2 {
        traffic.confirms(500).await;
        let before = traffic.failed();
        server.kill().await;
        traffic.notices(before).await;
        server.up().await;
    }
    traffic.confirms(500).await;
    traffic.ends_well("broker killed twice").await;
}

/// A message that was confirmed as the first of its queue was lost with the queue's whole log when the broker died within three seconds, and the
/// queue had no leader any more: its consumers waited for ever.
#[tokio::test(flavor = "multi_thread")]
async fn a_new_queue_outlives_a_broker_that_is_killed_at_once() {
    let server = Server::start().await;
    let (broker, _) = open(options(&server.url()));
    let first = message("translate", "acme");
    broker.publish(first.clone()).await.unwrap();
    server.kill().await;
    server.up().await;
    let delivered = soon("the message that was confirmed", broker.next(&translate())).await.unwrap();
    assert_eq!(delivered.message().id, first.id);
    delivered.settle(Outcome::Done);
    broker.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_broker_refuses_is_offered_again_until_it_is_taken_once() {
    let server = Server::start().await;
    let options = options(&server.url());
    let pattern = format!("^{}", options.prefix);
    let (broker, _) = open(options);
    let mut confirmed = HashSet::new();
    server.control(&["set_policy", "full", &pattern, r#"{"max-length":3}"#]).await;
    let refused = soon("a refusal", async {
        loop {
            let one = message("translate", "acme");
            match broker.publish(one.clone()).await {
                Ok(_) => assert!(confirmed.insert(one.id)),
                Err(error) => break (one, error),
            }
        }
    })
    .await;
    assert!(matches!(refused.1, BrokerError::Refused { .. }), "{}", refused.1);
    let (one, waiting) = (refused.0.clone(), broker.clone());
    let offered = tokio::spawn(async move { waiting.publish(one).await });
    // What is consumed makes room.
    confirmed.insert(refused.0.id);
    while !confirmed.is_empty() {
        let delivered = soon("a message that was confirmed", broker.next(&translate())).await.unwrap();
        assert!(confirmed.remove(&delivered.message().id), "each is in the queue once");
        delivered.settle(Outcome::Done);
    }
    soon("a confirm", offered).await.unwrap().unwrap();
    broker.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broker_short_of_memory_holds_publishers_up_and_lets_workers_work() {
    let server = Server::start().await;
    let (broker, _) = open(options(&server.url()));
    // More than this process has in hand at once: settling, too, must pass.
    const WORK: usize = 12;
    for _ in 0..WORK {
        broker.publish(message("translate", "acme")).await.unwrap();
    }
    let in_hand = soon("a message", broker.next(&translate())).await.unwrap();
    let retried = soon("a message", broker.next(&translate())).await.unwrap();
    server.control(&["set_vm_memory_high_watermark", "0.0000001"]).await;
    let held_up = soon("a publisher that is held up", async {
        loop {
            let one = message("translate", "acme");
            if broker.publish(one.clone()).await.is_err() {
                break one;
            }
        }
    })
    .await;
    let mut done = HashSet::from([in_hand.message().id]);
    in_hand.settle(Outcome::Done);
    for _ in 2..WORK {
        let delivered = soon("work during the alarm", broker.next(&translate())).await.unwrap();
        assert!(done.insert(delivered.message().id));
        delivered.settle(Outcome::Done);
    }
    // A retry needs the broker to take it: it waits with the message in hand for longer than a publisher, and is not lost.
    let mut missing = HashSet::from([(held_up.id, 1), (retried.message().id, 2)]);
    retried.settle(Outcome::RetryAfter(Duration::from_secs(1)));
    broker.publish(held_up.clone()).await.unwrap_err();
    let waiting = tokio::spawn({
        let (broker, held_up) = (broker.clone(), held_up.clone());
        async move { while broker.publish(held_up.clone()).await.is_err() {} }
    });
    server.control(&["set_vm_memory_high_watermark", "0.8"]).await;
    soon("the publisher's confirm", waiting).await.unwrap();
    soon("the message that was held up, and the retry", async {
        while !missing.is_empty() {
            let delivered = broker.next(&translate()).await.unwrap();
            let (id, attempt) = (delivered.message().id, delivered.message().attempt);
            assert!(!done.contains(&id), "what was done comes no more");
            missing.remove(&(id, attempt));
            delivered.settle(Outcome::Done);
        }
    })
    .await;
    broker.shutdown().await;
}

/// What comes out of a delay finds no lane, and would be lost if the broker did not keep it until the lane has taken it.
#[tokio::test(flavor = "multi_thread")]
async fn a_retry_whose_lane_is_gone_waits_until_it_is_there_again() {
    let server = Server::start().await;
    // How soon the broker offers again what it could not hand over; usually three minutes.
    server.control(&["eval", "application:set_env(rabbit, dead_letter_worker_publisher_confirm_timeout, 1000)."]).await;
    let options = options(&server.url());
    let [lane, delay] = ["translate.acme", "delay.4s"].map(|name| format!("{}.{name}", options.prefix));
    let (before, _) = open(options.clone());
    let retried = message("translate", "acme");
    before.publish(retried.clone()).await.unwrap();
    let delivered = soon("a message", before.next(&translate())).await.unwrap();
    delivered.settle(Outcome::RetryAfter(Duration::from_secs(4)));
    before.shutdown().await;
    let connection = Connection::connect(&server.url(), ConnectionProperties::default()).await.unwrap();
    let channel = connection.create_channel().await.unwrap();
    channel.queue_delete(lane.into(), QueueDeleteOptions::default()).await.unwrap();
    let passive = QueueDeclareOptions { passive: true, ..Default::default() };
    let waiting = async || {
        let queue = channel.queue_declare(delay.as_str().into(), passive, FieldTable::default()).await;
        queue.unwrap().message_count()
    };
    assert_eq!(waiting().await, 1);
    soon("the end of the delay", async { while waiting().await > 0 {} }).await;
    let (broker, _) = open(options);
    let other = message("translate", "acme");
    broker.publish(other.clone()).await.unwrap();
    let mut missing = HashSet::from([(retried.id, 2), (other.id, 1)]);
    while !missing.is_empty() {
        let delivered = soon("what is missing", broker.next(&translate())).await.unwrap();
        missing.remove(&(delivered.message().id, delivered.message().attempt));
        delivered.settle(Outcome::Done);
    }
    broker.shutdown().await;
}

/// Options that lead through a proxy to the broker of the tests.
async fn through(weather: Weather) -> (Proxy, RabbitMqOptions) {
    let mut url: AMQPUri = variable("TRADEWIND_TEST_AMQP").parse().unwrap();
    let proxy = Proxy::to(format!("{}:{}", url.authority.host, url.authority.port), weather).await;
    url.authority.host = proxy.address.ip().to_string();
    url.authority.port = proxy.address.port();
    let userinfo = &url.authority.userinfo;
    let vhost = url.vhost.replace('/', "%2f");
    let url = format!("amqp://{}:{}@{}/{vhost}", userinfo.username, userinfo.password, proxy.address);
    (proxy, options(&url))
}

/// Something befalls every connection, four times; publishers notice, and work goes on.
async fn befalls(what: fn(&Proxy), name: &str) {
    let (proxy, options) = through(Weather::Fair).await;
    let traffic = Traffic::start(options);
    for _ in 0..4 {
        traffic.confirms(250).await;
        let before = traffic.failed();
        what(&proxy);
        traffic.notices(before).await;
    }
    traffic.confirms(250).await;
    traffic.ends_well(name).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_that_are_cut_lose_nothing() {
    befalls(Proxy::cut_once, "connections cut four times").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_is_half_closed_is_left() {
    befalls(Proxy::half_close_once, "connections half closed four times").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_falls_silent_is_left() {
    let (proxy, options) = through(Weather::Fair).await;
    let traffic = Traffic::start(options);
    traffic.confirms(250).await;
    let before = traffic.failed();
    proxy.set(Weather::BlackHole);
    traffic.notices(before).await;
    proxy.set(Weather::Fair);
    traffic.confirms(250).await;
    traffic.ends_well("black hole").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_network_is_only_slow() {
    let (_proxy, options) = through(Weather::Slow(Duration::from_millis(40))).await;
    let traffic = Traffic::start(options);
    traffic.confirms(100).await;
    traffic.ends_well("40 ms each way").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broker_that_is_not_there_yet_is_waited_for() {
    let (proxy, options) = through(Weather::Cut).await;
    let traffic = Traffic::start(options);
    let broker = traffic.brokers[0].clone();
    let room = soon("an answer", broker.room(&QueueName::translate(), &"acme".parse().unwrap())).await;
    assert!(matches!(room, Err(BrokerError::Unreachable)), "{room:?}");
    assert!(!broker.connected());
    traffic.notices(0).await;
    proxy.set(Weather::Fair);
    traffic.confirms(100).await;
    soon("both connections", until(|| broker.connected())).await;
    traffic.ends_well("refused at first").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn in_fair_weather_no_two_workers_hold_the_same_message() {
    let traffic = Traffic::start(options(&variable("TRADEWIND_TEST_AMQP")));
    let tally = traffic.tally.clone();
    traffic.confirms(1_000).await;
    traffic.ends_well("fair").await;
    assert!(tally.done.lock().unwrap().values().all(|times| *times == 1));
}
