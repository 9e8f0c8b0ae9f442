//! The same message twice, and two processes that take it.

use super::{ATTEMPTS, DOORS, Trip};
use crate::support::engines::Engines;
use crate::support::gateway::Options;
use crate::support::ledger::value;
use crate::support::python::python_with;
use crate::support::wait::until;

/// Files at each door.
const FILES: u64 = 4;

impl Trip {
    /// Takes so many messages off a queue and publishes each of them twice.
    fn doubles(&self, queue: &str, count: u64) {
        let engines = Engines::of(self.gateway.data()).unwrap();
        let queue = format!("{}.{queue}", engines.name);
        let url = &engines.environment["TRADEWIND_IT_QUEUES"];
        let done = python_with("twice.py", &[url, &queue, &count.to_string()]);
        assert_eq!(done["published"], count * 2);
    }
}

#[test]
fn a_message_that_comes_twice_to_two_processes_has_one_effect() {
    let mut trip = Trip::prepared(&Options { gateway: ATTEMPTS, ..Options::default() });
    trip.run_as(DOORS);
    for seed in 24_100..24_100 + FILES {
        trip.drop_at_sftp(seed);
        trip.drop_at_rest(seed + FILES);
    }
    trip.doubles("translate.clinic", 2 * FILES);
    let translating = ["first", "second"].map(|name| trip.also(name, "translate"));
    let accepted = "SELECT count(*) FROM interchange WHERE state = 'accepted'";
    until("translations", || (value(trip.gateway.data(), accepted) == (2 * FILES).to_string()).then_some(()));
    trip.doubles("deliver.payer", 2 * FILES);
    let delivering = ["third", "fourth"].map(|name| trip.also(name, "deliver,answer"));
    trip.comes_to(usize::try_from(2 * FILES).unwrap());
    trip.holds();
    drop((translating, delivering));
}
