//! The listener: takes connections within limits, and lets them go in good order.

use std::borrow::Cow;
use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use russh::keys::{Algorithm, EcdsaCurve, HashAlg};
use russh::{MethodKind, MethodSet, Preferred, SshId, cipher, compression, kex, mac};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::{debug, warn};

use super::connection::Connection;
use super::guarded::Guarded;
use super::partners::Partners;
use super::watchdog::Watchdog;
use super::{HostKey, Inbox};

/// How often staged files are looked at that nobody renamed.
const SWEEP_INTERVAL: Duration = Duration::from_secs(60);
/// What a connection gets to close by itself once it was told to.
const GOODBYE: Duration = Duration::from_secs(1);

/// How the server listens.
#[derive(Debug, Clone)]
pub struct ServerConfig {
    /// The server's keys, at least one.
    pub host_keys: Vec<HostKey>,
    /// How long a client has to log in.
    pub login_grace: Duration,
    /// How many failed attempts to log in a connection has.
    pub auth_attempts_max: usize,
    /// How long every failed attempt takes.
    pub auth_rejection_time: Duration,
    /// Connections that have not logged in, in all.
    pub unauthenticated_max: usize,
    /// Connections that have not logged in, from one address.
    pub unauthenticated_per_address_max: usize,
    /// Connections in all.
    pub connections_max: usize,
    /// Connections of one partner.
    pub connections_per_partner_max: usize,
    /// How long a connection may ask for nothing, or not take its answers.
    pub idle_timeout: Duration,
    /// How often a silent client is asked whether it is still there; three unanswered questions end the connection.
    pub keepalive_interval: Duration,
}

impl ServerConfig {
    /// The defaults, with these keys.
    #[must_use]
    pub fn new(host_keys: Vec<HostKey>) -> Self {
        Self {
            host_keys,
            login_grace: Duration::from_secs(30),
            auth_attempts_max: 6,
            auth_rejection_time: Duration::from_millis(300),
            unauthenticated_max: 64,
            unauthenticated_per_address_max: 16,
            connections_max: 512,
            connections_per_partner_max: 16,
            idle_timeout: Duration::from_secs(300),
            keepalive_interval: Duration::from_secs(30),
        }
    }
}

/// A running server.
pub struct SftpServer {
    address: SocketAddr,
    shared: Arc<Shared>,
}

/// What all connections share.
pub(super) struct Shared {
    pub(super) inbox: Arc<dyn Inbox>,
    pub(super) config: ServerConfig,
    pub(super) partners: Arc<Partners>,
    /// No new uploads; sessions end when nothing is open in them.
    pub(super) drain: CancellationToken,
    pub(super) tasks: TaskTracker,
    /// Connections are cut.
    cut: CancellationToken,
    ssh: Arc<russh::server::Config>,
    connections: Arc<Semaphore>,
    unauthenticated: Arc<Semaphore>,
    by_address: Mutex<HashMap<IpAddr, usize>>,
}

impl SftpServer {
    /// Listens on `listener` until [`SftpServer::shutdown`].
    ///
    /// # Errors
    /// If the listener has no address, or there is no host key.
    pub fn start(listener: TcpListener, config: ServerConfig, inbox: Arc<dyn Inbox>) -> io::Result<Self> {
        if config.host_keys.is_empty() {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "expected at least one SSH host key"));
        }
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared {
            inbox,
            partners: Arc::new(Partners::default()),
            drain: CancellationToken::new(),
            tasks: TaskTracker::new(),
            cut: CancellationToken::new(),
            ssh: Arc::new(ssh_config(&config)),
            connections: Arc::new(Semaphore::new(config.connections_max)),
            unauthenticated: Arc::new(Semaphore::new(config.unauthenticated_max)),
            by_address: Mutex::new(HashMap::new()),
            config,
        });
        shared.tasks.spawn(accept(listener, Arc::clone(&shared)));
        shared.tasks.spawn(sweep(Arc::clone(&shared)));
        Ok(Self { address, shared })
    }

    /// Where it listens.
    #[must_use]
    pub fn local_addr(&self) -> SocketAddr {
        self.address
    }

    /// Takes no new connections and uploads, lets open ones finish until `deadline` from now, then cuts them: their uploads are abandoned.
    ///
    /// Returns whether all finished by themselves. Whatever an [`Inbox`] was asked is awaited to its end in any case.
    pub async fn shutdown(self, deadline: Duration) -> bool {
        self.shared.drain.cancel();
        self.shared.tasks.close();
        let finished = tokio::time::timeout(deadline, self.shared.tasks.wait()).await.is_ok();
        if !finished {
            self.shared.cut.cancel();
            self.shared.tasks.wait().await;
        }
        finished
    }
}

impl Drop for SftpServer {
    fn drop(&mut self) {
        self.shared.drain.cancel();
        self.shared.cut.cancel();
    }
}

