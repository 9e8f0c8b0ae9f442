//! A way to the server that breaks when it is told to: in the commit, or for every connection.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// What becomes of the next commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cut {
    /// The connection ends before the server has heard of it.
    Before,
    /// The connection ends after the server has done it, before its answer.
    After,
    /// Nothing gets through any more, from before the server has heard of it; nobody is told.
    SilentBefore,
    /// The server has done it; its answer, and all that follows, is swallowed.
    SilentAfter,
    /// As `SilentAfter`; then comes `SilentAsked`.
    SilentTwice,
    /// Who asks what became of a commit hears nothing any more.
    SilentAsked,
}

/// What becomes of every connection that there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Weather {
    Fair,
    /// So long each way.
    Slow(Duration),
    /// Connections end. New ones work.
    Cut,
    /// The server's side ends, ours stays open. New ones work.
    HalfClosed,
    /// Nothing passes any more, and nobody is told. New ones are as silent while it lasts.
    BlackHole,
}

pub(super) struct Proxy {
    pub(super) address: SocketAddr,
    next: Arc<Mutex<Option<Cut>>>,
    weather: watch::Sender<Weather>,
}

#[derive(Clone)]
struct Way {
    server: SocketAddr,
    next: Arc<Mutex<Option<Cut>>>,
    weather: watch::Receiver<Weather>,
}

impl Proxy {
    pub(super) async fn to(server: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let next = Arc::new(Mutex::new(None));
        let (weather, now) = watch::channel(Weather::Fair);
        let way = Way { server, next: Arc::clone(&next), weather: now };
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let way = way.clone();
                tokio::spawn(async move {
                    // A side that is gone ends it.
                    let _ = way.carry(client).await;
                });
            }
        });
        Self { address, next, weather }
    }

    pub(super) fn cut_next(&self, cut: Cut) {
        *self.next.lock().unwrap() = Some(cut);
    }

    /// Whether the cut was made.
    pub(super) fn was_cut(&self) -> bool {
        self.next.lock().unwrap().is_none()
    }

    pub(super) fn turn(&self, weather: Weather) {
        self.weather.send_replace(weather);
    }
}

impl Way {
    async fn carry(mut self, mut client: TcpStream) -> std::io::Result<()> {
        if *self.weather.borrow_and_update() == Weather::BlackHole {
            std::future::pending::<()>().await;
        }
        let mut server = TcpStream::connect(self.server).await?;
        let (mut up, mut down) = (vec![0; 65_536], vec![0; 65_536]);
        loop {
            tokio::select! {
                _ = self.weather.changed() => {
                    let weather = *self.weather.borrow_and_update();
                    match weather {
                        Weather::Fair | Weather::Slow(_) => {}
                        Weather::Cut => return Ok(()),
                        Weather::HalfClosed => {
                            client.shutdown().await?;
                            while client.read(&mut up).await? > 0 {}
                            return Ok(());
                        }
                        Weather::BlackHole => std::future::pending().await,
                    }
                }
                read = client.read(&mut up) => {
                    let Ok(count @ 1..) = read else { return Ok(()) };
                    self.wait().await;
                    let bytes = &up[..count];
                    match self.cut(bytes) {
                        None => server.write_all(bytes).await?,
                        Some(Cut::Before) => return Ok(()),
                        Some(Cut::SilentBefore | Cut::SilentAsked) => return std::future::pending().await,
                        Some(cut) => {
                            server.write_all(bytes).await?;
                            assert!(server.read(&mut down).await? > 0, "the server answers");
                            if cut == Cut::After {
                                return Ok(());
                            }
                            std::future::pending::<()>().await;
                        }
                    }
                }
                read = server.read(&mut down) => {
                    let Ok(count @ 1..) = read else { return Ok(()) };
                    self.wait().await;
                    client.write_all(&down[..count]).await?;
                }
            }
        }
    }

    /// The cut that these bytes meet.
    fn cut(&self, bytes: &[u8]) -> Option<Cut> {
        let hold = |word: &[u8]| bytes.windows(word.len()).any(|window| window == word);
        let mut next = self.next.lock().unwrap();
        let word: &[u8] = if *next == Some(Cut::SilentAsked) { b"RETURNING batch" } else { b"COMMIT" };
        let cut = if hold(word) { next.take() } else { None };
        if cut == Some(Cut::SilentTwice) {
            *next = Some(Cut::SilentAsked);
        }
        cut
    }

    async fn wait(&self) {
        let weather = *self.weather.borrow();
        if let Weather::Slow(delay) = weather {
            tokio::time::sleep(delay).await;
        }
    }
}
