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

#[tokio::test(flavor = "multi_thread")]
async fn a_ledger_moves_with_all_its_rows_and_goes_on() {
    let folder = TempDir::new().unwrap();
    let sqlite = SqliteLedger::open(SqliteOptions::new(folder.path().join("ledger.db"))).await.unwrap();
    filled(&World { ledger: Arc::new(sqlite.clone()) as Arc<dyn Ledger> }).await;
    let harness = PostgresHarness::new().await;
    let postgres = harness.postgres().await;
    let copied = postgres.copy_from(&sqlite).await.unwrap();
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
    let again = postgres.copy_from(&sqlite).await.unwrap_err();
    assert!(matches!(again, LedgerError::Taken { .. }), "{again}");
    // It goes on where it was: numbers, events and alarms that come next are new.
    let world = World { ledger: Arc::new(postgres.clone()) as Arc<dyn Ledger> };
    world.sending("payer", &waiting.iter().map(|item| item.id).collect::<Vec<_>>()).await;
    postgres.receive_receipt(receipt("acme"), content(), Effects::none()).await.unwrap();
    let other = NewAlarm { kind: kind("test"), subject: "acme".to_owned(), reason: None, at: NOW };
    assert!(postgres.open_alarm(other).await.unwrap());
    world.conserved().await;
}
