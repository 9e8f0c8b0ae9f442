//! Real-time inquiries: one commit before the call, one after.

use super::Harness;
use super::given::{
    NOW, OVER_BY, World, answer, cause, content, delivery_id, interchange, item, object, partner, receipt, set,
};
use crate::{
    Advance, AnswerResult, Carried, DeliveryOutcome, DeliveryState, Effects, InquiryEnd, ItemState, NewDelivery,
    NewInquiry, Numbers, ReceiptState, Wake,
};

async fn inquiry(world: &World, numbers: Vec<Numbers>) -> NewInquiry {
    let receipt = receipt("clinic");
    let interchange = interchange(receipt.id, 1, 5);
    let set = set(interchange.id, 1);
    let items = vec![item(set.id, 1, "payer")];
    let id = delivery_id();
    let delivery = NewDelivery {
        id,
        partner: partner("payer"),
        items: vec![Carried { item: items[0].id, set_number: 1 }],
        numbers,
        payload: object(&format!("sent/{id}")),
        reads_only: true,
        at: NOW,
        over_by: OVER_BY,
    };
    assert!(world.ledger.receipt(receipt.id).await.unwrap().is_none());
    NewInquiry { receipt, content: content(), interchange, set, items, delivery, effects: Effects::none() }
}

pub async fn commits_an_inquiry_at_once(harness: &dyn Harness) {
    let world = World::new(harness).await;
    let numbers = world.numbers("payer").await;
    let inquiry = inquiry(&world, numbers).await;
    for _ in 0..2 {
        world.ledger.open_inquiry(inquiry.clone()).await.unwrap();
    }
    let item = inquiry.items[0].id;
    assert_eq!(world.state(item).await, ItemState::Sending);
    assert_eq!(world.ledger.receipt(inquiry.receipt.id).await.unwrap().unwrap().state, ReceiptState::Translated);
    assert!(world.claimable("payer").await.is_empty());
    let mut response = receipt("payer");
    response.response_to = Some(inquiry.delivery.id);
    let end = InquiryEnd {
        delivery: inquiry.delivery.id,
        outcome: DeliveryOutcome::Sent,
        cause: cause("http-200"),
        answers: vec![answer(item, response.id, 1, Advance::Answered)],
        response: Some((response.clone(), content())),
        at: NOW,
        effects: Effects::none(),
    };
    let mut wakes = world.ledger.wakes();
    assert_eq!(world.ledger.close_inquiry(end.clone()).await.unwrap(), [AnswerResult::New]);
    assert_eq!(wakes.next().await, Some(Wake::Inquiry(inquiry.delivery.id)), "who waits for the answer is woken");
    assert_eq!(world.ledger.close_inquiry(end).await.unwrap(), [AnswerResult::Repeated]);
    assert_eq!(world.state(item).await, ItemState::Answered);
    let delivery = world.ledger.delivery(inquiry.delivery.id).await.unwrap().unwrap();
    assert_eq!((delivery.state, delivery.reads_only), (DeliveryState::Sent, true));
    assert_eq!(world.ledger.receipt(response.id).await.unwrap().unwrap().state, ReceiptState::Translated);
    let line = world.ledger.conservation(Some(&partner("clinic"))).await.unwrap();
    assert!(line.holds() && line.answered == 1);
}

pub async fn commits_nothing_of_an_inquiry_that_fails(harness: &dyn Harness) {
    let world = World::new(harness).await;
    let mut unreserved = world.numbers("payer").await;
    unreserved[0].first += 1;
    let inquiry = inquiry(&world, unreserved).await;
    assert!(world.ledger.open_inquiry(inquiry.clone()).await.is_err());
    assert_eq!(world.ledger.receipt(inquiry.receipt.id).await.unwrap(), None);
    assert!(world.ledger.items(&[inquiry.items[0].id]).await.unwrap().is_empty());
    assert_eq!(world.ledger.conservation(None).await.unwrap().received, 0);
}
