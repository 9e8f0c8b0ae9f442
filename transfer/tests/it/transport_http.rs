//! The HTTP transport against partners that answer, refuse, cut and stall at chosen points.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt, ReadBuf};
use tokio::net::TcpListener;
use tradewind_compliance::DeliveryId;
use tradewind_transfer::TlsOptions;
use tradewind_transfer::transport::{
    HttpConfigError, HttpTransport, HttpTransportConfig, Mode, NotTaken, Outbound, Reply, SendError, StatusError,
    StatusQuery, StatusReply, Transport, Unknown,
};

use crate::support::peer::{LONG, Peer, Request, answer, drain, read_head, read_request};

fn delivery() -> DeliveryId {
    DeliveryId::new(1_767_225_600_000, 7)
}

fn outbound(body: impl Into<Vec<u8>>) -> Outbound {
    let body = body.into();
    let body_bytes = Some(body.len() as u64);
    Outbound { delivery: delivery(), mode: Mode::Batch, body: Box::new(io::Cursor::new(body)), body_bytes }
}

fn transport(url: &str) -> HttpTransport {
    HttpTransport::new(HttpTransportConfig::new(url)).unwrap()
}

fn impatient(url: &str, timeout: Duration) -> HttpTransport {
    let config = HttpTransportConfig {
        connect_timeout: timeout,
        batch_timeout: timeout,
        status_timeout: timeout,
        ..HttpTransportConfig::new(url)
    };
    HttpTransport::new(config).unwrap()
}

async fn send(peer: &Peer, body: impl Into<Vec<u8>>) -> Result<Reply, SendError> {
    tokio::time::timeout(LONG, transport(&peer.url()).send(outbound(body))).await.expect("send hangs")
}

fn refused(status: u16) -> Result<Reply, SendError> {
    Err(SendError::NotTaken(NotTaken::Refused { status, retry_after: None }))
}

fn unknown(status: u16) -> Result<Reply, SendError> {
    Err(SendError::Unknown(Unknown::Failed { status }))
}

#[tokio::test]
async fn sends_the_payload_and_gives_the_answer() {
    let seen = Arc::new(Mutex::new(Request::default()));
    let note = Arc::clone(&seen);
    let peer = Peer::start(move |mut stream| {
        let note = Arc::clone(&note);
        async move {
            *note.lock().unwrap() = read_request(&mut stream).await;
            answer(&mut stream, "200 OK", "", b"ISA*synthetic~").await;
        }
    })
    .await;
    let body: Vec<u8> = (0..3_000_001_u32).map(|n| n as u8).collect();
    assert_eq!(send(&peer, body.clone()).await, Ok(Reply::Answered("ISA*synthetic~".into())));
    {
        let seen = seen.lock().unwrap();
        assert_eq!(seen.line, "POST /x12 HTTP/1.1");
        assert_eq!(seen.header("content-type"), Some("application/edi-x12"));
        assert_eq!(seen.header("idempotency-key"), Some(delivery().as_str()));
        assert_eq!(seen.header("content-length"), Some("3000001"));
        assert!(seen.body == body);
    }
    // Of unknown length: in chunks. And with a token.
    let config =
        HttpTransportConfig { bearer: Some("synthetic-token".into()), ..HttpTransportConfig::new(peer.url() + "/") };
    let mut request = outbound(body.clone());
    request.body_bytes = None;
    assert!(HttpTransport::new(config).unwrap().send(request).await.is_ok());
    let seen = seen.lock().unwrap();
    assert_eq!(seen.header("transfer-encoding"), Some("chunked"));
    assert_eq!(seen.header("authorization"), Some("Bearer synthetic-token"));
    assert!(seen.body == body);
}

