//! Metrics as Prometheus reads them. No label holds what a client or a payload says.

use std::fmt::Write as _;
use std::sync::OnceLock;
use std::time::Duration;

use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};

use crate::gateway::MetricsSnapshot;

const REQUESTS: &str = "tradewind_http_requests_total";
const SECONDS: &str = "tradewind_http_request_duration_seconds";

/// Upper bounds of every histogram, in seconds: from our own share of a real-time inquiry to the longest upload.
const BUCKETS: &[f64] =
    &[0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 20.0, 60.0, 600.0];

/// How often samples that nobody has asked for are folded into their buckets.
pub(crate) const UPKEEP: Duration = Duration::from_secs(5);

static RECORDER: OnceLock<Option<PrometheusHandle>> = OnceLock::new();

/// Makes this process record what the `metrics` crate's macros are given, for `GET /metrics` to show. [`crate::serve`]
/// does it; call it before to record from the start. `false` when another recorder stands already: then `/metrics`
/// shows the snapshot alone.
pub fn install() -> bool {
    recorder().is_some()
}

fn recorder() -> Option<&'static PrometheusHandle> {
    let install = || {
        let handle = PrometheusBuilder::new().set_buckets(BUCKETS).ok()?.install_recorder().ok()?;
        metrics::describe_counter!(REQUESTS, "Requests by method, route and status.");
        metrics::describe_counter!("tradewind_http_unauthorized_total", "Requests without a token that is known.");
        metrics::describe_histogram!(SECONDS, "Seconds from a request's head to its answer, by route.");
        Some(handle)
    };
    RECORDER.get_or_init(install).as_ref()
}

pub(crate) fn upkeep() {
    if let Some(recorder) = recorder() {
        recorder.run_upkeep();
    }
}

pub(crate) fn request_done(method: &'static str, route: &str, status: u16, elapsed: Duration) {
    let route = route.to_owned();
    let status = status.to_string();
    metrics::histogram!(SECONDS, "route" => route.clone()).record(elapsed.as_secs_f64());
    metrics::counter!(REQUESTS, "method" => method, "route" => route, "status" => status).increment(1);
}

/// The snapshot, and then what was recorded.
pub(crate) fn render(snapshot: &MetricsSnapshot) -> String {
    let mut text = String::new();
    family(&mut text, "tradewind_queue_depth", "Jobs that wait or run, outbox and broker together.");
    for row in snapshot.queues.iter().filter(|row| fits(&row.queue)) {
        let _ = writeln!(text, "tradewind_queue_depth{{queue=\"{}\"}} {}", row.queue, row.depth);
    }
    family(&mut text, "tradewind_queue_oldest_age_seconds", "How long the oldest job has waited.");
    for row in snapshot.queues.iter().filter(|row| fits(&row.queue)) {
        let age = row.oldest_age.as_secs_f64();
        let _ = writeln!(text, "tradewind_queue_oldest_age_seconds{{queue=\"{}\"}} {age}", row.queue);
    }
    family(&mut text, "tradewind_state_count", "How many of each kind are in each state.");
    for row in snapshot.states.iter().filter(|row| fits(&row.kind) && fits(&row.state)) {
        let (kind, state) = (&row.kind, &row.state);
        let _ = writeln!(text, "tradewind_state_count{{kind=\"{kind}\",state=\"{state}\"}} {}", row.count);
    }
    if let Some(recorder) = recorder() {
        text.push_str(&recorder.render());
    }
    text
}

fn family(text: &mut String, name: &str, help: &str) {
    let _ = writeln!(text, "# HELP {name} {help}\n# TYPE {name} gauge");
}

/// A word of the code or the configuration. Anything else is left out rather than shown.
fn fits(label: &str) -> bool {
    (1..=64).contains(&label.len())
        && label.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gateway::QueueMetrics;

    #[test]
    fn a_label_that_is_no_word_is_left_out() {
        let queue = |name: &'static str| QueueMetrics {
            queue: name.into(),
            depth: 7,
            oldest_age: Duration::from_millis(1_500),
        };
        let text =
            render(&MetricsSnapshot { queues: vec![queue("deliver.acme"), queue("DOE JOHN\"")], states: Vec::new() });
        assert!(text.contains("tradewind_queue_depth{queue=\"deliver.acme\"} 7\n"));
        assert!(text.contains("tradewind_queue_oldest_age_seconds{queue=\"deliver.acme\"} 1.5\n"));
        assert!(!text.contains("DOE"));
    }
}
