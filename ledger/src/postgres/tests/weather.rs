//! Bad weather between us and the server: cut, half-closed, slow and silent connections, and none left to have.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::{Duration, Instant};

use sqlx::{Connection, PgConnection};
use tokio::sync::Notify;
use tokio::time::timeout;

use super::proxy::{Proxy, Weather};
use super::server::Server;
use super::support::PostgresHarness;
use crate::contract::given::{NOW, content, partner, receipt, receipt_id};
use crate::{
    ControlNumbers, Effects, LedgerError, NumberKind, Outbox, PostgresLedger, PostgresOptions, ReceiptState, Receipts,
    Reports,
};

/// What a test that hangs is given up after.
const HANGS: Duration = Duration::from_secs(60);

async fn reserve(ledger: &PostgresLedger) -> crate::Result<u32> {
    let wanted = [(NumberKind::Interchange, 1)];
    let given = ledger.reserve_numbers(&partner("payer"), &wanted, "test".parse().unwrap(), NOW).await?;
    Ok(given[0].first)
}

/// What callers have done so far.
#[derive(Default)]
struct Done {
    count: AtomicU32,
    step: Notify,
    stop: AtomicBool,
}

impl Done {
    async fn more(&self, count: u32) {
        let enough = self.count.load(Ordering::Relaxed) + count;
        while self.count.load(Ordering::Relaxed) < enough {
            self.step.notified().await;
        }
    }
}

