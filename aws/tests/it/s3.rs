//! The object store against a real S3 server in fair weather.

use std::sync::Arc;

use tradewind_aws::{Access, Encryption, PART_BYTES, S3ObjectStore, S3Options};
use tradewind_compliance::store::{ObjectStore, PutMode, StoreError, contract};

use crate::support::s3::{Place, access, all_of, collect, content, key, put};
use crate::support::weather::Fault;
use crate::support::{soon, until};

#[tokio::test]
async fn keeps_the_contract() {
    let place = Place::new().await;
    contract::object_store(Arc::new(place.store().await)).await;
    assert_eq!(place.unfinished().await, 0);
}

#[tokio::test]
async fn objects_about_the_size_of_a_part_come_back_whole() {
    let place = Place::new().await;
    let store = place.store().await;
    for bytes in [PART_BYTES - 1, PART_BYTES, PART_BYTES + 1, 2 * PART_BYTES, 3 * PART_BYTES + 77] {
        let (name, object) = (format!("large/{bytes}"), content(bytes));
        let info = put(&store, &name, &object, PutMode::IfAbsent).await.unwrap();
        assert_eq!(info.bytes, bytes as u64);
        assert_eq!(store.head(&key(&name)).await.unwrap(), info);
        assert!(all_of(&store, &name).await == object, "object of {bytes} bytes");
        assert!(matches!(put(&store, &name, &object, PutMode::IfAbsent).await, Err(StoreError::Exists)));
    }
    let across = PART_BYTES as u64 - 5..PART_BYTES as u64 + 5;
    let body = store.get_range(&key(&format!("large/{}", 2 * PART_BYTES)), across).await.unwrap();
    assert_eq!(collect(body).await.unwrap(), content(2 * PART_BYTES)[PART_BYTES - 5..PART_BYTES + 5]);
    until("the refused uploads are given up", async || place.unfinished().await == 0).await;
}

/// They are complete one after the other: the test's server looks and then completes, and S3 does both at once.
#[tokio::test]
async fn one_of_several_large_rivals_puts_it() {
    let place = Place::new().await;
    let store = place.store().await;
    let mut rivals = Vec::new();
    for rival in 0..4u8 {
        let mut writer = store.writer(&key("rivals"), PutMode::IfAbsent).await.unwrap();
        writer.write(vec![rival; PART_BYTES + 1000].into()).await.unwrap();
        rivals.push(writer);
    }
    rivals.remove(2).commit().await.unwrap();
    for rival in rivals {
        assert!(matches!(rival.commit().await, Err(StoreError::Exists)));
    }
    assert!(all_of(&store, "rivals").await == vec![2; PART_BYTES + 1000]);
    until("the losers' uploads are given up", async || place.unfinished().await == 0).await;
}

#[tokio::test]
async fn a_writer_that_is_dropped_gives_its_parts_up() {
    let place = Place::new().await;
    let store = place.store().await;
    let mut writer = store.writer(&key("dropped"), PutMode::Overwrite).await.unwrap();
    for _ in 0..3 {
        writer.write(content(PART_BYTES).into()).await.unwrap();
    }
    assert_eq!(place.unfinished().await, 1);
    drop(writer);
    until("the upload is given up", async || place.unfinished().await == 0).await;
    assert!(matches!(store.head(&key("dropped")).await, Err(StoreError::NotFound)));
}

#[tokio::test]
async fn a_sweep_removes_what_the_dead_left_and_spares_the_young() {
    let place = Place::new().await;
    let store = place.store().await;
    place.begin("dead/one").await;
    place.begin("dead/two").await;
    assert_eq!(store.sweep(1).await.unwrap(), 0);
    assert_eq!(place.unfinished().await, 2);
    assert_eq!(store.sweep(u64::MAX).await.unwrap(), 2);
    assert_eq!(place.unfinished().await, 0);
}

#[tokio::test]
async fn lists_more_than_a_page() {
    let place = Place::new().await;
    let store = place.store().await;
    let names: Vec<String> = (0..1_050).map(|at| format!("many/{at:04}")).collect();
    for some in names.chunks(50) {
        futures::future::join_all(some.iter().map(|name| put(&store, name, b"x", PutMode::IfAbsent))).await;
    }
    let mut listed: Vec<String> = Vec::new();
    let mut list = store.list("many/");
    while let Some(found) = futures::StreamExt::next(&mut list).await {
        listed.push(found.unwrap().key.as_str().to_owned());
    }
    listed.sort();
    assert_eq!(listed, names);
}

#[tokio::test]
async fn tells_the_server_how_to_encrypt() {
    let place = Place::new().await;
    let weather = place.weather().await;
    weather.always("PutObject", Fault::Answer(200, ""));
    weather.always("CreateMultipartUpload", Fault::Answer(400, ""));
    let key = Some("alias/objects".to_owned());
    for (encryption, told) in [
        (Encryption::Bucket, [None, None, None]),
        (Encryption::S3, [Some("AES256"), None, None]),
        (Encryption::Kms { key: None, bucket_key: false }, [Some("aws:kms"), None, None]),
        (Encryption::Kms { key, bucket_key: true }, [Some("aws:kms"), Some("alias/objects"), Some("true")]),
    ] {
        let options = S3Options { encryption, ..place.options_in(&weather) };
        let store = S3ObjectStore::open(options, &access()).await.unwrap();
        put(&store, "small", b"x", PutMode::IfAbsent).await.unwrap();
        put(&store, "large", &content(PART_BYTES + 1), PutMode::IfAbsent).await.unwrap_err();
        for operation in ["PutObject", "CreateMultipartUpload"] {
            let headers = weather.calls(operation).pop().unwrap().headers;
            let names = ["", "-aws-kms-key-id", "-bucket-key-enabled"];
            let found = names.map(|name| headers.get(format!("x-amz-server-side-encryption{name}")).cloned());
            assert_eq!(
                found.map(|value| value.map(|value| value.to_str().unwrap().to_owned())),
                told.map(|v| v.map(str::to_owned))
            );
        }
    }
}

#[tokio::test]
async fn every_part_carries_its_checksum() {
    let place = Place::new().await;
    let weather = place.weather().await;
    let store = place.store_in(&weather).await;
    put(&store, "small", b"x", PutMode::IfAbsent).await.unwrap();
    put(&store, "large", &content(PART_BYTES + 1), PutMode::IfAbsent).await.unwrap();
    let sent = [weather.calls("PutObject"), weather.calls("UploadPart")].concat();
    assert_eq!(sent.len(), 3);
    assert!(sent.iter().all(|call| call.headers.contains_key("x-amz-checksum-crc32")), "{sent:?}");
}

#[tokio::test]
async fn a_wrong_secret_and_a_missing_bucket_are_told_apart() {
    let place = Place::new().await;
    let Access::Keys { id, .. } = access() else { unreachable!("the tests' access is by keys") };
    let wrong = Access::Keys { id, secret: "wrong".to_owned().into() };
    let denied = soon(S3ObjectStore::open(place.options(), &wrong)).await.unwrap_err();
    assert!(matches!(denied, StoreError::Denied(_)), "{denied:?}");
    let options = S3Options { bucket: "no-such-bucket-of-ours".to_owned(), ..place.options() };
    let missing = soon(S3ObjectStore::open(options, &access())).await.unwrap_err();
    assert!(matches!(&missing, StoreError::Unavailable(_)), "{missing:?}");
    assert!(!format!("{missing:?}").contains("no-such-bucket"));
}
