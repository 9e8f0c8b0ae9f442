use std::collections::BTreeMap;

use crate::support::{ACME, Server};

#[tokio::test]
async fn health_is_503_when_the_program_is_not_well() {
    let server = Server::start().await;
    for (live, ready, health_status, ready_status) in
        [(true, true, 200, 200), (true, false, 200, 503), (false, true, 503, 503)]
    {
        *server.gateway.health.lock().unwrap() = (live, ready);
        let health = server.call("GET", "/health", &[], b"").await;
        let readiness = server.call("GET", "/health/ready", &[], b"").await;
        assert_eq!((health.status, readiness.status), (health_status, ready_status));
        assert_eq!(
            health.json(),
            serde_json::json!({"live": live, "ready": ready, "parts": [{"name": "ledger", "ok": ready}]})
        );
    }
}

/// Name and labels → value, and each family's type, as Prometheus' text format has them.
fn parse(text: &str) -> (BTreeMap<String, f64>, BTreeMap<String, String>) {
    let (mut samples, mut types) = (BTreeMap::new(), BTreeMap::new());
    for line in text.lines().filter(|line| !line.is_empty()) {
        if let Some(rest) = line.strip_prefix("# TYPE ") {
            let (name, kind) = rest.split_once(' ').unwrap();
            assert!(types.insert(name.to_owned(), kind.to_owned()).is_none(), "one type a family: {name}");
        } else if !line.starts_with("# HELP ") {
            let (series, value) = line.rsplit_once(' ').unwrap();
            let name = series.split('{').next().unwrap();
            let family = ["_bucket", "_sum", "_count"].iter().find_map(|end| name.strip_suffix(end)).unwrap_or(name);
            assert!(types.contains_key(name) || types.contains_key(family), "a type before {series}");
            assert!(name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_') && series.len() < 200, "{series}");
            assert!(
                samples.insert(series.to_owned(), value.parse().unwrap()).is_none(),
                "one sample a series: {series}"
            );
        }
    }
    (samples, types)
}

#[tokio::test]
async fn metrics_are_prometheus_text_with_queues_states_rates_and_latencies() {
    let server = Server::start().await;
    server.get("/v1/files/nothing").await;
    let reply = server.call("GET", "/metrics", &[], b"").await;
    assert_eq!(reply.header("content-type"), Some("text/plain; version=0.0.4; charset=utf-8"));
    let (samples, types) = parse(reply.text());
    for (series, value) in [
        (r#"tradewind_queue_depth{queue="translate"}"#, 0.0),
        (r#"tradewind_queue_depth{queue="deliver.acme"}"#, 3.0),
        (r#"tradewind_queue_oldest_age_seconds{queue="deliver.acme"}"#, 3.75),
        (r#"tradewind_state_count{kind="item",state="unknown"}"#, 1.0),
    ] {
        assert_eq!(samples.get(series), Some(&value), "{series}");
    }
    assert!(samples[r#"tradewind_http_requests_total{method="GET",route="/v1/files/{id}",status="404"}"#] >= 1.0);
    assert!(samples[r#"tradewind_http_request_duration_seconds_bucket{route="/v1/files/{id}",le="+Inf"}"#] >= 1.0);
    assert_eq!(types["tradewind_http_request_duration_seconds"], "histogram");
}

#[tokio::test]
async fn head_is_get_without_a_body() {
    let server = Server::start().await;
    for path in ["/health", "/metrics", "/openapi.json"] {
        let reply = server.call("HEAD", path, &[], b"").await;
        assert_eq!((reply.status, reply.body.len()), (200, 0));
        assert!(reply.header("content-length").unwrap().parse::<usize>().unwrap() > 0);
    }
}

#[tokio::test]
async fn another_method_is_405_with_what_works() {
    let server = Server::start().await;
    let token = format!("Bearer {ACME}");
    for (method, path, allow) in [
        ("GET", "/v1/transactions", "POST"),
        ("HEAD", "/v1/eligibility", "POST"),
        ("POST", "/v1/files/nothing", "GET,HEAD"),
        ("DELETE", "/health", "GET,HEAD"),
        ("BREW", "/metrics", "GET,HEAD"),
    ] {
        let reply = server.call(method, path, &[("authorization", &token)], b"").await;
        assert_eq!((reply.status, reply.header("allow")), (405, Some(allow)), "{method} {path}");
        if method != "HEAD" {
            reply.problem(405, "method-not-allowed");
        }
    }
}

#[tokio::test]
async fn what_is_not_there_is_404() {
    let server = Server::start().await;
    for path in ["/", "/nothing", "/health/", "/problems/nothing", "/problems/%ff", "//health"] {
        server.call("GET", path, &[], b"").await.problem(404, "not-found");
    }
    server.get("/v1/nothing").await.problem(404, "not-found");
}

#[tokio::test]
async fn each_request_has_an_id_of_its_own() {
    let server = Server::start().await;
    let one = server.call("GET", "/health", &[("x-request-id", "mine")], b"").await;
    let two = server.call("GET", "/health", &[("x-request-id", "mine")], b"").await;
    assert_eq!(one.header("x-request-id").unwrap().len(), 36);
    assert_ne!(one.header("x-request-id"), two.header("x-request-id"));
}
