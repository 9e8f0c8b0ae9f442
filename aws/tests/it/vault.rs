//! A vault over S3 and KMS: what it seals opens again, and lies there in no clear.

use std::sync::Arc;

use tradewind_aws::{KmsOptions, PART_BYTES};
use tradewind_compliance::keys::contract::MemoryBranchKeyStore;
use tradewind_compliance::keys::{BranchKeys, BranchKeysParts, KeyCacheLimits, KeyManager, Rewrapped};
use tradewind_compliance::store::{ObjectStore, PutMode, StoreError};
use tradewind_compliance::vault::VaultError;
use tradewind_compliance::{ManualClock, PartnerId, Purpose, Vault};

use crate::support::kms::{Root, manager};
use crate::support::s3::{Place, all_of, key};
use crate::support::soon;
use crate::support::weather::Fault;

const ITEMS: Purpose = Purpose::new("items");
const CANARY: &[u8] = b"CANARY-MEMBER-W00123456789";

fn acme() -> PartnerId {
    "acme".parse().unwrap()
}

fn keys(manager: impl KeyManager + 'static, store: Arc<MemoryBranchKeyStore>) -> Arc<BranchKeys> {
    Arc::new(BranchKeys::new(BranchKeysParts {
        tenant: "main".parse().unwrap(),
        manager: Arc::new(manager),
        store,
        clock: Arc::new(ManualClock::new(1)),
        limits: KeyCacheLimits::default(),
    }))
}

/// Text that holds the canary again and again.
fn text(bytes: usize) -> Vec<u8> {
    CANARY.iter().copied().cycle().take(bytes).collect()
}

async fn seal(vault: &Vault, name: &str, plain: &[u8]) -> Result<(), VaultError> {
    let mut writer = vault.writer(&acme(), &key(name), ITEMS, PutMode::IfAbsent).await?;
    writer.write(plain).await?;
    writer.finish().await.map(drop)
}

async fn open(vault: &Vault, name: &str) -> Vec<u8> {
    let mut reader = vault.reader(&acme(), &key(name), ITEMS).await.unwrap();
    let mut plain = Vec::new();
    while let Some(piece) = reader.next().await.unwrap() {
        plain.extend_from_slice(&piece);
    }
    plain
}

#[tokio::test]
async fn what_is_sealed_opens_again_and_lies_there_in_no_clear() {
    let (place, root) = (Place::new().await, Root::new().await);
    let (store, branch_keys) = (Arc::new(place.store().await), Arc::new(MemoryBranchKeyStore::default()));
    let vault = Vault::new(keys(root.manager().await, branch_keys.clone()), store.clone());
    let plain = text(2 * PART_BYTES + 12_345);
    for (name, bytes) in [("small", 1_000), ("large", plain.len())] {
        seal(&vault, name, &plain[..bytes]).await.unwrap();
        let raw = all_of(&*store, name).await;
        for part in CANARY.windows(8) {
            assert!(!raw.windows(8).any(|window| window == part), "{name} holds plaintext");
        }
    }
    let elsewhere = Vault::new(keys(root.manager().await, branch_keys), store);
    assert!(open(&elsewhere, "small").await == plain[..1_000]);
    assert!(open(&elsewhere, "large").await == plain);
    let range = PART_BYTES as u64 - 7..PART_BYTES as u64 + 90_000;
    let part = elsewhere.read_range(&acme(), &key("large"), ITEMS, range).await.unwrap();
    assert!(part == plain[PART_BYTES - 7..PART_BYTES + 90_000]);
}

#[tokio::test]
async fn branch_keys_that_are_wrapped_anew_still_open_what_was_sealed() {
    let (place, root) = (Place::new().await, Root::new().await);
    let (store, branch_keys) = (Arc::new(place.store().await), Arc::new(MemoryBranchKeyStore::default()));
    let vault = Vault::new(keys(root.manager().await, branch_keys.clone()), store.clone());
    seal(&vault, "before", CANARY).await.unwrap();
    let next = root.another().await;
    let moved = keys(manager(KmsOptions { key: next.arn.clone(), ..root.options() }).await, branch_keys.clone());
    // A branch key and a search key.
    assert_eq!(moved.rewrap_all().await.unwrap(), Rewrapped { rewrapped: 2, ..Rewrapped::default() });
    assert_eq!(moved.rewrap_all().await.unwrap(), Rewrapped { current: 2, ..Rewrapped::default() });
    assert_eq!(open(&Vault::new(moved, store), "before").await, CANARY);
}

#[tokio::test]
async fn nothing_is_stored_while_kms_does_not_answer() {
    let (place, root) = (Place::new().await, Root::new().await);
    let weather = root.weather().await;
    let store = Arc::new(place.store().await);
    for (fault, name) in
        [(Fault::Silence, "silent"), (Fault::Answer(400, r#"{"__type":"ThrottlingException"}"#), "throttled")]
    {
        weather.clear();
        weather.always("Encrypt", fault);
        let vault = Vault::new(keys(root.impatient_manager_in(&weather).await, Arc::default()), store.clone());
        let error = soon(seal(&vault, name, CANARY)).await.unwrap_err();
        assert!(matches!(error, VaultError::Keys(_)), "{error:?}");
        assert!(matches!(store.head(&key(name)).await, Err(StoreError::NotFound)));
        weather.clear();
        crate::support::until("KMS is asked again", async || seal(&vault, name, CANARY).await.is_ok()).await;
        assert_eq!(open(&vault, name).await, CANARY);
    }
}
