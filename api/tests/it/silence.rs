//! Nothing that a client sends comes out in logs, metrics or errors.

use std::io::Write;
use std::sync::{Arc, Mutex, OnceLock};

use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use tracing_subscriber::fmt::MakeWriter;

use crate::limits::eventually;
use crate::support::{ACME, BETA, JSON, OWN_ITEM, Server, X12, request};

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        Write::write(&mut *self.0.lock().unwrap(), bytes)
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;
    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

/// Everything that this process logs from now on, at every level.
fn log() -> &'static Log {
    static LOG: OnceLock<Log> = OnceLock::new();
    LOG.get_or_init(|| {
        let log = Log::default();
        let subscriber =
            tracing_subscriber::fmt().json().with_max_level(tracing::Level::TRACE).with_writer(log.clone());
        tracing::subscriber::set_global_default(subscriber.finish()).unwrap();
        log
    })
}

fn logged() -> String {
    String::from_utf8(log().0.lock().unwrap().clone()).unwrap()
}

#[tokio::test]
async fn canaries_of_every_part_of_a_request_come_out_nowhere() {
    log();
    let server = Server::start().await;
    let acme = format!("Bearer {ACME}");
    let x12 = [("authorization", acme.as_str()), ("content-type", X12)];
    let long = "CANARY".repeat(30);
    let mut replies = Vec::new();
    for (method, path, headers, body) in [
        ("POST", "/v1/transactions", &x12[..], "CANARY"),
        ("POST", "/v1/eligibility?member=CANARY", &x12, "CANARY"),
        ("POST", "/v1/transactions", &[("authorization", &acme), ("content-type", "CANARY/x")], "CANARY"),
        (
            "POST",
            "/v1/transactions",
            &[("authorization", &acme), ("content-type", JSON), ("idempotency-key", &long)],
            "{}",
        ),
        ("POST", "/v1/transactions", &[("authorization", "Bearer CANARY")], ""),
        ("GET", "/v1/transactions/CANARY", &[("authorization", &acme)], ""),
        ("GET", "/v1/files/CANARY?after=CANARY", &[("authorization", &acme), ("x-request-id", "CANARY")], ""),
        ("GET", "/CANARY?CANARY", &[("accept", "CANARY"), ("user-agent", "CANARY")], ""),
        ("GET", "/problems/CANARY", &[], ""),
        ("CANARY", "/health", &[], ""),
    ] {
        replies.push(server.raw(&request(method, path, headers, body.as_bytes())).await);
    }
    replies.push(server.call("GET", "/metrics", &[], b"").await);
    for reply in replies {
        assert!(!format!("{:?} {}", reply.headers, reply.text()).to_lowercase().contains("canary"), "{reply:?}");
    }
    let logged = logged();
    assert!(logged.contains(r#""route":"unmatched""#), "the log is seen");
    assert!(!logged.to_lowercase().contains("canary"));
    assert!(!logged.contains(ACME) && !logged.contains(BETA), "no token either");
}

#[tokio::test]
async fn the_log_has_a_line_for_each_request() {
    log();
    let server = Server::start().await;
    let id = server.get(&format!("/v1/transactions/{OWN_ITEM}")).await;
    let id = id.header("x-request-id").unwrap();
    // The line stands before the answer is sent.
    let logged = logged();
    let line = logged.lines().find(|line| line.contains(id)).expect("a line with the request's id");
    let line: serde_json::Value = serde_json::from_str(line).unwrap();
    let fields = &line["fields"];
    assert_eq!(
        (&fields["method"], &fields["status"], &fields["partner"]),
        (&"GET".into(), &200.into(), &"acme".into())
    );
    assert_eq!(fields["route"], "/v1/transactions/{id}");
    assert!(fields["ms"].is_number());
}

#[tokio::test]
async fn an_inner_error_is_in_the_log_with_the_requests_id_and_nowhere_else() {
    log();
    let server = Server::start().await;
    let reply = server.submit("internal").await;
    assert!(!reply.text().contains("ledger"));
    let id = reply.header("x-request-id").unwrap();
    let logged = logged();
    assert!(
        logged.lines().any(|line| line.contains(id) && line.contains("ledger at /secret/place is read-only")),
        "{logged}"
    );
}

#[tokio::test]
async fn a_client_that_goes_away_has_its_line_too() {
    log();
    let server = Server::start().await;
    let gone = || logged().matches(r#""route":"/v1/transactions","status":499"#).count();
    let before = gone();
    let token = format!("Bearer {ACME}");
    let bytes = request("POST", "/v1/transactions", &[("authorization", &token), ("content-type", X12)], b"wait");
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    stream.write_all(&bytes).await.unwrap();
    server.gateway.entered.notified().await;
    drop(stream);
    eventually(async || gone() > before).await;
}
