//! Our queues beside a bare loop of the client that they use: the same broker, kind of queue, body, durability, window and prefetch, in one run.
//!
//! `make services-up && eval "$(scripts/services env)" && cargo run --release -p tradewind-broker --features rabbitmq --example throughput`

// An example talks to whoever runs it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout, missing_docs)]

use std::sync::Arc;
use std::time::Instant;

use futures::StreamExt;
use lapin::options::{
    BasicAckOptions, BasicConsumeOptions, BasicPublishOptions, BasicQosOptions, ConfirmSelectOptions,
    QueueDeclareOptions,
};
use lapin::types::{AMQPValue, FieldTable};
use lapin::{BasicProperties, Channel, Connection, ConnectionProperties};
use secrecy::SecretString;
use tradewind_broker::rabbitmq::{RabbitMq, RabbitMqOptions};
use tradewind_broker::{Accepted, Body, Broker, Consumer, Message, Outcome, Publisher, QueueName, Settlement, Wants};
use tradewind_compliance::JobId;

const MESSAGES: u64 = 20_000;
const WINDOW: usize = 1_000;
const BODY_BYTES: usize = 2_048;
const PREFETCH: u16 = 64;
const ROUNDS: usize = 7;

/// Messages a second.
#[derive(Clone, Copy)]
struct Rates {
    published: f64,
    consumed: f64,
}

struct Nobody;

impl Settlement for Nobody {
    fn settled(&self, _: &Message, _: Outcome) {}
    fn quarantined(&self, _: &Message, _: &'static str) {}
}

#[tokio::main]
async fn main() {
    let url = std::env::var("TRADEWIND_TEST_AMQP")
        .expect("TRADEWIND_TEST_AMQP is set by `make services-up` and `scripts/services env`");
    println!(
        "{MESSAGES} messages of {BODY_BYTES} bytes a round; quorum queue, persistent, mandatory, confirmed, {WINDOW} in flight;"
    );
    println!("consumed one at a time, each acknowledged, {PREFETCH} ahead; messages a second");
    println!("{:>6} {:>26} {:>26}", "", "published", "consumed");
    println!("{:>6} {:>9} {:>9} {:>6} {:>9} {:>9} {:>6}", "round", "bare", "ours", "ratio", "bare", "ours", "ratio");
    let (mut all_bare, mut all_ours) = (Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        let prefix = format!("tradewind-throughput-{}-{round}", std::process::id());
        // Who is first changes, so that a drift of the broker is nobody's.
        let (of_bare, of_ours) = if round % 2 == 0 {
            let first = bare(&url, &prefix).await;
            (first, ours(&url, prefix).await)
        } else {
            let first = ours(&url, prefix.clone()).await;
            (bare(&url, &prefix).await, first)
        };
        row(&round.to_string(), of_bare, of_ours);
        all_bare.push(of_bare);
        all_ours.push(of_ours);
    }
    row("median", medians(&all_bare), medians(&all_ours));
}

fn row(name: &str, bare: Rates, ours: Rates) {
    let side = |bare: f64, ours: f64| format!("{bare:>9.0} {ours:>9.0} {:>6.2}", ours / bare);
    println!("{name:>6} {} {}", side(bare.published, ours.published), side(bare.consumed, ours.consumed));
}

fn medians(of: &[Rates]) -> Rates {
    let median = |mut rates: Vec<f64>| {
        rates.sort_by(f64::total_cmp);
        rates.get(rates.len() / 2).copied().unwrap_or_default()
    };
    Rates {
        published: median(of.iter().map(|rates| rates.published).collect()),
        consumed: median(of.iter().map(|rates| rates.consumed).collect()),
    }
}

async fn channel(url: &str) -> (Connection, Channel) {
    let connection = Connection::connect(url, ConnectionProperties::default()).await.unwrap();
    let channel = connection.create_channel().await.unwrap();
    (connection, channel)
}

async fn bare(url: &str, prefix: &str) -> Rates {
    let (_connection, channel) = channel(url).await;
    channel.confirm_select(ConfirmSelectOptions::default()).await.unwrap();
    let mut arguments = FieldTable::default();
    arguments.insert("x-queue-type".into(), AMQPValue::LongString("quorum".into()));
    let queue = format!("{prefix}.bare");
    channel.queue_declare(queue.as_str().into(), QueueDeclareOptions::durable(), arguments).await.unwrap();
    let body = vec![7; BODY_BYTES];
    let began = Instant::now();
    futures::stream::iter(0..MESSAGES)
        .map(|_| async {
            let mandatory = BasicPublishOptions { mandatory: true, ..Default::default() };
            let properties = BasicProperties::default().with_delivery_mode(2);
            let publish = channel.basic_publish("".into(), queue.as_str().into(), mandatory, &body, properties);
            assert!(publish.await.unwrap().await.unwrap().is_ack());
        })
        .buffer_unordered(WINDOW)
        .for_each(|()| std::future::ready(()))
        .await;
    let published = per_second(began);
    channel.basic_qos(PREFETCH, BasicQosOptions::default()).await.unwrap();
    let began = Instant::now();
    let options = (BasicConsumeOptions::default(), FieldTable::default());
    let mut consumer = channel.basic_consume(queue.as_str().into(), "".into(), options.0, options.1).await.unwrap();
    for _ in 0..MESSAGES {
        let delivery = consumer.next().await.unwrap().unwrap();
        delivery.ack(BasicAckOptions::default()).await.unwrap();
    }
    let consumed = per_second(began);
    channel.queue_delete(queue.into(), Default::default()).await.unwrap();
    Rates { published, consumed }
}

async fn ours(url: &str, prefix: String) -> Rates {
    let options =
        RabbitMqOptions { prefix: prefix.clone(), in_hand: PREFETCH, ..RabbitMqOptions::new(SecretString::from(url)) };
    let broker = RabbitMq::open(options, Arc::new(Nobody)).unwrap();
    let message = |serial: u64, partner: &str| Message {
        id: JobId::new(1_700_000_000_000 + serial, serial),
        queue: QueueName::translate(),
        partner: partner.parse().unwrap(),
        kind: "translate".into(),
        attempt: 1,
        body: Body::Sealed { reference: "0123456789ABCDEFGHJK".into(), bytes: vec![7; BODY_BYTES] },
    };
    // The connections stand and the queue is there before the clock runs, as they are for the bare loop.
    broker.publish(message(MESSAGES, "acme")).await.unwrap();
    let began = Instant::now();
    futures::stream::iter(0..MESSAGES)
        .map(|serial| broker.publish(message(serial, "acme")))
        .buffer_unordered(WINDOW)
        .for_each(async |answer| assert_eq!(answer.unwrap(), Accepted::Confirmed))
        .await;
    let published = per_second(began);
    let wants = Wants::Queue(QueueName::translate());
    let began = Instant::now();
    for _ in 0..MESSAGES {
        broker.next(&wants).await.unwrap().settle(Outcome::Done);
    }
    let consumed = per_second(began);
    broker.shutdown().await;
    let (_connection, channel) = channel(url).await;
    for queue in ["translate.acme", "quarantine"] {
        channel.queue_delete(format!("{prefix}.{queue}").into(), Default::default()).await.unwrap();
    }
    Rates { published, consumed }
}

fn per_second(began: Instant) -> f64 {
    MESSAGES as f64 / began.elapsed().as_secs_f64()
}
