//! A partner's branch keys: made, found, rotated, re-wrapped, shredded.

use std::fmt;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::branch_key::BranchKey;
use super::cache::{Held, KeyCache};
use super::own::OwnKeys;
use super::value::sealed_version;
use super::{
    BranchKeyId, BranchKeyRecord, BranchKeyStore, InsertKey, KeyCacheLimits, KeyKind, KeyManager, KeysError,
    LoadActive, SearchKey, ValueError, ValueSealer,
};
use crate::{
    CONTEXT_KEY_KIND, CONTEXT_KEY_VERSION, CONTEXT_PARTNER, CONTEXT_TENANT, Clock, EncryptionContext, PartnerId,
    Purpose, SecretKey, TenantId,
};

/// How often an operation starts anew when others change the same partner's keys.
const TRIES_MAX: u32 = 8;
/// Loads of one partner's keys wait for each other; partners of different stripes do not.
const STRIPES: usize = 32;

/// What [`BranchKeys`] is made of.
#[derive(Debug)]
pub struct BranchKeysParts {
    /// Whose gateway this is.
    pub tenant: TenantId,
    /// Wraps the branch keys.
    pub manager: Arc<dyn KeyManager>,
    /// Keeps them.
    pub store: Arc<dyn BranchKeyStore>,
    /// Ages the cache.
    pub clock: Arc<dyn Clock>,
    /// Bounds the cache.
    pub limits: KeyCacheLimits,
}

/// The branch and search keys of all partners.
pub struct BranchKeys {
    tenant: TenantId,
    manager: Arc<dyn KeyManager>,
    store: Arc<dyn BranchKeyStore>,
    clock: Arc<dyn Clock>,
    cache: Mutex<KeyCache>,
    loading: [tokio::sync::Mutex<()>; STRIPES],
    own: Option<OwnKeys>,
}

/// What [`BranchKeys::rewrap_all`] did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Rewrapped {
    /// Keys that are wrapped under the current root now, and were not before.
    pub rewrapped: u64,
    /// Keys that already were.
    pub current: u64,
    /// Keys that somebody else changed meanwhile: run it again if there are any.
    pub changed_meanwhile: u64,
}

impl BranchKeys {
    /// Keys of one tenant.
    #[must_use]
    pub fn new(parts: BranchKeysParts) -> Self {
        let BranchKeysParts { tenant, manager, store, clock, limits } = parts;
        let loading = std::array::from_fn(|_| tokio::sync::Mutex::default());
        Self { tenant, manager, store, clock, cache: Mutex::new(KeyCache::new(limits)), loading, own: None }
    }

    /// The same for a process that may seal and not open: it makes versions of the branch keys for itself, a new one each day, and opens what
    /// it sealed under them alone. Other processes open all of it. The manager must let it unwrap search keys, which open nothing.
    #[must_use]
    pub fn sealing_only(self) -> Self {
        Self { own: Some(OwnKeys::default()), ..self }
    }

    /// Whose keys these are.
    #[must_use]
    pub const fn tenant(&self) -> &TenantId {
        &self.tenant
    }

    /// The partner's key for search digests; makes it at the first call.
    ///
    /// # Errors
    /// [`KeysError::Shredded`], or when the manager or the store fails.
    pub async fn search_key(&self, partner: &PartnerId) -> Result<Arc<SearchKey>, KeysError> {
        match self.held(partner, Wanted::Active(KeyKind::Search)).await? {
            Held::Search(key) => Ok(key),
            Held::Branch(_) => Err(KeysError::UnknownKey),
        }
    }

    /// What seals values of one purpose under the partner's active branch key.
    ///
    /// # Errors
    /// As [`BranchKeys::search_key`].
    pub async fn value_sealer(&self, partner: &PartnerId, purpose: Purpose) -> Result<ValueSealer, KeysError> {
        let key = self.active(partner).await?;
        self.sealer_of(&key, purpose)
    }

    /// Seals one value for the row that will hold it. In a loop, take [`BranchKeys::value_sealer`] once.
    ///
    /// # Errors
    /// As [`BranchKeys::search_key`].
    pub async fn seal_value(
        &self,
        partner: &PartnerId,
        purpose: Purpose,
        row: &str,
        value: &[u8],
    ) -> Result<Vec<u8>, KeysError> {
        let key = self.active(partner).await?;
        Ok(self.sealer_of(&key, purpose)?.seal(row, value)?)
    }

