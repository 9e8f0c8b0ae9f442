//! A bucket of a real server, with a prefix for each test.

use std::sync::Arc;

use aws_sdk_s3::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_s3::types::{BucketVersioningStatus, VersioningConfiguration};
use aws_smithy_http_client::Builder;
use bytes::Bytes;
use futures::TryStreamExt;
use tradewind_aws::{Access, Connection, Encryption, S3ObjectStore, S3Options};
use tradewind_compliance::store::{ByteStream, ObjectInfo, ObjectStore, PutMode, StoreError};
use tradewind_compliance::{IdSource, ObjectKey, WallClock};

use super::events::Source;
use super::weather::Weather;

const BUCKET: &str = "tradewind-engines";

/// A place in the bucket that no other test uses.
pub(crate) struct Place {
    server: Server,
    prefix: String,
    pub(crate) client: aws_sdk_s3::Client,
}

impl Place {
    pub(crate) async fn new() -> Self {
        let server = Server::of_the_tests();
        let client = client(&server);
        // Another test may have made it.
        let _ = client.create_bucket().bucket(BUCKET).send().await;
        client.head_bucket().bucket(BUCKET).send().await.expect("a bucket on the test's S3 server");
        let ids = IdSource::new(Arc::new(WallClock)).unwrap();
        Self { server, prefix: format!("{}/", ids.item_id().as_str()), client }
    }

    pub(crate) fn options(&self) -> S3Options {
        S3Options {
            bucket: BUCKET.to_owned(),
            prefix: self.prefix.clone(),
            path_style: true,
            encryption: Encryption::Bucket,
            connection: Connection { endpoint: Some(self.server.endpoint.clone()), ..Connection::default() },
        }
    }

    pub(crate) async fn store(&self) -> S3ObjectStore {
        S3ObjectStore::open(self.options(), &access()).await.unwrap()
    }

    /// A store that reaches the server through bad weather.
    pub(crate) async fn store_in(&self, weather: &Weather) -> S3ObjectStore {
        S3ObjectStore::open(self.options_in(weather), &access()).await.unwrap()
    }

    pub(crate) fn options_in(&self, weather: &Weather) -> S3Options {
        S3Options { connection: weather.connection(), ..self.options() }
    }

    /// The same, for a server that is silent.
    pub(crate) async fn impatient_store_in(&self, weather: &Weather) -> S3ObjectStore {
        let options = S3Options { connection: weather.impatient_connection(), ..self.options() };
        S3ObjectStore::open(options, &access()).await.unwrap()
    }

    /// A bucket that keeps every version of an object, for files that others put.
    pub(crate) async fn versioned(&self) -> Source {
        let bucket = "tradewind-versions";
        let _ = self.client.create_bucket().bucket(bucket).send().await;
        let on = VersioningConfiguration::builder().status(BucketVersioningStatus::Enabled).build();
        self.client.put_bucket_versioning().bucket(bucket).versioning_configuration(on).send().await.unwrap();
        Source { bucket: bucket.to_owned(), ..self.source() }
    }

    /// The bucket for files that others put.
    pub(crate) fn source(&self) -> Source {
        Source { client: self.client.clone(), endpoint: self.server.endpoint.clone(), bucket: BUCKET.to_owned() }
    }

    /// A key that no other test uses.
    pub(crate) fn key(&self, name: &str) -> String {
        format!("{}{name}", self.prefix)
    }

    pub(crate) async fn weather(&self) -> Weather {
        Weather::before(&self.server.endpoint).await
    }

    /// Uploads in parts that were begun here and have not ended.
    pub(crate) async fn unfinished(&self) -> usize {
        let listed = self.client.list_multipart_uploads().bucket(BUCKET).prefix(&self.prefix).send().await.unwrap();
        listed.uploads().len()
    }

    /// Begins an upload in parts, as a process that then died.
    pub(crate) async fn begin(&self, key: &str) {
        let name = format!("{}{key}", self.prefix);
        self.client.create_multipart_upload().bucket(BUCKET).key(name).send().await.unwrap();
    }
}

/// The tests' S3 server, and by whose right it is asked.
struct Server {
    endpoint: String,
    key: String,
    secret: String,
}

impl Server {
    /// It is named as `http://KEY:SECRET@HOST:PORT`.
    fn of_the_tests() -> Self {
        let named = super::variable("TRADEWIND_TEST_S3");
        let (key, rest) = named.strip_prefix("http://").and_then(|rest| rest.split_once(':')).expect("http://KEY:…");
        let (secret, host) = rest.split_once('@').expect("http://KEY:SECRET@HOST:PORT");
        Self { endpoint: format!("http://{host}"), key: key.to_owned(), secret: secret.to_owned() }
    }
}

pub(crate) fn access() -> Access {
    let Server { key, secret, .. } = Server::of_the_tests();
    Access::Keys { id: key, secret: secret.into() }
}

fn client(server: &Server) -> aws_sdk_s3::Client {
    let config = aws_sdk_s3::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .credentials_provider(Credentials::new(&server.key, &server.secret, None, None, "tests"))
        .region(Region::new("us-east-1"))
        .endpoint_url(&server.endpoint)
        .force_path_style(true)
        .http_client(Builder::new().build_http());
    aws_sdk_s3::Client::from_conf(config.build())
}

pub(crate) fn key(name: &str) -> ObjectKey {
    name.parse().unwrap()
}

pub(crate) fn content(bytes: usize) -> Vec<u8> {
    (0..bytes).map(|at| u8::try_from(at % 251).unwrap()).collect()
}

/// Puts `bytes` in pieces as a vault does.
pub(crate) async fn put(
    store: &dyn ObjectStore,
    name: &str,
    bytes: &[u8],
    mode: PutMode,
) -> Result<ObjectInfo, StoreError> {
    let pieces: Vec<_> = bytes.chunks(256 * 1024).map(|piece| Ok(Bytes::copy_from_slice(piece))).collect();
    store.put(&key(name), Box::pin(futures::stream::iter(pieces)), mode).await
}

pub(crate) async fn collect(body: ByteStream) -> Result<Vec<u8>, StoreError> {
    body.try_fold(Vec::new(), |mut all, piece| async move {
        all.extend_from_slice(&piece);
        Ok(all)
    })
    .await
}

pub(crate) async fn all_of(store: &dyn ObjectStore, name: &str) -> Vec<u8> {
    collect(store.get(&key(name)).await.unwrap().1).await.unwrap()
}
