//! Opening, closing, and who may do what.

use sqlx::Executor;
use tokio::sync::{Semaphore, mpsc};

use super::server::Server;
use super::support::PostgresHarness;
use crate::contract::given::{World, content, job, partner, receipt, receipt_id};
use crate::{
    Acknowledgments, Effects, Ledger, LedgerError, Outbox, PostgresLedger, PostgresOptions, Receipts, Reports,
};
use std::sync::Arc;
use tradewind_compliance::keys::{BranchKeyId, BranchKeyRecord, BranchKeyStore, KeyKind, WrappedKey};

#[tokio::test(flavor = "multi_thread")]
async fn processes_that_start_at_once_migrate_once() {
    let harness = PostgresHarness::new().await;
    let opening: Vec<_> = (0..6).map(|_| tokio::spawn(PostgresLedger::open(harness.options()))).collect();
    let mut ledgers = Vec::new();
    for ledger in opening {
        ledgers.push(ledger.await.unwrap().unwrap());
    }
    let migrations: i64 =
        sqlx::query_scalar("SELECT count(*) FROM _sqlx_migrations").fetch_one(ledgers[0].readers()).await.unwrap();
    assert_eq!(migrations, 1);
    let new = receipt("acme");
    ledgers[0].receive_receipt(new.clone(), content(), Effects::none()).await.unwrap();
    for ledger in &ledgers {
        assert!(ledger.receipt(new.id).await.unwrap().is_some());
    }
}

#[tokio::test]
async fn what_changes_of_an_item_stands_in_no_index() {
    let harness = PostgresHarness::new().await;
    let ledger = harness.postgres().await;
    let sql = "SELECT pg_get_indexdef(indexrelid) FROM pg_index WHERE indrelid = 'item'::regclass";
    let indexes: Vec<String> = sqlx::query_scalar(sql).fetch_all(ledger.readers()).await.unwrap();
    assert!(indexes.len() > 1);
    for column in ["state", "delivery", "attempts"] {
        let named = |index: &String| index.split(|c: char| !c.is_alphanumeric() && c != '_').any(|word| word == column);
        assert!(!indexes.iter().any(named), "each change of {column} would write every index of the item anew");
    }
}

#[tokio::test]
async fn readers_cannot_write() {
    let harness = PostgresHarness::new().await;
    let ledger = harness.postgres().await;
    assert!(ledger.readers().execute("DELETE FROM receipt").await.is_err());
}

