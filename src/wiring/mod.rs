//! Puts the parts of a process together, by its configuration and its roles.

pub mod backends;
mod events;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tradewind_broker::backoff;
use tradewind_compliance::message::MessageSealer;
use tradewind_compliance::{Clock, IdSource, Vault, WallClock};
use tradewind_transfer::pgp::SecretCert;
use tradewind_transfer::sftp::{HostKey, SftpServer};

use crate::config::Config;
use crate::flow::{self, Flow, FlowGateway, FlowInbox, Workers};
use crate::payer::{self, Payer, Record};
use crate::roles::{Process, Role, Roles};
use crate::settings::{Settings, SettingsHandle};
use crate::{home, watch};
use backends::OpenLedger;

/// How long open sessions and requests may go on after a stop, while the rooms end, too.
const DRAIN: Duration = Duration::from_secs(10);
/// Failures after which the wait for an engine that is missing grows no more: about 4 s.
const FAILURES_COUNTED_MAX: u32 = 3;

/// The listeners of a process, bound before anything starts.
#[derive(Default)]
pub struct Doors {
    /// SFTP.
    pub sftp: Option<TcpListener>,
    /// REST.
    pub api: Option<TcpListener>,
    /// Health and metrics of a process without REST.
    pub operations: Option<TcpListener>,
    /// The simulated payer, if it is to run.
    pub payer: Option<TcpListener>,
}

impl Doors {
    /// Binds the addresses of a configuration that the roles need.
    ///
    /// # Errors
    /// When one cannot be bound.
    pub async fn bind(config: &Config, roles: &Roles) -> anyhow::Result<Self> {
        let gateway = &config.gateway;
        let api = roles.has(Role::Api);
        Ok(Self {
            sftp: bind(roles.has(Role::Sftp).then_some(gateway.sftp.listen)).await?,
            api: bind(api.then_some(gateway.api.listen)).await?,
            operations: bind(gateway.operations.listen.filter(|_| !api)).await?,
            payer: bind(gateway.payer.run.then_some(gateway.payer.listen)).await?,
        })
    }
}

async fn bind(address: Option<SocketAddr>) -> anyhow::Result<Option<TcpListener>> {
    let Some(address) = address else { return Ok(None) };
    TcpListener::bind(address).await.map(Some).with_context(|| format!("cannot listen on {address}"))
}

/// Where a process listens.
#[derive(Debug, Clone, Default)]
pub struct Addresses {
    /// SFTP.
    pub sftp: Option<SocketAddr>,
    /// REST.
    pub api: Option<SocketAddr>,
    /// Health and metrics of a process without REST.
    pub operations: Option<SocketAddr>,
    /// The simulated payer.
    pub payer: Option<SocketAddr>,
}

/// A gateway that runs.
pub struct Gateway {
    /// What the rooms share.
    pub flow: Arc<Flow>,
    /// Where it listens.
    pub addresses: Addresses,
    workers: Option<Workers>,
    server: Option<SftpServer>,
    tasks: Vec<JoinHandle<()>>,
    stop: CancellationToken,
    ledger: OpenLedger,
}

