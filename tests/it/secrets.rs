//! Secrets that AWS keeps: the partners' here, the ledger's URL in every test on engines.

use std::fs;
use std::process::Command;

use crate::support::engines::Engines;
use crate::support::gateway::{Gateway, Options};
use crate::support::gnupg::Gnupg;
use crate::support::program::tradewind;
use crate::support::python::interpreter;
use crate::support::x12::claims;

/// Has AWS keep a secret.
fn put(engines: &Engines, service: &str, name: &str, value: &str) {
    let mut command = Command::new(interpreter());
    engines.give(&mut command);
    let aws = std::env::var("TRADEWIND_TEST_AWS").unwrap();
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/peers/secret.py");
    let output = command
        .args([script, service, name, value])
        .envs([("AWS_ENDPOINT_URL", aws.as_str()), ("AWS_DEFAULT_REGION", "us-east-1")])
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// A home whose clinic has its secrets with AWS, and their names.
fn prepared(gnupg: &Gnupg) -> (Gateway, Engines, [String; 2]) {
    let gateway = Gateway::prepared(&Options { gnupg: Some(gnupg), ..Options::default() });
    let engines = Engines::of(gateway.data())
        .expect("TRADEWIND_TEST_ENGINES is not set: scripts/test-engines sets it and starts what this test needs");
    let names = [format!("/{}/clinic/certificate", engines.name), format!("{}/clinic", engines.name)];
    let file = gateway.home().join("partners/clinic.toml");
    let text = fs::read_to_string(&file).unwrap();
    let text = text.replace("file:clinic.asc", &format!("aws-ssm:{}", names[0]));
    let text = text.replace("file:clinic.webhook-secret", &format!("aws-secretsmanager:{}#webhook", names[1]));
    fs::write(&file, text).unwrap();
    for name in ["clinic.asc", "clinic.webhook-secret"] {
        fs::remove_file(gateway.home().join("partners").join(name)).unwrap();
    }
    (gateway, engines, names)
}

fn json(webhook: &str) -> String {
    serde_json::json!({ "webhook": webhook }).to_string()
}

#[test]
fn a_rotated_secret_signs_what_comes_after_it() {
    let gnupg = Gnupg::new("ed25519", "cv25519");
    let (mut gateway, engines, [certificate, webhook]) = prepared(&gnupg);
    put(&engines, "ssm", &certificate, &String::from_utf8(gnupg.public()).unwrap());
    put(&engines, "secretsmanager", &webhook, &json(&gateway.receiver.secret));
    gateway.run();
    let ours = gnupg.import(&gateway.public_key());
    let sftp = gateway.sftp("clinic");
    sftp.put("first.x12.pgp", &gnupg.seal(&ours, claims(91, 2).as_bytes()));
    assert_eq!(gateway.receiver.wait_for(2).len(), 2);
    assert!(gnupg.open(&ours, &sftp.fetch("999_")).starts_with(b"ISA"));
    put(&engines, "secretsmanager", &webhook, &json(&gateway.receiver.rotate()));
    sftp.put("second.x12.pgp", &gnupg.seal(&ours, claims(92, 2).as_bytes()));
    assert_eq!(gateway.receiver.wait_for(4).len(), 4, "no process was started anew");
}

#[test]
fn a_secret_that_is_not_there_is_told_by_its_name_and_waited_for() {
    let gnupg = Gnupg::new("ed25519", "cv25519");
    let (mut gateway, engines, [certificate, webhook]) = prepared(&gnupg);
    put(&engines, "ssm", &certificate, &String::from_utf8(gnupg.public()).unwrap());
    let mut check = tradewind(gateway.folder());
    engines.give(&mut check);
    let checked = check.args(["check", "--home"]).arg(gateway.home()).output().unwrap();
    let said = String::from_utf8_lossy(&checked.stderr);
    assert_eq!(checked.status.code(), Some(1), "{said}");
    let told = format!("[webhook] secret: aws-secretsmanager:{webhook}#webhook: ");
    assert!(said.contains("1 problem(s)") && said.contains(&told), "{said}");
    let secret = gateway.receiver.secret.clone();
    let log = gateway.log_file();
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let waits = || fs::read_to_string(&log).is_ok_and(|log| log.contains("waiting for the secrets"));
            crate::support::wait::until("the wait for the secret", || waits().then_some(()));
            put(&engines, "secretsmanager", &webhook, &json(&secret));
        });
        gateway.run();
    });
    assert!(!gateway.log().contains(secret.trim_start_matches("whsec_")));
}
