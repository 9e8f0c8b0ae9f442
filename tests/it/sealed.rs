//! What lies in the data folder of the running program: an open format, that fails closed, under keys that rotate.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::future::Future;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use tradewind_compliance::esdk::{FRAME_BYTES, Header, HeaderLimits};
use tradewind_compliance::keys::{BranchKeys, BranchKeysParts, KeyCacheLimits, LocalKeyManager};
use tradewind_compliance::{EncryptionContext, PartnerId, WallClock};
use tradewind_ledger::{SqliteLedger, SqliteOptions};

use crate::support::gateway::Gateway;
use crate::support::ledger::{rows, value};
use crate::support::rest::{JSON, X12};
use crate::support::x12::{claims, inquiries};

/// A sealed object: its key, its bytes, and what its header says.
struct Object {
    key: String,
    bytes: Vec<u8>,
    partner: String,
    version: u32,
    context: EncryptionContext,
}

/// Every sealed object of a gateway.
fn objects(gateway: &Gateway) -> Vec<Object> {
    let root = gateway.data().join("objects");
    let mut found = Vec::new();
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
            if entry.file_type().unwrap().is_dir() {
                folders.push(entry.path());
            } else {
                found.push(object(&root, &entry.path()));
            }
        }
    }
    found.sort_by(|one, other| one.key.cmp(&other.key));
    found
}

fn object(root: &Path, path: &Path) -> Object {
    let bytes = fs::read(path).unwrap();
    let key = path.strip_prefix(root).unwrap().to_str().unwrap().to_owned();
    let parsed = Header::parse(&bytes, &HeaderLimits::default()).ok().flatten();
    let header = parsed.unwrap_or_else(|| panic!("{key} is no sealed object")).0;
    let wrapped = &header.wrapped_keys()[0];
    assert_eq!(wrapped.namespace(), Some("tradewind"), "{key}");
    let (partner, version) = wrapped.key_name().unwrap().split_once('/').unwrap();
    let (partner, version) = (partner.to_owned(), version.parse().unwrap());
    Object { key, partner, version, context: header.context().clone(), bytes }
}

/// The keys of a home, opened beside the program or after its end.
fn with_keys<T, F: Future<Output = T>>(
    gateway: &Gateway,
    work: impl FnOnce(Arc<LocalKeyManager>, BranchKeys) -> F,
) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let manager = LocalKeyManager::open(&gateway.home().join("keys/root.key"), gateway.data()).unwrap();
        let manager = Arc::new(manager);
        let ledger = SqliteLedger::open(SqliteOptions::new(gateway.data().join("ledger.db"))).await.unwrap();
        let keys = BranchKeys::new(BranchKeysParts {
            tenant: "default".parse().unwrap(),
            manager: manager.clone(),
            store: Arc::new(ledger.clone()),
            clock: Arc::new(WallClock),
            limits: KeyCacheLimits::default(),
        });
        let done = work(manager, keys).await;
        ledger.close().await;
        done
    })
}

/// The branch keys that objects are sealed under, in clear.
fn branch_keys(gateway: &Gateway, objects: &[Object]) -> BTreeMap<(String, u32), String> {
    let used: BTreeSet<(String, u32)> = objects.iter().map(|object| (object.partner.clone(), object.version)).collect();
    with_keys(gateway, |_, keys| async move {
        let mut exported = BTreeMap::new();
        for (partner, version) in used {
            let key = keys.export_branch_key(&partner.parse().unwrap(), version).await.unwrap();
            exported.insert((partner, version), STANDARD.encode(key.expose()));
        }
        exported
    })
}

