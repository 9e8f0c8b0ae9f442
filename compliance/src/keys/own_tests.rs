//! Keys of a process that may seal and not open.

use std::sync::Arc;

use async_trait::async_trait;

use super::contract::MemoryBranchKeyStore;
use super::*;
use crate::{CONTEXT_KEY_KIND, EncryptionContext, ManualClock, PartnerId, Purpose, SecretKey};

const PURPOSE: Purpose = Purpose::new("item-keys");
const DAY_MS: u64 = 24 * 3_600_000;

/// Grants what a door has the right to: to wrap all, and to unwrap search keys.
#[derive(Debug)]
struct Door(Arc<LocalKeyManager>);

#[async_trait]
impl KeyManager for Door {
    async fn wrap(&self, key: &SecretKey, context: &EncryptionContext) -> Result<WrappedKey, KeyManagerError> {
        self.0.wrap(key, context).await
    }

    async fn unwrap(&self, wrapped: &WrappedKey, context: &EncryptionContext) -> Result<SecretKey, KeyManagerError> {
        match context.value(CONTEXT_KEY_KIND) {
            Some("search") => self.0.unwrap(wrapped, context).await,
            _ => Err(KeyManagerError::Denied("not the right".into())),
        }
    }

    async fn current_root(&self, context: &EncryptionContext) -> Result<String, KeyManagerError> {
        self.0.current_root(context).await
    }
}

struct World {
    _folder: tempfile::TempDir,
    root: Arc<LocalKeyManager>,
    store: Arc<MemoryBranchKeyStore>,
    clock: Arc<ManualClock>,
}

impl World {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let root = LocalKeyManager::create(&folder.path().join("root.key"), &folder.path().join("data")).unwrap();
        let clock = Arc::new(ManualClock::new(1_000_000));
        Self { _folder: folder, root: Arc::new(root), store: Arc::default(), clock }
    }

    fn keys(&self, manager: Arc<dyn KeyManager>) -> BranchKeys {
        BranchKeys::new(BranchKeysParts {
            tenant: "main".parse().unwrap(),
            manager,
            store: self.store.clone(),
            clock: self.clock.clone(),
            limits: KeyCacheLimits { bytes_max: 100, ..KeyCacheLimits::default() },
        })
    }

    fn room(&self) -> BranchKeys {
        self.keys(self.root.clone())
    }

    fn door(&self) -> BranchKeys {
        self.keys(Arc::new(Door(self.root.clone()))).sealing_only()
    }

    async fn versions(&self) -> Vec<u32> {
        let rows = self.store.list(Some(&acme())).await.unwrap();
        rows.iter().filter(|row| row.id.kind == KeyKind::Branch).map(|row| row.id.version).collect()
    }
}

fn acme() -> PartnerId {
    "acme".parse().unwrap()
}

async fn seal(keys: &BranchKeys, value: &[u8]) -> Result<Vec<u8>, KeysError> {
    keys.seal_value(&acme(), PURPOSE, "row", value).await
}

async fn open(keys: &BranchKeys, sealed: &[u8]) -> Result<Vec<u8>, KeysError> {
    keys.open_value(&acme(), PURPOSE, "row", sealed).await
}

#[tokio::test]
async fn seals_for_others_and_opens_nothing_of_theirs() {
    let world = World::new();
    let (room, door) = (world.room(), world.door());
    let theirs = seal(&room, b"theirs").await.unwrap();
    let own = seal(&door, b"own").await.unwrap();
    assert_eq!(open(&room, &own).await.unwrap(), b"own");
    assert_eq!(open(&door, &own).await.unwrap(), b"own");
    assert!(matches!(open(&door, &theirs).await, Err(KeysError::SealsOnly)));
    let another = world.door();
    assert!(matches!(open(&another, &own).await, Err(KeysError::SealsOnly)), "nor what another door sealed");
    let digest =
        |keys: BranchKeys| async move { keys.search_key(&acme()).await.unwrap().digest(SearchKind::FILE_NAME, b"x") };
    assert_eq!(digest(another).await, digest(world.room()).await, "digests are the same everywhere");
}

/// The door holds its own key in clear: were rooms to seal under it, whoever takes the door over could read what they write.
#[tokio::test]
async fn no_room_seals_under_a_doors_own_key() {
    let world = World::new();
    let (room, door) = (world.room(), world.door());
    seal(&door, b"own").await.unwrap();
    for _ in 0..3 {
        let theirs = seal(&room, b"theirs").await.unwrap();
        assert!(matches!(open(&door, &theirs).await, Err(KeysError::SealsOnly)));
        seal(&door, &[0; 100]).await.unwrap();
        world.clock.advance(KeyCacheLimits::default().age_ms_max + 1);
    }
    let rotated = room.rotate(&acme()).await.unwrap().version;
    assert_eq!(Some(&rotated), world.versions().await.last(), "versions are one row of numbers");
    let theirs = seal(&world.room(), b"theirs").await.unwrap();
    assert!(matches!(open(&door, &theirs).await, Err(KeysError::SealsOnly)));
}

#[tokio::test]
async fn makes_one_version_a_day_and_one_for_so_many_bytes() {
    let world = World::new();
    let (door, other) = (world.door(), world.door());
    for _ in 0..30 {
        seal(&door, b"x").await.unwrap();
        seal(&other, b"x").await.unwrap();
        world.clock.advance(KeyCacheLimits::default().age_ms_max);
    }
    assert_eq!(world.versions().await, [1, 2], "one of each door, however old the cache is");
    let first = seal(&door, b"x").await.unwrap();
    world.clock.advance(DAY_MS);
    let second = seal(&door, &[0; 100]).await.unwrap();
    assert_eq!(world.versions().await, [1, 2, 3]);
    seal(&door, b"x").await.unwrap();
    assert_eq!(world.versions().await, [1, 2, 3, 4]);
    assert!(open(&door, &second).await.is_ok() && matches!(open(&door, &first).await, Err(KeysError::SealsOnly)));
    assert_eq!(open(&world.room(), &first).await.unwrap(), b"x");
}

#[tokio::test]
async fn notices_within_the_caches_age_that_a_partner_was_shredded() {
    let world = World::new();
    let door = world.door();
    seal(&door, b"x").await.unwrap();
    world.room().shred(&acme()).await.unwrap();
    world.clock.advance(KeyCacheLimits::default().age_ms_max);
    for _ in 0..2 {
        assert!(matches!(seal(&door, b"x").await, Err(KeysError::Shredded)));
    }
}
