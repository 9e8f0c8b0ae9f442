//! The suite of every backend, and what RabbitMQ adds to it.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use lapin::message::BasicGetMessage;
use lapin::options::{BasicGetOptions, QueueDeclareOptions, QueueDeleteOptions};
use lapin::types::{AMQPValue, FieldTable};
use lapin::{Channel, Connection, ConnectionProperties};

use super::proxy::{Proxy, Weather};
use super::{open, options, soon, translate, variable};
use crate::contract::{Harness, message, partner};
use crate::rabbitmq::RabbitMqOptions;
use crate::{Accepted, Body, Broker, BrokerError, Consumer, Outcome, Publisher, QueueName, Settlement};

struct RabbitMqHarness;

#[async_trait]
impl Harness for RabbitMqHarness {
    async fn open(&self, settlement: Arc<dyn Settlement>) -> (Arc<dyn Publisher>, Arc<dyn Consumer>) {
        let broker = crate::rabbitmq::RabbitMq::open(options(&amqp()), settlement).unwrap();
        (Arc::new(broker.clone()), Arc::new(broker))
    }
}

crate::broker_contract!(RabbitMqHarness);

fn amqp() -> String {
    variable("TRADEWIND_TEST_AMQP")
}

/// A plain channel beside ours, as an operator or a program of another language has it.
async fn plain() -> (Connection, Channel) {
    let connection = Connection::connect(&amqp(), ConnectionProperties::default()).await.unwrap();
    let channel = connection.create_channel().await.unwrap();
    (connection, channel)
}

