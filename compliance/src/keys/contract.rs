//! What every [`KeyManager`] and every [`BranchKeyStore`] does: suites for their tests, and a store in memory.

// This is test code that other crates' tests call.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard};

use async_trait::async_trait;

use super::{
    BranchKeyId, BranchKeyRecord, BranchKeyStore, BranchKeyStoreError, InsertKey, KeyKind, KeyManager, KeyManagerError,
    LoadActive, WrappedKey,
};
use crate::{EncryptionContext, PartnerId, SecretKey};

/// Runs everything that a key manager must do.
///
/// # Panics
/// Where it does not.
pub async fn key_manager(manager: &dyn KeyManager) {
    let (key, context) = (SecretKey::generate().unwrap(), EncryptionContext::new().with("purpose", "contract"));
    let wrapped = manager.wrap(&key, &context).await.unwrap();
    assert_eq!(wrapped.root, manager.current_root(&context).await.unwrap(), "wrap uses the current root");
    assert_eq!(manager.unwrap(&wrapped, &context).await.unwrap().expose(), key.expose());
    assert_ne!(manager.wrap(&key, &context).await.unwrap().bytes, wrapped.bytes, "wrapping twice differs");
    let rewrapped = manager.rewrap(&wrapped, &context).await.unwrap();
    assert_eq!(manager.unwrap(&rewrapped, &context).await.unwrap().expose(), key.expose());
    refuses_other_contexts(manager, &key, &wrapped, &context).await;
    for at in 0..wrapped.bytes.len() {
        let mut changed = wrapped.clone();
        changed.bytes[at] ^= 1;
        assert!(manager.unwrap(&changed, &context).await.is_err(), "byte {at} is not covered");
    }
    let cut = WrappedKey { bytes: wrapped.bytes[..wrapped.bytes.len() - 1].to_vec(), ..wrapped.clone() };
    assert!(matches!(manager.unwrap(&cut, &context).await, Err(KeyManagerError::Refused)));
    let empty = WrappedKey { bytes: Vec::new(), ..wrapped.clone() };
    assert!(matches!(manager.unwrap(&empty, &context).await, Err(KeyManagerError::Refused)));
}

async fn refuses_other_contexts(
    manager: &dyn KeyManager,
    key: &SecretKey,
    wrapped: &WrappedKey,
    context: &EncryptionContext,
) {
    let none = EncryptionContext::new();
    assert!(matches!(manager.wrap(key, &none).await, Err(KeyManagerError::ContextEmpty)));
    assert!(matches!(manager.unwrap(wrapped, &none).await, Err(KeyManagerError::ContextEmpty)));
    let other = EncryptionContext::new().with("purpose", "other");
    assert!(matches!(manager.unwrap(wrapped, &other).await, Err(KeyManagerError::Refused)));
    let more = context.clone().with("more", "1");
    assert!(matches!(manager.unwrap(wrapped, &more).await, Err(KeyManagerError::Refused)));
}

/// Runs everything that a store of branch keys must do. The store is empty before.
///
/// # Panics
/// Where it does not.
pub async fn branch_key_store(store: &dyn BranchKeyStore) {
    keeps_versions(store).await;
    keeps_what_is_a_processes_own_apart(store).await;
    replaces_only_what_is_still_there(store).await;
    destroys_for_good(store).await;
}

async fn keeps_what_is_a_processes_own_apart(store: &dyn BranchKeyStore) {
    let partner = partner("door");
    let own = |version| BranchKeyRecord { own: true, ..record("door", KeyKind::Branch, version) };
    assert_eq!(store.insert(&own(1)).await.unwrap(), InsertKey::Inserted);
    assert_eq!(store.load_active(&partner, KeyKind::Branch).await.unwrap(), LoadActive::Absent);
    let shared = record("door", KeyKind::Branch, 2);
    assert_eq!(store.insert(&shared).await.unwrap(), InsertKey::Inserted);
    assert_eq!(store.insert(&own(3)).await.unwrap(), InsertKey::Inserted);
    assert_eq!(store.load_active(&partner, KeyKind::Branch).await.unwrap(), LoadActive::Active(shared.clone()));
    assert_eq!(store.load(&own(3).id).await.unwrap(), Some(own(3)), "it opens what it sealed");
    assert_eq!(store.list(Some(&partner)).await.unwrap(), [own(1), shared, own(3)]);
}