async fn call(ledger: PostgresLedger, done: Arc<Done>) {
    while !done.stop.load(Ordering::Relaxed) {
        reserve(&ledger).await.unwrap();
        done.count.fetch_add(1, Ordering::Relaxed);
        done.step.notify_one();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn writes_go_on_through_cuts_half_closes_and_a_slow_network() {
    let harness = PostgresHarness::new().await;
    let proxy = Proxy::to(harness.address().await).await;
    let options = PostgresOptions::new(&harness.url(Some(proxy.address))).unwrap();
    let ledger = PostgresLedger::open(options).await.unwrap();
    let done = Arc::new(Done::default());
    let callers: Vec<_> = (0..8).map(|_| tokio::spawn(call(ledger.clone(), Arc::clone(&done)))).collect();
    let slow = Weather::Slow(Duration::from_millis(10));
    for weather in [Weather::Cut, Weather::HalfClosed, slow, Weather::Cut, Weather::Fair, Weather::HalfClosed] {
        timeout(HANGS, done.more(40)).await.unwrap();
        proxy.turn(weather);
    }
    timeout(HANGS, done.more(40)).await.unwrap();
    done.stop.store(true, Ordering::Relaxed);
    for caller in callers {
        caller.await.unwrap();
    }
    let next = ledger.check_numbers(&partner("payer")).await.unwrap();
    let count = done.count.load(Ordering::Relaxed);
    assert_eq!(next[0], (NumberKind::Interchange, count + 1), "each call had its effect once");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_black_hole_ends_what_is_under_way_in_time() {
    let harness = PostgresHarness::new().await;
    let proxy = Proxy::to(harness.address().await).await;
    let options = PostgresOptions::new(&harness.url(Some(proxy.address))).unwrap();
    let limit = Duration::from_secs(2);
    let options = PostgresOptions {
        writers: 1,
        connect_timeout: limit,
        transaction_timeout: limit,
        read_timeout: limit,
        tries_max: 2,
        ..options
    };
    let ledger = PostgresLedger::open(options).await.unwrap();
    let there = receipt("acme");
    ledger.receive_receipt(there.clone(), content(), Effects::none()).await.unwrap();
    // Reads that the server has been asked for, and that wait for a lock there.
    let locked = harness.lock_receipts().await;
    let reads: Vec<_> = (0..4)
        .map(|_| {
            let ledger = ledger.clone();
            tokio::spawn(async move { ledger.receipt(receipt_id()).await })
        })
        .collect();
    locked.until_someone_waits(&harness).await;
    proxy.turn(Weather::BlackHole);
    locked.free().await;
    let write = timeout(HANGS, reserve(&ledger)).await.expect("a write ends").unwrap_err();
    assert!(write.is_transient(), "{write}");
    for read in reads {
        let error = timeout(HANGS, read).await.expect("a read ends").unwrap().unwrap_err();
        assert!(error.is_transient(), "{error}");
    }
    let error = timeout(HANGS, ledger.receipt(receipt_id())).await.expect("a new read ends").unwrap_err();
    assert!(error.is_transient(), "{error}");
    proxy.turn(Weather::Fair);
    assert_eq!(reserve(&ledger).await.unwrap(), 1, "what was refused has taken no number");
    let found = async {
        loop {
            match ledger.receipt(there.id).await {
                Ok(found) => break found,
                Err(error) => assert!(error.is_transient(), "{error}"),
            }
        }
    };
    let found = timeout(HANGS, found).await.expect("connections come back").unwrap();
    assert_eq!(found.state, ReceiptState::Received);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_read_whose_caller_goes_away_in_a_black_hole_keeps_no_connection() {
    let harness = PostgresHarness::new().await;
    let proxy = Proxy::to(harness.address().await).await;
    let options = PostgresOptions::new(&harness.url(Some(proxy.address))).unwrap();
    let options = PostgresOptions { readers: 1, ..options };
    let ledger = PostgresLedger::open(options).await.unwrap();
    ledger.receipt(receipt_id()).await.unwrap();
    let locked = harness.lock_receipts().await;
    // The server has been asked, and waits for a lock; then nothing passes any more, and the caller loses patience.
    let reading = tokio::spawn({
        let ledger = ledger.clone();
        async move { ledger.receipt(receipt_id()).await }
    });
    locked.until_someone_waits(&harness).await;
    proxy.turn(Weather::BlackHole);
    reading.abort();
    assert!(reading.await.unwrap_err().is_cancelled());
    locked.free().await;
    proxy.turn(Weather::Fair);
    timeout(HANGS, ledger.receipt(receipt_id())).await.expect("a connection").unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn counting_may_last_longer_than_a_read_and_holds_none_up() {
    // Of its own: who shreds a key ends counting.
    let server = Server::start();
    let harness = PostgresHarness::on(server.url()).await;
    let limit = Duration::from_millis(200);
    let ledger = PostgresLedger::open(PostgresOptions { readers: 1, read_timeout: limit, ..harness.options() }).await;
    let ledger = ledger.unwrap();
    let locked = harness.lock_receipts().await;
    let counts: Vec<_> = (0..4)
        .map(|_| {
            let ledger = ledger.clone();
            tokio::spawn(async move { ledger.state_counts().await })
        })
        .collect();
    locked.until_someone_waits(&harness).await;
    assert!(ledger.receipt(receipt_id()).await.unwrap_err().is_transient(), "a read has its limit");
    ledger.depths().await.expect("a read of what nobody holds");
    locked.free().await;
    for count in counts {
        timeout(HANGS, count).await.expect("it ends").unwrap().expect("it outlasts the limit of reads");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn waits_for_a_connection_where_the_server_has_none_left() {
    let server = Server::start_with(&["max_connections=8", "superuser_reserved_connections=0"]);
    let harness = PostgresHarness::on(server.url()).await;
    let options = PostgresOptions { writers: 1, ..harness.options() };
    let hasty = PostgresLedger::open(PostgresOptions { tries_max: 2, ..options.clone() }).await.unwrap();
    let patient = PostgresLedger::open(options).await.unwrap();
    let mut others = Vec::new();
    while let Ok(connection) = PgConnection::connect(&server.url()).await {
        others.push(connection);
    }
    let refused = timeout(HANGS, reserve(&hasty)).await.unwrap().unwrap_err();
    assert!(refused.is_transient() && matches!(refused, LedgerError::Commit(_)), "{refused}");
    let turned_away = || server.log().matches("too many clients").count();
    let before = turned_away();
    let freed = async {
        let began = Instant::now();
        while turned_away() == before && began.elapsed() < HANGS {
            tokio::task::yield_now().await;
        }
        others.clear();
    };
    let (reserved, ()) = tokio::join!(reserve(&patient), freed);
    assert_eq!(reserved.unwrap(), 1, "it had to wait, and what was refused before took nothing");
    hasty.close().await;
    patient.close().await;
}
