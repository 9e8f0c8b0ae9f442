//! Several processes on one ledger: what one leaves behind another takes up, and one that was only slow is told so.

use super::Harness;
use super::given::{DAY_MS, NOW, OVER_BY, World, cause, content, job, partner, receipt};
use crate::{
    DeliveryOutcome, DeliveryState, Effects, ItemOutcome, ItemState, LedgerError, NewDelivery, Numbers, ReceiptState,
    Settled,
};

pub async fn takes_up_only_calls_that_should_be_over(harness: &dyn Harness) {
    let (dead, alive) = (World::new(harness).await, World::new(harness).await);
    let file = dead.accepted("acme", 1, "payer", 3).await;
    let mut ids = Vec::new();
    for (item, over_by) in file.items.iter().zip([NOW.minus(1), NOW, OVER_BY]) {
        let new = NewDelivery { over_by, ..dead.delivery("payer", &[*item]).await };
        dead.ledger.begin_delivery(new.clone(), Effects::none()).await.unwrap();
        ids.push(new.id);
    }
    assert_eq!(alive.take_up_calls(NOW).await, ids[..1]);
    use ItemState::{Sending, Unknown};
    assert_eq!(alive.states(&file.items).await, [Unknown, Sending, Sending]);
    let taken_up = alive.ledger.delivery(ids[0]).await.unwrap().unwrap();
    assert_eq!((taken_up.state, taken_up.changed_at), (DeliveryState::Unknown, NOW));
    assert!(alive.take_up_calls(NOW).await.is_empty());
    alive.conserved().await;
}

pub async fn believes_a_slow_process_that_its_call_arrived(harness: &dyn Harness) {
    let (slow, other) = (World::new(harness).await, World::new(harness).await);
    let file = slow.accepted("acme", 1, "payer", 2).await;
    let delivery = slow.sending("payer", &file.items).await;
    other.take_up_calls(OVER_BY.plus(1)).await;
    let sent = (DeliveryOutcome::Sent, cause("http-200"));
    let settled = slow.ledger.settle_delivery(delivery, sent.0, sent.1, NOW, Effects::none()).await.unwrap();
    assert_eq!(settled, Settled { changed: 2, ..Settled::default() });
    assert_eq!(other.states(&file.items).await, [ItemState::Sent; 2]);
    assert!(other.take_up_calls(OVER_BY.plus(1)).await.is_empty());
    assert!(other.claimable("payer").await.is_empty());
}

pub async fn tells_a_slow_process_that_its_call_was_settled(harness: &dyn Harness) {
    let (slow, other) = (World::new(harness).await, World::new(harness).await);
    let file = slow.accepted("acme", 1, "payer", 2).await;
    let first = slow.sending("payer", &file.items).await;
    other.take_up_calls(OVER_BY.plus(1)).await;
    let not_taken = ItemOutcome::NotTaken { attempts_max: 3 };
    other.ledger.settle_items(&file.items, not_taken, cause("query"), NOW, Effects::none()).await.unwrap();
    let second = other.sending("payer", &file.items).await;
    let effects = || Effects::job(job("translate", "acme", "written-by-the-slow-one"));
    for outcome in [DeliveryOutcome::Sent, DeliveryOutcome::Unknown, DeliveryOutcome::Acknowledged] {
        let told = slow.ledger.settle_delivery(first, outcome, cause("late"), NOW, effects()).await;
        assert!(matches!(told, Err(LedgerError::IllegalTransition { from: "refused", .. })), "{told:?}");
    }
    let refused = DeliveryOutcome::Refused { attempts_max: 1 };
    let told = slow.ledger.settle_delivery(first, refused, cause("late"), NOW, effects()).await.unwrap();
    assert_eq!(told, Settled::default(), "what it gave back was given back before");
    assert_eq!(other.states(&file.items).await, [ItemState::Sending; 2], "in the second delivery");
    assert_eq!(other.ledger.delivery_items(second, true).await.unwrap().len(), 2);
    assert!(other.ledger.delivery_items(first, true).await.unwrap().is_empty());
    let jobs: u64 = other.ledger.depths().await.unwrap().iter().map(|depth| depth.ready).sum();
    assert_eq!(jobs, 1, "the file's own: none of the slow one's effects was written");
    other.conserved().await;
}

