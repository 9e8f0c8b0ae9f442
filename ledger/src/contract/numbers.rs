//! L5: control numbers are unique per partner, and every gap has a reason.

use std::collections::HashSet;
use std::sync::Arc;

use super::Harness;
use super::given::{NOW, World, partner};
use crate::{CONTROL_NUMBER_MAX, Effects, LedgerError, NumberKind, Numbers, NumbersUsed, Reason};

fn reason(text: &str) -> Reason {
    text.parse().unwrap()
}

fn used(numbers: Numbers, by: &str) -> Effects {
    let used = NumbersUsed { partner: partner("payer"), numbers, by: by.to_owned() };
    Effects { numbers_used: vec![used], ..Effects::none() }
}

pub async fn gives_unique_numbers_under_fifty_tasks(harness: &dyn Harness) {
    let world = Arc::new(World::new(harness).await);
    let tasks: Vec<_> = (0..50)
        .map(|task| {
            let world = Arc::clone(&world);
            tokio::spawn(async move {
                let mut mine = Vec::new();
                for round in 0..4 {
                    let wanted = [(NumberKind::Interchange, 1), (NumberKind::Set, 1 + (task + round) % 3)];
                    let given = world.ledger.reserve_numbers(&partner("payer"), &wanted, reason("test"), NOW).await;
                    mine.extend(given.unwrap());
                }
                mine
            })
        })
        .collect();
    let (mut seen, mut count) = (HashSet::new(), 0);
    for task in tasks {
        for numbers in task.await.unwrap() {
            count += numbers.count as usize;
            seen.extend(numbers.iter().map(|number| (numbers.kind, number)));
        }
    }
    assert_eq!(seen.len(), count, "no number was given twice");
    let next = world.ledger.check_numbers(&partner("payer")).await.unwrap();
    assert_eq!(next[0], (NumberKind::Interchange, 201));
    let first = [(NumberKind::Interchange, 1)];
    let other = world.ledger.reserve_numbers(&partner("other"), &first, reason("test"), NOW).await.unwrap();
    assert_eq!(other[0].first, 1, "each partner counts for itself");
}

pub async fn explains_every_gap(harness: &dyn Harness) {
    let world = World::new(harness).await;
    let payer = partner("payer");
    let wanted = [(NumberKind::Interchange, 10)];
    let pool = world.ledger.reserve_numbers(&payer, &wanted, reason("pool"), NOW).await.unwrap()[0];
    let part = |first, count| Numbers { kind: pool.kind, first, count };
    for _ in 0..2 {
        world.ledger.record(used(part(4, 2), "delivery-a")).await.unwrap();
    }
    world.ledger.record(used(part(1, 1), "delivery-b")).await.unwrap();
    world.ledger.explain_numbers(&payer, part(8, 3), reason("process-ended")).await.unwrap();
    let gaps = world.ledger.number_gaps(&payer).await.unwrap();
    let told: Vec<_> = gaps.iter().map(|gap| (gap.numbers.first, gap.numbers.count, gap.reason.as_str())).collect();
    assert_eq!(told, [(2, 2, "pool"), (6, 2, "pool"), (8, 3, "process-ended")]);
    assert_eq!(world.ledger.check_numbers(&payer).await.unwrap()[0], (NumberKind::Interchange, 11));
    let next = world.ledger.reserve_numbers(&payer, &wanted, reason("pool"), NOW).await.unwrap()[0];
    assert_eq!(next.first, 11, "a gap is never filled");
}

pub async fn refuses_unreserved_and_used_numbers(harness: &dyn Harness) {
    let world = World::new(harness).await;
    let wanted = [(NumberKind::Group, 3)];
    let run = world.ledger.reserve_numbers(&partner("payer"), &wanted, reason("test"), NOW).await.unwrap()[0];
    world.ledger.record(used(Numbers { first: 2, count: 1, ..run }, "one")).await.unwrap();
    for (first, count) in [(2, 1), (1, 2), (2, 2), (3, 2), (4, 1)] {
        let refused = world.ledger.record(used(Numbers { first, count, ..run }, "other")).await;
        assert!(matches!(refused, Err(LedgerError::NumbersNotReserved { .. })), "{first} {count}");
    }
    let unknown = Numbers { kind: NumberKind::Set, first: 1, count: 1 };
    assert!(matches!(world.ledger.record(used(unknown, "x")).await, Err(LedgerError::NumbersNotReserved { .. })));
}

pub async fn ends_at_nine_digits(harness: &dyn Harness) {
    let world = World::new(harness).await;
    let payer = partner("payer");
    let all = [(NumberKind::Set, CONTROL_NUMBER_MAX)];
    let run = world.ledger.reserve_numbers(&payer, &all, reason("test"), NOW).await.unwrap()[0];
    assert_eq!((run.first, run.last()), (1, CONTROL_NUMBER_MAX));
    let past = world.ledger.reserve_numbers(&payer, &[(NumberKind::Set, 1)], reason("test"), NOW).await;
    assert!(matches!(past, Err(LedgerError::NumbersExhausted { kind: "ST02", .. })));
}
