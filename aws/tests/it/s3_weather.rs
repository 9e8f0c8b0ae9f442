//! The object store in bad weather: nothing partial is seen, nothing is left, and every wait ends.

use tradewind_aws::{Failure, FailureKind, PART_BYTES};
use tradewind_compliance::store::{ObjectStore, PutMode, StoreError};

use crate::support::s3::{Place, all_of, collect, content, key, put};
use crate::support::weather::{Fault, Weather};
use crate::support::{soon, until};

const SLOW_DOWN: Fault =
    Fault::Answer(503, "<Error><Code>SlowDown</Code><Message>CANARY</Message><Resource>/CANARY</Resource></Error>");
const DENIED: Fault = Fault::Answer(
    403,
    "<Error><Code>AccessDenied</Code><Message>CANARY</Message><BucketName>CANARY</BucketName></Error>",
);

/// The kind of a failure, which holds nothing of what was stored where.
fn kind(error: &StoreError) -> FailureKind {
    let (StoreError::Unavailable(source) | StoreError::Denied(source)) = error else { panic!("{error:?}") };
    for text in [format!("{error} {source}"), format!("{error:?}")] {
        assert!(!text.contains("CANARY") && !text.contains("tradewind-engines"), "{text}");
    }
    source.downcast_ref::<Failure>().unwrap().kind()
}

async fn nothing_is_left(place: &Place, weather: &Weather, name: &str) {
    weather.clear();
    let store = place.store().await;
    assert!(matches!(store.head(&key(name)).await, Err(StoreError::NotFound)), "no partial object is seen");
    until("the upload is given up", async || place.unfinished().await == 0).await;
}

#[tokio::test]
async fn a_server_that_fails_twice_is_asked_again() {
    let place = Place::new().await;
    let weather = place.weather().await;
    let store = place.store_in(&weather).await;
    for operation in ["PutObject", "CreateMultipartUpload", "UploadPart", "CompleteMultipartUpload", "HeadObject"] {
        weather.next(operation, [SLOW_DOWN, Fault::Answer(500, "")]);
    }
    weather.next("GetObject", [SLOW_DOWN, Fault::LoseAnswer]);
    let large = content(PART_BYTES * 2 + 5);
    put(&store, "small", b"small", PutMode::IfAbsent).await.unwrap();
    put(&store, "large", &large, PutMode::IfAbsent).await.unwrap();
    assert_eq!(store.head(&key("large")).await.unwrap().bytes, large.len() as u64);
    assert!(all_of(&store, "large").await == large);
    assert_eq!(weather.calls("PutObject").len(), 3);
    assert_eq!(weather.calls("UploadPart").len(), 5);
}

#[tokio::test]
async fn a_server_that_stays_throttled_is_given_up_within_limits() {
    let place = Place::new().await;
    let weather = place.weather().await;
    let store = place.store_in(&weather).await;
    weather.always("PutObject", SLOW_DOWN);
    let error = soon(put(&store, "CANARY", b"x", PutMode::IfAbsent)).await.unwrap_err();
    assert_eq!(kind(&error), FailureKind::Throttled);
    assert_eq!(weather.calls("PutObject").len(), 4);
    nothing_is_left(&place, &weather, "CANARY").await;
}

#[tokio::test]
async fn an_upload_that_is_cut_half_way_leaves_nothing() {
    let place = Place::new().await;
    let weather = place.weather().await;
    let store = place.store_in(&weather).await;
    let mut writer = store.writer(&key("CANARY"), PutMode::IfAbsent).await.unwrap();
    // Two parts are on their way; the third waits in the writer.
    writer.write(content(2 * PART_BYTES + 1).into()).await.unwrap();
    until("a part has come", async || !weather.calls("UploadPart").is_empty()).await;
    weather.always("UploadPart", Fault::CutRequest(100_000));
    writer.write(content(PART_BYTES).into()).await.unwrap();
    assert_eq!(kind(&soon(writer.commit()).await.unwrap_err()), FailureKind::Connection);
    nothing_is_left(&place, &weather, "CANARY").await;
}

/// Else the object would be made of the parts that came.
#[tokio::test]
async fn a_writer_that_has_failed_puts_nothing() {
    let place = Place::new().await;
    let weather = place.weather().await;
    let store = place.store_in(&weather).await;
    let mut writer = store.writer(&key("CANARY"), PutMode::IfAbsent).await.unwrap();
    weather.next("UploadPart", [DENIED]);
    let failed = async {
        loop {
            if let Err(error) = writer.write(content(PART_BYTES).into()).await {
                break error;
            }
        }
    };
    assert_eq!(kind(&soon(failed).await), FailureKind::Denied);
    assert!(matches!(soon(writer.commit()).await, Err(StoreError::WriterFailed)));
    nothing_is_left(&place, &weather, "CANARY").await;
}

