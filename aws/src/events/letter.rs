//! A message that was received and is not settled, which is kept hidden from others meanwhile.

use std::sync::Arc;
use std::time::Duration;

use aws_sdk_sqs::Client;
use tokio::sync::Mutex;
use tokio::task::AbortHandle;
use tracing::warn;

use crate::Failure;

/// Longest time that SQS hides a message for.
const HIDDEN_S_MAX: u64 = 43_200;

/// A message. While it stands, it stays hidden; dropped without being settled, it comes again when its time is over.
pub(super) struct Letter {
    held: Arc<Held>,
    /// What came with it and is not done.
    open: Mutex<Open>,
    beats: AbortHandle,
}

struct Open {
    objects: usize,
    again: bool,
}

struct Held {
    client: Client,
    queue: String,
    receipt: String,
    /// Whether it is settled, and whoever says something of it to SQS says it alone.
    settled: Mutex<bool>,
}

impl Letter {
    /// A message that tells of so many objects, hidden for `visible_s` seconds at a time.
    pub(super) fn new(client: Client, queue: String, receipt: String, objects: usize, visible_s: i32) -> Self {
        let held = Arc::new(Held { client, queue, receipt, settled: Mutex::new(false) });
        let beats = tokio::spawn(beat(held.clone(), visible_s)).abort_handle();
        Self { held, open: Mutex::new(Open { objects, again: false }), beats }
    }

    /// One of its objects is done; with the last one the message goes, unless one is to come again.
    pub(super) async fn done(&self) -> Result<(), Failure> {
        let mut open = self.open.lock().await;
        open.objects = open.objects.saturating_sub(1);
        if open.objects > 0 || open.again {
            return Ok(());
        }
        self.held.delete().await
    }

    /// It comes again after a while.
    pub(super) async fn again(&self, after: Duration) -> Result<(), Failure> {
        self.open.lock().await.again = true;
        self.held.hide_last(i32::try_from(after.as_secs().min(HIDDEN_S_MAX)).unwrap_or(i32::MAX)).await
    }
}

impl Drop for Letter {
    fn drop(&mut self) {
        self.beats.abort();
    }
}

impl Held {
    async fn delete(&self) -> Result<(), Failure> {
        let mut settled = self.settled.lock().await;
        let request = self.client.delete_message().queue_url(&self.queue).receipt_handle(&self.receipt);
        request.send().await.map_err(|error| Failure::of("DeleteMessage", &error))?;
        *settled = true;
        Ok(())
    }

    async fn hide_last(&self, seconds: i32) -> Result<(), Failure> {
        let mut settled = self.settled.lock().await;
        *settled = true;
        self.hide(seconds).await
    }

    async fn hide(&self, seconds: i32) -> Result<(), Failure> {
        let request = self.client.change_message_visibility().queue_url(&self.queue).receipt_handle(&self.receipt);
        let done = request.visibility_timeout(seconds).send().await;
        done.map(drop).map_err(|error| Failure::of("ChangeMessageVisibility", &error))
    }
}

/// Keeps a message hidden until it is settled. One that cannot be kept may come to another meanwhile, as any message of SQS may.
async fn beat(held: Arc<Held>, visible_s: i32) {
    let pause = Duration::from_secs(u64::from(visible_s.unsigned_abs())) / 3;
    loop {
        tokio::time::sleep(pause).await;
        let settled = held.settled.lock().await;
        if *settled {
            return;
        }
        if let Err(failure) = held.hide(visible_s).await {
            warn!("a file that is worked on may come to another worker, too: {failure}");
        }
    }
}
