//! A connection that breaks in the commit: the work has its effect once, and its caller learns of it.

use std::time::Duration;

use tokio::time::timeout;

use super::proxy::{Cut, Proxy};
use super::support::PostgresHarness;
use crate::contract::given::{NOW, partner};
use crate::{ControlNumbers, NumberKind, PostgresLedger, PostgresOptions};

/// What a test that hangs is given up after.
const HANGS: Duration = Duration::from_secs(60);

async fn reserve(ledger: &PostgresLedger) -> u32 {
    let wanted = [(NumberKind::Interchange, 1)];
    let given = ledger.reserve_numbers(&partner("payer"), &wanted, "test".parse().unwrap(), NOW).await.unwrap();
    given[0].first
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cut_in_the_commit_neither_loses_nor_doubles() {
    let harness = PostgresHarness::new().await;
    let proxy = Proxy::to(harness.address().await).await;
    let options = PostgresOptions::new(&harness.url(Some(proxy.address))).unwrap();
    // One writer, so that the commit that is cut is ours; and short limits for the silent ways.
    let options = PostgresOptions { writers: 1, transaction_timeout: Duration::from_secs(2), ..options };
    let ledger = PostgresLedger::open(options).await.unwrap();
    let mut expected = 1;
    assert_eq!(reserve(&ledger).await, expected);
    for cut in [Cut::Before, Cut::After, Cut::SilentBefore, Cut::SilentAfter, Cut::SilentTwice, Cut::After] {
        proxy.cut_next(cut);
        expected += 1;
        let given = timeout(HANGS, reserve(&ledger)).await.expect("an answer");
        assert_eq!(given, expected, "{cut:?}");
        assert!(proxy.was_cut(), "{cut:?}");
    }
    let next = ledger.check_numbers(&partner("payer")).await.unwrap();
    assert_eq!(next[0], (NumberKind::Interchange, expected + 1), "no number was taken and not given");
}
