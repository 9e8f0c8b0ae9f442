//! Files that the managed SFTP service or anything else puts into a bucket: S3 tells a queue of SQS, and they are received from there.

mod arrived;
mod letter;
mod notice;
mod options;

use std::collections::VecDeque;
use std::fmt;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use aws_sdk_sqs::Client;
use aws_sdk_sqs::types::{Message, MessageSystemAttributeName, QueueAttributeName};
use tracing::{error, warn};

pub use arrived::{Arrived, ArrivedError};
pub use options::{EventsOptions, Folder};

use crate::s3::{Bucket, Encryption, S3Options};
use crate::{Access, ConfigError, Failure, FailureKind, jitter};
use letter::Letter;
use notice::Notice;

/// Longest that a poll waits for a message, as SQS has it.
const POLL_S_MAX: u64 = 20;

/// What comes into a bucket, as S3 tells it to a queue: itself, through SNS, or through EventBridge. Several may poll one queue.
///
/// A message that cannot be read, that is of another bucket, or that came more often than
/// [`EventsOptions::receives_max`] is told in the log with its id and left where it is, so that the queue's redrive policy moves it.
///
/// It needs the rights `sqs:GetQueueAttributes`, `sqs:ReceiveMessage`, `sqs:ChangeMessageVisibility` and `sqs:DeleteMessage` on the queue,
/// and on the bucket `s3:GetObject`, `s3:GetObjectVersion`, and `s3:ListBucket`, without which S3 answers that an object that is gone is denied.
pub struct S3Events {
    client: Client,
    bucket: Arc<Bucket>,
    options: EventsOptions,
    waiting: Mutex<VecDeque<Arrived>>,
    failures: AtomicU32,
}

impl S3Events {
    /// Nothing is asked of AWS yet.
    ///
    /// # Errors
    /// When files, or what is told of them, would travel in clear.
    pub async fn new(options: EventsOptions, access: &Access) -> Result<Self, ConfigError> {
        if options.connection.is_insecure() || options.s3.is_insecure() {
            return Err(ConfigError::EndpointInsecure);
        }
        let client = Client::new(&options.connection.sdk(access).await);
        let bucket = Arc::new(Bucket::open(s3_options(&options), access).await);
        Ok(Self { client, bucket, options, waiting: Mutex::default(), failures: AtomicU32::new(0) })
    }

    /// How the queue is used.
    #[must_use]
    pub const fn options(&self) -> &EventsOptions {
        &self.options
    }

    /// Asks whether the queue is there, and says in the log if it has no redrive policy.
    ///
    /// # Errors
    /// When the queue is not there, or SQS cannot be reached or denies.
    pub async fn check(&self) -> Result<(), Failure> {
        let asked = self.client.get_queue_attributes().queue_url(&self.options.queue);
        let told = asked.attribute_names(QueueAttributeName::RedrivePolicy).send().await;
        let attributes = told.map_err(|error| Failure::of("GetQueueAttributes", &error))?.attributes;
        if !attributes.is_some_and(|all| all.contains_key(&QueueAttributeName::RedrivePolicy)) {
            warn!(
                "the queue of S3's events has no redrive policy: a message that cannot be used comes again until it expires"
            );
        }
        Ok(())
    }

    /// The next object that came; none if nothing came for a while, 20 seconds at most. After a failure, the next call waits before it asks.
    ///
    /// # Errors
    /// When SQS cannot be reached or denies.
    pub async fn next(&self) -> Result<Option<Arrived>, Failure> {
        if let Some(arrived) = self.waiting().pop_front() {
            return Ok(Some(arrived));
        }
        let failures = self.failures.load(Ordering::Relaxed);
        if failures > 0 {
            jitter::pause(failures - 1).await;
        }
        let received = self.receive().await;
        let failures = if received.is_ok() { 0 } else { failures.saturating_add(1) };
        self.failures.store(failures, Ordering::Relaxed);
        if let Some(message) = received? {
            self.take(message).await?;
        }
        Ok(self.waiting().pop_front())
    }

    async fn receive(&self) -> Result<Option<Message>, Failure> {
        // The poll ends well before a silent server would be given up.
        let wait_s = (self.options.connection.read_timeout().as_secs() / 2).min(POLL_S_MAX);
        let request = self.client.receive_message().queue_url(&self.options.queue).max_number_of_messages(1);
        let request = request
            .wait_time_seconds(i32::try_from(wait_s).unwrap_or_default())
            .visibility_timeout(self.options.visibility_s())
            .message_system_attribute_names(MessageSystemAttributeName::ApproximateReceiveCount);
        let got = request.send().await.map_err(|error| Failure::of("ReceiveMessage", &error))?;
        Ok(got.messages.unwrap_or_default().into_iter().next())
    }

    /// Makes ready what a message says came.
    async fn take(&self, message: Message) -> Result<(), Failure> {
        let malformed = || Failure::new("ReceiveMessage", FailureKind::Malformed);
        let receipt = message.receipt_handle.clone().ok_or_else(malformed)?;
        let receives = receives(&message);
        let notices = match self.usable(&message, receives) {
            Ok(notices) => notices,
            Err(why) => {
                let id = message.message_id.as_deref().unwrap_or_default();
                error!(
                    message = id,
                    receives, "a message of S3's events {why}; it is left to the queue's redrive policy"
                );
                return Ok(());
            }
        };
        let (client, queue) = (self.client.clone(), self.options.queue.clone());
        let letter = Letter::new(client, queue, receipt, notices.len(), self.options.visibility_s());
        if notices.is_empty() {
            return letter.done().await;
        }
        let letter = Arc::new(letter);
        let arrived =
            notices.into_iter().map(|notice| Arrived::new(self.bucket.clone(), letter.clone(), notice, receives));
        self.waiting().extend(arrived);
        Ok(())
    }

    /// What a message says came, unless it is to be left where it is.
    fn usable(&self, message: &Message, receives: u32) -> Result<Vec<Notice>, &'static str> {
        if receives > self.options.receives_max {
            return Err("came too often");
        }
        let notices = notice::read(message.body.as_deref().unwrap_or_default());
        let notices = notices.map_err(|notice::Unreadable| "cannot be read")?;
        let ours = notices.iter().all(|notice| notice.bucket == self.options.bucket);
        ours.then_some(notices).ok_or("tells of another bucket")
    }

    fn waiting(&self) -> MutexGuard<'_, VecDeque<Arrived>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for S3Events {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("S3Events").finish_non_exhaustive()
    }
}

/// How often a message came, this time counted.
fn receives(message: &Message) -> u32 {
    let counted =
        message.attributes.as_ref().and_then(|all| all.get(&MessageSystemAttributeName::ApproximateReceiveCount));
    counted.and_then(|count| count.parse().ok()).unwrap_or(1)
}

fn s3_options(options: &EventsOptions) -> S3Options {
    S3Options {
        bucket: options.bucket.clone(),
        prefix: String::new(),
        path_style: options.path_style,
        encryption: Encryption::Bucket,
        connection: options.s3.clone(),
    }
}
