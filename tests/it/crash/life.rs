//! A home that is killed again and again, with its clients, and what is known of it outside.

use std::collections::HashSet;
use std::fs;
use std::process::{Command, Stdio};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use super::moment::{Call, Hit, Moment, START, Start, died_at};
use crate::support::gateway::{Gateway, Options};
use crate::support::gnupg::Gnupg;
use crate::support::ledger::{rows, value};
use crate::support::sftp::Sftp;
use crate::support::x12::{all, claims_with, isa13, with_isa};

/// Claims of a file, and how many of them are bad in every second file.
const CLAIMS: u64 = 20;
const BAD: u64 = 2;
/// Longer than anything takes. A webhook that was being sent at a kill is tried again after a minute.
const PATIENCE: Duration = Duration::from_secs(150);
const LOOK_AGAIN: Duration = Duration::from_millis(40);
/// Tries to meet a moment, each one earlier in the trip.
const TRIES: usize = 6;

/// Everything that is not at its end; webhooks apart.
const UNSETTLED: &str = "SELECT (SELECT count(*) FROM receipt WHERE state IN ('staged', 'received'))
    + (SELECT count(*) FROM outbox WHERE state = 'ready')
    + (SELECT count(*) FROM delivery WHERE state IN ('sending', 'unknown'))
    + (SELECT count(*) FROM item_now WHERE state NOT IN ('answered', 'rejected', 'quarantined'))";
const QUEUED: &str = "SELECT count(*) FROM notification WHERE state = 'queued'";
/// How far the last file is, by its room's number; the count of files is what tells that it was received at all.
const HOW_FAR: &str = "SELECT (SELECT count(*) FROM receipt WHERE door = 'sftp' AND state <> 'staged') || ' ' || CASE
    WHEN EXISTS (SELECT 1 FROM receipt WHERE door = 'sftp' AND state = 'received') THEN 'translate'
    WHEN EXISTS (SELECT 1 FROM item_now WHERE state IN ('staged', 'accepted', 'sending', 'unknown')) THEN 'deliver'
    WHEN EXISTS (SELECT 1 FROM receipt WHERE state = 'received') OR EXISTS (SELECT 1 FROM outbox WHERE kind = 'answer')
        OR EXISTS (SELECT 1 FROM item_now WHERE state IN ('sent', 'acknowledged'))
        OR EXISTS (SELECT 1 FROM notification WHERE state = 'queued' AND attempts < 2) THEN 'answer'
    ELSE 'settled' END";

/// A file that was dropped, and what it must become.
pub(super) struct Dropped {
    pub(super) owner: &'static str,
    pub(super) number: u32,
    /// CLM01 of every claim.
    pub(super) claims: Vec<String>,
    pub(super) bad: u64,
}

impl Dropped {
    pub(super) fn good(&self) -> u64 {
        self.claims.len() as u64 - self.bad
    }
}

pub(super) struct Life {
    pub(super) gateway: Gateway,
    gnupg: Gnupg,
    to_us: String,
    home: u64,
    scratch: TempDir,
    /// How long a trip and a start took when nothing was killed.
    trip: Duration,
    start: Duration,
    pub(super) files: Vec<Dropped>,
    pub(super) hits: Vec<Hit>,
    /// Uploads that the server did not confirm and that were made again.
    pub(super) again: u64,
    /// Calls that the payer was told to cut or to hang.
    pub(super) faults: u64,
    moments: u64,
}

/// A file on its way into the server.
struct Upload {
    name: String,
    content: Vec<u8>,
    owner: &'static str,
}

impl Upload {
    /// Drops it, as this partner's client does; true when the server confirmed it.
    fn drop_into(&self, sftp: &Sftp, attempt: &str) -> bool {
        let name = format!("{}{attempt}", self.name);
        if self.owner == "clinic" {
            return sftp.try_put(&name, &self.content).status.success();
        }
        sftp.local("upload", &self.content);
        sftp.batch(&format!("put upload in/{name}.tmp\nrename in/{name}.tmp in/{name}")).status.success()
    }
}

