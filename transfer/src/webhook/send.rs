//! Posts a webhook once, and says what to do next.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use reqwest::header::CONTENT_TYPE;
use reqwest::{Client, Response, Url};

use super::address::{Network, may_connect};
use super::resolve::{Forbidden, Guard, Lookup, system};
use super::sign::{WebhookSecret, sign};
use crate::tls::{TlsConfigError, TlsOptions, client_config};
use crate::transport::{is_loopback, retry_after};

/// How webhooks are sent.
#[derive(Debug, Clone)]
pub struct WebhookConfig {
    /// Networks that are allowed although they are not public.
    pub allowed_networks: Vec<Network>,
    /// Whether `http://` may be used for other than loopback addresses. Answers would travel in clear.
    pub allow_clear_http: bool,
    /// Whom to trust.
    pub tls: TlsOptions,
    /// How long a connection may take.
    pub connect_timeout: Duration,
    /// How long the whole call may take.
    pub timeout: Duration,
    /// How much of an answer is read, in bytes; only its status matters.
    pub reply_bytes_max: usize,
}

impl Default for WebhookConfig {
    fn default() -> Self {
        Self {
            allowed_networks: Vec::new(),
            allow_clear_http: false,
            tls: TlsOptions::default(),
            connect_timeout: Duration::from_secs(5),
            timeout: Duration::from_secs(15),
            reply_bytes_max: 64 * 1024,
        }
    }
}

/// What became of one attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WebhookOutcome {
    /// The receiver has it (2xx).
    Delivered,
    /// Not this time.
    Retry {
        /// Why.
        reason: RetryReason,
        /// When the receiver asks to be tried again.
        after: Option<Duration>,
    },
    /// The receiver wants no more of them (410): its endpoint is to be switched off.
    Gone,
    /// It must not be sent there. Trying again helps only after the configuration or the receiver's address has changed.
    Refused(RefusedReason),
}

/// Why an attempt failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RetryReason {
    /// No connection, or it broke.
    #[error("no connection, or it broke")]
    Connection,
    /// No answer in time.
    #[error("no answer in time")]
    TimedOut,
    /// Another status than success. Redirects are not followed.
    #[error("answered with HTTP status {0}")]
    Status(u16),
}

/// Why a webhook must not be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RefusedReason {
    /// The address is none.
    #[error("expected an http:// or https:// address without user name")]
    Url,
    /// The answer would travel in clear.
    #[error("expected https://")]
    ClearHttp,
    /// The host has no public address, and none that is allowed.
    #[error("the host's addresses are private or otherwise not allowed")]
    Address,
}

/// Sends webhooks. One serves all receivers.
pub struct WebhookSender {
    client: Client,
    allowed: Arc<[Network]>,
    config: WebhookConfig,
}

impl WebhookSender {
    /// Makes a client that follows no redirects, uses no proxy, and checks every address that it connects to.
    ///
    /// # Errors
    /// [`TlsConfigError`].
    pub fn new(config: WebhookConfig) -> Result<Self, TlsConfigError> {
        Self::with_lookup(config, system())
    }

    pub(super) fn with_lookup(config: WebhookConfig, lookup: Lookup) -> Result<Self, TlsConfigError> {
        let allowed: Arc<[Network]> = config.allowed_networks.clone().into();
        let client = Client::builder()
            .tls_backend_preconfigured(client_config(&config.tls)?)
            .dns_resolver(Guard::new(Arc::clone(&allowed), lookup))
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .no_proxy()
            .connect_timeout(config.connect_timeout)
            .timeout(config.timeout)
            .user_agent("tradewind")
            .build()
            .map_err(|_| TlsConfigError::Unusable)?;
        Ok(Self { client, allowed, config })
    }

    /// Sends `body` (JSON) once. `id` stays the same over all attempts; `unix_seconds` is now.
    pub async fn send(
        &self,
        url: &str,
        secret: &WebhookSecret,
        id: &str,
        unix_seconds: u64,
        body: Bytes,
    ) -> WebhookOutcome {
        let url = match self.check(url) {
            Ok(url) => url,
            Err(reason) => return WebhookOutcome::Refused(reason),
        };
        let signature = sign(secret, id, unix_seconds, &body);
        let request = self
            .client
            .post(url)
            .header(CONTENT_TYPE, "application/json")
            .header("webhook-id", id)
            .header("webhook-timestamp", unix_seconds)
            .header("webhook-signature", signature)
            .body(body);
        match request.send().await {
            Ok(response) => self.outcome(response).await,
            Err(error) => failed(&error),
        }
    }

    fn check(&self, url: &str) -> Result<Url, RefusedReason> {
        let url = Url::parse(url).map_err(|_| RefusedReason::Url)?;
        let host = url.host_str().unwrap_or_default();
        if !matches!(url.scheme(), "http" | "https")
            || host.is_empty()
            || !url.username().is_empty()
            || url.password().is_some()
        {
            return Err(RefusedReason::Url);
        }
        if url.scheme() == "http" && !self.config.allow_clear_http && !is_loopback(&url) {
            return Err(RefusedReason::ClearHttp);
        }
        // Addresses that stand in the URL are not resolved, so the resolver does not see them.
        match host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>() {
            Ok(address) if !may_connect(address, &self.allowed) => Err(RefusedReason::Address),
            _ => Ok(url),
        }
    }

    async fn outcome(&self, mut response: Response) -> WebhookOutcome {
        let (status, after) = (response.status().as_u16(), retry_after(&response));
        // Read so that the connection may serve again; an answer without end is left alone.
        let mut read = 0;
        while let Ok(Some(chunk)) = response.chunk().await {
            read += chunk.len();
            if read > self.config.reply_bytes_max {
                break;
            }
        }
        match status {
            200..=299 => WebhookOutcome::Delivered,
            410 => WebhookOutcome::Gone,
            _ => WebhookOutcome::Retry { reason: RetryReason::Status(status), after },
        }
    }
}

fn failed(error: &reqwest::Error) -> WebhookOutcome {
    let mut source = std::error::Error::source(error);
    while let Some(inner) = source {
        if inner.is::<Forbidden>() {
            return WebhookOutcome::Refused(RefusedReason::Address);
        }
        source = inner.source();
    }
    let reason = if error.is_timeout() { RetryReason::TimedOut } else { RetryReason::Connection };
    WebhookOutcome::Retry { reason, after: None }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use secrecy::ExposeSecret;

    use super::*;

    /// A name that is public when it is checked and private when it is used: the second answer is checked like the first.
    #[tokio::test]
    async fn a_name_that_turns_private_is_refused_at_connect() {
        let asked = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&asked);
        let lookup: Lookup = Arc::new(move |_| {
            counter.fetch_add(1, Ordering::SeqCst);
            Box::pin(async { Ok(vec!["127.0.0.1".parse().unwrap(), "::ffff:10.0.0.1".parse().unwrap()]) })
        });
        let config = WebhookConfig { allow_clear_http: true, ..WebhookConfig::default() };
        let sender = WebhookSender::with_lookup(config, lookup).unwrap();
        let secret = WebhookSecret::parse(WebhookSecret::generate().unwrap().expose_secret()).unwrap();
        let outcome = sender.send("http://hooks.example.com/", &secret, "id", 1, Bytes::new()).await;
        assert_eq!(outcome, WebhookOutcome::Refused(RefusedReason::Address));
        assert_eq!(asked.load(Ordering::SeqCst), 1);
    }
}
