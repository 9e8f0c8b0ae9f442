//! `tradewind payer`: the simulated payer in the foreground.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context;
use clap::Args;
use tokio::net::TcpListener;
use tradewind_compliance::WallClock;

use super::{Outcome, say, stopped, wait_for};
use crate::payer::{Payer, Planned, Record, start};

/// What `payer` takes.
#[derive(Args)]
pub(super) struct Arguments {
    /// The address to listen on; port 0 takes a free one
    #[arg(long, default_value = "127.0.0.1:8090", value_name = "ADDRESS")]
    listen: SocketAddr,
    /// The file that records what was taken; it is continued where it exists
    #[arg(long, value_name = "FILE")]
    record: PathBuf,
    /// A fault to show: slow[=MS], refuse, hang, cut, garbage or late, with :COUNT behind it for the first COUNT calls; may be given
    /// more than once, and changed by POST /faults
    #[arg(long = "fault", value_name = "FAULT")]
    faults: Vec<Planned>,
    /// Its name in the 277CA
    #[arg(long, default_value = "SIMULATED PAYER")]
    name: String,
    /// Its id in the 277CA; the receiver's of each interchange when left out
    #[arg(long)]
    id: Option<String>,
}

pub(super) fn run(arguments: &Arguments) -> anyhow::Result<Outcome> {
    wait_for(async {
        let listener = TcpListener::bind(arguments.listen).await;
        let listener = listener.with_context(|| format!("cannot listen on {}", arguments.listen))?;
        let payer = Payer {
            record: Record::open(&arguments.record)?,
            faults: arguments.faults.clone(),
            name: arguments.name.clone(),
            id: arguments.id.clone(),
            clock: Arc::new(WallClock),
        };
        let stop = stopped()?;
        let running = start(listener, payer, stop)?;
        say(&format!("the simulated payer listens on http://{}", running.address()));
        for fault in &arguments.faults {
            say(&format!("  fault: {fault}"));
        }
        running.ended().await;
        Ok(Outcome::Clean)
    })
}
