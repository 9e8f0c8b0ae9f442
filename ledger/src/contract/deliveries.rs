//! L4: a claim goes to a partner at most once, or is unknown and settled before it may go again.

use std::collections::HashSet;
use std::sync::Arc;

use super::Harness;
use super::given::{NOW, OVER_BY, World, cause, partner};
use crate::{DeliveryOutcome, DeliveryState, Effects, ItemOutcome, ItemState, LedgerError, NumberKind, Settled};

pub async fn hands_each_item_to_one_delivery(harness: &dyn Harness) {
    let world = Arc::new(World::new(harness).await);
    let file = world.accepted("acme", 1, "payer", 120).await;
    let mut workers = Vec::new();
    for _ in 0..8 {
        let world = Arc::clone(&world);
        workers.push(tokio::spawn(async move {
            let mut mine = Vec::new();
            loop {
                let items = world.ledger.claimable_items(&partner("payer"), 10).await.unwrap();
                if items.is_empty() {
                    return mine;
                }
                let ids: Vec<_> = items.iter().map(|item| item.id).collect();
                let delivery = world.delivery("payer", &ids).await;
                match world.ledger.begin_delivery(delivery, Effects::none()).await {
                    Ok(()) => mine.extend(ids),
                    Err(LedgerError::Taken { .. }) => {}
                    Err(other) => panic!("{other}"),
                }
            }
        }));
    }
    let mut handed = Vec::new();
    for worker in workers {
        handed.extend(worker.await.unwrap());
    }
    assert_eq!(handed.len(), 120, "each item once");
    assert_eq!(handed.into_iter().collect::<HashSet<_>>(), file.items.into_iter().collect());
    world.ledger.check_numbers(&partner("payer")).await.unwrap();
    world.conserved().await;
}

pub async fn takes_all_items_or_none(harness: &dyn Harness) {
    let world = World::new(harness).await;
    let file = world.accepted("acme", 1, "payer", 3).await;
    world.sending("payer", &file.items[..1]).await;
    let second = world.delivery("payer", &file.items).await;
    let refused = world.ledger.begin_delivery(second.clone(), Effects::none()).await;
    assert!(matches!(refused, Err(LedgerError::Taken { .. })));
    assert_eq!(world.ledger.delivery(second.id).await.unwrap(), None);
    assert_eq!(world.claimable("payer").await, file.items[1..]);
    let elsewhere = world.delivery("other", &file.items[1..]).await;
    let refused = world.ledger.begin_delivery(elsewhere, Effects::none()).await;
    assert!(matches!(refused, Err(LedgerError::Taken { .. })), "an item goes to its own destination alone");
    let third = world.delivery("payer", &file.items[1..]).await;
    for _ in 0..2 {
        world.ledger.begin_delivery(third.clone(), Effects::none()).await.unwrap();
    }
    assert!(world.claimable("payer").await.is_empty());
    assert!(world.ledger.partners_with_claimable_items().await.unwrap().is_empty());
    let empty = world.delivery("payer", &[]).await;
    assert!(matches!(world.ledger.begin_delivery(empty, Effects::none()).await, Err(LedgerError::Limit { .. })));
}

pub async fn keeps_items_in_order(harness: &dyn Harness) {
    let world = World::new(harness).await;
    let first = world.accepted("acme", 1, "payer", 3).await;
    let second = world.accepted("bravo", 2, "payer", 3).await;
    assert_eq!(world.claimable("payer").await, [first.items.clone(), second.items].concat());
    let mut reversed = first.items.clone();
    reversed.reverse();
    let delivery = world.sending("payer", &reversed).await;
    let carried = world.ledger.delivery_items(delivery, false).await.unwrap();
    assert_eq!(carried.iter().map(|carried| carried.item).collect::<Vec<_>>(), reversed);
    let two = world.ledger.claimable_items(&partner("payer"), 2).await.unwrap();
    assert_eq!((two.len(), two[0].owner.as_str(), two[0].test), (2, "bravo", false));
}

