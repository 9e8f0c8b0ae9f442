//! Secrets that a configuration names and AWS keeps.

mod name;
mod options;
mod services;

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use secrecy::SecretString;
use tokio::time::Instant;

pub use name::{SecretName, SecretNameError};
pub use options::SecretsOptions;

use crate::jitter::jittered;
use crate::{Access, ConfigError, Failure, FailureKind};
use services::Services;

/// The longest secret that is read.
pub const SECRET_BYTES_MAX: usize = 64 * 1024;
/// How long a reader waits for a newer value when an old one is at hand.
const REFRESH_WAIT: Duration = Duration::from_secs(5);
/// How long an old value serves until AWS is asked again; half of it at least.
const REFRESH_PAUSE: Duration = Duration::from_secs(10);

/// Secrets of Secrets Manager and SecureStrings of the Parameter Store, kept for a while.
///
/// A secret is read again when it is no longer fresh. While AWS does not answer, the old value serves until
/// [`SecretsOptions::stale_ms_max`], and a log line tells so; an answer that it is denied or gone ends it at once. Many who ask for one secret
/// wait for one question.
///
/// It needs the rights `secretsmanager:GetSecretValue` and `ssm:GetParameter`, and `kms:Decrypt` where they lie under a key of the customer's.
pub struct Secrets {
    services: Services,
    options: SecretsOptions,
    held: Mutex<Cache>,
}

#[derive(Default)]
struct Cache {
    entries: HashMap<SecretName, Entry>,
    asked: u64,
}

struct Entry {
    slot: Slot,
    last_asked: u64,
}

type Slot = Arc<tokio::sync::Mutex<Option<Held>>>;

/// A value that was read.
struct Held {
    value: SecretString,
    read: Instant,
    /// When AWS is asked next.
    next: Instant,
}

impl Secrets {
    /// Nothing is asked of AWS yet.
    ///
    /// # Errors
    /// When secrets would travel in clear.
    pub async fn new(options: SecretsOptions, access: &Access) -> Result<Self, ConfigError> {
        if options.connection.is_insecure() {
            return Err(ConfigError::EndpointInsecure);
        }
        let services = Services::new(&options.connection, access).await;
        Ok(Self { services, options, held: Mutex::default() })
    }

    /// A secret: as it is, or as it was while AWS does not answer.
    ///
    /// # Errors
    /// When it is not there, or denied, or longer than [`SECRET_BYTES_MAX`], empty, binary, or without the field; or AWS does not answer, and
    /// there is no value that is young enough.
    pub async fn read(&self, name: &SecretName) -> Result<SecretString, Failure> {
        let slot = self.slot(name);
        let mut slot = slot.lock().await;
        let old = slot.take_if(|held| held.read.elapsed() >= self.options.stale_max().max(self.options.fresh()));
        drop(old);
        let asked = match &*slot {
            Some(held) if Instant::now() < held.next => return Ok(held.value.clone()),
            Some(_) => tokio::time::timeout(REFRESH_WAIT, self.services.read(name))
                .await
                .unwrap_or_else(|_| Err(Failure::new(services::operation(name), FailureKind::TimedOut))),
            None => self.services.read(name).await,
        };
        let now = Instant::now();
        match (asked, &mut *slot) {
            (Ok(value), slot) => {
                *slot = Some(Held { value: value.clone(), read: now, next: now + self.options.fresh() });
                Ok(value)
            }
            (Err(failure), Some(held)) if is_no_answer(failure.kind()) => {
                held.next = now + jittered(REFRESH_PAUSE);
                let age_s = held.read.elapsed().as_secs();
                tracing::warn!(secret = %name, %failure, age_s, "a secret cannot be read again; its old value is used for a while");
                Ok(held.value.clone())
            }
            (Err(failure), slot) => {
                *slot = None;
                Err(failure)
            }
        }
    }

    /// Has every secret read again when it is asked for next. Old values still serve while AWS does not answer.
    pub async fn reload(&self) {
        let slots: Vec<Slot> = self.cache().entries.values().map(|entry| entry.slot.clone()).collect();
        for slot in slots {
            if let Some(held) = &mut *slot.lock().await {
                held.next = Instant::now();
            }
        }
    }

    /// Where a secret is kept. Beyond the bound, the one that nobody asked for the longest makes room.
    fn slot(&self, name: &SecretName) -> Slot {
        let mut cache = self.cache();
        cache.asked += 1;
        let asked = cache.asked;
        if let Some(entry) = cache.entries.get_mut(name) {
            entry.last_asked = asked;
            return entry.slot.clone();
        }
        if cache.entries.len() >= self.options.entries_max.max(1) {
            let oldest = cache.entries.iter().min_by_key(|(_, entry)| entry.last_asked).map(|(name, _)| name.clone());
            oldest.and_then(|oldest| cache.entries.remove(&oldest));
        }
        let slot = Slot::default();
        cache.entries.insert(name.clone(), Entry { slot: slot.clone(), last_asked: asked });
        slot
    }

    fn cache(&self) -> MutexGuard<'_, Cache> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Secrets").finish_non_exhaustive()
    }
}

/// Whether AWS said nothing about the secret, as against that it is denied or gone.
const fn is_no_answer(kind: FailureKind) -> bool {
    matches!(
        kind,
        FailureKind::Connection
            | FailureKind::TimedOut
            | FailureKind::Throttled
            | FailureKind::Credentials
            | FailureKind::Service
    )
}
