//! The engines behind the seams, by configuration. Only here do concrete backends have names.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use tradewind_broker::{Broker, InProcess, InProcessOptions, Settlement};
use tradewind_compliance::WallClock;
use tradewind_compliance::keys::{BranchKeyStore, BranchKeys, BranchKeysParts, KeyCacheLimits, KeyManager};
use tradewind_compliance::message::MessageKeys;
use tradewind_compliance::store::{FsObjectStore, ObjectStore};
use tradewind_ledger::{Ledger, SqliteLedger, SqliteOptions};

use crate::config::Config;
use crate::flow::OpenBroker;
use crate::home;

/// How long a read of a database may take for a room, which has better to do than to wait for a connection that is dead.
const READ: Duration = Duration::from_secs(10);
/// How long it may take for a command that reads all of it.
const READ_WHOLE: Duration = Duration::from_secs(120);

/// The ledger of a configuration.
#[derive(Clone)]
pub enum OpenLedger {
    /// A file, for one process.
    Sqlite(SqliteLedger),
    /// A database, for many.
    #[cfg(feature = "postgres")]
    Postgres(Box<tradewind_ledger::PostgresLedger>),
}

impl OpenLedger {
    /// Opens it, and brings its schema up to date.
    ///
    /// # Errors
    /// When it cannot be opened.
    pub async fn open(config: &Config) -> anyhow::Result<Self> {
        Self::open_for(config, READ).await
    }

    async fn open_for(config: &Config, read: Duration) -> anyhow::Result<Self> {
        if let Some(url) = &config.gateway.ledger.url {
            return database(config, url, read).await;
        }
        let options = SqliteOptions::new(config.data().join("ledger.db"));
        Ok(Self::Sqlite(SqliteLedger::open(options).await.context("the ledger")?))
    }

    /// As [`Self::open`], where there is one already.
    ///
    /// # Errors
    /// When there is none, or it cannot be opened.
    pub async fn existing(config: &Config) -> anyhow::Result<Self> {
        let there = config.gateway.ledger.url.is_some() || config.data().join("ledger.db").exists();
        anyhow::ensure!(there, "{} holds no ledger", config.data().display());
        Self::open_for(config, READ_WHOLE).await
    }

    /// What the rooms use.
    #[must_use]
    pub fn ledger(&self) -> Arc<dyn Ledger> {
        match self {
            Self::Sqlite(ledger) => Arc::new(ledger.clone()),
            #[cfg(feature = "postgres")]
            Self::Postgres(ledger) => Arc::new(ledger.as_ref().clone()),
        }
    }

    /// Where branch keys lie.
    #[must_use]
    pub fn branch_keys(&self) -> Arc<dyn BranchKeyStore> {
        match self {
            Self::Sqlite(ledger) => Arc::new(ledger.clone()),
            #[cfg(feature = "postgres")]
            Self::Postgres(ledger) => Arc::new(ledger.as_ref().clone()),
        }
    }

    /// Closes it after the writes that were asked for before.
    pub async fn close(&self) {
        match self {
            Self::Sqlite(ledger) => ledger.close().await,
            #[cfg(feature = "postgres")]
            Self::Postgres(ledger) => ledger.close().await,
        }
    }
}

#[cfg(feature = "postgres")]
async fn database(config: &Config, url: &crate::config::SecretRef, read: Duration) -> anyhow::Result<OpenLedger> {
    use secrecy::ExposeSecret;
    use tradewind_ledger::{PostgresLedger, PostgresOptions};
    let url = config.secret(url).await.context("[ledger] url")?;
    let mut options = PostgresOptions::new(url.expose_secret()).context("[ledger] url")?;
    options.read_timeout = read;
    options.statement_timeout = read.max(options.statement_timeout);
    let ledger = PostgresLedger::open(options).await.context("the ledger")?;
    Ok(OpenLedger::Postgres(Box::new(ledger)))
}

#[cfg(not(feature = "postgres"))]
async fn database(_: &Config, _: &crate::config::SecretRef, _: Duration) -> anyhow::Result<OpenLedger> {
    anyhow::bail!("this program was built without the feature `postgres`")
}

/// The object store of a configuration.
///
/// # Errors
/// When it cannot be opened.
pub async fn objects(config: &Config) -> anyhow::Result<Arc<dyn ObjectStore>> {
    #[cfg(feature = "aws")]
    if let Some(options) = &config.gateway.objects {
        let access = tradewind_aws::Access::default();
        let store = tradewind_aws::S3ObjectStore::open(options.clone(), &access).await;
        return Ok(Arc::new(store.context("the object store")?));
    }
    Ok(Arc::new(FsObjectStore::open(config.data().join("objects")).await.context("the object store")?))
}

/// What wraps the branch keys. To be opened before the ledger: a root key is made only where there is no data yet.
///
/// # Errors
/// When the root key is missing or cannot be read, or KMS is configured wrongly.
pub async fn key_managers(config: &Config) -> anyhow::Result<Managers> {
    #[cfg(feature = "aws")]
    if let Some(options) = &config.gateway.kms {
        let manager = tradewind_aws::KmsKeyManager::new(options.clone(), &tradewind_aws::Access::default()).await;
        let manager = Arc::new(manager.context("[kms]")?);
        return Ok(Managers { branch: manager.clone(), messages: Some(manager) });
    }
    Ok(Managers { branch: Arc::new(home::root_key(config)?), messages: None })
}

/// What wraps keys: branch keys, and the data keys of messages.
pub struct Managers {
    /// Of branch keys.
    pub branch: Arc<dyn KeyManager>,
    /// Of messages to consumers of others; the branch keys themselves where there is no KMS.
    pub messages: Option<Arc<dyn MessageKeys>>,
}

/// The branch keys of all partners.
///
/// # Errors
/// When the tenant's name is none.
pub fn branch_keys(config: &Config, ledger: &OpenLedger, manager: Arc<dyn KeyManager>) -> anyhow::Result<BranchKeys> {
    Ok(BranchKeys::new(BranchKeysParts {
        tenant: config.gateway.tenant.parse().context("`tenant` in tradewind.toml")?,
        manager,
        store: ledger.branch_keys(),
        clock: Arc::new(WallClock),
        limits: KeyCacheLimits::default(),
    }))
}

/// What opens the queues of a configuration.
///
/// # Errors
/// When the broker's address or its authorities cannot be read.
pub async fn queues(config: &Config) -> anyhow::Result<OpenBroker> {
    #[cfg(feature = "rabbitmq")]
    if let Some(url) = &config.gateway.queues.url {
        use tradewind_broker::rabbitmq::{RabbitMq, RabbitMqOptions};
        let queues = &config.gateway.queues;
        let authorities = queues.authorities.as_ref().map(|file| std::fs::read_to_string(config.home.join(file)));
        let options = RabbitMqOptions {
            authorities: authorities.transpose().context("[queues] authorities")?,
            prefix: queues.prefix.clone(),
            window: queues.window,
            in_hand: queues.in_hand,
            attempts_max: config.gateway.limits.attempts_max,
            ..RabbitMqOptions::new(config.secret(url).await.context("[queues] url")?)
        };
        return Ok(Box::new(move |settlement| {
            Ok(Arc::new(RabbitMq::open(options, settlement).context("[queues] url")?))
        }));
    }
    let _ = config;
    Ok(Box::new(|settlement: Arc<dyn Settlement>| {
        let broker: Arc<dyn Broker> = Arc::new(InProcess::new(InProcessOptions::default(), settlement));
        Ok(broker)
    }))
}
