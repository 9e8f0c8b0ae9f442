//! An operator settles what nothing else settles.

use std::process::Output;

use crate::support::engines::Engines;
use crate::support::gateway::Gateway;
use crate::support::ledger::{self, value};
use crate::support::program::tradewind;
use crate::support::wait::until;
use crate::support::x12::claims;

/// `tradewind resolve`, beside the program that runs on the same home.
fn resolve(gateway: &Gateway, item: &str, as_what: &str) -> Output {
    let mut command = tradewind(gateway.folder());
    if let Some(engines) = Engines::of(gateway.data()) {
        engines.give(&mut command);
    }
    command.args(["resolve", item, "--as", as_what, "--reason", "called-the-payer", "--home"]).arg(gateway.home());
    command.output().unwrap()
}

#[test]
fn an_item_that_was_quarantined_goes_out_once_an_operator_says_so() {
    let mut gateway = Gateway::start();
    gateway.payer.plan("refuse");
    gateway.sftp("clinic").put("claims.x12", claims(71, 1).as_bytes());
    until("a refused call", || gateway.log().contains("the partner did not take the batch").then_some(()));
    let item = value(gateway.data(), "SELECT id FROM item");
    // Between two calls; while one is open nobody may say what became of it.
    until("quarantine", || resolve(&gateway, &item, "quarantined").status.success().then_some(()));
    gateway.payer.plan("");
    until("the end of all jobs", || (value(gateway.data(), "SELECT count(*) FROM outbox") == "0").then_some(()));
    assert_eq!(gateway.payer.claims(), Vec::<String>::new(), "what is quarantined does not go");

    let told = resolve(&gateway, &item, "not-taken");
    assert_eq!(told.status.code(), Some(0), "{}", String::from_utf8_lossy(&told.stderr));
    assert_eq!(String::from_utf8_lossy(&told.stdout), format!("{item} was quarantined, is accepted\n"));
    until("the call", || (gateway.payer.claims() == [item.clone()]).then_some(()));
    until("its answer", || (ledger::conservation(gateway.data()).answered == 1).then_some(()));
    let again = resolve(&gateway, &item, "not-taken");
    assert_ne!(again.status.code(), Some(0), "what is answered stays so");
    let kept = "SELECT count(*) FROM audit WHERE action = 'resolve'";
    assert_eq!(value(gateway.data(), kept), "2", "who decided is kept, and what was refused decided nothing");
    gateway.stop();
    assert_eq!(gateway.payer.claims().len(), 1);
}
