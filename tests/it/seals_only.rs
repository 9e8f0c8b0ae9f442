//! A door that has the right to seal and none to open, before a gateway that has both.

use std::fs;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use serde_json::Value;
use tokio::runtime::Runtime;
use tradewind_compliance::CONTEXT_KEY_KIND;

use crate::support::engines::Engines;
use crate::support::forward::forward;
use crate::support::gateway::{Gateway, Options};
use crate::support::gnupg::Gnupg;
use crate::support::sftp::Sftp;
use crate::support::x12::claims;

/// KMS with the key policy of a door: it wraps, and of what is wrapped it gives search keys out and nothing else.
struct Policy {
    address: SocketAddr,
    desk: Arc<Desk>,
    _runtime: Runtime,
}

struct Desk {
    kms: String,
    granted: AtomicU64,
    denied: AtomicU64,
}

impl Policy {
    fn start(kms: &str) -> Self {
        let kms = kms.strip_prefix("http://").expect("http://HOST:PORT").trim_end_matches('/').to_owned();
        let desk = Arc::new(Desk { kms, granted: AtomicU64::new(0), denied: AtomicU64::new(0) });
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let listener = runtime.block_on(tokio::net::TcpListener::bind(("127.0.0.1", 0))).unwrap();
        let address = listener.local_addr().unwrap();
        let router = Router::new().fallback(decide).with_state(desk.clone());
        drop(runtime.spawn(async move { axum::serve(listener, router).await }));
        Self { address, desk, _runtime: runtime }
    }
}

async fn decide(State(desk): State<Arc<Desk>>, headers: HeaderMap, body: Bytes) -> (StatusCode, Bytes) {
    let target = headers.get("x-amz-target").map(|target| target.to_str().unwrap().to_owned()).unwrap_or_default();
    let asked: Value = serde_json::from_slice(&body).unwrap_or_default();
    let opens = target.starts_with("TrentService.") && target != "TrentService.Encrypt";
    if opens && asked["EncryptionContext"][CONTEXT_KEY_KIND] != "search" {
        desk.denied.fetch_add(1, Ordering::SeqCst);
        return (StatusCode::BAD_REQUEST, Bytes::from_static(br#"{"__type":"AccessDeniedException"}"#));
    }
    desk.granted.fetch_add(1, Ordering::SeqCst);
    forward(&desk.kms, &headers, &body).await
}

/// The door's process.
struct Door {
    process: Child,
    sftp: SocketAddr,
}

impl Door {
    fn start(home: &Path, engines: &Engines) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tradewind"));
        engines.give(&mut command);
        let log = fs::File::create(home.with_extension("log")).unwrap();
        let mut process = command
            .args(["serve", "--roles", "sftp", "--seals-only", "--home"])
            .arg(home)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines().map_while(Result::ok);
        let sftp = lines.find_map(|line| line.strip_prefix("sftp ").map(|address| address.parse().unwrap()));
        let sftp = sftp.unwrap_or_else(|| panic!("{}", fs::read_to_string(home.with_extension("log")).unwrap()));
        Self { process, sftp }
    }
}

impl Drop for Door {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[test]
fn a_door_without_the_right_to_decrypt_takes_files_in() {
    let gnupg = Gnupg::new("ed25519", "cv25519");
    let gateway = Gateway::with(&Options { gnupg: Some(&gnupg), ..Options::default() });
    let engines = Engines::of(gateway.data())
        .expect("TRADEWIND_TEST_ENGINES is not set: scripts/test-engines sets it and starts what this test needs");
    let kms = std::env::var("TRADEWIND_TEST_AWS").unwrap();
    let policy = Policy::start(&kms);
    let home = gateway.folder().join("door");
    assert!(Command::new("cp").arg("-r").arg(gateway.home()).arg(&home).status().unwrap().success());
    fs::remove_file(home.join("keys/pgp-secret.asc")).unwrap();
    let file = home.join("tradewind.toml");
    let text = fs::read_to_string(&file).unwrap().replace(&kms, &format!("http://{}", policy.address));
    fs::write(&file, text).unwrap();
    let door = Door::start(&home, &engines);
    let ours = gnupg.import(&gateway.public_key());
    let host = fs::read_to_string(home.join("keys/ssh_host_ed25519_key.pub")).unwrap();
    let sftp = Sftp::new("clinic", &home.join("clients/clinic/id_ed25519"), door.sftp, host.trim());
    // One that the gateway's own door takes first, so that there are keys which the other may not open.
    gateway.sftp("clinic").put("first.x12.pgp", &gnupg.seal(&ours, claims(93, 1).as_bytes()));
    assert_eq!(gateway.receiver.wait_for(1).len(), 1);
    for (name, file) in [("second.x12.pgp", claims(94, 1)), ("third.x12.pgp", claims(95, 2))] {
        sftp.put(name, &gnupg.seal(&ours, file.as_bytes()));
    }
    assert_eq!(gateway.receiver.wait_for(4).len(), 4);
    let name = sftp.names().into_iter().find(|name| name.starts_with("999_")).unwrap();
    let refused = sftp.batch(&format!("get out/{name} taken\n"));
    let said = String::from_utf8_lossy(&refused.stderr).to_lowercase();
    assert!(!refused.status.success() && said.contains("permission denied"), "{said}");
    let (granted, denied) = (policy.desk.granted.load(Ordering::SeqCst), policy.desk.denied.load(Ordering::SeqCst));
    assert!(
        granted >= 2 && denied == 0,
        "it asked {granted} times for what it may, {denied} times for what it may not"
    );
    assert!(gnupg.open(&ours, &gateway.sftp("clinic").get(&name)).starts_with(b"ISA"));
}