    /// Opens a value, under whatever version of the branch key it was sealed.
    ///
    /// # Errors
    /// When it does not verify for this partner, purpose and row, or the partner was shredded.
    pub async fn open_value(
        &self,
        partner: &PartnerId,
        purpose: Purpose,
        row: &str,
        sealed: &[u8],
    ) -> Result<Vec<u8>, KeysError> {
        let version = sealed_version(sealed).ok_or(ValueError::Malformed)?;
        let key = self.version(partner, version).await?;
        Ok(self.sealer_of(&key, purpose)?.open(row, sealed)?)
    }

    /// Makes a new version of the partner's branch key, which seals from now on; older ones still open.
    ///
    /// # Errors
    /// As [`BranchKeys::search_key`].
    pub async fn rotate(&self, partner: &PartnerId) -> Result<BranchKeyId, KeysError> {
        for _ in 0..TRIES_MAX {
            let id = self.next_version(partner).await?;
            match self.create(&id, &SecretKey::generate()?, false).await? {
                InsertKey::Inserted => {
                    self.cache().purge(partner);
                    return Ok(id);
                }
                InsertKey::Exists => {}
                InsertKey::Shredded => return Err(KeysError::Shredded),
            }
        }
        Err(KeysError::Contended { tries: TRIES_MAX })
    }

    /// Wraps every key anew that is not wrapped under its partner's current root. Nothing that is sealed changes.
    ///
    /// # Errors
    /// When the manager or the store fails; what was done until then stands, and running it again does the rest.
    pub async fn rewrap_all(&self) -> Result<Rewrapped, KeysError> {
        let mut done = Rewrapped::default();
        // The list is by partner, and a partner's keys have one root.
        let (mut partner, mut current) = (None, String::new());
        for record in self.store.list(None).await? {
            let Some(old) = record.wrapped else { continue };
            let context = self.context(&record.id);
            if partner.as_ref() != Some(&record.id.partner) {
                current = self.manager.current_root(&context).await?;
                partner = Some(record.id.partner.clone());
            }
            if old.root == current {
                done.current += 1;
                continue;
            }
            let new = self.manager.rewrap(&old, &context).await?;
            if self.store.replace_wrapped(&record.id, &old, &new).await? {
                done.rewrapped += 1;
            } else {
                done.changed_meanwhile += 1;
            }
        }
        Ok(done)
    }

    /// Destroys all keys of a partner. What was sealed for it cannot be opened again, here at once and in other processes within the cache's
    /// age. Answers how many keys there were. The partner's name cannot be used again.
    ///
    /// # Errors
    /// When the store fails; the keys may then still stand.
    pub async fn shred(&self, partner: &PartnerId) -> Result<u32, KeysError> {
        let destroyed = self.store.destroy(partner).await;
        self.cache().purge(partner);
        self.own.iter().for_each(|own| own.forget(partner));
        Ok(destroyed?)
    }

    /// One version of a partner's branch key, in clear: for another implementation of the message format, or for escrow. Its namespace in a
    /// raw AES keyring is `tradewind`, its name `<partner>/<version>`.
    ///
    /// # Errors
    /// As [`BranchKeys::search_key`], and [`KeysError::UnknownKey`].
    pub async fn export_branch_key(&self, partner: &PartnerId, version: u32) -> Result<SecretKey, KeysError> {
        let id = BranchKeyId { partner: partner.clone(), kind: KeyKind::Branch, version };
        let record = self.store.load(&id).await?.ok_or(KeysError::UnknownKey)?;
        let wrapped = record.wrapped.ok_or(KeysError::Shredded)?;
        Ok(self.manager.unwrap(&wrapped, &self.context(&id)).await?)
    }

    /// The partner's active branch key; makes the first at the first call.
    pub(crate) async fn active(&self, partner: &PartnerId) -> Result<Arc<BranchKey>, KeysError> {
        self.branch(partner, Wanted::Active(KeyKind::Branch)).await
    }

