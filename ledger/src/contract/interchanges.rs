//! L2 and L3: nothing travels before its interchange is accepted, and what came before has no second effect.

use std::sync::Arc;

use super::Harness;
use super::given::{DAY_MS, File, NOW, World, hash, interchange, item, job, partner, set, window};
use crate::{
    Begun, DuplicateCheck, Effects, InterchangeState, InterchangeVerdict, ItemState, LedgerError, STAGE_ITEMS_MAX,
    SetEnd, SetState,
};

pub async fn releases_nothing_before_acceptance(harness: &dyn Harness) {
    let world = World::new(harness).await;
    let file = world.staged("acme", 1, "payer", 3).await;
    assert!(world.claimable("payer").await.is_empty());
    assert!(world.ledger.partners_with_claimable_items().await.unwrap().is_empty());
    assert_eq!(world.states(&file.items).await, [ItemState::Staged; 3]);
    let delivery = world.delivery("payer", &file.items).await;
    let taken = world.ledger.begin_delivery(delivery, Effects::none()).await;
    assert!(matches!(taken, Err(LedgerError::Taken { .. })), "a staged item cannot be delivered");
    let effects = Effects::job(job("deliver.payer", "payer", "payer"));
    world.ledger.accept_interchange(file.interchange, window(hash(1)), NOW, effects).await.unwrap();
    assert_eq!(world.claimable("payer").await, file.items);
    assert_eq!(world.ledger.partners_with_claimable_items().await.unwrap(), [partner("payer")]);
    assert_eq!(world.states(&file.items).await, [ItemState::Accepted; 3]);
    world.conserved().await;
}

pub async fn refuses_to_accept_open_sets(harness: &dyn Harness) {
    let world = World::new(harness).await;
    let file = world.staged("acme", 1, "payer", 1).await;
    let open = set(file.interchange, 2);
    world.ledger.stage_sets(vec![open.clone()]).await.unwrap();
    let accepted = world.ledger.accept_interchange(file.interchange, None, NOW, Effects::none()).await;
    assert!(matches!(accepted, Err(LedgerError::IllegalTransition { to: "accepted", .. })));
    assert!(world.claimable("payer").await.is_empty());
    world.ledger.finish_sets(vec![SetEnd { set: open.id, accepted: false, item_count: 0 }]).await.unwrap();
    world.ledger.accept_interchange(file.interchange, None, NOW, Effects::none()).await.unwrap();
    assert_eq!(world.claimable("payer").await, file.items);
}

pub async fn refuses_a_wrong_item_count(harness: &dyn Harness) {
    let world = World::new(harness).await;
    let receipt = world.received("acme").await;
    let (interchange, ordinal) = (interchange(receipt, 1, 1), 1);
    let set = set(interchange.id, 1);
    world.ledger.begin_interchange(interchange).await.unwrap();
    world.ledger.stage_sets(vec![set.clone()]).await.unwrap();
    world.ledger.stage_items(vec![item(set.id, ordinal, "payer")]).await.unwrap();
    let end = SetEnd { set: set.id, accepted: true, item_count: 2 };
    let refused = world.ledger.finish_sets(vec![end]).await;
    assert!(matches!(refused, Err(LedgerError::ItemCount { declared: 2, staged: 1, .. })));
    world.ledger.finish_sets(vec![SetEnd { item_count: 1, ..end }]).await.unwrap();
    let late = world.ledger.stage_items(vec![item(set.id, 2, "payer")]).await;
    assert!(matches!(late, Err(LedgerError::Missing { .. })), "a finished set takes no more items");
}

pub async fn lets_nothing_of_a_rejected_set_travel(harness: &dyn Harness) {
    let world = World::new(harness).await;
    let file = world.staged("acme", 1, "payer", 2).await;
    let (good, bad) = (set(file.interchange, 2), set(file.interchange, 3));
    world.ledger.stage_sets(vec![good.clone(), bad.clone()]).await.unwrap();
    let mut refused = item(good.id, 1, "payer");
    refused.rejected = true;
    refused.destination = None;
    let (travels, stays) = (item(good.id, 2, "payer"), item(bad.id, 1, "payer"));
    let ids = [refused.id, travels.id, stays.id];
    world.ledger.stage_items(vec![refused, travels, stays]).await.unwrap();
    let ends = vec![
        SetEnd { set: good.id, accepted: true, item_count: 2 },
        SetEnd { set: bad.id, accepted: false, item_count: 1 },
    ];
    world.ledger.finish_sets(ends.clone()).await.unwrap();
    world.ledger.finish_sets(ends).await.unwrap();
    world.ledger.accept_interchange(file.interchange, None, NOW, Effects::none()).await.unwrap();
    assert_eq!(world.claimable("payer").await, [&file.items[..], &ids[1..2]].concat());
    assert_eq!(world.states(&ids).await, [ItemState::Rejected, ItemState::Accepted, ItemState::Rejected]);
    let sets = world.ledger.sets_of(file.interchange).await.unwrap();
    let found: Vec<_> = sets.iter().map(|set| (set.state, set.item_count)).collect();
    assert_eq!(found, [(SetState::Accepted, 2), (SetState::Accepted, 2), (SetState::Rejected, 1)]);
    world.conserved().await;
}

