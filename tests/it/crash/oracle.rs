//! What must hold after all the kills, by the ledger's file, the payer's own record, the webhooks that came and what lies in `/out`.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::fmt;

use tradewind_ledger::{Conservation, ControlNumbers, Reports, SqliteLedger, SqliteOptions, Watch};

use super::life::{Dropped, Life};
use crate::support::ledger::{rows, value};

/// What was audited.
#[derive(Debug, Default)]
pub(super) struct Audit {
    files: u64,
    again: u64,
    claims: u64,
    /// Deliveries that were unknown because the payer cut or hung a call, and because the program died in it.
    pub(super) cut: u64,
    pub(super) died_in_call: u64,
    /// Deliveries that the payer said it never took.
    pub(super) never_taken: u64,
    hooks: u64,
    hooks_repeated: u64,
    out_files: u64,
    objects: u64,
    objects_unnamed: u64,
    gaps: u64,
}

impl Audit {
    pub(super) fn add(&mut self, other: &Self) {
        self.files += other.files;
        self.again += other.again;
        self.claims += other.claims;
        self.cut += other.cut;
        self.died_in_call += other.died_in_call;
        self.never_taken += other.never_taken;
        self.hooks += other.hooks;
        self.hooks_repeated += other.hooks_repeated;
        self.out_files += other.out_files;
        self.objects += other.objects;
        self.objects_unnamed += other.objects_unnamed;
        self.gaps += other.gaps;
    }
}

impl fmt::Display for Audit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "files {} ({} uploads made again), claims taken by the payer {}",
            self.files, self.again, self.claims
        )?;
        writeln!(
            f,
            "calls unknown: cut {}, died in {}; of these never taken {}",
            self.cut, self.died_in_call, self.never_taken
        )?;
        writeln!(f, "webhooks {} and {} repeated, files in /out {}", self.hooks, self.hooks_repeated, self.out_files)?;
        writeln!(
            f,
            "objects that rows name {}, objects that no row names {}, runs of unused control numbers {}",
            self.objects, self.objects_unnamed, self.gaps
        )
    }
}

/// Audits a home whose gateway runs and has settled everything. It is stopped then.
pub(super) fn audit(life: &mut Life) -> Audit {
    let mut audit = Audit { files: life.files.len() as u64, again: life.again, ..Audit::default() };
    nothing_is_left(life);
    for file in &life.files {
        became_what_it_must(life, file);
    }
    payer_took_each_claim_once(life, &mut audit);
    unknown_only_where_a_call_was_cut(life, &mut audit);
    webhooks_came(life, &mut audit);
    acknowledgments_lie_in_out(life, &mut audit);
    objects_are_there(life, &mut audit);
    life.gateway.stop();
    ledger_holds(life, &mut audit);
    audit
}

fn ask(life: &Life, query: &str) -> Vec<String> {
    rows(life.gateway.data(), query)
}

fn count(life: &Life, query: &str) -> u64 {
    value(life.gateway.data(), query).parse().unwrap()
}

fn nothing_is_left(life: &Life) {
    for (what, query) in [
        ("receipts under way", "SELECT count(*) FROM receipt WHERE state IN ('staged', 'received')"),
        ("receipts in quarantine", "SELECT count(*) FROM receipt WHERE state = 'quarantined'"),
        ("interchanges under way", "SELECT count(*) FROM interchange WHERE state = 'staged'"),
        ("sets under way", "SELECT count(*) FROM transaction_set WHERE state = 'open'"),
        ("jobs", "SELECT count(*) FROM outbox"),
        ("deliveries under way", "SELECT count(*) FROM delivery WHERE state IN ('sending', 'unknown', 'sent')"),
        ("ways to delivery", "SELECT count(*) FROM deliverable"),
        ("items in quarantine", "SELECT count(*) FROM item_now WHERE state = 'quarantined'"),
        ("webhooks that did not come", "SELECT count(*) FROM notification WHERE state <> 'delivered'"),
        ("acknowledgments that are owed", "SELECT count(*) FROM owed_acknowledgment WHERE came_at IS NULL"),
        (
            "alarms of unknown deliveries",
            "SELECT count(*) FROM alarm WHERE kind = 'delivery-unknown' AND cleared_at IS NULL",
        ),
        ("answers to what was never asked", "SELECT count(*) FROM alarm WHERE kind LIKE '%-without-%'"),
        ("jobs in quarantine", "SELECT count(*) FROM alarm WHERE kind = 'job-quarantined'"),
    ] {
        assert_eq!(count(life, query), 0, "{what}\n{}", life.gateway.log());
    }
}