pub async fn puts_items_that_come_back_in_their_place(harness: &dyn Harness) {
    let world = World::new(harness).await;
    let (first, second) = (world.accepted("acme", 1, "payer", 4).await, world.accepted("bravo", 2, "payer", 2).await);
    let begun = world.sending("payer", &first.items[..2]).await;
    world.sending("payer", &second.items).await;
    assert_eq!(world.claimable("payer").await, first.items[2..]);
    let (outcome, refused) = (DeliveryOutcome::Refused { attempts_max: 3 }, cause("connection-refused"));
    world.ledger.settle_delivery(begun, outcome, refused, NOW, Effects::none()).await.unwrap();
    assert_eq!(world.claimable("payer").await, first.items);
    let three = world.ledger.claimable_items(&partner("payer"), 3).await.unwrap();
    assert_eq!(three.iter().map(|item| item.id).collect::<Vec<_>>(), first.items[..3]);
}

pub async fn never_sends_an_unknown_item_again(harness: &dyn Harness) {
    let world = World::new(harness).await;
    let file = world.accepted("acme", 1, "payer", 2).await;
    let delivery = world.sending("payer", &file.items).await;
    assert_eq!(world.states(&file.items).await, [ItemState::Sending; 2]);
    let cut = cause("cut-after-sending");
    for _ in 0..2 {
        let (outcome, none) = (DeliveryOutcome::Unknown, Effects::none());
        world.ledger.settle_delivery(delivery, outcome, cut.clone(), NOW, none).await.unwrap();
    }
    assert_eq!(world.states(&file.items).await, [ItemState::Unknown; 2]);
    assert!(world.claimable("payer").await.is_empty());
    let again = world.delivery("payer", &file.items).await;
    assert!(matches!(world.ledger.begin_delivery(again, Effects::none()).await, Err(LedgerError::Taken { .. })));
    let unknown = world.ledger.items_in(ItemState::Unknown, Some(&partner("payer")), 10).await.unwrap();
    assert_eq!(unknown.iter().map(|item| item.id).collect::<Vec<_>>(), file.items);
    assert_eq!(world.ledger.conservation(None).await.unwrap().unknown, 2);
    let late = (DeliveryOutcome::Acknowledged, cause("late-999"));
    world.ledger.settle_delivery(delivery, late.0, late.1, NOW, Effects::none()).await.unwrap();
    assert_eq!(world.states(&file.items).await, [ItemState::Acknowledged; 2]);
    world.conserved().await;
}

/// Each item was settled alone, by an acknowledgment that came while the call was made: nothing is left to ask for.
pub async fn leaves_no_delivery_unknown_that_holds_no_item(harness: &dyn Harness) {
    let world = World::new(harness).await;
    for (number, outcome, state) in [
        (1, ItemOutcome::Quarantined, DeliveryState::Refused),
        (2, ItemOutcome::Acknowledged, DeliveryState::Acknowledged),
    ] {
        let file = world.accepted("acme", number, "payer", 2).await;
        let delivery = world.sending("payer", &file.items).await;
        let told = cause("told-by-the-partner");
        world.ledger.settle_items(&file.items, outcome, told, NOW, Effects::none()).await.unwrap();
        let (unknown, cut) = (DeliveryOutcome::Unknown, cause("cut-after-sending"));
        world.ledger.settle_delivery(delivery, unknown, cut, NOW, Effects::none()).await.unwrap();
        assert_eq!(world.ledger.delivery(delivery).await.unwrap().unwrap().state, state);
    }
    world.conserved().await;
}

pub async fn gives_refused_items_back_until_attempts_end(harness: &dyn Harness) {
    let world = World::new(harness).await;
    let file = world.accepted("acme", 1, "payer", 2).await;
    for attempt in 1..=3 {
        assert_eq!(world.claimable("payer").await, file.items, "attempt {attempt}");
        let delivery = world.sending("payer", &file.items).await;
        let outcome = DeliveryOutcome::Refused { attempts_max: 3 };
        let refused = cause("connection-refused");
        let settled = world.ledger.settle_delivery(delivery, outcome, refused, NOW, Effects::none()).await.unwrap();
        let quarantined = if attempt == 3 { 2 } else { 0 };
        assert_eq!(settled, Settled { changed: 2, quarantined, left: 0 });
    }
    assert_eq!(world.states(&file.items).await, [ItemState::Quarantined; 2]);
    let alarms = world.ledger.open_alarms().await.unwrap();
    assert_eq!(alarms.iter().map(|alarm| alarm.kind.as_str()).collect::<Vec<_>>(), ["items-quarantined"]);
    assert!(world.claimable("payer").await.is_empty());
    let kept = world.ledger.items_in(ItemState::Quarantined, None, 10).await.unwrap();
    assert_eq!((kept.len(), kept[0].attempts), (2, 3));
    world.ledger.release_items(&file.items, cause("operator"), NOW, Effects::none()).await.unwrap();
    assert_eq!(world.claimable("payer").await, file.items);
    world.conserved().await;
}