/// What the PyPI package aws-encryption-sdk, an implementation that shares no code with ours, makes of objects under the context that
/// their place and partner ask for.
fn opened_by_others(objects: &[Object], keys: &BTreeMap<(String, u32), String>) -> BTreeMap<String, Vec<u8>> {
    let folder = tempfile::tempdir().unwrap();
    let mut cases = Vec::new();
    for (object, number) in objects.iter().zip(0..) {
        let purpose = object.key.split('/').next().unwrap();
        let context = serde_json::json!({
            "tw-tenant": "default", "tw-partner": object.partner, "tw-object": object.key, "tw-purpose": purpose,
        });
        fs::write(folder.path().join(format!("{number}.sealed")), &object.bytes).unwrap();
        cases.push(serde_json::json!({
            "name": number.to_string(), "key": keys[&(object.partner.clone(), object.version)], "namespace": "tradewind",
            "key_name": format!("{}/{}", object.partner, object.version), "context": context, "frame_bytes": FRAME_BYTES,
        }));
    }
    fs::write(folder.path().join("cases.json"), serde_json::to_vec(&cases).unwrap()).unwrap();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let python = std::env::var_os("TRADEWIND_PYTHON").map_or_else(|| root.join(".venv/bin/python"), PathBuf::from);
    let script = root.join("compliance/tests/aws_encryption_sdk_peer.py");
    let output = Command::new(&python).arg(script).arg("open").arg(folder.path()).output();
    let output = output.unwrap_or_else(|error| panic!("{}: {error}; run `make test-tools`", python.display()));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}\nif a package is missing, run `make test-tools`");
    let plain = |number: usize| fs::read(folder.path().join(format!("{number}.plain"))).unwrap();
    objects.iter().zip(0..).map(|(object, number)| (object.key.clone(), plain(number))).collect()
}

/// Claims over both doors and an inquiry under a key, done with.
fn after_a_trip() -> (Gateway, String) {
    let gateway = Gateway::start();
    let file = claims(111, 4);
    let (sftp, clinic) = (gateway.sftp("clinic"), gateway.rest("clinic"));
    sftp.put("claims.x12", file.as_bytes());
    clinic.post("/v1/transactions", X12, claims(112, 2).as_bytes()).expect(202);
    let key = [("idempotency-key", "inquiry"), ("accept", JSON)];
    clinic.post_with("/v1/eligibility", X12, &key, inquiries(113, 1).as_bytes()).expect(200);
    gateway.receiver.wait_for(6);
    sftp.fetch("277CA-payer_");
    sftp.fetch("277CA-payer_");
    (gateway, file)
}

#[test]
fn every_object_of_a_trip_is_opened_by_the_aws_encryption_sdk() {
    let (mut gateway, file) = after_a_trip();
    gateway.stop();
    let objects = objects(&gateway);
    let plain = opened_by_others(&objects, &branch_keys(&gateway, &objects));
    let kinds: BTreeSet<&str> = objects.iter().map(|object| object.key.split('/').next().unwrap()).collect();
    assert_eq!(kinds, BTreeSet::from(["items", "out", "payload", "received", "response"]));
    let received = value(gateway.data(), "SELECT object FROM receipt WHERE door = 'sftp'");
    assert!(plain[&received] == file.as_bytes(), "what came in at the door, byte for byte");
    let payloads: Vec<&Vec<u8>> =
        plain.iter().filter(|(key, _)| key.starts_with("payload/")).map(|(_, text)| text).collect();
    assert!(payloads.len() >= 2 && payloads.iter().all(|text| text.starts_with(b"ISA*")));
    let named = "SELECT object FROM receipt UNION SELECT payload FROM delivery UNION SELECT object FROM out_file UNION \
                 SELECT object FROM acknowledgment UNION SELECT object FROM answer UNION SELECT body FROM idempotency_key UNION \
                 SELECT object FROM transaction_set JOIN item ON set_id = transaction_set.id";
    let named: BTreeSet<String> = rows(gateway.data(), named).into_iter().filter(|key| !key.is_empty()).collect();
    let there: BTreeSet<String> = objects.iter().map(|object| object.key.clone()).collect();
    assert!(named.is_subset(&there), "the ledger names what is not there: {:?}", named.difference(&there));
    for object in &objects {
        assert_eq!(object.context.value("tw-object"), Some(object.key.as_str()), "an object is bound to its place");
    }
}

