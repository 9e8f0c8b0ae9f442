//! Bad weather between the whole program and its engines. Clients go on dropping files at both doors while it blows; what a door
//! acknowledged must come to the payer once, by the payer's own record, work must go on when the weather has passed, and an operator must
//! have been told.

mod broker;
mod keys;
mod ledger;
mod objects;
mod process;
mod twice;

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use crate::support::canary;
use crate::support::engines::Engines;
use crate::support::gateway::{Gateway, Options};
use crate::support::ledger::{conservation, rows, value};
use crate::support::program::{Background, tradewind};
use crate::support::rest::X12;
use crate::support::sky::{Proxy, Sky, Weather};
use crate::support::wait::until;
use crate::support::x12::{claims, isa13};

/// Claims of a file.
const CLAIMS: u64 = 2;
/// Few, so that an outage that is taken for a failure ends in quarantine.
const ATTEMPTS: &str = "[limits]\nattempts-max = 3\n";
const ATTEMPTS_MAX: u32 = 3;
/// The roles of a process that takes files in and hands them on.
const DOORS: &str = "sftp,api,relay";
/// Between two tries of a client.
const TRY_AGAIN: Duration = Duration::from_millis(200);

/// A gateway under a sky, and the files that its doors acknowledged.
struct Trip {
    gateway: Gateway,
    sky: Sky,
    acknowledged: Mutex<BTreeMap<String, String>>,
    refused: Mutex<Vec<String>>,
}

impl Trip {
    /// One process with all roles, that has worked.
    fn start(seed: u64) -> Self {
        Self::with(seed, &Options { gateway: ATTEMPTS, ..Options::default() })
    }

    fn with(seed: u64, options: &Options<'_>) -> Self {
        let mut trip = Self::prepared(options);
        trip.gateway.run();
        trip.drop_at_sftp(seed);
        trip.comes_to(1);
        trip
    }

    /// Nothing runs yet.
    fn prepared(options: &Options<'_>) -> Self {
        let sky = Engines::sky();
        let gateway = Gateway::prepared(&Options { sky: Some(&sky), ..*options });
        Self { gateway, sky, acknowledged: Mutex::default(), refused: Mutex::default() }
    }

