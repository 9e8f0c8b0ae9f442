//! The outbox: each job to one worker, counted, to an end (L7).

use std::collections::HashSet;
use std::sync::Arc;

use tradewind_compliance::JobId;

use super::Harness;
use super::given::{NOW, World, job, partner};
use crate::{Effects, JobEnd, Lane};

fn lane(queue: &str, of: &str) -> Lane {
    Lane { queue: queue.parse().unwrap(), partner: partner(of) }
}

async fn write(world: &World, queue: &str, of: &str, count: usize) -> Vec<JobId> {
    let jobs: Vec<_> = (0..count).map(|n| job(queue, of, &format!("ref-{n}"))).collect();
    let ids = jobs.iter().map(|job| job.id).collect();
    for _ in 0..2 {
        world.ledger.record(Effects { jobs: jobs.clone(), ..Effects::none() }).await.unwrap();
    }
    ids
}

pub async fn leases_each_job_to_one_caller(harness: &dyn Harness) {
    let world = Arc::new(World::new(harness).await);
    let ids = write(&world, "translate", "acme", 50).await;
    let tasks: Vec<_> = (0..10)
        .map(|_| {
            let world = Arc::clone(&world);
            tokio::spawn(async move {
                world.ledger.lease_jobs(&lane("translate", "acme"), 7, NOW, NOW.plus(1_000)).await.unwrap()
            })
        })
        .collect();
    let mut leased = Vec::new();
    for task in tasks {
        leased.extend(task.await.unwrap());
    }
    assert_eq!(leased.len(), 50);
    assert_eq!(leased.iter().map(|job| job.id).collect::<HashSet<_>>(), ids.into_iter().collect());
    assert!(world.ledger.due_lanes(NOW).await.unwrap().is_empty());
    let ends = leased.iter().map(|job| (job.lease(), JobEnd::Done)).collect::<Vec<_>>();
    world.ledger.settle_jobs(ends.clone()).await.unwrap();
    world.ledger.settle_jobs(ends).await.unwrap();
    assert!(world.ledger.depths().await.unwrap().is_empty());
}

pub async fn counts_attempts_of_workers_that_die(harness: &dyn Harness) {
    let world = World::new(harness).await;
    write(&world, "translate", "acme", 1).await;
    let lane = lane("translate", "acme");
    let first = world.ledger.lease_jobs(&lane, 1, NOW, NOW.plus(1_000)).await.unwrap();
    assert_eq!(first[0].attempt, 1);
    assert_eq!(world.ledger.next_job_at().await.unwrap(), Some(NOW.plus(1_000)));
    world.ledger.extend_leases(&[first[0].id], NOW.plus(5_000)).await.unwrap();
    assert!(world.ledger.lease_jobs(&lane, 1, NOW.plus(4_999), NOW.plus(9_000)).await.unwrap().is_empty());
    let second = world.ledger.lease_jobs(&lane, 1, NOW.plus(5_000), NOW.plus(9_000)).await.unwrap();
    assert_eq!(second[0].attempt, 2, "a lease that ran out was an attempt");
    drop(world);
    let world = World::new(harness).await;
    assert_eq!(world.ledger.drop_leases().await.unwrap(), 1);
    let third = world.ledger.lease_jobs(&lane, 1, NOW.plus(5_000), NOW.plus(9_000)).await.unwrap();
    assert_eq!(third[0].attempt, 3, "a restart does not forget attempts");
    world.ledger.settle_jobs(vec![(third[0].lease(), JobEnd::RetryAt(NOW.plus(20_000)))]).await.unwrap();
    assert!(world.ledger.due_lanes(NOW.plus(19_999)).await.unwrap().is_empty());
    assert_eq!(world.ledger.due_lanes(NOW.plus(20_000)).await.unwrap(), [lane]);
}

pub async fn returns_without_counting(harness: &dyn Harness) {
    let world = World::new(harness).await;
    write(&world, "translate", "acme", 1).await;
    let lane = lane("translate", "acme");
    for _ in 0..3 {
        let leased = world.ledger.lease_jobs(&lane, 1, NOW, NOW.plus(1_000)).await.unwrap();
        assert_eq!(leased[0].attempt, 1);
        for _ in 0..2 {
            world.ledger.settle_jobs(vec![(leased[0].lease(), JobEnd::Returned)]).await.unwrap();
        }
    }
    for moment in 1..4 {
        let leased = world.ledger.lease_jobs(&lane, 1, NOW.plus(moment - 1), NOW.plus(1_000)).await.unwrap();
        assert_eq!(leased[0].attempt, 1);
        world.ledger.settle_jobs(vec![(leased[0].lease(), JobEnd::Later(NOW.plus(moment)))]).await.unwrap();
        assert_eq!(world.ledger.next_job_at().await.unwrap(), Some(NOW.plus(moment)));
    }
}

