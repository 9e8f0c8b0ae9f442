//! Seals the bodies of messages that consumers of others read: each is an AWS Encryption SDK message of its own, which a standard library
//! opens for who may use the key that wrapped its data key.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;

use crate::esdk::{SealError, Sealer, WrappedDataKey};
use crate::keys::{BranchKeys, KeyManagerError, KeysError};
use crate::{
    CONTEXT_PARTNER, CONTEXT_PURPOSE, CONTEXT_TENANT, Clock, EncryptionContext, PartnerId, SecretKey, TenantId,
};

/// What stands in the encryption context as the purpose.
const PURPOSE: &str = "message";
/// Messages that share a data key: each derives a key of its own from it, by its message id.
const USES_MAX: u32 = 1_000;
/// Plaintext bytes that are sealed under one data key.
const BYTES_MAX: u64 = 256 << 20;
/// Age of a data key.
const AGE_MS_MAX: u64 = 60_000;

/// Gives data keys for message bodies, wrapped for who may read them.
#[async_trait]
pub trait MessageKeys: Send + Sync + fmt::Debug {
    /// A new data key. It unwraps with this context alone.
    ///
    /// # Errors
    /// When the manager cannot be reached, or denies; nothing is sealed then.
    async fn data_key(&self, context: &EncryptionContext) -> Result<MessageDataKey, MessageError>;
}

/// A data key, and how a message's header carries it.
pub struct MessageDataKey {
    /// The key.
    pub key: SecretKey,
    /// The same, wrapped.
    pub wrapped: WrappedDataKey,
}

