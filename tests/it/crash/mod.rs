//! Kills the program with SIGKILL at a hundred moments of a file's trip, and lets an oracle outside the program audit what is left.
//!
//! A moment is a time (a seeded part of a trip, or of a start), or a call: the n-th fsync, fdatasync, link or rename of a thread, by
//! strace's injection, on any file or on one of a class. The payer is a process of its own that is never killed, and cuts or hangs a
//! call now and then. Moments share a home: kill, start again, settle, next file; the audit comes at the end.

mod life;
mod moment;
mod oracle;

use std::collections::BTreeMap;

use life::Life;
use moment::Hit;
use oracle::Audit;

/// Homes that live side by side.
const HOMES: u64 = 4;
/// Moments of a home: together a hundred.
const MOMENTS: usize = 25;
/// What the moments must be spread over.
const ROOMS: [&str; 4] = ["receive", "translate", "deliver", "answer"];

#[test]
fn a_kill_at_any_moment_loses_nothing_and_sends_nothing_twice() {
    moment::strace_works();
    let lives: Vec<_> = (0..HOMES).map(|home| std::thread::spawn(move || live(home))).collect();
    // Every home ends, also where another one failed: its own story is told first.
    let ended: Vec<_> = lives.into_iter().map(std::thread::JoinHandle::join).collect();
    let (mut hits, mut audit) = (Vec::new(), Audit::default());
    for one in ended {
        let (of_home, found) = one.unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        hits.extend(of_home);
        audit.add(&found);
    }
    let summary = summary(&hits, &audit);
    println!("{summary}");
    assert_eq!(hits.len(), MOMENTS * usize::try_from(HOMES).unwrap(), "{summary}");
    for room in ROOMS {
        assert!(hits.iter().any(|hit| hit.room == room), "no moment in {room}\n{summary}");
    }
    assert!(hits.iter().any(|hit| hit.at.ends_with(moment::WAL)), "no hit on the database's log\n{summary}");
    assert!(hits.iter().any(|hit| hit.room == moment::START), "no hit during a start\n{summary}");
    assert!(audit.cut > 0 && audit.died_in_call > 0, "no call was cut, so nothing was unknown\n{summary}");
    assert!(audit.never_taken > 0, "no kill between the intent and the call\n{summary}");
}

/// One home through all its moments.
fn live(home: u64) -> (Vec<Hit>, Audit) {
    let mut life = Life::begin(home);
    for moment in moment::plan(home, MOMENTS) {
        life.pass(&moment);
    }
    life.finish();
    let audit = oracle::audit(&mut life);
    (std::mem::take(&mut life.hits), audit)
}

fn summary(hits: &[Hit], audit: &Audit) -> String {
    let mut table: BTreeMap<&str, BTreeMap<&str, usize>> = BTreeMap::new();
    let mut rooms: BTreeMap<&str, usize> = BTreeMap::new();
    for hit in hits {
        *table.entry(&hit.at).or_default().entry(hit.room).or_default() += 1;
        *rooms.entry(hit.room).or_default() += 1;
    }
    let columns: Vec<&str> = rooms.keys().copied().collect();
    let cells = |counts: &BTreeMap<&str, usize>| -> String {
        columns.iter().map(|room| format!("{:>11}", counts.get(room).copied().unwrap_or(0))).collect()
    };
    let heads: String = columns.iter().map(|room| format!("{room:>11}")).collect();
    let mut text = format!("{} moments{:<28}{heads}\n", hits.len(), "");
    for (at, counts) in &table {
        text.push_str(&format!("{at:<38}{}\n", cells(counts)));
    }
    text.push_str(&format!("{:<38}{}\n{audit}", "all", cells(&rooms)));
    text
}