pub async fn hears_nothing_but_done_of_a_lease_that_was_taken_over(harness: &dyn Harness) {
    let world = World::new(harness).await;
    let other = World::new(harness).await;
    let poison = || JobEnd::Quarantined("out-of-attempts".parse().unwrap());
    let lane = lane("translate", "acme");
    for slow_end in [JobEnd::Returned, JobEnd::Later(NOW), JobEnd::RetryAt(NOW), poison(), JobEnd::Done] {
        let id = write(&world, "translate", "acme", 1).await[0];
        let slow = world.ledger.lease_jobs(&lane, 1, NOW, NOW.plus(1_000)).await.unwrap();
        let now = NOW.plus(1_000);
        let new = other.ledger.lease_jobs(&lane, 1, now, now.plus(1_000)).await.unwrap();
        assert_eq!((new[0].id, new[0].attempt), (id, 2));
        world.ledger.settle_jobs(vec![(slow[0].lease(), slow_end.clone())]).await.unwrap();
        assert!(world.ledger.due_lanes(now).await.unwrap().is_empty(), "{slow_end:?}: nobody else is given it");
        let depths = world.ledger.depths().await.unwrap();
        let left: Vec<_> = depths.iter().map(|depth| (depth.ready, depth.leased, depth.quarantined)).collect();
        assert_eq!(left, if slow_end == JobEnd::Done { vec![] } else { vec![(1, 1, 0)] }, "{slow_end:?}");
        other.ledger.settle_jobs(vec![(new[0].lease(), JobEnd::Done)]).await.unwrap();
        assert!(world.ledger.depths().await.unwrap().is_empty(), "{slow_end:?}: the new holder's word counts");
    }
}

pub async fn quarantines_and_releases(harness: &dyn Harness) {
    let world = World::new(harness).await;
    let id = write(&world, "translate", "acme", 1).await[0];
    let lane = lane("translate", "acme");
    let leased = world.ledger.lease_jobs(&lane, 1, NOW, NOW.plus(1_000)).await.unwrap();
    let poison = JobEnd::Quarantined("out-of-attempts".parse().unwrap());
    world.ledger.settle_jobs(vec![(leased[0].lease(), poison)]).await.unwrap();
    assert!(world.ledger.due_lanes(NOW.plus(1_000_000)).await.unwrap().is_empty());
    assert_eq!(world.ledger.drop_leases().await.unwrap(), 0);
    let depth = &world.ledger.depths().await.unwrap()[0];
    assert_eq!((depth.ready, depth.quarantined, depth.oldest_at), (0, 1, None));
    assert!(world.ledger.release_job(id, NOW).await.unwrap());
    assert!(!world.ledger.release_job(id, NOW).await.unwrap());
    assert_eq!(world.ledger.lease_jobs(&lane, 1, NOW, NOW.plus(1_000)).await.unwrap()[0].attempt, 1);
}

pub async fn lists_lanes_so_that_none_starves(harness: &dyn Harness) {
    let world = World::new(harness).await;
    write(&world, "translate", "acme", 40).await;
    write(&world, "translate", "bravo", 1).await;
    write(&world, "deliver.payer", "payer", 1).await;
    let lanes = world.ledger.due_lanes(NOW).await.unwrap();
    let expected = [lane("deliver.payer", "payer"), lane("translate", "acme"), lane("translate", "bravo")];
    assert_eq!(lanes, expected);
    assert!(world.ledger.due_lanes(NOW.minus(1)).await.unwrap().is_empty());
    for lane in &lanes {
        let most = world.ledger.lease_jobs(lane, 5, NOW, NOW.plus(1_000)).await.unwrap().len();
        assert_eq!(most, if lane.partner == partner("acme") { 5 } else { 1 });
    }
    assert_eq!(world.ledger.due_lanes(NOW).await.unwrap(), expected[1..2]);
}

pub async fn tells_depth_and_age(harness: &dyn Harness) {
    let world = World::new(harness).await;
    let receipt = world.received("acme").await;
    let later = super::given::receipt("acme");
    let mut content = super::given::content();
    content.at = NOW.plus(60_000);
    let effects = Effects::job(job("translate", "acme", later.id.as_str()));
    world.ledger.receive_receipt(later, content, effects).await.unwrap();
    world.ledger.lease_jobs(&lane("translate", "acme"), 1, NOW, NOW.plus(1_000)).await.unwrap();
    let depths = world.ledger.depths().await.unwrap();
    assert_eq!(depths.len(), 1);
    assert_eq!((depths[0].ready, depths[0].leased, depths[0].oldest_at), (2, 1, Some(NOW)));
    assert!(world.ledger.receipt(receipt).await.unwrap().is_some());
}

pub async fn survives_a_sudden_end(harness: &dyn Harness) {
    let world = World::new(harness).await;
    let ids = write(&world, "notify", "acme", 3).await;
    drop(world);
    let world = World::new(harness).await;
    let leased = world.ledger.lease_jobs(&lane("notify", "acme"), 10, NOW, NOW.plus(1)).await.unwrap();
    assert_eq!(leased.iter().map(|job| job.id).collect::<Vec<_>>(), ids);
    assert_eq!(leased[2].reference, "ref-2");
}
