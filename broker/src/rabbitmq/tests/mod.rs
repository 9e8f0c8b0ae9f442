//! Against real brokers: the one that `TRADEWIND_TEST_AMQP` names, and for bad weather those that a test starts for itself.

mod contract;
mod proxy;
mod server;
mod weather;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use secrecy::SecretString;

use super::{RabbitMq, RabbitMqOptions};
use crate::contract::Ended;
use crate::{Settlement, Wants};

/// No test waits longer for anything.
const LONG: Duration = Duration::from_secs(90);

/// A variable that `scripts/services env` prints.
fn variable(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| {
        panic!("{name} is not set: run `make services-up`, then `eval \"$(scripts/services env)\"`, or `make test-engines` for both")
    })
}

/// Options for queues of this test's own.
fn options(url: &str) -> RabbitMqOptions {
    static SERIAL: AtomicU64 = AtomicU64::new(0);
    let began = std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap().as_millis();
    let serial = SERIAL.fetch_add(1, Ordering::Relaxed);
    let prefix = format!("tradewind-test-{began}-{}-{serial}", std::process::id());
    RabbitMqOptions { prefix, ..RabbitMqOptions::new(SecretString::from(url)) }
}

fn open(options: RabbitMqOptions) -> (RabbitMq, Arc<Ended>) {
    let ended = Arc::new(Ended::default());
    (RabbitMq::open(options, Arc::clone(&ended) as Arc<dyn Settlement>).unwrap(), ended)
}

fn translate() -> Wants {
    Wants::Queue(crate::QueueName::translate())
}

/// Waits for something that must come about.
async fn soon<T>(what: &str, work: impl Future<Output = T>) -> T {
    tokio::time::timeout(LONG, work).await.unwrap_or_else(|_| panic!("expected soon: {what}"))
}
