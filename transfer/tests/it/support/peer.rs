//! A TCP server that speaks as much HTTP as a test tells it to, and breaks off where it tells it to.

use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

pub struct Peer {
    pub address: SocketAddr,
    connections: Arc<AtomicUsize>,
    task: JoinHandle<()>,
}

impl Peer {
    /// Runs `talk` for each connection, one after the other.
    pub async fn start<F: Future<Output = ()> + Send>(talk: impl Fn(TcpStream) -> F + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let connections = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&connections);
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                counter.fetch_add(1, Ordering::SeqCst);
                talk(stream).await;
            }
        });
        Self { address, connections, task }
    }

    /// Takes each whole request and answers with these bytes.
    pub async fn answering(answer: impl Into<Vec<u8>>) -> Self {
        let answer: Arc<[u8]> = answer.into().into();
        Self::start(move |mut stream| {
            let answer = Arc::clone(&answer);
            async move {
                read_request(&mut stream).await;
                let _ = stream.write_all(&answer).await;
                let _ = stream.shutdown().await;
                drain(&mut stream).await;
            }
        })
        .await
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// How many came.
    pub fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// A request as it came.
#[derive(Debug, Default)]
pub struct Request {
    pub line: String,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Request {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(found, _)| found.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }
}

pub async fn read_head(stream: &mut (impl AsyncRead + Unpin)) -> Request {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        match stream.read_u8().await {
            Ok(byte) => head.push(byte),
            Err(_) => return Request::default(),
        }
    }
    let head = String::from_utf8(head).unwrap();
    let mut lines = head.lines();
    let line = lines.next().unwrap().to_owned();
    let headers = lines
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    Request { line, headers, body: Vec::new() }
}

/// Reads head and body, of declared length or in chunks.
pub async fn read_request(stream: &mut (impl AsyncRead + Unpin)) -> Request {
    let mut request = read_head(stream).await;
    if let Some(length) = request.header("content-length") {
        request.body = vec![0; length.parse().unwrap()];
        let _ = stream.read_exact(&mut request.body).await;
    } else if request.header("transfer-encoding").is_some() {
        loop {
            let mut size = Vec::new();
            while !size.ends_with(b"\r\n") {
                match stream.read_u8().await {
                    Ok(byte) => size.push(byte),
                    Err(_) => return request,
                }
            }
            let size = usize::from_str_radix(std::str::from_utf8(&size).unwrap().trim(), 16).unwrap();
            let mut chunk = vec![0; size + 2];
            if stream.read_exact(&mut chunk).await.is_err() || size == 0 {
                break;
            }
            request.body.extend_from_slice(&chunk[..size]);
        }
    }
    request
}

pub async fn drain(stream: &mut (impl AsyncRead + Unpin)) {
    let mut rest = [0; 4096];
    while stream.read(&mut rest).await.is_ok_and(|read| read > 0) {}
}

pub async fn answer(stream: &mut (impl AsyncWrite + Unpin), status: &str, headers: &str, body: &[u8]) {
    let head = format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\n{headers}connection: close\r\n\r\n", body.len());
    let _ = stream.write_all(head.as_bytes()).await;
    let _ = stream.write_all(body).await;
    let _ = stream.shutdown().await;
}

/// Waits that no test is meant to wait for.
pub const LONG: Duration = Duration::from_secs(60);
