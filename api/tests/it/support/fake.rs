use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::Duration;

use bytes::Bytes;
use futures::StreamExt as _;
use tokio::sync::{Notify, Semaphore};
use tokio::time::Instant;
use tradewind_api::{
    AcknowledgmentView, Answer, AnswerKind, AnswerView, BodyError, Caller, Content, Fault, FileView, Gateway,
    GatewayError, Health, HealthPart, Inquiry, InterchangeView, ItemRow, Keys, Limits, MetricsSnapshot, Page,
    QueueMetrics, SetView, StateMetrics, Submission, Submitted, TimelineEvent, Timestamp, TransactionView, tokens,
};
use tradewind_compliance::{ItemId, ReceiptId};

use super::{ACME, BETA};

pub(crate) const OWN_FILE: &str = "01JF000000000000ACME";
pub(crate) const OTHERS_FILE: &str = "01JF000000000000BETA";
pub(crate) const OWN_ITEM: &str = "01JT000000000000ACME";
pub(crate) const OTHERS_ITEM: &str = "01JT000000000000BETA";

/// Looking for this one waits.
pub(crate) const WAITING_ITEM: &str = "0000000000000000WAYT";

/// What was submitted or asked.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Taken {
    pub(crate) partner: String,
    pub(crate) content: Content,
    pub(crate) body: Bytes,
    pub(crate) key: Option<String>,
}

/// A gateway whose answer is in the body: `invalid`, `wait`, `999` …
pub(crate) struct Fake {
    pub(crate) taken: Mutex<Vec<Taken>>,
    /// What ended a body early.
    pub(crate) broken: Mutex<Vec<BodyError>>,
    pub(crate) pages: Mutex<Vec<Page>>,
    pub(crate) health: Mutex<(bool, bool)>,
    /// The first bytes of a body have come in.
    pub(crate) started: Notify,
    /// A call that waits has come in.
    pub(crate) entered: Notify,
    /// Lets calls that wait go on.
    pub(crate) gate: Semaphore,
    tokens: tokens::Table,
}

impl Default for Fake {
    fn default() -> Self {
        let row = |token, partner: &str| {
            (tokens::hash(token), Caller { partner: partner.parse().unwrap(), token: "main".to_owned() })
        };
        let rows = [row(ACME, "acme"), row(BETA, "beta")];
        let rows = rows.iter().map(|(hash, caller)| (hash.as_str(), caller.clone()));
        Self {
            taken: Mutex::default(),
            broken: Mutex::default(),
            pages: Mutex::default(),
            health: Mutex::new((true, true)),
            started: Notify::new(),
            entered: Notify::new(),
            gate: Semaphore::new(0),
            tokens: tokens::Table::new(rows).unwrap(),
        }
    }
}

/// Limits of time that a test can wait for.
pub(crate) fn quick() -> Limits {
    Limits { header_timeout_ms: 60_000, body_pause_ms_max: 60_000, body_timeout_ms: 60_000, ..Limits::default() }
}

impl Fake {
    pub(crate) fn taken(&self) -> Vec<Taken> {
        self.taken.lock().unwrap().clone()
    }

    fn take(&self, caller: &Caller, content: Content, body: &Bytes, key: Option<&str>) {
        let partner = caller.partner.to_string();
        let key = key.map(str::to_owned);
        self.taken.lock().unwrap().push(Taken { partner, content, body: body.clone(), key });
    }

    async fn obey(&self, body: &[u8]) -> Result<(), GatewayError> {
        let fault = || Fault {
            place: "segment 3 CLM02".into(),
            rule: "snip1.type".into(),
            message: "expected a number".into(),
        };
        Err(match body {
            b"malformed" => GatewayError::Malformed(vec![fault()]),
            b"invalid" => GatewayError::Invalid(vec![fault()]),
            b"invalid a lot" => GatewayError::Invalid(vec![fault(); 1_000]),
            b"no-route" => GatewayError::NoRoute,
            b"forbidden" => GatewayError::Forbidden,
            b"key-reused" => GatewayError::KeyReused,
            b"key-in-use" => GatewayError::KeyInUse,
            b"partner-failed" => GatewayError::PartnerFailed,
            b"timed-out" => GatewayError::TimedOut,
            b"unavailable" => GatewayError::Unavailable { retry_after: Duration::from_millis(6_500) },
            b"internal" => GatewayError::internal(std::io::Error::other("ledger at /secret/place is read-only")),
            b"panic" => panic!("a value that must not be told"),
            b"wait" => {
                self.entered.notify_one();
                self.gate.acquire().await.unwrap().forget();
                return Ok(());
            }
            _ => return Ok(()),
        })
    }
}

#[async_trait::async_trait]
impl Gateway for Fake {
    fn authenticate(&self, token: &str) -> Option<Caller> {
        self.tokens.find(token).cloned()
    }

    async fn submit(&self, caller: &Caller, mut submission: Submission) -> Result<Submitted, GatewayError> {
        let mut body = Vec::new();
        while let Some(chunk) = submission.body.next().await {
            body.extend_from_slice(&chunk.inspect_err(|error| self.broken.lock().unwrap().push(*error))?);
            self.started.notify_one();
        }
        let body = Bytes::from(body);
        self.obey(&body).await?;
        let key = submission.idempotency_key.as_ref().map(|key| key.expose());
        let duplicate = self.taken().iter().any(|taken| taken.body == body);
        self.take(caller, submission.content, &body, key);
        Ok(Submitted { file: OWN_FILE.parse().unwrap(), duplicate })
    }