pub async fn lets_one_of_two_processes_deliver(harness: &dyn Harness) {
    let (one, two) = (World::new(harness).await, World::new(harness).await);
    let (mut lost, mut used) = (Vec::<Numbers>::new(), Vec::new());
    for round in 1..=8 {
        let file = one.accepted("acme", round, "payer", 6).await;
        let reversed: Vec<_> = file.items.iter().rev().copied().collect();
        let calls = [one.delivery("payer", &file.items).await, two.delivery("payer", &reversed).await];
        let (first, second) = tokio::join!(
            one.ledger.begin_delivery(calls[0].clone(), Effects::none()),
            two.ledger.begin_delivery(calls[1].clone(), Effects::none()),
        );
        let (winner, loser, told) = match (first, second) {
            (Ok(()), Err(told)) => (&calls[0], &calls[1], told),
            (Err(told), Ok(())) => (&calls[1], &calls[0], told),
            both => panic!("expected one winner, found {both:?}"),
        };
        assert!(matches!(told, LedgerError::Taken { .. }), "{told}");
        assert_eq!(one.ledger.delivery(loser.id).await.unwrap(), None);
        assert_eq!(one.ledger.delivery_items(winner.id, true).await.unwrap().len(), 6);
        for numbers in &loser.numbers {
            let reason = "items-taken".parse().unwrap();
            one.ledger.explain_numbers(&partner("payer"), *numbers, reason).await.unwrap();
        }
        lost.extend(&loser.numbers);
        used.extend(winner.numbers.iter().map(|numbers| (numbers.kind, numbers.first, winner.id)));
    }
    let gaps = two.ledger.number_gaps(&partner("payer")).await.unwrap();
    assert!(gaps.iter().all(|gap| gap.reason.as_str() == "items-taken"));
    let explained: Vec<Numbers> = gaps.into_iter().map(|gap| gap.numbers).collect();
    assert_eq!(explained.len(), lost.len());
    assert!(lost.iter().all(|numbers| explained.contains(numbers)));
    for (kind, number, delivery) in used {
        let user = two.ledger.delivery_by_number(&partner("payer"), kind, number).await.unwrap().unwrap();
        assert_eq!(user.id, delivery);
    }
    two.ledger.check_numbers(&partner("payer")).await.unwrap();
    two.conserved().await;
}

pub async fn gives_up_no_upload_that_was_received(harness: &dyn Harness) {
    let (sweeper, door) = (World::new(harness).await, World::new(harness).await);
    let (mut slow, mut young) = (receipt("acme"), receipt("acme"));
    slow.at = NOW.minus(DAY_MS);
    young.at = NOW.minus(DAY_MS - 1);
    for upload in [&slow, &young] {
        door.ledger.stage_receipt(upload.clone()).await.unwrap();
    }
    let orphans = sweeper.ledger.orphaned_receipts(NOW.minus(DAY_MS - 1), 10).await.unwrap();
    assert_eq!(orphans.iter().map(|orphan| orphan.id).collect::<Vec<_>>(), [slow.id]);
    let effects = Effects::job(job("translate", "acme", slow.id.as_str()));
    door.ledger.receive_receipt(slow.clone(), content(), effects).await.unwrap();
    let refused = sweeper.ledger.discard_receipt(slow.id).await;
    assert!(matches!(refused, Err(LedgerError::IllegalTransition { from: "received", .. })));
    assert_eq!(door.ledger.receipt(slow.id).await.unwrap().unwrap().state, ReceiptState::Received);
}
