//! What is told of items, to whom; and that none is ever lost (L6).

use super::Harness;
use super::given::{NOW, World, answer, cause, content, hash, item, job, partner, receipt, set};
use crate::{Advance, Conservation, DeliveryOutcome, Effects, ItemOutcome, ItemQuery, ItemState, Scope, SetEnd};

pub async fn tells_an_items_whole_life(harness: &dyn Harness) {
    let world = World::new(harness).await;
    let file = world.accepted("acme", 1, "payer", 1).await;
    let refused = world.sending("payer", &file.items).await;
    let outcome = DeliveryOutcome::Refused { attempts_max: 3 };
    let none = Effects::none;
    world.ledger.settle_delivery(refused, outcome, cause("connection-refused"), NOW.plus(1), none()).await.unwrap();
    let mut second = world.delivery("payer", &file.items).await;
    second.at = NOW.plus(2);
    world.ledger.begin_delivery(second.clone(), none()).await.unwrap();
    let sent = DeliveryOutcome::Sent;
    world.ledger.settle_delivery(second.id, sent, cause("http-200"), NOW.plus(3), none()).await.unwrap();
    let source = world.received("payer").await;
    let mut last = answer(file.items[0], source, 1, Advance::Answered);
    last.at = NOW.plus(4);
    world.ledger.record_answers(vec![last], none()).await.unwrap();
    let moments = world.ledger.item_timeline(&Scope::All, file.items[0]).await.unwrap().unwrap();
    let told: Vec<(&str, &str)> = moments.iter().map(|moment| (moment.what, moment.state.as_str())).collect();
    let expected = [
        ("receipt", "staged"),
        ("receipt", "received"),
        ("interchange", "staged"),
        ("interchange", "accepted"),
        ("delivery", "sending"),
        ("delivery", "refused"),
        ("item", "accepted"),
        ("delivery", "sending"),
        ("delivery", "sent"),
        ("answer", "answered"),
    ];
    assert_eq!(told, expected);
    assert_eq!(moments[5].reason.as_ref().map(|reason| reason.as_str()), Some("connection-refused"));
    assert_eq!(moments[8].id, second.id.as_str());
    assert_eq!(world.ledger.events_of(second.id.as_str()).await.unwrap().len(), 2);
}

pub async fn hides_other_partners_rows(harness: &dyn Harness) {
    let world = World::new(harness).await;
    let file = world.accepted("acme", 1, "payer", 2).await;
    let (mine, theirs) = (Scope::Partner(partner("acme")), Scope::Partner(partner("bravo")));
    let id = file.items[0];
    assert!(world.ledger.item(&mine, id).await.unwrap().is_some());
    assert!(world.ledger.item(&theirs, id).await.unwrap().is_none());
    assert!(world.ledger.item_timeline(&theirs, id).await.unwrap().is_none());
    assert!(world.ledger.file(&theirs, file.receipt).await.unwrap().is_none());
    let report = world.ledger.file(&mine, file.receipt).await.unwrap().unwrap();
    assert_eq!(report.items, [(ItemState::Accepted, 2)]);
    for query in [ItemQuery::Member(hash(42)), ItemQuery::Receipt(file.receipt)] {
        assert_eq!(world.ledger.find_items(&mine, query.clone(), None, 10).await.unwrap().len(), 2);
        assert_eq!(world.ledger.find_items(&mine, query.clone(), Some(id), 10).await.unwrap().len(), 1);
        assert!(world.ledger.find_items(&theirs, query, None, 10).await.unwrap().is_empty());
    }
    let none = world.ledger.find_items(&mine, ItemQuery::Claim(hash(u64::MAX)), None, 10).await.unwrap();
    assert!(none.is_empty());
    assert!(world.ledger.item_sealed(id).await.unwrap().is_some());
}

pub async fn counts_states(harness: &dyn Harness) {
    let world = World::new(harness).await;
    let file = world.accepted("acme", 1, "payer", 5).await;
    world.staged("acme", 2, "payer", 2).await;
    world.ledger.stage_receipt(receipt("acme")).await.unwrap();
    let delivery = world.sending("payer", &file.items[..2]).await;
    let unknown = DeliveryOutcome::Unknown;
    world.ledger.settle_delivery(delivery, unknown, cause("cut"), NOW, Effects::none()).await.unwrap();
    let counts = world.ledger.state_counts().await.unwrap();
    let count = |what, state| {
        counts.iter().find(|count| count.what == what && count.state == state).map_or(0, |count| count.count)
    };
    assert_eq!((count("item", "staged"), count("item", "accepted"), count("item", "unknown")), (2, 3, 2));
    assert_eq!((count("receipt", "staged"), count("receipt", "received")), (1, 2));
    assert_eq!((count("delivery", "unknown"), count("job", "ready")), (1, 2));
    let staged = world.ledger.items_in(ItemState::Staged, None, 10).await.unwrap();
    assert_eq!(staged.len(), 2);
    assert_eq!(world.ledger.receipts_in(crate::ReceiptState::Received, 10).await.unwrap().len(), 2);
}

pub async fn holds_conservation_all_along(harness: &dyn Harness) {
    let world = World::new(harness).await;
    let file = world.staged("acme", 1, "payer", 6).await;
    let bad = set(file.interchange, 2);
    world.ledger.stage_sets(vec![bad.clone()]).await.unwrap();
    world.ledger.stage_items(vec![item(bad.id, 1, "payer")]).await.unwrap();
    world.ledger.finish_sets(vec![SetEnd { set: bad.id, accepted: false, item_count: 1 }]).await.unwrap();
    let effects = Effects::job(job("deliver.payer", "payer", "payer"));
    world.ledger.accept_interchange(file.interchange, None, NOW, effects).await.unwrap();
    world.conserved().await;
    let delivery = world.sending("payer", &file.items[..4]).await;
    let unknown = DeliveryOutcome::Unknown;
    world.ledger.settle_delivery(delivery, unknown, cause("cut"), NOW, Effects::none()).await.unwrap();
    world.conserved().await;
    let quarantined = ItemOutcome::Quarantined;
    world.ledger.settle_items(&file.items[..1], quarantined, cause("operator"), NOW, Effects::none()).await.unwrap();
    let source = receipt("payer");
    world.ledger.receive_receipt(source.clone(), content(), Effects::none()).await.unwrap();
    let answered = answer(file.items[1], source.id, 1, Advance::Answered);
    world.ledger.record_answers(vec![answered], Effects::none()).await.unwrap();
    let other = world.accepted("bravo", 2, "payer", 2).await;
    assert_eq!(other.items.len(), 2);
    let acme = Conservation { received: 7, answered: 1, rejected: 1, quarantined: 1, in_flight: 4, unknown: 2 };
    assert_eq!(world.ledger.conservation(Some(&partner("acme"))).await.unwrap(), acme);
    let by_partner = world.ledger.conservation_by_partner().await.unwrap();
    assert_eq!(by_partner.iter().map(|(of, _)| of.as_str()).collect::<Vec<_>>(), ["acme", "bravo"]);
    assert!(by_partner.iter().all(|(_, line)| line.holds()));
    assert_eq!(world.ledger.conservation(None).await.unwrap().received, 9);
}
