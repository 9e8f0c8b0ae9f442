//! The clinic's webhook: it takes an answer only with a good signature.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use secrecy::{ExposeSecret, SecretString};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tradewind_compliance::{Clock, WallClock};
use tradewind_transfer::webhook::{WebhookSecret, verify};

/// How far a webhook's time may be from ours.
const TOLERANCE: Duration = Duration::from_secs(300);
/// How long the receiver waits for one more answer.
const PATIENCE: Duration = Duration::from_secs(60);
/// Lines of an answer that are shown.
const LINES_SHOWN: usize = 40;

#[derive(Clone)]
struct Desk {
    secret: WebhookSecret,
    answers: Arc<Mutex<Vec<Bytes>>>,
    came: Arc<tokio::sync::Notify>,
}

pub(super) struct Receiver {
    desk: Desk,
    stop: CancellationToken,
    task: JoinHandle<std::io::Result<()>>,
}

impl Receiver {
    pub(super) fn start(listener: TcpListener, secret: &SecretString) -> anyhow::Result<Self> {
        let secret = WebhookSecret::parse(secret.expose_secret())?;
        let desk = Desk { secret, answers: Arc::default(), came: Arc::default() };
        let router = Router::new().route("/answers", post(take)).with_state(desk.clone());
        let stop = CancellationToken::new();
        let stopped = stop.clone().cancelled_owned();
        let task = tokio::spawn(async move { axum::serve(listener, router).with_graceful_shutdown(stopped).await });
        Ok(Self { desk, stop, task })
    }

    /// Waits for so many answers, and gives how many came.
    pub(super) async fn wait_for(&self, count: usize) -> usize {
        loop {
            let came = self.desk.came.notified();
            let have = self.desk.lock().len();
            if have >= count || tokio::time::timeout(PATIENCE, came).await.is_err() {
                return self.desk.lock().len();
            }
        }
    }

    /// The first answer, as people read JSON.
    pub(super) fn first_as_text(&self) -> String {
        let answers = self.desk.lock();
        let value = answers.first().and_then(|body| serde_json::from_slice::<serde_json::Value>(body).ok());
        let text = value.and_then(|value| serde_json::to_string_pretty(&value).ok()).unwrap_or_default();
        let mut shown: String = text.lines().take(LINES_SHOWN).map(|line| format!("           {line}\n")).collect();
        if text.lines().count() > LINES_SHOWN {
            shown.push_str("           …\n");
        }
        shown
    }

    pub(super) async fn stop(self) {
        self.stop.cancel();
        // It has stopped, well or not; the demo's verdict does not depend on it.
        let _ = self.task.await;
    }
}

impl Desk {
    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Bytes>> {
        self.answers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn take(State(desk): State<Desk>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let now = WallClock.now_unix_ms() / 1_000;
    let sent = header("webhook-timestamp").parse().unwrap_or(0);
    let (id, signature) = (header("webhook-id"), header("webhook-signature"));
    if verify(&desk.secret, id, sent, &body, signature, now, TOLERANCE).is_err() {
        return StatusCode::UNAUTHORIZED;
    }
    desk.lock().push(body);
    desk.came.notify_one();
    StatusCode::NO_CONTENT
}
