//! The door of S3 events: files that somebody puts into a bucket.

use std::collections::BTreeSet;
use std::fs;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use serde_json::json;
use tokio::runtime::Runtime;

use crate::support::bucket::Bucket;
use crate::support::canary;
use crate::support::engines::Engines;
use crate::support::forward::forward;
use crate::support::gateway::{Gateway, Options};
use crate::support::gnupg::Gnupg;
use crate::support::ledger::{alarmed, conservation, rows, value};
use crate::support::program::tradewind;
use crate::support::wait::until;
use crate::support::x12::{all, claims};

/// Settlements of files with this outcome, by the process that runs.
fn files(gateway: &Gateway, outcome: &str) -> u64 {
    let metrics = gateway.rest("clinic").get("/metrics").text();
    let line = format!("tradewind_s3_files_total{{outcome=\"{outcome}\"}} ");
    metrics.lines().find_map(|found| found.strip_prefix(&line)).map_or(0, |count| count.parse().unwrap())
}

#[test]
fn an_encrypted_file_takes_the_trip_once_however_often_it_is_told_of() {
    let (bucket, gnupg) = (Bucket::make(), Gnupg::new("ed25519", "cv25519"));
    let gateway = Gateway::with(&Options { gnupg: Some(&gnupg), gateway: &bucket.toml(), ..Options::default() });
    let ours = gnupg.import(&gateway.public_key());
    let sftp = gateway.sftp("clinic");
    let fetch = |prefix: &str| String::from_utf8(gnupg.open(&ours, &sftp.fetch(prefix))).unwrap();
    let text = claims(81, 6);
    let sealed = gnupg.seal(&ours, text.as_bytes());
    bucket.put("clinic/in/CANARYNAME of Zoë+1.x12.pgp", &sealed);
    let first = fetch("999_");
    assert_eq!(all(&first, "IK5", 1), ["A"], "{first}");
    assert!(fetch("277CA_").contains("ISA*"));
    let hooks = gateway.receiver.wait_for(6);
    let file = format!("/v1/files/{}", hooks[0].body["data"]["file"].as_str().unwrap());
    assert_eq!(gateway.rest("clinic").get(&file).expect(200)["door"], json!("s3"));
    assert!(fetch("277CA-payer_").contains("ISA*"));
    // Told of again, and put again as it was.
    bucket.tell_again("clinic/in/CANARYNAME of Zoë+1.x12.pgp");
    bucket.put("clinic/in/CANARYNAME of Zoë+1.x12.pgp", &sealed);
    until("the repeats", || (files(&gateway, "repeated") == 2).then_some(()));
    bucket.settled(0);
    assert_eq!(sftp.names(), Vec::<String>::new(), "nothing is answered twice");
    // The same claims under another name are a duplicate, as over SFTP: the first answers again.
    bucket.put("clinic/in/again.pgp", &gnupg.seal(&ours, text.as_bytes()));
    assert_eq!(fetch("999_"), first);
    bucket.settled(0);
    let delivered: BTreeSet<String> = gateway.payer.claims().into_iter().collect();
    assert_eq!((delivered.len(), gateway.payer.claims().len()), (6, 6), "each claim went once");
    assert_eq!(value(gateway.data(), "SELECT count(*) FROM receipt WHERE door = 's3'"), "2");
    canary::assert_none(&gateway, &canary::of(&text));
    assert!(!gateway.log().contains("CANARYNAME"));
}

