//! Unwrapped keys, kept within bounds of number, use, bytes and age.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::branch_key::BranchKey;
use super::{BranchKeyId, SearchKey};
use crate::PartnerId;

/// How long an unwrapped key may be used before the key manager is asked again.
///
/// `age_ms_max` is also how long another process may take to notice a rotation or a shredding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct KeyCacheLimits {
    /// Unwrapped keys held at once. Default 4096.
    pub entries_max: usize,
    /// How often one key is handed out. Default 1,000,000.
    pub uses_max: u64,
    /// Plaintext bytes that are sealed under one key. Default 1 TiB.
    pub bytes_max: u64,
    /// Age of one key in milliseconds. Default five minutes.
    pub age_ms_max: u64,
}

impl Default for KeyCacheLimits {
    fn default() -> Self {
        Self { entries_max: 4096, uses_max: 1_000_000, bytes_max: 1 << 40, age_ms_max: 5 * 60 * 1000 }
    }
}

/// An unwrapped key.
#[derive(Debug, Clone)]
pub(super) enum Held {
    Branch(Arc<BranchKey>),
    Search(Arc<SearchKey>),
}

#[derive(Debug)]
struct Entry {
    held: Held,
    uses: u64,
    bytes: Arc<AtomicU64>,
    loaded_unix_ms: u64,
}

/// The cache. Whoever loads a key notes the epoch before and gives it back when storing: what was purged between does not come back.
#[derive(Debug)]
pub(super) struct KeyCache {
    limits: KeyCacheLimits,
    epoch: u64,
    entries: HashMap<BranchKeyId, Entry>,
    active: HashMap<PartnerId, (BranchKeyId, u64)>,
}

impl KeyCache {
    pub(super) fn new(limits: KeyCacheLimits) -> Self {
        Self { limits, epoch: 0, entries: HashMap::new(), active: HashMap::new() }
    }

    pub(super) const fn limits(&self) -> KeyCacheLimits {
        self.limits
    }

    pub(super) const fn epoch(&self) -> u64 {
        self.epoch
    }

    /// A key that is within its bounds; counts the use.
    pub(super) fn key(&mut self, id: &BranchKeyId, now_unix_ms: u64) -> Option<Held> {
        let limits = self.limits;
        let entry = self.entries.get_mut(id)?;
        let fresh = entry.uses < limits.uses_max
            && entry.bytes.load(Ordering::Relaxed) < limits.bytes_max
            && within_age(entry.loaded_unix_ms, now_unix_ms, limits.age_ms_max);
        if !fresh {
            self.entries.remove(id);
            return None;
        }
        entry.uses += 1;
        Some(entry.held.clone())
    }

    /// The active branch key of a partner, while the knowledge of which it is is fresh.
    pub(super) fn active(&mut self, partner: &PartnerId, now_unix_ms: u64) -> Option<Held> {
        let (id, known_unix_ms) = self.active.get(partner)?;
        if !within_age(*known_unix_ms, now_unix_ms, self.limits.age_ms_max) {
            self.active.remove(partner);
            return None;
        }
        let id = id.clone();
        self.key(&id, now_unix_ms)
    }

    /// Stores a key unless something was purged since `epoch`; answers whether it did. Storing counts as the first use.
    pub(super) fn store(&mut self, epoch: u64, id: &BranchKeyId, held: Held, active: bool, now_unix_ms: u64) -> bool {
        if epoch != self.epoch {
            return false;
        }
        if !self.entries.contains_key(id) && self.entries.len() >= self.limits.entries_max {
            let oldest = self.entries.iter().min_by_key(|(_, entry)| entry.loaded_unix_ms).map(|(id, _)| id.clone());
            if let Some(oldest) = oldest {
                self.entries.remove(&oldest);
                self.active.remove(&oldest.partner);
            }
        }
        if active {
            self.active.insert(id.partner.clone(), (id.clone(), now_unix_ms));
        }
        let bytes = match &held {
            Held::Branch(key) => key.sealed_bytes(),
            Held::Search(_) => Arc::default(),
        };
        self.entries.insert(id.clone(), Entry { held, uses: 1, bytes, loaded_unix_ms: now_unix_ms });
        true
    }

    /// Forgets a partner's keys, and refuses those that are being loaded just now.
    pub(super) fn purge(&mut self, partner: &PartnerId) {
        self.epoch += 1;
        self.active.remove(partner);
        self.entries.retain(|id, _| id.partner != *partner);
    }
}

/// A clock that went back counts as past the limit: better one call too many.
fn within_age(since_unix_ms: u64, now_unix_ms: u64, age_ms_max: u64) -> bool {
    now_unix_ms.checked_sub(since_unix_ms).is_some_and(|age| age < age_ms_max)
}
