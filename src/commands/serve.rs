//! `tradewind serve`: the gateway, until it is told to stop.

use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::Command;

use clap::Args;
use tokio::signal::unix::{SignalKind, signal};

use super::{Outcome, put, say};
use crate::home::{self, Addresses};
use crate::wiring::{self, Doors};
use crate::{config, logging};

/// What `serve` takes.
#[derive(Args)]
pub(super) struct Arguments {
    /// The home folder; made with a clinic and a simulated payer to try things with, where there is none
    #[arg(long, default_value = "tradewind-home", env = "TRADEWIND_HOME")]
    home: PathBuf,
    /// Log as JSON, one object a line
    #[arg(long)]
    log_json: bool,
}

pub(super) fn run(arguments: &Arguments) -> anyhow::Result<Outcome> {
    bound_memory_pools();
    logging::start(arguments.log_json);
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(serve(arguments))
}

async fn serve(arguments: &Arguments) -> anyhow::Result<Outcome> {
    let home = &arguments.home;
    if !home::exists(home) {
        let gateway = config::Gateway::default();
        let addresses = Addresses {
            sftp: gateway.sftp.listen,
            api: gateway.api.listen,
            payer: gateway.payer.listen,
            webhook: None,
        };
        home::create(home, &addresses)?;
        say(&format!("made {}: clients/clinic holds what the clinic needs to try the gateway", home.display()));
    }
    let config = config::load(home)?;
    let doors = Doors::bind(&config).await?;
    let mut stop = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let gateway = wiring::start(config, doors).await?;
    let payer = gateway.payer.as_ref().map(|(address, _)| format!("payer http://{address}\n")).unwrap_or_default();
    put(&format!("sftp {}\napi http://{}\n{payer}ready\n", gateway.sftp, gateway.api))?;
    tokio::select! {
        _ = stop.0.recv() => {}
        _ = stop.1.recv() => {}
    }
    say("stopping");
    gateway.stop().await;
    Ok(Outcome::Clean)
}

/// Starts the program anew with few memory pools, once. The system's allocator takes as many as sixteen, and what a batch leaves in each
/// of them adds up to several times what is in use; it reads this setting only when a process starts.
fn bound_memory_pools() {
    const SETTING: &str = "MALLOC_ARENA_MAX";
    if std::env::var_os(SETTING).is_some() {
        return;
    }
    let Ok(program) = std::env::current_exe() else { return };
    // It returns only where it failed; then the pools stay as they are.
    let _ = Command::new(program).args(std::env::args_os().skip(1)).env(SETTING, "2").exec();
}
