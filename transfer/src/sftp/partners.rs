//! What the server keeps of each partner: its names in `/in`, and how many connections it has.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tradewind_compliance::PartnerId;

use super::space::Space;

#[derive(Default)]
pub(super) struct Partners {
    known: Mutex<HashMap<PartnerId, Known>>,
}

#[derive(Default)]
struct Known {
    space: Arc<Space>,
    connections: usize,
}

/// A partner that is connected. Dropping it counts the connection out.
pub(super) struct Admitted {
    pub(super) partner: PartnerId,
    pub(super) space: Arc<Space>,
    partners: Arc<Partners>,
}

impl Partners {
    /// Counts a connection in, unless the partner has `connections_max` already.
    pub(super) fn admit(self: &Arc<Self>, partner: &PartnerId, connections_max: usize) -> Option<Admitted> {
        let mut known = self.lock();
        let entry = known.entry(partner.clone()).or_default();
        if entry.connections >= connections_max {
            return None;
        }
        entry.connections += 1;
        Some(Admitted { partner: partner.clone(), space: Arc::clone(&entry.space), partners: Arc::clone(self) })
    }

    pub(super) fn spaces(&self) -> Vec<(PartnerId, Arc<Space>)> {
        self.lock().iter().map(|(partner, known)| (partner.clone(), Arc::clone(&known.space))).collect()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<PartnerId, Known>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Admitted {
    fn drop(&mut self) {
        if let Some(known) = self.partners.lock().get_mut(&self.partner) {
            known.connections = known.connections.saturating_sub(1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_at_the_limit_pass_and_one_more_does_not() {
        let (partners, acme) = (Arc::new(Partners::default()), "acme".parse().unwrap());
        let first = partners.admit(&acme, 2).unwrap();
        let _second = partners.admit(&acme, 2).unwrap();
        assert!(partners.admit(&acme, 2).is_none());
        assert!(partners.admit(&"other".parse().unwrap(), 2).is_some());
        drop(first);
        assert!(partners.admit(&acme, 2).is_some());
    }
}
