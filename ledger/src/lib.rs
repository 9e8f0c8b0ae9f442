//! The system of record: one row of truth per file, interchange, item, delivery and answer, and the outbox that hands work on.
//!
//! [`Ledger`] is the whole of it, as one object-safe trait made of a trait a table group. [`SqliteLedger`] is the default backend;
//! `PostgresLedger`, behind the feature `postgres`, is the one for many processes.
//! Every call is one transaction: it happens whole or not at all, and when it returns `Ok` it is durable.
//!
//! The ledger never sees a clear value of a partner's: file names, claim ids, member ids and digests come as [`SearchHash`] (keyed)
//! and [`SealedValue`]. It has no clock and no randomness: times and ids are arguments.

#![forbid(unsafe_code)]

mod acknowledgments;
mod answers;
#[cfg(any(test, feature = "contract-tests"))]
pub mod contract;
mod deliveries;
mod effects;
mod error;
mod idempotency;
mod interchanges;
mod numbers;
mod outbox;
#[cfg(feature = "postgres")]
mod postgres;
mod receipts;
mod reports;
#[cfg(test)]
mod small_disk;
mod sqlite;
mod state;
mod types;
mod wakes;
mod watch;

use tradewind_compliance::keys::BranchKeyStore;

pub use acknowledgments::{Acknowledgment, Acknowledgments, OutFile, Owed};
pub use answers::{Advance, Answer, AnswerResult, Answers, Attempt, NewAnswer, NewNotification, Notification};
pub use deliveries::{
    Carried, ClaimableItem, Deliveries, Delivery, DeliveryOutcome, InquiryEnd, ItemOutcome, NewDelivery, NewInquiry,
    Settled,
};
pub use effects::{Effects, NewAcknowledgment, NewAlarm, NewAudit, NewJob, NewOutFile, NewOwed, NumbersUsed};
pub use error::{LedgerError, Result};
pub use idempotency::{IdempotencyKeys, Reservation, StoredResponse};
pub use interchanges::{
    Begun, DuplicateCheck, Interchange, InterchangeKey, InterchangeVerdict, Interchanges, NewInterchange, NewItem,
    NewSet, SetEnd, TransactionSet,
};
pub use numbers::{CONTROL_NUMBER_MAX, ControlNumbers, NumberGap, NumberKind, Numbers};
pub use outbox::{Depth, Job, JobEnd, Lane, Lease, Outbox};
#[cfg(feature = "postgres")]
pub use postgres::{PostgresLedger, PostgresOptions};
pub use receipts::{NewReceipt, Receipt, ReceiptEnd, Receipts, ReceivedContent};
pub use reports::{Conservation, FileReport, Item, ItemQuery, Moment, Reports, StateCount};
pub use sqlite::{SqliteLedger, SqliteOptions};
pub use state::{DeliveryState, InterchangeState, ItemState, JobState, NotificationState, ReceiptState, SetState};
pub use types::{
    Actor, Cause, Guide, Kind, OutName, Party, Place, Queue, Reason, Scope, SealedValue, SearchHash, UnixMs,
};
pub use wakes::{Wake, WakeStream, Wakes};
pub use watch::{Alarm, AuditEntry, Watch};

/// The most items or answers that one call may carry.
pub const STAGE_ITEMS_MAX: usize = 5_000;

/// The most items that one delivery may carry.
pub const DELIVERY_ITEMS_MAX: usize = 50_000;

/// The whole ledger. Every method of its parts can be called on `dyn Ledger`.
pub trait Ledger:
    Receipts
    + Interchanges
    + Acknowledgments
    + Deliveries
    + Answers
    + Outbox
    + ControlNumbers
    + IdempotencyKeys
    + Watch
    + Reports
    + Wakes
    + BranchKeyStore
    + 'static
{
}

impl<T> Ledger for T where
    T: Receipts
        + Interchanges
        + Acknowledgments
        + Deliveries
        + Answers
        + Outbox
        + ControlNumbers
        + IdempotencyKeys
        + Watch
        + Reports
        + Wakes
        + BranchKeyStore
        + 'static
{
}