impl Life {
    /// Makes a home and takes one file through it in peace.
    pub(super) fn begin(home: u64) -> Self {
        let gnupg = Gnupg::new("ed25519", "cv25519");
        let options = Options {
            deliver: "timeout-ms = 1500\nbatch-wait-ms = 20\n",
            gnupg: Some(&gnupg),
            pgp: "signed = \"required\"",
            ..Options::default()
        };
        let gateway = Gateway::with(&options);
        let to_us = gnupg.import(&gateway.public_key());
        let mut life = Self {
            gateway,
            gnupg,
            to_us,
            home,
            scratch: tempfile::tempdir().unwrap(),
            trip: Duration::ZERO,
            start: Duration::ZERO,
            files: Vec::new(),
            hits: Vec::new(),
            again: 0,
            faults: 0,
            moments: 0,
        };
        let began = Instant::now();
        let upload = life.next_file("clinic");
        assert!(upload.drop_into(&life.gateway.sftp("clinic"), ""), "{}", life.gateway.log());
        life.settle();
        life.trip = began.elapsed();
        life.gateway.stop();
        let began = Instant::now();
        life.gateway.run();
        life.start = began.elapsed();
        life
    }

    /// Meets one moment, starts again, and waits until everything is settled.
    pub(super) fn pass(&mut self, moment: &Moment) {
        self.moments += 1;
        let fault = match self.moments % 6 {
            2 => "cut:1",
            5 => "hang:1",
            _ => "",
        };
        self.faults += u64::from(!fault.is_empty());
        self.gateway.payer.plan(fault);
        match moment {
            Moment::Trip(percent) => self.in_trip(*percent),
            Moment::TripAndStart(percent, of_start) => {
                let lost = self.killed_in_trip(*percent);
                match of_start {
                    Start::At(percent) => self.in_start(*percent),
                    Start::Call(call) => self.in_recovery(call),
                }
                self.go_on(lost);
            }
            Moment::Call(call) => self.at_call(call),
            Moment::Stop(call) => self.at_stop(call),
        }
    }

    /// Waits for the webhooks, too.
    pub(super) fn finish(&mut self) {
        self.gateway.payer.plan("");
        self.wait("webhooks", QUEUED);
    }

    fn in_trip(&mut self, percent: u32) {
        let lost = self.killed_in_trip(percent);
        self.go_on(lost);
    }

    /// Gives the upload that was not confirmed.
    fn killed_in_trip(&mut self, percent: u32) -> Option<Upload> {
        let before = self.received();
        let owner = self.next_owner();
        let client = self.begin_upload(owner);
        std::thread::sleep(self.trip * percent / 100);
        self.gateway.kill();
        let room = self.room(before);
        self.hit("time".to_owned(), room);
        client.join().unwrap()
    }

    fn in_start(&mut self, percent: u32) {
        let after = self.start.mul_f64(f64::from(percent) / 100.0).as_secs_f64();
        let mut command = Command::new("timeout");
        command.args(["--signal=KILL", &format!("{after:.3}"), env!("CARGO_BIN_EXE_tradewind")]);
        if self.gateway.try_run_under(command).is_ok() {
            self.until_dead("its end by time");
        }
        self.hit("time".to_owned(), START);
    }

    /// Starts under strace upon what a kill left, which may be little: then its end comes later, or by ours.
    fn in_recovery(&mut self, call: &Call) {
        let log = self.scratch.path().join("strace");
        let mut room = START;
        if self.gateway.try_run_under(call.command(self.gateway.data(), &log)).is_ok() {
            let before = self.received();
            if !self.dead_or_settled(before - 1) {
                self.kill_traced();
                return self.hit("time".to_owned(), "settled");
            }
            room = self.room(before - 1);
        }
        self.hit(died_at(&log, call), room);
    }

