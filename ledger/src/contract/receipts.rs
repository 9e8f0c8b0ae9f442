//! L1: what a door acknowledged is durable and will be processed.

use super::Harness;
use super::given::{DAY_MS, NOW, World, cause, content, hash, job, partner, receipt};
use crate::{Effects, LedgerError, ReceiptEnd, ReceiptState};

pub async fn receives_with_its_job_or_not_at_all(harness: &dyn Harness) {
    let world = World::new(harness).await;
    let receipt = receipt("acme");
    world.ledger.stage_receipt(receipt.clone()).await.unwrap();
    world.ledger.stage_receipt(receipt.clone()).await.unwrap();
    assert_eq!(world.ledger.receipt(receipt.id).await.unwrap().unwrap().state, ReceiptState::Staged);
    let content = content();
    for _ in 0..2 {
        let effects = Effects::job(job("translate", "acme", receipt.id.as_str()));
        world.ledger.receive_receipt(receipt.clone(), content, effects).await.unwrap();
    }
    let received = world.ledger.receipt(receipt.id).await.unwrap().unwrap();
    assert_eq!((received.state, received.size, received.digest), (ReceiptState::Received, 4_096, Some(content.digest)));
    let depths = world.ledger.depths().await.unwrap();
    assert_eq!(depths.iter().map(|depth| depth.ready).sum::<u64>(), 1, "a repeat writes no second job");
    assert!(world.ledger.receipts_without_job(10).await.unwrap().is_empty());
    let alone = super::given::receipt("acme");
    world.ledger.receive_receipt(alone.clone(), content, Effects::none()).await.unwrap();
    assert_eq!(world.ledger.receipts_without_job(10).await.unwrap()[0].id, alone.id);
}

pub async fn survives_a_sudden_end(harness: &dyn Harness) {
    let world = World::new(harness).await;
    let id = world.received("acme").await;
    drop(world);
    let world = World::new(harness).await;
    assert_eq!(world.ledger.receipt(id).await.unwrap().unwrap().state, ReceiptState::Received);
    assert_eq!(world.ledger.due_lanes(NOW).await.unwrap().len(), 1);
}

pub async fn discards_only_what_is_staged(harness: &dyn Harness) {
    let world = World::new(harness).await;
    let staged = receipt("acme");
    world.ledger.stage_receipt(staged.clone()).await.unwrap();
    world.ledger.discard_receipt(staged.id).await.unwrap();
    world.ledger.discard_receipt(staged.id).await.unwrap();
    assert_eq!(world.ledger.receipt(staged.id).await.unwrap(), None);
    let received = world.received("acme").await;
    let refused = world.ledger.discard_receipt(received).await;
    assert!(matches!(refused, Err(LedgerError::IllegalTransition { from: "received", .. })));
}

pub async fn refuses_illegal_ends(harness: &dyn Harness) {
    let world = World::new(harness).await;
    let staged = receipt("acme");
    world.ledger.stage_receipt(staged.clone()).await.unwrap();
    let end = world.ledger.finish_receipt(staged.id, ReceiptEnd::Translated, NOW, Effects::none()).await;
    assert!(matches!(end, Err(LedgerError::IllegalTransition { from: "staged", to: "translated", .. })));
    let id = world.received("acme").await;
    for _ in 0..2 {
        world.ledger.finish_receipt(id, ReceiptEnd::Translated, NOW, Effects::none()).await.unwrap();
    }
    let quarantine = ReceiptEnd::Quarantined("too-late".parse().unwrap());
    let end = world.ledger.finish_receipt(id, quarantine, NOW, Effects::none()).await;
    assert!(matches!(end, Err(LedgerError::IllegalTransition { from: "translated", .. })));
    let lost = world.ledger.finish_receipt(receipt("acme").id, ReceiptEnd::Translated, NOW, Effects::none()).await;
    assert!(matches!(lost, Err(LedgerError::Missing { .. })));
}

pub async fn finds_orphans(harness: &dyn Harness) {
    let world = World::new(harness).await;
    let (mut old, young) = (receipt("acme"), receipt("acme"));
    old.at = NOW.minus(DAY_MS);
    world.ledger.stage_receipt(old.clone()).await.unwrap();
    world.ledger.stage_receipt(young).await.unwrap();
    world.received("acme").await;
    let orphans = world.ledger.orphaned_receipts(NOW, 10).await.unwrap();
    assert_eq!(orphans.iter().map(|orphan| orphan.id).collect::<Vec<_>>(), [old.id]);
}

pub async fn finds_receipts_by_name_and_partner(harness: &dyn Harness) {
    let world = World::new(harness).await;
    let first = world.received("acme").await;
    let second = world.received("acme").await;
    let other = world.received("bravo").await;
    let listed = world.ledger.receipts_of(&partner("acme"), None, 10).await.unwrap();
    assert_eq!(listed.iter().map(|receipt| receipt.id).collect::<Vec<_>>(), [second, first]);
    let older = world.ledger.receipts_of(&partner("acme"), Some(second), 10).await.unwrap();
    assert_eq!(older.iter().map(|receipt| receipt.id).collect::<Vec<_>>(), [first]);
    let named = world.ledger.receipts_named(&partner("bravo"), hash(7), 10).await.unwrap();
    assert_eq!(named.iter().map(|receipt| receipt.id).collect::<Vec<_>>(), [other]);
    assert!(world.ledger.receipts_named(&partner("bravo"), hash(8), 10).await.unwrap().is_empty());
}

pub async fn tries_a_quarantined_receipt_again(harness: &dyn Harness) {
    let world = World::new(harness).await;
    let id = world.received("acme").await;
    let quarantine = ReceiptEnd::Quarantined("pgp-unknown-signer".parse().unwrap());
    world.ledger.finish_receipt(id, quarantine, NOW, Effects::none()).await.unwrap();
    let kept = world.ledger.receipt(id).await.unwrap().unwrap();
    assert_eq!(kept.reason.unwrap().as_str(), "pgp-unknown-signer");
    for _ in 0..2 {
        let effects = Effects::job(job("translate", "acme", id.as_str()));
        world.ledger.retry_receipt(id, cause("key-added"), NOW, effects).await.unwrap();
    }
    let again = world.ledger.receipt(id).await.unwrap().unwrap();
    assert_eq!((again.state, again.reason, again.finished_at), (ReceiptState::Received, None, None));
    assert_eq!(world.ledger.depths().await.unwrap()[0].ready, 2, "the first job and one more");
    let staged = receipt("acme");
    world.ledger.stage_receipt(staged.clone()).await.unwrap();
    let early = world.ledger.retry_receipt(staged.id, cause("early"), NOW, Effects::none()).await;
    assert!(matches!(early, Err(LedgerError::IllegalTransition { from: "staged", .. })));
}
