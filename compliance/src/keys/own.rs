//! Branch keys that a process made for itself, because it may not open others.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::branch_key::BranchKey;
use crate::PartnerId;

/// How long such a key seals.
const AGE_MS_MAX: u64 = 24 * 3_600_000;

/// How many of a partner are held: what is being written when a new one is made ends under the old one.
const HELD_MAX: usize = 2;

/// The newest of each partner, newest first.
#[derive(Default)]
pub(super) struct OwnKeys(Mutex<HashMap<PartnerId, Vec<Own>>>);

struct Own {
    key: Arc<BranchKey>,
    made_unix_ms: u64,
}

impl OwnKeys {
    /// One version, whatever its age.
    pub(super) fn version(&self, partner: &PartnerId, version: u32) -> Option<Arc<BranchKey>> {
        let keys = self.keys();
        keys.get(partner)?.iter().map(|own| &own.key).find(|key| key.id().version == version).cloned()
    }

    /// The one that seals: none that is too old or has sealed too many bytes.
    pub(super) fn active(&self, partner: &PartnerId, now_unix_ms: u64, bytes_max: u64) -> Option<Arc<BranchKey>> {
        let keys = self.keys();
        let Own { key, made_unix_ms } = keys.get(partner)?.first()?;
        let young = now_unix_ms.checked_sub(*made_unix_ms).is_some_and(|age| age < AGE_MS_MAX);
        (young && key.bytes() < bytes_max).then(|| key.clone())
    }

    pub(super) fn put(&self, key: Arc<BranchKey>, made_unix_ms: u64) {
        let mut keys = self.keys();
        let held = keys.entry(key.id().partner.clone()).or_default();
        held.insert(0, Own { key, made_unix_ms });
        held.truncate(HELD_MAX);
    }

    pub(super) fn forget(&self, partner: &PartnerId) {
        self.keys().remove(partner);
    }

    fn keys(&self) -> MutexGuard<'_, HashMap<PartnerId, Vec<Own>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for OwnKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OwnKeys").finish_non_exhaustive()
    }
}
