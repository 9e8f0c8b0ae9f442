//! Webhooks: one for each new answer, to one caller at a time, to an end.

use std::collections::HashSet;
use std::sync::Arc;

use tradewind_compliance::NotificationId;

use super::Harness;
use super::given::{NOW, World, answer, cause, notification, partner};
use crate::{Advance, Attempt, DeliveryOutcome, Effects, LedgerError, NewAnswer, NotificationState, UnixMs};

async fn answered(world: &World, from: &str, control_number: u32, count: u32) -> Vec<NewAnswer> {
    let file = world.accepted(from, control_number, "payer", count).await;
    let delivery = world.sending("payer", &file.items).await;
    world.ledger.settle_delivery(delivery, DeliveryOutcome::Sent, cause("ok"), NOW, Effects::none()).await.unwrap();
    let source = world.received("payer").await;
    let answers: Vec<NewAnswer> = file
        .items
        .iter()
        .zip(1..)
        .map(|(item, ordinal)| {
            let notify = Some(notification(from));
            NewAnswer { notify, ..answer(*item, source, ordinal, Advance::Answered) }
        })
        .collect();
    world.ledger.record_answers(answers.clone(), Effects::none()).await.unwrap();
    answers
}

fn id(answer: &NewAnswer) -> NotificationId {
    answer.notify.as_ref().unwrap().id
}

pub async fn queues_one_for_each_new_answer(harness: &dyn Harness) {
    let world = World::new(harness).await;
    let mut answers = answered(&world, "acme", 1, 2).await;
    for answer in &mut answers {
        answer.notify = Some(notification("acme"));
    }
    world.ledger.record_answers(answers.clone(), Effects::none()).await.unwrap();
    assert_eq!(world.ledger.notification(id(&answers[0])).await.unwrap(), None, "a repeated answer notifies nobody");
    let leased = world.ledger.lease_notifications(NOW, NOW.plus(1_000), 10, 10).await.unwrap();
    assert_eq!(leased.len(), 2);
    assert_eq!((leased[0].partner.clone(), leased[0].attempts), (partner("acme"), 1));
}

pub async fn leases_fairly_and_to_one_caller(harness: &dyn Harness) {
    let world = Arc::new(World::new(harness).await);
    answered(&world, "acme", 1, 30).await;
    answered(&world, "bravo", 2, 2).await;
    let first = world.ledger.lease_notifications(NOW, NOW.plus(1_000), 4, 100).await.unwrap();
    let of = |name: &str| first.iter().filter(|one| one.partner == partner(name)).count();
    assert_eq!((of("acme"), of("bravo")), (4, 2), "one partner's many do not keep another's waiting");
    let tasks: Vec<_> = (0..8)
        .map(|_| {
            let world = Arc::clone(&world);
            tokio::spawn(async move { world.ledger.lease_notifications(NOW, NOW.plus(1_000), 5, 5).await.unwrap() })
        })
        .collect();
    let mut leased: Vec<NotificationId> = first.iter().map(|one| one.id).collect();
    for task in tasks {
        leased.extend(task.await.unwrap().iter().map(|one| one.id));
    }
    assert_eq!(leased.len(), 32);
    assert_eq!(leased.iter().collect::<HashSet<_>>().len(), 32, "each to one caller");
    assert_eq!(world.ledger.next_notification_at().await.unwrap(), Some(NOW.plus(1_000)));
    let again = world.ledger.lease_notifications(NOW.plus(1_000), NOW.plus(2_000), 100, 100).await.unwrap();
    assert_eq!((again.len(), again[0].attempts), (32, 2), "a lease that ran out was an attempt");
}

pub async fn ends_once(harness: &dyn Harness) {
    let world = World::new(harness).await;
    let answers = answered(&world, "acme", 1, 2).await;
    let (first, second) = (id(&answers[0]), id(&answers[1]));
    world.ledger.lease_notifications(NOW, NOW.plus(1_000), 10, 10).await.unwrap();
    let settle = async |id, end| world.ledger.settle_notification(id, end, NOW, Effects::none()).await;
    let reason = "http-503".parse().unwrap();
    settle(first, Attempt::RetryAt(NOW.plus(500), reason)).await.unwrap();
    let waiting = world.ledger.notification(first).await.unwrap().unwrap();
    assert_eq!((waiting.state, waiting.due_at), (NotificationState::Queued, NOW.plus(500)));
    assert!(world.ledger.lease_notifications(NOW.plus(499), NOW.plus(9_000), 10, 10).await.unwrap().is_empty());
    settle(first, Attempt::Postponed(NOW.plus(700))).await.unwrap();
    let waiting = world.ledger.notification(first).await.unwrap().unwrap();
    assert_eq!((waiting.due_at, waiting.attempts), (NOW.plus(700), 0), "one that could not be made counts as none");
    for _ in 0..2 {
        settle(first, Attempt::Delivered).await.unwrap();
        settle(second, Attempt::Abandoned("out-of-attempts".parse().unwrap())).await.unwrap();
    }
    let crossed = settle(second, Attempt::Delivered).await;
    assert!(matches!(crossed, Err(LedgerError::IllegalTransition { .. })));
    assert!(world.ledger.lease_notifications(UnixMs(u64::MAX / 4), NOW, 10, 10).await.unwrap().is_empty());
    assert_eq!(world.ledger.next_notification_at().await.unwrap(), None);
}