async fn keeps_versions(store: &dyn BranchKeyStore) {
    let partner = partner("acme");
    assert_eq!(store.load_active(&partner, KeyKind::Branch).await.unwrap(), LoadActive::Absent);
    assert_eq!(store.load(&id("acme", KeyKind::Branch, 1)).await.unwrap(), None);
    let (first, second) = (record("acme", KeyKind::Branch, 1), record("acme", KeyKind::Branch, 2));
    assert_eq!(store.insert(&first).await.unwrap(), InsertKey::Inserted);
    let again = BranchKeyRecord { created_unix_ms: 99, ..first.clone() };
    assert_eq!(store.insert(&again).await.unwrap(), InsertKey::Exists);
    assert_eq!(store.insert(&second).await.unwrap(), InsertKey::Inserted);
    assert_eq!(store.load_active(&partner, KeyKind::Branch).await.unwrap(), LoadActive::Active(second.clone()));
    assert_eq!(store.load(&first.id).await.unwrap(), Some(first.clone()), "what exists stays as it was");
    assert_eq!(store.load_active(&partner, KeyKind::Search).await.unwrap(), LoadActive::Absent);
    let search = record("acme", KeyKind::Search, 1);
    assert_eq!(store.insert(&search).await.unwrap(), InsertKey::Inserted);
    let other = record("bravo", KeyKind::Branch, 1);
    assert_eq!(store.insert(&other).await.unwrap(), InsertKey::Inserted);
    let acme = vec![first, second, search];
    assert_eq!(store.list(Some(&partner)).await.unwrap(), acme);
    assert_eq!(store.list(None).await.unwrap(), [acme, vec![other]].concat());
}

async fn replaces_only_what_is_still_there(store: &dyn BranchKeyStore) {
    let first = record("acme", KeyKind::Branch, 1);
    let (old, new) = (first.wrapped.clone().unwrap(), WrappedKey { root: "test/2".into(), bytes: vec![9; 61] });
    assert!(!store.replace_wrapped(&first.id, &new, &old).await.unwrap());
    assert!(store.replace_wrapped(&first.id, &old, &new).await.unwrap());
    assert!(!store.replace_wrapped(&first.id, &old, &new).await.unwrap());
    assert!(!store.replace_wrapped(&id("nobody", KeyKind::Branch, 1), &old, &new).await.unwrap());
    assert_eq!(store.load(&first.id).await.unwrap().unwrap().wrapped, Some(new));
}

async fn destroys_for_good(store: &dyn BranchKeyStore) {
    let acme = partner("acme");
    assert_eq!(store.destroy(&acme).await.unwrap(), 3);
    assert_eq!(store.destroy(&acme).await.unwrap(), 0, "destroying again finds nothing");
    for kind in KeyKind::ALL {
        assert_eq!(store.load_active(&acme, kind).await.unwrap(), LoadActive::Shredded);
    }
    let rows = store.list(Some(&acme)).await.unwrap();
    assert!(rows.len() == 3 && rows.iter().all(|row| row.wrapped.is_none()), "rows stay as a mark");
    assert_eq!(store.insert(&record("acme", KeyKind::Branch, 3)).await.unwrap(), InsertKey::Shredded);
    assert_eq!(store.insert(&record("acme", KeyKind::Search, 2)).await.unwrap(), InsertKey::Shredded);
    let (old, new) = (wrapped(1), wrapped(2));
    assert!(!store.replace_wrapped(&id("acme", KeyKind::Branch, 1), &old, &new).await.unwrap());
    let bravo = store.load_active(&partner("bravo"), KeyKind::Branch).await.unwrap();
    assert!(matches!(bravo, LoadActive::Active(_)), "others keep theirs");
    assert_eq!(store.destroy(&partner("nobody")).await.unwrap(), 0);
}

