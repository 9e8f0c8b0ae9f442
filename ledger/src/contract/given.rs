//! Synthetic rows for the suite.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tradewind_compliance::{
    AnswerId, DeliveryId, InterchangeId, ItemId, JobId, NotificationId, ObjectKey, PartnerId, ReceiptId, SetId,
};

use super::Harness;
use crate::{
    Advance, Carried, Cause, DeliveryOutcome, DeliveryState, DuplicateCheck, Effects, InterchangeKey,
    InterchangeVerdict, ItemState, Kind, Ledger, NewAnswer, NewDelivery, NewInterchange, NewItem, NewJob,
    NewNotification, NewReceipt, NewSet, NumberKind, Numbers, Party, Place, ReceivedContent, Scope, SealedValue,
    SearchHash, SetEnd, UnixMs,
};

/// A moment in the suite's time.
pub const NOW: UnixMs = UnixMs(1_700_000_000_000);
/// When the suite's calls are over.
pub const OVER_BY: UnixMs = UnixMs(NOW.0 + 60_000);
/// A day.
pub const DAY_MS: u64 = 86_400_000;

static SERIAL: AtomicU64 = AtomicU64::new(1);

fn serial() -> u64 {
    SERIAL.fetch_add(1, Ordering::Relaxed)
}

macro_rules! fresh {
    ($($name:ident -> $id:ident),+ $(,)?) => {$(
        pub fn $name() -> $id {
            let serial = serial();
            $id::new(NOW.0 + serial, serial)
        }
    )+};
}

fresh! {
    receipt_id -> ReceiptId, interchange_id -> InterchangeId, set_id -> SetId, item_id -> ItemId,
    delivery_id -> DeliveryId, answer_id -> AnswerId, notification_id -> NotificationId, job_id -> JobId,
}

pub fn partner(name: &str) -> PartnerId {
    name.parse().unwrap()
}

pub fn object(name: &str) -> ObjectKey {
    format!("test/{name}").parse().unwrap()
}

pub fn kind(word: &str) -> Kind {
    word.parse().unwrap()
}

pub fn party(text: &str) -> Party {
    text.parse().unwrap()
}

pub fn cause(reason: &str) -> Cause {
    Cause::system(reason).unwrap()
}

/// A hash that stands for a keyed one.
pub fn hash(number: u64) -> SearchHash {
    let mut bytes = [0xA5; 32];
    bytes[..8].copy_from_slice(&number.to_be_bytes());
    SearchHash(bytes)
}

pub fn job(queue: &str, partner_name: &str, reference: &str) -> NewJob {
    NewJob {
        id: job_id(),
        queue: queue.parse().unwrap(),
        partner: partner(partner_name),
        kind: kind("test"),
        reference: reference.to_owned(),
        due_at: NOW,
    }
}

pub fn receipt(partner_name: &str) -> NewReceipt {
    let id = receipt_id();
    NewReceipt {
        id,
        partner: partner(partner_name),
        door: kind("sftp"),
        object: object(&format!("in/{id}")),
        name_hash: Some(hash(7)),
        name_sealed: Some(SealedValue(vec![1; 40])),
        response_to: None,
        at: NOW,
    }
}

pub fn content() -> ReceivedContent {
    ReceivedContent { size: 4_096, digest: hash(serial()), at: NOW }
}

pub fn interchange(receipt: ReceiptId, ordinal: u32, control_number: u32) -> NewInterchange {
    NewInterchange {
        id: interchange_id(),
        receipt,
        ordinal,
        sender: party("ZZ:SENDER"),
        receiver: party("ZZ:TRADEWIND"),
        control_number,
        test: false,
        at: NOW,
    }
}

pub fn set(interchange: InterchangeId, ordinal: u32) -> NewSet {
    let id = set_id();
    NewSet {
        id,
        interchange,
        ordinal,
        group_control_number: 1,
        guide: "005010X222A1".parse().unwrap(),
        object: object(&format!("items/{id}")),
    }
}

pub fn item(set: SetId, ordinal: u32, destination: &str) -> NewItem {
    NewItem {
        id: item_id(),
        set,
        ordinal,
        destination: Some(partner(destination)),
        rejected: false,
        offset: u64::from(ordinal) * 1_000,
        length: 1_000,
        claim_hash: Some(hash(serial())),
        member_hash: Some(hash(42)),
        sealed: Some(SealedValue(vec![2; 60])),
    }
}

pub fn window(digest: SearchHash) -> Option<DuplicateCheck> {
    Some(DuplicateCheck { digest, window_ms: 30 * DAY_MS })
}

/// A file of one interchange in the ledger.
#[derive(Debug, Clone)]
pub struct File {
    pub receipt: ReceiptId,
    pub interchange: InterchangeId,
    pub sets: Vec<SetId>,
    pub items: Vec<ItemId>,
}

impl File {
    pub fn key(control_number: u32) -> InterchangeKey {
        InterchangeKey { sender: party("ZZ:SENDER"), receiver: party("ZZ:TRADEWIND"), control_number }
    }
}

/// A ledger under test.
pub struct World {
    pub ledger: Arc<dyn Ledger>,
}