/// Modern algorithms alone. Without ChaCha20-Poly1305, since a client without strict key exchange would be open to prefix truncation.
fn ssh_config(config: &ServerConfig) -> russh::server::Config {
    let ecdsa = |curve| Algorithm::Ecdsa { curve };
    let rsa = |hash| Algorithm::Rsa { hash: Some(hash) };
    let preferred = Preferred {
        kex: Cow::Borrowed(&[
            kex::MLKEM768X25519_SHA256,
            kex::CURVE25519,
            kex::CURVE25519_PRE_RFC_8731,
            kex::DH_G16_SHA512,
            kex::EXTENSION_SUPPORT_AS_SERVER,
            kex::EXTENSION_OPENSSH_STRICT_KEX_AS_SERVER,
        ]),
        key: Cow::Owned(vec![
            Algorithm::Ed25519,
            ecdsa(EcdsaCurve::NistP256),
            ecdsa(EcdsaCurve::NistP384),
            ecdsa(EcdsaCurve::NistP521),
            rsa(HashAlg::Sha512),
            rsa(HashAlg::Sha256),
        ]),
        cipher: Cow::Borrowed(&[cipher::AES_256_GCM, cipher::AES_128_GCM, cipher::AES_256_CTR]),
        mac: Cow::Borrowed(&[mac::HMAC_SHA512_ETM, mac::HMAC_SHA256_ETM, mac::HMAC_SHA512, mac::HMAC_SHA256]),
        compression: Cow::Borrowed(&[compression::NONE]),
        ..Preferred::DEFAULT
    };
    russh::server::Config {
        server_id: SshId::Standard(Cow::Borrowed("SSH-2.0-Tradewind")),
        methods: MethodSet::from(&[MethodKind::PublicKey][..]),
        auth_rejection_time: config.auth_rejection_time,
        auth_rejection_time_initial: Some(Duration::ZERO),
        keys: config.host_keys.iter().map(|key| key.0.clone()).collect(),
        preferred,
        max_auth_attempts: config.auth_attempts_max,
        inactivity_timeout: Some(config.idle_timeout),
        keepalive_interval: Some(config.keepalive_interval),
        keepalive_max: 3,
        event_buffer_size: 16,
        nodelay: true,
        ..russh::server::Config::default()
    }
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = shared.drain.cancelled() => return,
        };
        match accepted {
            Ok((stream, peer)) => {
                let Some(slots) = Slots::take(&shared, peer.ip()) else {
                    debug!(%peer, "too many connections");
                    continue;
                };
                shared.tasks.spawn(serve(Arc::clone(&shared), stream, peer, slots));
            }
            Err(error) => {
                // Most likely too many open files; the next attempt would fail at once.
                warn!(kind = ?error.kind(), "a connection could not be accepted");
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
    }
}

/// A connection's places: among all, and among those that have not logged in.
struct Slots {
    _connection: OwnedSemaphorePermit,
    unauthenticated: Unauthenticated,
}

struct Unauthenticated {
    _permit: OwnedSemaphorePermit,
    shared: Arc<Shared>,
    address: IpAddr,
}

impl Slots {
    fn take(shared: &Arc<Shared>, address: IpAddr) -> Option<Self> {
        let connection = Arc::clone(&shared.connections).try_acquire_owned().ok()?;
        let permit = Arc::clone(&shared.unauthenticated).try_acquire_owned().ok()?;
        let mut by_address = shared.by_address.lock().unwrap_or_else(PoisonError::into_inner);
        let count = by_address.entry(address).or_default();
        if *count >= shared.config.unauthenticated_per_address_max {
            return None;
        }
        *count += 1;
        let unauthenticated = Unauthenticated { _permit: permit, shared: Arc::clone(shared), address };
        Some(Self { _connection: connection, unauthenticated })
    }
}

impl Drop for Unauthenticated {
    fn drop(&mut self) {
        let mut by_address = self.shared.by_address.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = by_address.get_mut(&self.address) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                by_address.remove(&self.address);
            }
        }
    }
}

async fn serve(shared: Arc<Shared>, stream: TcpStream, peer: SocketAddr, slots: Slots) {
    let grace_ends = Instant::now() + shared.config.login_grace;
    let cut = shared.cut.child_token();
    let _cut_at_end = cut.clone().drop_guard();
    let _ = stream.set_nodelay(true);
    let (logged_in, login) = oneshot::channel();
    let watchdog = Watchdog::new();
    let handler = Connection::new(Arc::clone(&shared), peer, Arc::clone(&watchdog), logged_in);
    let started = russh::server::run_stream(Arc::clone(&shared.ssh), Guarded::new(stream, &cut), handler);
    let mut session = tokio::select! {
        started = tokio::time::timeout_at(grace_ends, started) => match started {
            Ok(Ok(session)) => session,
            _ => return,
        },
        () = shared.drain.cancelled() => return,
    };
    tokio::select! {
        _ = &mut session => return,
        login = tokio::time::timeout_at(grace_ends, login) => if !matches!(login, Ok(Ok(()))) {
            debug!(%peer, "no login in time");
            return;
        },
        () = shared.drain.cancelled() => return,
    }
    let Slots { _connection, unauthenticated } = slots;
    drop(unauthenticated);
    let reason = tokio::select! {
        _ = &mut session => return,
        () = watchdog.idle_for(shared.config.idle_timeout) => "idle for too long",
        () = async { shared.drain.cancelled().await; watchdog.no_session().await } => "the server is shutting down",
        () = cut.cancelled() => return,
    };
    let goodbye = async {
        let _ = session.handle().disconnect(russh::Disconnect::ByApplication, reason.to_owned(), "en".to_owned()).await;
        let _ = (&mut session).await;
    };
    let _ = tokio::time::timeout(GOODBYE, goodbye).await;
}

/// Discards staged files that nobody renamed in time.
async fn sweep(shared: Arc<Shared>) {
    loop {
        tokio::select! {
            () = tokio::time::sleep(SWEEP_INTERVAL) => {}
            () = shared.drain.cancelled() => return,
        }
        for (partner, space) in shared.partners.spaces() {
            let lifetime = shared.inbox.policy(&partner).staged_lifetime;
            for staged in space.expire(shared.inbox.unix_seconds(), lifetime) {
                warn!(%partner, receipt = %staged.receipt, "an upload was never renamed and is discarded");
                shared.inbox.discard(&partner, staged).await;
            }
        }
    }
}
