//! Idempotency keys, and branch keys.

use std::sync::Arc;

use super::Harness;
use super::given::{NOW, World, hash, kind, object, partner};
use crate::{Effects, LedgerError, Reservation, StoredResponse, UnixMs};

const STALE: UnixMs = UnixMs(NOW.0 - 1_000);

fn response() -> StoredResponse {
    StoredResponse { status: 202, kind: kind("json"), body: Some(object("response")) }
}

pub async fn reserves_a_key_once(harness: &dyn Harness) {
    let world = Arc::new(World::new(harness).await);
    let tasks: Vec<_> = (0..10)
        .map(|_| {
            let world = Arc::clone(&world);
            tokio::spawn(async move {
                world.ledger.reserve_key(&partner("acme"), hash(1), hash(2), STALE, NOW).await.unwrap()
            })
        })
        .collect();
    let mut fresh = 0;
    for task in tasks {
        fresh += u32::from(task.await.unwrap() == Reservation::Fresh);
    }
    assert_eq!(fresh, 1);
    let (acme, bravo) = (partner("acme"), partner("bravo"));
    let reserve = async |of: &_, request| world.ledger.reserve_key(of, hash(1), request, STALE, NOW).await.unwrap();
    assert_eq!(reserve(&acme, hash(2)).await, Reservation::InFlight);
    assert_eq!(reserve(&acme, hash(3)).await, Reservation::Conflict);
    assert_eq!(reserve(&bravo, hash(3)).await, Reservation::Fresh, "keys are a partner's own");
    world.ledger.forget_key(&bravo, hash(1)).await.unwrap();
    assert_eq!(reserve(&bravo, hash(4)).await, Reservation::Fresh);
    for _ in 0..2 {
        world.ledger.complete_key(&acme, hash(1), response(), NOW, Effects::none()).await.unwrap();
    }
    world.ledger.forget_key(&acme, hash(1)).await.unwrap();
    assert_eq!(reserve(&acme, hash(2)).await, Reservation::Done(response()));
    assert_eq!(reserve(&acme, hash(3)).await, Reservation::Conflict);
    let unreserved = world.ledger.complete_key(&acme, hash(9), response(), NOW, Effects::none()).await;
    assert!(matches!(unreserved, Err(LedgerError::Missing { .. })));
}

pub async fn takes_over_a_stale_key(harness: &dyn Harness) {
    let world = World::new(harness).await;
    let acme = partner("acme");
    let reserve = async |stale, at| world.ledger.reserve_key(&acme, hash(1), hash(2), stale, at).await.unwrap();
    assert_eq!(reserve(STALE, NOW).await, Reservation::Fresh);
    assert_eq!(reserve(NOW, NOW.plus(1_000)).await, Reservation::InFlight);
    assert_eq!(reserve(NOW.plus(1), NOW.plus(1_000)).await, Reservation::Fresh);
    assert_eq!(reserve(NOW.plus(1), NOW.plus(1_000)).await, Reservation::InFlight);
    assert_eq!(world.ledger.purge_keys(NOW.plus(1_000)).await.unwrap(), 0);
    assert_eq!(world.ledger.purge_keys(NOW.plus(1_001)).await.unwrap(), 1);
}

pub async fn keeps_branch_keys(harness: &dyn Harness) {
    let ledger = harness.open().await;
    tradewind_compliance::keys::contract::branch_key_store(&*ledger).await;
}
