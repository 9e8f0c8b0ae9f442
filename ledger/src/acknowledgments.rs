//! Acknowledgments that we gave, those that are owed to us, and the files in partners' `/out`.

use async_trait::async_trait;
use tradewind_compliance::{DeliveryId, InterchangeId, ObjectKey, PartnerId, ReceiptId};

use crate::{Effects, Kind, OutName, Result, UnixMs};

/// An acknowledgment that we gave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Acknowledgment {
    /// The sealed object.
    pub object: ObjectKey,
    /// To whom.
    pub partner: PartnerId,
    /// For what.
    pub interchange: InterchangeId,
    /// `TA1`, `999`, `277CA`, `824`.
    pub kind: Kind,
    /// The file in `/out` that shows it.
    pub out_name: Option<OutName>,
    /// When.
    pub at: UnixMs,
}

/// An acknowledgment that is owed to us.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Owed {
    /// The delivery.
    pub delivery: DeliveryId,
    /// By whom.
    pub partner: PartnerId,
    /// `TA1`, `999`, `277CA`, `271`.
    pub kind: Kind,
    /// When it becomes, or became, overdue.
    pub due_at: UnixMs,
    /// When it came.
    pub came_at: Option<UnixMs>,
}

/// A file in a partner's `/out`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutFile {
    /// Whose.
    pub partner: PartnerId,
    /// Its name.
    pub name: OutName,
    /// The sealed object that it shows.
    pub object: ObjectKey,
    /// Plaintext bytes as the partner sees them.
    pub size: u64,
    /// What it is.
    pub kind: Kind,
    /// What it answers.
    pub receipt: Option<ReceiptId>,
    /// When it appeared.
    pub at: UnixMs,
    /// When the partner first read it to its end.
    pub fetched_at: Option<UnixMs>,
}

/// Acknowledgments and outbound files. They are written as [`Effects`] of the change that they speak of.
#[async_trait]
pub trait Acknowledgments: Send + Sync {
    /// Writes effects alone, for what changes no other row: a notice, a repeated acknowledgment, an alarm, an audit entry.
    async fn record(&self, effects: Effects) -> Result<()>;

    /// What we gave for an interchange, in order. A repeat of the interchange is given these again.
    async fn acknowledgments_given(&self, interchange: InterchangeId) -> Result<Vec<Acknowledgment>>;

    /// Stops the clock of an owed acknowledgment. True if it was running.
    async fn acknowledgment_came(&self, delivery: DeliveryId, kind: &Kind, at: UnixMs) -> Result<bool>;

    /// Owed acknowledgments whose time has passed at `at`, longest overdue first (L8).
    async fn overdue_acknowledgments(&self, at: UnixMs, limit: u32) -> Result<Vec<Owed>>;

    /// A delivery's owed acknowledgments.
    async fn owed_for(&self, delivery: DeliveryId) -> Result<Vec<Owed>>;

    /// A partner's `/out`, by name, at most `limit`, after the name `after`.
    async fn list_out(&self, partner: &PartnerId, after: Option<&OutName>, limit: u32) -> Result<Vec<OutFile>>;

    /// One file of a partner's `/out`.
    async fn out_file(&self, partner: &PartnerId, name: &OutName) -> Result<Option<OutFile>>;

    /// Whether a file of this name was ever put into a partner's `/out`, whether or not the partner took it away since. It is put there once.
    async fn out_file_given(&self, partner: &PartnerId, name: &OutName) -> Result<bool>;

    /// Notes that the partner has read a file to its end.
    async fn out_file_fetched(&self, partner: &PartnerId, name: &OutName, at: UnixMs) -> Result<()>;

    /// Takes a file out of a partner's `/out`; the object stays. False when there was none.
    async fn delete_out(&self, partner: &PartnerId, name: &OutName, effects: Effects) -> Result<bool>;
}
