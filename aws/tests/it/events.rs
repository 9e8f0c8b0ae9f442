//! What comes into a bucket: objects on a real S3 server, told by a queue of SQS.

use std::time::Duration;

use aws_sdk_s3::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_s3::types::{Event, NotificationConfiguration, QueueConfiguration};
use aws_smithy_http_client::Builder;
use serde_json::json;
use tradewind_aws::{ArrivedError, ConfigError, Connection, EventsOptions, FailureKind, S3Events};
use tradewind_compliance::store::StoreError;

use crate::support::events::{Queue, Source, bytes_of, events, next};
use crate::support::s3::{Place, access, content};
use crate::support::weather::Fault;
use crate::support::{soon, until, variable};

/// The test's AWS as an S3 server that tells of its objects itself.
async fn telling(queue: &Queue) -> Source {
    let endpoint = variable("TRADEWIND_TEST_AWS");
    let config = aws_sdk_s3::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .credentials_provider(Credentials::new("tests", "tests", None, None, "tests"))
        .region(Region::new("us-east-1"))
        .endpoint_url(&endpoint)
        .force_path_style(true)
        .http_client(Builder::new().build_http());
    let client = aws_sdk_s3::Client::from_conf(config.build());
    let bucket = queue.url.rsplit('/').next().unwrap().to_lowercase();
    client.create_bucket().bucket(&bucket).send().await.unwrap();
    let told = QueueConfiguration::builder().queue_arn(queue.arn().await).events(Event::from("s3:ObjectCreated:*"));
    let told = NotificationConfiguration::builder().queue_configurations(told.build().unwrap()).build();
    let request = client.put_bucket_notification_configuration().bucket(&bucket).notification_configuration(told);
    request.send().await.unwrap();
    Source { client, endpoint, bucket }
}

async fn is_empty(queue: &Queue) {
    until("the queue is empty", async || queue.depth().await == (0, 0)).await;
}

#[tokio::test]
async fn an_object_that_a_message_tells_of_is_read_and_the_message_taken_away() {
    let (place, queue) = (Place::new().await, Queue::new(3).await);
    let source = place.source();
    let events = events(queue.options(&source)).await;
    let body = content(3_000_000);
    let put = source.put(&place.key("acme/claims.x12"), &body).await;
    queue.send(&source.notice(&put).to_string()).await;
    let arrived = next(&events).await;
    assert_eq!((arrived.bucket(), arrived.key()), (source.bucket.as_str(), put.key.as_str()));
    assert_eq!((arrived.size(), arrived.etag(), arrived.version()), (3_000_000, put.etag.as_str(), None));
    assert!(bytes_of(&arrived).await == body);
    assert!(!format!("{arrived:?} {events:?}").contains("claims"), "a key is not for logs");
    assert_eq!(queue.depth().await, (0, 1), "it stays until it is said to be done");
    arrived.done().await.unwrap();
    is_empty(&queue).await;
}

#[tokio::test]
async fn s3_tells_of_its_objects_itself() {
    let queue = Queue::new(3).await;
    // Its first message says that it is a test.
    let source = telling(&queue).await;
    let events = events(queue.options(&source)).await;
    let put = source.put("acme/in/claims of Zoë+1 100%.x12", b"ISA*").await;
    let arrived = next(&events).await;
    // This server tells no versions.
    assert_eq!((arrived.key(), arrived.etag(), arrived.version()), (put.key.as_str(), put.etag.as_str(), None));
    assert_eq!(bytes_of(&arrived).await, b"ISA*");
    arrived.done().await.unwrap();
    is_empty(&queue).await;
    assert_eq!(queue.dead().await, 0);
}

#[tokio::test]
async fn envelopes_of_sns_and_of_eventbridge_are_opened() {
    let (place, queue) = (Place::new().await, Queue::new(3).await);
    let source = place.source();
    let events = events(queue.options(&source)).await;
    let put = source.put(&place.key("a b+c"), b"ISA*").await;
    let of_sns = json!({ "Type": "Notification", "TopicArn": "t", "Message": source.notice(&put).to_string() });
    let of_bridge = json!({ "source": "aws.s3", "detail-type": "Object Created", "detail": {
        "bucket": { "name": source.bucket },
        "object": { "key": put.key, "size": 4, "etag": put.etag, "sequencer": "0A" },
    } });
    for message in [of_sns, of_bridge] {
        queue.send(&message.to_string()).await;
        let arrived = next(&events).await;
        assert_eq!((arrived.key(), bytes_of(&arrived).await), (put.key.as_str(), b"ISA*".to_vec()));
        arrived.done().await.unwrap();
    }
    is_empty(&queue).await;
}

#[tokio::test]
async fn a_message_that_comes_twice_tells_of_the_same_and_another_version_of_another() {
    let (place, queue) = (Place::new().await, Queue::new(3).await);
    let source = place.versioned().await;
    let events = events(queue.options(&source)).await;
    let first = source.put(&place.key("claims"), b"first").await;
    let second = source.put(&place.key("claims"), b"second").await;
    // The later one is told of first, and the first one twice.
    let mut seen = Vec::new();
    for (put, body) in [(&second, "second"), (&first, "first"), (&first, "first")] {
        queue.send(&source.notice(put).to_string()).await;
        let arrived = next(&events).await;
        assert_eq!(bytes_of(&arrived).await, body.as_bytes());
        seen.push(arrived.identity());
        arrived.done().await.unwrap();
    }
    assert!(seen[0] != seen[1] && seen[1] == seen[2]);
}