    /// Starts under strace, drops a file, and waits until the call is met. One that is not met in a trip is looked for earlier.
    fn at_call(&mut self, call: &Call) {
        let mut call = call.clone();
        if call.is_to_payer() {
            self.wait("webhooks", QUEUED);
        }
        for _ in 0..TRIES {
            let (log, before) = (self.scratch.path().join("strace"), self.received());
            self.gateway.stop();
            if self.gateway.try_run_under(call.command(self.gateway.data(), &log)).is_err() {
                self.hit(died_at(&log, &call), START);
                return self.go_on(None);
            }
            let owner = if call.wants_pgp() { "clinic" } else { self.next_owner() };
            let client = self.begin_upload(owner);
            let met = self.dead_or_settled(before);
            if !met {
                self.kill_traced();
            }
            let lost = client.join().unwrap();
            if met {
                let room = self.room(before);
                self.hit(died_at(&log, &call), room);
                return self.go_on(lost);
            }
            self.go_on(lost);
            call = call.earlier();
        }
        panic!("no trip met {call:?}");
    }

    /// A call that is met while the program stops.
    fn at_stop(&mut self, call: &Call) {
        let (log, before) = (self.scratch.path().join("strace"), self.received());
        self.gateway.stop();
        self.gateway.run_under(call.command(self.gateway.data(), &log));
        let owner = self.next_owner();
        let lost = self.begin_upload(owner).join().unwrap();
        assert!(lost.is_none(), "nothing was killed yet\n{}", self.gateway.log());
        assert!(self.received() > before, "SFTP confirmed a file that has no row\n{}", self.gateway.log());
        self.settle();
        self.signal_traced("TERM");
        self.until_dead("its end at a stop");
        self.hit(died_at(&log, call), "stop");
        self.go_on(None);
    }

    fn hit(&mut self, at: String, room: &'static str) {
        println!("home {}, file {}: {at}, {room}", self.home, self.files.len());
        self.hits.push(Hit { at, room });
    }

    /// Starts again, makes an upload again that was not confirmed, and waits until everything is settled.
    fn go_on(&mut self, lost: Option<Upload>) {
        self.gateway.run();
        if let Some(upload) = lost {
            self.again += 1;
            let confirmed = upload.drop_into(&self.gateway.sftp(upload.owner), "_again");
            assert!(confirmed, "an upload to a gateway that runs\n{}", self.gateway.log());
        }
        self.settle();
        let claims = self.gateway.payer.claims();
        let once: HashSet<&String> = claims.iter().collect();
        assert_eq!(once.len(), claims.len(), "a claim came to the payer twice");
    }

