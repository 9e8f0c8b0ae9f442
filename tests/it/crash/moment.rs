//! When the program is killed, and what it was doing then.

use std::path::{Path, PathBuf};
use std::process::Command;

use rand::rngs::StdRng;
use rand::seq::SliceRandom;
use rand::{Rng, SeedableRng};

use crate::support::client::Client;

pub(super) const STRACE: Client = Client { name: "strace", package: "strace" };
/// The room of what is hit while the program starts.
pub(super) const START: &str = "start";
/// The class of the database's log.
pub(super) const WAL: &str = "ledger log";
/// Calls that make something durable, or give it its name, or begin a call to a partner.
const TRACED: &str = "fsync,fdatasync,rename,renameat,renameat2,link,linkat,connect";
const SYNCS: &str = "fsync,fdatasync";
const NAMES: &str = "rename,renameat,renameat2,link,linkat";
/// The first one of a process is to the payer: the intent to call is durable, and nothing was sent yet.
const CALLS: &str = "connect";
/// Commits of a trip, about.
const COMMITS: u32 = 26;

/// A way to be killed.
#[derive(Debug, Clone)]
pub(super) enum Moment {
    /// This part of a trip after the client began, in percent.
    Trip(u32),
    /// In a trip at this percent, and in the start that follows, before anything is settled: two moments.
    TripAndStart(u32, Start),
    /// At the n-th of these calls in a thread, counted from the start.
    Call(Call),
    /// As `Call`, while the program stops in good order.
    Stop(Call),
}

/// When a start is cut.
#[derive(Debug, Clone)]
pub(super) enum Start {
    /// At this percent of it.
    At(u32),
    /// At a call of its recovery.
    Call(Call),
}

/// Calls, on one file or on any.
#[derive(Debug, Clone)]
pub(super) struct Call {
    calls: &'static str,
    /// Below the data folder.
    on: Option<&'static str>,
    pub(super) nth: u32,
}

/// A moment as it was met.
#[derive(Debug, Clone)]
pub(super) struct Hit {
    /// `time`, or the call and the class of the file.
    pub(super) at: String,
    /// How far the file was.
    pub(super) room: &'static str,
}

/// The moments of a home, in the order of its seed.
pub(super) fn plan(seed: u64, count: usize) -> Vec<Moment> {
    let mut random = StdRng::seed_from_u64(seed);
    let mut plan = Vec::new();
    let on = |on, nth| Call { calls: SYNCS, on: Some(on), nth };
    for folder in ["received", "plain", "items", "payload", "out"] {
        plan.push(Moment::Call(on(folder_of(folder), 1)));
    }
    // The homes together meet every commit of a trip.
    for part in 0..7 {
        let nth = 1 + u32::try_from(seed % 4).unwrap() + 4 * part;
        plan.push(Moment::Call(on("ledger.db-wal", nth)));
    }
    for _ in 0..2 {
        plan.push(Moment::Call(Call { calls: NAMES, on: None, nth: random.random_range(1..=3) }));
    }
    plan.push(Moment::Call(Call { calls: SYNCS, on: None, nth: random.random_range(1..=COMMITS) }));
    plan.push(Moment::Stop(on("ledger.db", 1)));
    let starts =
        [Start::At(random.random_range(20..=100)), Start::Call(on("ledger.db-wal", random.random_range(1..=4)))];
    for start in starts {
        plan.push(Moment::TripAndStart(random.random_range(20..=90), start));
    }
    // A TripAndStart is two, and one comes first.
    while plan.len() + 3 < count {
        plan.push(Moment::Trip(random.random_range(0..=110)));
    }
    plan.shuffle(&mut random);
    // Before a kill has left webhooks behind, which would be called first.
    plan.insert(0, Moment::Call(Call { calls: CALLS, on: None, nth: 1 }));
    plan
}

