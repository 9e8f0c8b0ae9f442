//! One connection to the broker, within a time, that can be cut.

use std::os::fd::AsFd;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use lapin::tcp::{AsyncTcpStream, OwnedTLSConfig};
use lapin::types::LongString;
use lapin::uri::{AMQPScheme, AMQPUri};
use lapin::{Connection, ConnectionProperties};
use secrecy::ExposeSecret;
use tokio::time::timeout;

use super::RabbitMqOptions;
use crate::{BrokerError, backoff};

/// How long the way from a TCP connection to an open AMQP one may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// How long the broker may take for one request.
pub(super) const REQUEST_TIMEOUT: Duration = Duration::from_secs(10);
/// Both sides say that they live so often; twice that without a word ends the connection.
const HEARTBEAT_SECONDS: u16 = 4;
/// How long a farewell may take.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(2);
/// Failures after which the wait for the next trial grows no more: 2 to 4 s.
const FAILURES_COUNTED_MAX: u32 = 3;

/// Why there is no connection, or no longer.
#[derive(Debug, thiserror::Error)]
pub(super) enum Fault {
    /// The broker or the way to it.
    #[error("{}", kind(.0))]
    Broker(#[from] lapin::Error),
    /// Nothing came in time.
    #[error("expected an answer within {} s", .0.as_secs())]
    Late(Duration),
    /// The connection ended without saying why.
    #[error("expected an open connection, found it ended")]
    Ended,
}

/// What failed, without the broker's own text: it may repeat what it was sent.
fn kind(error: &lapin::Error) -> String {
    use lapin::ErrorKind;
    match error.kind() {
        ErrorKind::ProtocolError(error) => format!("the broker answered AMQP {}", error.get_id()),
        ErrorKind::IOError(error) => format!("the network failed: {}", error.kind()),
        ErrorKind::MissingHeartbeatError => "the broker fell silent".to_owned(),
        ErrorKind::InvalidConnectionState(_) | ErrorKind::InvalidChannelState(..) => "the connection ended".to_owned(),
        _ => "AMQP failed".to_owned(),
    }
}

/// A part of work with the broker, within a time.
pub(super) async fn within<T>(limit: Duration, work: impl Future<Output = lapin::Result<T>>) -> Result<T, Fault> {
    timeout(limit, work).await.map_err(|_| Fault::Late(limit))?.map_err(Fault::from)
}

/// The wait before the next trial to connect.
pub(super) fn wait(failures: u32) -> Duration {
    backoff(failures.min(FAILURES_COUNTED_MAX), rand::random())
}

/// The broker's address.
pub(super) fn address(options: &RabbitMqOptions) -> Result<AMQPUri, BrokerError> {
    let mut address: AMQPUri = options.url.expose_secret().parse().map_err(|_| BrokerError::ConfigAddress)?;
    address.query.heartbeat = Some(HEARTBEAT_SECONDS);
    Ok(address)
}

/// An open connection. Dropped, it is cut: no thread of it stays behind a peer that is silent.
pub(super) struct Link {
    pub(super) connection: Connection,
    socket: Socket,
}

impl Link {
    /// Connects. `name` is what the broker's own pages call it.
    pub(super) async fn open(options: &RabbitMqOptions, name: &'static str) -> Result<Self, Fault> {
        let address = address(options).map_err(|_| Fault::Ended)?;
        let tls = OwnedTLSConfig { identity: None, cert_chain: options.authorities.clone() };
        let properties = ConnectionProperties::default().with_connection_name(LongString::from(name));
        let socket = Socket::default();
        let kept = socket.clone();
        let connecting = Connection::connector(
            address,
            lapin::runtime::default_runtime()?,
            async move |address: AMQPUri, runtime| {
                let host = address.authority.host;
                let resolved = runtime.to_socket_addrs((host.clone(), address.authority.port));
                let stream = timeout(CONNECT_TIMEOUT, AsyncTcpStream::connect(&runtime, resolved))
                    .await
                    .map_err(|_| std::io::Error::from(std::io::ErrorKind::TimedOut))??;
                if let AsyncTcpStream::Plain(plain) = &stream {
                    kept.keep(plain.get_ref())?;
                }
                match address.scheme {
                    AMQPScheme::AMQP => Ok(stream),
                    AMQPScheme::AMQPS => Ok(stream.into_tls(&host, tls.as_ref()).await?),
                }
            },
            properties,
        );
        match within(CONNECT_TIMEOUT, connecting).await {
            Ok(connection) => Ok(Self { connection, socket }),
            Err(fault) => {
                socket.cut();
                Err(fault)
            }
        }
    }

    /// Takes leave of the broker.
    pub(super) async fn close(self) {
        // A broker that does not answer is left without a word.
        let _ = timeout(CLOSE_TIMEOUT, self.connection.close(200, "".into())).await;
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        self.socket.cut();
    }
}

/// A second handle of the connection's socket.
#[derive(Clone, Default)]
struct Socket(Arc<Mutex<Option<std::net::TcpStream>>>);

impl Socket {
    fn keep(&self, stream: &impl AsFd) -> std::io::Result<()> {
        let second = std::net::TcpStream::from(stream.as_fd().try_clone_to_owned()?);
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(second);
        Ok(())
    }

    fn cut(&self) {
        if let Some(socket) = self.0.lock().unwrap_or_else(PoisonError::into_inner).take() {
            // One that has ended already cannot be shut down again.
            let _ = socket.shutdown(std::net::Shutdown::Both);
        }
    }
}
