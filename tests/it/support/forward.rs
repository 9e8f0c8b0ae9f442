//! What a test's own server before AWS passes on.

use axum::body::Bytes;
use axum::http::{HeaderMap, StatusCode};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Asks the server at `address` the same, and gives its answer.
pub(crate) async fn forward(address: &str, headers: &HeaderMap, body: &[u8]) -> (StatusCode, Bytes) {
    let mut request = format!("POST / HTTP/1.0\r\nHost: {address}\r\nContent-Length: {}\r\n", body.len());
    for name in ["x-amz-target", "content-type", "authorization", "x-amz-date"] {
        request.push_str(&format!("{name}: {}\r\n", headers[name].to_str().unwrap()));
    }
    let request = [request.as_bytes(), b"\r\n", body].concat();
    let mut server = TcpStream::connect(address).await.unwrap();
    server.write_all(&request).await.unwrap();
    let mut answer = Vec::new();
    server.read_to_end(&mut answer).await.unwrap();
    let head = answer.windows(4).position(|end| end == b"\r\n\r\n").unwrap();
    let status = std::str::from_utf8(&answer[9..12]).unwrap().parse().unwrap();
    (StatusCode::from_u16(status).unwrap(), Bytes::from(answer.split_off(head + 4)))
}
