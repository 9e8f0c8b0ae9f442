use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tradewind_api::{BodyError, Limits};

use crate::support::{ACME, HANG, JSON, Reply, Server, WAITING_ITEM, X12, quick, request};

/// Waits for something that happens behind the server's back.
pub(crate) async fn eventually(mut holds: impl AsyncFnMut() -> bool) {
    let wait = async {
        while !holds().await {
            tokio::task::yield_now().await;
        }
    };
    timeout(HANG, wait).await.expect("it happens");
}

async fn opened(server: &Server, bytes: &[u8]) -> TcpStream {
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    stream.write_all(bytes).await.unwrap();
    stream
}

fn post(path: &str, length: usize, body: &str) -> Vec<u8> {
    let head = format!("POST {path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {ACME}\r\ncontent-type: {X12}\r\n");
    format!("{head}content-length: {length}\r\n\r\n{body}").into_bytes()
}

#[tokio::test]
async fn a_body_at_its_limit_is_taken_and_one_past_is_413() {
    let server = Server::with(Limits { transaction_bytes_max: 1_000, eligibility_bytes_max: 100, ..quick() }).await;
    for (path, limit, good) in [("/v1/transactions", 1_000, 202), ("/v1/eligibility", 100, 200)] {
        let body = "x".repeat(limit + 1);
        let x12 = [("content-type", X12)];
        let chunked = [("content-type", X12), ("transfer-encoding", "chunked")];
        let chunks = |size: usize| format!("{size:x}\r\n{}\r\n0\r\n\r\n", "x".repeat(size));
        assert_eq!(server.post(path, &x12, &body[1..]).await.status, good);
        assert_eq!(server.post(path, &chunked, chunks(limit)).await.status, good);
        let declared = server.post(path, &x12, &body).await.problem(413, "body-too-large");
        assert_eq!(declared["errors"][0]["message"], format!("expected a body of at most {limit} bytes, found more"));
        server.post(path, &chunked, chunks(limit + 1)).await.problem(413, "body-too-large");
    }
    assert_eq!(server.gateway.taken().len(), 4);
    assert_eq!(*server.gateway.broken.lock().unwrap(), [BodyError::TooLarge { limit: 1_000 }]);
}

#[tokio::test]
async fn a_length_over_the_limit_is_refused_before_the_body_is_sent() {
    let server = Server::with(quick()).await;
    let mut stream = opened(&server, &post("/v1/transactions", (64 << 20) + 1, "")).await;
    Reply::read(&mut stream).await.problem(413, "body-too-large");
}

#[tokio::test]
async fn json_at_its_depth_is_taken_and_one_deeper_is_400() {
    let server = Server::start().await;
    let nested = |depth| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    for (path, good) in [("/v1/transactions", 202), ("/v1/eligibility", 200)] {
        assert_eq!(server.post(path, &[("content-type", JSON)], nested(64)).await.status, good);
        let problem = server.post(path, &[("content-type", JSON)], nested(65)).await.problem(400, "invalid-json");
        assert_eq!(
            (&problem["errors"][0]["place"], &problem["errors"][0]["rule"]),
            (&"byte 64".into(), &"json.depth".into())
        );
        assert_eq!(server.post(path, &[("content-type", X12)], nested(65)).await.status, good, "X12 has no depth");
    }
    assert_eq!(server.gateway.taken().len(), 4);
}

#[tokio::test]
async fn a_body_that_pauses_is_408() {
    let server = Server::with(Limits { body_pause_ms_max: 50, ..quick() }).await;
    for path in ["/v1/transactions", "/v1/eligibility"] {
        let mut stream = opened(&server, &post(path, 10, "ISA")).await;
        Reply::read(&mut stream).await.problem(408, "slow-body");
    }
    assert!(server.gateway.taken().is_empty());
    assert_eq!(*server.gateway.broken.lock().unwrap(), [BodyError::TooSlow]);
}

#[tokio::test]
async fn a_body_that_takes_too_long_in_all_is_408() {
    let server = Server::with(Limits { body_timeout_ms: 50, eligibility_timeout_ms: 50, ..quick() }).await;
    for path in ["/v1/transactions", "/v1/eligibility"] {
        let mut stream = opened(&server, &post(path, 10, "ISA")).await;
        Reply::read(&mut stream).await.problem(408, "slow-body");
    }
    assert!(server.gateway.taken().is_empty());
}

#[tokio::test]
async fn an_answer_that_is_not_ready_is_503_and_the_submission_goes_on() {
    let server = Server::with(Limits { body_timeout_ms: 25, request_timeout_ms: 25, ..quick() }).await;
    let reply = server.submit("wait").await;
    reply.problem(503, "still-working");
    assert_eq!(reply.header("retry-after"), Some("1"));
    server.gateway.gate.add_permits(1);
    eventually(async || server.gateway.taken().len() == 1).await;
}

