//! Where AWS is, how long it may take, and by whose right it is asked.

use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_config::stalled_stream_protection::StalledStreamProtectionConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_smithy_http_client::Builder;
use aws_smithy_http_client::tls::Provider;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use secrecy::{ExposeSecret, SecretString};

/// The region of servers that are not AWS, where it means nothing but is signed.
const REGION_ELSEWHERE: &str = "us-east-1";
/// First wait before another attempt; it doubles, with jitter, to [`BACKOFF_MAX`].
const BACKOFF: Duration = Duration::from_millis(100);
/// Longest wait before another attempt.
const BACKOFF_MAX: Duration = Duration::from_secs(5);

/// Where a service of AWS is, and how long it may take.
#[derive(Debug, Clone, PartialEq, Eq, serde::Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Connection {
    /// The region, such as `us-east-1`. Default: as AWS's own tools find it (`AWS_REGION`, the profile, the instance).
    pub region: Option<String>,
    /// A server that is not AWS but speaks its protocol, such as `http://127.0.0.1:8333`. Default: AWS.
    pub endpoint: Option<String>,
    /// How long a connection may take to stand, in milliseconds. Default 3,000.
    pub connect_timeout_ms: u64,
    /// How long one attempt may take until its answer begins, and a body until its next piece, in milliseconds. Default 20,000.
    pub read_timeout_ms: u64,
    /// How long all attempts may take together until the answer begins, in milliseconds. Default 60,000.
    pub operation_timeout_ms: u64,
    /// How often a call is tried, the first time counted. Default 4.
    pub attempts_max: u32,
}

impl Default for Connection {
    fn default() -> Self {
        Self {
            region: None,
            endpoint: None,
            connect_timeout_ms: 3_000,
            read_timeout_ms: 20_000,
            operation_timeout_ms: 60_000,
            attempts_max: 4,
        }
    }
}

/// By whose right AWS is asked.
#[derive(Debug, Clone, Default)]
pub enum Access {
    /// As AWS's own tools find it: environment, profile, web identity, container's or instance's role.
    #[default]
    Ambient,
    /// A key pair: for servers that are not AWS.
    Keys {
        /// The access key's id.
        id: String,
        /// Its secret.
        secret: SecretString,
    },
}

/// Why a configuration cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// Keys, secrets and a partner's files travel in clear within TLS.
    #[error("expected an https endpoint for keys, secrets and files unless it is on this machine, found another")]
    EndpointInsecure,
}

impl Connection {
    pub(crate) const fn read_timeout(&self) -> Duration {
        Duration::from_millis(self.read_timeout_ms)
    }

    pub(crate) const fn operation_timeout(&self) -> Duration {
        Duration::from_millis(self.operation_timeout_ms)
    }

    /// What every client is built from.
    pub(crate) async fn sdk(&self, access: &Access) -> SdkConfig {
        let http = Builder::new().tls_provider(Provider::Rustls(CryptoMode::Ring)).build_https();
        let timeouts = TimeoutConfig::builder()
            .connect_timeout(Duration::from_millis(self.connect_timeout_ms))
            .read_timeout(self.read_timeout())
            .operation_timeout(self.operation_timeout())
            .build();
        let retries = RetryConfig::standard()
            .with_max_attempts(self.attempts_max.max(1))
            .with_initial_backoff(BACKOFF)
            .with_max_backoff(BACKOFF_MAX);
        let mut loader = aws_config::defaults(BehaviorVersion::latest())
            .http_client(http)
            .timeout_config(timeouts)
            .retry_config(retries)
            // Bodies have a timeout of their own, which does not count a reader that is slow.
            .stalled_stream_protection(StalledStreamProtectionConfig::disabled());
        if let Some(endpoint) = &self.endpoint {
            loader = loader.endpoint_url(endpoint);
        }
        let elsewhere = self.endpoint.as_ref().map(|_| REGION_ELSEWHERE);
        if let Some(region) = self.region.as_deref().or(elsewhere) {
            loader = loader.region(Region::new(region.to_owned()));
        }
        if let Access::Keys { id, secret } = access {
            loader = loader.credentials_provider(Credentials::new(id, secret.expose_secret(), None, None, "tradewind"));
        }
        loader.load().await
    }

    /// Whether what is sent can be read on the way.
    pub(crate) fn is_insecure(&self) -> bool {
        let Some(rest) = self.endpoint.as_deref().and_then(|endpoint| endpoint.strip_prefix("http://")) else {
            return false;
        };
        let authority = rest.split('/').next().unwrap_or_default();
        let host = authority.rsplit_once(':').map_or(authority, |(host, _)| host);
        !matches!(host, "127.0.0.1" | "localhost" | "[::1]")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_machine_may_be_asked_in_clear() {
        let insecure =
            |endpoint: &str| Connection { endpoint: Some(endpoint.to_owned()), ..Connection::default() }.is_insecure();
        for clear in ["http://kms.example", "http://10.0.0.1:80/", "http://127.0.0.1.example:1", "http://"] {
            assert!(insecure(clear), "{clear}");
        }
        for safe in ["https://kms.example", "http://127.0.0.1:5000", "http://localhost/", "http://[::1]:5000"] {
            assert!(!insecure(safe), "{safe}");
        }
        assert!(!Connection::default().is_insecure());
    }
}
