//! A SQLite ledger that moves, with everything that it holds.

use std::sync::Arc;

use tempfile::TempDir;

use super::support::PostgresHarness;
use crate::contract::given::{NOW, World, answer, cause, content, job, kind, partner, receipt};
use crate::{
    Advance, Deliveries, DeliveryOutcome, Effects, Ledger, LedgerError, NewAlarm, NewAudit, Outbox, Receipts, Reports,
    SealedValue, SqliteLedger, SqliteOptions, Watch,
};

async fn filled(world: &World) {
    let file = world.accepted("acme", 1, "payer", 30).await;
    world.staged("acme", 2, "payer", 3).await;
    let sent = world.sending("payer", &file.items[..20]).await;
    world.ledger.settle_delivery(sent, DeliveryOutcome::Sent, cause("http-200"), NOW, Effects::none()).await.unwrap();
    let source = world.received("payer").await;
    let answers = vec![answer(file.items[0], source, 1, Advance::Answered)];
    let audit = NewAudit {
        at: NOW,
        actor: "operator:test".parse().unwrap(),
        action: kind("looked"),
        subject: "a\tb\\c\nd".to_owned(),
        detail: Some(SealedValue((0..=255).collect())),
    };
    let alarm = NewAlarm { kind: kind("test"), subject: "payer".to_owned(), reason: None, at: NOW };
    let jobs = vec![job("translate", "acme", "ref")];
    let effects = Effects { audit: vec![audit], alarms: vec![alarm], jobs, ..Effects::none() };
    world.ledger.record_answers(answers, effects).await.unwrap();
}

async fn sqlite(folder: &TempDir) -> SqliteLedger {
    SqliteLedger::open(SqliteOptions::new(folder.path().join("ledger.db"))).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ledger_moves_with_all_its_rows_and_goes_on() {
    let folder = TempDir::new().unwrap();
    let sqlite = sqlite(&folder).await;
    filled(&World { ledger: Arc::new(sqlite.clone()) as Arc<dyn Ledger> }).await;
    let harness = PostgresHarness::new().await;
    let postgres = harness.postgres().await;
    let copied = postgres.copy_from(&sqlite, |_, _| {}).await.unwrap();
    for (table, rows) in &copied {
        let sql = sqlx::AssertSqlSafe(format!("SELECT count(*) FROM {table}"));
        let there: i64 = sqlx::query_scalar(sql).fetch_one(sqlite.readers()).await.unwrap();
        assert_eq!(u64::try_from(there).unwrap(), *rows, "{table}");
    }
    assert_eq!(postgres.verify_audit().await.unwrap(), 1);
    assert_eq!(postgres.audit_after(0, 10).await.unwrap(), sqlite.audit_after(0, 10).await.unwrap());
    assert_eq!(postgres.conservation(None).await.unwrap(), sqlite.conservation(None).await.unwrap());
    assert_eq!(postgres.depths().await.unwrap(), sqlite.depths().await.unwrap());
    let waiting = postgres.claimable_items(&partner("payer"), 100).await.unwrap();
    assert_eq!(waiting, sqlite.claimable_items(&partner("payer"), 100).await.unwrap());
    let again = postgres.copy_from(&sqlite, |_, _| {}).await.unwrap_err();
    assert!(matches!(again, LedgerError::Taken { .. }), "{again}");
    // It goes on where it was: numbers, events and alarms that come next are new.
    let world = World { ledger: Arc::new(postgres.clone()) as Arc<dyn Ledger> };
    world.sending("payer", &waiting.iter().map(|item| item.id).collect::<Vec<_>>()).await;
    postgres.receive_receipt(receipt("acme"), content(), Effects::none()).await.unwrap();
    let other = NewAlarm { kind: kind("test"), subject: "acme".to_owned(), reason: None, at: NOW };
    assert!(postgres.open_alarm(other).await.unwrap());
    world.conserved().await;
}

/// 12,000 items of three files, in every state, with what belongs to them.
async fn large(world: &World) {
    for (file, partner) in (1..).zip(["acme", "bravo", "carol"]) {
        let file = world.accepted(partner, file, "payer", 4_000).await;
        let sent = world.sending("payer", &file.items[..3_000]).await;
        world
            .ledger
            .settle_delivery(sent, DeliveryOutcome::Sent, cause("http-200"), NOW, Effects::none())
            .await
            .unwrap();
        let source = world.received("payer").await;
        let answers = (1..).zip(&file.items[..2_000]).map(|(n, item)| answer(*item, source, n, Advance::Answered));
        world.ledger.record_answers(answers.collect(), Effects::none()).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_large_ledger_moves_and_tells_how_far_it_is() {
    let folder = TempDir::new().unwrap();
    let sqlite = sqlite(&folder).await;
    large(&World { ledger: Arc::new(sqlite.clone()) as Arc<dyn Ledger> }).await;
    let harness = PostgresHarness::new().await;
    let postgres = harness.postgres().await;
    let mut told = Vec::new();
    let copied = postgres.copy_from(&sqlite, |table, rows| told.push((table, rows))).await.unwrap();
    let items: Vec<u64> = told.iter().filter(|(table, _)| *table == "item").map(|(_, rows)| *rows).collect();
    assert_eq!(items, [0, 10_000, 12_000]);
    for (table, rows) in &copied {
        let last = told.iter().rev().find(|(name, _)| name == table).unwrap();
        assert_eq!(last.1, *rows, "{table}");
    }
    let line = postgres.conservation(None).await.unwrap();
    assert!(line.holds() && line.received == 12_000 && line.answered == 6_000, "{line:?}");
    assert_eq!(postgres.conservation_by_partner().await.unwrap(), sqlite.conservation_by_partner().await.unwrap());
    assert_eq!(postgres.state_counts().await.unwrap(), sqlite.state_counts().await.unwrap());
}

/// Copies a ledger that someone meddled with, and gives what it is told. Nothing must be copied.
async fn refused(meddle: &'static str) -> LedgerError {
    let folder = TempDir::new().unwrap();
    let sqlite = sqlite(&folder).await;
    filled(&World { ledger: Arc::new(sqlite.clone()) as Arc<dyn Ledger> }).await;
    sqlite
        .write(move |tx| {
            Box::pin(async move {
                sqlx::query(meddle).execute(&mut tx.conn).await?;
                Ok(())
            })
        })
        .await
        .unwrap();
    let harness = PostgresHarness::new().await;
    let postgres = harness.postgres().await;
    let error = postgres.copy_from(&sqlite, |_, _| {}).await.unwrap_err();
    let receipts: i64 = sqlx::query_scalar("SELECT count(*) FROM receipt").fetch_one(postgres.readers()).await.unwrap();
    assert_eq!(receipts, 0, "{error}");
    error
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ledger_that_someone_meddled_with_stays_where_it_is() {
    let chain = refused("UPDATE audit SET subject = 'another'").await;
    assert!(matches!(chain, LedgerError::AuditBroken { seq: 1 }), "{chain}");
    let line = refused("UPDATE transaction_set SET item_count = item_count + 1").await;
    assert!(matches!(line, LedgerError::CopyDiffers { .. }), "{line}");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_table_is_copied() {
    let folder = TempDir::new().unwrap();
    let sql =
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%' AND name NOT LIKE '_sqlx%'";
    let mut tables: Vec<String> = sqlx::query_scalar(sql).fetch_all(sqlite(&folder).await.readers()).await.unwrap();
    let mut copied = super::super::copy::TABLES.to_vec();
    tables.sort_unstable();
    copied.sort_unstable();
    assert_eq!(tables, copied);
}
