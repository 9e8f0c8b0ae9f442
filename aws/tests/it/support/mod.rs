//! The servers that tests use, and who stands between.

pub(crate) mod events;
pub(crate) mod kms;
pub(crate) mod s3;
pub(crate) mod secrets;
pub(crate) mod weather;

use std::time::Duration;

/// A variable that says where a server is.
pub(crate) fn variable(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| {
        panic!("{name} is not set: `make services-up` starts the servers that these tests need, and tells how they are found")
    })
}

/// Nothing in these tests waits longer.
const PATIENCE: Duration = Duration::from_secs(30);

/// What `work` gives, within the tests' patience.
pub(crate) async fn soon<T>(work: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, work).await.expect("an end within the tests' patience")
}

/// Asks until the answer is yes, within the tests' patience.
pub(crate) async fn until(what: &str, mut asked: impl AsyncFnMut() -> bool) {
    let turns = async {
        while !asked().await {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    assert!(tokio::time::timeout(PATIENCE, turns).await.is_ok(), "waited in vain for: {what}");
}
