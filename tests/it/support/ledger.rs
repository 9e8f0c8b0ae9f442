//! Looks into the ledger of a data folder, with SQLite's own program or with the library.

use std::path::Path;

use tradewind_ledger::{Conservation, Reports, SqliteLedger, SqliteOptions};

use super::client::SQLITE;

/// The rows of a query, columns separated by `|`. The gateway may be running.
pub(crate) fn rows(data: &Path, query: &str) -> Vec<String> {
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
    value(data, &format!("SELECT count(*) FROM alarm WHERE kind = '{kind}' AND reason IS '{reason}'")) != "0"
}

/// Where every item is (L6). The gateway must be stopped.
pub(crate) fn conservation(data: &Path) -> Conservation {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let ledger = SqliteLedger::open(SqliteOptions::new(data.join("ledger.db"))).await.unwrap();
        let line = ledger.conservation(None).await.unwrap();
        ledger.close().await;
        line
    })
}
