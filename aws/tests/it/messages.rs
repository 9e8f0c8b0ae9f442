//! Bodies of messages under data keys of a real KMS: they open for who may, and in bad weather nothing is sealed and nothing goes in clear.

use std::sync::Arc;

use aws_sdk_kms::primitives::Blob;
use tradewind_aws::{Failure, FailureKind, KmsKeyManager, KmsOptions};
use tradewind_compliance::keys::KeyManagerError;
use tradewind_compliance::message::{MessageError, MessageSealer};
use tradewind_compliance::{CONTEXT_PARTNER, CONTEXT_PURPOSE, CONTEXT_TENANT, ManualClock};

use crate::support::kms::{Root, manager};
use crate::support::weather::Fault;
use crate::support::{soon, until};

const BODY: &[u8] = br#"{"claim":"CANARY-W00123456789"}"#;
const THROTTLED: Fault = Fault::Answer(400, r#"{"__type":"ThrottlingException","message":"CANARY"}"#);
const DENIED: Fault = Fault::Answer(400, r#"{"__type":"AccessDeniedException","message":"CANARY"}"#);
/// Longer than a data key serves.
const AGE_MS: u64 = 60_000;

fn sealer(keys: KmsKeyManager) -> (MessageSealer, Arc<ManualClock>) {
    let clock = Arc::new(ManualClock::new(1));
    (MessageSealer::new("main".parse().unwrap(), Arc::new(keys), clock.clone()), clock)
}

async fn seal(sealer: &MessageSealer, partner: &str) -> Result<Vec<u8>, MessageError> {
    let sealed = soon(sealer.seal(&partner.parse().unwrap(), BODY)).await?;
    assert!(!sealed.windows(6).any(|window| window == b"CANARY"));
    Ok(sealed)
}

fn kind(error: &MessageError) -> FailureKind {
    let MessageError::Manager(KeyManagerError::Unavailable(source) | KeyManagerError::Denied(source)) = error else {
        panic!("{error:?}")
    };
    assert!(!format!("{error} {error:?} {source}").contains("CANARY"));
    source.downcast_ref::<Failure>().unwrap().kind()
}

/// The wrapped data key, which stands in the header behind its length and the name of its KMS key.
fn wrapped(sealed: &[u8], arn: &str) -> Option<Blob> {
    let at = sealed.windows(arn.len()).position(|window| window == arn.as_bytes())? + arn.len();
    let length = usize::from(u16::from_be_bytes([sealed[at], sealed[at + 1]]));
    Some(Blob::new(&sealed[at + 2..at + 2 + length]))
}

/// Whether KMS opens it for a consumer that gives this context.
async fn opens(root: &Root, wrapped: &Blob, context: &[(&str, &str)]) -> bool {
    let mut request = root.client.decrypt().key_id(&root.arn).ciphertext_blob(wrapped.clone());
    for (name, value) in context {
        request = request.encryption_context(*name, *value);
    }
    request.send().await.is_ok()
}

#[tokio::test]
async fn a_data_key_opens_under_its_partners_key_and_for_its_context_alone() {
    let (root, own) = (Root::new().await, Root::new().await);
    let options = KmsOptions { messages: [("acme".to_owned(), own.id.clone())].into(), ..root.options() };
    let (sealer, _) = sealer(manager(options).await);
    for (partner, key, other) in [("acme", &own, &root), ("bravo", &root, &own)] {
        let sealed = seal(&sealer, partner).await.unwrap();
        assert!(wrapped(&sealed, &other.arn).is_none());
        let wrapped = wrapped(&sealed, &key.arn).unwrap();
        let context = |partner| [(CONTEXT_TENANT, "main"), (CONTEXT_PARTNER, partner), (CONTEXT_PURPOSE, "message")];
        assert!(opens(key, &wrapped, &context(partner)).await);
        assert!(!opens(key, &wrapped, &context("other")).await);
        assert!(!opens(key, &wrapped, &[]).await);
    }
}

#[tokio::test]
async fn a_throttled_call_is_made_again() {
    let root = Root::new().await;
    let weather = root.weather().await;
    let (sealer, _) = sealer(root.manager_in(&weather).await);
    weather.next("GenerateDataKey", [THROTTLED, Fault::LoseAnswer, THROTTLED]);
    seal(&sealer, "acme").await.unwrap();
    assert_eq!(weather.calls("GenerateDataKey").len(), 4);
}

#[tokio::test]
async fn nothing_is_sealed_while_kms_does_not_answer() {
    let root = Root::new().await;
    for (fault, expected) in [
        (THROTTLED, FailureKind::Throttled),
        (Fault::Silence, FailureKind::TimedOut),
        (Fault::LoseAnswer, FailureKind::Connection),
    ] {
        let weather = root.weather().await;
        let (sealer, _) = sealer(root.impatient_manager_in(&weather).await);
        weather.always("GenerateDataKey", fault);
        assert_eq!(kind(&seal(&sealer, "acme").await.unwrap_err()), expected);
        let calls = weather.calls("GenerateDataKey").len();
        for answer in futures::future::join_all((0..100).map(|_| seal(&sealer, "acme"))).await {
            assert_eq!(kind(&answer.unwrap_err()), expected);
        }
        assert_eq!(weather.calls("GenerateDataKey").len(), calls, "those who come meanwhile are turned away");
        weather.clear();
        until("KMS is asked again", async || seal(&sealer, "acme").await.is_ok()).await;
    }
}

#[tokio::test]
async fn a_denied_right_is_told_apart_and_not_asked_for_again() {
    let root = Root::new().await;
    let weather = root.weather().await;
    let (sealer, _) = sealer(root.manager_in(&weather).await);
    weather.always("GenerateDataKey", DENIED);
    for _ in 0..2 {
        let error = seal(&sealer, "acme").await.unwrap_err();
        assert!(matches!(error, MessageError::Manager(KeyManagerError::Denied(_))));
        assert_eq!(kind(&error), FailureKind::Denied);
    }
    assert_eq!(weather.calls("GenerateDataKey").len(), 2);
}

#[tokio::test]
async fn a_data_key_at_hand_serves_while_kms_is_away_and_no_longer_than_its_age() {
    let root = Root::new().await;
    let weather = root.weather().await;
    let (sealer, clock) = sealer(root.manager_in(&weather).await);
    seal(&sealer, "acme").await.unwrap();
    weather.always("GenerateDataKey", Fault::Answer(500, "{}"));
    clock.advance(AGE_MS - 1);
    seal(&sealer, "acme").await.unwrap();
    assert_eq!(weather.calls("GenerateDataKey").len(), 1);
    clock.advance(1);
    assert_eq!(kind(&seal(&sealer, "acme").await.unwrap_err()), FailureKind::Service);
}
