//! How many claims a second pass through the ledger, beside a bare loop that inserts the same rows:
//! `cargo run --release -p tradewind-ledger --features postgres --example throughput -- postgres://…`. Without a URL, SQLite alone. On the
//! server it makes schemas of its own, named `throughput_…`, and drops them at the end. All rows are synthetic.
//!
//! Each round passes the same claims through three stores, one after the other, and each round another is first: the ledger; a store that
//! only gets the item rows; a store that gets every row a claim leaves behind. All three have the ledger's own tables, indexes and
//! durability, batches of one size, and one caller.

// It exists to print, and fails by panicking.
#![allow(clippy::print_stdout, clippy::expect_used, clippy::unwrap_used, clippy::indexing_slicing)]

mod bare;
mod claims;
mod way;

use std::sync::Arc;
use std::time::Duration;

use tradewind_ledger::*;

use bare::{Bare, Rows};
use claims::{CLAIMS, Round};

const ROUNDS: u64 = 7;

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        let folder = tempfile::tempdir().unwrap();
        let file = |name: &str| SqliteOptions::new(folder.path().join(name));
        let (items, all) = (Bare::sqlite(file("items.db")).await, Bare::sqlite(file("all.db")).await);
        compare("SQLite", Arc::new(SqliteLedger::open(file("ledger.db")).await.unwrap()), items, all).await;
        #[cfg(feature = "postgres")]
        if let Some(server) = std::env::args().nth(1) {
            let url = async |name| bare::schema(&server, name).await;
            let options = PostgresOptions::new(&url("throughput_ledger").await).unwrap();
            let items = Bare::postgres(&url("throughput_items").await).await;
            let all = Bare::postgres(&url("throughput_all").await).await;
            let ledger = PostgresLedger::open(options).await.unwrap();
            compare("PostgreSQL", Arc::new(ledger), items, all).await;
            for name in ["throughput_ledger", "throughput_items", "throughput_all"] {
                bare::drop_schema(&server, name).await;
            }
        }
    });
}

/// One round's times.
#[derive(Default)]
struct Times {
    ledger: way::Times,
    items: Duration,
    all: Duration,
}

async fn compare(name: &str, ledger: Arc<dyn Ledger>, mut items: Bare, mut all: Bare) {
    let mut rounds = Vec::new();
    // The first round only warms up.
    for number in 0..=ROUNDS {
        let round = Round::new(number);
        let mut times = Times::default();
        for turn in 0..3 {
            match (number + turn) % 3 {
                0 => times.ledger = way::pass(&*ledger, &round).await,
                1 => times.items = items.insert(&round, Rows::Items).await,
                _ => times.all = all.insert(&round, Rows::All).await,
            }
        }
        if number > 0 {
            rounds.push(times);
        }
    }
    assert!(ledger.conservation(None).await.unwrap().holds());
    println!("{name}: {CLAIMS} claims a round, medians of {ROUNDS} rounds");
    let rate = |what: &str, of: &dyn Fn(&Times) -> Duration| {
        println!(
            "  {what:<44} {:>9.0} claims/s",
            median(rounds.iter().map(|times| CLAIMS as f64 / of(times).as_secs_f64()))
        );
    };
    rate("staged", &|times| times.ledger.staged);
    rate("accepted", &|times| times.ledger.accepted);
    rate("delivered", &|times| times.ledger.delivered);
    rate("answered", &|times| times.ledger.answered);
    rate("the ledger's whole way", &|times| times.ledger.whole());
    rate("bare: the item rows", &|times| times.items);
    rate("bare: every row", &|times| times.all);
    let ratio = |what: &str, of: &dyn Fn(&Times) -> Duration, bare: &dyn Fn(&Times) -> Duration| {
        let each = sorted(rounds.iter().map(|times| bare(times).as_secs_f64() / of(times).as_secs_f64()));
        println!("  {what:<44} {:>9.2} ({:.2} to {:.2})", each[each.len() / 2], each[0], each[each.len() - 1]);
    };
    ratio("staging ÷ bare, the item rows", &|times| times.ledger.staged, &|times| times.items);
    ratio("whole way ÷ bare, every row", &|times| times.ledger.whole(), &|times| times.all);
    ratio("whole way ÷ bare, the item rows", &|times| times.ledger.whole(), &|times| times.items);
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let values = sorted(values);
    values[values.len() / 2]
}

fn sorted(values: impl Iterator<Item = f64>) -> Vec<f64> {
    let mut values: Vec<f64> = values.collect();
    values.sort_unstable_by(f64::total_cmp);
    values
}