#[tokio::test]
async fn an_answer_may_come_later() {
    for head in ["202 Accepted", "200 OK", "201 Created"] {
        let peer = Peer::answering(format!("HTTP/1.1 {head}\r\ncontent-length: 0\r\n\r\n")).await;
        assert_eq!(send(&peer, "ISA").await, Ok(Reply::Accepted), "{head}");
    }
    let peer = Peer::answering("HTTP/1.1 204 No Content\r\n\r\n").await;
    assert_eq!(send(&peer, "ISA").await, Ok(Reply::Accepted));
}

#[tokio::test]
async fn without_a_connection_nothing_is_taken() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    assert_eq!(transport(&url).send(outbound("ISA")).await, Err(SendError::NotTaken(NotTaken::NoConnection)));
    let nowhere = transport("https://no-such-host.invalid");
    assert_eq!(nowhere.send(outbound("ISA")).await, Err(SendError::NotTaken(NotTaken::NoConnection)));
}

#[tokio::test]
async fn without_tls_nothing_is_taken() {
    let garbage = Peer::start(|mut stream| async move {
        let _ = stream.write_all(b"220 this is no TLS\r\n").await;
        drain(&mut stream).await;
    })
    .await;
    let url = format!("https://{}", garbage.address);
    assert_eq!(transport(&url).send(outbound("ISA")).await, Err(SendError::NotTaken(NotTaken::NoConnection)));

    let silent = Peer::start(|mut stream| async move { drain(&mut stream).await }).await;
    let url = format!("https://{}", silent.address);
    let refused = impatient(&url, Duration::from_millis(300)).send(outbound("ISA")).await;
    assert_eq!(refused, Err(SendError::NotTaken(NotTaken::TimedOut)));
}

#[tokio::test]
async fn a_refusal_is_surely_not_taken() {
    for status in [400, 401, 403, 404, 405, 408, 413, 415, 422, 429, 503, 301, 307, 308] {
        let peer = Peer::answering(format!(
            "HTTP/1.1 {status} Synthetic\r\nlocation: http://127.0.0.1:9/\r\ncontent-length: 0\r\n\r\n"
        ))
        .await;
        assert_eq!(send(&peer, "ISA").await, refused(status), "{status}");
        assert_eq!(peer.connections(), 1, "nothing is sent twice");
    }
    for status in [429, 503] {
        let peer =
            Peer::answering(format!("HTTP/1.1 {status} Later\r\nretry-after: 120\r\ncontent-length: 0\r\n\r\n")).await;
        let retry_after = Some(Duration::from_secs(120));
        assert_eq!(send(&peer, "ISA").await, Err(SendError::NotTaken(NotTaken::Refused { status, retry_after })));
    }
}

#[tokio::test]
async fn a_refusal_before_the_payload_is_read_is_surely_not_taken() {
    let peer = Peer::start(|mut stream| async move {
        read_head(&mut stream).await;
        answer(&mut stream, "413 Too Large", "", b"").await;
        drain(&mut stream).await;
    })
    .await;
    assert_eq!(send(&peer, vec![b'x'; 8_000_000]).await, refused(413));
}

#[tokio::test]
async fn a_failure_of_the_partner_is_unknown() {
    for status in [500, 501, 502, 504, 507, 302, 303, 409, 206, 299] {
        let peer = Peer::answering(format!(
            "HTTP/1.1 {status} Synthetic\r\nlocation: http://127.0.0.1:9/\r\ncontent-length: 0\r\n\r\n"
        ))
        .await;
        assert_eq!(send(&peer, "ISA").await, unknown(status), "{status}");
        assert_eq!(peer.connections(), 1, "nothing is sent twice");
    }
}

#[tokio::test]
async fn a_cut_after_the_payload_began_is_unknown() {
    // In the middle of the payload.
    let peer = Peer::start(|mut stream| async move {
        read_head(&mut stream).await;
        let mut some = [0; 1000];
        let _ = stream.read_exact(&mut some).await;
    })
    .await;
    assert_eq!(send(&peer, vec![b'x'; 8_000_000]).await, Err(SendError::Unknown(Unknown::Cut)));
    assert_eq!(peer.connections(), 1);
    // After all of it, without an answer, and in the middle of the answer's head.
    for start in ["", "HTTP/1.1 200 O"] {
        let peer = Peer::answering(start).await;
        assert_eq!(send(&peer, "ISA").await, Err(SendError::Unknown(Unknown::Cut)), "{start:?}");
        assert_eq!(peer.connections(), 1);
    }
    // An answer that is no HTTP.
    let peer = Peer::answering("ISA*00*no http~").await;
    assert_eq!(send(&peer, "ISA").await, Err(SendError::Unknown(Unknown::Cut)));
}