#[test]
fn what_pgp_does_not_vouch_for_is_answered_as_over_sftp() {
    let (bucket, gnupg) = (Bucket::make(), Gnupg::new("ed25519", "cv25519"));
    let gateway = Gateway::with(&Options { gnupg: Some(&gnupg), gateway: &bucket.toml(), ..Options::default() });
    let ours = gnupg.import(&gateway.public_key());
    let sftp = gateway.sftp("clinic");
    let text = claims(82, 2);
    let good = gnupg.seal(&ours, text.as_bytes());
    for (message, reason) in [
        (text.clone().into_bytes(), "plain-not-allowed"),
        (gnupg.write(&["--recipient", &ours, "--encrypt"], text.as_bytes()), "pgp-unsigned"),
        (good[..good.len() - 1].to_vec(), "pgp-truncated"),
    ] {
        let notice = || {
            let notice = String::from_utf8(gnupg.open(&ours, &sftp.fetch("notice_"))).unwrap();
            let lines = notice.lines().filter(|line| !line.starts_with("receipt:"));
            lines.map(str::to_owned).collect::<Vec<_>>()
        };
        bucket.put(&format!("clinic/in/{reason}"), &message);
        let by_bucket = notice();
        sftp.put(reason, &message);
        assert_eq!(by_bucket, notice(), "{reason}");
        assert!(by_bucket.iter().any(|line| line.contains(reason)), "{by_bucket:?}");
    }
    bucket.settled(0);
    assert_eq!(value(gateway.data(), "SELECT count(*) FROM interchange"), "0");
    assert_eq!(gateway.payer.taken().len(), 0, "nothing of it travelled");
}

#[test]
fn what_cannot_be_received_is_told_and_left_to_the_dead_letters() {
    let bucket = Bucket::make();
    let more = format!("{}[limits]\nfile-bytes-max = 20000\n", bucket.toml());
    let gateway = Gateway::with(&Options { gateway: &more, ..Options::default() });
    bucket.put("CANARYNAME/claims.x12", claims(83, 1).as_bytes());
    bucket.put("clinic/in/../in/CANARYNAME", claims(83, 1).as_bytes());
    bucket.put("clinic/in/CANARYNAME.x12", &vec![b'A'; 20_001]);
    bucket.put("clinic/in/", b"");
    bucket.put("clinic/in/folder/", b"");
    bucket.send("CANARYNAME");
    bucket.settled(4);
    let data = gateway.data();
    assert!(alarmed(data, "s3-file-left", "no-folder") && alarmed(data, "s3-file-left", "file-too-large"));
    assert_eq!(value(data, "SELECT count(*) FROM receipt"), "0");
    assert_eq!(files(&gateway, "folder"), 2);
    let log = gateway.log();
    assert!(log.contains("cannot be read; it is left") && !log.contains("CANARYNAME"), "{log}");
    // The others went on meanwhile.
    bucket.put("clinic/in/good.x12", claims(84, 1).as_bytes());
    assert!(gateway.sftp("clinic").fetch_text("999_").contains("ISA*"));
}

/// The way to SQS, on which the word that a file is received can be held up.
struct Way {
    address: SocketAddr,
    held: Arc<AtomicBool>,
    _runtime: Runtime,
}

impl Way {
    fn to(aws: &str) -> Self {
        let aws = aws.strip_prefix("http://").expect("http://HOST:PORT").trim_end_matches('/').to_owned();
        let held = Arc::<AtomicBool>::default();
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let listener = runtime.block_on(tokio::net::TcpListener::bind(("127.0.0.1", 0))).unwrap();
        let address = listener.local_addr().unwrap();
        let router = Router::new().fallback(pass).with_state((aws, held.clone()));
        drop(runtime.spawn(async move { axum::serve(listener, router).await }));
        Self { address, held, _runtime: runtime }
    }
}

async fn pass(
    State((aws, held)): State<(String, Arc<AtomicBool>)>,
    headers: HeaderMap,
    body: Bytes,
) -> (StatusCode, Bytes) {
    if held.load(Ordering::SeqCst) && headers["x-amz-target"] == "AmazonSQS.DeleteMessage" {
        std::future::pending::<()>().await;
    }
    forward(&aws, &headers, &body).await
}

/// A process that has this door alone, and opens nothing that was sealed.
struct Door {
    process: Child,
    log: PathBuf,
}

