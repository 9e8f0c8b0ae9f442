//! The audit chain under concurrent writers.

use std::sync::Arc;

use super::Harness;
use super::given::{NOW, World, kind};
use crate::{Effects, NewAudit, SealedValue};

pub async fn chains_entries_across_concurrent_writers(harness: &dyn Harness) {
    let world = Arc::new(World::new(harness).await);
    let tasks: Vec<_> = (0..20)
        .map(|n| {
            let world = Arc::clone(&world);
            tokio::spawn(async move {
                let entry = |action: &str| NewAudit {
                    at: NOW,
                    actor: "operator:test".parse().unwrap(),
                    action: kind(action),
                    subject: format!("subject-{n}"),
                    detail: Some(SealedValue(vec![n])),
                };
                let audit = vec![entry("first"), entry("second")];
                world.ledger.record(Effects { audit, ..Effects::none() }).await.unwrap();
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    assert_eq!(world.ledger.verify_audit().await.unwrap(), 40);
    let entries = world.ledger.audit_after(38, 10).await.unwrap();
    assert_eq!(entries.iter().map(|entry| entry.seq).collect::<Vec<_>>(), [39, 40]);
    assert_eq!(entries[0].subject, entries[1].subject, "a change's entries stand together");
}
