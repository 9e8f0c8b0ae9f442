//! The rooms as the REST door sees them.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use futures::StreamExt;
use tradewind_api::{
    Answer, Caller, Content, FileView, Gateway, GatewayError, Health, HealthPart, Inquiry, MetricsSnapshot, Page,
    Submission, Submitted, TransactionView,
};
use tradewind_broker::Broker;
use tradewind_compliance::keys::SearchKind;
use tradewind_compliance::store::StoreError;
use tradewind_compliance::{ItemId, ReceiptId};
use tradewind_ledger::{LedgerError, Reservation, SearchHash, StoredResponse};

use super::counted::Counts;
use super::receive::{Door, Reception, Whole};
use super::{Flow, FlowError, convert, realtime, view};

/// A request that reserved its idempotency key and died of it frees the key after this.
const KEY_STALE_MS: u64 = 5 * 60_000;
/// How long a client waits before it asks again when the disk is full.
const RETRY_AFTER: Duration = Duration::from_secs(30);

/// How long an engine may take to say that it is there.
const HEALTH_PATIENCE: Duration = Duration::from_secs(2);
/// The object that is asked for to learn whether the store answers. There is none.
const PROBE: &str = "health";

/// The rooms as the REST door sees them.
pub struct FlowGateway(Arc<Flow>, Counts, Option<Arc<dyn Broker>>);

impl FlowGateway {
    /// The gateway of a flow, and of the queues where the process has them.
    #[must_use]
    pub fn new(flow: Arc<Flow>, queues: Option<Arc<dyn Broker>>) -> Self {
        Self(flow, Counts::default(), queues)
    }

    /// Takes the body whole into an object; nothing is recorded yet. The digest is of what the client sent: JSON becomes another
    /// interchange each time.
    async fn take(&self, caller: &Caller, submission: Submission) -> Result<(Whole, SearchHash), GatewayError> {
        let flow = &self.0;
        let search = flow.vault.keys().search_key(&caller.partner).await.map_err(GatewayError::internal)?;
        let mut digest = search.hasher(SearchKind::new("submission"));
        let mut reception = Reception::open(flow, &caller.partner, Door::Api, None).await.map_err(refuse)?;
        let (mut body, mut json) = (submission.body, Vec::new());
        while let Some(bytes) = body.next().await {
            let bytes = bytes?;
            digest.update(&bytes);
            match submission.content {
                Content::X12 => reception.write(&bytes).await.map_err(refuse)?,
                Content::Json => json.extend_from_slice(&bytes),
            }
        }
        if submission.content == Content::Json {
            let x12 = convert::submitted(flow, &caller.partner, &json).await?;
            reception.write(&x12).await.map_err(refuse)?;
        }
        Ok((reception.finish(flow).await.map_err(refuse)?, SearchHash(digest.finish())))
    }
}

#[async_trait]
impl Gateway for FlowGateway {
    fn authenticate(&self, token: &str) -> Option<Caller> {
        self.0.settings().caller(token).cloned()
    }

    async fn submit(&self, caller: &Caller, submission: Submission) -> Result<Submitted, GatewayError> {
        let flow = &self.0;
        let Some(key) = submission.idempotency_key.clone() else {
            let (whole, _) = self.take(caller, submission).await?;
            return Ok(Submitted { file: whole.receive(flow).await.map_err(refuse)?, duplicate: false });
        };
        let search = flow.vault.keys().search_key(&caller.partner).await.map_err(GatewayError::internal)?;
        let key = SearchHash(search.digest(SearchKind::new("idempotency-key"), key.expose().as_bytes()));
        let (whole, digest) = self.take(caller, submission).await?;
        let now = flow.now();
        let reserved = flow.ledger.reserve_key(&caller.partner, key, digest, now.minus(KEY_STALE_MS), now).await;
        let answer = match reserved.map_err(refuse_ledger)? {
            Reservation::Fresh => {
                // Where another request was faster, the client learns its file when it asks again.
                let file = whole.receive_under(flow, key).await.map_err(refuse)?.ok_or(GatewayError::KeyInUse)?;
                return Ok(Submitted { file, duplicate: false });
            }
            Reservation::InFlight => Err(GatewayError::KeyInUse),
            Reservation::Conflict => Err(GatewayError::KeyReused),
            Reservation::Done(response) => Ok(Submitted { file: first(&response)?, duplicate: true }),
        };
        whole.forget(flow).await.map_err(refuse)?;
        answer
    }

    async fn eligibility(
        &self,
        caller: &Caller,
        inquiry: Inquiry,
        deadline: tokio::time::Instant,
    ) -> Result<Answer, GatewayError> {
        realtime::ask(&self.0, &caller.partner, inquiry, deadline).await
    }

    async fn item(&self, caller: &Caller, id: ItemId) -> Result<Option<TransactionView>, GatewayError> {
        view::item(&self.0, &caller.partner, id).await.map_err(refuse)
    }

    async fn file(&self, caller: &Caller, id: ReceiptId, page: Page) -> Result<Option<FileView>, GatewayError> {
        view::file(&self.0, &caller.partner, id, page).await.map_err(refuse)
    }

    async fn health(&self) -> Health {
        let flow = &self.0;
        let ledger = answers(async { flow.ledger.next_job_at().await.is_ok() });
        let objects = answers(async {
            let Ok(probe) = PROBE.parse() else { return false };
            matches!(flow.vault.store().head(&probe).await, Ok(_) | Err(StoreError::NotFound))
        });
        let (ledger, objects) = tokio::join!(ledger, objects);
        let part = |name: &'static str, ok| HealthPart { name: name.into(), ok };
        let mut parts = vec![part("ledger", ledger), part("objects", objects)];
        // Doors take files in without the broker: the outbox keeps what is to be done with them.
        parts.extend(self.2.as_ref().map(|queues| part("queues", queues.connected())));
        Health { live: true, ready: ledger && objects, parts }
    }

    async fn metrics(&self) -> MetricsSnapshot {
        self.1.current(&self.0).await
    }
}

/// Whether an engine says in time that it is there.
async fn answers(engine: impl Future<Output = bool>) -> bool {
    tokio::time::timeout(HEALTH_PATIENCE, engine).await.unwrap_or(false)
}

/// The file that an idempotency key stood for: its id is the last part of its object's key.
fn first(response: &StoredResponse) -> Result<ReceiptId, GatewayError> {
    let object = response.body.as_ref().map(|object| object.as_str().rsplit('/').next().unwrap_or_default());
    object
        .and_then(|id| id.parse().ok())
        .ok_or_else(|| GatewayError::internal(FlowError::Internal("a stored response")))
}

fn refuse_ledger(error: LedgerError) -> GatewayError {
    refuse(error.into())
}

/// What the client learns of a failure.
pub(super) fn refuse(error: FlowError) -> GatewayError {
    let full = match &error {
        FlowError::Ledger(error) => matches!(error, LedgerError::Full),
        FlowError::Vault(error) => error.is_full(),
        _ => false,
    };
    if full { GatewayError::Unavailable { retry_after: RETRY_AFTER } } else { GatewayError::internal(error) }
}
