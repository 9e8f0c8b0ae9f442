//! A disk that is full.

use super::Desk;
use crate::support::gateway::Options;
use crate::support::rest::X12;
use crate::support::small::Small;
use crate::support::wait::until;
use crate::support::x12::{claims, isa13, numbered};

#[test]
fn a_full_disk_is_a_refusal_at_the_door_loses_nothing_and_is_recovered_from() {
    let small = Small::mount();
    let data = small.path().join("data");
    let mut desk = Desk::with(&Options { data: Some(&data), ..Options::default() });
    desk.gateway.payer.plan("refuse");
    let first = claims(101, 5);
    assert_eq!(desk.drop(&first).kinds(), ["277CA", "999"]);

    let ballast = small.fill();
    let (second, big) = (claims(102, 2), claims(103, 3000));
    for file in [&big, &second] {
        let output = desk.sftp.try_put("full.x12", file.as_bytes());
        assert!(!output.status.success(), "the door answers failure");
        let answer = desk.gateway.rest("clinic").post("/v1/transactions", X12, numbered(file, 7).as_bytes());
        assert_eq!((answer.status, answer.problem().as_str()), (503, "overloaded"), "{}", answer.text());
        assert!(answer.header("retry-after").is_some());
    }
    assert!(desk.gateway.alive(), "{}", desk.gateway.log());
    desk.gateway.payer.plan("");

    std::fs::remove_file(ballast).unwrap();
    // By itself: neither started anew nor told anything.
    let got = until("room", || desk.sftp.try_put("again.x12", second.as_bytes()).status.success().then(|| desk.last()));
    assert_eq!(got.kinds(), ["277CA", "999"]);
    let hooks = desk.gateway.receiver.wait_for(7);
    assert_eq!((hooks.len(), desk.gateway.payer.claims().len()), (7, 7), "each claim that was confirmed, once");
    assert_ne!(isa13(&first), isa13(&second));
    desk.gateway.stop();
    let line = crate::support::ledger::conservation(desk.gateway.data());
    assert!(line.holds() && (line.received, line.answered) == (7, 7), "{line:?}");
}
