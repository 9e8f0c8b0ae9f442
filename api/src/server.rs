//! The accept loop. It is ours and not axum's, which has no limits on a request's head and no TLS.

use std::future::{Future, poll_fn};
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use serde::Deserialize;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::gateway::Gateway;
use crate::limits::Limits;
use crate::metrics;
use crate::routes::{App, OPERATIONS, PATHS, Shared, router};

/// After an accept that failed (no file descriptor left, say), the loop rests so long.
const ACCEPT_REST: Duration = Duration::from_millis(200);

/// How long a client may still send to a connection that has its last answer.
const LINGER: Duration = Duration::from_secs(5);

/// How the door stands open.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Config {
    /// What it takes.
    pub limits: Limits,
    /// TLS; without it the door speaks plain HTTP, which belongs on loopback or behind a proxy that ends TLS.
    pub tls: Option<TlsFiles>,
}

/// Where the server's identity lies, in PEM.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct TlsFiles {
    /// The certificate and those between it and its root.
    pub certificate: PathBuf,
    /// The private key.
    pub key: PathBuf,
}

/// Why the door cannot open.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The certificate's file.
    #[error("expected a PEM certificate chain in the file of `tls.certificate`")]
    ConfigCertificate(#[source] rustls::pki_types::pem::Error),
    /// The key's file.
    #[error("expected a PEM private key in the file of `tls.key`")]
    ConfigKey(#[source] rustls::pki_types::pem::Error),
    /// They do not go together.
    #[error("expected a private key that fits the certificate")]
    ConfigTls(#[source] rustls::Error),
}

/// Serves until `shutdown` is done; then takes nothing new, and returns when what runs has ended or the drain timeout
/// is over.
///
/// # Errors
/// When TLS is configured and cannot be set up. Once it serves it does not fail.
pub async fn serve(
    listener: TcpListener,
    gateway: Arc<dyn Gateway>,
    config: Config,
    shutdown: impl Future<Output = ()> + Send,
) -> Result<(), ServeError> {
    let tls = config.tls.as_ref().map(acceptor).transpose()?;
    metrics::install();
    let limits = config.limits;
    serve_paths(listener, gateway, (limits, tls), PATHS, shutdown).await;
    Ok(())
}

/// Serves health and metrics alone, in plain HTTP, until `shutdown` is done: for a process that has no other door.
pub async fn serve_operations(
    listener: TcpListener,
    gateway: Arc<dyn Gateway>,
    shutdown: impl Future<Output = ()> + Send,
) {
    metrics::install();
    serve_paths(listener, gateway, (Limits::default(), None), OPERATIONS, shutdown).await;
}

async fn serve_paths(
    listener: TcpListener,
    gateway: Arc<dyn Gateway>,
    (limits, tls): (Limits, Option<TlsAcceptor>),
    paths: &[&str],
    shutdown: impl Future<Output = ()> + Send,
) {
    let app: App = Arc::new(Shared {
        gateway,
        requests: Arc::new(Semaphore::new(limits.requests_max)),
        tasks: TaskTracker::new(),
        limits,
    });
    let door =
        Arc::new(Door { router: router(&app, paths), tls, stop: CancellationToken::new(), limits: app.limits.clone() });
    let connections = TaskTracker::new();
    tokio::select! {
        () = shutdown => {}
        () = accept(listener, &door, &connections) => {}
        () = upkeep() => {}
    }
    door.stop.cancel();
    connections.close();
    app.tasks.close();
    let drained = async { tokio::join!(connections.wait(), app.tasks.wait()) };
    if timeout(door.drain(), drained).await.is_err() {
        tracing::warn!(calls = app.tasks.len(), "stopped with calls that have not ended");
    }
}

struct Door {
    router: Router,
    tls: Option<TlsAcceptor>,
    stop: CancellationToken,
    limits: Limits,
}

impl Door {
    fn drain(&self) -> Duration {
        Duration::from_millis(self.limits.drain_timeout_ms)
    }
}

async fn upkeep() {
    loop {
        sleep(metrics::UPKEEP).await;
        metrics::upkeep();
    }
}

async fn accept(listener: TcpListener, door: &Arc<Door>, connections: &TaskTracker) {
    let room = Arc::new(Semaphore::new(door.limits.connections_max));
    while let Ok(place) = Arc::clone(&room).acquire_owned().await {
        match listener.accept().await {
            Ok((stream, _)) => {
                let door = Arc::clone(door);
                connections.spawn(async move {
                    connection(stream, &door).await;
                    drop(place);
                });
            }
            Err(error) => {
                tracing::warn!(kind = %error.kind(), "a connection could not be accepted");
                sleep(ACCEPT_REST).await;
            }
        }
    }
}

async fn connection(stream: TcpStream, door: &Door) {
    let _ = stream.set_nodelay(true);
    let Some(tls) = &door.tls else { return converse(stream, door).await };
    let patience = Duration::from_millis(door.limits.header_timeout_ms);
    if let Ok(Ok(stream)) = timeout(patience, tls.accept(stream)).await {
        converse(stream, door).await;
    }
}

/// Requests on one connection, until it ends, grows old, or the program stops.
async fn converse(stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static, door: &Door) {
    let limits = &door.limits;
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new())
        .header_read_timeout(Duration::from_millis(limits.header_timeout_ms))
        .max_headers(limits.headers_max)
        .max_header_size(limits.header_bytes_max);
    let service = TowerToHyperService::new(door.router.clone());
    let mut conversation = http.serve_connection(TokioIo::new(stream), service);
    let rest = tokio::select! {
        result = poll_fn(|context| conversation.poll_without_shutdown(context)) => {
            if result.is_ok() {
                linger(conversation.into_parts().io.into_inner()).await;
            }
            return;
        }
        () = door.stop.cancelled() => door.drain(),
        () = sleep(Duration::from_millis(limits.connection_age_ms_max)) => limits.submission(),
    };
    Pin::new(&mut conversation).graceful_shutdown();
    let _ = timeout(rest, conversation).await;
}

/// Lets the client read its answer: closing while its body is still under way would reset the connection, and the
/// answer be lost.
async fn linger(mut stream: impl AsyncRead + AsyncWrite + Unpin) {
    let rest = async {
        stream.shutdown().await?;
        tokio::io::copy(&mut stream, &mut tokio::io::sink()).await
    };
    let _ = timeout(LINGER, rest).await;
}

fn acceptor(files: &TlsFiles) -> Result<TlsAcceptor, ServeError> {
    let chain = CertificateDer::pem_file_iter(&files.certificate).and_then(Iterator::collect);
    let chain = chain.map_err(ServeError::ConfigCertificate)?;
    let key = PrivateKeyDer::from_pem_file(&files.key).map_err(ServeError::ConfigKey)?;
    let config = rustls::ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .and_then(|config| config.with_no_client_auth().with_single_cert(chain, key))
        .map_err(ServeError::ConfigTls)?;
    Ok(TlsAcceptor::from(Arc::new(config)))
}