fn partner(name: &str) -> PartnerId {
    name.parse().unwrap()
}

fn id(name: &str, kind: KeyKind, version: u32) -> BranchKeyId {
    BranchKeyId { partner: partner(name), kind, version }
}

fn wrapped(version: u32) -> WrappedKey {
    WrappedKey { root: "test/1".into(), bytes: vec![u8::try_from(version).unwrap(); 61] }
}

fn record(name: &str, kind: KeyKind, version: u32) -> BranchKeyRecord {
    let created_unix_ms = 1_700_000_000_000 + u64::from(version);
    BranchKeyRecord { id: id(name, kind, version), wrapped: Some(wrapped(version)), created_unix_ms, own: false }
}

/// Keeps branch keys in memory: for tests of what stands above.
#[derive(Debug, Default)]
pub struct MemoryBranchKeyStore(Mutex<BTreeMap<BranchKeyId, BranchKeyRecord>>);

impl MemoryBranchKeyStore {
    fn rows(&self) -> MutexGuard<'_, BTreeMap<BranchKeyId, BranchKeyRecord>> {
        self.0.lock().unwrap()
    }
}

#[async_trait]
impl BranchKeyStore for MemoryBranchKeyStore {
    async fn load_active(&self, partner: &PartnerId, kind: KeyKind) -> Result<LoadActive, BranchKeyStoreError> {
        let rows = self.rows();
        if rows.values().any(|row| row.id.partner == *partner && row.wrapped.is_none()) {
            return Ok(LoadActive::Shredded);
        }
        let last = rows.values().rfind(|row| row.id.partner == *partner && row.id.kind == kind && !row.own);
        Ok(last.cloned().map_or(LoadActive::Absent, LoadActive::Active))
    }

    async fn load(&self, id: &BranchKeyId) -> Result<Option<BranchKeyRecord>, BranchKeyStoreError> {
        Ok(self.rows().get(id).cloned())
    }

    async fn insert(&self, record: &BranchKeyRecord) -> Result<InsertKey, BranchKeyStoreError> {
        let mut rows = self.rows();
        if rows.values().any(|row| row.id.partner == record.id.partner && row.wrapped.is_none()) {
            return Ok(InsertKey::Shredded);
        }
        if rows.contains_key(&record.id) {
            return Ok(InsertKey::Exists);
        }
        rows.insert(record.id.clone(), record.clone());
        Ok(InsertKey::Inserted)
    }

    async fn list(&self, partner: Option<&PartnerId>) -> Result<Vec<BranchKeyRecord>, BranchKeyStoreError> {
        let rows = self.rows();
        Ok(rows.values().filter(|row| partner.is_none_or(|partner| row.id.partner == *partner)).cloned().collect())
    }

    async fn replace_wrapped(
        &self,
        id: &BranchKeyId,
        old: &WrappedKey,
        new: &WrappedKey,
    ) -> Result<bool, BranchKeyStoreError> {
        let mut rows = self.rows();
        let Some(row) = rows.get_mut(id).filter(|row| row.wrapped.as_ref() == Some(old)) else { return Ok(false) };
        row.wrapped = Some(new.clone());
        Ok(true)
    }

    async fn destroy(&self, partner: &PartnerId) -> Result<u32, BranchKeyStoreError> {
        let mut rows = self.rows();
        let erased = rows.values_mut().filter(|row| row.id.partner == *partner).filter_map(|row| row.wrapped.take());
        Ok(u32::try_from(erased.count()).unwrap())
    }
}
