//! Wakes reach every process, and only of what was committed.

use std::time::Duration;

use tokio::time::timeout;

use super::support::PostgresHarness;
use crate::contract::given::{content, job, receipt};
use crate::{Acknowledgments, Effects, LedgerError, Receipts, Wake, WakeStream, Wakes};

async fn next(wakes: &mut WakeStream) -> Wake {
    timeout(Duration::from_secs(20), wakes.next()).await.expect("a wake").expect("an open ledger")
}

#[tokio::test(flavor = "multi_thread")]
async fn another_process_hears_of_a_commit_and_of_nothing_else() {
    let harness = PostgresHarness::new().await;
    let (here, there) = (harness.postgres().await, harness.postgres().await);
    let mut wakes = [here.wakes(), there.wakes()];
    let row = receipt("acme");
    let failed: crate::Result<()> = here
        .write(move |tx| {
            Box::pin(async move {
                tx.wakes.add(Wake::Notifications);
                super::super::sql::receipts::receive(tx, &row, content(), &Effects::none()).await?;
                Err(LedgerError::missing("test", "on purpose"))
            })
        })
        .await;
    assert!(failed.is_err());
    here.receive_receipt(receipt("acme"), content(), Effects::none()).await.unwrap();
    let jobs = vec![job("translate", "acme", "a"), job("translate", "acme", "b")];
    here.record(Effects { jobs, ..Effects::none() }).await.unwrap();
    for wakes in &mut wakes {
        assert_eq!(next(wakes).await, Wake::Jobs);
    }
    drop((here, there));
    for wakes in &mut wakes {
        assert_eq!(timeout(Duration::from_secs(20), wakes.next()).await.unwrap(), None, "one wake, then the end");
    }
}
