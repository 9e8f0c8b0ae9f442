//! The server crashes under load and comes back: what was answered is there, once.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::timeout;
use tradewind_compliance::ReceiptId;

use super::server::Server;
use super::support::PostgresHarness;
use crate::contract::given::{NOW, content, kind, partner, receipt};
use crate::{ControlNumbers, Effects, NewAudit, NumberKind, PostgresLedger, Receipts, Watch};

const CRASHES: usize = 3;
const CALLERS: usize = 8;
const CALLS_BETWEEN: u64 = 60;
/// What a test that hangs is given up after.
const HANGS: Duration = Duration::from_secs(60);

#[derive(Default)]
struct Progress {
    calls: AtomicU64,
    step: Notify,
    stop: AtomicBool,
}

async fn call(ledger: PostgresLedger, progress: Arc<Progress>) -> Vec<(ReceiptId, u32)> {
    let mut answered = Vec::new();
    while !progress.stop.load(Ordering::Relaxed) {
        let new = receipt("acme");
        let audit = NewAudit {
            at: NOW,
            actor: "operator:test".parse().unwrap(),
            action: kind("received"),
            subject: new.id.to_string(),
            detail: None,
        };
        let effects = Effects { audit: vec![audit], ..Effects::none() };
        ledger.receive_receipt(new.clone(), content(), effects).await.unwrap();
        let wanted = [(NumberKind::Set, 1)];
        let given = ledger.reserve_numbers(&partner("payer"), &wanted, "test".parse().unwrap(), NOW).await.unwrap();
        answered.push((new.id, given[0].first));
        progress.calls.fetch_add(1, Ordering::Relaxed);
        progress.step.notify_one();
    }
    answered
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_that_was_answered_is_lost_and_nothing_is_done_twice() {
    let server = Arc::new(Server::start());
    let harness = PostgresHarness::on(server.url()).await;
    let ledgers = [harness.postgres().await, harness.postgres().await];
    let progress = Arc::new(Progress::default());
    let callers: Vec<_> =
        (0..CALLERS).map(|n| tokio::spawn(call(ledgers[n % 2].clone(), Arc::clone(&progress)))).collect();
    for crash in 1..=CRASHES + 1 {
        let enough = progress.calls.load(Ordering::Relaxed) + CALLS_BETWEEN;
        while progress.calls.load(Ordering::Relaxed) < enough {
            timeout(HANGS, progress.step.notified()).await.expect("calls go on");
        }
        if crash <= CRASHES {
            let server = Arc::clone(&server);
            let again = move || {
                server.crash();
                server.up();
            };
            tokio::task::spawn_blocking(again).await.unwrap();
        }
    }
    progress.stop.store(true, Ordering::Relaxed);
    let mut answered = Vec::new();
    for caller in callers {
        answered.extend(caller.await.unwrap());
    }
    let ledger = &ledgers[0];
    for (id, _) in &answered {
        assert!(ledger.receipt(*id).await.unwrap().is_some());
    }
    let count = answered.len();
    assert_eq!(answered.iter().map(|(_, number)| number).collect::<HashSet<_>>().len(), count, "each number once");
    let next = ledger.check_numbers(&partner("payer")).await.unwrap();
    assert_eq!(next[2], (NumberKind::Set, u32::try_from(count).unwrap() + 1), "no call was done twice");
    assert_eq!(ledger.verify_audit().await.unwrap(), count as u64, "one entry a call, in one chain");
}
