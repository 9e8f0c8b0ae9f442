//! A way to the server that breaks when it is told to: in the commit.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

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
}

pub(super) struct Proxy {
    pub(super) address: SocketAddr,
    next: Arc<Mutex<Option<Cut>>>,
}

impl Proxy {
    pub(super) async fn to(server: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let next = Arc::new(Mutex::new(None));
        let shared = Arc::clone(&next);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(carry(client, server, Arc::clone(&shared)));
            }
        });
        Self { address, next }
    }

    pub(super) fn cut_next(&self, cut: Cut) {
        *self.next.lock().unwrap() = Some(cut);
    }

    /// Whether the cut was made.
    pub(super) fn was_cut(&self) -> bool {
        self.next.lock().unwrap().is_none()
    }
}

async fn carry(mut client: TcpStream, server: SocketAddr, next: Arc<Mutex<Option<Cut>>>) {
    let mut server = TcpStream::connect(server).await.unwrap();
    let (mut up, mut down) = (vec![0; 65_536], vec![0; 65_536]);
    loop {
        tokio::select! {
            read = client.read(&mut up) => {
                let Ok(count @ 1..) = read else { return };
                let bytes = &up[..count];
                let commits = bytes.windows(6).any(|window| window == b"COMMIT");
                let cut = if commits { next.lock().unwrap().take() } else { None };
                match cut {
                    None => server.write_all(bytes).await.unwrap(),
                    Some(Cut::Before) => return,
                    Some(Cut::SilentBefore) => return std::future::pending().await,
                    Some(cut) => {
                        server.write_all(bytes).await.unwrap();
                        assert!(server.read(&mut down).await.unwrap() > 0, "the server answers");
                        if cut == Cut::After {
                            return;
                        }
                        std::future::pending::<()>().await;
                    }
                }
            }
            read = server.read(&mut down) => {
                let Ok(count @ 1..) = read else { return };
                if client.write_all(&down[..count]).await.is_err() {
                    return;
                }
            }
        }
    }
}
