//! Our publisher beside a bare loop of the client that it uses: the same broker, queue type, messages, durability and window, in one run.
//!
//! `make services-up && eval "$(scripts/services env)" && cargo bench -p tradewind-broker --features rabbitmq --bench rabbitmq`

// A benchmark talks to whoever runs it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout, missing_docs)]

use std::sync::Arc;
use std::time::Instant;

use futures::StreamExt;
use lapin::options::{BasicPublishOptions, ConfirmSelectOptions, QueueDeclareOptions};
use lapin::types::{AMQPValue, FieldTable};
use lapin::{BasicProperties, Connection, ConnectionProperties};
use secrecy::SecretString;
use tradewind_broker::rabbitmq::{RabbitMq, RabbitMqOptions};
use tradewind_broker::{Accepted, Body, Broker, Message, Outcome, Publisher, QueueName, Settlement};
use tradewind_compliance::JobId;

const MESSAGES: u64 = 20_000;
const WINDOW: usize = 1_000;
const BODY_BYTES: usize = 2_048;
const ROUNDS: usize = 3;

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
        "{MESSAGES} messages of {BODY_BYTES} bytes, {WINDOW} in flight, quorum queue, mandatory, confirmed; messages a second"
    );
    println!("{:>8} {:>8} {:>6}", "bare", "ours", "ratio");
    for round in 0..ROUNDS {
        let prefix = format!("tradewind-bench-{}-{round}", std::process::id());
        let (bare, ours) = (bare(&url, &prefix).await, ours(&url, prefix).await);
        println!("{bare:>8.0} {ours:>8.0} {:>6.2}", ours / bare);
    }
}

async fn bare(url: &str, prefix: &str) -> f64 {
    let connection = Connection::connect(url, ConnectionProperties::default()).await.unwrap();
    let channel = connection.create_channel().await.unwrap();
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
    let rate = per_second(began);
    channel.queue_delete(queue.into(), Default::default()).await.unwrap();
    rate
}

async fn ours(url: &str, prefix: String) -> f64 {
    let options = RabbitMqOptions { prefix: prefix.clone(), ..RabbitMqOptions::new(SecretString::from(url)) };
    let broker = RabbitMq::open(options, Arc::new(Nobody)).unwrap();
    let message = |serial: u64| Message {
        id: JobId::new(1_700_000_000_000 + serial, serial),
        queue: QueueName::translate(),
        partner: "acme".parse().unwrap(),
        kind: "translate".into(),
        attempt: 1,
        body: Body::Sealed { reference: "0123456789ABCDEFGHJK".into(), bytes: vec![7; BODY_BYTES] },
    };
    broker.publish(message(MESSAGES)).await.unwrap();
    let began = Instant::now();
    futures::stream::iter(0..MESSAGES)
        .map(|serial| broker.publish(message(serial)))
        .buffer_unordered(WINDOW)
        .for_each(|answer| std::future::ready(assert_eq!(answer.unwrap(), Accepted::Confirmed)))
        .await;
    let rate = per_second(began);
    broker.shutdown().await;
    let connection = Connection::connect(url, ConnectionProperties::default()).await.unwrap();
    let channel = connection.create_channel().await.unwrap();
    channel.queue_delete(format!("{prefix}.translate.acme").into(), Default::default()).await.unwrap();
    rate
}

fn per_second(began: Instant) -> f64 {
    MESSAGES as f64 / began.elapsed().as_secs_f64()
}
