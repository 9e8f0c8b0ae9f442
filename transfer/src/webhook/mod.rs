//! Webhooks as Standard Webhooks does: `webhook-id`, `webhook-timestamp`, `webhook-signature`.

mod address;
mod resolve;
mod send;
mod sign;

pub use address::{Network, NetworkError, may_connect};
pub use send::{RefusedReason, RetryReason, WebhookConfig, WebhookOutcome, WebhookSender};
pub use sign::{SecretError, VerifyError, WebhookSecret, sign, verify};
