use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;

use super::contract::MemoryBranchKeyStore;
use super::*;
use crate::{EncryptionContext, ManualClock, PartnerId, Purpose, SecretKey};

const PURPOSE: Purpose = Purpose::new("item-keys");

/// Counts how often it is asked to unwrap.
#[derive(Debug)]
struct Counting {
    inner: LocalKeyManager,
    unwraps: AtomicU64,
}

#[async_trait]
impl KeyManager for Counting {
    async fn wrap(&self, key: &SecretKey, context: &EncryptionContext) -> Result<WrappedKey, KeyManagerError> {
        self.inner.wrap(key, context).await
    }

    async fn unwrap(&self, wrapped: &WrappedKey, context: &EncryptionContext) -> Result<SecretKey, KeyManagerError> {
        self.unwraps.fetch_add(1, Ordering::SeqCst);
        self.inner.unwrap(wrapped, context).await
    }

    async fn current_root(&self, context: &EncryptionContext) -> Result<String, KeyManagerError> {
        self.inner.current_root(context).await
    }
}

struct World {
    _folder: tempfile::TempDir,
    manager: Arc<Counting>,
    store: Arc<MemoryBranchKeyStore>,
    clock: Arc<ManualClock>,
}

impl World {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let inner = LocalKeyManager::create(&folder.path().join("root.key"), &folder.path().join("data")).unwrap();
        let manager = Arc::new(Counting { inner, unwraps: AtomicU64::new(0) });
        Self { _folder: folder, manager, store: Arc::default(), clock: Arc::new(ManualClock::new(1_000_000)) }
    }

    /// As another process would see it: the same store, its own cache.
    fn keys(&self, limits: KeyCacheLimits) -> BranchKeys {
        BranchKeys::new(BranchKeysParts {
            tenant: "main".parse().unwrap(),
            manager: self.manager.clone(),
            store: self.store.clone(),
            clock: self.clock.clone(),
            limits,
        })
    }

    fn unwraps(&self) -> u64 {
        self.manager.unwraps.swap(0, Ordering::SeqCst)
    }
}

fn acme() -> PartnerId {
    "acme".parse().unwrap()
}

fn bravo() -> PartnerId {
    "bravo".parse().unwrap()
}

#[tokio::test]
async fn the_memory_store_keeps_the_contract() {
    contract::branch_key_store(&MemoryBranchKeyStore::default()).await;
}

#[tokio::test]
async fn a_partners_first_use_makes_its_key() {
    let world = World::new();
    let keys = world.keys(KeyCacheLimits::default());
    assert_eq!(keys.active(&acme()).await.unwrap().id().version, 1);
    assert_eq!(world.keys(KeyCacheLimits::default()).active(&acme()).await.unwrap().id().version, 1);
    assert_eq!(world.store.list(None).await.unwrap().len(), 1);
}

#[tokio::test]
async fn many_first_uses_at_once_make_one_key() {
    let world = World::new();
    let processes: Vec<_> = (0..4).map(|_| world.keys(KeyCacheLimits::default())).collect();
    let uses = processes.iter().flat_map(|keys| (0..8).map(|_| keys.seal_value_of_acme(b"x")));
    let sealed = futures::future::join_all(uses).await;
    assert_eq!(world.store.list(None).await.unwrap().len(), 1);
    for value in sealed {
        assert_eq!(processes[0].open_value(&acme(), PURPOSE, "row", &value).await.unwrap(), b"x");
    }
}

impl BranchKeys {
    async fn seal_value_of_acme(&self, value: &[u8]) -> Vec<u8> {
        self.seal_value(&acme(), PURPOSE, "row", value).await.unwrap()
    }
}

