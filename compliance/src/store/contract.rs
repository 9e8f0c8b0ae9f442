//! What every [`ObjectStore`] does: a suite for their tests.

// This is test code that other crates' tests call.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use std::collections::BTreeSet;
use std::sync::Arc;

use bytes::Bytes;
use futures::{StreamExt, TryStreamExt, stream};

use super::{ByteStream, ObjectStore, PutMode, StoreError};
use crate::ObjectKey;

/// Sizes about the buffers of the implementations.
const SIZES: [usize; 6] = [0, 1, 65_536, 262_143, 262_144, 1_000_003];

/// Runs everything that an object store must do. The store is empty before.
///
/// # Panics
/// Where it does not.
pub async fn object_store(store: Arc<dyn ObjectStore>) {
    gives_back_what_was_put(&*store).await;
    reads_ranges(&*store).await;
    says_what_is_not_there(&*store).await;
    puts_if_absent_once(&store).await;
    replaces_whole(&*store).await;
    leaves_nothing_of_what_was_given_up(&*store).await;
    lists_by_prefix(&*store).await;
    deletes(&*store).await;
}

async fn gives_back_what_was_put(store: &dyn ObjectStore) {
    for size in SIZES {
        let (key, content) = (key(&format!("sizes/{size}")), content(size));
        let info = store.put(&key, in_pieces(&content, 70_001), PutMode::IfAbsent).await.unwrap();
        assert_eq!((info.bytes, &info.key), (size as u64, &key));
        assert_eq!(store.head(&key).await.unwrap(), info);
        let (got, body) = store.get(&key).await.unwrap();
        assert_eq!(got, info);
        assert!(collect(body).await == content, "object of {size} bytes");
    }
}

async fn reads_ranges(store: &dyn ObjectStore) {
    let (key, content) = (key("sizes/1000003"), content(1_000_003));
    for (start, end) in
        [(0, 1), (0, 1_000_003), (262_143, 262_145), (1_000_002, 1_000_003), (999_999, 2_000_000), (5, 5)]
    {
        let body = store.get_range(&key, start..end).await.unwrap();
        let to = usize::try_from(end).unwrap().min(content.len());
        assert!(collect(body).await == content[usize::try_from(start).unwrap()..to], "range {start}..{end}");
    }
    for start in [1_000_003, u64::MAX - 1] {
        let beyond = store.get_range(&key, start..u64::MAX).await.err();
        assert!(matches!(beyond, Some(StoreError::RangeBeyondEnd { bytes: 1_000_003 })));
    }
}

async fn says_what_is_not_there(store: &dyn ObjectStore) {
    for name in ["nothing", "sizes", "sizes/1/below"] {
        let key = key(name);
        assert!(matches!(store.get(&key).await.err(), Some(StoreError::NotFound)), "{name}");
        assert!(matches!(store.get_range(&key, 0..1).await.err(), Some(StoreError::NotFound)), "{name}");
        assert!(matches!(store.head(&key).await.err(), Some(StoreError::NotFound)), "{name}");
    }
}

async fn puts_if_absent_once(store: &Arc<dyn ObjectStore>) {
    let rivals = (0..8u8).map(|rival| {
        let store = store.clone();
        async move { store.put(&key("once"), in_pieces(&[rival; 100_000], 1_000), PutMode::IfAbsent).await }
    });
    let done = futures::future::join_all(rivals).await;
    let winners: Vec<usize> = (0..8).filter(|rival| done[*rival].is_ok()).collect();
    assert_eq!(winners.len(), 1, "one of many puts it");
    assert!(done.iter().all(|put| matches!(put, Ok(_) | Err(StoreError::Exists))));
    let (_, body) = store.get(&key("once")).await.unwrap();
    assert!(collect(body).await == [u8::try_from(winners[0]).unwrap(); 100_000]);
}