fn folder_of(class: &'static str) -> &'static str {
    match class {
        "received" => "objects/received",
        "plain" => "objects/plain",
        "items" => "objects/items",
        "payload" => "objects/payload",
        _ => "objects/out",
    }
}

/// Fails the test where strace is missing or may not trace.
pub(super) fn strace_works() {
    let mut command = STRACE.command();
    command.args(["-f", "-qq", "-o", "/dev/null", "-e", "trace=fsync", "true"]);
    let traced = STRACE.run(&mut command);
    let said = String::from_utf8_lossy(&traced.stderr);
    assert!(
        traced.status.success(),
        "strace cannot trace here, so nothing can be killed at a call; install the Debian package {} and permit ptrace: {said}",
        STRACE.package
    );
}

impl Call {
    /// The program under strace, which kills it there and writes what it saw to `log`.
    pub(super) fn command(&self, data: &Path, log: &Path) -> Command {
        let mut command = STRACE.command();
        command.args(["-f", "-qq", "-y", "-e", &format!("trace={TRACED}")]);
        command.args(["-e", &format!("inject={}:signal=SIGKILL:when={}", self.calls, self.nth)]);
        if let Some(on) = self.on {
            command.arg("-P").arg(data.join(on));
        }
        command.arg("-o").arg(log).arg(env!("CARGO_BIN_EXE_tradewind"));
        command
    }

    /// The same, reached earlier.
    pub(super) fn earlier(&self) -> Self {
        Self { nth: (self.nth / 2).max(1), ..self.clone() }
    }

    /// Whether nothing else may be called before.
    pub(super) fn is_to_payer(&self) -> bool {
        self.calls == CALLS
    }

    /// Whether only a file that is encrypted meets it.
    pub(super) fn wants_pgp(&self) -> bool {
        self.on == Some(folder_of("plain"))
    }
}

/// The call that the program died at, by strace's log: of the traced calls that have no result, the last that began.
pub(super) fn died_at(log: &Path, call: &Call) -> String {
    let text = std::fs::read_to_string(log).unwrap_or_default();
    // A program that ended by itself is no hit.
    assert!(text.contains("killed by SIGKILL"), "strace killed nothing: {text}");
    let without_result = text.lines().filter(|line| line.contains("= ?") || line.contains("<unfinished"));
    let mut named = without_result.filter_map(|line| {
        let name = line.split_whitespace().nth(1)?.split_once('(')?.0;
        call.calls.split(',').find(|known| *known == name).map(|name| (name, class(name, &last_path(line))))
    });
    let (name, class) = named.next_back().unwrap_or_else(|| {
        // strace itself sometimes comes too late to say more than that it killed.
        let name = call.calls.split(',').next().unwrap_or_default();
        (name, class(name, &call.on.map(|on| Path::new("/data").join(on)).unwrap_or_default()))
    });
    format!("{name} on {class}")
}

/// The last path of a line: in quotes for a name, in angle brackets for an open file.
fn last_path(line: &str) -> PathBuf {
    let mut paths = line.split(['"', '<', '>']).filter(|part| part.starts_with('/'));
    PathBuf::from(paths.next_back().unwrap_or_default())
}

fn class(call: &str, path: &Path) -> String {
    if call == CALLS {
        return "the payer".to_owned();
    }
    let text = path.to_string_lossy();
    if let Some((_, object)) = text.rsplit_once("/data/objects") {
        let folder = object.trim_start_matches('/').split('/').next().unwrap_or_default();
        return match folder {
            "" => "objects/".to_owned(),
            ".tmp" => "objects, unnamed".to_owned(),
            folder => format!("objects/{folder}"),
        };
    }
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    match name.as_str() {
        "ledger.db-wal" => WAL.to_owned(),
        "ledger.db" => "ledger file".to_owned(),
        "" => "no file".to_owned(),
        _ => "another file".to_owned(),
    }
}

#[test]
fn a_plan_has_as_many_moments_as_asked_for() {
    for seed in 0..4 {
        let moments = plan(seed, 25);
        let twice = moments.iter().filter(|moment| matches!(moment, Moment::TripAndStart(..))).count();
        assert_eq!(moments.len() + twice, 25);
    }
}

#[test]
fn a_call_is_told_by_its_file() {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("log");
    let told = |calls, text: &str| {
        std::fs::write(&log, format!("{text}7 +++ killed by SIGKILL +++\n")).unwrap();
        died_at(&log, &Call { calls, on: Some("ledger.db-wal"), nth: 1 })
    };
    let ended = "7 fsync(4</h/data/x>) = 0\n7 fdatasync(9</h/data/ledger.db-wal>) = ?\n";
    assert_eq!(told(SYNCS, ended), "fdatasync on ledger log");
    let link = "7 linkat(AT_FDCWD</h>, \"/h/data/objects/.tmp/1\", AT_FDCWD</h>, \"/h/data/objects/out/A\", 0) = ?\n";
    assert_eq!(told(NAMES, link), "linkat on objects/out");
    assert_eq!(told(SYNCS, "7 fsync(4</h/data/objects/.tmp/1> <unfinished ...>\n"), "fsync on objects, unnamed");
    assert_eq!(told(SYNCS, "7 ???( <unfinished ...>\n"), "fsync on ledger log");
}
