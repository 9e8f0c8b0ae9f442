use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use futures::stream::BoxStream;
use futures::{FutureExt, TryStreamExt};
use proptest::prelude::*;
use tokio::io::AsyncReadExt;

use super::*;
use crate::ManualClock;
use crate::keys::contract::MemoryBranchKeyStore;
use crate::keys::{BranchKeysParts, KeyCacheLimits, LocalKeyManager, SearchKind};
use crate::store::{ByteStream, FsObjectStore, ObjectInfo, ObjectWriter};

const ITEMS: Purpose = Purpose::new("items");
const SIZES: [usize; 8] = [0, 1, 65_535, 65_536, 65_537, 262_144, 300_000, 1_000_000];

struct World {
    folder: tempfile::TempDir,
    vault: Vault,
}

async fn world() -> World {
    let folder = tempfile::tempdir().unwrap();
    let objects = folder.path().join("objects");
    let manager = LocalKeyManager::create(&folder.path().join("root.key"), &objects).unwrap();
    let keys = BranchKeys::new(BranchKeysParts {
        tenant: "main".parse().unwrap(),
        manager: Arc::new(manager),
        store: Arc::new(MemoryBranchKeyStore::default()),
        clock: Arc::new(ManualClock::new(1)),
        limits: KeyCacheLimits::default(),
    });
    let vault = Vault::new(Arc::new(keys), Arc::new(FsObjectStore::open(objects).await.unwrap()));
    World { folder, vault }
}

impl World {
    fn file(&self, name: &str) -> std::path::PathBuf {
        self.folder.path().join("objects").join(name)
    }

    fn nothing_in_the_making(&self) -> bool {
        std::fs::read_dir(self.file(".tmp")).unwrap().next().is_none()
    }
}

fn acme() -> PartnerId {
    "acme".parse().unwrap()
}

fn key(name: &str) -> ObjectKey {
    name.parse().unwrap()
}

fn content(bytes: usize) -> Vec<u8> {
    (0..bytes).map(|at| (at % 251) as u8).collect()
}

async fn put(vault: &Vault, name: &str, plain: &[u8]) -> Sealed {
    let mut writer = vault.writer(&acme(), &key(name), ITEMS, PutMode::IfAbsent).await.unwrap();
    for piece in plain.chunks(90_001) {
        writer.write(piece).await.unwrap();
    }
    writer.finish().await.unwrap()
}

async fn get(vault: &Vault, name: &str) -> Result<Vec<u8>, VaultError> {
    let mut reader = vault.reader(&acme(), &key(name), ITEMS).await?;
    let mut plain = Vec::new();
    while let Some(piece) = reader.next().await? {
        plain.extend_from_slice(&piece);
    }
    assert!(reader.next().await?.is_none(), "the end stays the end");
    Ok(plain)
}

#[tokio::test]
async fn what_is_sealed_opens_again_and_nothing_lies_in_clear() {
    let World { folder, vault } = world().await;
    let search = vault.keys().search_key(&acme()).await.unwrap();
    for bytes in SIZES {
        let (name, plain) = (format!("items/{bytes}"), content(bytes));
        let sealed = put(&vault, &name, &plain).await;
        assert_eq!(sealed.bytes, bytes as u64);
        assert_eq!(sealed.digest, search.digest(SearchKind::CONTENT, &plain));
        let lies = std::fs::read(folder.path().join("objects").join(&name)).unwrap();
        assert_eq!(sealed.sealed_bytes, lies.len() as u64);
        assert!(bytes < 16 || !lies.windows(16).any(|window| window == &plain[..16]));
        assert!(get(&vault, &name).await.unwrap() == plain, "{bytes} bytes");
    }
}

#[tokio::test]
async fn streams_and_async_reads_give_the_same() {
    let World { vault, folder: _folder } = world().await;
    let plain = content(700_000);
    let mut writer = vault.writer(&acme(), &key("a"), ITEMS, PutMode::IfAbsent).await.unwrap();
    assert_eq!(writer.copy_from(&mut &plain[..]).await.unwrap(), 700_000);
    writer.finish().await.unwrap();
    let reader = vault.reader(&acme(), &key("a"), ITEMS).await.unwrap();
    let streamed: Vec<Bytes> = reader.into_stream().try_collect().await.unwrap();
    assert!(streamed.concat() == plain && streamed.len() > 1);
    let mut read = Vec::new();
    let mut reader = vault.reader(&acme(), &key("a"), ITEMS).await.unwrap().into_async_read();
    reader.read_to_end(&mut read).await.unwrap();
    assert!(read == plain);
}