#[tokio::test]
async fn rotation_seals_anew_and_still_opens_the_old() {
    let world = World::new();
    let keys = world.keys(KeyCacheLimits::default());
    let old = keys.seal_value_of_acme(b"old").await;
    assert_eq!(keys.rotate(&acme()).await.unwrap().version, 2);
    let new = keys.seal_value_of_acme(b"new").await;
    assert_eq!((old[1..5].to_vec(), new[1..5].to_vec()), (vec![0, 0, 0, 1], vec![0, 0, 0, 2]));
    for (sealed, value) in [(&old, b"old"), (&new, b"new")] {
        assert_eq!(keys.open_value(&acme(), PURPOSE, "row", sealed).await.unwrap(), value);
    }
}

#[tokio::test]
async fn another_process_notices_a_rotation_within_the_caches_age() {
    let world = World::new();
    let (one, two) = (world.keys(KeyCacheLimits::default()), world.keys(KeyCacheLimits::default()));
    two.active(&acme()).await.unwrap();
    one.rotate(&acme()).await.unwrap();
    world.clock.advance(KeyCacheLimits::default().age_ms_max - 1);
    assert_eq!(two.active(&acme()).await.unwrap().id().version, 1);
    world.clock.advance(1);
    assert_eq!(two.active(&acme()).await.unwrap().id().version, 2);
}

#[tokio::test]
async fn rotations_at_once_each_get_a_version() {
    let world = World::new();
    let processes: Vec<_> = (0..3).map(|_| world.keys(KeyCacheLimits::default())).collect();
    let acme = acme();
    let rotated = futures::future::join_all(processes.iter().map(|keys| keys.rotate(&acme))).await;
    let mut versions: Vec<u32> = rotated.into_iter().map(|id| id.unwrap().version).collect();
    versions.sort_unstable();
    assert_eq!(versions, [1, 2, 3]);
}

#[tokio::test]
async fn search_digests_stay_over_rotation_and_differ_by_partner_and_kind() {
    let world = World::new();
    let keys = world.keys(KeyCacheLimits::default());
    let digest = keys.search_key(&acme()).await.unwrap().digest(SearchKind::CLAIM_ID, b"CLAIM-1");
    keys.rotate(&acme()).await.unwrap();
    world.manager.inner.add_root().unwrap();
    keys.rewrap_all().await.unwrap();
    let later = world.keys(KeyCacheLimits::default());
    let key = later.search_key(&acme()).await.unwrap();
    assert_eq!(key.digest(SearchKind::CLAIM_ID, b"CLAIM-1"), digest);
    assert_ne!(key.digest(SearchKind::MEMBER_ID, b"CLAIM-1"), digest);
    assert_ne!(later.search_key(&bravo()).await.unwrap().digest(SearchKind::CLAIM_ID, b"CLAIM-1"), digest);
    let mut pieces = key.hasher(SearchKind::CLAIM_ID);
    pieces.update(b"CLA");
    pieces.update(b"IM-1");
    assert_eq!(pieces.finish(), digest);
}

#[tokio::test]
async fn rewrapping_moves_every_key_to_the_new_root_and_changes_nothing_sealed() {
    let world = World::new();
    let keys = world.keys(KeyCacheLimits::default());
    let sealed = keys.seal_value_of_acme(b"stays").await;
    keys.rotate(&acme()).await.unwrap();
    keys.search_key(&bravo()).await.unwrap();
    assert_eq!(keys.rewrap_all().await.unwrap(), Rewrapped { current: 3, ..Rewrapped::default() });
    assert_eq!(world.manager.inner.add_root().unwrap(), 2);
    assert_eq!(keys.rewrap_all().await.unwrap(), Rewrapped { rewrapped: 3, ..Rewrapped::default() });
    let roots = world.store.list(None).await.unwrap();
    assert!(roots.iter().all(|record| record.wrapped.as_ref().unwrap().root == "local/2"));
    world.manager.inner.retire_root(1).unwrap();
    let fresh = world.keys(KeyCacheLimits::default());
    assert_eq!(fresh.open_value(&acme(), PURPOSE, "row", &sealed).await.unwrap(), b"stays");
}