/// Starts everything that a home folder configures for the roles. Engines that other processes share are waited for.
///
/// # Errors
/// When a part cannot be opened, or the roles cannot be split so.
pub async fn start(config: Config, process: &Process, doors: Doors) -> anyhow::Result<Gateway> {
    let gateway = &config.gateway;
    let shared = gateway.ledger.url.is_some();
    let roles = &process.roles;
    process.check(shared, gateway.queues.url.is_some(), gateway.kms.is_some()).map_err(anyhow::Error::msg)?;
    tradewind_api::install_metrics();
    waited(true, "the secrets", async || Ok(config.fetch_secrets().await?)).await?;
    let managers = backends::key_managers(&config).await?;
    let (host, pgp) = own_keys(&config, process)?;
    let clock: Arc<dyn Clock> = Arc::new(WallClock);
    let ledger = waited(shared, "the ledger", async || OpenLedger::open(&config).await).await?;
    let elsewhere = gateway.objects.is_some();
    let store = waited(elsewhere, "the object store", async || backends::objects(&config).await).await?;
    let branch_keys = backends::branch_keys(&config, &ledger, managers.branch)?;
    let branch_keys = Arc::new(if process.seals_only { branch_keys.sealing_only() } else { branch_keys });
    let message_keys = managers.messages.unwrap_or_else(|| branch_keys.clone());
    let tenant = branch_keys.tenant().clone();
    let flow = Arc::new(Flow {
        ledger: ledger.ledger(),
        vault: Arc::new(Vault::new(branch_keys, store)),
        ids: IdSource::new(clock.clone())?,
        settings: Arc::new(SettingsHandle::new(Settings::prepare(config.clone()).await?)),
        pgp,
        calls: Default::default(),
        queues: Default::default(),
        messages: MessageSealer::new(tenant, message_keys, clock.clone()),
        shared,
        clock: clock.clone(),
    });
    let stop = CancellationToken::new();
    let mut addresses = Addresses::default();
    let mut tasks = Vec::new();
    if let Some(listener) = doors.payer {
        addresses.payer = Some(start_payer(&config, listener, clock, &stop)?);
    }
    let workers = start_workers(&config, roles, &flow).await?;
    let mut server = None;
    if let Some(listener) = doors.sftp {
        addresses.sftp = Some(listener.local_addr()?);
        let inbox = Arc::new(FlowInbox::new(flow.clone()));
        server = Some(SftpServer::start(listener, gateway.sftp.server(host), inbox)?);
    }
    if shared && (roles.has(Role::Deliver) || roles.has(Role::Watch)) {
        tasks.push(tokio::spawn(flow::take_up(flow.clone(), roles.clone(), stop.clone())));
    }
    tasks.extend(events::start(&config, roles, &flow, &stop).await?);
    tasks.push(tokio::spawn(watch::run(flow.clone(), roles.has(Role::Watch), stop.clone())));
    let door = Arc::new(FlowGateway::new(flow.clone(), workers.as_ref().map(Workers::broker)));
    if let Some(listener) = doors.api {
        addresses.api = Some(listener.local_addr()?);
        let options = gateway.api.server(&config.home);
        let serving = tradewind_api::serve(listener, door.clone(), options, stop.clone().cancelled_owned());
        tasks.push(tokio::spawn(async move {
            if let Err(error) = serving.await {
                tracing::error!(%error, "the REST door ended");
            }
        }));
    }
    if let Some(listener) = doors.operations {
        addresses.operations = Some(listener.local_addr()?);
        tasks.push(tokio::spawn(tradewind_api::serve_operations(listener, door, stop.clone().cancelled_owned())));
    }
    Ok(Gateway { flow, addresses, workers, server, tasks, stop, ledger })
}

/// What the process shows to partners: the SSH host key, and our PGP key where it may open.
fn own_keys(config: &Config, process: &Process) -> anyhow::Result<(HostKey, Option<SecretCert>)> {
    if process.seals_only {
        return Ok((home::host(config)?, None));
    }
    let home::Keys { host, pgp } = home::keys(config)?;
    Ok((host, Some(pgp)))
}

/// Opens an engine. One that other processes share may come later than this one: it is waited for.
async fn waited<T>(waits: bool, what: &str, mut open: impl AsyncFnMut() -> anyhow::Result<T>) -> anyhow::Result<T> {
    let mut failures = 0_u32;
    loop {
        match open().await {
            Err(error) if waits => {
                failures += 1;
                tracing::warn!(error = format!("{error:#}"), failures, "waiting for {what}");
                tokio::time::sleep(backoff(failures.min(FAILURES_COUNTED_MAX), rand::random())).await;
            }
            opened => return opened,
        }
    }
}

async fn start_workers(config: &Config, roles: &Roles, flow: &Arc<Flow>) -> anyhow::Result<Option<Workers>> {
    if !roles.uses_queues() {
        return Ok(None);
    }
    let elsewhere = config.gateway.queues.url.is_some();
    let queues = waited(elsewhere, "the broker's address", async || backends::queues(config).await).await?;
    Ok(Some(Workers::start(flow.clone(), roles, queues).await?))
}

fn start_payer(
    config: &Config,
    listener: TcpListener,
    clock: Arc<dyn Clock>,
    stop: &CancellationToken,
) -> anyhow::Result<SocketAddr> {
    let record = Record::open(&payer_record(config))?;
    let payer = Payer { record, faults: Vec::new(), name: "SIMULATED PAYER".to_owned(), id: None, clock };
    Ok(payer::start(listener, payer, stop.clone().cancelled_owned())?.address())
}

/// The simulated payer's own record.
fn payer_record(config: &Config) -> PathBuf {
    config.home.join("payer-record.ndjson")
}

impl Gateway {
    /// Stops in good order within 30 s: the doors and the rooms together, then the ledger. What is unfinished is handed back.
    pub async fn stop(self) {
        self.stop.cancel();
        let doors = async {
            if let Some(server) = self.server
                && !server.shutdown(DRAIN).await
            {
                tracing::warn!("SFTP sessions were cut at the stop");
            }
        };
        let tasks = async {
            for task in self.tasks {
                if tokio::time::timeout(DRAIN, task).await.is_err() {
                    tracing::warn!("a task was still at work at the stop");
                }
            }
        };
        let rooms = async {
            if let Some(workers) = self.workers {
                workers.stop().await;
            }
        };
        tokio::join!(doors, tasks, rooms);
        self.ledger.close().await;
    }
}
