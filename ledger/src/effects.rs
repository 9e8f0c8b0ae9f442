//! What follows from a change and is written with it, in the same transaction.

use tradewind_compliance::{DeliveryId, InterchangeId, JobId, ObjectKey, PartnerId, ReceiptId};

use crate::{Actor, Kind, NewReceipt, Numbers, OutName, Queue, Reason, ReceivedContent, SealedValue, UnixMs};

/// Everything a change carries with it. Each part is idempotent by its own key: writing it twice leaves one row.
#[derive(Debug, Clone, Default)]
pub struct Effects {
    /// Receipts whose bytes are durable: what a partner answered to the call that this change settles, what a request brought. Their jobs
    /// stand in `jobs`.
    pub receipts: Vec<(NewReceipt, ReceivedContent)>,
    /// Jobs for the outbox.
    pub jobs: Vec<NewJob>,
    /// Files for partners' `/out`.
    pub files: Vec<NewOutFile>,
    /// Acknowledgments that we gave.
    pub acknowledgments: Vec<NewAcknowledgment>,
    /// Acknowledgments that are now owed to us.
    pub owed: Vec<NewOwed>,
    /// Reserved control numbers that went into what this change made durable.
    pub numbers_used: Vec<NumbersUsed>,
    /// Alarms to open.
    pub alarms: Vec<NewAlarm>,
    /// Entries for the audit chain.
    pub audit: Vec<NewAudit>,
}

impl Effects {
    /// Nothing follows.
    #[must_use]
    pub fn none() -> Self {
        Self::default()
    }

    /// One job follows.
    #[must_use]
    pub fn job(job: NewJob) -> Self {
        Self { jobs: vec![job], ..Self::default() }
    }
}

/// A job for the outbox. The caller chooses the id, so that the same job written twice is one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewJob {
    /// The job's id.
    pub id: JobId,
    /// The queue that it goes to.
    pub queue: Queue,
    /// Whose work it is; fairness is per partner.
    pub partner: PartnerId,
    /// What to do.
    pub kind: Kind,
    /// The id of what to do it to. Never a value of a partner's.
    pub reference: String,
    /// Not before this time.
    pub due_at: UnixMs,
}

/// A file that appears in a partner's `/out`. Same partner and name: one file, the first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewOutFile {
    /// Whose `/out`.
    pub partner: PartnerId,
    /// Its name.
    pub name: OutName,
    /// The sealed object that it shows.
    pub object: ObjectKey,
    /// Plaintext bytes as the partner sees them.
    pub size: u64,
    /// What it is: `999`, `277CA`, `notice`.
    pub kind: Kind,
    /// What it answers.
    pub receipt: Option<ReceiptId>,
    /// When it appears.
    pub at: UnixMs,
}

/// An acknowledgment that we gave. Same object: one row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewAcknowledgment {
    /// The sealed object.
    pub object: ObjectKey,
    /// To whom.
    pub partner: PartnerId,
    /// For what.
    pub interchange: InterchangeId,
    /// `TA1`, `999`, `277CA`, `824`.
    pub kind: Kind,
    /// The file in `/out` that shows it, if one does.
    pub out_name: Option<OutName>,
    /// When.
    pub at: UnixMs,
}

/// An acknowledgment that a partner owes us for a delivery. Same delivery and kind: one clock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewOwed {
    /// The delivery.
    pub delivery: DeliveryId,
    /// `TA1`, `999`, `277CA`, `271`.
    pub kind: Kind,
    /// When it becomes overdue.
    pub due_at: UnixMs,
}

/// Control numbers that were reserved and are now in something durable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NumbersUsed {
    /// Whose numbers.
    pub partner: PartnerId,
    /// Which.
    pub numbers: Numbers,
    /// The id of what carries them.
    pub by: String,
}

/// An alarm. While one of the same kind and subject is open, another opens nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewAlarm {
    /// What is wrong.
    pub kind: Kind,
    /// With what: a partner, a queue, an id of ours.
    pub subject: String,
    /// Why, as a code.
    pub reason: Option<Reason>,
    /// Since when.
    pub at: UnixMs,
}

/// An audit entry: who did what to what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewAudit {
    /// When.
    pub at: UnixMs,
    /// Who.
    pub actor: Actor,
    /// What was done.
    pub action: Kind,
    /// To what: an id of ours.
    pub subject: String,
    /// More, sealed.
    pub detail: Option<SealedValue>,
}
