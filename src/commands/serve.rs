//! `tradewind serve`: the gateway, until it is told to stop.

use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::Command;

use clap::Args;

use super::{Outcome, put, say, stopped};
use crate::home::{self, Addresses};
use crate::roles::{Process, Role, Roles};
use crate::wiring::{self, Doors};
use crate::{config, logging};

/// What `serve` takes.
#[derive(Args)]
pub(super) struct Arguments {
    /// The home folder; made with a clinic and a simulated payer to try things with, where there is none
    #[arg(long, default_value = "tradewind-home", env = "TRADEWIND_HOME")]
    home: PathBuf,
    /// What this process does, as in sftp,api; all of it when left out
    #[arg(long, value_delimiter = ',', env = "TRADEWIND_ROLES")]
    roles: Vec<Role>,
    /// Seal with branch keys of this process's own, and open none: for a door that has no right to decrypt
    #[arg(long, env = "TRADEWIND_SEALS_ONLY")]
    seals_only: bool,
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
    let roles = if arguments.roles.is_empty() { Roles::default() } else { arguments.roles.iter().copied().collect() };
    let process = Process { roles, seals_only: arguments.seals_only };
    let doors = Doors::bind(&config, &process.roles).await?;
    let mut stopped = std::pin::pin!(stopped()?);
    let gateway = tokio::select! {
        started = wiring::start(config, &process, doors) => started?,
        () = &mut stopped => return Ok(Outcome::Clean),
    };
    let at = &gateway.addresses;
    let lines = [
        at.sftp.map(|address| format!("sftp {address}\n")),
        at.api.map(|address| format!("api http://{address}\n")),
        at.operations.map(|address| format!("operations http://{address}\n")),
        at.payer.map(|address| format!("payer http://{address}\n")),
    ];
    put(&format!("{}ready\n", lines.into_iter().flatten().collect::<String>()))?;
    stopped.await;
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
