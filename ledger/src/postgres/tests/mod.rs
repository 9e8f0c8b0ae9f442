//! The PostgreSQL backend on a real server: the contract, many writers, cuts and restarts, and the model of the state machine.

mod copy;
mod cuts;
mod full;
mod open;
mod proxy;
mod restart;
mod server;
mod support;
mod tls;
mod wakes;
mod weather;
mod writers;

use proptest::prelude::*;

use crate::contract::model;
use support::PostgresHarness;

mod contract {
    use super::PostgresHarness;

    crate::ledger_contract!(PostgresHarness::new().await);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn agrees_with_the_model(steps in model::steps()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async { model::agrees(&PostgresHarness::new().await, &steps).await });
    }
}
