//! Webhooks as Standard Webhooks does: `webhook-id`, `webhook-timestamp`, `webhook-signature`.

mod sign;

pub use sign::{SecretError, VerifyError, WebhookSecret, sign, verify};