#[tokio::test]
async fn an_object_that_is_gone_or_another_is_said_to_be_gone() {
    let (place, queue) = (Place::new().await, Queue::new(3).await);
    let source = place.source();
    let events = events(queue.options(&source)).await;
    let (replaced, removed) = (place.key("replaced"), place.key("removed"));
    for key in [&replaced, &removed] {
        let put = source.put(key, b"one").await;
        queue.send(&source.notice(&put).to_string()).await;
    }
    source.put(&replaced, b"two").await;
    source.client.delete_object().bucket(&source.bucket).key(&removed).send().await.unwrap();
    for _ in 0..2 {
        let arrived = next(&events).await;
        assert!(matches!(soon(arrived.read()).await.map(drop), Err(ArrivedError::Gone)));
        arrived.done().await.unwrap();
    }
    is_empty(&queue).await;
}

#[tokio::test]
async fn what_is_not_done_comes_again_and_not_while_it_is_worked_on() {
    let (place, queue) = (Place::new().await, Queue::new(10).await);
    let source = place.source();
    let options = EventsOptions { visibility_timeout_s: 3, ..queue.options(&source) };
    let (one, other) = (events(options.clone()).await, events(options).await);
    let put = source.put(&place.key("claims"), b"ISA*").await;
    queue.send(&source.notice(&put).to_string()).await;
    let arrived = next(&one).await;
    // A poll lasts 5 s, and longer than the message would be hidden.
    assert!(other.next().await.unwrap().is_none(), "it is worked on");
    assert_eq!(bytes_of(&arrived).await, b"ISA*");
    // The worker dies between the reading and its word.
    drop(arrived);
    drop(one);
    let arrived = next(&other).await;
    assert_eq!((bytes_of(&arrived).await, arrived.receives()), (b"ISA*".to_vec(), 2));
    arrived.again(Duration::ZERO).await.unwrap();
    let arrived = next(&other).await;
    assert_eq!(arrived.receives(), 3);
    arrived.done().await.unwrap();
    is_empty(&queue).await;
}

#[tokio::test]
async fn a_message_goes_when_all_that_it_tells_of_is_done() {
    let (place, queue) = (Place::new().await, Queue::new(3).await);
    let source = place.source();
    let events = events(queue.options(&source)).await;
    let mut message = source.notice(&source.put(&place.key("a"), b"a").await);
    let another = source.notice(&source.put(&place.key("b"), b"b").await);
    message["Records"].as_array_mut().unwrap().push(another["Records"][0].clone());
    queue.send(&message.to_string()).await;
    let (a, b) = (next(&events).await, next(&events).await);
    assert_eq!((bytes_of(&a).await, bytes_of(&b).await), (b"a".to_vec(), b"b".to_vec()));
    a.done().await.unwrap();
    assert_eq!(queue.depth().await, (0, 1));
    b.done().await.unwrap();
    is_empty(&queue).await;
}

#[tokio::test]
async fn what_cannot_be_used_is_left_to_the_queues_redrive() {
    let (place, queue) = (Place::new().await, Queue::new(2).await);
    let source = place.source();
    let events = events(EventsOptions { visibility_timeout_s: 1, ..queue.options(&source) }).await;
    let put = source.put(&place.key("claims"), b"ISA*").await;
    let elsewhere = Source { bucket: "another".to_owned(), ..place.source() };
    for message in ["CANARY", "{\"Records\":[{}]}", "\u{0}", &elsewhere.notice(&put).to_string()] {
        queue.send(message).await;
    }
    until("the dead letters", async || {
        assert!(soon(events.next()).await.unwrap().is_none());
        queue.dead().await == 4
    })
    .await;
    assert_eq!(queue.depth().await, (0, 0));
}

#[tokio::test]
async fn a_message_that_comes_too_often_is_left_too() {
    let (place, queue) = (Place::new().await, Queue::new(3).await);
    let source = place.source();
    let options = EventsOptions { visibility_timeout_s: 1, receives_max: 2, ..queue.options(&source) };
    let events = events(options).await;
    let put = source.put(&place.key("claims"), b"ISA*").await;
    queue.send(&source.notice(&put).to_string()).await;
    for time in 1..=2 {
        let arrived = next(&events).await;
        assert_eq!(arrived.receives(), time);
        arrived.again(Duration::ZERO).await.unwrap();
    }
    until("the dead letter", async || {
        assert!(soon(events.next()).await.unwrap().is_none());
        queue.dead().await == 1
    })
    .await;
}