#[tokio::test]
async fn refuses_work_after_close_and_leaves_no_mark() {
    let harness = PostgresHarness::new().await;
    let ledger = harness.postgres().await;
    ledger.record(Effects::none()).await.unwrap();
    ledger.close().await;
    assert!(matches!(ledger.record(Effects::none()).await, Err(LedgerError::Closed)));
    assert!(matches!(ledger.receipt(receipt_id()).await, Err(LedgerError::Closed)));
    let ledger = harness.postgres().await;
    let marks: i64 = sqlx::query_scalar("SELECT count(*) FROM commit_mark").fetch_one(ledger.readers()).await.unwrap();
    assert_eq!(marks, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn work_outlives_its_caller() {
    let harness = PostgresHarness::new().await;
    let ledger = harness.postgres().await;
    let new = receipt("acme");
    let (begun, mut running) = mpsc::unbounded_channel();
    let gate = Arc::new(Semaphore::new(0));
    let (inner, row, held) = (ledger.clone(), new.clone(), Arc::clone(&gate));
    let caller = tokio::spawn(async move {
        inner
            .write(move |tx| {
                Box::pin(async move {
                    begun.send(()).unwrap();
                    held.acquire().await.unwrap().forget();
                    super::super::sql::receipts::receive(tx, &row, content(), &Effects::none()).await
                })
            })
            .await
    });
    running.recv().await.unwrap();
    caller.abort();
    gate.add_permits(1);
    ledger.close().await;
    let ledger = harness.postgres().await;
    assert!(ledger.receipt(new.id).await.unwrap().is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_unit_that_fails_undoes_itself_alone() {
    let harness = PostgresHarness::new().await;
    // One writer, so that units share commits.
    let ledger = PostgresLedger::open(PostgresOptions { writers: 1, ..harness.options() }).await.unwrap();
    let tasks: Vec<_> = (0..60)
        .map(|n| {
            let (ledger, new) = (ledger.clone(), receipt("acme"));
            tokio::spawn(async move {
                let effects = Effects::job(job("translate", "acme", new.id.as_str()));
                if n % 3 != 0 {
                    ledger.receive_receipt(new.clone(), content(), effects).await.unwrap();
                    return (new.id, true);
                }
                let row = new.clone();
                let failed: crate::Result<()> = ledger
                    .write(move |tx| {
                        Box::pin(async move {
                            super::super::sql::receipts::receive(tx, &row, content(), &effects).await?;
                            Err(LedgerError::missing("test", "on purpose"))
                        })
                    })
                    .await;
                assert!(matches!(failed, Err(LedgerError::Missing { .. })));
                (new.id, false)
            })
        })
        .collect();
    let mut there = 0;
    for task in tasks {
        let (id, kept) = task.await.unwrap();
        assert_eq!(ledger.receipt(id).await.unwrap().is_some(), kept);
        there += u64::from(kept);
    }
    let ready: u64 = ledger.depths().await.unwrap().iter().map(|depth| depth.ready).sum();
    assert_eq!(ready, there);
    World { ledger: Arc::new(ledger) as Arc<dyn Ledger> }.conserved().await;
}

#[tokio::test]
async fn a_server_that_is_not_there_is_said_in_time() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let harness = PostgresHarness::new().await;
    let silent = PostgresOptions::new(&harness.url(Some(address))).unwrap();
    let silent = PostgresOptions { connect_timeout: std::time::Duration::from_millis(200), ..silent };
    let opening = tokio::time::timeout(std::time::Duration::from_secs(60), PostgresLedger::open(silent));
    let error = opening.await.expect("an answer").unwrap_err();
    assert!(matches!(error, LedgerError::Timeout { limit_ms: 200 }) && error.is_transient(), "{error}");
    drop(listener);
    let gone = PostgresOptions::new(&harness.url(Some(address))).unwrap();
    let error = PostgresLedger::open(gone).await.unwrap_err();
    assert!(error.is_transient(), "{error}");
}

/// The server keeps for an older transaction what it still sees. Counting, which lasts, is no reason to wait.
#[tokio::test(flavor = "multi_thread")]
async fn a_destroyed_key_is_not_in_the_tables_file_whoever_still_sees_it() {
    // Of its own: others' transactions would be waited for.
    let server = Server::start();
    let harness = PostgresHarness::on(server.url()).await;
    let ledger = harness.postgres().await;
    let bytes = b"WRAPPED-KEY-CANARY-0123456789".to_vec();
    let record = BranchKeyRecord {
        id: BranchKeyId { partner: partner("acme"), kind: KeyKind::Branch, version: 1 },
        wrapped: Some(WrappedKey { root: "local/1".into(), bytes: bytes.clone() }),
        created_unix_ms: 1,
        own: false,
    };
    ledger.insert(&record).await.unwrap();
    assert!(harness.stands_in_file("branch_key", &bytes).await, "the test can find what is there");
    let locked = harness.lock_receipts().await;
    let counting = tokio::spawn({
        let ledger = ledger.clone();
        async move { ledger.state_counts().await }
    });
    locked.until_someone_waits(&harness).await;
    let backup = harness.snapshot().await;
    let destroying = tokio::spawn({
        let ledger = ledger.clone();
        async move { ledger.destroy(&partner("acme")).await }
    });
    assert!(counting.await.unwrap().is_err(), "it is ended");
    locked.free().await;
    tokio::time::sleep(std::time::Duration::from_millis(500)).await;
    assert!(!destroying.is_finished(), "the backup still sees the key");
    drop(backup);
    destroying.await.unwrap().unwrap();
    assert!(!harness.stands_in_file("branch_key", &bytes).await);
}