impl World {
    pub async fn new(harness: &dyn Harness) -> Self {
        Self { ledger: harness.open().await }
    }

    pub async fn received(&self, partner_name: &str) -> ReceiptId {
        let receipt = receipt(partner_name);
        let effects = Effects::job(job("translate", partner_name, receipt.id.as_str()));
        self.ledger.receive_receipt(receipt.clone(), content(), effects).await.unwrap();
        receipt.id
    }

    /// A received file with one interchange of one finished set, not settled yet.
    pub async fn staged(&self, from: &str, control_number: u32, to: &str, count: u32) -> File {
        let receipt = self.received(from).await;
        self.staged_in(receipt, 1, control_number, to, count).await
    }

    pub async fn staged_in(&self, receipt: ReceiptId, ordinal: u32, control_number: u32, to: &str, count: u32) -> File {
        let interchange = interchange(receipt, ordinal, control_number);
        let set = set(interchange.id, 1);
        let items: Vec<NewItem> = (1..=count).map(|ordinal| item(set.id, ordinal, to)).collect();
        let ids = items.iter().map(|item| item.id).collect();
        self.ledger.begin_interchange(interchange.clone()).await.unwrap();
        self.ledger.stage_sets(vec![set.clone()]).await.unwrap();
        self.ledger.stage_items(items).await.unwrap();
        self.ledger.finish_sets(vec![SetEnd { set: set.id, accepted: true, item_count: count }]).await.unwrap();
        File { receipt, interchange: interchange.id, sets: vec![set.id], items: ids }
    }

    /// A file whose items wait for delivery.
    pub async fn accepted(&self, from: &str, control_number: u32, to: &str, count: u32) -> File {
        let file = self.staged(from, control_number, to, count).await;
        let check = window(hash(serial()));
        let verdict = self.ledger.accept_interchange(file.interchange, check, NOW, Effects::none()).await.unwrap();
        assert_eq!(verdict, InterchangeVerdict::Fresh);
        file
    }

    pub async fn numbers(&self, to: &str) -> Vec<Numbers> {
        let wanted = [(NumberKind::Interchange, 1), (NumberKind::Group, 1), (NumberKind::Set, 1)];
        let reason = "delivery-not-begun".parse().unwrap();
        self.ledger.reserve_numbers(&partner(to), &wanted, reason, NOW).await.unwrap()
    }

    pub async fn delivery(&self, to: &str, items: &[ItemId]) -> NewDelivery {
        let numbers = self.numbers(to).await;
        let set_number = numbers[2].first;
        let id = delivery_id();
        NewDelivery {
            id,
            partner: partner(to),
            items: items.iter().map(|item| Carried { item: *item, set_number }).collect(),
            numbers,
            payload: object(&format!("sent/{id}")),
            reads_only: false,
            at: NOW,
            over_by: OVER_BY,
        }
    }

    /// A delivery in `sending`.
    pub async fn sending(&self, to: &str, items: &[ItemId]) -> DeliveryId {
        let delivery = self.delivery(to, items).await;
        self.ledger.begin_delivery(delivery.clone(), Effects::none()).await.unwrap();
        delivery.id
    }

    /// Takes up the calls that should be over at `now` and have no end yet, as a process does that finds them. Gives them.
    pub async fn take_up_calls(&self, now: UnixMs) -> Vec<DeliveryId> {
        let mut calls = self.ledger.deliveries_in(None, DeliveryState::Sending, u32::MAX).await.unwrap();
        calls.retain(|call| call.over_by < now);
        for call in &calls {
            let (unknown, cause) = (DeliveryOutcome::Unknown, cause("process-ended-in-call"));
            self.ledger.settle_delivery(call.id, unknown, cause, NOW, Effects::none()).await.unwrap();
        }
        calls.into_iter().map(|call| call.id).collect()
    }

    pub async fn state(&self, item: ItemId) -> ItemState {
        self.ledger.item(&Scope::All, item).await.unwrap().unwrap().state
    }

    pub async fn states(&self, items: &[ItemId]) -> Vec<ItemState> {
        let mut states = Vec::new();
        for item in items {
            states.push(self.state(*item).await);
        }
        states
    }

    pub async fn claimable(&self, to: &str) -> Vec<ItemId> {
        self.ledger.claimable_items(&partner(to), 10_000).await.unwrap().into_iter().map(|item| item.id).collect()
    }

    pub async fn conserved(&self) {
        let line = self.ledger.conservation(None).await.unwrap();
        assert!(line.holds(), "{line:?}");
    }
}

pub fn answer(item: ItemId, source: ReceiptId, ordinal: u32, advance: Advance) -> NewAnswer {
    NewAnswer {
        id: answer_id(),
        item,
        delivery: None,
        source,
        ordinal,
        kind: kind("277CA"),
        outcome: kind("accepted"),
        place: Place { object: object("answers/1"), offset: 0, length: 10 },
        advance,
        notify: None,
        at: NOW,
    }
}

pub fn notification(to: &str) -> NewNotification {
    NewNotification { id: notification_id(), partner: partner(to), kind: kind("item.answered"), due_at: NOW }
}
