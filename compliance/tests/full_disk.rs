//! The file store on a disk that is really full: a tmpfs of 4 MiB in a mount namespace of the test's own.

// The lint spares functions marked as tests alone, not what they call.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::path::Path;
use std::process::Command;

use bytes::Bytes;
use futures::StreamExt;
use tradewind_compliance::store::{ByteStream, FsObjectStore, ObjectInfo, ObjectStore, PutMode, StoreError};

/// Set for the run of this test that has the disk.
const DISK: &str = "TRADEWIND_TEST_SMALL_DISK";
const PIECE_BYTES: usize = 100_000;

#[test]
fn a_full_disk_is_told_leaves_nothing_and_recovers_when_space_returns() {
    match std::env::var_os(DISK) {
        Some(disk) => {
            let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
            runtime.block_on(on_a_small_disk(Path::new(&disk)));
        }
        None => again_with_a_small_disk("a_full_disk_is_told_leaves_nothing_and_recovers_when_space_returns"),
    }
}

fn again_with_a_small_disk(test: &str) {
    let folder = tempfile::tempdir().unwrap();
    let mount_and_run = r#"mount -t tmpfs -o size=4m tmpfs "$1" && exec "$2" --exact "$3" --nocapture"#;
    let status = Command::new("unshare")
        .args(["--user", "--map-root-user", "--mount", "sh", "-c", mount_and_run, "sh"])
        .arg(folder.path())
        .arg(std::env::current_exe().unwrap())
        .arg(test)
        .env(DISK, folder.path())
        .status();
    let status = status.unwrap_or_else(|error| panic!("unshare: {error}; install util-linux"));
    assert!(status.success(), "if it was not allowed to mount, allow user namespaces (unshare -rm)");
}

async fn on_a_small_disk(disk: &Path) {
    let store = FsObjectStore::open(disk.join("objects")).await.unwrap();
    assert!(matches!(put(&store, "too-large", 80).await, Err(StoreError::Full)));
    assert_eq!(left(&store, disk).await, 0);
    put(&store, "fits", 30).await.unwrap();
    for _ in 0..3 {
        assert!(matches!(put(&store, "one-more", 30).await, Err(StoreError::Full)));
        assert_eq!(left(&store, disk).await, 1);
    }
    store.delete(&"fits".parse().unwrap()).await.unwrap();
    assert_eq!(put(&store, "one-more", 30).await.unwrap().bytes, 3_000_000);
}

/// Objects that are listed; there is no file in the making.
async fn left(store: &FsObjectStore, disk: &Path) -> usize {
    assert_eq!(std::fs::read_dir(disk.join("objects/.tmp")).unwrap().count(), 0);
    store.list("").count().await
}

async fn put(store: &FsObjectStore, key: &str, pieces: usize) -> Result<ObjectInfo, StoreError> {
    let body: ByteStream = futures::stream::repeat(Bytes::from(vec![7; PIECE_BYTES])).take(pieces).map(Ok).boxed();
    store.put(&key.parse().unwrap(), body, PutMode::IfAbsent).await
}
