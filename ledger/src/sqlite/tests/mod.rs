//! The SQLite backend on real files: the contract, sudden ends, a full disk, and a model of the state machine.

mod crash;
mod open;

use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;
use proptest::prelude::*;
use tempfile::TempDir;

use crate::contract::{Harness, model};
use crate::{Ledger, SqliteLedger, SqliteOptions};

/// A ledger file in a folder of its own.
pub(super) struct SqliteHarness {
    folder: TempDir,
}

impl SqliteHarness {
    pub(super) fn new() -> Self {
        Self { folder: TempDir::new().unwrap() }
    }

    pub(super) fn path(&self) -> PathBuf {
        self.folder.path().join("ledger.db")
    }

    pub(super) async fn sqlite(&self) -> SqliteLedger {
        SqliteLedger::open(SqliteOptions::new(self.path())).await.unwrap()
    }
}

#[async_trait]
impl Harness for SqliteHarness {
    async fn open(&self) -> Arc<dyn Ledger> {
        Arc::new(self.sqlite().await)
    }
}

mod contract {
    use super::SqliteHarness;

    crate::ledger_contract!(SqliteHarness::new());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn agrees_with_the_model(steps in model::steps()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(model::agrees(&SqliteHarness::new(), &steps));
    }
}
