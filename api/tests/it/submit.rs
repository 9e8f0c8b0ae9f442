use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tradewind_api::{BodyError, Content};

use crate::limits::eventually;
use crate::support::{ACME, JSON, OWN_FILE, Reply, Server, Taken, X12};

#[tokio::test]
async fn what_is_durable_is_202_with_its_location() {
    let server = Server::start().await;
    let reply = server.submit("ISA*").await;
    assert_eq!((reply.status, reply.header("location")), (202, Some(&*format!("/v1/files/{OWN_FILE}"))));
    assert_eq!(reply.json(), serde_json::json!({"file": OWN_FILE, "duplicate": false}));
    assert_eq!(reply.header("cache-control"), Some("no-store"));
    assert_eq!(server.submit("ISA*").await.json()["duplicate"], true);
}

#[tokio::test]
async fn body_type_and_key_reach_the_gateway_as_they_came() {
    let server = Server::start().await;
    let key = "!~".repeat(64);
    let json = br#"{"guide":"005010X222A1"}"#;
    server.post("/v1/transactions", &[("content-type", JSON), ("idempotency-key", &key)], json).await;
    let chunked = [("content-type", X12), ("transfer-encoding", "chunked")];
    assert_eq!(server.post("/v1/transactions", &chunked, "3\r\nISA\r\n1\r\n*\r\n0\r\n\r\n").await.status, 202);
    let taken =
        |content, body: &'static [u8], key| Taken { partner: "acme".to_owned(), content, body: body.into(), key };
    assert_eq!(server.gateway.taken(), [taken(Content::Json, json, Some(key)), taken(Content::X12, b"ISA*", None)]);
}

#[tokio::test]
async fn each_error_of_the_gateway_has_its_problem() {
    let server = Server::start().await;
    for (body, status, slug) in [
        ("malformed", 400, "invalid-x12"),
        ("invalid", 422, "invalid-content"),
        ("no-route", 422, "unknown-payer"),
        ("forbidden", 403, "forbidden"),
        ("key-reused", 422, "idempotency-key-reused"),
        ("key-in-use", 409, "idempotency-key-in-use"),
        ("unavailable", 503, "overloaded"),
        ("internal", 500, "internal"),
        ("panic", 500, "internal"),
    ] {
        let reply = server.submit(body).await;
        let problem = reply.problem(status, slug);
        assert_eq!(problem["errors"].is_array(), matches!(body, "malformed" | "invalid"), "{body}");
        assert!(!reply.text().contains("secret") && !reply.text().contains("value that must not"), "{body}");
    }
    let json = server.post("/v1/transactions", &[("content-type", JSON)], "malformed").await;
    let problem = json.problem(400, "invalid-json");
    let fault = serde_json::json!([{"place": "segment 3 CLM02", "rule": "snip1.type", "message": "expected a number"}]);
    assert_eq!(problem["errors"], fault);
    assert!(server.gateway.taken().is_empty());
}

#[tokio::test]
async fn a_problem_tells_a_hundred_faults_at_most() {
    let problem = Server::start().await.submit("invalid a lot").await.problem(422, "invalid-content");
    assert_eq!(problem["errors"].as_array().unwrap().len(), 100);
}

#[tokio::test]
async fn retry_after_is_whole_seconds_and_never_too_early() {
    let server = Server::start().await;
    assert_eq!(server.submit("unavailable").await.header("retry-after"), Some("7"));
    assert_eq!(server.submit("key-in-use").await.header("retry-after"), Some("1"));
    assert_eq!(server.submit("invalid").await.header("retry-after"), None);
}

#[tokio::test]
async fn another_content_type_is_415() {
    let server = Server::start().await;
    for headers in [
        &[][..],
        &[("content-type", "text/plain")],
        &[("content-type", "application/json; charset=utf-16")],
        &[("content-type", X12), ("content-encoding", "gzip")],
    ] {
        server.post("/v1/transactions", headers, "ISA*").await.problem(415, "unsupported-media-type");
    }
    let twice = [("content-type", X12), ("content-type", JSON)];
    server.post("/v1/transactions", &twice, "ISA*").await.problem(400, "invalid-header");
    assert!(server.gateway.taken().is_empty());
}

#[tokio::test]
async fn a_malformed_idempotency_key_is_400_and_names_the_header() {
    let server = Server::start().await;
    let long = "k".repeat(129);
    for keys in [&[""][..], &[&long], &["two words"], &["caf\u{e9}"], &["one", "two"], &["one", "one"]] {
        for path in ["/v1/transactions", "/v1/eligibility"] {
            let mut headers = vec![("content-type", X12)];
            headers.extend(keys.iter().map(|key| ("idempotency-key", *key)));
            let problem = server.post(path, &headers, "ISA*").await.problem(400, "invalid-header");
            assert_eq!(problem["errors"][0]["place"], "idempotency-key");
        }
    }
    assert!(server.gateway.taken().is_empty());
}

#[tokio::test]
async fn a_body_cut_at_any_byte_is_nothing_taken() {
    let server = Server::start().await;
    let declared = b"content-length: 10\r\n\r\nISA*00*ab";
    let chunked = b"transfer-encoding: chunked\r\n\r\n3\r\nISA\r\n3\r\n*00\r\n0\r\n\r";
    let head =
        format!("POST /v1/transactions HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {ACME}\r\ncontent-type: {X12}\r\n");
    let mut cuts = 0;
    for rest in [&declared[..], chunked] {
        let start = rest.windows(4).position(|window| window == b"\r\n\r\n").unwrap() + 4;
        for cut in start..=rest.len() {
            let mut stream = TcpStream::connect(server.address).await.unwrap();
            stream.write_all(&[head.as_bytes(), &rest[..cut]].concat()).await.unwrap();
            stream.shutdown().await.unwrap();
            let mut answered = Vec::new();
            let _ = stream.read_to_end(&mut answered).await;
            assert!(!answered.starts_with(b"HTTP/1.1 202"), "cut at {cut}");
            cuts += 1;
        }
    }
    eventually(async || server.gateway.broken.lock().unwrap().len() == cuts).await;
    assert!(server.gateway.broken.lock().unwrap().iter().all(|error| *error == BodyError::Cut));
    assert!(server.gateway.taken().is_empty());
}

#[tokio::test]
async fn a_bad_chunk_is_nothing_taken() {
    let server = Server::start().await;
    let headers = [("content-type", X12), ("transfer-encoding", "chunked")];
    let reply: Reply = server.post("/v1/transactions", &headers, "3\r\nISA\r\nzz\r\n").await;
    reply.problem(400, "incomplete-body");
    assert!(server.gateway.taken().is_empty());
}