/// Why a body was not sealed.
#[derive(Debug, thiserror::Error)]
pub enum MessageError {
    /// The key manager failed.
    #[error(transparent)]
    Manager(#[from] KeyManagerError),
    /// The branch keys failed.
    #[error(transparent)]
    Keys(#[from] KeysError),
    /// The format refused.
    #[error(transparent)]
    Seal(#[from] SealError),
}

/// Seals bodies. A partner's data key serves for a while, within bounds of use, bytes and age, so that keys are not asked for by the message.
pub struct MessageSealer {
    tenant: TenantId,
    keys: Arc<dyn MessageKeys>,
    clock: Arc<dyn Clock>,
    held: Mutex<HashMap<PartnerId, Held>>,
}

struct Held {
    key: Arc<MessageDataKey>,
    since_ms: u64,
    uses: u32,
    bytes: u64,
}

impl MessageSealer {
    /// A sealer for one tenant.
    #[must_use]
    pub fn new(tenant: TenantId, keys: Arc<dyn MessageKeys>, clock: Arc<dyn Clock>) -> Self {
        Self { tenant, keys, clock, held: Mutex::default() }
    }

    /// Seals a body for a partner's consumers. The encryption context names tenant, partner and purpose (`message`).
    ///
    /// # Errors
    /// When no data key can be had: a body never goes in clear.
    pub async fn seal(&self, partner: &PartnerId, body: &[u8]) -> Result<Vec<u8>, MessageError> {
        let context = EncryptionContext::new()
            .with(CONTEXT_TENANT, self.tenant.as_str())
            .with(CONTEXT_PARTNER, partner.as_str())
            .with(CONTEXT_PURPOSE, PURPOSE);
        let key = match self.held(partner, body.len() as u64) {
            Some(key) => key,
            None => self.fresh(partner, body.len() as u64, &context).await?,
        };
        let mut sealed = Vec::with_capacity(body.len() + 1_024);
        let mut sealer = Sealer::start_under(&key.key, &key.wrapped, &context, &mut sealed)?;
        sealer.update(body, &mut sealed)?;
        sealer.finish(&mut sealed)?;
        Ok(sealed)
    }

    /// The partner's data key, if it is within its bounds; counts the use.
    fn held(&self, partner: &PartnerId, bytes: u64) -> Option<Arc<MessageDataKey>> {
        let now = self.clock.now_unix_ms();
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        let entry = held.get_mut(partner)?;
        let young = now.checked_sub(entry.since_ms).is_some_and(|age| age < AGE_MS_MAX);
        if !young || entry.uses >= USES_MAX || entry.bytes.saturating_add(bytes) > BYTES_MAX {
            held.remove(partner);
            return None;
        }
        entry.uses += 1;
        entry.bytes += bytes;
        Some(entry.key.clone())
    }

    async fn fresh(
        &self,
        partner: &PartnerId,
        bytes: u64,
        context: &EncryptionContext,
    ) -> Result<Arc<MessageDataKey>, MessageError> {
        let key = Arc::new(self.keys.data_key(context).await?);
        let held = Held { key: key.clone(), since_ms: self.clock.now_unix_ms(), uses: 1, bytes };
        self.held.lock().unwrap_or_else(PoisonError::into_inner).insert(partner.clone(), held);
        Ok(key)
    }
}

impl fmt::Debug for MessageSealer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MessageSealer").field("tenant", &self.tenant).finish_non_exhaustive()
    }
}

/// Without a service that holds keys: the partner's branch key wraps, in a raw AES keyring's form.
#[async_trait]
impl MessageKeys for BranchKeys {
    async fn data_key(&self, context: &EncryptionContext) -> Result<MessageDataKey, MessageError> {
        let partner = context.value(CONTEXT_PARTNER).and_then(|partner| partner.parse().ok());
        let branch = self.active(&partner.ok_or(KeyManagerError::ContextEmpty)?).await?;
        let key = SecretKey::generate().map_err(SealError::from)?;
        let wrapped = branch.wrapping().wrap(&key, &context.to_bytes().map_err(SealError::from)?)?;
        Ok(MessageDataKey { key, wrapped })
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;
    use crate::ManualClock;
    use crate::esdk::{Header, HeaderLimits, OpenError, WrappingKey};

    #[derive(Debug)]
    struct Counted {
        wrapping: WrappingKey,
        given: AtomicU32,
    }

    #[async_trait]
    impl MessageKeys for Counted {
        async fn data_key(&self, context: &EncryptionContext) -> Result<MessageDataKey, MessageError> {
            self.given.fetch_add(1, Ordering::Relaxed);
            let key = SecretKey::generate().unwrap();
            let wrapped = self.wrapping.wrap(&key, &context.to_bytes().unwrap()).unwrap();
            Ok(MessageDataKey { key, wrapped })
        }
    }

    fn world() -> (Arc<Counted>, Arc<ManualClock>, MessageSealer) {
        let wrapping = WrappingKey::new("test", "key", &SecretKey::generate().unwrap()).unwrap();
        let keys = Arc::new(Counted { wrapping, given: AtomicU32::new(0) });
        let clock = Arc::new(ManualClock::new(1_000));
        (keys.clone(), clock.clone(), MessageSealer::new("acme".parse().unwrap(), keys, clock))
    }

    fn open(keys: &Counted, sealed: &[u8], partner: &str) -> Result<Vec<u8>, OpenError> {
        let context = EncryptionContext::new()
            .with(CONTEXT_TENANT, "acme")
            .with(CONTEXT_PARTNER, partner)
            .with(CONTEXT_PURPOSE, PURPOSE);
        let (header, length) = Header::parse(sealed, &HeaderLimits::default())?.unwrap();
        let (mut opener, mut plain) = (header.unlock(&keys.wrapping, &context)?, Vec::new());
        opener.update(&sealed[length..], &mut plain)?;
        opener.finish()?;
        Ok(plain)
    }

    #[tokio::test]
    async fn what_is_sealed_opens_for_its_partner_alone() {
        let (keys, _, sealer) = world();
        let partner = "payer".parse().unwrap();
        for body in [&b"{}"[..], &[7; 200_000]] {
            let mut sealed = sealer.seal(&partner, body).await.unwrap();
            assert_eq!(open(&keys, &sealed, "payer").unwrap(), body);
            assert!(matches!(open(&keys, &sealed, "other"), Err(OpenError::Context)));
            let last = sealed.len() - 1;
            sealed[last] ^= 1;
            assert!(open(&keys, &sealed, "payer").is_err());
        }
    }

    #[tokio::test]
    async fn a_data_key_serves_within_its_bounds_and_each_partner_has_its_own() {
        let (keys, clock, sealer) = world();
        let (one, other) = ("payer".parse().unwrap(), "other".parse().unwrap());
        let given = || keys.given.load(Ordering::Relaxed);
        let first = sealer.seal(&one, b"x").await.unwrap();
        let second = sealer.seal(&one, b"x").await.unwrap();
        assert_ne!(first, second, "each message has a key of its own");
        assert_eq!(given(), 1);
        sealer.seal(&other, b"x").await.unwrap();
        assert_eq!(given(), 2);
        for _ in 2..USES_MAX {
            sealer.seal(&one, b"x").await.unwrap();
        }
        assert_eq!(given(), 2);
        sealer.seal(&one, b"x").await.unwrap();
        assert_eq!(given(), 3, "one use too many");
        clock.advance(AGE_MS_MAX);
        sealer.seal(&one, b"x").await.unwrap();
        assert_eq!(given(), 4, "too old");
        assert!(sealer.held(&one, BYTES_MAX - 1).is_some());
        assert_eq!(given(), 4);
        sealer.seal(&one, b"x").await.unwrap();
        assert_eq!(given(), 5, "one byte too many");
    }
}
