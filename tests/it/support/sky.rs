//! Bad weather between a gateway and its engines: a TCP proxy before each, which delays, cuts, half-closes, swallows and refuses.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;
use tokio::sync::watch;

/// The longest head of a request that is read here.
const HEAD_BYTES_MAX: usize = 64 * 1024;

/// What befalls connections, those that are open and those that come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Weather {
    /// Bytes pass.
    Fair,
    /// Bytes pass after a while.
    Slow(Duration),
    /// Connections end at once, without a farewell.
    Cut,
    /// A connection ends once so many bytes of the client's have passed on it.
    CutAfter(usize),
    /// What the server says no longer comes, and its side says that it has ended.
    HalfClosed,
    /// Nothing passes and nobody says anything, ever, on a connection that has met it.
    BlackHole,
    /// Nothing comes to the server: requests of HTTP are answered with this status line and body.
    Says(&'static str, &'static str),
}

/// A proxy before one server.
pub(crate) struct Proxy {
    server: String,
    address: SocketAddr,
    weather: Arc<watch::Sender<Weather>>,
}

/// The proxies before all engines; fair until told otherwise.
pub(crate) struct Sky {
    pub(crate) ledger: Proxy,
    pub(crate) queues: Proxy,
    pub(crate) objects: Proxy,
    pub(crate) keys: Proxy,
    _runtime: Runtime,
}

impl Sky {
    /// Over the engines that these URLs name.
    pub(crate) fn over([ledger, queues, objects, keys]: [&str; 4]) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let proxy = |url| runtime.block_on(Proxy::before(url));
        let (ledger, queues, objects, keys) = (proxy(ledger), proxy(queues), proxy(objects), proxy(keys));
        Self { ledger, queues, objects, keys, _runtime: runtime }
    }
}

impl Proxy {
    async fn before(url: &str) -> Self {
        let place = url.split("://").nth(1).and_then(|rest| rest.split('/').next()).expect("a URL");
        let server = place.rsplit('@').next().unwrap_or(place).to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let weather = Arc::new(watch::Sender::new(Weather::Fair));
        let (to, seen) = (server.clone(), weather.clone());
        drop(tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                drop(tokio::spawn(link(client, to.clone(), seen.subscribe())));
            }
        }));
        Self { server, address, weather }
    }

    /// The URL with the proxy in the server's place.
    pub(crate) fn instead_in(&self, url: &str) -> String {
        url.replace(&self.server, &self.address.to_string())
    }

    pub(crate) fn set(&self, weather: Weather) {
        self.weather.send_replace(weather);
    }
}

async fn link(client: TcpStream, server: String, weather: watch::Receiver<Weather>) {
    let now = *weather.borrow();
    match now {
        Weather::Cut => return,
        Weather::Says(status, body) => return say(client, status, body).await,
        _ => {}
    }
    let Ok(server) = TcpStream::connect(server).await else { return };
    let ((from_client, to_client), (from_server, to_server)) = (client.into_split(), server.into_split());
    // One way that ends is the end of both.
    tokio::select! {
        () = pass(from_client, to_server, weather.clone(), false) => {}
        () = pass(from_server, to_client, weather, true) => {}
    }
}

/// Passes bytes one way. A change of the weather takes hold at once.
async fn pass(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, mut weather: watch::Receiver<Weather>, of_server: bool) {
    let (mut lost, mut passed) = (false, 0);
    let mut bytes = vec![0; 64 * 1024];
    loop {
        let now = *weather.borrow_and_update();
        if matches!(now, Weather::Cut | Weather::Says(..)) {
            return;
        }
        let closed = now == Weather::HalfClosed && of_server;
        if closed {
            let _ = to.shutdown().await;
        }
        lost |= now == Weather::BlackHole;
        tokio::select! {
            changed = weather.changed() => if changed.is_err() { return },
            read = from.read(&mut bytes), if !closed && !lost => {
                let Ok(read @ 1..) = read else { return };
                passed += read;
                match now {
                    Weather::CutAfter(limit) if !of_server && passed > limit => return,
                    Weather::Slow(by) => tokio::time::sleep(by).await,
                    _ => {}
                }
                if to.write_all(&bytes[..read]).await.is_err() {
                    return;
                }
            }
        }
    }
}

/// Reads a request of HTTP to its end and answers it.
async fn say(mut client: TcpStream, status: &str, body: &str) {
    let mut request = Vec::new();
    let end = loop {
        if let Some(end) = request.windows(4).position(|four| four == b"\r\n\r\n") {
            break end + 4;
        }
        if request.len() > HEAD_BYTES_MAX || !matches!(client.read_buf(&mut request).await, Ok(1..)) {
            return;
        }
    };
    let head = String::from_utf8_lossy(&request[..end]).to_ascii_lowercase();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length:")?.trim().parse().ok());
    let whole = end + length.unwrap_or(0_usize);
    // A client that waits to be told to go on is told no.
    while request.len() < whole && !head.contains("100-continue") {
        if !matches!(client.read_buf(&mut request).await, Ok(1..)) {
            return;
        }
    }
    let length = if head.starts_with("head ") { 0 } else { body.len() };
    let answer =
        format!("HTTP/1.1 {status}\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n{}", &body[..length]);
    let _ = client.write_all(answer.as_bytes()).await;
}