#[tokio::test]
async fn an_object_opens_only_as_what_it_is() {
    let world = world().await;
    let vault = &world.vault;
    put(vault, "items/one", b"one").await;
    put(vault, "items/two", b"two").await;
    let purpose = vault.reader(&acme(), &key("items/one"), Purpose::new("receipt")).await;
    assert!(matches!(purpose, Err(VaultError::Open(OpenError::Context))));
    let bravo = "bravo".parse().unwrap();
    let partner = vault.reader(&bravo, &key("items/one"), ITEMS).await;
    assert!(matches!(partner, Err(VaultError::Open(OpenError::Context))));
    std::fs::copy(world.file("items/one"), world.file("items/two")).unwrap();
    let swapped = vault.reader(&acme(), &key("items/two"), ITEMS).await;
    assert!(matches!(swapped, Err(VaultError::Open(OpenError::Context))));
    let part = vault.read_range(&acme(), &key("items/two"), ITEMS, 0..1).await;
    assert!(part.unwrap_err().is_not_authentic());
    assert!(get(vault, "items/none").await.unwrap_err().is_not_found());
}

#[tokio::test]
async fn a_changed_or_cut_object_does_not_open() {
    let world = world().await;
    let plain = content(200_000);
    put(&world.vault, "items/one", &plain).await;
    let whole = std::fs::read(world.file("items/one")).unwrap();
    for at in (0..400).chain((400..whole.len()).step_by(4_999)).chain(whole.len() - 40..whole.len()) {
        let mut changed = whole.clone();
        changed[at] ^= 0x10;
        std::fs::write(world.file("items/one"), &changed).unwrap();
        let refused = get(&world.vault, "items/one").await.unwrap_err();
        // A changed version number names a key that there is not.
        let fails_closed = refused.is_not_authentic() || matches!(refused, VaultError::Keys(KeysError::UnknownKey));
        assert!(fails_closed, "byte {at}: {refused:?}");
    }
    for length in (0..whole.len()).step_by(3_331).chain([whole.len() - 1]) {
        std::fs::write(world.file("items/one"), &whole[..length]).unwrap();
        assert!(get(&world.vault, "items/one").await.unwrap_err().is_not_authentic(), "cut at {length}");
        assert!(world.vault.object(&acme(), &key("items/one"), ITEMS).await.is_err() || length > 300);
    }
    std::fs::write(world.file("items/one"), [&whole[..], b"x"].concat()).unwrap();
    let longer = get(&world.vault, "items/one").await;
    assert!(matches!(longer, Err(VaultError::Open(OpenError::Trailing))));
}

#[tokio::test]
async fn ranges_about_frames_and_windows_read_right() {
    let World { vault, folder: _folder } = world().await;
    let plain = content(1_000_000);
    put(&vault, "items/one", &plain).await;
    let mut object = vault.object(&acme(), &key("items/one"), ITEMS).await.unwrap();
    let edges = [0, 1, 65_535, 65_536, 65_537, 262_143, 262_144, 262_145, 999_999, 1_000_000];
    for start in edges {
        for end in edges.into_iter().filter(|end| *end >= start) {
            let range = start..end;
            let expected = &plain[start as usize..end as usize];
            assert!(object.read(range.clone()).await.unwrap() == expected, "{range:?}");
            if !range.is_empty() {
                let streamed: Vec<Bytes> =
                    object.reader(range.clone()).await.unwrap().into_stream().try_collect().await.unwrap();
                assert!(streamed.concat() == expected, "{range:?}");
                assert!(vault.read_range(&acme(), &key("items/one"), ITEMS, range).await.unwrap() == expected);
            }
        }
    }
}

#[tokio::test]
async fn a_range_beyond_the_end_fails() {
    let World { vault, folder: _folder } = world().await;
    for bytes in [0, 1, 65_536, 100_000] {
        let name = format!("items/{bytes}");
        put(&vault, &name, &content(bytes as usize)).await;
        let mut object = vault.object(&acme(), &key(&name), ITEMS).await.unwrap();
        for range in [bytes..bytes + 1, 0..bytes + 1, bytes + 70_000..bytes + 70_001, u64::MAX - 1..u64::MAX] {
            let beyond = object.read(range.clone()).await;
            assert!(matches!(beyond, Err(VaultError::RangeBeyondEnd)), "{bytes} bytes, {range:?}");
            let streamed: Result<Vec<Bytes>, _> = match object.reader(range.clone()).await {
                Ok(reader) => reader.into_stream().try_collect().await,
                Err(error) => Err(error),
            };
            assert!(matches!(streamed, Err(VaultError::RangeBeyondEnd)), "{bytes} bytes, {range:?}");
        }
        let long = object.read(0..(256 << 20) + 1).await;
        assert!(matches!(long, Err(VaultError::RangeTooLong { .. })));
    }
}

