//! Prints how fast items are staged, accepted, delivered and answered: `cargo run --release -p tradewind-ledger --example throughput`,
//! and with `--features postgres` and an argument that is an empty database's URL, how fast PostgreSQL is.
//! All rows are synthetic.

// It exists to print, and fails by panicking.
#![allow(clippy::print_stdout, clippy::expect_used, clippy::unwrap_used, clippy::disallowed_methods)]

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tradewind_compliance::{AnswerId, DeliveryId, InterchangeId, ItemId, PartnerId, ReceiptId, SetId};
use tradewind_ledger::*;

const ITEMS: usize = 83_000;
const ITEMS_A_SET: usize = 5_000;
const ITEMS_A_CALL: usize = 1_000;
const NOW: UnixMs = UnixMs(1_700_000_000_000);

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(run());
}

fn show(what: &str, count: usize, took: Duration) {
    println!("{what:<28} {count:>7} in {took:>8.3?}  {:>9.0}/s", count as f64 / took.as_secs_f64());
}

/// Spreads a counter as a keyed hash would be spread: the index is hit at random.
fn hash(n: u64) -> SearchHash {
    let mut bytes = [0; 32];
    for (part, chunk) in bytes.chunks_mut(8).enumerate() {
        let mixed =
            (n + part as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(31).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        chunk.copy_from_slice(&mixed.to_be_bytes());
    }
    SearchHash(bytes)
}

fn new_item(n: usize, set: SetId, payer: &PartnerId) -> NewItem {
    let serial = n as u64;
    NewItem {
        id: ItemId::new(NOW.0 + serial / 20, serial),
        set,
        ordinal: (n % ITEMS_A_SET) as u32 + 1,
        destination: Some(payer.clone()),
        rejected: false,
        offset: serial * 2_000,
        length: 2_000,
        claim_hash: Some(hash(serial)),
        member_hash: Some(hash(serial / 3 + 1_000_000)),
        sealed: Some(SealedValue(vec![7; 90])),
    }
}

async fn stage(ledger: &dyn Ledger, receipt: ReceiptId, interchange: InterchangeId) -> Vec<ItemId> {
    let payer: PartnerId = "payer".parse().unwrap();
    let begun = NewInterchange {
        id: interchange,
        receipt,
        ordinal: 1,
        sender: "ZZ:SENDER".parse().unwrap(),
        receiver: "ZZ:RECEIVER".parse().unwrap(),
        control_number: 1,
        test: false,
        at: NOW,
    };
    ledger.begin_interchange(begun).await.unwrap();
    let mut ids = Vec::with_capacity(ITEMS);
    for (ordinal, first) in (1_u32..).zip((0..ITEMS).step_by(ITEMS_A_SET)) {
        let set = SetId::new(NOW.0 + u64::from(ordinal), 1);
        let new = NewSet {
            id: set,
            interchange,
            ordinal,
            group_control_number: 1,
            guide: "005010X222A1".parse().unwrap(),
            object: format!("items/{set}").parse().unwrap(),
        };
        ledger.stage_sets(vec![new]).await.unwrap();
        let items: Vec<NewItem> = (first..(first + ITEMS_A_SET).min(ITEMS)).map(|n| new_item(n, set, &payer)).collect();
        ids.extend(items.iter().map(|item| item.id));
        let item_count = items.len() as u32;
        for batch in items.chunks(ITEMS_A_CALL) {
            ledger.stage_items(batch.to_vec()).await.unwrap();
        }
        ledger.finish_sets(vec![SetEnd { set, accepted: true, item_count }]).await.unwrap();
    }
    ids
}

async fn deliver(ledger: &dyn Ledger) -> usize {
    let payer: PartnerId = "payer".parse().unwrap();
    for serial in 0_u64.. {
        let items = ledger.claimable_items(&payer, 1_000).await.unwrap();
        if items.is_empty() {
            return serial as usize;
        }
        let wanted = [(NumberKind::Interchange, 1), (NumberKind::Group, 1), (NumberKind::Set, 1)];
        let numbers = ledger.reserve_numbers(&payer, &wanted, "bench".parse().unwrap(), NOW).await.unwrap();
        let id = DeliveryId::new(NOW.0 + serial, serial);
        let delivery = NewDelivery {
            id,
            partner: payer.clone(),
            items: items.iter().map(|item| Carried { item: item.id, set_number: 1 }).collect(),
            numbers,
            payload: "sent/1".parse().unwrap(),
            reads_only: false,
            at: NOW,
        };
        ledger.begin_delivery(delivery, Effects::none()).await.unwrap();
        let cause = Cause::system("http-200").unwrap();
        ledger.settle_delivery(id, DeliveryOutcome::Sent, cause, NOW, Effects::none()).await.unwrap();
    }
    0
}

async fn answer(ledger: &dyn Ledger, source: ReceiptId, items: &[ItemId]) {
    for (batch, items) in items.chunks(ITEMS_A_CALL).enumerate() {
        let answers = items
            .iter()
            .enumerate()
            .map(|(n, item)| NewAnswer {
                id: AnswerId::new(NOW.0 + batch as u64, n as u64),
                item: *item,
                delivery: None,
                source,
                ordinal: (batch * ITEMS_A_CALL + n) as u32 + 1,
                kind: "277CA".parse().unwrap(),
                outcome: "accepted".parse().unwrap(),
                place: Place { object: "answers/1".parse().unwrap(), offset: 0, length: 500 },
                advance: Advance::Answered,
                notify: None,
                at: NOW,
            })
            .collect();
        ledger.record_answers(answers, Effects::none()).await.unwrap();
    }
}

async fn receive(ledger: &dyn Ledger, serial: u64, partner: &str) -> ReceiptId {
    let id = ReceiptId::new(NOW.0, serial);
    let new = NewReceipt {
        id,
        partner: partner.parse().unwrap(),
        door: "sftp".parse().unwrap(),
        object: format!("in/{id}").parse().unwrap(),
        name_hash: None,
        name_sealed: None,
        response_to: None,
        at: NOW,
    };
    let content = ReceivedContent { size: 1, digest: hash(serial), at: NOW };
    ledger.receive_receipt(new, content, Effects::none()).await.unwrap();
    id
}

async fn open(file: &Path) -> Arc<dyn Ledger> {
    #[cfg(feature = "postgres")]
    if let Some(url) = std::env::args().nth(1) {
        return Arc::new(PostgresLedger::open(PostgresOptions::new(&url).unwrap()).await.expect("a ledger"));
    }
    Arc::new(SqliteLedger::open(SqliteOptions::new(file)).await.expect("a ledger"))
}

async fn run() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ledger.db");
    let ledger = open(&file).await;
    let start = Instant::now();
    let tasks: Vec<_> = (0..2_000)
        .map(|n| {
            let ledger = ledger.clone();
            tokio::spawn(async move { receive(&*ledger, 10_000 + n, "acme").await })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    show("receipts, group commit", 2_000, start.elapsed());
    let start = Instant::now();
    for n in 0..200 {
        receive(&*ledger, 20_000 + n, "acme").await;
    }
    show("receipts, one after another", 200, start.elapsed());

    let receipt = receive(&*ledger, 1, "acme").await;
    let interchange = InterchangeId::new(NOW.0, 1);
    let start = Instant::now();
    let items = stage(&*ledger, receipt, interchange).await;
    show("items staged", ITEMS, start.elapsed());
    let accepting = Instant::now();
    ledger.accept_interchange(interchange, None, NOW, Effects::none()).await.unwrap();
    show("items released", ITEMS, accepting.elapsed());
    show("items staged and released", ITEMS, start.elapsed());
    let start = Instant::now();
    deliver(&*ledger).await;
    show("items delivered", ITEMS, start.elapsed());
    let source = receive(&*ledger, 2, "payer").await;
    let start = Instant::now();
    answer(&*ledger, source, &items).await;
    show("items answered", ITEMS, start.elapsed());
    let start = Instant::now();
    let line = ledger.conservation(None).await.unwrap();
    show("conservation over", ITEMS, start.elapsed());
    assert!(line.holds() && line.answered == ITEMS as u64);
    let start = Instant::now();
    ledger.state_counts().await.unwrap();
    show("state counts over", ITEMS, start.elapsed());
    if let Ok(file) = std::fs::metadata(&file) {
        println!("{} bytes of file an item", file.len() / ITEMS as u64);
    }
}
