//! Answers: each once, and each moves its item forward only.

use super::Harness;
use super::given::{NOW, World, answer, cause, item_id};
use crate::{Advance, AnswerResult, DeliveryOutcome, DeliveryState, Effects, ItemState, LedgerError, STAGE_ITEMS_MAX};

pub async fn records_each_answer_once(harness: &dyn Harness) {
    let world = World::new(harness).await;
    let file = world.accepted("acme", 1, "payer", 2).await;
    let delivery = world.sending("payer", &file.items).await;
    let sent = DeliveryOutcome::Sent;
    world.ledger.settle_delivery(delivery, sent, cause("http-200"), NOW, Effects::none()).await.unwrap();
    let source = world.received("payer").await;
    let mut first = answer(file.items[0], source, 1, Advance::Acknowledged);
    first.delivery = Some(delivery);
    let second = answer(file.items[1], source, 2, Advance::Answered);
    let both = vec![first.clone(), second.clone()];
    let results = world.ledger.record_answers(both, Effects::none()).await.unwrap();
    assert_eq!(results, [AnswerResult::New; 2]);
    assert_eq!(world.states(&file.items).await, [ItemState::Acknowledged, ItemState::Answered]);
    let again = vec![
        answer(file.items[0], source, 1, Advance::Answered),
        answer(file.items[0], source, 3, Advance::Answered),
        answer(file.items[0], source, 3, Advance::Answered),
    ];
    let results = world.ledger.record_answers(again, Effects::none()).await.unwrap();
    assert_eq!(results, [AnswerResult::Repeated, AnswerResult::New, AnswerResult::Repeated]);
    assert_eq!(world.states(&file.items).await, [ItemState::Answered; 2]);
    assert_eq!(world.ledger.answers_of(file.items[0]).await.unwrap().len(), 2);
    let read = world.ledger.answer(first.id).await.unwrap().unwrap();
    assert_eq!((read.item, read.delivery, read.place), (first.item, first.delivery, first.place));
    let line = world.ledger.conservation(None).await.unwrap();
    assert!(line.holds() && line.answered == 2);
    let many = vec![second; STAGE_ITEMS_MAX + 1];
    assert!(matches!(world.ledger.record_answers(many, Effects::none()).await, Err(LedgerError::Limit { .. })));
}

pub async fn lets_a_late_answer_settle_an_unknown_item(harness: &dyn Harness) {
    let world = World::new(harness).await;
    let file = world.accepted("acme", 1, "payer", 2).await;
    let delivery = world.sending("payer", &file.items).await;
    let cut = (DeliveryOutcome::Unknown, cause("cut"));
    world.ledger.settle_delivery(delivery, cut.0, cut.1, NOW, Effects::none()).await.unwrap();
    let source = world.received("payer").await;
    for (n, item) in file.items.iter().enumerate() {
        assert_eq!(world.ledger.delivery(delivery).await.unwrap().unwrap().state, DeliveryState::Unknown);
        let late = answer(*item, source, u32::try_from(n).unwrap() + 1, Advance::Answered);
        world.ledger.record_answers(vec![late], Effects::none()).await.unwrap();
    }
    assert_eq!(world.states(&file.items).await, [ItemState::Answered; 2]);
    assert_eq!(world.ledger.delivery(delivery).await.unwrap().unwrap().state, DeliveryState::Acknowledged);
    world.conserved().await;
}

pub async fn refuses_answers_of_strangers(harness: &dyn Harness) {
    let world = World::new(harness).await;
    let file = world.accepted("acme", 1, "payer", 2).await;
    world.sending("payer", &file.items[..1]).await;
    let (payer, stranger) = (world.received("payer").await, world.received("stranger").await);
    let answers = vec![
        answer(file.items[0], stranger, 1, Advance::Answered),
        answer(file.items[1], payer, 1, Advance::Answered),
        answer(item_id(), payer, 2, Advance::Answered),
    ];
    let results = world.ledger.record_answers(answers, Effects::none()).await.unwrap();
    assert_eq!(results, [AnswerResult::NoItem; 3]);
    assert_eq!(world.states(&file.items).await, [ItemState::Sending, ItemState::Accepted]);
}

pub async fn never_moves_an_answered_item_back(harness: &dyn Harness) {
    let world = World::new(harness).await;
    let file = world.accepted("acme", 1, "payer", 1).await;
    let refused = world.sending("payer", &file.items).await;
    let outcome = DeliveryOutcome::Refused { attempts_max: 9 };
    world.ledger.settle_delivery(refused, outcome.clone(), cause("refused"), NOW, Effects::none()).await.unwrap();
    let source = world.received("payer").await;
    let proof = answer(file.items[0], source, 1, Advance::Answered);
    world.ledger.record_answers(vec![proof], Effects::none()).await.unwrap();
    assert_eq!(world.states(&file.items).await, [ItemState::Answered], "the answer proves that it was taken after all");
    assert!(world.claimable("payer").await.is_empty(), "so it never goes again");
    let later = answer(file.items[0], source, 2, Advance::Acknowledged);
    let note = answer(file.items[0], source, 3, Advance::Note);
    world.ledger.record_answers(vec![later, note], Effects::none()).await.unwrap();
    assert_eq!(world.states(&file.items).await, [ItemState::Answered]);
    let file = world.accepted("acme", 2, "payer", 1).await;
    let delivery = world.sending("payer", &file.items).await;
    let early = answer(file.items[0], source, 4, Advance::Answered);
    world.ledger.record_answers(vec![early], Effects::none()).await.unwrap();
    let settled = world.ledger.settle_delivery(delivery, outcome, cause("late"), NOW, Effects::none()).await.unwrap();
    assert_eq!(settled.changed, 0);
    assert_eq!(world.states(&file.items).await, [ItemState::Answered]);
    world.conserved().await;
}

pub async fn finds_answers_by_source(harness: &dyn Harness) {
    let world = World::new(harness).await;
    let file = world.accepted("acme", 1, "payer", 3).await;
    world.sending("payer", &file.items).await;
    let source = world.received("payer").await;
    let answers: Vec<_> =
        (0..3).map(|n| answer(file.items[n], source, u32::try_from(n).unwrap() + 1, Advance::Answered)).collect();
    let ids: Vec<_> = answers.iter().map(|answer| answer.id).collect();
    world.ledger.record_answers(answers, Effects::none()).await.unwrap();
    let listed = async |after, limit| -> Vec<_> {
        let page = world.ledger.answers_in(source, after, limit).await.unwrap();
        page.into_iter().map(|answer| answer.id).collect()
    };
    assert_eq!(listed(None, 2).await, ids[..2]);
    assert_eq!(listed(Some(ids[1]), 2).await, ids[2..]);
}