#[test]
fn a_flipped_byte_a_swapped_object_and_another_context_fail_closed() {
    let (gateway, _) = after_a_trip();
    let sftp = gateway.sftp("clinic");
    let out = |kind: &str| {
        let query = format!("SELECT name, object FROM out_file WHERE kind = '{kind}' ORDER BY name LIMIT 1");
        let row = value(gateway.data(), &query);
        let (name, object) = row.split_once('|').unwrap();
        (name.to_owned(), gateway.data().join("objects").join(object))
    };
    let ((name, path), (_, other)) = (out("999"), out("277CA"));
    let (good, foreign) = (fs::read(&path).unwrap(), fs::read(&other).unwrap());
    let content = sftp.get(&name);
    let received = objects(&gateway).into_iter().find(|object| object.key.starts_with("received/")).unwrap();
    let flipped = |at: usize| {
        let mut bytes = good.clone();
        bytes[at] ^= 1;
        bytes
    };
    let cases = [
        ("a byte of the header", flipped(40)),
        ("a byte of the content", flipped(good.len() - 40)),
        ("the last byte", flipped(good.len() - 1)),
        ("cut", good[..good.len() - 1].to_vec()),
        ("grown", [&good[..], b"x"].concat()),
        ("another file of /out", foreign),
        ("an object of another purpose", received.bytes),
        ("nothing", Vec::new()),
    ];
    for (case, bytes) in cases {
        fs::write(&path, bytes).unwrap();
        sftp.local("download", b"");
        let output = sftp.batch(&format!("get \"out/{name}\" download"));
        let got = fs::read(sftp.local("unused", b"").with_file_name("download")).unwrap();
        assert!(!output.status.success() && got.is_empty(), "{case}: {} bytes", got.len());
    }
    fs::write(&path, good).unwrap();
    assert_eq!(sftp.get(&name), content);

    // Items that were changed are not shown, and not half.
    let answer = value(gateway.data(), "SELECT item, object FROM answer WHERE kind = '277CA' LIMIT 1");
    let (item, object) = answer.split_once('|').unwrap();
    let path = gateway.data().join("objects").join(object);
    let mut bytes = fs::read(&path).unwrap();
    let at = bytes.len() - 40;
    bytes[at] ^= 1;
    fs::write(&path, bytes).unwrap();
    let shown = gateway.rest("clinic").get(&format!("/v1/transactions/{item}"));
    assert_eq!((shown.status, shown.problem().as_str()), (500, "internal"));
}