pub async fn rejects_every_item_of_a_rejected_interchange(harness: &dyn Harness) {
    let world = World::new(harness).await;
    let file = world.staged("acme", 1, "payer", 3).await;
    for _ in 0..2 {
        let reason = "iea-missing".parse().unwrap();
        world.ledger.reject_interchange(file.interchange, reason, None, NOW, Effects::none()).await.unwrap();
    }
    assert_eq!(world.states(&file.items).await, [ItemState::Rejected; 3]);
    assert!(world.claimable("payer").await.is_empty());
    let late = world.ledger.accept_interchange(file.interchange, None, NOW, Effects::none()).await;
    assert!(matches!(late, Err(LedgerError::IllegalTransition { from: "rejected", .. })));
    let line = world.ledger.conservation(None).await.unwrap();
    assert!(line.holds() && line.rejected == 3);
}

pub async fn tells_same_content_from_same_number(harness: &dyn Harness) {
    let world = World::new(harness).await;
    let original = world.staged("acme", 7, "payer", 1).await;
    world.ledger.accept_interchange(original.interchange, window(hash(1)), NOW, Effects::none()).await.unwrap();
    let id = original.interchange;
    let same = InterchangeVerdict::SameContent { original: id };
    let other = InterchangeVerdict::SameNumberOtherContent { original: id };
    // Number, digest, verdict: the same content under a new number is still the same content.
    for (number, digest, expected) in [(7, 1, same), (8, 1, same), (7, 2, other), (8, 2, InterchangeVerdict::Fresh)] {
        let check = window(hash(digest)).unwrap();
        let verdict = world.ledger.interchange_verdict(&partner("acme"), &File::key(number), check, NOW).await.unwrap();
        assert_eq!(verdict, expected, "{number} {digest}");
        let again = world.staged("acme", number, "payer", 1).await;
        let effects = Effects::job(job("deliver.payer", "payer", "payer"));
        let before = world.ledger.depths().await.unwrap();
        let verdict = world.ledger.accept_interchange(again.interchange, Some(check), NOW, effects).await.unwrap();
        assert_eq!(verdict, expected, "{number} {digest}");
        let changed = world.ledger.depths().await.unwrap() != before;
        assert_eq!(changed, expected == InterchangeVerdict::Fresh, "only acceptance writes its effects");
    }
    let check = window(hash(1)).unwrap();
    let elsewhere = world.ledger.interchange_verdict(&partner("bravo"), &File::key(7), check, NOW).await.unwrap();
    assert_eq!(elsewhere, InterchangeVerdict::Fresh, "another partner's file is another file");
}

pub async fn burns_nothing_when_rejecting(harness: &dyn Harness) {
    let world = World::new(harness).await;
    let file = world.staged("acme", 7, "payer", 1).await;
    let reason = "syntax".parse().unwrap();
    world.ledger.reject_interchange(file.interchange, reason, None, NOW, Effects::none()).await.unwrap();
    let again = world.staged("acme", 7, "payer", 1).await;
    let verdict =
        world.ledger.accept_interchange(again.interchange, window(hash(1)), NOW, Effects::none()).await.unwrap();
    assert_eq!(verdict, InterchangeVerdict::Fresh);
}

pub async fn forgets_after_the_window(harness: &dyn Harness) {
    let world = World::new(harness).await;
    let window = 10 * DAY_MS;
    let check = DuplicateCheck { digest: hash(1), window_ms: window };
    let first = world.staged("acme", 7, "payer", 1).await;
    world.ledger.accept_interchange(first.interchange, Some(check), NOW, Effects::none()).await.unwrap();
    let again = world.staged("acme", 7, "payer", 1).await;
    let inside = NOW.plus(window - 1);
    let verdict =
        world.ledger.accept_interchange(again.interchange, Some(check), inside, Effects::none()).await.unwrap();
    assert_eq!(verdict, InterchangeVerdict::SameContent { original: first.interchange });
    let outside = NOW.plus(window);
    let verdict =
        world.ledger.accept_interchange(again.interchange, Some(check), outside, Effects::none()).await.unwrap();
    assert_eq!(verdict, InterchangeVerdict::Fresh);
    let third = world.staged("acme", 7, "payer", 1).await;
    let verdict =
        world.ledger.accept_interchange(third.interchange, Some(check), outside, Effects::none()).await.unwrap();
    assert_eq!(verdict, InterchangeVerdict::SameContent { original: again.interchange });
}

