use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tradewind_api::{BodyError, Limits};

use crate::support::{ACME, HANG, Reply, Server, X12, quick, request};

fn waiting() -> Vec<u8> {
    let token = format!("Bearer {ACME}");
    request("POST", "/v1/transactions", &[("authorization", &token), ("content-type", X12)], b"wait")
}

#[tokio::test]
async fn stopping_lets_a_request_end_and_takes_no_new_one() {
    let mut server = Server::with(quick()).await;
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    stream.write_all(&waiting()).await.unwrap();
    server.gateway.entered.notified().await;
    let served = server.stop();
    crate::limits::eventually(async || TcpStream::connect(server.address).await.is_err()).await;
    assert!(!served.is_finished());
    server.gateway.gate.add_permits(1);
    assert_eq!(Reply::read(&mut stream).await.status, 202);
    timeout(HANG, served).await.unwrap().unwrap().unwrap();
}

#[tokio::test]
async fn stopping_closes_idle_connections() {
    let mut server = Server::with(quick()).await;
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    stream.write_all(b"GET /health HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    assert_eq!(stream.read_u8().await.unwrap(), b'H');
    timeout(HANG, server.stop()).await.expect("idle connections do not hold it").unwrap().unwrap();
}

#[tokio::test]
async fn stopping_waits_for_the_drain_timeout_at_most() {
    let mut server = Server::with(Limits { drain_timeout_ms: 50, ..quick() }).await;
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    stream.write_all(&waiting()).await.unwrap();
    server.gateway.entered.notified().await;
    timeout(HANG, server.stop()).await.expect("the drain timeout ends it").unwrap().unwrap();
}

#[tokio::test]
async fn an_upload_that_stopping_cuts_is_nothing_taken() {
    let mut server = Server::with(Limits { drain_timeout_ms: 50, ..quick() }).await;
    let head =
        format!("POST /v1/transactions HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {ACME}\r\ncontent-type: {X12}\r\n");
    let mut streams = Vec::new();
    for rest in ["content-length: 10\r\n\r\nISA*", "transfer-encoding: chunked\r\n\r\n4\r\nISA*\r\n"] {
        let mut stream = TcpStream::connect(server.address).await.unwrap();
        stream.write_all(format!("{head}{rest}").as_bytes()).await.unwrap();
        server.gateway.started.notified().await;
        streams.push(stream);
    }
    timeout(HANG, server.stop()).await.unwrap().unwrap().unwrap();
    crate::limits::eventually(async || server.gateway.broken.lock().unwrap().len() == 2).await;
    assert_eq!(*server.gateway.broken.lock().unwrap(), [BodyError::Cut, BodyError::Cut]);
    assert!(server.gateway.taken().is_empty());
}

#[tokio::test]
async fn an_old_connection_is_closed_after_its_request() {
    let server = Server::with(Limits { connection_age_ms_max: 50, ..quick() }).await;
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    stream.write_all(b"GET /health HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    assert_eq!(Reply::read(&mut stream).await.status, 200);
}

#[tokio::test]
async fn one_connection_past_the_limit_waits_for_another_to_end() {
    let server = Server::with(Limits { connections_max: 1, ..quick() }).await;
    let mut first = TcpStream::connect(server.address).await.unwrap();
    first.write_all(b"GET /health HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    assert_eq!(first.read_u8().await.unwrap(), b'H');
    let mut second = TcpStream::connect(server.address).await.unwrap();
    second.write_all(&request("GET", "/health", &[], b"")).await.unwrap();
    let mut byte = [0];
    assert!(
        timeout(Duration::from_millis(100), second.peek(&mut byte)).await.is_err(),
        "no answer while the first stands"
    );
    drop(first);
    assert_eq!(Reply::read(&mut second).await.status, 200);
}
