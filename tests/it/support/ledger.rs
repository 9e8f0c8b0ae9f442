//! Looks into the ledger of a data folder, with the database's own program or with ours.

use std::path::Path;

use tradewind_ledger::Conservation;

use super::client::SQLITE;
use super::engines::Engines;
use super::program::tradewind;

/// The rows of a query, columns separated by `|`. The gateway may be running.
pub(crate) fn rows(data: &Path, query: &str) -> Vec<String> {
    if let Some(engines) = Engines::of(data) {
        return engines.rows(query);
    }
    let mut command = SQLITE.command();
    command.args(["-readonly", "-cmd", ".timeout 10000"]).arg(data.join("ledger.db")).arg(query);
    let output = SQLITE.succeed(&mut command);
    String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect()
}

/// The single value of a query.
pub(crate) fn value(data: &Path, query: &str) -> String {
    rows(data, query).into_iter().next().unwrap_or_default()
}

/// Whether an alarm of this kind and reason was opened.
pub(crate) fn alarmed(data: &Path, kind: &str, reason: &str) -> bool {
    value(data, &format!("SELECT count(*) FROM alarm WHERE kind = '{kind}' AND reason = '{reason}'")) != "0"
}

/// Where every item is (L6).
pub(crate) fn conservation(data: &Path) -> Conservation {
    let home = data.parent().unwrap();
    let mut command = tradewind(home);
    if let Some(engines) = Engines::of(data) {
        engines.give(&mut command);
    }
    let output = command.args(["ledger", "status", "--json", "--home"]).arg(home).output().unwrap();
    let told: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let count = |name: &str| told[name].as_u64().unwrap();
    Conservation {
        received: count("received"),
        answered: count("answered"),
        rejected: count("rejected"),
        quarantined: count("quarantined"),
        in_flight: count("in_flight"),
        unknown: count("unknown"),
    }
}
