//! Idempotency-Key of the REST API.

use async_trait::async_trait;
use tradewind_compliance::{ObjectKey, PartnerId};

use crate::{Effects, Kind, Result, SearchHash, UnixMs};

/// What a key stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reservation {
    /// Ours: do the work, then complete or forget the key.
    Fresh,
    /// Another request with the same key and content is at work.
    InFlight,
    /// It was answered so before.
    Done(StoredResponse),
    /// The key was used with other content.
    Conflict,
}

/// A response that is given again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredResponse {
    /// The HTTP status.
    pub status: u16,
    /// The kind of body: a media type's short name of ours.
    pub kind: Kind,
    /// The sealed body.
    pub body: Option<ObjectKey>,
}

/// Idempotency keys, per partner.
#[async_trait]
pub trait IdempotencyKeys: Send + Sync {
    /// Reserves a key. A reservation older than `stale_before` that was never completed is taken over: its process died.
    async fn reserve_key(
        &self,
        partner: &PartnerId,
        key: SearchHash,
        request: SearchHash,
        stale_before: UnixMs,
        at: UnixMs,
    ) -> Result<Reservation>;

    /// Stores the response of a reserved key. Idempotent.
    async fn complete_key(
        &self,
        partner: &PartnerId,
        key: SearchHash,
        response: StoredResponse,
        at: UnixMs,
        effects: Effects,
    ) -> Result<()>;

    /// Gives a reserved key back, so that the request may be made again. A completed one stays.
    async fn forget_key(&self, partner: &PartnerId, key: SearchHash) -> Result<()>;

    /// Removes keys reserved before `before`. Gives how many.
    async fn purge_keys(&self, before: UnixMs) -> Result<u64>;
}