/// The next message of a queue that nobody else consumes.
async fn taken_from(channel: &Channel, queue: &str) -> BasicGetMessage {
    loop {
        let got = channel.basic_get(queue.into(), BasicGetOptions { no_ack: true }).await.unwrap();
        if let Some(got) = got {
            return got;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_retry_comes_after_its_time_with_the_next_attempt() {
    let (broker, _) = open(options(&amqp()));
    let sent = message("translate", "acme");
    broker.publish(sent.clone()).await.unwrap();
    let first = soon("the first attempt", broker.next(&translate())).await.unwrap();
    let (began, wait) = (Instant::now(), Duration::from_millis(1_500));
    first.settle(Outcome::RetryAfter(wait));
    let second = soon("the second attempt", broker.next(&translate())).await.unwrap();
    assert!(began.elapsed() >= wait, "it came after {:?}", began.elapsed());
    assert_eq!((second.message().id, second.message().attempt), (sent.id, 2));
    assert_eq!(second.message().body, sent.body);
    second.settle(Outcome::Done);
    broker.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_short_retry_does_not_wait_for_a_long_one() {
    let (broker, _) = open(options(&amqp()));
    let (long, short) = (message("translate", "acme"), message("translate", "acme"));
    for (message, wait) in [(&long, 3_600), (&short, 1)] {
        broker.publish(message.clone()).await.unwrap();
        let delivered = soon("a message", broker.next(&translate())).await.unwrap();
        delivered.settle(Outcome::RetryAfter(Duration::from_secs(wait)));
    }
    let next = soon("the short retry", broker.next(&translate())).await.unwrap();
    assert_eq!(next.message().id, short.id);
    next.settle(Outcome::Done);
    broker.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_rejected_or_out_of_attempts_is_in_quarantine_with_its_reason() {
    let options = RabbitMqOptions { attempts_max: 2, ..options(&amqp()) };
    let quarantine = format!("{}.quarantine", options.prefix);
    let (broker, ended) = open(options);
    let mut last = message("translate", "acme");
    last.attempt = 2;
    let poison = message("translate", "acme");
    for (message, outcome) in [(&last, Outcome::RetryAfter(Duration::ZERO)), (&poison, Outcome::Rejected("poison"))] {
        broker.publish(message.clone()).await.unwrap();
        soon("a message", broker.next(&translate())).await.unwrap().settle(outcome);
    }
    soon("two in quarantine", async {
        while ended.quarantined().len() < 2 {
            tokio::task::yield_now().await;
        }
    })
    .await;
    broker.shutdown().await;
    let told: HashSet<_> = ended.quarantined().into_iter().collect();
    assert_eq!(told, [(last.id, "attempts-exhausted"), (poison.id, "poison")].into());
    let (_connection, channel) = plain().await;
    let mut found = HashSet::new();
    for _ in 0..2 {
        let got = soon("a message in quarantine", taken_from(&channel, &quarantine)).await;
        let headers = got.properties.headers().clone().unwrap();
        let AMQPValue::LongString(reason) = headers.inner().get("tradewind-reason").unwrap() else { panic!("no text") };
        found.insert((got.properties.message_id().clone().unwrap().to_string(), reason.to_string()));
    }
    let expected = [(last.id, "attempts-exhausted"), (poison.id, "poison")];
    assert_eq!(found, expected.map(|(id, reason)| (id.to_string(), reason.to_owned())).into());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_foreign_message_goes_to_quarantine_and_holds_up_nothing() {
    let options = options(&amqp());
    let (lane, quarantine) = (format!("{}.translate.acme", options.prefix), format!("{}.quarantine", options.prefix));
    let (broker, _) = open(options);
    broker.publish(message("translate", "acme")).await.unwrap();
    let (_connection, channel) = plain().await;
    let confirm = channel
        .basic_publish("".into(), lane.as_str().into(), Default::default(), b"not ours", Default::default())
        .await
        .unwrap();
    confirm.await.unwrap();
    let ours = message("translate", "acme");
    broker.publish(ours.clone()).await.unwrap();
    soon("the first", broker.next(&translate())).await.unwrap().settle(Outcome::Done);
    let next = soon("the second", broker.next(&translate())).await.unwrap();
    assert_eq!(next.message().id, ours.id);
    next.settle(Outcome::Done);
    let got = soon("the foreign message in quarantine", taken_from(&channel, &quarantine)).await;
    let headers = got.properties.headers().clone().unwrap();
    let AMQPValue::LongString(reason) = headers.inner().get("x-first-death-reason").unwrap() else { panic!("no text") };
    assert_eq!(reason.to_string(), "rejected", "at its first delivery");
    broker.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_finds_no_queue_is_an_error_for_each_and_for_no_other() {
    const ROUNDS: usize = 40;
    let options = options(&amqp());
    let gone = format!("{}.translate.gone", options.prefix);
    let (broker, _) = open(options);
    for of in ["gone", "there"] {
        broker.publish(message("translate", of)).await.unwrap();
    }
    let (_connection, channel) = plain().await;
    channel.queue_delete(gone.into(), QueueDeleteOptions::default()).await.unwrap();
    let publish = |of: &'static str| {
        let broker = broker.clone();
        async move { (of, broker.publish(message("translate", of)).await) }
    };
    let mut unroutable = 0;
    // The client mistakes one message for another now and then.
    for _ in 0..ROUNDS {
        let all = (0..200).map(|n| publish(if n % 4 == 0 { "gone" } else { "there" }));
        for (of, answer) in futures::future::join_all(all).await {
            match answer {
                Ok(Accepted::Confirmed) => {}
                Err(BrokerError::Unroutable { .. }) => {
                    assert_eq!(of, "gone");
                    unroutable += 1;
                }
                other => panic!("{of}: {other:?}"),
            }
        }
    }
    assert!(unroutable > 0);
    let waiting =
        broker.shared.waiting(crate::rabbitmq::names::Lane { queue: QueueName::translate(), partner: partner("gone") });
    assert_eq!(
        waiting.await.unwrap() + unroutable,
        50 * ROUNDS,
        "each is in the queue that was declared anew, or its publisher knows"
    );
    soon("the queue", async { while publish("gone").await.1.is_err() {} }).await;
    broker.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_window_counts_what_waits_in_the_broker() {
    let (broker, _) = open(RabbitMqOptions { window: 3, ..options(&amqp()) });
    let room = async || broker.room(&QueueName::translate(), &partner("acme")).await.unwrap();
    assert_eq!(room().await, 3);
    for left in [2, 1, 0, 0] {
        broker.publish(message("translate", "acme")).await.unwrap();
        assert_eq!(room().await, left);
    }
    broker.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_process_serves_the_lanes_that_it_is_told_of() {
    let options = options(&amqp());
    let ((publishes, _), (consumes, _)) = (open(options.clone()), open(options));
    let mut sent = message("deliver.payer", "payer");
    sent.body = Body::Sealed { reference: "item".into(), bytes: (0..200_000).map(|n| n as u8).collect() };
    consumes.serve_lanes(vec![(sent.queue.clone(), sent.partner.clone())]);
    publishes.publish(sent.clone()).await.unwrap();
    let wants = crate::Wants::Prefix("deliver.".into());
    let delivered = soon("the message", consumes.next(&wants)).await.unwrap();
    assert_eq!(delivered.message(), &sent);
    delivered.settle(Outcome::Done);
    tokio::join!(publishes.shutdown(), consumes.shutdown());
}

#[tokio::test(flavor = "multi_thread")]
async fn speaks_tls_under_an_authority_of_its_own_and_with_no_other_broker() {
    let url = variable("TRADEWIND_TEST_AMQPS");
    let authorities = std::fs::read_to_string(variable("TRADEWIND_TEST_AMQPS_CA")).unwrap();
    let (trusting, _) = open(RabbitMqOptions { authorities: Some(authorities.clone()), ..options(&url) });
    assert_eq!(trusting.publish(message("translate", "acme")).await.unwrap(), Accepted::Confirmed);
    let (wary, _) = open(options(&url));
    // The way to the same broker by an address that its certificate does not name.
    let server: lapin::uri::AMQPUri = url.parse().unwrap();
    let proxy =
        Proxy::at("127.0.0.2", format!("{}:{}", server.authority.host, server.authority.port), Weather::Fair).await;
    let elsewhere =
        url.replace(&format!("@{}:{}", server.authority.host, server.authority.port), &format!("@{}", proxy.address));
    let (misled, _) = open(RabbitMqOptions { authorities: Some(authorities), ..options(&elsewhere) });
    for broker in [&wary, &misled] {
        let refused = broker.publish(message("translate", "acme")).await;
        assert!(matches!(refused, Err(BrokerError::Unconfirmed { .. })), "{refused:?}");
    }
    tokio::join!(trusting.shutdown(), wary.shutdown(), misled.shutdown());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_queue_that_was_deleted_is_there_again_for_who_consumes_it() {
    let options = options(&amqp());
    let lane = format!("{}.translate.acme", options.prefix);
    let (broker, _) = open(options);
    broker.publish(message("translate", "acme")).await.unwrap();
    soon("the first", broker.next(&translate())).await.unwrap().settle(Outcome::Done);
    let (_connection, channel) = plain().await;
    channel.queue_delete(lane.into(), QueueDeleteOptions::default()).await.unwrap();
    let next = message("translate", "acme");
    soon("a confirm", async {
        while let Err(error) = broker.publish(next.clone()).await {
            assert!(matches!(error, BrokerError::Unroutable { .. }), "{error}");
        }
    })
    .await;
    let delivered = soon("the next", broker.next(&translate())).await.unwrap();
    assert_eq!(delivered.message().id, next.id);
    delivered.settle(Outcome::Done);
    broker.shutdown().await;
}

/// As when it kills whoever works on it: the broker counts how often it gave the message out.
/// Somebody made it, and not as we do: its partner's messages are refused, the others' go their way.
#[tokio::test(flavor = "multi_thread")]
async fn a_queue_that_cannot_be_declared_holds_up_no_other() {
    let options = options(&amqp());
    let odd = format!("{}.translate.acme", options.prefix);
    let (_connection, channel) = plain().await;
    channel.queue_declare(odd.as_str().into(), QueueDeclareOptions::default(), FieldTable::default()).await.unwrap();
    let (broker, _) = open(options);
    for of in ["acme", "bravo"] {
        broker.serve_lanes(vec![(QueueName::translate(), partner("acme")), (QueueName::translate(), partner(of))]);
        for _ in 0..3 {
            let refused = broker.publish(message("translate", "acme")).await;
            assert!(matches!(refused, Err(BrokerError::Refused { .. })), "{refused:?}");
            let ours = message("translate", "bravo");
            assert_eq!(broker.publish(ours.clone()).await.unwrap(), Accepted::Confirmed);
            let next = soon("the other partner's", broker.next(&translate())).await.unwrap();
            assert_eq!((next.message().id, next.message().attempt), (ours.id, 1));
            next.settle(Outcome::Done);
        }
    }
    channel.queue_delete(odd.into(), QueueDeleteOptions::default()).await.unwrap();
    broker.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_nobody_ever_settles_ends_in_quarantine() {
    let options = options(&amqp());
    let quarantine = format!("{}.quarantine", options.prefix);
    let (broker, _) = open(options);
    let sent = message("translate", "acme");
    broker.publish(sent.clone()).await.unwrap();
    let (_connection, channel) = plain().await;
    let dropped = async { while broker.next(&translate()).await.is_some() {} };
    let got = soon("the message in quarantine", async {
        tokio::select! {
            () = dropped => panic!("the broker was not closed"),
            got = taken_from(&channel, &quarantine) => got,
        }
    })
    .await;
    assert_eq!(got.properties.message_id().as_ref().unwrap().as_str(), sent.id.as_str());
    broker.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_has_no_more_in_hand_than_its_limit() {
    let options = RabbitMqOptions { in_hand: 2, ..options(&amqp()) };
    let ((one, _), (other, _)) = (open(options.clone()), open(options));
    for _ in 0..5 {
        one.publish(message("translate", "acme")).await.unwrap();
    }
    let in_hand = soon("a message", one.next(&translate())).await.unwrap();
    other.serve_lanes(vec![(QueueName::translate(), partner("acme"))]);
    for _ in 0..3 {
        soon("what is left for others", other.next(&translate())).await.unwrap().settle(Outcome::Done);
    }
    in_hand.settle(Outcome::Done);
    tokio::join!(one.shutdown(), other.shutdown());
}

#[tokio::test(flavor = "multi_thread")]
async fn closing_ends_waits_and_gives_back_what_no_room_took() {
    let options = options(&amqp());
    let (broker, _) = open(options.clone());
    for _ in 0..3 {
        broker.publish(message("translate", "acme")).await.unwrap();
    }
    let in_hand = soon("a message", broker.next(&translate())).await.unwrap();
    let elsewhere = broker.clone();
    let waiter = tokio::spawn(async move { elsewhere.next(&crate::Wants::Queue(QueueName::answer())).await.is_none() });
    broker.close();
    assert!(soon("the end of a wait", waiter).await.unwrap());
    assert!(matches!(broker.publish(message("translate", "acme")).await, Err(BrokerError::Closed)));
    let done = in_hand.message().id;
    in_hand.settle(Outcome::Done);
    broker.shutdown().await;
    let (next, _) = open(options);
    next.serve_lanes(vec![(QueueName::translate(), partner("acme"))]);
    for _ in 0..2 {
        let delivered = soon("what was given back", next.next(&translate())).await.unwrap();
        assert_ne!(delivered.message().id, done);
        delivered.settle(Outcome::Done);
    }
    next.shutdown().await;
}