#[tokio::test]
async fn an_upload_that_cannot_be_completed_leaves_nothing() {
    let place = Place::new().await;
    let weather = place.weather().await;
    let store = place.store_in(&weather).await;
    weather.always("CompleteMultipartUpload", Fault::Answer(503, ""));
    let error = soon(put(&store, "CANARY", &content(PART_BYTES + 1), PutMode::IfAbsent)).await.unwrap_err();
    assert_eq!(kind(&error), FailureKind::Service);
    nothing_is_left(&place, &weather, "CANARY").await;
}

#[tokio::test]
async fn a_failure_that_comes_with_a_good_status_is_a_failure() {
    const FAILED: &str = "<?xml version=\"1.0\"?><Error><Code>InternalError</Code><Message>CANARY</Message></Error>";
    let place = Place::new().await;
    let weather = place.weather().await;
    let store = place.store_in(&weather).await;
    weather.always("CompleteMultipartUpload", Fault::Answer(200, FAILED));
    let error = soon(put(&store, "CANARY", &content(PART_BYTES + 1), PutMode::IfAbsent)).await.unwrap_err();
    assert_eq!(kind(&error), FailureKind::Service);
    nothing_is_left(&place, &weather, "CANARY").await;
}

#[tokio::test]
async fn a_silent_server_does_not_hold_a_caller_for_ever() {
    let place = Place::new().await;
    let weather = place.weather().await;
    let store = place.impatient_store_in(&weather).await;
    for operation in ["PutObject", "HeadObject", "GetObject", "DeleteObject", "ListObjectsV2"] {
        weather.always(operation, Fault::Silence);
    }
    let key = key("CANARY");
    let put = put(&store, "CANARY", b"x", PutMode::IfAbsent);
    let mut list = store.list("CANARY");
    let (put, head, get, deleted, listed) = soon(async {
        let list = futures::StreamExt::next(&mut list);
        tokio::join!(put, store.head(&key), store.get(&key), store.delete(&key), list)
    })
    .await;
    let listed = listed.unwrap();
    for error in [put.err(), head.err(), get.err(), deleted.err(), listed.err()] {
        assert_eq!(kind(&error.unwrap()), FailureKind::TimedOut);
    }
    nothing_is_left(&place, &weather, "CANARY").await;
}

#[tokio::test]
async fn a_put_whose_answer_was_lost_knows_its_own_object() {
    let place = Place::new().await;
    let weather = place.weather().await;
    let store = place.store_in(&weather).await;
    weather.next("PutObject", [Fault::LoseAnswer]);
    weather.next("CompleteMultipartUpload", [Fault::LoseAnswer]);
    put(&store, "small", b"small", PutMode::IfAbsent).await.unwrap();
    let large = content(PART_BYTES + 5);
    put(&store, "large", &large, PutMode::IfAbsent).await.unwrap();
    assert_eq!((weather.calls("PutObject").len(), weather.calls("CompleteMultipartUpload").len()), (2, 2));
    assert!(all_of(&store, "large").await == large);
    assert!(matches!(put(&store, "small", b"other", PutMode::IfAbsent).await, Err(StoreError::Exists)));
    assert_eq!(all_of(&store, "small").await, b"small");
}

#[tokio::test]
async fn puts_that_meet_try_again_or_say_so() {
    const CONFLICT: Fault = Fault::Answer(409, "<Error><Code>ConditionalRequestConflict</Code></Error>");
    let place = Place::new().await;
    let weather = place.weather().await;
    let store = place.store_in(&weather).await;
    weather.next("PutObject", [CONFLICT]);
    put(&store, "met", b"x", PutMode::IfAbsent).await.unwrap();
    weather.always("PutObject", CONFLICT);
    assert!(matches!(put(&store, "met", b"y", PutMode::IfAbsent).await, Err(StoreError::Exists)));
    let error = soon(put(&store, "CANARY", b"z", PutMode::IfAbsent)).await.unwrap_err();
    assert_eq!(kind(&error), FailureKind::Rejected);
    nothing_is_left(&place, &weather, "CANARY").await;
}