#[test]
fn keys_are_rotated_and_wrapped_anew_under_load_and_no_object_changes() {
    let mut gateway = Gateway::start();
    let partner: PartnerId = "clinic".parse().unwrap();
    let drop =
        |gateway: &Gateway, seed: u64| gateway.sftp("clinic").put(&format!("{seed}.x12"), claims(seed, 2).as_bytes());
    drop(&gateway, 120);
    let rewrapped = std::thread::scope(|scope| {
        let gateway = &gateway;
        let load = scope.spawn(move || (121..127).for_each(|seed| drop(gateway, seed)));
        let mut rewrapped = 0;
        while !load.is_finished() {
            rewrapped += with_keys(gateway, |manager, keys| {
                let partner = partner.clone();
                async move {
                    keys.rotate(&partner).await.unwrap();
                    manager.add_root().unwrap();
                    keys.rewrap_all().await.unwrap().rewrapped
                }
            });
        }
        load.join().unwrap();
        rewrapped
    });
    assert!(rewrapped > 0);
    gateway.receiver.wait_for(14);
    gateway.stop();
    let before: BTreeMap<String, Vec<u8>> =
        objects(&gateway).into_iter().map(|object| (object.key, object.bytes)).collect();
    // The program may have made a key under the root that it knew; this is why a root is retired only when nothing is left under it.
    with_keys(&gateway, |_, keys| async move { keys.rewrap_all().await.unwrap() });
    let roots = rows(gateway.data(), "SELECT DISTINCT root FROM branch_key");
    assert_eq!(roots.len(), 1, "every key stands under the newest root: {roots:?}");
    let newest: u32 = roots[0].trim_start_matches("local/").parse().unwrap();
    with_keys(&gateway, |manager, keys| async move {
        assert_eq!(keys.rewrap_all().await.unwrap().rewrapped, 0);
        (1..newest).for_each(|version| manager.retire_root(version).unwrap());
    });

    // Only the newest root is left: what was sealed before all of this still opens, and new objects stand under the newest branch key.
    gateway.run();
    drop(&gateway, 127);
    gateway.receiver.wait_for(16);
    let sftp = gateway.sftp("clinic");
    for name in sftp.names() {
        assert!(sftp.get(&name).starts_with(b"ISA*"), "{name}");
    }
    gateway.stop();
    let after = objects(&gateway);
    let latest =
        value(gateway.data(), "SELECT max(version) FROM branch_key WHERE partner = 'clinic' AND kind = 'branch'");
    let latest: u32 = latest.parse().unwrap();
    let (old, new): (Vec<&Object>, Vec<&Object>) = after.iter().partition(|object| before.contains_key(&object.key));
    assert!(
        old.len() == before.len() && old.iter().all(|object| before[&object.key] == object.bytes),
        "bodies stay as they are"
    );
    assert!(old.iter().any(|object| object.partner == "clinic" && object.version < latest));
    let mut of_clinic = new.iter().filter(|object| object.partner == "clinic").peekable();
    assert!(of_clinic.peek().is_some() && of_clinic.all(|object| object.version == latest));
    opened_by_others(&after, &branch_keys(&gateway, &after));
}

#[test]
fn a_shredded_partner_cannot_be_read_by_anybody_and_the_others_go_on() {
    let (mut gateway, _) = after_a_trip();
    gateway.sftp("other").put("others.tmp", b"synthetic");
    gateway.stop();
    let objects = objects(&gateway);
    let keys = branch_keys(&gateway, &objects);
    let shredded = with_keys(&gateway, |_, keys| async move {
        let partner: PartnerId = "clinic".parse().unwrap();
        let count = keys.shred(&partner).await.unwrap();
        assert!(keys.export_branch_key(&partner, 1).await.is_err());
        count
    });
    assert!(shredded >= 2, "its branch key and its search key");
    for key in keys.iter().filter(|((partner, _), _)| partner == "clinic").map(|(_, key)| STANDARD.decode(key).unwrap())
    {
        let mut files = vec![
            gateway.data().join("ledger.db"),
            gateway.data().join("ledger.db-wal"),
            gateway.home().join("keys/root.key"),
        ];
        files.retain(|file| file.exists());
        let stands = |file: &PathBuf| memchr::memmem::find(&fs::read(file).unwrap(), &key).is_some();
        assert!(!files.iter().any(stands), "the key in clear");
    }
    let wrapped = "SELECT count(*) FROM branch_key WHERE partner = 'clinic' AND wrapped IS NOT NULL";
    assert_eq!(value(gateway.data(), wrapped), "0");
    gateway.run();
    let (sftp, clinic) = (gateway.sftp("clinic"), gateway.rest("clinic"));
    for name in sftp.names() {
        assert!(!sftp.batch(&format!("get \"out/{name}\" download")).status.success(), "{name}");
    }
    let item = value(gateway.data(), "SELECT id FROM item_now WHERE owner = 'clinic' LIMIT 1");
    assert_eq!(clinic.get(&format!("/v1/transactions/{item}")).status, 500);
    assert!(!sftp.try_put("more.x12", claims(114, 1).as_bytes()).status.success(), "nothing more is sealed for it");
    let others = gateway.sftp("other");
    others.put("others.x12", claims(115, 1).replace("CLINIC  ", "OTHER   ").as_bytes());
    others.fetch("277CA-payer_");
}