#[tokio::test]
async fn a_key_under_a_retired_root_is_told_as_such() {
    let world = World::new();
    world.keys(KeyCacheLimits::default()).active(&acme()).await.unwrap();
    world.manager.inner.add_root().unwrap();
    world.manager.inner.retire_root(1).unwrap();
    let lost = world.keys(KeyCacheLimits::default()).active(&acme()).await;
    assert!(matches!(lost, Err(KeysError::Manager(KeyManagerError::UnknownRoot))));
}

#[tokio::test]
async fn shredding_takes_everything_of_a_partner_and_nothing_of_others() {
    let world = World::new();
    let keys = world.keys(KeyCacheLimits::default());
    let sealed = keys.seal_value_of_acme(b"gone").await;
    keys.search_key(&acme()).await.unwrap();
    let kept = keys.seal_value(&bravo(), PURPOSE, "row", b"kept").await.unwrap();
    assert_eq!(keys.shred(&acme()).await.unwrap(), 2);
    let opened = keys.open_value(&acme(), PURPOSE, "row", &sealed).await;
    assert!(matches!(opened, Err(KeysError::Shredded)));
    assert!(matches!(keys.active(&acme()).await, Err(KeysError::Shredded)));
    assert!(matches!(keys.search_key(&acme()).await, Err(KeysError::Shredded)));
    assert!(matches!(keys.rotate(&acme()).await, Err(KeysError::Shredded)));
    assert_eq!(keys.open_value(&bravo(), PURPOSE, "row", &kept).await.unwrap(), b"kept");
    assert_eq!(keys.rewrap_all().await.unwrap(), Rewrapped { current: 1, ..Rewrapped::default() });
}

#[tokio::test]
async fn another_process_notices_a_shredding_within_the_caches_age() {
    let world = World::new();
    let (one, two) = (world.keys(KeyCacheLimits::default()), world.keys(KeyCacheLimits::default()));
    two.active(&acme()).await.unwrap();
    one.shred(&acme()).await.unwrap();
    world.clock.advance(KeyCacheLimits::default().age_ms_max);
    assert!(matches!(two.active(&acme()).await, Err(KeysError::Shredded)));
}

/// Shreds while a key is being unwrapped: just the moment in which a stale key could get into the cache.
#[derive(Debug)]
struct ShredsMeanwhile {
    inner: Arc<Counting>,
    keys: std::sync::OnceLock<Arc<BranchKeys>>,
}

#[async_trait]
impl KeyManager for ShredsMeanwhile {
    async fn wrap(&self, key: &SecretKey, context: &EncryptionContext) -> Result<WrappedKey, KeyManagerError> {
        self.inner.wrap(key, context).await
    }

    async fn unwrap(&self, wrapped: &WrappedKey, context: &EncryptionContext) -> Result<SecretKey, KeyManagerError> {
        if let Some(keys) = self.keys.get() {
            keys.shred(&acme()).await.unwrap();
        }
        self.inner.unwrap(wrapped, context).await
    }

    async fn current_root(&self, context: &EncryptionContext) -> Result<String, KeyManagerError> {
        self.inner.current_root(context).await
    }
}

#[tokio::test]
async fn a_key_that_is_shredded_while_it_loads_is_not_used() {
    let world = World::new();
    let manager = Arc::new(ShredsMeanwhile { inner: world.manager.clone(), keys: std::sync::OnceLock::new() });
    let keys = Arc::new(BranchKeys::new(BranchKeysParts {
        tenant: "main".parse().unwrap(),
        manager: manager.clone(),
        store: world.store.clone(),
        clock: world.clock.clone(),
        limits: KeyCacheLimits::default(),
    }));
    world.keys(KeyCacheLimits::default()).active(&acme()).await.unwrap();
    manager.keys.set(keys.clone()).unwrap();
    assert!(matches!(keys.active(&acme()).await, Err(KeysError::Shredded)));
}

