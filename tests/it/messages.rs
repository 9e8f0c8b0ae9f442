//! Items on a queue, for a consumer of another language: the one that docs/messages.md shows.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::support::engines::{BUCKET, Engines, engines};
use crate::support::gateway::{Gateway, Options};
use crate::support::ledger::value;
use crate::support::python::interpreter;
use crate::support::wait::until;
use crate::support::x12::{all, claims, large_claim};

/// The first block of Python on a page.
fn example(page: &str) -> String {
    let page = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs").join(page)).unwrap();
    let (_, from) = page.split_once("```python\n").expect("a block of Python");
    from.split_once("```").expect("its end").0.to_owned()
}

#[test]
fn the_consumer_of_the_docs_reads_each_item_once() {
    assert!(
        engines(),
        "TRADEWIND_TEST_ENGINES is not set: scripts/test-engines sets it and starts what this test needs"
    );
    let mut gateway = Gateway::prepared(&Options::default());
    let partner = "[[identity]]\nqualifier = \"ZZ\"\nid = \"PAYER\"\n[deliver]\nby = \"queue\"\nusage = \"test\"\n";
    fs::write(gateway.home().join("partners/payer.toml"), partner).unwrap();
    gateway.run();
    let (file, large) = (claims(71, 39), large_claim(72));
    gateway.sftp("clinic").put("claims.x12", file.as_bytes());
    gateway.sftp("clinic").put("large.x12", large.as_bytes());
    until("every item's hand-over", || {
        (value(gateway.data(), "SELECT count(*) FROM item_now WHERE state = 'sent'") == "40").then_some(())
    });
    let script = gateway.folder().join("consumer.py");
    fs::write(&script, example("messages.md")).unwrap();
    let engines = Engines::of(gateway.data()).unwrap();
    let mut consumer = Command::new(interpreter());
    engines.give(&mut consumer);
    let output = consumer
        .arg(&script)
        .env("AMQP_URL", &engines.environment["TRADEWIND_IT_QUEUES"])
        .env("QUEUE", format!("{}.items.payer", engines.name))
        .env("KMS_KEY", &engines.key)
        .env("BUCKET", BUCKET)
        .env("PREFIX", format!("{}/", engines.name))
        .env("AWS_ENDPOINT_URL_S3", Engines::objects())
        .env("AWS_ENDPOINT_URL_KMS", std::env::var("TRADEWIND_TEST_AWS").unwrap())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let lines: Vec<Value> =
        String::from_utf8(output.stdout).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let ids: BTreeSet<&str> = lines.iter().map(|line| line["id"].as_str().unwrap()).collect();
    assert_eq!((lines.len(), ids.len()), (40, 40), "each item once");
    let text = lines.iter().map(Value::to_string).collect::<String>();
    assert!(lines.iter().any(|line| line.to_string().len() > 256 * 1024), "one of them is larger than a message");
    for claim in [all(&file, "CLM", 1), all(&large, "CLM", 1)].concat() {
        assert!(text.contains(&format!("\"{claim}\"")), "claim {claim} is among them");
    }
}
