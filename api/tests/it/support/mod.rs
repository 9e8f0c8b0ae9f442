mod client;
mod fake;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

pub(crate) use client::{Reply, request};
pub(crate) use fake::{
    Fake, OTHERS_FILE, OTHERS_ITEM, OWN_FILE, OWN_ITEM, Taken, WAITING_ITEM, full_file, full_transaction, quick,
};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tradewind_api::{Config, Limits, ServeError, serve};

pub(crate) const ACME: &str = "tw_acme-token";
pub(crate) const BETA: &str = "tw_beta-token";
pub(crate) const X12: &str = "application/edi-x12";
pub(crate) const JSON: &str = "application/json";

/// Longer than anything here takes; what waits so long has hung.
pub(crate) const HANG: Duration = Duration::from_secs(30);

/// A server on a port of its own.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    pub(crate) gateway: Arc<Fake>,
    stop: Option<oneshot::Sender<()>>,
    served: Option<JoinHandle<Result<(), ServeError>>>,
}

impl Server {
    pub(crate) async fn start() -> Self {
        Self::with(Limits::default()).await
    }

    pub(crate) async fn with(limits: Limits) -> Self {
        Self::configured(Config { limits, tls: None }).await
    }

    pub(crate) async fn configured(config: Config) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let gateway = Arc::new(Fake::default());
        let (stop, stopped) = oneshot::channel();
        let door = Arc::clone(&gateway);
        let served = tokio::spawn(serve(listener, door, config, async move {
            let _ = stopped.await;
        }));
        Self { address, gateway, stop: Some(stop), served: Some(served) }
    }

    /// Tells the server to stop, and gives what to wait for.
    pub(crate) fn stop(&mut self) -> JoinHandle<Result<(), ServeError>> {
        let _ = self.stop.take().unwrap().send(());
        self.served.take().unwrap()
    }

    /// A request without a token.
    pub(crate) async fn call(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Reply {
        let reply = self.raw(&request(method, path, headers, body)).await;
        crate::openapi::documented(method, path, reply.status);
        reply
    }

    /// Bytes on a connection of their own, and what comes back.
    pub(crate) async fn raw(&self, bytes: &[u8]) -> Reply {
        client::exchange(self.address, bytes).await
    }

    pub(crate) async fn get(&self, path: &str) -> Reply {
        self.call("GET", path, &[("authorization", &format!("Bearer {ACME}"))], b"").await
    }

    pub(crate) async fn post(&self, path: &str, headers: &[(&str, &str)], body: impl AsRef<[u8]>) -> Reply {
        let token = format!("Bearer {ACME}");
        let mut all = vec![("authorization", token.as_str())];
        all.extend_from_slice(headers);
        self.call("POST", path, &all, body.as_ref()).await
    }

    pub(crate) async fn submit(&self, body: impl AsRef<[u8]>) -> Reply {
        self.post("/v1/transactions", &[("content-type", X12)], body).await
    }

    pub(crate) async fn ask(&self, body: impl AsRef<[u8]>) -> Reply {
        self.post("/v1/eligibility", &[("content-type", X12)], body).await
    }
}