    /// One version of the partner's branch key.
    pub(crate) async fn version(&self, partner: &PartnerId, version: u32) -> Result<Arc<BranchKey>, KeysError> {
        self.branch(partner, Wanted::Version(version)).await
    }

    async fn branch(&self, partner: &PartnerId, wanted: Wanted) -> Result<Arc<BranchKey>, KeysError> {
        match self.held(partner, wanted).await? {
            Held::Branch(key) => Ok(key),
            Held::Search(_) => Err(KeysError::UnknownKey),
        }
    }

    async fn held(&self, partner: &PartnerId, wanted: Wanted) -> Result<Held, KeysError> {
        if let Some(held) = self.cached(partner, wanted) {
            return Ok(held);
        }
        let _one_at_a_time = match self.loading.get(stripe(partner)) {
            Some(lock) => Some(lock.lock().await),
            None => None,
        };
        for _ in 0..TRIES_MAX {
            if let Some(held) = self.cached(partner, wanted) {
                return Ok(held);
            }
            let epoch = self.cache().epoch();
            let Some((id, held)) = self.load(partner, wanted).await? else { continue };
            let active = matches!(wanted, Wanted::Active(KeyKind::Branch));
            let now = self.clock.now_unix_ms();
            if self.cache().store(epoch, &id, held.clone(), active, now) {
                return Ok(held);
            }
        }
        Err(KeysError::Contended { tries: TRIES_MAX })
    }

    /// A key that is not in the cache; `None` when it was just made, by this call or another: look again.
    async fn load(&self, partner: &PartnerId, wanted: Wanted) -> Result<Option<(BranchKeyId, Held)>, KeysError> {
        match (&self.own, wanted) {
            (Some(own), Wanted::Active(KeyKind::Branch)) => self.own_active(own, partner).await,
            (Some(own), Wanted::Version(version)) => {
                let key = own.version(partner, version).ok_or(KeysError::SealsOnly)?;
                self.still_stands(own, key).await.map(Some)
            }
            _ => {
                let Some(record) = self.record(partner, wanted).await? else { return Ok(None) };
                let held = self.unwrap(&record).await?;
                Ok(Some((record.id, held)))
            }
        }
    }

    /// The key that this process made for itself; `None` when another made one of the same version meanwhile.
    async fn own_active(&self, own: &OwnKeys, partner: &PartnerId) -> Result<Option<(BranchKeyId, Held)>, KeysError> {
        let (now, bytes_max) = (self.clock.now_unix_ms(), self.cache().limits().bytes_max);
        if let Some(key) = own.active(partner, now, bytes_max) {
            return self.still_stands(own, key).await.map(Some);
        }
        let (id, secret) = (self.next_version(partner).await?, SecretKey::generate()?);
        match self.create(&id, &secret, true).await? {
            InsertKey::Exists => return Ok(None),
            InsertKey::Shredded => return Err(KeysError::Shredded),
            InsertKey::Inserted => {}
        }
        let key = Arc::new(BranchKey::new(id.clone(), secret).map_err(KeysError::InternalKey)?);
        own.put(key.clone(), now);
        Ok(Some((id, Held::Branch(key))))
    }

    /// A key of this process's own, unless its partner was shredded meanwhile.
    async fn still_stands(&self, own: &OwnKeys, key: Arc<BranchKey>) -> Result<(BranchKeyId, Held), KeysError> {
        if self.store.load(key.id()).await?.is_some_and(|record| record.wrapped.is_some()) {
            return Ok((key.id().clone(), Held::Branch(key)));
        }
        own.forget(&key.id().partner);
        Err(KeysError::Shredded)
    }

    fn cached(&self, partner: &PartnerId, wanted: Wanted) -> Option<Held> {
        let now = self.clock.now_unix_ms();
        match wanted {
            Wanted::Active(KeyKind::Branch) => self.cache().active(partner, now),
            Wanted::Active(KeyKind::Search) => self.cache().key(&search_id(partner), now),
            Wanted::Version(version) => {
                let id = BranchKeyId { partner: partner.clone(), kind: KeyKind::Branch, version };
                self.cache().key(&id, now)
            }
        }
    }

