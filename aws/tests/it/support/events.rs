//! A queue that is told of what came into a bucket.

use std::sync::Arc;

use aws_sdk_sqs::types::QueueAttributeName;
use aws_smithy_http_client::Builder;
use futures::TryStreamExt;
use serde_json::{Value, json};
use tradewind_aws::{Arrived, Connection, EventsOptions, S3Events};
use tradewind_compliance::{IdSource, WallClock};

use super::soon;
use super::weather::Weather;

/// A bucket on one of the tests' servers, and who may ask there.
pub(crate) struct Source {
    pub(crate) client: aws_sdk_s3::Client,
    pub(crate) endpoint: String,
    pub(crate) bucket: String,
}

/// An object as S3 tells of it.
#[derive(Debug, Clone)]
pub(crate) struct Put {
    pub(crate) key: String,
    pub(crate) etag: String,
    version: Option<String>,
    size: usize,
}

impl Source {
    pub(crate) async fn put(&self, key: &str, bytes: &[u8]) -> Put {
        let request = self.client.put_object().bucket(&self.bucket).key(key);
        let put = request.body(bytes.to_vec().into()).send().await.unwrap();
        let etag = put.e_tag.unwrap().trim_matches('"').to_owned();
        Put { key: key.to_owned(), etag, version: put.version_id, size: bytes.len() }
    }

    /// What S3 would say of it, without an envelope.
    pub(crate) fn notice(&self, put: &Put) -> Value {
        let key: String = put.key.bytes().map(|byte| format!("%{byte:02X}")).collect();
        json!({ "Records": [{ "eventSource": "aws:s3", "eventName": "ObjectCreated:Put", "s3": {
            "bucket": { "name": self.bucket },
            "object": { "key": key, "size": put.size, "eTag": put.etag, "versionId": put.version, "sequencer": "0A" },
        } }] })
    }
}

impl Put {
    /// As if it had another key.
    pub(crate) fn named(self, key: String) -> Self {
        Self { key, ..self }
    }
}

/// A queue with a queue of dead letters, on the test's SQS.
pub(crate) struct Queue {
    endpoint: String,
    pub(crate) client: aws_sdk_sqs::Client,
    pub(crate) url: String,
    dead: String,
}

impl Queue {
    /// One whose messages go to the dead letters when they came so often.
    pub(crate) async fn new(receives: u32) -> Self {
        let endpoint = super::variable("TRADEWIND_TEST_AWS");
        let config = aws_sdk_sqs::Config::builder()
            .behavior_version(aws_sdk_sqs::config::BehaviorVersion::latest())
            .credentials_provider(aws_sdk_sqs::config::Credentials::new("tests", "tests", None, None, "tests"))
            .region(aws_sdk_sqs::config::Region::new("us-east-1"))
            .endpoint_url(&endpoint)
            .http_client(Builder::new().build_http());
        let client = aws_sdk_sqs::Client::from_conf(config.build());
        let name = IdSource::new(Arc::new(WallClock)).unwrap().item_id();
        let create = |name: String| client.create_queue().queue_name(name);
        let dead = create(format!("{name}-dead")).send().await.unwrap().queue_url.unwrap();
        let policy =
            json!({ "deadLetterTargetArn": arn(&client, &dead).await, "maxReceiveCount": receives }).to_string();
        let made = create(name.to_string()).attributes(QueueAttributeName::RedrivePolicy, policy).send().await.unwrap();
        Self { url: made.queue_url.unwrap(), endpoint, client, dead }
    }

    pub(crate) async fn arn(&self) -> String {
        arn(&self.client, &self.url).await
    }

    pub(crate) async fn send(&self, body: &str) {
        self.client.send_message().queue_url(&self.url).message_body(body).send().await.unwrap();
    }

    pub(crate) fn options(&self, source: &Source) -> EventsOptions {
        let connection = |endpoint: &str| Connection { endpoint: Some(endpoint.to_owned()), ..Connection::default() };
        EventsOptions {
            queue: self.url.clone(),
            bucket: source.bucket.clone(),
            folder: Vec::new(),
            visibility_timeout_s: 60,
            receives_max: 20,
            path_style: true,
            // A poll lasts half as long as a silent server is waited for.
            connection: Connection { read_timeout_ms: 10_000, ..connection(&self.endpoint) },
            s3: connection(&source.endpoint),
        }
    }

    pub(crate) async fn weather(&self) -> Weather {
        Weather::before(&self.endpoint).await
    }

    /// Messages that wait, and messages that are hidden.
    pub(crate) async fn depth(&self) -> (u32, u32) {
        depth(&self.client, &self.url).await
    }

    /// Messages that were given up.
    pub(crate) async fn dead(&self) -> u32 {
        depth(&self.client, &self.dead).await.0
    }
}

async fn arn(client: &aws_sdk_sqs::Client, url: &str) -> String {
    let asked = client.get_queue_attributes().queue_url(url).attribute_names(QueueAttributeName::QueueArn);
    asked.send().await.unwrap().attributes.unwrap().remove(&QueueAttributeName::QueueArn).unwrap()
}

async fn depth(client: &aws_sdk_sqs::Client, url: &str) -> (u32, u32) {
    let told = client.get_queue_attributes().queue_url(url).attribute_names(QueueAttributeName::All);
    let told = told.send().await.unwrap().attributes.unwrap();
    let count = |name: QueueAttributeName| told[&name].parse().unwrap();
    use QueueAttributeName::{ApproximateNumberOfMessages as Waiting, ApproximateNumberOfMessagesNotVisible as Hidden};
    (count(Waiting), count(Hidden))
}

pub(crate) async fn events(options: EventsOptions) -> S3Events {
    let events = S3Events::new(options, &super::s3::access()).await.unwrap();
    events.check().await.unwrap();
    events
}

/// The next object, polled for until there is one.
pub(crate) async fn next(events: &S3Events) -> Arrived {
    soon(async {
        loop {
            if let Some(arrived) = events.next().await.unwrap() {
                return arrived;
            }
        }
    })
    .await
}

pub(crate) async fn bytes_of(arrived: &Arrived) -> Vec<u8> {
    let pieces: Vec<bytes::Bytes> = soon(arrived.read()).await.unwrap().try_collect().await.unwrap();
    pieces.concat()
}