    /// Starts the gateway's process with these roles, the doors' among them.
    fn run_as(&mut self, roles: &str) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tradewind"));
        command.env("TRADEWIND_ROLES", roles);
        self.gateway.run_under(command);
    }

    /// Another process on the same home, with these roles and a log of its own.
    fn also(&self, name: &str, roles: &str) -> Background {
        let log = File::create(self.gateway.folder().join(format!("log-{name}"))).unwrap();
        self.also_with(roles, |command| {
            command.stderr(log);
        })
    }

    fn also_with(&self, roles: &str, more: impl FnOnce(&mut Command)) -> Background {
        let mut command = tradewind(self.gateway.folder());
        Engines::of(self.gateway.data()).unwrap().give(&mut command);
        command.args(["serve", "--roles", roles, "--home"]).arg(self.gateway.home());
        command.env("TRADEWIND_LOG", "debug,sqlx=warn,russh=warn,lapin=off,aws=info").stdout(Stdio::null());
        more(&mut command);
        Background(command.spawn().unwrap())
    }

    /// What a process that [`Self::also`] started logged.
    fn log_of(&self, name: &str) -> String {
        std::fs::read_to_string(self.gateway.folder().join(format!("log-{name}"))).unwrap_or_default()
    }

    /// A client that drops a file until the door says that it has it.
    fn drop_at_sftp(&self, seed: u64) {
        self.drop_file_at_sftp(&format!("{seed}.x12"), &claims(seed, CLAIMS));
    }

    fn drop_file_at_sftp(&self, name: &str, file: &str) {
        let sftp = self.gateway.sftp("clinic");
        self.until_acknowledged(file, || {
            let put = sftp.try_put(name, file.as_bytes());
            put.status.success().then_some(()).ok_or_else(|| String::from_utf8_lossy(&put.stderr).into_owned())
        });
    }

    /// The same at the other door, under an idempotency key.
    fn drop_at_rest(&self, seed: u64) {
        let (file, rest, key) = (claims(seed, CLAIMS), self.gateway.rest("clinic"), seed.to_string());
        self.until_acknowledged(&file, || {
            let answer = rest.post_with("/v1/transactions", X12, &[("idempotency-key", key.as_str())], file.as_bytes());
            (answer.status == 202).then_some(()).ok_or_else(|| format!("{} {}", answer.status, answer.text()))
        });
    }

    fn until_acknowledged(&self, file: &str, mut ask: impl FnMut() -> Result<(), String>) {
        until("the door to take a file", || match ask() {
            Ok(()) => Some(()),
            Err(why) => {
                self.refused.lock().unwrap().push(why);
                std::thread::sleep(TRY_AGAIN);
                None
            }
        });
        self.acknowledged.lock().unwrap().insert(isa13(file), file.to_owned());
    }

    fn acknowledged(&self) -> usize {
        self.acknowledged.lock().unwrap().len()
    }

    /// Waits until the payer has taken the claims of so many files.
    fn comes_to(&self, files: usize) {
        until("claims at the payer", || {
            (self.gateway.payer.claims().len() as u64 >= files as u64 * CLAIMS).then_some(())
        });
    }

    /// Lets clients drop so many files at each door while it blows. `storm` ends with fair weather. Says how long after that the payer
    /// took the next claim.
    fn blows(&self, seed: u64, files: u64, storm: impl FnOnce(&Self)) {
        std::thread::scope(|scope| {
            let clients = [
                scope.spawn(move || (seed..seed + files).for_each(|seed| self.drop_at_sftp(seed))),
                scope.spawn(move || (seed + files..seed + 2 * files).for_each(|seed| self.drop_at_rest(seed))),
            ];
            storm(self);
            let (passed, before) = (Instant::now(), self.gateway.payer.claims().len());
            if clients.iter().all(|client| client.is_finished()) && self.settled() {
                // All that came is done already: one more to see that work goes on.
                self.drop_at_sftp(seed + 2 * files);
            }
            until("the next effect at the payer", || (self.gateway.payer.claims().len() > before).then_some(()));
            let name = std::thread::current().name().unwrap_or_default().to_owned();
            println!("{name}: work goes on {} ms after the weather has passed", passed.elapsed().as_millis());
        });
    }

    /// Whether the payer has all that was acknowledged.
    fn settled(&self) -> bool {
        self.gateway.payer.claims().len() as u64 >= self.acknowledged() as u64 * CLAIMS
    }

    /// Waits until readiness says that an engine is away.
    fn is_told_away(&self, engine: &str) {
        until(engine, || {
            let health = self.gateway.rest("clinic").get("/health/ready").json();
            let parts = health["parts"].as_array()?.clone();
            parts.iter().any(|part| part["name"] == engine && part["ok"] == false).then_some(())
        });
    }

    /// What all processes logged.
    fn logs(&self) -> String {
        let others = std::fs::read_dir(self.gateway.folder()).unwrap().map(|entry| entry.unwrap());
        let others = others.filter(|entry| entry.file_name().to_string_lossy().starts_with("log"));
        others.map(|entry| std::fs::read_to_string(entry.path()).unwrap()).collect()
    }

    /// Waits until the logs say so.
    fn is_logged(&self, words: &str) {
        until(words, || self.logs().contains(words).then_some(()));
    }

    /// Waits until a job failed in the rooms, in these words, more often than it has attempts.
    fn outlasts_attempts(&self, words: &str) {
        until(words, || {
            let log = self.log_of("rooms");
            let mut tries = BTreeMap::new();
            for line in log.lines().filter(|line| line.contains(words)) {
                let job = line.split(" job=").nth(1).and_then(|rest| rest.split(' ').next());
                job.into_iter().for_each(|job| *tries.entry(job.to_owned()).or_insert(0) += 1);
            }
            tries.values().any(|tries| *tries > ATTEMPTS_MAX).then_some(())
        });
    }

    /// What must hold when it has passed: every file at the payer once, nothing in quarantine, nothing in clear.
    fn holds(&self) {
        let data = self.gateway.data();
        let files = self.acknowledged.lock().unwrap();
        let owed = files.len() as u64 * CLAIMS;
        until("every item's answer", || {
            (value(data, "SELECT count(*) FROM item_now WHERE state = 'answered'") == owed.to_string()).then_some(())
        });
        let taken = self.gateway.payer.claims();
        let once: BTreeSet<&String> = taken.iter().collect();
        assert_eq!(once.len(), taken.len(), "a claim came to the payer twice");
        let items = rows(data, "SELECT id FROM item_now WHERE state = 'answered'");
        assert_eq!(once, items.iter().collect(), "the payer has what is answered, and nothing else");
        for (number, file) in files.iter() {
            let number: u32 = number.parse().unwrap();
            let query =
                format!("SELECT count(*) FROM interchange WHERE control_number = {number} AND state = 'accepted'");
            assert_eq!(value(data, &query), "1", "a file that a door acknowledged");
            assert!(!file.is_empty());
        }
        assert_eq!(value(data, "SELECT count(*) FROM alarm WHERE kind = 'job-quarantined'"), "0");
        let line = conservation(data);
        assert!(line.holds() && (line.received, line.answered, line.unknown) == (owed, owed, 0), "{line:?}");
        let log = self.logs();
        assert!(!log.contains("a fault of the program") && !log.contains("panicked"), "{log}");
        let canaries: Vec<String> = files.values().flat_map(|file| canary::of(file)).collect();
        canary::assert_none(&self.gateway, &canaries);
        let refused = self.refused.lock().unwrap();
        println!("{} files acknowledged, {} tries refused", files.len(), refused.len());
    }
}

impl Drop for Trip {
    /// Tells the end of the other processes' logs where the test failed.
    fn drop(&mut self) {
        if std::thread::panicking() {
            let logs = self.logs();
            let lines: Vec<&str> =
                logs.lines().filter(|line| line.contains(" WARN ") || line.contains("ERROR ")).collect();
            eprintln!("--- warnings of all processes\n{}", lines[lines.len().saturating_sub(40)..].join("\n"));
        }
    }
}

/// A file is taken in, and the rooms start, with cold caches, under the weather. It lasts until it is told.
fn outlasts(seed: u64, engine: fn(&Sky) -> &Proxy, weather: Weather, told: impl Fn(&Trip)) {
    let mut trip = Trip::prepared(&Options { gateway: ATTEMPTS, ..Options::default() });
    trip.run_as(DOORS);
    trip.drop_at_sftp(seed);
    engine(&trip.sky).set(weather);
    let rooms = trip.also("rooms", "translate,deliver,answer,watch");
    trip.blows(seed + 10, 2, |trip| {
        told(trip);
        engine(&trip.sky).set(Weather::Fair);
    });
    trip.holds();
    drop(rooms);
}

/// Does it so often.
fn again_and_again(times: u32, every: Duration, mut it: impl FnMut()) {
    for _ in 0..times {
        it();
        std::thread::sleep(every);
    }
}
