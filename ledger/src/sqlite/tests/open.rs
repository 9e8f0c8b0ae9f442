//! Opening, closing, and what the file looks like.

use std::os::unix::fs::PermissionsExt;

use sqlx::Executor;

use super::SqliteHarness;
use crate::contract::given::{World, partner};
use crate::{Acknowledgments, Effects, LedgerError, Receipts};
use tradewind_compliance::keys::{BranchKeyId, BranchKeyRecord, BranchKeyStore, KeyKind, WrappedKey};

#[tokio::test]
async fn the_file_and_its_log_are_readable_by_their_owner_alone() {
    let harness = SqliteHarness::new();
    let ledger = harness.sqlite().await;
    ledger.record(Effects::none()).await.unwrap();
    for suffix in ["", "-wal", "-shm"] {
        let path = format!("{}{suffix}", harness.path().display());
        let mode = std::fs::metadata(path).unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "{suffix}");
    }
}

#[tokio::test]
async fn runs_with_the_durability_that_it_promises() {
    let ledger = SqliteHarness::new().sqlite().await;
    let pragmas = ledger
        .write(|tx| {
            Box::pin(async move {
                let mut found = Vec::new();
                for pragma in ["synchronous", "foreign_keys", "secure_delete"] {
                    let sql = sqlx::AssertSqlSafe(format!("PRAGMA {pragma}"));
                    let value: i64 = sqlx::query_scalar(sql).fetch_one(&mut tx.conn).await?;
                    found.push(value);
                }
                Ok(found)
            })
        })
        .await
        .unwrap();
    assert_eq!(pragmas, [2, 1, 1], "full, on, on");
    let mode: String = sqlx::query_scalar("PRAGMA journal_mode").fetch_one(ledger.readers()).await.unwrap();
    assert_eq!(mode, "wal");
}

#[tokio::test]
async fn readers_cannot_write() {
    let ledger = SqliteHarness::new().sqlite().await;
    assert!(ledger.readers().execute("DELETE FROM receipt").await.is_err());
}

#[tokio::test]
async fn refuses_work_after_close() {
    let harness = SqliteHarness::new();
    let ledger = harness.sqlite().await;
    ledger.close().await;
    assert!(matches!(ledger.record(Effects::none()).await, Err(LedgerError::Closed)));
    let id = crate::contract::given::receipt_id();
    assert!(matches!(ledger.receipt(id).await, Err(LedgerError::Closed)));
    harness.sqlite().await;
}

#[tokio::test]
async fn a_destroyed_key_is_in_neither_the_file_nor_its_log() {
    let harness = SqliteHarness::new();
    let ledger = harness.sqlite().await;
    let bytes = b"WRAPPED-KEY-CANARY-0123456789".to_vec();
    let found = |bytes: &[u8]| {
        ["", "-wal"].iter().any(|suffix| {
            let file = std::fs::read(format!("{}{suffix}", harness.path().display())).unwrap();
            file.windows(bytes.len()).any(|window| window == bytes)
        })
    };
    let record = BranchKeyRecord {
        id: BranchKeyId { partner: partner("acme"), kind: KeyKind::Branch, version: 1 },
        wrapped: Some(WrappedKey { root: "local/1".into(), bytes: bytes.clone() }),
        created_unix_ms: 1,
        own: false,
    };
    ledger.insert(&record).await.unwrap();
    assert!(found(&bytes), "the test can find what is there");
    ledger.destroy(&partner("acme")).await.unwrap();
    assert!(!found(&bytes));
}

#[tokio::test]
async fn two_processes_may_share_a_file() {
    let harness = SqliteHarness::new();
    let (one, two) = (World::new(&harness).await, World::new(&harness).await);
    let mut ids = Vec::new();
    for _ in 0..5 {
        ids.push(one.received("acme").await);
        ids.push(two.received("acme").await);
    }
    for id in ids {
        assert!(one.ledger.receipt(id).await.unwrap().is_some() && two.ledger.receipt(id).await.unwrap().is_some());
    }
}
