//! A stop in good order.

use std::time::Instant;

use crate::support::gateway::{Gateway, Options};
use crate::support::ledger::{self, value};
use crate::support::wait::until;
use crate::support::x12::claims;

/// A partner's backlog takes hours. A stop lets the calls that are open end, and begins no other.
#[test]
fn a_stop_cuts_no_call_however_much_waits() {
    const CLAIMS: usize = 60;
    let mut gateway = Gateway::with(&Options { deliver: "batch-items-max = 1\n", ..Options::default() });
    gateway.payer.plan("slow=1000");
    gateway.sftp("clinic").put("claims.x12", claims(81, CLAIMS as u64).as_bytes());
    until("the first calls", || (gateway.payer.claims().len() >= 2).then_some(()));
    let began = Instant::now();
    gateway.stop();
    let (took, taken) = (began.elapsed(), gateway.payer.claims().len());
    let open = value(gateway.data(), "SELECT count(*) FROM delivery WHERE state IN ('sending', 'unknown')");
    assert!(open == "0" && taken < CLAIMS / 2, "{open} calls cut, {taken} made, in {took:?}\n{}", gateway.log());
    gateway.payer.plan("");
    gateway.run();
    until("the rest", || (gateway.payer.claims().len() == CLAIMS).then_some(()));
    until("all answers", || (ledger::conservation(gateway.data()).answered == CLAIMS as u64).then_some(()));
    gateway.stop();
    assert_eq!(gateway.payer.claims().len(), CLAIMS, "each once");
}