/// L1, L3: one acceptance a file, however often it came, and every claim at its end.
fn became_what_it_must(life: &Life, file: &Dropped) {
    let of_file = format!("sender = 'ZZ:{}' AND control_number = {}", file.owner.to_uppercase(), file.number);
    let accepted = ask(life, &format!("SELECT id FROM interchange WHERE {of_file} AND state = 'accepted'"));
    let others = format!("SELECT count(*) FROM interchange WHERE {of_file} AND state NOT IN ('accepted', 'duplicate')");
    assert_eq!((accepted.len(), count(life, &others)), (1, 0), "acceptances of a file that SFTP confirmed");
    let items = format!("SELECT state, count(*) FROM item_now WHERE interchange = '{}' GROUP BY state", accepted[0]);
    let mut expected = vec![format!("answered|{}", file.good())];
    if file.bad > 0 {
        expected.push(format!("rejected|{}", file.bad));
    }
    assert_eq!(ask(life, &items), expected);
}

/// L4, L5: by the payer's own record, which no kill ever touched.
fn payer_took_each_claim_once(life: &Life, audit: &mut Audit) {
    let (taken, claims) = (life.gateway.payer.taken(), life.gateway.payer.claims());
    let once: BTreeSet<&String> = claims.iter().collect();
    assert_eq!(once.len(), claims.len(), "a claim came to the payer twice");
    let answered = ask(life, "SELECT id FROM item_now WHERE state = 'answered'");
    assert_eq!(once, answered.iter().collect(), "the payer has every claim that is answered, and no other");
    let good: u64 = life.files.iter().map(Dropped::good).sum();
    assert_eq!(claims.len() as u64, good);
    let numbers: HashSet<u32> = taken.iter().map(|entry| entry.interchange.parse().unwrap()).collect();
    assert_eq!(numbers.len(), taken.len(), "an interchange control number came to the payer twice");
    let refused = ask(life, "SELECT control_number FROM delivery WHERE state = 'refused'");
    for number in &refused {
        assert!(!numbers.contains(&number.parse().unwrap()), "the payer took what it said that it never took");
    }
    (audit.claims, audit.never_taken) = (claims.len() as u64, refused.len() as u64);
}

fn unknown_only_where_a_call_was_cut(life: &Life, audit: &mut Audit) {
    let unknown = "SELECT e.reason, count(*) FROM event e JOIN delivery d ON d.id = e.subject WHERE e.state = 'unknown' GROUP BY 1";
    for row in ask(life, unknown) {
        let (reason, count) = row.split_once('|').unwrap();
        let count = count.parse().unwrap();
        match reason {
            "cut-after-sending" => audit.cut = count,
            "process-ended-in-call" => audit.died_in_call = count,
            other => panic!("a delivery was unknown by {other}"),
        }
    }
    assert!(audit.cut <= life.faults, "{} calls were cut, and {} were to be", audit.cut, life.faults);
    let kills = life.hits.len() as u64;
    assert!(audit.died_in_call <= kills, "{} calls died in {kills} kills", audit.died_in_call);
}

/// One webhook for each claim of a partner that has one, at least once, under one id.
fn webhooks_came(life: &Life, audit: &mut Audit) {
    let hooks = life.gateway.receiver.hooks();
    let mut ids: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
    let mut claims: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for hook in &hooks {
        let data = &hook.body["data"];
        let text = |value: &serde_json::Value| value.as_str().expect("a text").to_owned();
        ids.entry(text(&data["item"])).or_default().insert(&hook.id);
        claims.entry(text(&data["file"])).or_default().insert(text(&data["keys"]["claim_id"]));
    }
    for ids in ids.values() {
        assert_eq!(ids.len(), 1, "a claim's webhook came under two ids");
    }
    let owed = ask(life, "SELECT id FROM item_now WHERE state = 'answered' AND owner = 'clinic' ORDER BY id");
    assert_eq!(ids.into_keys().collect::<Vec<_>>(), owed);
    for file in life.files.iter().filter(|file| file.owner == "clinic") {
        let query = format!(
            "SELECT receipt FROM interchange WHERE sender = 'ZZ:CLINIC' AND control_number = {} AND state = 'accepted'",
            file.number
        );
        let told = &claims[&value(life.gateway.data(), &query)];
        assert_eq!(told.len() as u64, file.good(), "each good claim is told by its own id");
        assert!(told.iter().all(|claim| file.claims.contains(claim)));
    }
    (audit.hooks, audit.hooks_repeated) = (owed.len() as u64, (hooks.len() - owed.len()) as u64);
}