#[tokio::test]
async fn hostile_keys_are_keys_and_no_more() {
    let queue = Queue::new(3).await;
    let source = telling(&queue).await;
    let of_it = events(queue.options(&source)).await;
    let longest = format!("acme/{}", "k".repeat(1019));
    for key in ["acme/../../other/claims", "acme/%2e%2e/x", "a//b", "acme/ /\u{202e}é漢\"'<&>", &longest] {
        let put = source.put(key, key.as_bytes()).await;
        let arrived = next(&of_it).await;
        assert_eq!((arrived.key(), arrived.etag()), (key, put.etag.as_str()));
        assert_eq!(bytes_of(&arrived).await, key.as_bytes(), "{key:?}");
        arrived.done().await.unwrap();
    }
    // The server that tells of its objects takes no key with a line's end, and the other one no dots.
    let (place, queue) = (Place::new().await, Queue::new(3).await);
    let source = place.source();
    let of_it = events(queue.options(&source)).await;
    let put = source.put(&place.key("a\nb"), b"ISA*").await;
    queue.send(&source.notice(&put).to_string()).await;
    let dots = put.named(place.key("c/../a\nb"));
    queue.send(&source.notice(&dots).to_string()).await;
    let (lines_end, dots) = (next(&of_it).await, next(&of_it).await);
    assert_eq!(bytes_of(&lines_end).await, b"ISA*");
    assert!(soon(dots.read()).await.is_err(), "dots do not lead to what is elsewhere");
}

#[tokio::test]
async fn a_queue_that_fails_is_polled_again_and_a_body_that_breaks_off_is_taken_up() {
    let (place, queue) = (Place::new().await, Queue::new(10).await);
    let (sqs, s3) = (queue.weather().await, place.weather().await);
    let source = place.source();
    let options = EventsOptions {
        // A lost answer leaves its message hidden for so long.
        visibility_timeout_s: 2,
        connection: Connection { read_timeout_ms: 4_000, ..sqs.connection() },
        s3: s3.connection(),
        ..queue.options(&source)
    };
    let events = events(options).await;
    let body = content(400_000);
    let put = source.put(&place.key("CANARY"), &body).await;
    sqs.always("ReceiveMessage", Fault::Answer(403, r#"{"__type":"AccessDeniedException","message":"CANARY"}"#));
    for _ in 0..2 {
        let failure = soon(events.next()).await.unwrap_err();
        assert_eq!(failure.kind(), FailureKind::Denied);
        assert!(!format!("{failure} {failure:?}").contains("CANARY"));
    }
    sqs.clear();
    sqs.next("ReceiveMessage", [Fault::Answer(503, ""), Fault::LoseAnswer]);
    queue.send(&source.notice(&put).to_string()).await;
    s3.next("GetObject", [Fault::CutAnswer(100_000), Fault::CutAnswer(50_000)]);
    let arrived = next(&events).await;
    assert!(bytes_of(&arrived).await == body);
    assert_eq!(s3.calls("GetObject").len(), 3);
    arrived.done().await.unwrap();
    is_empty(&queue).await;
}

#[tokio::test]
async fn a_queue_that_is_not_there_is_told_and_files_do_not_travel_in_clear() {
    let (place, queue) = (Place::new().await, Queue::new(3).await);
    let options = queue.options(&place.source());
    let none = EventsOptions { queue: format!("{}-none", queue.url), ..options.clone() };
    let failure = S3Events::new(none, &access()).await.unwrap().check().await.unwrap_err();
    assert_eq!(failure.kind(), FailureKind::Missing);
    let clear = || Connection { endpoint: Some("http://10.0.0.1".to_owned()), ..Connection::default() };
    for options in
        [EventsOptions { s3: clear(), ..options.clone() }, EventsOptions { connection: clear(), ..options.clone() }]
    {
        assert!(matches!(S3Events::new(options, &access()).await, Err(ConfigError::EndpointInsecure)));
    }
}

#[tokio::test]
async fn a_silent_queue_and_a_silent_bucket_are_waited_for_no_longer_than_told() {
    let (place, queue) = (Place::new().await, Queue::new(10).await);
    let (sqs, s3) = (queue.weather().await, place.weather().await);
    let source = place.source();
    let options = EventsOptions {
        connection: sqs.impatient_connection(),
        s3: s3.impatient_connection(),
        ..queue.options(&source)
    };
    let events = events(options).await;
    let put = source.put(&place.key("claims"), b"ISA*").await;
    queue.send(&source.notice(&put).to_string()).await;
    sqs.always("ReceiveMessage", Fault::Silence);
    assert_eq!(soon(events.next()).await.unwrap_err().kind(), FailureKind::TimedOut);
    sqs.clear();
    let arrived = next(&events).await;
    s3.always("GetObject", Fault::Silence);
    assert!(matches!(soon(arrived.read()).await.map(drop), Err(ArrivedError::Store(StoreError::Unavailable(_)))));
    s3.clear();
    sqs.always("DeleteMessage", Fault::Silence);
    assert_eq!(bytes_of(&arrived).await, b"ISA*");
    assert_eq!(soon(arrived.done()).await.unwrap_err().kind(), FailureKind::TimedOut);
    assert_eq!(queue.depth().await, (0, 1), "it comes again");
}