    async fn eligibility(&self, caller: &Caller, inquiry: Inquiry, deadline: Instant) -> Result<Answer, GatewayError> {
        assert!(deadline > Instant::now());
        self.obey(&inquiry.body).await?;
        self.take(caller, inquiry.content, &inquiry.body, inquiry.idempotency_key.as_ref().map(|key| key.expose()));
        let kind = match &*inquiry.body {
            b"999" => AnswerKind::Implementation,
            b"TA1" => AnswerKind::Interchange,
            _ => AnswerKind::Eligibility,
        };
        let body = Bytes::from_static(if inquiry.answer == Content::Json { b"{}" } else { b"ISA*" });
        Ok(Answer { file: OWN_FILE.parse().unwrap(), kind, content: inquiry.answer, body })
    }

    async fn item(&self, caller: &Caller, id: ItemId) -> Result<Option<TransactionView>, GatewayError> {
        assert!(id.as_str() != "0000000000000000PANC", "a value that must not be told");
        if id.as_str() == WAITING_ITEM {
            self.obey(b"wait").await?;
        }
        let owner = BTreeMap::from([(OWN_ITEM, "acme"), (OTHERS_ITEM, "beta")]);
        let own = owner.get(id.as_str()).is_some_and(|owner| *owner == caller.partner.as_str());
        Ok(own.then(full_transaction))
    }

    async fn file(&self, caller: &Caller, id: ReceiptId, page: Page) -> Result<Option<FileView>, GatewayError> {
        self.pages.lock().unwrap().push(page);
        let owner = BTreeMap::from([(OWN_FILE, "acme"), (OTHERS_FILE, "beta")]);
        let own = owner.get(id.as_str()).is_some_and(|owner| *owner == caller.partner.as_str());
        Ok(own.then(full_file))
    }

    async fn health(&self) -> Health {
        let (live, ready) = *self.health.lock().unwrap();
        Health { live, ready, parts: vec![HealthPart { name: "ledger".into(), ok: ready }] }
    }

    async fn metrics(&self) -> MetricsSnapshot {
        let queue = |queue: &'static str, depth| QueueMetrics {
            queue: queue.into(),
            depth,
            oldest_age: Duration::from_millis(depth * 1_250),
        };
        let state = |state: &'static str, count| StateMetrics { kind: "item".into(), state: state.into(), count };
        MetricsSnapshot {
            queues: vec![queue("translate", 0), queue("deliver.acme", 3)],
            states: vec![state("accepted", 12), state("unknown", 1)],
        }
    }
}

fn fault() -> Fault {
    Fault { place: "segment 14 NM109".into(), rule: "snip5.npi".into(), message: "expected a check digit".into() }
}

/// A view with nothing left out. All of it is made up.
pub(crate) fn full_transaction() -> TransactionView {
    let at = Timestamp(1_700_000_000_000);
    let answer = "01JA0000000000000001".parse().unwrap();
    TransactionView {
        id: OWN_ITEM.parse().unwrap(),
        file: OWN_FILE.parse().unwrap(),
        guide: "005010X222A1".to_owned(),
        state: "answered".into(),
        keys: Keys(BTreeMap::from([("claim_id".into(), "SYN-1".to_owned())])),
        findings: vec![fault()],
        timeline: vec![TimelineEvent {
            at,
            event: "answered".into(),
            delivery: Some("01JD0000000000000001".parse().unwrap()),
            answer: Some(answer),
            code: Some("A1:19".to_owned()),
        }],
        answers: vec![AnswerView {
            id: answer,
            at,
            kind: "277CA".into(),
            body: serde_json::json!({"guide": "005010X214"}),
        }],
    }
}

/// A view with nothing left out. All of it is made up.
pub(crate) fn full_file() -> FileView {
    let at = Timestamp(1_700_000_000_000);
    let set = "01JS0000000000000001".parse().unwrap();
    FileView {
        id: OWN_FILE.parse().unwrap(),
        state: "translated".into(),
        reason: Some("none".to_owned()),
        door: "api".into(),
        received_at: at,
        bytes: 1_234,
        interchanges: vec![InterchangeView {
            id: "01JC0000000000000001".parse().unwrap(),
            control_number: "000000001".to_owned(),
            test: true,
            state: "accepted".into(),
            set_count: 1,
            sets: vec![SetView {
                id: set,
                guide: "005010X222A1".to_owned(),
                control_number: "0001".to_owned(),
                acknowledged: Some("A".to_owned()),
                items: 1,
            }],
        }],
        counts: BTreeMap::from([("answered".into(), 1)]),
        acknowledgments: vec![AcknowledgmentView {
            kind: "999".into(),
            origin: "ours".into(),
            at,
            code: Some("A".to_owned()),
        }],
        items: vec![ItemRow { id: OWN_ITEM.parse().unwrap(), set, state: "answered".into() }],
        next: Some(OWN_ITEM.parse().unwrap()),
    }
}