#[tokio::test]
async fn no_answer_in_time_is_unknown() {
    let peer = Peer::start(|mut stream| async move {
        read_request(&mut stream).await;
        drain(&mut stream).await;
    })
    .await;
    let transport = impatient(&peer.url(), Duration::from_secs(2));
    assert_eq!(transport.send(outbound("ISA")).await, Err(SendError::Unknown(Unknown::TimedOut)));
}

#[tokio::test]
async fn an_answer_that_stalls_is_unknown() {
    let peer = Peer::start(|mut stream| async move {
        read_request(&mut stream).await;
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nISA").await;
        drain(&mut stream).await;
    })
    .await;
    let transport = impatient(&peer.url(), Duration::from_secs(2));
    assert_eq!(transport.send(outbound("ISA")).await, Err(SendError::Unknown(Unknown::TimedOut)));
}

#[tokio::test]
async fn a_real_time_request_has_its_own_deadline() {
    let peer = Peer::start(|mut stream| async move {
        read_request(&mut stream).await;
        drain(&mut stream).await;
    })
    .await;
    let begun = Instant::now();
    let request = Outbound { mode: Mode::RealTime { deadline: Duration::from_secs(2) }, ..outbound("ISA") };
    assert_eq!(transport(&peer.url()).send(request).await, Err(SendError::Unknown(Unknown::TimedOut)));
    assert!(begun.elapsed() < Duration::from_secs(100), "the batch's timeout was used");
}

#[tokio::test]
async fn a_truncated_answer_is_unknown() {
    for answer in [
        &b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nISA*00*"[..],
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nISA*0\r\n",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n",
    ] {
        let peer = Peer::answering(answer).await;
        assert_eq!(send(&peer, "ISA").await, Err(SendError::Unknown(Unknown::GarbledReply)));
    }
}

#[tokio::test]
async fn an_answer_at_the_limit_passes_and_one_byte_more_does_not() {
    for (bytes, expected) in [
        (1000, Ok(Reply::Answered(vec![b'x'; 1000].into()))),
        (1001, Err(SendError::Unknown(Unknown::ReplyTooLarge { limit_bytes: 1000 }))),
    ] {
        let body = "x".repeat(bytes);
        let peer = Peer::answering(format!("HTTP/1.1 200 OK\r\ncontent-length: {bytes}\r\n\r\n{body}")).await;
        let config = HttpTransportConfig { reply_bytes_max: 1000, ..HttpTransportConfig::new(peer.url()) };
        assert_eq!(HttpTransport::new(config).unwrap().send(outbound("ISA")).await, expected);
    }
}

/// A payload that fails after some bytes.
struct Fails(usize);

impl AsyncRead for Fails {
    fn poll_read(mut self: Pin<&mut Self>, _context: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if self.0 == 0 {
            return Poll::Ready(Err(io::ErrorKind::InvalidData.into()));
        }
        let n = self.0.min(into.remaining());
        into.put_slice(&vec![b'x'; n]);
        self.0 -= n;
        Poll::Ready(Ok(()))
    }
}

