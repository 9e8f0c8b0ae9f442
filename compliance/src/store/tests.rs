use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use futures::FutureExt;

use super::*;

async fn store_in(folder: &Path) -> FsObjectStore {
    FsObjectStore::open(folder.join("objects")).await.unwrap()
}

fn temps(folder: &Path) -> Vec<std::path::PathBuf> {
    std::fs::read_dir(folder.join("objects/.tmp")).unwrap().map(|entry| entry.unwrap().path()).collect()
}

fn key(name: &str) -> ObjectKey {
    name.parse().unwrap()
}

#[tokio::test]
async fn the_file_store_keeps_the_contract() {
    let folder = tempfile::tempdir().unwrap();
    contract::object_store(Arc::new(store_in(folder.path()).await)).await;
    assert!(temps(folder.path()).is_empty(), "no file in the making is left");
}

#[tokio::test]
async fn files_and_folders_are_closed_to_others() {
    let folder = tempfile::tempdir().unwrap();
    let store = store_in(folder.path()).await;
    let mut writer = store.writer(&key("in/some/one"), PutMode::IfAbsent).await.unwrap();
    writer.write(Bytes::from_static(b"first")).await.unwrap();
    writer.write(Bytes::from_static(b"second")).await.unwrap();
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o7777;
    assert_eq!(mode(&temps(folder.path())[0]), 0o600);
    writer.commit().await.unwrap();
    let root = folder.path().join("objects");
    assert_eq!(mode(&root.join("in/some/one")), 0o600);
    for below in ["", ".tmp", "in", "in/some"] {
        assert_eq!(mode(&root.join(below)), 0o700, "folder {below}");
    }
}

#[tokio::test]
async fn opening_sweeps_what_a_dead_process_left_and_spares_the_living() {
    let folder = tempfile::tempdir().unwrap();
    let first = store_in(folder.path()).await;
    let mut living = first.writer(&key("living"), PutMode::IfAbsent).await.unwrap();
    living.write(Bytes::from_static(b"some ")).await.unwrap();
    living.write(Bytes::from_static(b"more")).await.unwrap();
    let orphan = folder.path().join("objects/.tmp/00orphan");
    std::fs::write(&orphan, b"half").unwrap();
    let second = store_in(folder.path()).await;
    assert!(!orphan.exists());
    assert_eq!(temps(folder.path()).len(), 1);
    assert_eq!(living.commit().await.unwrap().bytes, 9);
    assert_eq!(second.head(&key("living")).await.unwrap().bytes, 9);
}

#[tokio::test]
async fn an_orphan_that_got_its_name_before_the_crash_keeps_the_object() {
    let folder = tempfile::tempdir().unwrap();
    store_in(folder.path()).await.put(&key("named"), one(b"whole"), PutMode::IfAbsent).await.unwrap();
    let root = folder.path().join("objects");
    std::fs::hard_link(root.join("named"), root.join(".tmp/linked")).unwrap();
    let store = store_in(folder.path()).await;
    assert!(temps(folder.path()).is_empty());
    assert_eq!(store.head(&key("named")).await.unwrap().bytes, 5);
}

#[test]
fn a_write_that_is_given_up_half_way_fails_the_writer_and_leaves_nothing() {
    // One thread for blocking work, so that the test can hold it up and then wait for its end.
    let runtime = tokio::runtime::Builder::new_current_thread().max_blocking_threads(1).build().unwrap();
    runtime.block_on(async {
        let folder = tempfile::tempdir().unwrap();
        let store = store_in(folder.path()).await;
        let mut writer = store.writer(&key("given-up"), PutMode::IfAbsent).await.unwrap();
        writer.write(Bytes::from_static(b"first")).await.unwrap();
        writer.write(Bytes::from_static(b"second")).await.unwrap();
        let (release, held_up) = std::sync::mpsc::channel::<()>();
        tokio::task::spawn_blocking(move || held_up.recv());
        assert!(writer.write(Bytes::from_static(b"third")).now_or_never().is_none());
        assert!(matches!(writer.write(Bytes::from_static(b"x")).await, Err(StoreError::WriterFailed)));
        assert!(matches!(writer.commit().await, Err(StoreError::WriterFailed)));
        drop(release);
        tokio::task::spawn_blocking(|| ()).await.unwrap();
        assert!(temps(folder.path()).is_empty());
        assert!(matches!(store.head(&key("given-up")).await, Err(StoreError::NotFound)));
    });
}

#[tokio::test]
async fn a_name_that_is_a_folder_fails_and_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let store = store_in(folder.path()).await;
    store.put(&key("a/b"), one(b"x"), PutMode::IfAbsent).await.unwrap();
    assert!(store.put(&key("a"), one(b"x"), PutMode::Overwrite).await.is_err());
    assert!(store.put(&key("a/b/c"), one(b"x"), PutMode::Overwrite).await.is_err());
    assert!(temps(folder.path()).is_empty());
    assert_eq!(store.head(&key("a/b")).await.unwrap().bytes, 1);
}

#[tokio::test]
async fn foreign_files_are_not_listed() {
    let folder = tempfile::tempdir().unwrap();
    let store = store_in(folder.path()).await;
    store.put(&key("in/one"), one(b"x"), PutMode::IfAbsent).await.unwrap();
    std::fs::write(folder.path().join("objects/in/no key at all"), b"x").unwrap();
    std::fs::write(folder.path().join("objects/.tmp/half"), b"x").unwrap();
    let names: Vec<_> = store.list("").map(|found| found.unwrap().key.as_str().to_owned()).collect().await;
    assert_eq!(names, ["in/one"]);
}

#[test]
fn a_full_disk_is_told_apart() {
    const NO_SPACE: i32 = 28;
    const QUOTA: i32 = 122;
    const IO: i32 = 5;
    for (code, full) in [(NO_SPACE, true), (QUOTA, true), (IO, false)] {
        let error = StoreError::from(io::Error::from_raw_os_error(code));
        assert_eq!(matches!(error, StoreError::Full), full, "{code}");
    }
}

fn one(bytes: &'static [u8]) -> ByteStream {
    futures::stream::iter([Ok(Bytes::from_static(bytes))]).boxed()
}
