//! What operators decide: what becomes of an item, and that a sender is shredded.

use std::process::Output;

use crate::support::engines::Engines;
use crate::support::gateway::{Gateway, Options};
use crate::support::ledger::{self, rows, value};
use crate::support::program::tradewind;
use crate::support::wait::until;
use crate::support::x12::{claims, with_isa};

/// A command of the program's, on the home of one that may run.
fn command(gateway: &Gateway, words: &[&str]) -> Output {
    let mut command = tradewind(gateway.folder());
    if let Some(engines) = Engines::of(gateway.data()) {
        engines.give(&mut command);
    }
    command.args(words).arg("--home").arg(gateway.home()).output().unwrap()
}

fn resolve(gateway: &Gateway, of: &str, as_what: &str) -> Output {
    command(gateway, &["resolve", of, "--as", as_what, "--reason", "called-the-payer"])
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

/// Attempts that a partner refuses for a reason of its own quarantine a delivery's items; all of them go again by its id.
#[test]
fn a_delivery_that_was_quarantined_goes_out_again_as_a_whole() {
    let mut gateway = Gateway::with(&Options { gateway: "[limits]\nattempts-max = 1\n", ..Options::default() });
    gateway.payer.plan("refuse");
    gateway.sftp("clinic").put("claims.x12", claims(72, 3).as_bytes());
    until("a refused call", || gateway.log().contains("the partner did not take the batch").then_some(()));
    let delivery = value(gateway.data(), "SELECT id FROM delivery");
    let items = rows(gateway.data(), "SELECT id FROM item");
    for item in &items {
        until("quarantine", || resolve(&gateway, item, "quarantined").status.success().then_some(()));
    }
    gateway.payer.plan("");
    let told = resolve(&gateway, &delivery, "not-taken");
    assert_eq!(told.status.code(), Some(0), "{}", String::from_utf8_lossy(&told.stderr));
    assert_eq!(String::from_utf8_lossy(&told.stdout).matches("was quarantined, is accepted").count(), 3);
    until("the call", || (gateway.payer.claims().len() == 3).then_some(()));
    until("its answers", || (ledger::conservation(gateway.data()).answered == 3).then_some(()));
    assert_eq!(resolve(&gateway, &delivery, "not-taken").status.code(), Some(2), "nothing of it waits any more");
    gateway.stop();
}

#[test]
fn a_sender_that_was_shredded_holds_no_other_up() {
    let mut gateway = Gateway::start();
    gateway.payer.plan("refuse");
    for sender in ["clinic", "other"] {
        gateway.sftp(sender).put("claims.x12", with_isa(&claims(73, 2), 6, &sender.to_uppercase()).as_bytes());
    }
    let waiting = "SELECT count(*) FROM item_now WHERE state = 'accepted'";
    until("both senders' claims", || (value(gateway.data(), waiting) == "4").then_some(()));
    gateway.stop();
    let shredded = command(&gateway, &["keys", "shred", "clinic", "--confirm", "clinic"]);
    assert!(shredded.status.success(), "{}", String::from_utf8_lossy(&shredded.stderr));
    gateway.payer.plan("");
    gateway.run();
    until("the other's claims", || (gateway.payer.claims().len() == 2).then_some(()));
    until("the other's answers", || (ledger::conservation(gateway.data()).answered == 2).then_some(()));
    let line = ledger::conservation(gateway.data());
    assert!(line.holds() && line.quarantined == 2, "{line:?}");
    assert!(ledger::alarmed(gateway.data(), "items-quarantined", "sender-shredded"));
    let alarm =
        value(gateway.data(), "SELECT subject FROM alarm WHERE reason = 'sender-shredded' AND cleared_at IS NULL");
    let words = ["ledger", "clear", "items-quarantined", &alarm];
    assert_eq!(command(&gateway, &words).status.code(), Some(0), "an operator has dealt with it");
    assert_eq!(command(&gateway, &words).status.code(), Some(1), "it is not open any more");
    gateway.stop();
}