#[tokio::test]
async fn a_payload_that_cannot_be_read_is_not_taken_unless_some_went_out() {
    let peer = Peer::start(|mut stream| async move { drain(&mut stream).await }).await;
    let with = |body: Fails| Outbound { body: Box::new(body), body_bytes: Some(1_000_000), ..outbound("") };
    assert_eq!(transport(&peer.url()).send(with(Fails(0))).await, Err(SendError::NotTaken(NotTaken::Unsendable)));
    assert_eq!(transport(&peer.url()).send(with(Fails(500_000))).await, Err(SendError::Unknown(Unknown::Cut)));
    // Not as long as declared, and longer.
    for declared in [4, 2] {
        let request = Outbound { body_bytes: Some(declared), ..outbound("ISA") };
        let outcome = transport(&peer.url()).send(request).await;
        assert!(outcome.is_err(), "declared {declared}, sent 3: {outcome:?}");
    }
}

#[tokio::test]
async fn asks_whether_an_interchange_was_taken() {
    let seen = Arc::new(Mutex::new(String::new()));
    let note = Arc::clone(&seen);
    let peer = Peer::start(move |mut stream| {
        let note = Arc::clone(&note);
        async move {
            let request = read_request(&mut stream).await;
            let answers = request.line.contains("000000042");
            *note.lock().unwrap() = request.line;
            if answers {
                answer(&mut stream, "200 OK", "", b"TA1*").await
            } else {
                answer(&mut stream, "404 Not Found", "interchange-status: never-taken\r\n", b"").await
            }
        }
    })
    .await;
    let transport = transport(&peer.url());
    let query = |interchange_control_number| StatusQuery { interchange_control_number };
    assert_eq!(transport.status(&query(42)).await, Ok(StatusReply::Taken("TA1*".into())));
    assert_eq!(*seen.lock().unwrap(), "GET /status/000000042 HTTP/1.1");
    assert_eq!(transport.status(&query(999_999_999)).await, Ok(StatusReply::NeverTaken));
    assert_eq!(*seen.lock().unwrap(), "GET /status/999999999 HTTP/1.1");
}

#[tokio::test]
async fn a_status_that_is_not_clear_is_an_error() {
    let query = StatusQuery { interchange_control_number: 1 };
    for status in [404, 500, 503, 401, 302, 204] {
        let peer =
            Peer::answering(format!("HTTP/1.1 {status} Synthetic\r\nlocation: /\r\ncontent-length: 0\r\n\r\n")).await;
        assert_eq!(transport(&peer.url()).status(&query).await, Err(StatusError::Failed { status }));
    }
    for answer in ["", "HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nTA1"] {
        let peer = Peer::answering(answer).await;
        assert_eq!(transport(&peer.url()).status(&query).await, Err(StatusError::NoAnswer));
    }
}

#[test]
fn a_configuration_that_would_leak_is_refused() {
    let new = |url: &str| HttpTransport::new(HttpTransportConfig::new(url)).err();
    assert_eq!(new("http://payer.example.com/"), Some(HttpConfigError::ClearHttp));
    assert_eq!(new("http://127.0.0.1.example.com/"), Some(HttpConfigError::ClearHttp));
    assert_eq!(new("http://10.0.0.1/"), Some(HttpConfigError::ClearHttp));
    for url in [
        "ftp://payer.example.com",
        "payer.example.com",
        "",
        "https://user:pw@payer.example.com",
        "https://a/?b",
        "https://a/#b",
    ] {
        assert_eq!(new(url), Some(HttpConfigError::Url), "{url}");
    }
    for url in ["https://payer.example.com/edi", "http://127.0.0.1:1/", "http://[::1]:1/", "http://localhost:1"] {
        assert_eq!(new(url), None, "{url}");
    }
    let with =
        |bearer: &str| HttpTransportConfig { bearer: Some(bearer.into()), ..HttpTransportConfig::new("https://a") };
    assert_eq!(HttpTransport::new(with("line\nbreak")).err(), Some(HttpConfigError::Bearer));
    let tls = TlsOptions { extra_roots_pem: Some("nonsense".to_owned()), ..TlsOptions::default() };
    let config = HttpTransportConfig { tls, ..HttpTransportConfig::new("https://a") };
    assert!(matches!(HttpTransport::new(config).err(), Some(HttpConfigError::Tls(_))));
}
