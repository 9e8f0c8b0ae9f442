//! A webhook receiver that takes an answer only with a good signature, and fails when it is told to.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use secrecy::ExposeSecret;
use serde_json::Value;
use tokio::runtime::Runtime;
use tradewind_compliance::{Clock, WallClock};
use tradewind_transfer::webhook::{WebhookSecret, verify};

use super::wait::until;

/// How far a webhook's time may be from ours.
const TOLERANCE: Duration = Duration::from_secs(300);

/// One answer that was taken.
#[derive(Clone)]
pub(crate) struct Hook {
    pub(crate) id: String,
    pub(crate) body: Value,
}

struct Desk {
    secret: Mutex<WebhookSecret>,
    /// The secret before, where it was replaced: what it signs is refused and comes again.
    replaced: Mutex<Option<WebhookSecret>>,
    hooks: Mutex<Vec<Hook>>,
    /// So many more calls are answered with 503.
    failing: AtomicU64,
    failed: AtomicU64,
    unsigned: AtomicU64,
}

pub(crate) struct Receiver {
    pub(crate) address: SocketAddr,
    /// `whsec_…`
    pub(crate) secret: String,
    desk: Arc<Desk>,
    _runtime: Runtime,
}

impl Receiver {
    pub(crate) fn start() -> Self {
        let text = WebhookSecret::generate().unwrap().expose_secret().to_owned();
        let desk = Arc::new(Desk {
            secret: Mutex::new(WebhookSecret::parse(&text).unwrap()),
            replaced: Mutex::default(),
            hooks: Mutex::default(),
            failing: AtomicU64::new(0),
            failed: AtomicU64::new(0),
            unsigned: AtomicU64::new(0),
        });
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let listener = runtime.block_on(tokio::net::TcpListener::bind(("127.0.0.1", 0))).unwrap();
        let address = listener.local_addr().unwrap();
        let router = Router::new().route("/answers", post(take)).with_state(desk.clone());
        drop(runtime.spawn(async move { axum::serve(listener, router).await }));
        Self { address, secret: text, desk, _runtime: runtime }
    }

    /// Takes answers by a new secret only, and gives it.
    #[cfg(all(feature = "aws", feature = "postgres", feature = "rabbitmq"))]
    pub(crate) fn rotate(&self) -> String {
        let text = WebhookSecret::generate().unwrap().expose_secret().to_owned();
        let old = std::mem::replace(&mut *self.desk.secret.lock().unwrap(), WebhookSecret::parse(&text).unwrap());
        *self.desk.replaced.lock().unwrap() = Some(old);
        text
    }

    /// Answers the next calls with 503.
    pub(crate) fn fail(&self, calls: u64) {
        self.desk.failing.store(calls, Ordering::SeqCst);
    }

    /// How many calls it refused because it was told to.
    pub(crate) fn failed(&self) -> u64 {
        self.desk.failed.load(Ordering::SeqCst)
    }

    /// What came so far, in order. A call without a good signature fails the test.
    pub(crate) fn hooks(&self) -> Vec<Hook> {
        assert_eq!(self.desk.unsigned.load(Ordering::SeqCst), 0, "webhooks with a bad signature");
        self.desk.hooks.lock().unwrap().clone()
    }

    /// Waits for so many answers.
    pub(crate) fn wait_for(&self, count: usize) -> Vec<Hook> {
        until("webhooks", || Some(self.hooks()).filter(|hooks| hooks.len() >= count))
    }
}

async fn take(State(desk): State<Arc<Desk>>, headers: HeaderMap, body: Bytes) -> StatusCode {
    if desk.failing.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)).is_ok() {
        desk.failed.fetch_add(1, Ordering::SeqCst);
        return StatusCode::SERVICE_UNAVAILABLE;
    }
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let (id, sent) = (header("webhook-id"), header("webhook-timestamp").parse().unwrap_or(0));
    let now = WallClock.now_unix_ms() / 1_000;
    let signed =
        |secret: &WebhookSecret| verify(secret, id, sent, &body, header("webhook-signature"), now, TOLERANCE).is_ok();
    if desk.replaced.lock().unwrap().as_ref().is_some_and(signed) {
        desk.failed.fetch_add(1, Ordering::SeqCst);
        return StatusCode::SERVICE_UNAVAILABLE;
    }
    if !signed(&desk.secret.lock().unwrap()) {
        desk.unsigned.fetch_add(1, Ordering::SeqCst);
        return StatusCode::UNAUTHORIZED;
    }
    let body = serde_json::from_slice(&body).unwrap_or_default();
    desk.hooks.lock().unwrap().push(Hook { id: id.to_owned(), body });
    StatusCode::NO_CONTENT
}
