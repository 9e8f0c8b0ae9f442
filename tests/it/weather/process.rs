//! A process that stops, that has no disk left, or that is killed.

use std::process::Command;
use std::time::Duration;

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

use super::{ATTEMPTS, CLAIMS, DOORS, Trip};
use crate::support::gateway::Options;
use crate::support::ledger::value;
use crate::support::program::Background;
use crate::support::sky::Weather;
use crate::support::small::Small;
use crate::support::wait::until;
use crate::support::x12::{claims, isa13};

/// How often the program is killed.
const KILLS: u64 = 10;

fn signal(process: &Background, name: &str) {
    let pid = process.0.id().to_string();
    assert!(Command::new("sh").args(["-c", "kill -\"$0\" \"$1\"", name, &pid]).status().unwrap().success());
}

/// Between the intent and the call, and longer than anybody waits for it: another process sends, and the first one must not.
#[test]
fn a_worker_that_was_stopped_makes_no_call_that_counts_as_cut() {
    let options = Options { gateway: ATTEMPTS, deliver: "timeout-ms = 1000\n", ..Options::default() };
    let mut trip = Trip::prepared(&options);
    trip.run_as("sftp,api,relay,translate");
    trip.drop_at_sftp(25_100);
    let count =
        |state: &str| value(trip.gateway.data(), &format!("SELECT count(*) FROM delivery WHERE state = '{state}'"));
    let accepted = "SELECT count(*) FROM interchange WHERE state = 'accepted'";
    until("a translation", || (value(trip.gateway.data(), accepted) == "1").then_some(()));
    // The payload is read slowly, between the intent and the call.
    trip.sky.objects.set(Weather::Slow(Duration::from_millis(1_500)));
    let stopped = trip.also("stopped", "deliver,answer");
    until("an intent", || (count("sending") == "1").then_some(()));
    signal(&stopped, "STOP");
    assert_eq!(trip.gateway.payer.claims().len(), 0, "the process was stopped before its call");
    trip.sky.objects.set(Weather::Fair);
    let other = trip.also("other", "deliver,answer");
    trip.comes_to(1);
    signal(&stopped, "CONT");
    until("the call that is not made", || trip.log_of("stopped").contains("did not take the batch").then_some(()));
    trip.drop_at_sftp(25_101);
    trip.comes_to(2);
    trip.is_logged("a call was cut by the end of its process");
    trip.holds();
    drop((stopped, other));
}

#[test]
fn a_process_whose_disk_is_full_works_on() {
    let small = Small::mount();
    let mut trip = Trip::prepared(&Options { gateway: ATTEMPTS, ..Options::default() });
    trip.run_as(DOORS);
    let log = small.path().join("log");
    let ballast = small.fill();
    let mut worker = trip.also_with("translate,deliver,answer", |command| {
        command.env("TMPDIR", small.path()).stderr(std::fs::File::create(&log).unwrap());
    });
    for seed in 25_200..25_203 {
        trip.drop_at_sftp(seed);
        trip.drop_at_rest(seed + 10);
    }
    trip.comes_to(6);
    assert!(worker.0.try_wait().unwrap().is_none(), "it runs");
    std::fs::remove_file(ballast).unwrap();
    trip.drop_at_sftp(25_220);
    trip.comes_to(7);
    trip.holds();
    assert!(!std::fs::read_to_string(log).unwrap().is_empty(), "it logs again");
}

#[test]
fn a_process_that_is_killed_at_any_moment() {
    // Each kill under a job costs it an attempt: the default's are enough for all of them.
    let mut trip = Trip::with(25_300, &Options { deliver: "timeout-ms = 1000\n", ..Options::default() });
    let mut random = StdRng::seed_from_u64(25);
    for seed in 25_301..25_301 + KILLS {
        let (file, sftp) = (claims(seed, CLAIMS), trip.gateway.sftp("clinic"));
        sftp.local("upload", file.as_bytes());
        let uploading = sftp.start(&format!("put upload in/{seed}.x12"));
        std::thread::sleep(Duration::from_millis(random.random_range(0..1_200)));
        trip.gateway.kill();
        let confirmed = uploading.wait_with_output().unwrap().status.success();
        trip.gateway.run();
        if confirmed {
            trip.acknowledged.lock().unwrap().insert(isa13(&file), file);
        } else {
            trip.drop_at_sftp(seed);
        }
    }
    trip.comes_to(trip.acknowledged());
    trip.holds();
}