#[tokio::test]
async fn neighbouring_parts_open_a_frame_once() {
    let World { vault, folder } = world().await;
    let plain = content(600_000);
    put(&vault, "items/one", &plain).await;
    let counting = Arc::new(Counting { inner: vault.store().clone(), gets: AtomicUsize::new(0) });
    let vault = Vault::new(vault.keys().clone(), counting.clone());
    let mut object = vault.object(&acme(), &key("items/one"), ITEMS).await.unwrap();
    for start in (0..600_000).step_by(1_000) {
        assert!(object.read(start..start + 1_000).await.unwrap() == plain[start as usize..start as usize + 1_000]);
    }
    assert!(counting.gets.load(Ordering::SeqCst) <= 4, "the header and a window at a time");
    drop(folder);
}

#[tokio::test]
async fn a_dropped_writer_leaves_nothing() {
    let world = world().await;
    let mut writer = world.vault.writer(&acme(), &key("items/one"), ITEMS, PutMode::IfAbsent).await.unwrap();
    for _ in 0..20 {
        writer.write(&content(100_000)).await.unwrap();
    }
    assert!(!world.nothing_in_the_making());
    drop(writer);
    assert!(world.nothing_in_the_making());
    assert!(get(&world.vault, "items/one").await.unwrap_err().is_not_found());
}

#[tokio::test]
async fn an_object_that_stands_is_not_overwritten_unless_told() {
    let World { vault, folder: _folder } = world().await;
    put(&vault, "items/one", b"first").await;
    let second = vault.writer(&acme(), &key("items/one"), ITEMS, PutMode::IfAbsent).await.unwrap().finish().await;
    assert!(second.unwrap_err().is_exists());
    assert_eq!(get(&vault, "items/one").await.unwrap(), b"first");
    let mut third = vault.writer(&acme(), &key("items/one"), ITEMS, PutMode::Overwrite).await.unwrap();
    third.write(b"third").await.unwrap();
    third.finish().await.unwrap();
    assert_eq!(get(&vault, "items/one").await.unwrap(), b"third");
}

#[tokio::test]
async fn shredding_ends_reading_and_writing_at_once() {
    let world = world().await;
    let vault = &world.vault;
    put(vault, "items/old", b"old").await;
    let mut writing = vault.writer(&acme(), &key("items/new"), ITEMS, PutMode::IfAbsent).await.unwrap();
    writing.write(&content(500_000)).await.unwrap();
    vault.keys().shred(&acme()).await.unwrap();
    assert!(writing.finish().await.unwrap_err().is_shredded());
    assert!(world.nothing_in_the_making() && !world.file("items/new").exists());
    assert!(get(vault, "items/old").await.unwrap_err().is_shredded());
    let again = vault.writer(&acme(), &key("items/again"), ITEMS, PutMode::IfAbsent).await;
    assert!(again.unwrap_err().is_shredded());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rotating_under_load_loses_nothing() {
    let World { vault, folder: _folder } = world().await;
    let load = (0..4).map(|task| {
        let vault = vault.clone();
        tokio::spawn(async move {
            for turn in 0..20 {
                let (name, plain) = (format!("items/{task}-{turn}"), content(task * 70_000 + turn));
                put(&vault, &name, &plain).await;
                assert!(get(&vault, &name).await.unwrap() == plain);
            }
        })
    });
    let load: Vec<_> = load.collect();
    for _ in 0..10 {
        vault.keys().rotate(&acme()).await.unwrap();
        tokio::task::yield_now().await;
    }
    for task in load {
        task.await.unwrap();
    }
    put(&vault, "items/last", b"last").await;
    for name in ["items/0-0", "items/3-19", "items/last"] {
        assert!(get(&vault, name).await.is_ok(), "{name}");
    }
}

#[tokio::test]
async fn a_writer_waits_for_a_slow_store() {
    let world = world().await;
    let stuck = Vault::new(world.vault.keys().clone(), Arc::new(Stuck));
    let mut writer = stuck.writer(&acme(), &key("items/one"), ITEMS, PutMode::IfAbsent).await.unwrap();
    // Far more than may be held: the call does not come back while the store takes nothing.
    assert!(writer.write(&content(4 << 20)).now_or_never().is_none());
    assert!(matches!(writer.write(b"x").await, Err(VaultError::Failed)));
    assert!(matches!(writer.finish().await, Err(VaultError::Failed)));
}

#[tokio::test]
async fn a_full_store_is_told_and_the_writer_gives_up() {
    let world = world().await;
    let full = Vault::new(world.vault.keys().clone(), Arc::new(Full));
    let mut writer = full.writer(&acme(), &key("items/one"), ITEMS, PutMode::IfAbsent).await.unwrap();
    assert!(writer.write(&content(1 << 20)).await.unwrap_err().is_full());
    assert!(matches!(writer.write(b"x").await, Err(VaultError::Failed)));
    let small = full.writer(&acme(), &key("items/one"), ITEMS, PutMode::IfAbsent).await.unwrap();
    assert!(small.finish().await.unwrap_err().is_full());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn any_ranges_of_any_size_read_right(
        bytes in 0usize..400_000, cuts in proptest::collection::vec((0.0f64..1.0, 0.0f64..1.0), 1..12),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let World { vault, folder: _folder } = world().await;
            let plain = content(bytes);
            put(&vault, "items/one", &plain).await;
            let mut object = vault.object(&acme(), &key("items/one"), ITEMS).await.unwrap();
            for (one, two) in cuts {
                let (one, two) = ((one * bytes as f64) as usize, (two * bytes as f64) as usize);
                let (start, end) = (one.min(two), one.max(two));
                let part = object.read(start as u64..end as u64).await.unwrap();
                assert!(part == plain[start..end], "{start}..{end} of {bytes}");
            }
        });
    }
}