/// A 999 and a 277CA for each accepted interchange, and the payer's 277CA for each answer to its file: once, and each can be read.
fn acknowledgments_lie_in_out(life: &Life, audit: &mut Audit) {
    for owner in ["clinic", "other"] {
        let sftp = life.gateway.sftp(owner);
        let names = sftp.names();
        sftp.run("get out/*");
        let of = |start: String| names.iter().filter(|name| name.starts_with(&start)).count();
        let own = format!("partner = '{owner}'");
        for row in ask(life, &format!("SELECT id, state FROM interchange WHERE {own} ORDER BY id")) {
            let (id, state) = row.split_once('|').unwrap();
            assert!(["accepted", "duplicate"].contains(&state));
            assert_eq!((of(format!("999_{id}_")), of(format!("277CA_{id}_"))), (1, 1), "{owner}: {state} {names:?}");
        }
        let answers = format!(
            "SELECT DISTINCT a.source, n.receipt FROM answer a JOIN item_now n ON n.id = a.item WHERE n.owner = '{owner}'"
        );
        let answers = ask(life, &answers);
        for row in &answers {
            let (source, receipt) = row.split_once('|').unwrap();
            assert_eq!(of(format!("277CA-payer_{source}_{receipt}")), 1, "{owner}: {names:?}");
        }
        assert_eq!(of("277CA-payer_".to_owned()), answers.len(), "{owner}: {names:?}");
        let twice = format!(
            "SELECT count(*) FROM (SELECT a.item FROM answer a JOIN item_now n ON n.id = a.item
            WHERE n.owner = '{owner}' GROUP BY 1 HAVING count(*) > 1)"
        );
        assert_eq!(count(life, &twice), 0, "a claim was answered twice");
        audit.out_files += names.len() as u64;
    }
}

/// What a row names is on the disk. What is on the disk and not named is what a kill left behind: it does no harm, and is counted.
fn objects_are_there(life: &Life, audit: &mut Audit) {
    let named = "SELECT object FROM receipt UNION SELECT object FROM out_file UNION SELECT object FROM acknowledgment
        UNION SELECT payload FROM delivery UNION SELECT object FROM answer UNION SELECT object FROM item_now";
    let named: HashSet<String> = ask(life, named).into_iter().collect();
    let root = life.gateway.data().join("objects");
    for object in &named {
        assert!(root.join(object).is_file(), "a row names an object that is not there: {object}");
    }
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let object = path.strip_prefix(&root).unwrap().to_string_lossy().into_owned();
            assert!(!object.starts_with("spool"), "a spool outlived its work");
            audit.objects_unnamed += u64::from(!named.contains(&object));
        }
    }
    audit.objects = named.len() as u64;
}

/// L5, L6 and the audit chain, by the ledger's own reports on the closed file.
fn ledger_holds(life: &Life, audit: &mut Audit) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let file = life.gateway.data().join("ledger.db");
        let ledger = SqliteLedger::open(SqliteOptions::new(file)).await.unwrap();
        let line = ledger.conservation(None).await.unwrap();
        let received = life.files.iter().map(|file| file.claims.len() as u64).sum();
        let rejected = life.files.iter().map(|file| file.bad).sum();
        let expected = Conservation { received, answered: received - rejected, rejected, ..Conservation::default() };
        assert!(line == expected && line.holds(), "{line:?}");
        for partner in ["payer", "clinic", "other"] {
            let partner = partner.parse().unwrap();
            ledger.check_numbers(&partner).await.unwrap();
            audit.gaps += ledger.number_gaps(&partner).await.unwrap().len() as u64;
        }
        ledger.verify_audit().await.unwrap();
        ledger.close().await;
    });
    assert_eq!(value(life.gateway.data(), "PRAGMA integrity_check"), "ok");
}
