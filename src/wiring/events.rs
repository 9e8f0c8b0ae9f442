//! The door of S3 events, where the configuration and the roles want it.

use std::sync::Arc;

use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::config::Config;
use crate::flow::Flow;
use crate::roles::{Role, Roles};

/// Opens the door.
///
/// # Errors
/// When it is configured wrongly, or asked for by its role and not configured.
pub(super) async fn start(
    config: &Config,
    roles: &Roles,
    flow: &Arc<Flow>,
    stop: &CancellationToken,
) -> anyhow::Result<Option<JoinHandle<()>>> {
    let asked = roles.has(Role::Events);
    anyhow::ensure!(
        !asked || config.gateway.events.is_some() || *roles == Roles::default(),
        "--roles: events needs [events] in tradewind.toml"
    );
    if asked { open(config, flow, stop).await } else { Ok(None) }
}

#[cfg(feature = "aws")]
async fn open(config: &Config, flow: &Arc<Flow>, stop: &CancellationToken) -> anyhow::Result<Option<JoinHandle<()>>> {
    use anyhow::Context;
    let Some(options) = config.gateway.events.clone() else { return Ok(None) };
    let events = tradewind_aws::S3Events::new(options, &tradewind_aws::Access::default()).await.context("[events]")?;
    Ok(Some(tokio::spawn(crate::flow::receive_events(flow.clone(), events, stop.clone()))))
}

/// A configuration that has [events] was refused already.
#[cfg(not(feature = "aws"))]
async fn open(_: &Config, _: &Arc<Flow>, _: &CancellationToken) -> anyhow::Result<Option<JoinHandle<()>>> {
    Ok(None)
}
