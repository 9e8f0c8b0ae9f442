//! L4, item by item: a 999 that refuses one set, a status query, an operator.

use super::Harness;
use super::given::{NOW, World, cause, content, receipt};
use crate::{DeliveryOutcome, DeliveryState, Effects, ItemOutcome, ItemState, LedgerError, NewReceipt, ReceiptState};

async fn unknown(world: &World, count: u32) -> (super::given::File, tradewind_compliance::DeliveryId) {
    let file = world.accepted("acme", count, "payer", count).await;
    let delivery = world.sending("payer", &file.items).await;
    world.ledger.settle_delivery(delivery, DeliveryOutcome::Unknown, cause("cut"), NOW, Effects::none()).await.unwrap();
    (file, delivery)
}

const NOT_TAKEN: ItemOutcome = ItemOutcome::NotTaken { attempts_max: 3 };

pub async fn settles_items_on_their_own(harness: &dyn Harness) {
    let world = World::new(harness).await;
    let (file, delivery) = unknown(&world, 4).await;
    let settle = async |items: &[_], outcome| {
        world.ledger.settle_items(items, outcome, cause("status-query"), NOW, Effects::none()).await.unwrap()
    };
    assert_eq!(settle(&file.items[..1], ItemOutcome::Acknowledged).await.changed, 1);
    assert_eq!(settle(&file.items[1..2], NOT_TAKEN).await.quarantined, 0);
    assert_eq!(settle(&file.items[2..3], ItemOutcome::Quarantined).await.quarantined, 1);
    use ItemState::{Accepted, Acknowledged, Quarantined, Unknown};
    assert_eq!(world.states(&file.items).await, [Acknowledged, Accepted, Quarantined, Unknown]);
    assert_eq!(world.claimable("payer").await, file.items[1..2]);
    let live = world.ledger.delivery_items(delivery, true).await.unwrap();
    assert_eq!(live.iter().map(|carried| carried.item).collect::<Vec<_>>(), file.items[3..]);
    assert_eq!(world.ledger.delivery_items(delivery, false).await.unwrap().len(), 4);
    world.conserved().await;
}

pub async fn ends_an_unknown_delivery_with_its_last_item(harness: &dyn Harness) {
    let world = World::new(harness).await;
    let (file, delivery) = unknown(&world, 2).await;
    let state = async || world.ledger.delivery(delivery).await.unwrap().unwrap().state;
    let none = Effects::none();
    world.ledger.settle_items(&file.items[..1], NOT_TAKEN, cause("query"), NOW, none.clone()).await.unwrap();
    assert_eq!(state().await, DeliveryState::Unknown);
    world.ledger.settle_items(&file.items[1..], ItemOutcome::Acknowledged, cause("query"), NOW, none).await.unwrap();
    assert_eq!(state().await, DeliveryState::Acknowledged);
    let (file, delivery) = unknown(&world, 1).await;
    world.ledger.settle_items(&file.items, NOT_TAKEN, cause("query"), NOW, Effects::none()).await.unwrap();
    assert_eq!(world.ledger.delivery(delivery).await.unwrap().unwrap().state, DeliveryState::Refused);
}

pub async fn releases_only_what_was_surely_not_taken(harness: &dyn Harness) {
    let world = World::new(harness).await;
    let (file, _) = unknown(&world, 1).await;
    let (items, none) = (&file.items, Effects::none);
    world.ledger.settle_items(items, ItemOutcome::Quarantined, cause("operator"), NOW, none()).await.unwrap();
    let refused = world.ledger.release_items(items, cause("operator"), NOW, none()).await;
    assert!(matches!(refused, Err(LedgerError::IllegalTransition { .. })), "it may have been taken");
    world.ledger.settle_items(items, NOT_TAKEN, cause("payer-says-no"), NOW, none()).await.unwrap();
    assert_eq!(world.claimable("payer").await, *items);
    let left = world.ledger.release_items(items, cause("operator"), NOW, none()).await.unwrap();
    assert_eq!((left.changed, left.left), (0, 1));
}

pub async fn leaves_items_that_are_past_an_outcome(harness: &dyn Harness) {
    let world = World::new(harness).await;
    let (file, _) = unknown(&world, 1).await;
    let (items, none) = (&file.items, Effects::none);
    let acknowledged = ItemOutcome::Acknowledged;
    world.ledger.settle_items(items, acknowledged, cause("late"), NOW, none()).await.unwrap();
    let again = world.ledger.settle_items(items, acknowledged, cause("late"), NOW, none()).await.unwrap();
    assert_eq!((again.changed, again.left), (0, 1));
    let back = world.ledger.settle_items(items, NOT_TAKEN, cause("late"), NOW, none()).await;
    assert!(matches!(back, Err(LedgerError::IllegalTransition { from: "acknowledged", .. })));
    let staged = world.staged("acme", 99, "payer", 1).await;
    let early = world.ledger.settle_items(&staged.items, acknowledged, cause("early"), NOW, none()).await;
    assert!(matches!(early, Err(LedgerError::IllegalTransition { from: "staged", .. })));
    let mixed = [items[0], super::given::item_id()];
    let lost = world.ledger.settle_items(&mixed, acknowledged, cause("lost"), NOW, none()).await;
    assert!(matches!(lost, Err(LedgerError::Missing { .. })));
}

pub async fn receives_a_response_with_what_it_settles(harness: &dyn Harness) {
    let world = World::new(harness).await;
    let (_, delivery) = unknown(&world, 1).await;
    let response = |id: NewReceipt| NewReceipt { response_to: Some(delivery), ..id };
    let (first, second) = (response(receipt("payer")), response(receipt("payer")));
    for response in [&first, &second] {
        let effects = Effects { receipts: vec![(response.clone(), content())], ..Effects::none() };
        world.ledger.settle_delivery(delivery, DeliveryOutcome::Sent, cause("taken"), NOW, effects).await.unwrap();
    }
    let kept = world.ledger.receipt(first.id).await.unwrap().unwrap();
    assert_eq!((kept.state, kept.response_to), (ReceiptState::Received, Some(delivery)));
    assert!(world.ledger.receipt(second.id).await.unwrap().is_none(), "who settles second brings nothing");
}