pub async fn turns_calls_cut_by_a_crash_into_unknown(harness: &dyn Harness) {
    let world = World::new(harness).await;
    let file = world.accepted("acme", 1, "payer", 2).await;
    let cut = world.sending("payer", &file.items[..1]).await;
    let sent = world.sending("payer", &file.items[1..]).await;
    world.ledger.settle_delivery(sent, DeliveryOutcome::Sent, cause("http-200"), NOW, Effects::none()).await.unwrap();
    drop(world);
    let world = World::new(harness).await;
    assert!(world.take_up_calls(OVER_BY).await.is_empty(), "not those that may still be open");
    assert_eq!(world.take_up_calls(OVER_BY.plus(1)).await, [cut]);
    assert!(world.take_up_calls(OVER_BY.plus(1)).await.is_empty());
    assert_eq!(world.states(&file.items).await, [ItemState::Unknown, ItemState::Sent]);
    let unknown = world.ledger.deliveries_in(None, DeliveryState::Unknown, 10).await.unwrap();
    assert_eq!(unknown.iter().map(|delivery| delivery.id).collect::<Vec<_>>(), [cut]);
}

pub async fn finds_a_delivery_by_each_of_its_numbers(harness: &dyn Harness) {
    let world = World::new(harness).await;
    let file = world.accepted("acme", 1, "payer", 1).await;
    world.numbers("payer").await;
    let delivery = world.delivery("payer", &file.items).await;
    world.ledger.begin_delivery(delivery.clone(), Effects::none()).await.unwrap();
    for numbers in &delivery.numbers {
        let (kind, number) = (numbers.kind, numbers.first);
        let found = world.ledger.delivery_by_number(&partner("payer"), kind, number).await.unwrap().unwrap();
        assert_eq!((found.id, found.control_number, found.item_count), (delivery.id, 2, 1));
        for (who, other) in [("payer", number - 1), ("payer", number + 1), ("other", number)] {
            assert_eq!(world.ledger.delivery_by_number(&partner(who), kind, other).await.unwrap(), None);
        }
    }
    let of_partner = world.ledger.deliveries_in(Some(&partner("payer")), DeliveryState::Sending, 10).await.unwrap();
    assert_eq!(of_partner.len(), 1);
    assert!(matches!(delivery.numbers[0].kind, NumberKind::Interchange));
}

pub async fn refuses_illegal_delivery_changes(harness: &dyn Harness) {
    let world = World::new(harness).await;
    let file = world.accepted("acme", 1, "payer", 1).await;
    let delivery = world.sending("payer", &file.items).await;
    let settle = async |outcome: DeliveryOutcome| {
        world.ledger.settle_delivery(delivery, outcome, cause("test"), NOW, Effects::none()).await
    };
    settle(DeliveryOutcome::Acknowledged).await.unwrap();
    for outcome in [DeliveryOutcome::Sent, DeliveryOutcome::Unknown, DeliveryOutcome::Refused { attempts_max: 3 }] {
        let refused = settle(outcome).await;
        assert!(matches!(refused, Err(LedgerError::IllegalTransition { from: "acknowledged", .. })));
    }
    assert_eq!(world.states(&file.items).await, [ItemState::Acknowledged]);
    let lost = super::given::delivery_id();
    let missing = world.ledger.settle_delivery(lost, DeliveryOutcome::Sent, cause("test"), NOW, Effects::none()).await;
    assert!(matches!(missing, Err(LedgerError::Missing { .. })));
}
