//! A partner that cuts calls.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::support::gateway::{Gateway, Options};
use crate::support::ledger;
use crate::support::wait::until;
use crate::support::x12::claims;

/// Whoever takes call after call and cuts each of them must not make all that waits unknown at once.
#[test]
fn a_partner_that_cuts_calls_rests_and_takes_each_claim_once() {
    const CLAIMS: usize = 20;
    let mut gateway = Gateway::with(&Options { deliver: "batch-items-max = 1\n", ..Options::default() });
    gateway.payer.plan("cut");
    gateway.sftp("clinic").put("claims.x12", claims(91, CLAIMS as u64).as_bytes());
    let cut = || gateway.log().matches("the call was cut; its items are unknown").count();
    until("a call that was cut", || (cut() > 0).then_some(()));
    std::thread::sleep(Duration::from_secs(2));
    assert!(cut() <= CLAIMS / 2, "{} of {CLAIMS} calls were made into a partner that cuts them", cut());
    gateway.payer.plan("");
    until("all claims", || (gateway.payer.claims().len() == CLAIMS).then_some(()));
    until("all answers", || (ledger::conservation(gateway.data()).answered == CLAIMS as u64).then_some(()));
    let (taken, once) = (gateway.payer.claims(), gateway.payer.claims().into_iter().collect::<BTreeSet<_>>());
    assert_eq!((taken.len(), once.len()), (CLAIMS, CLAIMS), "each once");
    let open = "SELECT count(*) FROM alarm WHERE kind = 'delivery-unknown' AND cleared_at IS NULL";
    until("the alarms' end", || (ledger::value(gateway.data(), open) == "0").then_some(()));
    gateway.stop();
}