#[tokio::test]
async fn headers_at_their_number_are_taken_and_one_more_is_431() {
    let server = Server::with(Limits { headers_max: 10, ..quick() }).await;
    let extra = |count| vec![("x-extra", "1"); count];
    assert_eq!(server.raw(&request("GET", "/health", &extra(8), b"")).await.status, 200);
    assert_eq!(server.raw(&request("GET", "/health", &extra(9), b"")).await.status, 431);
}

#[tokio::test]
async fn a_head_at_its_size_is_taken_and_one_byte_more_is_431() {
    let server = Server::with(Limits { header_bytes_max: 1_000, ..quick() }).await;
    let empty = request("GET", "/health", &[("x-extra", "")], b"").len();
    let padded = |size: usize| request("GET", "/health", &[("x-extra", &"x".repeat(size - empty))], b"");
    assert_eq!(padded(1_000).len(), 1_000);
    assert_eq!(server.raw(&padded(1_000)).await.status, 200);
    assert_eq!(server.raw(&padded(1_001)).await.status, 431);
}

#[tokio::test]
async fn a_head_that_does_not_come_ends_the_connection() {
    let server = Server::with(Limits { header_timeout_ms: 50, ..Limits::default() }).await;
    let kept = "GET /health HTTP/1.1\r\nhost: x\r\n\r\n";
    for (sent, good) in [("", 0), ("GET /hea", 0), ("GET /health HTTP/1.1\r\nhost: x\r\n", 0), (kept, 1)] {
        let mut stream = opened(&server, sent.as_bytes()).await;
        let mut answered = Vec::new();
        let _ = timeout(HANG, stream.read_to_end(&mut answered)).await.expect("the end of the connection");
        assert_eq!(String::from_utf8_lossy(&answered).matches("200 OK").count(), good, "{sent}");
    }
}

#[tokio::test]
async fn one_request_past_the_limit_is_503_while_health_answers() {
    let server = Server::with(Limits { requests_max: 1, ..quick() }).await;
    let mut first = opened(&server, &post("/v1/transactions", 4, "wait")).await;
    server.gateway.entered.notified().await;
    let reply = server.submit("ISA*").await;
    reply.problem(503, "overloaded");
    assert_eq!(reply.header("retry-after"), Some("1"));
    assert_eq!(server.call("GET", "/health", &[], b"").await.status, 200);
    server.gateway.gate.add_permits(1);
    let mut start = [0; 12];
    timeout(HANG, first.read_exact(&mut start)).await.unwrap().unwrap();
    assert_eq!(&start, b"HTTP/1.1 202");
    assert_eq!(server.submit("ISA*").await.status, 202);
}

#[tokio::test]
async fn a_client_that_goes_away_cancels_nothing_and_keeps_its_place_until_the_end() {
    let server = Server::with(Limits { requests_max: 1, ..quick() }).await;
    let stream = opened(&server, &post("/v1/transactions", 4, "wait")).await;
    server.gateway.entered.notified().await;
    drop(stream);
    server.submit("ISA*").await.problem(503, "overloaded");
    server.gateway.gate.add_permits(1);
    eventually(async || server.gateway.taken().len() == 1).await;
    eventually(async || server.submit("ISA*").await.status == 202).await;
}

#[tokio::test]
async fn a_look_up_has_its_place_too() {
    let server = Server::with(Limits { requests_max: 1, ..quick() }).await;
    let head = format!("GET /v1/transactions/{WAITING_ITEM} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n");
    let mut first = opened(&server, format!("{head}authorization: Bearer {ACME}\r\n\r\n").as_bytes()).await;
    server.gateway.entered.notified().await;
    server.submit("ISA*").await.problem(503, "overloaded");
    server.gateway.gate.add_permits(1);
    Reply::read(&mut first).await.problem(404, "not-found");
    assert_eq!(server.submit("ISA*").await.status, 202);
}

#[tokio::test]
async fn a_client_that_sends_all_before_it_reads_gets_its_answer() {
    let server = Server::with(quick()).await;
    for (path, length, status) in [("/v1/transactions", (64 << 20) + 1, 413), ("/v1/nothing", 8 << 20, 404)] {
        let mut stream = opened(&server, &post(path, length, "")).await;
        stream.write_all(&vec![b'x'; length]).await.expect("the server takes what it does not want");
        assert_eq!(Reply::read(&mut stream).await.status, status);
    }
    assert!(server.gateway.taken().is_empty());
}
