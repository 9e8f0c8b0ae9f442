//! Several processes on one ledger: eight connections write at once, and nothing is taken twice.

use std::collections::HashSet;
use std::sync::Arc;

use tradewind_compliance::JobId;

use super::support::PostgresHarness;
use crate::contract::given::{NOW, World, cause, job, kind, partner};
use crate::{
    Acknowledgments, ControlNumbers, Deliveries, DeliveryOutcome, Effects, ItemState, JobEnd, Lane, Ledger,
    LedgerError, NewAudit, NumberKind, Numbers, NumbersUsed, Outbox, PostgresLedger, Watch,
};

const JOBS: usize = 400;
const WORKERS: usize = 8;

fn lane(of: &str) -> Lane {
    Lane { queue: "translate".parse().unwrap(), partner: partner(of) }
}

/// What a worker did.
#[derive(Default)]
struct Done {
    jobs: Vec<JobId>,
    numbers: Vec<Numbers>,
}

/// Leases jobs until there are none; takes numbers for each and uses every second one; writes it all down.
async fn work(ledger: PostgresLedger) -> Done {
    let mut done = Done::default();
    loop {
        let mut leased = Vec::new();
        for lane in [lane("acme"), lane("bravo")] {
            leased.extend(ledger.lease_jobs(&lane, 5, NOW, NOW.plus(60_000)).await.unwrap());
        }
        if leased.is_empty() {
            return done;
        }
        for job in leased {
            let wanted = [(NumberKind::Interchange, 1), (NumberKind::Set, 2)];
            let reason = "test".parse().unwrap();
            let given = ledger.reserve_numbers(&partner("payer"), &wanted, reason, NOW).await.unwrap();
            let numbers_used = match done.jobs.len() % 2 {
                0 => given.iter().map(|numbers| used(*numbers, &job.id)).collect(),
                _ => Vec::new(),
            };
            let audit = vec![entry(&job.id)];
            ledger.record(Effects { numbers_used, audit, ..Effects::none() }).await.unwrap();
            ledger.settle_jobs(vec![(job.lease(), JobEnd::Done)]).await.unwrap();
            assert_eq!(job.attempt, 1);
            done.jobs.push(job.id);
            done.numbers.extend(given);
        }
    }
}

fn used(numbers: Numbers, job: &JobId) -> NumbersUsed {
    NumbersUsed { partner: partner("payer"), numbers, by: job.to_string() }
}

fn entry(job: &JobId) -> NewAudit {
    let actor = "operator:test".parse().unwrap();
    NewAudit { at: NOW, actor, action: kind("worked"), subject: job.to_string(), detail: None }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_processes_take_each_job_once_and_every_number_once() {
    let harness = PostgresHarness::new().await;
    let ledgers = [harness.postgres().await, harness.postgres().await];
    let jobs: Vec<_> = (0..JOBS).map(|n| job("translate", if n % 2 == 0 { "acme" } else { "bravo" }, "ref")).collect();
    let written: HashSet<JobId> = jobs.iter().map(|job| job.id).collect();
    ledgers[0].record(Effects { jobs, ..Effects::none() }).await.unwrap();
    let workers: Vec<_> = (0..WORKERS).map(|n| tokio::spawn(work(ledgers[n % 2].clone()))).collect();
    let (mut taken, mut numbers) = (Vec::new(), Vec::new());
    for worker in workers {
        let done = worker.await.unwrap();
        taken.extend(done.jobs);
        numbers.extend(done.numbers);
    }
    assert_eq!(taken.len(), JOBS, "each job once");
    assert_eq!(taken.into_iter().collect::<HashSet<_>>(), written);
    let each: Vec<_> = numbers.iter().flat_map(|numbers| numbers.iter().map(|number| (numbers.kind, number))).collect();
    assert_eq!(each.len(), 3 * JOBS);
    assert_eq!(each.iter().collect::<HashSet<_>>().len(), 3 * JOBS, "each number once");
    let next = ledgers[1].check_numbers(&partner("payer")).await.unwrap();
    assert_eq!((next[0].1 as usize, next[2].1 as usize), (JOBS + 1, 2 * JOBS + 1), "no gap without a reason");
    assert_eq!(ledgers[1].verify_audit().await.unwrap(), JOBS as u64);
    assert!(ledgers[0].depths().await.unwrap().is_empty());
}

/// Delivers until nothing waits. Some calls are refused, so that items come back while others take the last ones.
async fn deliver(ledger: PostgresLedger) {
    let world = World { ledger: Arc::new(ledger.clone()) as Arc<dyn Ledger> };
    for round in 0.. {
        let items = ledger.claimable_items(&partner("payer"), 7).await.unwrap();
        if items.is_empty() {
            return;
        }
        let items: Vec<_> = items.iter().map(|item| item.id).collect();
        let new = world.delivery("payer", &items).await;
        let id = new.id;
        match ledger.begin_delivery(new, Effects::none()).await {
            Ok(()) => {}
            Err(LedgerError::Taken { .. }) => continue,
            Err(error) => panic!("{error}"),
        }
        let outcome = match round % 3 {
            0 => DeliveryOutcome::Refused { attempts_max: 5 },
            _ => DeliveryOutcome::Sent,
        };
        ledger.settle_delivery(id, outcome, cause("test"), NOW, Effects::none()).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_processes_deliver_each_item_once_and_leave_none() {
    let harness = PostgresHarness::new().await;
    let ledgers = [harness.postgres().await, harness.postgres().await];
    let world = World { ledger: Arc::new(ledgers[0].clone()) as Arc<dyn Ledger> };
    let mut items = Vec::new();
    for file in 1..=4 {
        items.extend(world.accepted("acme", file, "payer", 40).await.items);
    }
    let workers: Vec<_> = (0..WORKERS).map(|n| tokio::spawn(deliver(ledgers[n % 2].clone()))).collect();
    for worker in workers {
        worker.await.unwrap();
    }
    // A worker may have stopped while another's items were on their way back.
    deliver(ledgers[0].clone()).await;
    let states = world.states(&items).await;
    assert!(states.iter().all(|state| matches!(state, ItemState::Sent | ItemState::Quarantined)), "{states:?}");
    assert!(ledgers[1].partners_with_claimable_items().await.unwrap().is_empty());
    let mut sent = Vec::new();
    for delivery in ledgers[1].deliveries_in(None, crate::DeliveryState::Sent, 10_000).await.unwrap() {
        sent.extend(
            ledgers[1].delivery_items(delivery.id, true).await.unwrap().into_iter().map(|carried| carried.item),
        );
    }
    assert_eq!(sent.len(), states.iter().filter(|state| **state == ItemState::Sent).count());
    assert_eq!(sent.iter().collect::<HashSet<_>>().len(), sent.len(), "each item in one delivery that went");
    world.conserved().await;
}