#[tokio::test]
async fn a_body_that_breaks_off_is_taken_up_again() {
    let place = Place::new().await;
    let weather = place.weather().await;
    let store = place.store_in(&weather).await;
    let object = content(1_000_003);
    put(&store, "cut", &object, PutMode::IfAbsent).await.unwrap();
    weather.next("GetObject", [Fault::CutAnswer(400_000), Fault::CutAnswer(0), Fault::CutAnswer(300_000)]);
    assert!(all_of(&store, "cut").await == object);
    weather.next("GetObject", [Fault::CutAnswer(1_000)]);
    let body = store.get_range(&key("cut"), 500..700_000).await.unwrap();
    assert!(collect(body).await.unwrap() == object[500..700_000]);
}

#[tokio::test]
async fn a_body_that_falls_silent_is_taken_up_again_or_given_up() {
    let place = Place::new().await;
    let weather = place.weather().await;
    let store = place.impatient_store_in(&weather).await;
    let object = content(1_000_003);
    put(&store, "CANARY", &object, PutMode::IfAbsent).await.unwrap();
    weather.next("GetObject", [Fault::StallAnswer(400_000)]);
    assert!(soon(all_of(&store, "CANARY")).await == object);
    weather.always("GetObject", Fault::StallAnswer(10));
    let (_, body) = store.get(&key("CANARY")).await.unwrap();
    assert_eq!(kind(&soon(collect(body)).await.unwrap_err()), FailureKind::TimedOut);
    assert_eq!(weather.calls("GetObject").len(), 2 + 4);
}

#[tokio::test]
async fn a_body_that_always_breaks_off_is_given_up() {
    let place = Place::new().await;
    let weather = place.weather().await;
    let store = place.store_in(&weather).await;
    put(&store, "CANARY", &content(1_000_003), PutMode::IfAbsent).await.unwrap();
    weather.always("GetObject", Fault::CutAnswer(10));
    let (_, body) = store.get(&key("CANARY")).await.unwrap();
    assert_eq!(kind(&soon(collect(body)).await.unwrap_err()), FailureKind::Connection);
    assert_eq!(weather.calls("GetObject").len(), 4);
}

#[tokio::test]
async fn a_body_that_is_not_what_was_put_or_asked_for_is_noticed() {
    let place = Place::new().await;
    let weather = place.weather().await;
    let store = place.store_in(&weather).await;
    put(&store, "CANARY", &content(1_000), PutMode::IfAbsent).await.unwrap();
    weather.next("GetObject", [Fault::SpoilAnswer, Fault::Answer(200, "CANARY"), Fault::Answer(206, "CANARY")]);
    let (_, body) = store.get(&key("CANARY")).await.unwrap();
    assert_eq!(kind(&soon(collect(body)).await.unwrap_err()), FailureKind::Malformed);
    for _ in 0..2 {
        let part = store.get_range(&key("CANARY"), 5..11).await;
        assert_eq!(kind(&part.err().unwrap()), FailureKind::Malformed, "it does not say which part it is");
    }
}

#[tokio::test]
async fn a_body_is_never_mixed_with_another_objects() {
    let place = Place::new().await;
    let weather = place.weather().await;
    let store = place.store_in(&weather).await;
    put(&store, "CANARY", &content(1_000_003), PutMode::IfAbsent).await.unwrap();
    weather.next("GetObject", [Fault::CutAnswer(400_000)]);
    let (_, body) = store.get(&key("CANARY")).await.unwrap();
    put(&store, "CANARY", &vec![255; 1_000_003], PutMode::Overwrite).await.unwrap();
    assert_eq!(kind(&soon(collect(body)).await.unwrap_err()), FailureKind::Rejected);
}

#[tokio::test]
async fn a_denied_right_is_told_apart_and_not_asked_for_again() {
    let place = Place::new().await;
    let weather = place.weather().await;
    let store = place.store_in(&weather).await;
    weather.always("PutObject", DENIED);
    weather.always("HeadObject", Fault::Answer(403, ""));
    let error = put(&store, "CANARY", b"x", PutMode::IfAbsent).await.unwrap_err();
    assert!(matches!(error, StoreError::Denied(_)));
    assert_eq!(kind(&error), FailureKind::Denied);
    assert!(matches!(store.head(&key("CANARY")).await, Err(StoreError::Denied(_))));
    assert_eq!((weather.calls("PutObject").len(), weather.calls("HeadObject").len()), (1, 1));
}
