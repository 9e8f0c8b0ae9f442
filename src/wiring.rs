//! Puts the parts together. Only here do concrete backends have names.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tradewind_compliance::keys::{BranchKeys, BranchKeysParts, KeyCacheLimits};
use tradewind_compliance::store::FsObjectStore;
use tradewind_compliance::{Clock, IdSource, Vault, WallClock};
use tradewind_ledger::{SqliteLedger, SqliteOptions};
use tradewind_transfer::sftp::SftpServer;

use crate::config::Config;
use crate::flow::{Flow, FlowGateway, FlowInbox, Workers};
use crate::payer::{self, Payer, Record};
use crate::settings::{Settings, SettingsHandle};
use crate::{home, watch};

/// How long open sessions and requests may go on after a stop.
const DRAIN: Duration = Duration::from_secs(10);

/// The doors' listeners, bound before anything starts.
pub struct Doors {
    /// SFTP.
    pub sftp: TcpListener,
    /// REST.
    pub api: TcpListener,
    /// The simulated payer, if it is to run.
    pub payer: Option<TcpListener>,
}

impl Doors {
    /// Binds the addresses of a configuration.
    ///
    /// # Errors
    /// When one cannot be bound.
    pub async fn bind(config: &Config) -> anyhow::Result<Self> {
        let gateway = &config.gateway;
        let payer = if gateway.payer.run { Some(bind(gateway.payer.listen).await?) } else { None };
        Ok(Self { sftp: bind(gateway.sftp.listen).await?, api: bind(gateway.api.listen).await?, payer })
    }
}

async fn bind(address: SocketAddr) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address).await.with_context(|| format!("cannot listen on {address}"))
}

/// A gateway that runs.
pub struct Gateway {
    /// What the rooms share.
    pub flow: Arc<Flow>,
    /// Where SFTP listens.
    pub sftp: SocketAddr,
    /// Where REST listens.
    pub api: SocketAddr,
    /// Where the simulated payer listens, and its record.
    pub payer: Option<(SocketAddr, PathBuf)>,
    workers: Workers,
    server: SftpServer,
    tasks: Vec<JoinHandle<()>>,
    stop: CancellationToken,
    ledger: SqliteLedger,
}

/// Starts everything that a home folder configures.
///
/// # Errors
/// When a part cannot be opened.
pub async fn start(config: Config, doors: Doors) -> anyhow::Result<Gateway> {
    tradewind_api::install_metrics();
    let keys = home::keys(&config)?;
    let clock: Arc<dyn Clock> = Arc::new(WallClock);
    let data = config.data();
    let ledger = SqliteLedger::open(SqliteOptions::new(data.join("ledger.db"))).await.context("the ledger")?;
    let store = FsObjectStore::open(data.join("objects")).await.context("the object store")?;
    let branch_keys = BranchKeys::new(BranchKeysParts {
        tenant: config.gateway.tenant.parse().context("`tenant` in tradewind.toml")?,
        manager: Arc::new(keys.manager),
        store: Arc::new(ledger.clone()),
        clock: clock.clone(),
        limits: KeyCacheLimits::default(),
    });
    let flow = Arc::new(Flow {
        ledger: Arc::new(ledger.clone()),
        vault: Arc::new(Vault::new(Arc::new(branch_keys), Arc::new(store))),
        ids: IdSource::new(clock.clone())?,
        settings: Arc::new(SettingsHandle::new(Settings::prepare(config.clone())?)),
        pgp: keys.pgp,
        calls: Default::default(),
        wake: Default::default(),
        notices: Default::default(),
        clock: clock.clone(),
    });
    let stop = CancellationToken::new();
    let payer = start_payer(&config, doors.payer, clock, &stop)?;
    let workers = Workers::start(flow.clone()).await?;
    let (sftp, api) = (doors.sftp.local_addr()?, doors.api.local_addr()?);
    let inbox = Arc::new(FlowInbox::new(flow.clone()));
    let server = SftpServer::start(doors.sftp, config.gateway.sftp.server(keys.host), inbox)?;
    let mut tasks = vec![tokio::spawn(watch::run(flow.clone(), stop.clone()))];
    let serving = tradewind_api::serve(
        doors.api,
        Arc::new(FlowGateway::new(flow.clone())),
        config.gateway.api.server(&config.home),
        stop.clone().cancelled_owned(),
    );
    tasks.push(tokio::spawn(async move {
        if let Err(error) = serving.await {
            tracing::error!(%error, "the REST door ended");
        }
    }));
    Ok(Gateway { flow, sftp, api, payer, workers, server, tasks, stop, ledger })
}

fn start_payer(
    config: &Config,
    listener: Option<TcpListener>,
    clock: Arc<dyn Clock>,
    stop: &CancellationToken,
) -> anyhow::Result<Option<(SocketAddr, PathBuf)>> {
    let Some(listener) = listener else { return Ok(None) };
    let path = config.home.join("payer-record.ndjson");
    let payer =
        Payer { record: Record::open(&path)?, faults: Vec::new(), name: "SIMULATED PAYER".to_owned(), id: None, clock };
    let running = payer::start(listener, payer, stop.clone().cancelled_owned())?;
    Ok(Some((running.address(), path)))
}

impl Gateway {
    /// Stops in good order: doors first, then the rooms, then the ledger. What is unfinished is taken up at the next start.
    pub async fn stop(self) {
        self.stop.cancel();
        if !self.server.shutdown(DRAIN).await {
            tracing::warn!("SFTP sessions were cut at the stop");
        }
        for task in self.tasks {
            if tokio::time::timeout(DRAIN, task).await.is_err() {
                tracing::warn!("a task was still at work at the stop");
            }
        }
        self.workers.stop().await;
        self.ledger.close().await;
    }
}
