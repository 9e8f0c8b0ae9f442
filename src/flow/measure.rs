//! Rates and latencies of the rooms, for `/metrics`. Labels are partners, queues and words of ours; never a value of a payload.

use std::time::Duration;

use tradewind_broker::{Outcome, QueueName};
use tradewind_compliance::PartnerId;

/// A room ended with a job.
pub(super) fn job(queue: &QueueName, outcome: &Outcome, took: Duration) {
    let word = match outcome {
        Outcome::Done => "done",
        Outcome::RetryAfter(_) => "retried",
        Outcome::Later(_) => "later",
        Outcome::Rejected(_) => "rejected",
        Outcome::Returned => "returned",
    };
    metrics::histogram!("tradewind_job_seconds", "queue" => queue.as_str().to_owned(), "outcome" => word)
        .record(took.as_secs_f64());
}

/// A file that S3 told of was settled.
#[cfg(feature = "aws")]
pub(super) fn s3_file(outcome: &'static str) {
    metrics::counter!("tradewind_s3_files_total", "outcome" => outcome).increment(1);
}

/// A partner was called.
pub(super) fn call(partner: &PartnerId, outcome: &'static str, took: Duration) {
    let labels = [("partner", partner.as_str().to_owned()), ("outcome", outcome.to_owned())];
    metrics::histogram!("tradewind_call_seconds", &labels).record(took.as_secs_f64());
}

/// Items of a set that ended, by the set's verdict.
pub(super) fn items(sender: &PartnerId, verdict: &'static str, count: u64) {
    let labels = [("partner", sender.as_str().to_owned()), ("verdict", verdict.to_owned())];
    metrics::counter!("tradewind_items_total", &labels).increment(count);
}

/// A partner's answers were recorded.
pub(super) fn answers(partner: &PartnerId, count: u64) {
    metrics::counter!("tradewind_answers_total", "partner" => partner.as_str().to_owned()).increment(count);
}

/// An attempt at a webhook ended.
pub(super) fn webhook(partner: &PartnerId, outcome: &'static str) {
    let labels = [("partner", partner.as_str().to_owned()), ("outcome", outcome.to_owned())];
    metrics::counter!("tradewind_webhooks_total", &labels).increment(1);
}
