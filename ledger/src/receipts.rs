//! Receipts: what came in at a door.

use async_trait::async_trait;
use tradewind_compliance::{DeliveryId, ObjectKey, PartnerId, ReceiptId};

use crate::{Cause, Effects, Kind, Reason, ReceiptState, Result, SealedValue, SearchHash, UnixMs};

/// What a door knows when bytes begin to come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewReceipt {
    /// Its id.
    pub id: ReceiptId,
    /// Who sends.
    pub partner: PartnerId,
    /// `sftp`, `api`, `response`, ….
    pub door: Kind,
    /// Where the bytes are sealed.
    pub object: ObjectKey,
    /// The file's name as keyed hash.
    pub name_hash: Option<SearchHash>,
    /// The file's name, sealed.
    pub name_sealed: Option<SealedValue>,
    /// The delivery that this is the response to.
    pub response_to: Option<DeliveryId>,
    /// When the first byte came.
    pub at: UnixMs,
}

/// What is known once every byte is durable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReceivedContent {
    /// Bytes as they came.
    pub size: u64,
    /// Keyed digest of the bytes as they came.
    pub digest: SearchHash,
    /// When the last byte was durable.
    pub at: UnixMs,
}

/// How a receipt ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReceiptEnd {
    /// Every interchange in it is settled.
    Translated,
    /// Kept and not processed.
    Quarantined(Reason),
}

/// A receipt as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// Its id.
    pub id: ReceiptId,
    /// Who sent it.
    pub partner: PartnerId,
    /// The door it came by.
    pub door: Kind,
    /// Its state.
    pub state: ReceiptState,
    /// Where the bytes as they came are sealed.
    pub object: ObjectKey,
    /// The file's name, sealed.
    pub name_sealed: Option<SealedValue>,
    /// Bytes; 0 while staged.
    pub size: u64,
    /// Keyed digest, once received.
    pub digest: Option<SearchHash>,
    /// The delivery that this is the response to.
    pub response_to: Option<DeliveryId>,
    /// Why it is in quarantine.
    pub reason: Option<Reason>,
    /// When the first byte came.
    pub staged_at: UnixMs,
    /// When the door was answered.
    pub received_at: Option<UnixMs>,
    /// When it was translated or quarantined.
    pub finished_at: Option<UnixMs>,
}

/// Receipts: staged → received → translated | quarantined.
#[async_trait]
pub trait Receipts: Send + Sync {
    /// Records that bytes begin to come. Idempotent by id.
    async fn stage_receipt(&self, receipt: NewReceipt) -> Result<()>;

    /// Makes a receipt `received`, with its job: the door may answer after this, and not before (L1). Works from `staged`, and
    /// from nothing for bytes that came in one piece. Idempotent by id: a repeat writes nothing, its effects included.
    async fn receive_receipt(&self, receipt: NewReceipt, content: ReceivedContent, effects: Effects) -> Result<()>;

    /// Forgets a staged receipt whose upload was cut. Anything but `staged` is an illegal transition; a missing one is fine.
    async fn discard_receipt(&self, id: ReceiptId) -> Result<()>;

    /// Ends a receipt. Idempotent for the same end; then its effects are not written again.
    async fn finish_receipt(&self, id: ReceiptId, end: ReceiptEnd, at: UnixMs, effects: Effects) -> Result<()>;

    /// Puts a quarantined receipt back to `received`, with its job, once what kept it out was put right. Idempotent, without effects,
    /// while it is `received`.
    async fn retry_receipt(&self, id: ReceiptId, cause: Cause, at: UnixMs, effects: Effects) -> Result<()>;

    /// One receipt.
    async fn receipt(&self, id: ReceiptId) -> Result<Option<Receipt>>;

    /// A partner's receipts, newest first, older than `before` if given.
    async fn receipts_of(&self, partner: &PartnerId, before: Option<ReceiptId>, limit: u32) -> Result<Vec<Receipt>>;

    /// A partner's receipts of a file's name.
    async fn receipts_named(&self, partner: &PartnerId, name: SearchHash, limit: u32) -> Result<Vec<Receipt>>;

    /// Staged receipts whose first byte came before `before`: uploads that nobody goes on with.
    async fn orphaned_receipts(&self, before: UnixMs, limit: u32) -> Result<Vec<Receipt>>;

    /// Received receipts that no job will translate. Always empty unless someone meddled; a start-up check (L1).
    async fn receipts_without_job(&self, limit: u32) -> Result<Vec<Receipt>>;
}
