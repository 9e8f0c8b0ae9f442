//! Webhooks against receivers that take, refuse, redirect, stall, and stand where they must not.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use secrecy::ExposeSecret;
use tokio::io::AsyncWriteExt;
use tradewind_transfer::webhook::{
    RefusedReason, RetryReason, WebhookConfig, WebhookOutcome, WebhookSecret, WebhookSender, verify,
};

use crate::support::peer::{LONG, Peer, Request, answer, drain, read_request};

const NOW: u64 = 1_767_225_600;

fn secret() -> WebhookSecret {
    WebhookSecret::parse(WebhookSecret::generate().unwrap().expose_secret()).unwrap()
}

fn allowing_loopback() -> WebhookConfig {
    WebhookConfig {
        allowed_networks: vec!["127.0.0.0/8".parse().unwrap(), "::1".parse().unwrap()],
        ..WebhookConfig::default()
    }
}

async fn send(config: WebhookConfig, url: &str) -> WebhookOutcome {
    let sender = WebhookSender::new(config).unwrap();
    let secret = secret();
    let sent = sender.send(url, &secret, "ntf_1", NOW, Bytes::from_static(b"{}"));
    tokio::time::timeout(LONG, sent).await.expect("send hangs")
}

#[tokio::test]
async fn a_receiver_can_verify_what_it_gets() {
    let seen = Arc::new(Mutex::new(Request::default()));
    let note = Arc::clone(&seen);
    let peer = Peer::start(move |mut stream| {
        let note = Arc::clone(&note);
        async move {
            *note.lock().unwrap() = read_request(&mut stream).await;
            answer(&mut stream, "204 No Content", "", b"").await;
        }
    })
    .await;
    let (sender, secret) = (WebhookSender::new(allowing_loopback()).unwrap(), secret());
    let body = Bytes::from_static(br#"{"synthetic":true}"#);
    let url = peer.url() + "/hook?a=b";
    assert_eq!(sender.send(&url, &secret, "ntf_1", NOW, body.clone()).await, WebhookOutcome::Delivered);
    let seen = seen.lock().unwrap();
    assert_eq!(seen.line, "POST /hook?a=b HTTP/1.1");
    assert_eq!(seen.header("content-type"), Some("application/json"));
    assert_eq!(seen.header("webhook-id"), Some("ntf_1"));
    assert_eq!(seen.header("webhook-timestamp"), Some(NOW.to_string().as_str()));
    assert_eq!(seen.body, body);
    let signature = seen.header("webhook-signature").unwrap();
    assert_eq!(verify(&secret, "ntf_1", NOW, &seen.body, signature, NOW + 1, Duration::from_secs(300)), Ok(()));
}

#[tokio::test]
async fn what_a_receiver_answers_says_what_to_do() {
    let later = Some(Duration::from_secs(7));
    let retry = |status, after| WebhookOutcome::Retry { reason: RetryReason::Status(status), after };
    for (status, headers, expected) in [
        (200, "", WebhookOutcome::Delivered),
        (299, "", WebhookOutcome::Delivered),
        (410, "", WebhookOutcome::Gone),
        (404, "", retry(404, None)),
        (500, "", retry(500, None)),
        (429, "retry-after: 7\r\n", retry(429, later)),
        (503, "retry-after: 7\r\n", retry(503, later)),
        (503, "retry-after: Wed, 21 Oct 2026 07:28:00 GMT\r\n", retry(503, None)),
    ] {
        let peer =
            Peer::answering(format!("HTTP/1.1 {status} Synthetic\r\n{headers}content-length: 2\r\n\r\nok")).await;
        assert_eq!(send(allowing_loopback(), &peer.url()).await, expected, "{status}");
        assert_eq!(peer.connections(), 1, "one attempt a call");
    }
}

#[tokio::test]
async fn redirects_are_not_followed() {
    let target = Peer::answering("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await;
    for status in [301, 302, 303, 307, 308] {
        let moved = format!("HTTP/1.1 {status} Moved\r\nlocation: {}\r\ncontent-length: 0\r\n\r\n", target.url());
        let peer = Peer::answering(moved).await;
        let outcome = send(allowing_loopback(), &peer.url()).await;
        assert_eq!(outcome, WebhookOutcome::Retry { reason: RetryReason::Status(status), after: None });
    }
    assert_eq!(target.connections(), 0);
}

#[tokio::test]
async fn private_addresses_are_refused_however_they_are_written() {
    let peer = Peer::answering("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await;
    let port = peer.address.port();
    let config = || WebhookConfig { allow_clear_http: true, ..WebhookConfig::default() };
    for host in [
        "127.0.0.1",
        "localhost",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "0x7f.1",
        "2130706433",
        "0177.0.0.1",
        "127.1",
        "10.0.0.1",
        "192.168.0.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",
        "[::]",
        "[fe80::1]",
        "[fd00::1]",
        "224.0.0.1",
        "255.255.255.255",
    ] {
        for scheme in ["http", "https"] {
            let outcome = send(config(), &format!("{scheme}://{host}:{port}/")).await;
            assert_eq!(outcome, WebhookOutcome::Refused(RefusedReason::Address), "{scheme}://{host}");
        }
    }
    assert_eq!(peer.connections(), 0);
    assert_eq!(send(allowing_loopback(), &format!("http://localhost:{port}/")).await, WebhookOutcome::Delivered);
}

#[tokio::test]
async fn addresses_that_would_leak_are_refused() {
    assert_eq!(
        send(allowing_loopback(), "http://hooks.example.com/").await,
        WebhookOutcome::Refused(RefusedReason::ClearHttp)
    );
    for url in
        ["", "hooks.example.com", "ftp://hooks.example.com", "file:///etc/passwd", "https://user:pw@hooks.example.com/"]
    {
        assert_eq!(send(allowing_loopback(), url).await, WebhookOutcome::Refused(RefusedReason::Url), "{url}");
    }
}

#[tokio::test]
async fn a_receiver_that_stalls_breaks_off_or_never_ends_does_not_hold_us() {
    let silent = Peer::start(|mut stream| async move { drain(&mut stream).await }).await;
    let config = WebhookConfig { timeout: Duration::from_secs(2), ..allowing_loopback() };
    assert_eq!(send(config, &silent.url()).await, WebhookOutcome::Retry { reason: RetryReason::TimedOut, after: None });

    let broken = Peer::answering("HTTP/1.1 2").await;
    let connection = WebhookOutcome::Retry { reason: RetryReason::Connection, after: None };
    assert_eq!(send(allowing_loopback(), &broken.url()).await, connection);

    let endless = Peer::start(|mut stream| async move {
        read_request(&mut stream).await;
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await;
        while stream.write_all(&[b'x'; 65536]).await.is_ok() {}
    })
    .await;
    assert_eq!(send(allowing_loopback(), &endless.url()).await, WebhookOutcome::Delivered);
}