impl Door {
    fn open(gateway: &Gateway) -> Self {
        let log = gateway.folder().join("door.log");
        let file = fs::File::options().create(true).append(true).open(&log).unwrap();
        let mut command = tradewind(gateway.folder());
        Engines::of(gateway.data()).unwrap().give(&mut command);
        command.args(["serve", "--roles", "events", "--seals-only", "--home"]).arg(gateway.home());
        command.env("TRADEWIND_LOG", "info,tradewind=debug").stdout(Stdio::null()).stderr(file);
        Self { process: command.spawn().unwrap(), log }
    }

    /// Files that it began to read.
    fn reads(&self) -> usize {
        fs::read_to_string(&self.log).unwrap().matches("a file of a bucket is read").count()
    }
}

impl Drop for Door {
    fn drop(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}

#[test]
fn a_file_is_received_once_though_the_door_is_killed_on_the_way() {
    const FILES: u64 = 10;
    let bucket = Bucket::make();
    let way = Way::to(&std::env::var("TRADEWIND_TEST_AWS").unwrap());
    let toml = bucket.toml_by(&format!("http://{}", way.address));
    let mut gateway = Gateway::prepared(&Options { gateway: &toml, ..Options::default() });
    let mut others = Command::new(env!("CARGO_BIN_EXE_tradewind"));
    others.env("TRADEWIND_ROLES", "sftp,api,translate,deliver,answer,relay,watch");
    gateway.run_under(others);
    let mut door = Door::open(&gateway);
    let recorded = || value(gateway.data(), "SELECT count(*) FROM receipt WHERE door = 's3'");
    for file in 0..FILES {
        let (read, before) = (door.reads(), recorded());
        way.held.store(file % 2 == 1, Ordering::SeqCst);
        std::thread::scope(|scope| {
            scope.spawn(|| bucket.put(&format!("clinic/in/{file}.x12"), claims(900 + file, 60).as_bytes()));
            // Within the reading, and between the recording and the word to the queue.
            until("a file on its way", || {
                let there = if file % 2 == 0 { door.reads() > read } else { recorded() != before };
                there.then_some(())
            });
            drop(door);
        });
        door = Door::open(&gateway);
    }
    way.held.store(false, Ordering::SeqCst);
    let all_of_them = usize::try_from(FILES * 60).unwrap();
    assert_eq!(gateway.receiver.wait_for(all_of_them).len(), all_of_them);
    bucket.settled(0);
    assert_eq!(recorded(), FILES.to_string());
    let mut given = rows(gateway.data(), "SELECT count(*) FROM out_file WHERE kind = '999' GROUP BY receipt");
    given.dedup();
    assert_eq!(given, ["1"], "each file has one 999");
    let claims = gateway.payer.claims();
    let once: BTreeSet<&String> = claims.iter().collect();
    assert_eq!((claims.len(), once.len()), (all_of_them, all_of_them), "each claim went once");
    drop(door);
    gateway.stop();
    let line = conservation(gateway.data());
    assert!(line.holds() && (line.received, line.answered, line.in_flight) == (600, 600, 0), "{line:?}");
}

#[test]
fn a_door_that_cannot_open_says_why() {
    let bucket = Bucket::make();
    let gateway = Gateway::prepared(&Options::default());
    let said = |arguments: &[&str]| {
        let mut command = tradewind(gateway.folder());
        Engines::of(gateway.data()).unwrap().give(&mut command);
        let output = command.args(arguments).args(["--home", "home"]).output().unwrap();
        assert!(!output.status.success());
        String::from_utf8(output.stderr).unwrap()
    };
    let told = said(&["serve", "--roles", "events"]);
    assert!(told.contains("--roles: events needs [events] in tradewind.toml"), "{told}");
    let file = gateway.home().join("tradewind.toml");
    let more = "[[events.folder]]\nprefix = \"acme\"\npartner = \"acme\"\n";
    fs::write(&file, format!("{}{}{more}", fs::read_to_string(&file).unwrap(), bucket.toml())).unwrap();
    let told = said(&["check"]);
    assert!(told.contains("there is no partner acme") && told.contains("expected an end of `/`"), "{told}");
}
