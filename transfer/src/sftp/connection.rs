//! One SSH connection: logs a partner in by public key, and lets it start SFTP sessions and nothing else.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;

use russh::keys::Algorithm;
use russh::keys::ssh_key::PublicKey;
use russh::server::{Auth, Handler, Msg, PublicKeyOffer, Session as SshSession, VerifiedPublicKey};
use russh::{Channel, ChannelId, Disconnect, Error};
use tokio::sync::oneshot;
use tracing::{info, warn};
use tradewind_compliance::PartnerId;

use super::PublicKeyBytes;
use super::channel::{self, Inlet};
use super::partners::Admitted;
use super::server::Shared;
use super::session::Session;
use super::watchdog::Watchdog;

/// Channels of one connection: clients open one, some a second to look while the first sends.
const CHANNELS_MAX: usize = 4;

pub(super) struct Connection {
    shared: Arc<Shared>,
    peer: SocketAddr,
    watchdog: Arc<Watchdog>,
    logged_in: Option<oneshot::Sender<()>>,
    verified: Option<PartnerId>,
    admitted: Option<Arc<Admitted>>,
    /// Open channels; those with an SFTP session have an inlet.
    channels: HashMap<ChannelId, Option<Inlet>>,
}

impl Connection {
    pub(super) fn new(
        shared: Arc<Shared>,
        peer: SocketAddr,
        watchdog: Arc<Watchdog>,
        logged_in: oneshot::Sender<()>,
    ) -> Self {
        Self {
            shared,
            peer,
            watchdog,
            logged_in: Some(logged_in),
            verified: None,
            admitted: None,
            channels: HashMap::new(),
        }
    }

    fn partner_of(&self, user: &str, key: &PublicKey, algorithm: &Algorithm) -> Option<PartnerId> {
        // RSA with SHA-1 signatures.
        if matches!(algorithm, Algorithm::Rsa { hash: None }) {
            return None;
        }
        let key = PublicKeyBytes::accept(key).ok()?;
        self.shared.inbox.authenticate(user, &key)
    }

    /// Starts SFTP on a channel that is open and has no session yet.
    fn start_sftp(&mut self, channel: ChannelId, session: &SshSession) -> bool {
        let (Some(admitted), Some(inlet @ None)) = (&self.admitted, self.channels.get_mut(&channel)) else {
            return false;
        };
        let drain = self.shared.drain.clone();
        let (opened, line) = channel::open(session.handle(), channel, self.shared.config.idle_timeout);
        *inlet = Some(opened);
        let sftp = Session::new(Arc::clone(&self.shared.inbox), Arc::clone(admitted), drain.clone());
        let (watchdog, running) = (Arc::clone(&self.watchdog), self.watchdog.running());
        self.shared.tasks.spawn(async move {
            channel::run(sftp, line, drain, watchdog).await;
            drop(running);
        });
        true
    }
}

impl Handler for Connection {
    type Error = Error;

    async fn auth_publickey_offered(&mut self, user: &str, offer: PublicKeyOffer<'_>) -> Result<Auth, Error> {
        let known = self.partner_of(user, offer.public_key, offer.algorithm).is_some();
        Ok(if known { Auth::Accept } else { Auth::reject() })
    }

    async fn auth_publickey(&mut self, user: &str, key: VerifiedPublicKey<'_>) -> Result<Auth, Error> {
        self.verified = self.partner_of(user, key.public_key, key.algorithm);
        Ok(if self.verified.is_some() { Auth::Accept } else { Auth::reject() })
    }

    async fn auth_succeeded(&mut self, session: &mut SshSession) -> Result<(), Error> {
        let Some(partner) = self.verified.take() else { return Err(Error::Inconsistent) };
        match self.shared.partners.admit(&partner, self.shared.config.connections_per_partner_max) {
            Some(admitted) => {
                info!(%partner, peer = %self.peer, "partner logged in");
                self.admitted = Some(Arc::new(admitted));
            }
            None => {
                warn!(%partner, peer = %self.peer, "partner has too many connections");
                session.disconnect(Disconnect::TooManyConnections, "too many connections", "en")?;
            }
        }
        if let Some(logged_in) = self.logged_in.take() {
            let _ = logged_in.send(());
        }
        Ok(())
    }

    async fn channel_open_session(
        &mut self,
        channel: Channel<Msg>,
        reply: russh::server::ChannelOpenHandle,
        _session: &mut SshSession,
    ) -> Result<(), Error> {
        if self.admitted.is_some() && self.channels.len() < CHANNELS_MAX {
            self.channels.insert(channel.id(), None);
            reply.accept().await;
        }
        Ok(())
    }

    async fn subsystem_request(
        &mut self,
        channel: ChannelId,
        name: &str,
        session: &mut SshSession,
    ) -> Result<(), Error> {
        if name == "sftp" && self.start_sftp(channel, session) {
            session.channel_success(channel)
        } else {
            session.channel_failure(channel)
        }
    }

    async fn data(&mut self, channel: ChannelId, data: &[u8], _session: &mut SshSession) -> Result<(), Error> {
        if let Some(Some(inlet)) = self.channels.get(&channel) {
            inlet.push(data).await;
        }
        Ok(())
    }

    async fn channel_eof(&mut self, channel: ChannelId, _session: &mut SshSession) -> Result<(), Error> {
        // The session reads what it has got, and ends. The channel stays until it is closed.
        if let Some(inlet) = self.channels.get_mut(&channel) {
            *inlet = None;
        }
        Ok(())
    }

    async fn channel_close(&mut self, channel: ChannelId, _session: &mut SshSession) -> Result<(), Error> {
        self.channels.remove(&channel);
        Ok(())
    }

    async fn shell_request(&mut self, channel: ChannelId, session: &mut SshSession) -> Result<(), Error> {
        session.channel_failure(channel)
    }

    async fn exec_request(
        &mut self,
        channel: ChannelId,
        _command: &[u8],
        session: &mut SshSession,
    ) -> Result<(), Error> {
        session.channel_failure(channel)
    }

    async fn pty_request(
        &mut self,
        channel: ChannelId,
        _term: &str,
        _columns: u32,
        _rows: u32,
        _width: u32,
        _height: u32,
        _modes: &[(russh::Pty, u32)],
        session: &mut SshSession,
    ) -> Result<(), Error> {
        session.channel_failure(channel)
    }

    async fn env_request(
        &mut self,
        channel: ChannelId,
        _name: &str,
        _value: &str,
        session: &mut SshSession,
    ) -> Result<(), Error> {
        session.channel_failure(channel)
    }

    async fn x11_request(
        &mut self,
        channel: ChannelId,
        _single: bool,
        _protocol: &str,
        _cookie: &str,
        _screen: u32,
        session: &mut SshSession,
    ) -> Result<(), Error> {
        session.channel_failure(channel)
    }
}
