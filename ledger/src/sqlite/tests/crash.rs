//! Sudden ends and a full disk: what was answered stays, what was not is gone whole.

use std::sync::Arc;

use tokio::sync::oneshot;

use super::SqliteHarness;
use crate::contract::given::{NOW, World, content, job, receipt};
use crate::small_disk::SmallDisk;
use crate::{
    Effects, Ledger, LedgerError, NewReceipt, ReceiptState, Receipts, SealedValue, SqliteLedger, SqliteOptions,
};

async fn insert_and_hang(ledger: SqliteLedger, new: NewReceipt, begun: oneshot::Sender<()>) {
    let _ = ledger
        .write(move |tx| {
            Box::pin(async move {
                super::super::sql::receipts::receive(tx, &new, content(), &Effects::none()).await?;
                begun.send(()).unwrap();
                std::future::pending::<crate::Result<()>>().await
            })
        })
        .await;
}

#[test]
fn a_transaction_that_dies_leaves_nothing() {
    let harness = SqliteHarness::new();
    let (before, during) = (receipt("acme"), receipt("acme"));
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let ledger = harness.sqlite().await;
        ledger.receive_receipt(before.clone(), content(), Effects::none()).await.unwrap();
        let (begun, running) = oneshot::channel();
        tokio::spawn(insert_and_hang(ledger, during.clone(), begun));
        running.await.unwrap();
    });
    // The writer dies in its transaction, as it would with the process.
    runtime.shutdown_background();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let ledger = harness.sqlite().await;
        assert_eq!(ledger.receipt(before.id).await.unwrap().unwrap().state, ReceiptState::Received);
        assert_eq!(ledger.receipt(during.id).await.unwrap(), None);
        ledger.receive_receipt(during.clone(), content(), Effects::none()).await.unwrap();
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn work_outlives_its_caller() {
    let harness = SqliteHarness::new();
    let ledger = harness.sqlite().await;
    let new = receipt("acme");
    let (begun, running) = oneshot::channel();
    let (go, gate) = oneshot::channel::<()>();
    let (inner, row) = (ledger.clone(), new.clone());
    let caller = tokio::spawn(async move {
        inner
            .write(move |tx| {
                Box::pin(async move {
                    begun.send(()).unwrap();
                    gate.await.unwrap();
                    super::super::sql::receipts::receive(tx, &row, content(), &Effects::none()).await
                })
            })
            .await
    });
    running.await.unwrap();
    caller.abort();
    go.send(()).unwrap();
    ledger.close().await;
    let ledger = harness.sqlite().await;
    assert!(ledger.receipt(new.id).await.unwrap().is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_unit_that_fails_undoes_itself_alone() {
    let harness = SqliteHarness::new();
    let ledger = Arc::new(harness.sqlite().await);
    let tasks: Vec<_> = (0..60)
        .map(|n| {
            let (ledger, mut new) = (Arc::clone(&ledger), receipt("acme"));
            tokio::spawn(async move {
                if n % 3 == 0 {
                    new.response_to = None;
                    let row = new.clone();
                    let failed: crate::Result<()> = ledger
                        .write(move |tx| {
                            Box::pin(async move {
                                let effects = Effects::job(job("translate", "acme", row.id.as_str()));
                                super::super::sql::receipts::receive(tx, &row, content(), &effects).await?;
                                Err(LedgerError::missing("test", "on purpose"))
                            })
                        })
                        .await;
                    assert!(matches!(failed, Err(LedgerError::Missing { .. })));
                } else {
                    let effects = Effects::job(job("translate", "acme", new.id.as_str()));
                    ledger.receive_receipt(new.clone(), content(), effects).await.unwrap();
                }
                (new.id, n % 3 != 0)
            })
        })
        .collect();
    let mut there = 0;
    for task in tasks {
        let (id, kept) = task.await.unwrap();
        assert_eq!(ledger.receipt(id).await.unwrap().is_some(), kept);
        there += u64::from(kept);
    }
    let world = World { ledger: ledger as Arc<dyn Ledger> };
    let ready: u64 = world.ledger.depths().await.unwrap().iter().map(|depth| depth.ready).sum();
    assert_eq!(ready, there);
}

async fn limit_pages(ledger: &SqliteLedger, pages: i64) {
    ledger
        .write(move |tx| {
            Box::pin(async move {
                let sql = sqlx::AssertSqlSafe(format!("PRAGMA max_page_count = {pages}"));
                sqlx::query(sql).execute(&mut tx.conn).await?;
                Ok(())
            })
        })
        .await
        .unwrap();
}

#[tokio::test]
async fn a_full_disk_refuses_and_recovers_by_itself() {
    let harness = SqliteHarness::new();
    let ledger = harness.sqlite().await;
    let used: i64 = sqlx::query_scalar("PRAGMA page_count").fetch_one(ledger.readers()).await.unwrap();
    limit_pages(&ledger, used + 2).await;
    let mut kept = Vec::new();
    let refused = loop {
        let new = receipt("acme");
        match ledger.receive_receipt(new.clone(), content(), Effects::none()).await {
            Ok(()) => kept.push(new.id),
            Err(error) => break (new, error),
        }
    };
    assert!(matches!(refused.1, LedgerError::Full) && refused.1.is_transient(), "{}", refused.1);
    assert_eq!(ledger.receipt(refused.0.id).await.unwrap(), None);
    limit_pages(&ledger, 1_000_000).await;
    ledger.receive_receipt(refused.0.clone(), content(), Effects::none()).await.unwrap();
    for id in kept {
        assert!(ledger.receipt(id).await.unwrap().is_some());
    }
    assert_eq!(ledger.orphaned_receipts(NOW.plus(1), 10).await.unwrap(), []);
}

#[tokio::test]
async fn a_disk_without_space_refuses_and_recovers_by_itself() {
    let disk = SmallDisk::of_megabytes(8);
    let options = SqliteOptions::new(disk.path().join("ledger.db"));
    let ledger = SqliteLedger::open(options.clone()).await.unwrap();
    let world = World { ledger: Arc::new(ledger.clone()) };
    world.accepted("acme", 1, "payer", 10).await;
    disk.fill_but(256);
    let mut kept = Vec::new();
    let (refused, error) = loop {
        let mut new = receipt("acme");
        new.name_sealed = Some(SealedValue(vec![3; 20_000]));
        match ledger.receive_receipt(new.clone(), content(), Effects::none()).await {
            Ok(()) => kept.push(new.id),
            Err(error) => break (new, error),
        }
    };
    assert!(matches!(error, LedgerError::Full) && error.is_transient(), "{error}");
    assert_eq!(ledger.receipt(refused.id).await.unwrap(), None);
    disk.make_room();
    ledger.receive_receipt(refused.clone(), content(), Effects::none()).await.unwrap();
    kept.push(refused.id);
    drop(world);
    ledger.close().await;
    let ledger = SqliteLedger::open(options).await.unwrap();
    for id in kept {
        assert_eq!(ledger.receipt(id).await.unwrap().unwrap().name_sealed.unwrap().0.len(), 20_000);
    }
    World { ledger: Arc::new(ledger.clone()) }.conserved().await;
    ledger.close().await;
}

#[tokio::test]
async fn a_discard_that_is_cut_loses_no_count() {
    let harness = SqliteHarness::new();
    let ledger = harness.sqlite().await;
    let world = World { ledger: Arc::new(ledger.clone()) };
    let file = world.staged("acme", 1, "payer", 4_500).await;
    let mut left = Vec::new();
    let receipt = file.receipt;
    while ledger
        .write(move |tx| Box::pin(async move { super::super::sql::items::discard_some(tx, receipt).await }))
        .await
        .unwrap()
    {
        world.conserved().await;
        left.push(world.ledger.conservation(None).await.unwrap().received);
    }
    assert_eq!(left, [2_500, 500, 0], "in steps, each whole");
    world.ledger.restart_translation(receipt).await.unwrap();
    assert!(world.ledger.interchanges_of(receipt).await.unwrap().is_empty());
}