pub async fn accepts_one_of_two_concurrent_twins(harness: &dyn Harness) {
    let world = Arc::new(World::new(harness).await);
    for round in 0..10_u32 {
        let mut twins = Vec::new();
        for digest in [1, 1, 2, 3] {
            let file = world.staged("acme", 100 + round, "payer", 1).await;
            let (world, check) = (Arc::clone(&world), window(hash(u64::from(round) * 10 + digest)));
            twins.push(tokio::spawn(async move {
                world.ledger.accept_interchange(file.interchange, check, NOW, Effects::none()).await.unwrap()
            }));
        }
        let mut fresh = 0;
        for twin in twins {
            fresh += u32::from(twin.await.unwrap() == InterchangeVerdict::Fresh);
        }
        assert_eq!(fresh, 1, "one ISA13, one acceptance");
    }
    assert_eq!(world.claimable("payer").await.len(), 10);
    world.conserved().await;
}

pub async fn starts_a_translation_over(harness: &dyn Harness) {
    let world = World::new(harness).await;
    let first = world.staged("acme", 1, "payer", 2_500).await;
    world.conserved().await;
    world.ledger.restart_translation(first.receipt).await.unwrap();
    let line = world.ledger.conservation(None).await.unwrap();
    assert!(line.holds() && line.received == 0, "{line:?}");
    assert!(world.ledger.interchanges_of(first.receipt).await.unwrap().is_empty());
    let second = world.staged_in(first.receipt, 1, 1, "payer", 3).await;
    world.ledger.accept_interchange(second.interchange, None, NOW, Effects::none()).await.unwrap();
    assert_eq!(world.claimable("payer").await, second.items);
}

pub async fn keeps_what_was_settled_before_a_restart(harness: &dyn Harness) {
    let world = World::new(harness).await;
    let first = world.accepted("acme", 1, "payer", 2).await;
    let second = world.staged_in(first.receipt, 2, 2, "payer", 2).await;
    world.ledger.restart_translation(first.receipt).await.unwrap();
    let again = interchange(first.receipt, 1, 1);
    let begun = world.ledger.begin_interchange(again).await.unwrap();
    assert_eq!(begun, Begun::Settled { id: first.interchange, state: InterchangeState::Accepted });
    let next = interchange(first.receipt, 2, 2);
    assert_eq!(world.ledger.begin_interchange(next.clone()).await.unwrap(), Begun::Staged);
    assert_eq!(world.ledger.begin_interchange(next).await.unwrap(), Begun::Staged);
    assert_eq!(world.ledger.interchange(second.interchange).await.unwrap(), None);
    assert_eq!(world.claimable("payer").await, first.items);
    world.conserved().await;
}

pub async fn discards_what_a_duplicate_staged(harness: &dyn Harness) {
    let world = World::new(harness).await;
    let original = world.accepted("acme", 1, "payer", 2).await;
    let copy = world.staged("acme", 1, "payer", 2_100).await;
    for _ in 0..2 {
        let (id, of) = (copy.interchange, original.interchange);
        world.ledger.duplicate_interchange(id, of, NOW, Effects::none()).await.unwrap();
    }
    let row = world.ledger.interchange(copy.interchange).await.unwrap().unwrap();
    assert_eq!((row.state, row.original), (InterchangeState::Duplicate, Some(original.interchange)));
    assert!(world.ledger.items(&copy.items).await.unwrap().is_empty());
    assert!(world.ledger.sets_of(copy.interchange).await.unwrap().is_empty());
    let line = world.ledger.conservation(None).await.unwrap();
    assert!(line.holds() && line.received == 2, "{line:?}");
    let late = world.ledger.accept_interchange(copy.interchange, None, NOW, Effects::none()).await;
    assert!(matches!(late, Err(LedgerError::IllegalTransition { .. })));
}

pub async fn refuses_more_items_than_a_call_may_carry(harness: &dyn Harness) {
    let world = World::new(harness).await;
    let receipt = world.received("acme").await;
    let interchange = interchange(receipt, 1, 1);
    let set = set(interchange.id, 1);
    world.ledger.begin_interchange(interchange).await.unwrap();
    world.ledger.stage_sets(vec![set.clone()]).await.unwrap();
    let mut items: Vec<_> =
        (1..=STAGE_ITEMS_MAX + 1).map(|n| item(set.id, u32::try_from(n).unwrap(), "payer")).collect();
    let refused = world.ledger.stage_items(items.clone()).await;
    assert!(matches!(refused, Err(LedgerError::Limit { max: STAGE_ITEMS_MAX, .. })));
    items.pop();
    world.ledger.stage_items(items.clone()).await.unwrap();
    let twice = world.ledger.stage_items(items.split_off(STAGE_ITEMS_MAX - 1)).await;
    assert!(matches!(twice, Err(LedgerError::Constraint(_))), "an id is staged once");
    let mut lost = item(set.id, 9_999, "payer");
    lost.destination = None;
    assert!(matches!(world.ledger.stage_items(vec![lost]).await, Err(LedgerError::Grammar { .. })));
    world.conserved().await;
}
