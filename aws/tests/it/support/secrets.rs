//! Secrets of a test.

use std::sync::Arc;

use aws_sdk_secretsmanager::config::{BehaviorVersion, Credentials, Region};
use aws_smithy_http_client::Builder;
use tradewind_aws::{Connection, SecretName, Secrets, SecretsOptions};
use tradewind_compliance::{IdSource, WallClock};

use super::kms::access;
use super::weather::Weather;

/// A place for secrets that no other test uses.
pub(crate) struct Safe {
    endpoint: String,
    pub(crate) prefix: String,
    pub(crate) manager: aws_sdk_secretsmanager::Client,
    pub(crate) parameters: aws_sdk_ssm::Client,
}

impl Safe {
    pub(crate) fn new() -> Self {
        let endpoint = super::variable("TRADEWIND_TEST_AWS");
        let ids = IdSource::new(Arc::new(WallClock)).unwrap();
        let credentials = || Credentials::new("tests", "tests", None, None, "tests");
        let manager = aws_sdk_secretsmanager::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .credentials_provider(credentials())
            .region(Region::new("us-east-1"))
            .endpoint_url(&endpoint)
            .http_client(Builder::new().build_http());
        let parameters = aws_sdk_ssm::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .credentials_provider(credentials())
            .region(Region::new("us-east-1"))
            .endpoint_url(&endpoint)
            .http_client(Builder::new().build_http());
        Self {
            manager: aws_sdk_secretsmanager::Client::from_conf(manager.build()),
            parameters: aws_sdk_ssm::Client::from_conf(parameters.build()),
            prefix: ids.item_id().as_str().to_owned(),
            endpoint,
        }
    }

    /// A name in Secrets Manager.
    pub(crate) fn name(&self, name: &str) -> SecretName {
        format!("aws-secretsmanager:{}/{name}", self.prefix).parse().unwrap()
    }

    /// Puts a new secret, and gives its name.
    pub(crate) async fn put(&self, name: &str, value: &str) -> SecretName {
        let id = format!("{}/{name}", self.prefix);
        self.manager.create_secret().name(id).secret_string(value).send().await.unwrap();
        self.name(name)
    }

    /// Puts another value of a secret.
    pub(crate) async fn change(&self, name: &str, value: &str) {
        let id = format!("{}/{name}", self.prefix);
        self.manager.put_secret_value().secret_id(id).secret_string(value).send().await.unwrap();
    }

    pub(crate) fn options(&self) -> SecretsOptions {
        let connection = Connection { endpoint: Some(self.endpoint.clone()), ..Connection::default() };
        SecretsOptions { connection, ..SecretsOptions::default() }
    }

    pub(crate) async fn weather(&self) -> Weather {
        Weather::before(&self.endpoint).await
    }

    /// How secrets are read through bad weather, each time anew.
    pub(crate) fn options_in(&self, weather: &Weather) -> SecretsOptions {
        SecretsOptions { fresh_ms: 0, connection: weather.connection(), ..self.options() }
    }
}

pub(crate) async fn secrets(options: SecretsOptions) -> Secrets {
    Secrets::new(options, &access()).await.unwrap()
}
