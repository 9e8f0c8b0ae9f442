//! KMS keys of a test.

use aws_sdk_kms::config::{BehaviorVersion, Credentials, Region};
use aws_smithy_http_client::Builder;
use tradewind_aws::{Access, Connection, KmsKeyManager, KmsOptions};
use tradewind_compliance::{CONTEXT_PARTNER, CONTEXT_TENANT, EncryptionContext};

use super::weather::Weather;

/// A new key, and the client that made it.
pub(crate) struct Root {
    endpoint: String,
    pub(crate) client: aws_sdk_kms::Client,
    pub(crate) id: String,
    pub(crate) arn: String,
}

impl Root {
    pub(crate) async fn new() -> Self {
        let endpoint = super::variable("TRADEWIND_TEST_AWS");
        let config = aws_sdk_kms::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .credentials_provider(Credentials::new("tests", "tests", None, None, "tests"))
            .region(Region::new("us-east-1"))
            .endpoint_url(&endpoint)
            .http_client(Builder::new().build_http());
        let client = aws_sdk_kms::Client::from_conf(config.build());
        let (id, arn) = create(&client).await;
        Self { endpoint, client, id, arn }
    }

    /// Another key.
    pub(crate) async fn another(&self) -> Self {
        let (id, arn) = create(&self.client).await;
        Self { endpoint: self.endpoint.clone(), client: self.client.clone(), id, arn }
    }

    pub(crate) fn options(&self) -> KmsOptions {
        let connection = Connection { endpoint: Some(self.endpoint.clone()), ..Connection::default() };
        KmsOptions { key: self.arn.clone(), partners: Default::default(), messages: Default::default(), connection }
    }

    pub(crate) async fn manager(&self) -> KmsKeyManager {
        manager(self.options()).await
    }

    pub(crate) async fn weather(&self) -> Weather {
        Weather::before(&self.endpoint).await
    }

    /// A manager that reaches KMS through bad weather.
    pub(crate) async fn manager_in(&self, weather: &Weather) -> KmsKeyManager {
        manager(KmsOptions { connection: weather.connection(), ..self.options() }).await
    }

    /// The same, for a server that is silent.
    pub(crate) async fn impatient_manager_in(&self, weather: &Weather) -> KmsKeyManager {
        manager(KmsOptions { connection: weather.impatient_connection(), ..self.options() }).await
    }
}

async fn create(client: &aws_sdk_kms::Client) -> (String, String) {
    let about = client.create_key().send().await.expect("a key of the test's KMS").key_metadata.unwrap();
    (about.key_id, about.arn.unwrap())
}

pub(crate) async fn manager(options: KmsOptions) -> KmsKeyManager {
    KmsKeyManager::new(options, &access()).await.unwrap()
}

pub(crate) fn access() -> Access {
    Access::Keys { id: "tests".to_owned(), secret: "tests".to_owned().into() }
}

pub(crate) fn context(partner: &str) -> EncryptionContext {
    EncryptionContext::new().with(CONTEXT_TENANT, "main").with(CONTEXT_PARTNER, partner)
}
