//! The key manager in bad weather: every wait ends, and who waits learns why.

use tradewind_aws::{Failure, FailureKind};
use tradewind_compliance::SecretKey;
use tradewind_compliance::keys::{KeyManager, KeyManagerError};

use crate::support::kms::{Root, context, manager};
use crate::support::soon;
use crate::support::weather::Fault;

const THROTTLED: Fault = Fault::Answer(400, r#"{"__type":"ThrottlingException","message":"CANARY"}"#);
const DENIED: Fault = Fault::Answer(400, r#"{"__type":"AccessDeniedException","message":"CANARY"}"#);

fn key() -> SecretKey {
    SecretKey::generate().unwrap()
}

fn kind(error: &KeyManagerError) -> FailureKind {
    let (KeyManagerError::Unavailable(source) | KeyManagerError::Denied(source)) = error else { panic!("{error:?}") };
    assert!(!format!("{error} {error:?} {source}").contains("CANARY"));
    source.downcast_ref::<Failure>().unwrap().kind()
}

#[tokio::test]
async fn a_throttled_call_is_made_again() {
    let root = Root::new().await;
    let weather = root.weather().await;
    let manager = root.manager_in(&weather).await;
    weather.next("Encrypt", [THROTTLED, THROTTLED]);
    weather.next("Decrypt", [THROTTLED, Fault::LoseAnswer]);
    let key = key();
    let wrapped = manager.wrap(&key, &context("acme")).await.unwrap();
    assert_eq!(manager.unwrap(&wrapped, &context("acme")).await.unwrap().expose(), key.expose());
    assert_eq!((weather.calls("Encrypt").len(), weather.calls("Decrypt").len()), (3, 3));
}

#[tokio::test]
async fn a_kms_that_stays_throttled_is_left_alone_for_a_while() {
    let root = Root::new().await;
    let weather = root.weather().await;
    let manager = root.manager_in(&weather).await;
    let wrapped = manager.wrap(&key(), &context("acme")).await.unwrap();
    weather.always("Decrypt", THROTTLED);
    let error = soon(manager.unwrap(&wrapped, &context("acme"))).await.unwrap_err();
    assert!(matches!(error, KeyManagerError::Unavailable(_)));
    assert_eq!(kind(&error), FailureKind::Throttled);
    assert_eq!(weather.calls("Decrypt").len(), 4);
    let many = (0..100).map(|_| async { manager.unwrap(&wrapped, &context("acme")).await.unwrap_err() });
    for error in futures::future::join_all(many).await {
        assert_eq!(kind(&error), FailureKind::Throttled);
    }
    assert_eq!(weather.calls("Decrypt").len(), 4, "those who come meanwhile are turned away");
    weather.clear();
    crate::support::until("KMS is asked again", async || manager.unwrap(&wrapped, &context("acme")).await.is_ok())
        .await;
}

#[tokio::test]
async fn a_denied_right_is_told_apart_and_not_asked_for_again() {
    let root = Root::new().await;
    let weather = root.weather().await;
    let manager = root.manager_in(&weather).await;
    let wrapped = manager.wrap(&key(), &context("acme")).await.unwrap();
    weather.always("Decrypt", DENIED);
    for _ in 0..2 {
        let error = manager.unwrap(&wrapped, &context("acme")).await.unwrap_err();
        assert!(matches!(error, KeyManagerError::Denied(_)));
        assert_eq!(kind(&error), FailureKind::Denied);
    }
    assert_eq!(weather.calls("Decrypt").len(), 2);
    manager.wrap(&key(), &context("acme")).await.expect("the right to encrypt is another one");
}

#[tokio::test]
async fn a_kms_that_is_down_or_silent_does_not_hold_callers_for_ever() {
    let root = Root::new().await;
    let weather = root.weather().await;
    let silent = root.impatient_manager_in(&weather).await;
    weather.always("Encrypt", Fault::Silence);
    let key = key();
    let many = (0..100).map(|_| async { silent.wrap(&key, &context("acme")).await.unwrap_err() });
    for error in soon(futures::future::join_all(many)).await {
        assert!(matches!(error, KeyManagerError::Unavailable(_)));
        assert_eq!(kind(&error), FailureKind::TimedOut);
    }
    let mut options = root.options();
    options.connection.endpoint = Some("http://127.0.0.1:1".to_owned());
    let error = soon(manager(options).await.wrap(&key, &context("acme"))).await.unwrap_err();
    assert_eq!(kind(&error), FailureKind::Connection);
}

/// The test's server knows none of these.
#[tokio::test]
async fn a_root_that_is_disabled_or_going_is_not_at_hand() {
    const STATES: [(&str, bool); 5] = [
        (r#"{"__type":"DisabledException"}"#, true),
        (r#"{"__type":"KMSInvalidStateException"}"#, true),
        (r#"{"__type":"NotFoundException"}"#, true),
        (r#"{"__type":"IncorrectKeyException"}"#, false),
        (r#"{"__type":"InvalidCiphertextException"}"#, false),
    ];
    let root = Root::new().await;
    let weather = root.weather().await;
    let manager = root.manager_in(&weather).await;
    let wrapped = manager.wrap(&key(), &context("acme")).await.unwrap();
    for (answer, gone) in STATES {
        weather.next("Decrypt", [Fault::Answer(400, answer)]);
        let error = manager.unwrap(&wrapped, &context("acme")).await.unwrap_err();
        match error {
            KeyManagerError::UnknownRoot => assert!(gone, "{answer}"),
            KeyManagerError::Refused => assert!(!gone, "{answer}"),
            error => panic!("{answer}: {error:?}"),
        }
    }
    assert_eq!(weather.calls("Decrypt").len(), STATES.len(), "none is asked again");
}