    /// The record of a key; `None` when it was just made, by this call or another: look again.
    async fn record(&self, partner: &PartnerId, wanted: Wanted) -> Result<Option<BranchKeyRecord>, KeysError> {
        let kind = match wanted {
            Wanted::Version(version) => {
                let id = BranchKeyId { partner: partner.clone(), kind: KeyKind::Branch, version };
                return self.store.load(&id).await?.ok_or(KeysError::UnknownKey).map(Some);
            }
            Wanted::Active(kind) => kind,
        };
        match self.store.load_active(partner, kind).await? {
            LoadActive::Active(record) => Ok(Some(record)),
            LoadActive::Shredded => Err(KeysError::Shredded),
            LoadActive::Absent => {
                let id = match kind {
                    KeyKind::Branch => self.next_version(partner).await?,
                    KeyKind::Search => search_id(partner),
                };
                match self.create(&id, &SecretKey::generate()?, false).await? {
                    InsertKey::Inserted | InsertKey::Exists => Ok(None),
                    InsertKey::Shredded => Err(KeysError::Shredded),
                }
            }
        }
    }

    async fn unwrap(&self, record: &BranchKeyRecord) -> Result<Held, KeysError> {
        let wrapped = record.wrapped.as_ref().ok_or(KeysError::Shredded)?;
        let secret = self.manager.unwrap(wrapped, &self.context(&record.id)).await?;
        Ok(match record.id.kind {
            KeyKind::Search => Held::Search(Arc::new(SearchKey::new(&secret))),
            KeyKind::Branch => {
                let key = BranchKey::new(record.id.clone(), secret).map_err(KeysError::InternalKey)?;
                Held::Branch(Arc::new(key))
            }
        })
    }

    /// The version of a partner's branch key that is to be made.
    async fn next_version(&self, partner: &PartnerId) -> Result<BranchKeyId, KeysError> {
        let all = self.store.list(Some(partner)).await?;
        if all.iter().any(|record| record.wrapped.is_none()) {
            return Err(KeysError::Shredded);
        }
        let versions = all.iter().filter(|record| record.id.kind == KeyKind::Branch).map(|record| record.id.version);
        let version = versions.max().unwrap_or(0).saturating_add(1);
        Ok(BranchKeyId { partner: partner.clone(), kind: KeyKind::Branch, version })
    }

    async fn create(&self, id: &BranchKeyId, secret: &SecretKey, own: bool) -> Result<InsertKey, KeysError> {
        let wrapped = self.manager.wrap(secret, &self.context(id)).await?;
        let created_unix_ms = self.clock.now_unix_ms();
        let record = BranchKeyRecord { id: id.clone(), wrapped: Some(wrapped), created_unix_ms, own };
        Ok(self.store.insert(&record).await?)
    }

    fn sealer_of(&self, key: &BranchKey, purpose: Purpose) -> Result<ValueSealer, KeysError> {
        Ok(ValueSealer::new(key, &self.tenant, purpose)?)
    }

    /// What a wrapped key is bound to.
    fn context(&self, id: &BranchKeyId) -> EncryptionContext {
        EncryptionContext::new()
            .with(CONTEXT_TENANT, self.tenant.as_str())
            .with(CONTEXT_PARTNER, id.partner.as_str())
            .with(CONTEXT_KEY_KIND, id.kind.as_str())
            .with(CONTEXT_KEY_VERSION, id.version.to_string())
    }

    fn cache(&self) -> MutexGuard<'_, KeyCache> {
        self.cache.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for BranchKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BranchKeys").field("tenant", &self.tenant).finish_non_exhaustive()
    }
}

/// Which key is looked for.
#[derive(Debug, Clone, Copy)]
enum Wanted {
    Active(KeyKind),
    Version(u32),
}

fn search_id(partner: &PartnerId) -> BranchKeyId {
    BranchKeyId { partner: partner.clone(), kind: KeyKind::Search, version: 1 }
}

fn stripe(partner: &PartnerId) -> usize {
    let mut hasher = DefaultHasher::new();
    partner.hash(&mut hasher);
    usize::try_from(hasher.finish() % STRIPES as u64).unwrap_or_default()
}
