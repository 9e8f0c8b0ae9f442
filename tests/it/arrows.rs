//! The arrows between the crates, read from each Cargo.toml.

use std::collections::BTreeSet;
use std::path::Path;

/// Each crate, and which of ours it may use.
const ARROWS: [(&str, &[&str]); 7] = [
    ("edi", &[]),
    ("compliance", &[]),
    ("ledger", &["edi", "compliance"]),
    ("broker", &["compliance"]),
    ("transfer", &["compliance"]),
    ("aws", &["compliance"]),
    ("api", &["edi", "compliance", "ledger", "broker", "transfer"]),
];

#[test]
fn crates_use_only_what_lies_below_them() {
    let mut forbidden = Vec::new();
    for (name, allowed) in ARROWS {
        for used in uses(name) {
            if !allowed.contains(&used.as_str()) {
                forbidden.push(format!("{name} -> {used}"));
            }
        }
    }
    assert!(forbidden.is_empty(), "forbidden arrows: {forbidden:?}");
}

#[test]
fn every_member_of_the_workspace_has_a_level() {
    let manifest = manifest(Path::new("Cargo.toml"));
    let members: BTreeSet<&str> =
        manifest["workspace"]["members"].as_array().unwrap().iter().filter_map(|m| m.as_str()).collect();
    assert_eq!(members, ARROWS.iter().map(|(name, _)| *name).collect());
}

/// The `edi` crate has no clock, no randomness, no I/O and no async.
#[test]
fn the_engine_is_pure() {
    let manifest = manifest(Path::new("edi/Cargo.toml"));
    for impure in ["tokio", "rand", "ring", "uuid", "reqwest", "sqlx", "async-trait", "futures"] {
        assert!(manifest["dependencies"].get(impure).is_none(), "edi depends on {impure}");
    }
}

fn uses(name: &str) -> Vec<String> {
    let manifest = manifest(&Path::new(name).join("Cargo.toml"));
    let ours = |table: &str| {
        let names = manifest.get(table).and_then(toml::Value::as_table).map(|t| t.keys().cloned().collect::<Vec<_>>());
        names.unwrap_or_default().into_iter().filter_map(|key| key.strip_prefix("tradewind-").map(str::to_owned))
    };
    ours("dependencies").chain(ours("dev-dependencies")).chain(ours("build-dependencies")).collect()
}

fn manifest(path: &Path) -> toml::Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    std::fs::read_to_string(path).unwrap().parse::<toml::Table>().map(toml::Value::Table).unwrap()
}