#[tokio::test]
async fn a_cached_key_is_used_up_to_its_limit() {
    let world = World::new();
    let keys = world.keys(KeyCacheLimits { uses_max: 3, ..KeyCacheLimits::default() });
    for uses in [3, 3, 1] {
        for _ in 0..uses {
            keys.active(&acme()).await.unwrap();
        }
        assert_eq!(world.unwraps(), 1);
    }
}

#[tokio::test]
async fn a_cached_key_seals_bytes_up_to_its_limit() {
    let world = World::new();
    let keys = world.keys(KeyCacheLimits { bytes_max: 100, ..KeyCacheLimits::default() });
    keys.seal_value_of_acme(&[0; 99]).await;
    keys.seal_value_of_acme(&[0; 1]).await;
    assert_eq!(world.unwraps(), 1);
    keys.seal_value_of_acme(&[0; 1]).await;
    assert_eq!(world.unwraps(), 1, "one past the limit unwraps anew");
}

#[tokio::test]
async fn a_cached_key_ages_and_a_clock_that_went_back_ages_it_at_once() {
    let world = World::new();
    let keys = world.keys(KeyCacheLimits { age_ms_max: 10, ..KeyCacheLimits::default() });
    keys.active(&acme()).await.unwrap();
    world.clock.advance(9);
    keys.active(&acme()).await.unwrap();
    assert_eq!(world.unwraps(), 1);
    world.clock.advance(1);
    keys.active(&acme()).await.unwrap();
    assert_eq!(world.unwraps(), 1);
    world.clock.set(5);
    keys.active(&acme()).await.unwrap();
    assert_eq!(world.unwraps(), 1);
}

#[tokio::test]
async fn the_cache_holds_at_most_its_entries() {
    let world = World::new();
    let keys = world.keys(KeyCacheLimits { entries_max: 2, ..KeyCacheLimits::default() });
    for partner in ["acme", "bravo", "charlie"] {
        keys.active(&partner.parse().unwrap()).await.unwrap();
        world.clock.advance(1);
    }
    world.unwraps();
    keys.active(&"charlie".parse().unwrap()).await.unwrap();
    keys.active(&bravo()).await.unwrap();
    assert_eq!(world.unwraps(), 0);
    keys.active(&acme()).await.unwrap();
    assert_eq!(world.unwraps(), 1, "the oldest had to go");
}

#[tokio::test]
async fn a_value_opens_only_where_it_belongs() {
    let world = World::new();
    let keys = world.keys(KeyCacheLimits::default());
    let sealed = keys.seal_value_of_acme(b"MEMBER-1").await;
    assert_eq!(sealed.len(), b"MEMBER-1".len() + VALUE_OVERHEAD_BYTES);
    keys.active(&bravo()).await.unwrap();
    let elsewhere = [
        keys.open_value(&acme(), PURPOSE, "other row", &sealed).await,
        keys.open_value(&acme(), Purpose::new("file-name"), "row", &sealed).await,
        keys.open_value(&bravo(), PURPOSE, "row", &sealed).await,
    ];
    for opened in elsewhere {
        assert!(matches!(opened, Err(KeysError::Value(ValueError::NotAuthentic))));
    }
    for at in 0..sealed.len() {
        let mut changed = sealed.clone();
        changed[at] ^= 1;
        assert!(keys.open_value(&acme(), PURPOSE, "row", &changed).await.is_err(), "byte {at} is not covered");
    }
    for length in 0..sealed.len() {
        assert!(keys.open_value(&acme(), PURPOSE, "row", &sealed[..length]).await.is_err());
    }
}

