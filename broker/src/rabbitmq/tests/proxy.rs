//! A TCP proxy with bad weather: it delays, cuts, half-closes and swallows.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

/// What befalls connections, those that are open and those that come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Weather {
    /// Bytes pass.
    Fair,
    /// Bytes pass after a while.
    Slow(Duration),
    /// Connections end at once, without a farewell.
    Cut,
    /// Nothing passes and nobody says anything. A connection that fell into it stays there; those that come later pass.
    BlackHole,
}

/// The weather, and how often all connections that were open were cut, or half closed.
#[derive(Debug, Clone, Copy)]
struct Sky {
    weather: Weather,
    cuts: u64,
    half_closes: u64,
}

pub(super) struct Proxy {
    pub(super) address: SocketAddr,
    sky: Arc<watch::Sender<Sky>>,
    accepting: tokio::task::JoinHandle<()>,
}

impl Proxy {
    pub(super) async fn to(server: String, weather: Weather) -> Self {
        Self::at("127.0.0.1", server, weather).await
    }

    /// A proxy on another address of this machine's loopback.
    pub(super) async fn at(host: &str, server: String, weather: Weather) -> Self {
        let listener = TcpListener::bind((host, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let sky = Arc::new(watch::Sender::new(Sky { weather, cuts: 0, half_closes: 0 }));
        let seen = sky.clone();
        let accepting = tokio::spawn(async move {
            let mut links = JoinSet::new();
            while let Ok((client, _)) = listener.accept().await {
                links.spawn(link(client, server.clone(), seen.subscribe()));
            }
        });
        Self { address, sky, accepting }
    }

    pub(super) fn set(&self, weather: Weather) {
        self.sky.send_modify(|sky| sky.weather = weather);
    }

    /// Cuts every connection that is open; new ones pass.
    pub(super) fn cut_once(&self) {
        self.sky.send_modify(|sky| sky.cuts += 1);
    }

    /// Of every connection that is open, what the server says no longer comes, and its side says that it has ended; new ones pass.
    pub(super) fn half_close_once(&self) {
        self.sky.send_modify(|sky| sky.half_closes += 1);
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn link(client: TcpStream, server: String, sky: watch::Receiver<Sky>) {
    if sky.borrow().weather == Weather::Cut {
        return;
    }
    let Ok(server) = TcpStream::connect(server).await else { return };
    let ((from_client, to_client), (from_server, to_server)) = (client.into_split(), server.into_split());
    tokio::join!(pass(from_client, to_server, sky.clone(), false), pass(from_server, to_client, sky, true));
}

/// Passes bytes one way. A change of the weather takes hold at once.
async fn pass(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, mut sky: watch::Receiver<Sky>, of_server: bool) {
    let before = *sky.borrow();
    let mut lost = false;
    let mut bytes = vec![0; 64 * 1024];
    loop {
        let Sky { weather, cuts, half_closes } = *sky.borrow_and_update();
        if weather == Weather::Cut || cuts != before.cuts {
            return;
        }
        let closed = half_closes != before.half_closes && of_server;
        if closed {
            let _ = to.shutdown().await;
        }
        lost |= weather == Weather::BlackHole;
        let held = closed || lost;
        tokio::select! {
            changed = sky.changed() => if changed.is_err() { return },
            read = from.read(&mut bytes), if !held => {
                let Ok(read @ 1..) = read else { return };
                if let Weather::Slow(by) = weather {
                    tokio::time::sleep(by).await;
                }
                if to.write_all(&bytes[..read]).await.is_err() {
                    return;
                }
            }
        }
    }
}
