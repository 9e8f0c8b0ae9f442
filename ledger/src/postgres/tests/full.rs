//! The server's disk is full: the ledger refuses, loses nothing, and goes on once there is room.

use std::sync::Arc;

use super::server::Server;
use super::support::PostgresHarness;
use crate::contract::given::{World, content, receipt};
use crate::small_disk::SmallDisk;
use crate::{Effects, Ledger, LedgerError, Receipts, SealedValue};

/// Bytes that nothing makes smaller.
fn noise(seed: u64) -> SealedValue {
    let mut state = seed.wrapping_mul(2).wrapping_add(1);
    let next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as u8
    };
    SealedValue(std::iter::repeat_with(next).take(50_000).collect())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_refuses_and_recovers_by_itself() {
    let disk = SmallDisk::of_megabytes(80);
    let server = Server::start_on(disk.path());
    let harness = PostgresHarness::on(server.url()).await;
    let ledger = harness.postgres().await;
    let world = World { ledger: Arc::new(ledger.clone()) as Arc<dyn Ledger> };
    world.accepted("acme", 1, "payer", 10).await;
    disk.fill_but(1_024);
    let mut kept = Vec::new();
    let (refused, error) = loop {
        let mut new = receipt("acme");
        new.name_sealed = Some(noise(kept.len() as u64));
        match ledger.receive_receipt(new.clone(), content(), Effects::none()).await {
            Ok(()) => kept.push(new),
            Err(error) => break (new, error),
        }
    };
    assert!(matches!(error, LedgerError::Full) && error.is_transient(), "{error}");
    assert_eq!(ledger.receipt(refused.id).await.unwrap(), None);
    disk.make_room();
    ledger.receive_receipt(refused.clone(), content(), Effects::none()).await.unwrap();
    kept.push(refused);
    drop(world);
    ledger.close().await;
    server.crash();
    server.up();
    let ledger = harness.postgres().await;
    for new in kept {
        let there = ledger.receipt(new.id).await.unwrap().unwrap();
        assert_eq!(there.name_sealed, new.name_sealed);
    }
    World { ledger: Arc::new(ledger) as Arc<dyn Ledger> }.conserved().await;
}