async fn replaces_whole(store: &dyn ObjectStore) {
    let key = key("replaced");
    store.put(&key, in_pieces(&content(500_000), 9_999), PutMode::Overwrite).await.unwrap();
    let (_, old) = store.get(&key).await.unwrap();
    store.put(&key, in_pieces(b"new", 1), PutMode::Overwrite).await.unwrap();
    let (info, new) = store.get(&key).await.unwrap();
    assert_eq!((info.bytes, collect(new).await), (3, b"new".to_vec()));
    assert!(collect(old).await == content(500_000), "who reads the old one reads on");
}

async fn leaves_nothing_of_what_was_given_up(store: &dyn ObjectStore) {
    let key = key("given/up");
    let mut writer = store.writer(&key, PutMode::Overwrite).await.unwrap();
    for _ in 0..4 {
        writer.write(vec![7; 300_000].into()).await.unwrap();
    }
    assert!(matches!(store.head(&key).await.err(), Some(StoreError::NotFound)), "nothing is seen before the commit");
    drop(writer);
    let failing = stream::iter([Ok(Bytes::from_static(b"some")), Err(StoreError::Full)]).boxed();
    assert!(matches!(store.put(&key, failing, PutMode::IfAbsent).await, Err(StoreError::Full)));
    assert!(matches!(store.head(&key).await.err(), Some(StoreError::NotFound)));
    assert!(names(store, "given").await.is_empty());
}

async fn lists_by_prefix(store: &dyn ObjectStore) {
    for name in ["list/a/1", "list/a/2", "list/ab", "list/b/c/d", "lists"] {
        store.put(&key(name), in_pieces(b"x", 1), PutMode::IfAbsent).await.unwrap();
    }
    assert_eq!(names(store, "list/").await, set(&["list/a/1", "list/a/2", "list/ab", "list/b/c/d"]));
    assert_eq!(names(store, "list/a").await, set(&["list/a/1", "list/a/2", "list/ab"]));
    assert_eq!(names(store, "list/a/").await, set(&["list/a/1", "list/a/2"]));
    assert_eq!(names(store, "lists").await, set(&["lists"]));
    for nothing in ["list/z", "../", "/", "."] {
        assert!(names(store, nothing).await.is_empty(), "prefix {nothing}");
    }
    assert!(names(store, "").await.is_superset(&names(store, "list").await));
    let stopped = store.list("").next().await;
    assert!(stopped.is_some(), "a list may be left after its first object");
}

async fn deletes(store: &dyn ObjectStore) {
    store.delete(&key("list/ab")).await.unwrap();
    assert!(matches!(store.head(&key("list/ab")).await.err(), Some(StoreError::NotFound)));
    store.delete(&key("list/ab")).await.unwrap();
    store.delete(&key("never/was/here")).await.unwrap();
    assert_eq!(names(store, "list/a").await, set(&["list/a/1", "list/a/2"]));
    store.put(&key("list/ab"), in_pieces(b"again", 2), PutMode::IfAbsent).await.unwrap();
}

async fn names(store: &dyn ObjectStore, prefix: &str) -> BTreeSet<String> {
    store.list(prefix).map_ok(|info| info.key.as_str().to_owned()).try_collect().await.unwrap()
}

fn set(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

fn key(name: &str) -> ObjectKey {
    name.parse().unwrap()
}

fn content(size: usize) -> Vec<u8> {
    (0..size).map(|at| u8::try_from(at % 251).unwrap()).collect()
}

fn in_pieces(content: &[u8], piece: usize) -> ByteStream {
    let pieces: Vec<_> = content.chunks(piece).map(|piece| Ok(Bytes::copy_from_slice(piece))).collect();
    stream::iter(pieces).boxed()
}

async fn collect(body: ByteStream) -> Vec<u8> {
    body.try_fold(Vec::new(), |mut all, piece| async move {
        all.extend_from_slice(&piece);
        Ok(all)
    })
    .await
    .unwrap()
}