/// Counts what is fetched.
#[derive(Debug)]
struct Counting {
    inner: Arc<dyn ObjectStore>,
    gets: AtomicUsize,
}

#[async_trait]
impl ObjectStore for Counting {
    async fn writer(&self, key: &ObjectKey, mode: PutMode) -> Result<Box<dyn ObjectWriter>, StoreError> {
        self.inner.writer(key, mode).await
    }

    async fn get(&self, key: &ObjectKey) -> Result<(ObjectInfo, ByteStream), StoreError> {
        self.inner.get(key).await
    }

    async fn get_range(&self, key: &ObjectKey, range: Range<u64>) -> Result<ByteStream, StoreError> {
        self.gets.fetch_add(1, Ordering::SeqCst);
        self.inner.get_range(key, range).await
    }

    async fn head(&self, key: &ObjectKey) -> Result<ObjectInfo, StoreError> {
        self.inner.head(key).await
    }

    fn list(&self, prefix: &str) -> BoxStream<'static, Result<ObjectInfo, StoreError>> {
        self.inner.list(prefix)
    }

    async fn delete(&self, key: &ObjectKey) -> Result<(), StoreError> {
        self.inner.delete(key).await
    }
}

/// A store whose writer does one thing only.
macro_rules! writes_only {
    ($store:ident, $write:expr) => {
        #[derive(Debug)]
        struct $store;

        #[async_trait]
        impl ObjectStore for $store {
            async fn writer(&self, _: &ObjectKey, _: PutMode) -> Result<Box<dyn ObjectWriter>, StoreError> {
                Ok(Box::new(Self))
            }

            async fn get(&self, _: &ObjectKey) -> Result<(ObjectInfo, ByteStream), StoreError> {
                Err(StoreError::NotFound)
            }

            async fn get_range(&self, _: &ObjectKey, _: Range<u64>) -> Result<ByteStream, StoreError> {
                Err(StoreError::NotFound)
            }

            async fn head(&self, _: &ObjectKey) -> Result<ObjectInfo, StoreError> {
                Err(StoreError::NotFound)
            }

            fn list(&self, _: &str) -> BoxStream<'static, Result<ObjectInfo, StoreError>> {
                Box::pin(futures::stream::empty())
            }

            async fn delete(&self, _: &ObjectKey) -> Result<(), StoreError> {
                Ok(())
            }
        }

        #[async_trait]
        impl ObjectWriter for $store {
            async fn write(&mut self, _: Bytes) -> Result<(), StoreError> {
                $write
            }

            async fn commit(self: Box<Self>) -> Result<ObjectInfo, StoreError> {
                Err(StoreError::WriterFailed)
            }
        }
    };
}

writes_only!(Stuck, std::future::pending().await);
writes_only!(Full, Err(StoreError::Full));
