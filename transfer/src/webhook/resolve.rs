//! Resolves a webhook's host at every connection, and leaves out addresses that are not allowed: so a name that is first resolved to a
//! public address and then to a private one gains nothing.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use futures::future::BoxFuture;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use super::address::{Network, may_connect};

/// How a name is looked up.
pub(super) type Lookup = Arc<dyn Fn(String) -> BoxFuture<'static, io::Result<Vec<IpAddr>>> + Send + Sync>;

/// None of a name's addresses is allowed.
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error("none of the host's addresses is allowed")]
pub(super) struct Forbidden;

pub(super) struct Guard {
    allowed: Arc<[Network]>,
    lookup: Lookup,
}

impl Guard {
    pub(super) fn new(allowed: Arc<[Network]>, lookup: Lookup) -> Self {
        Self { allowed, lookup }
    }
}

impl Resolve for Guard {
    fn resolve(&self, name: Name) -> Resolving {
        let (found, allowed) = ((self.lookup)(name.as_str().to_owned()), Arc::clone(&self.allowed));
        Box::pin(async move {
            let found = found.await?;
            let fit: Vec<_> = found.into_iter().filter(|address| may_connect(*address, &allowed)).collect();
            if fit.is_empty() {
                return Err(Forbidden.into());
            }
            // Port 0 stands for the port of the URL.
            Ok(Box::new(fit.into_iter().map(|address| SocketAddr::new(address, 0))) as Addrs)
        })
    }
}

/// The system's own resolver.
pub(super) fn system() -> Lookup {
    Arc::new(|name| {
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            Ok(found.map(|address| address.ip()).collect())
        })
    })
}