#[tokio::test]
async fn a_values_tenant_is_bound() {
    let world = World::new();
    let keys = world.keys(KeyCacheLimits::default());
    keys.seal_value_of_acme(b"x").await;
    let other = BranchKeys::new(BranchKeysParts {
        tenant: "other".parse().unwrap(),
        manager: world.manager.clone(),
        store: world.store.clone(),
        clock: world.clock.clone(),
        limits: KeyCacheLimits::default(),
    });
    assert!(matches!(other.active(&acme()).await, Err(KeysError::Manager(KeyManagerError::Refused))));
}

#[tokio::test]
async fn a_sealer_serves_a_loop_and_names_another_version() {
    let world = World::new();
    let keys = world.keys(KeyCacheLimits::default());
    let sealer = keys.value_sealer(&acme(), PURPOSE).await.unwrap();
    let sealed = sealer.seal("row", b"").unwrap();
    assert_eq!(sealer.open("row", &sealed), Ok(Vec::new()));
    assert_ne!(sealer.seal("row", b"").unwrap(), sealed, "sealing twice differs");
    keys.rotate(&acme()).await.unwrap();
    let later = keys.value_sealer(&acme(), PURPOSE).await.unwrap();
    assert_eq!(later.open("row", &sealed), Err(ValueError::OtherVersion { expected: 2, found: 1 }));
    assert_eq!(later.open("row", b"\x02...."), Err(ValueError::Malformed));
}

#[tokio::test]
async fn an_exported_key_is_the_one_that_wraps() {
    let world = World::new();
    let keys = world.keys(KeyCacheLimits::default());
    keys.active(&acme()).await.unwrap();
    let context = EncryptionContext::new().with("a", "b");
    let exported = keys.export_branch_key(&acme(), 1).await.unwrap();
    let wrapping = crate::esdk::WrappingKey::new("tradewind", "acme/1", &exported).unwrap();
    let mut sealed = Vec::new();
    let branch = keys.version(&acme(), 1).await.unwrap();
    crate::esdk::Sealer::start(branch.wrapping(), &context, &mut sealed).unwrap();
    let (header, _) = crate::esdk::Header::parse(&sealed, &Default::default()).unwrap().unwrap();
    assert!(header.unlock(&wrapping, &context).is_ok());
    assert!(matches!(keys.export_branch_key(&acme(), 2).await, Err(KeysError::UnknownKey)));
    keys.shred(&acme()).await.unwrap();
    assert!(matches!(keys.export_branch_key(&acme(), 1).await, Err(KeysError::Shredded)));
}

#[tokio::test]
async fn an_unknown_version_is_told_as_such() {
    let world = World::new();
    let keys = world.keys(KeyCacheLimits::default());
    keys.active(&acme()).await.unwrap();
    assert!(matches!(keys.version(&acme(), 7).await, Err(KeysError::UnknownKey)));
}

#[test]
fn key_names_read_back() {
    let named = branch_key::key_name(&acme(), 12);
    assert_eq!(branch_key::parse_key_name(&named), Some((acme(), 12)));
    for odd in ["acme", "acme/", "acme/012", "acme/+1", "Acme/1", "acme/1/2", "acme/4294967296"] {
        assert_eq!(branch_key::parse_key_name(odd), None, "{odd}");
    }
}

#[tokio::test]
async fn nothing_prints_a_key() {
    let world = World::new();
    let keys = world.keys(KeyCacheLimits::default());
    let (branch, search) = (keys.active(&acme()).await.unwrap(), keys.search_key(&acme()).await.unwrap());
    let sealer = keys.value_sealer(&acme(), PURPOSE).await.unwrap();
    let printed = format!(
        "{keys:?} {branch:?} {search:?} {:?} {sealer:?} {:?}",
        world.manager,
        search.hasher(SearchKind::CONTENT)
    );
    for record in world.store.list(None).await.unwrap() {
        let bytes = format!("{:?}", &record.wrapped.unwrap().bytes[20..24]);
        assert!(!printed.contains(bytes.trim_matches(['[', ']'])));
    }
    assert!(!printed.contains("secret:") && printed.contains("redacted"));
}