    fn next_owner(&self) -> &'static str {
        if self.files.len() % 3 == 2 { "other" } else { "clinic" }
    }

    fn next_file(&mut self, owner: &'static str) -> Upload {
        let serial = self.files.len() as u64;
        let bad = if serial % 2 == 1 { BAD } else { 0 };
        let every = (bad > 0).then_some(CLAIMS / BAD);
        let text = claims_with(1_000 * (self.home + 1) + serial, CLAIMS, every);
        let text = with_isa(&text, 6, &owner.to_uppercase());
        let (number, claims) = (isa13(&text).parse().unwrap(), all(&text, "CLM", 1));
        self.files.push(Dropped { owner, number, claims, bad });
        let content = if owner == "clinic" { self.gnupg.seal(&self.to_us, text.as_bytes()) } else { text.into_bytes() };
        Upload { name: format!("file{serial}"), content, owner }
    }

    /// Begins to drop the next file; gives it back where the server did not confirm it.
    fn begin_upload(&mut self, owner: &'static str) -> JoinHandle<Option<Upload>> {
        let upload = self.next_file(owner);
        let sftp = self.gateway.sftp(owner);
        std::thread::spawn(move || if upload.drop_into(&sftp, "") { None } else { Some(upload) })
    }

    /// Files that came in by SFTP so far.
    fn received(&self) -> usize {
        value(self.gateway.data(), "SELECT count(*) FROM receipt WHERE door = 'sftp' AND state <> 'staged'")
            .parse()
            .unwrap()
    }

    /// Which room the last file had come to, by a copy of what the dead process left.
    fn room(&self, before: usize) -> &'static str {
        for name in ["ledger.db", "ledger.db-wal"] {
            let _ = fs::remove_file(self.scratch.path().join(name));
            let _ = fs::copy(self.gateway.data().join(name), self.scratch.path().join(name));
        }
        let _ = fs::remove_file(self.scratch.path().join("ledger.db-shm"));
        let told = rows_of_copy(self.scratch.path());
        let (count, room) = told.split_once(' ').expect("a count and a room");
        if count.parse::<usize>().unwrap() == before {
            return "receive";
        }
        ["translate", "deliver", "answer"].into_iter().find(|name| *name == room).unwrap_or("settled")
    }

    fn settle(&self) {
        self.wait("everything to settle", UNSETTLED);
    }

    fn wait(&self, what: &str, count: &str) {
        let deadline = Instant::now() + PATIENCE;
        while value(self.gateway.data(), count) != "0" {
            assert!(Instant::now() < deadline, "waited in vain for {what}: {:?}\n{}", self.state(), self.gateway.log());
            std::thread::sleep(LOOK_AGAIN);
        }
    }

    /// Where everything stands, for whoever reads a failure.
    fn state(&self) -> Vec<String> {
        let all = "SELECT 'receipt', state, count(*) FROM receipt GROUP BY 2 UNION ALL
            SELECT 'delivery', state, count(*) FROM delivery GROUP BY 2 UNION ALL
            SELECT 'item', state, count(*) FROM item_now GROUP BY 2 UNION ALL
            SELECT 'job ' || queue, state, count(*) FROM outbox GROUP BY 1, 2 UNION ALL
            SELECT 'webhook', state, count(*) FROM notification GROUP BY 2";
        rows(self.gateway.data(), all)
    }

    /// True once the program is dead, false once a new file is settled without that.
    fn dead_or_settled(&mut self, before: usize) -> bool {
        let deadline = Instant::now() + PATIENCE;
        while self.gateway.alive() {
            let settled = self.received() > before && value(self.gateway.data(), UNSETTLED) == "0";
            if settled {
                return false;
            }
            assert!(Instant::now() < deadline, "neither dead nor settled: {:?}\n{}", self.state(), self.gateway.log());
            std::thread::sleep(LOOK_AGAIN);
        }
        true
    }

    fn until_dead(&mut self, what: &str) {
        let deadline = Instant::now() + PATIENCE;
        while self.gateway.alive() {
            assert!(Instant::now() < deadline, "waited in vain for {what}\n{}", self.gateway.log());
            std::thread::sleep(LOOK_AGAIN);
        }
    }

    fn kill_traced(&mut self) {
        self.signal_traced("KILL");
        self.until_dead("the end of a traced program");
    }

    /// Sends a signal to what strace runs.
    fn signal_traced(&self, signal: &str) {
        let strace = self.gateway.pid();
        let children = fs::read_to_string(format!("/proc/{strace}/task/{strace}/children")).unwrap_or_default();
        for child in children.split_whitespace() {
            let _ = Command::new("sh").args(["-c", &format!("kill -{signal} {child}")]).stderr(Stdio::null()).status();
        }
    }
}

/// The answer to [`HOW_FAR`] in a copy that no program has open.
fn rows_of_copy(folder: &std::path::Path) -> String {
    let mut command = crate::support::client::SQLITE.command();
    command.arg(folder.join("ledger.db")).arg(HOW_FAR);
    let output = crate::support::client::SQLITE.succeed(&mut command);
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}
