//! Answers of partners to items, and the webhooks that carry them to requestors.

use async_trait::async_trait;
use tradewind_compliance::{AnswerId, DeliveryId, ItemId, NotificationId, PartnerId, ReceiptId};

use crate::{Effects, Kind, NotificationState, Place, Reason, Result, UnixMs};

/// How far an answer brings its item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Advance {
    /// The partner has it, and more is to come.
    Acknowledged,
    /// The partner has answered it.
    Answered,
    /// A further word on an item; its state stays.
    Note,
}

impl Advance {
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Acknowledged => "acknowledged",
            Self::Answered => "answered",
            Self::Note => "note",
        }
    }
}

/// What a partner said of an item. Same item, source and ordinal: one answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewAnswer {
    /// Its id.
    pub id: AnswerId,
    /// The item.
    pub item: ItemId,
    /// The delivery that it answers, if that is known.
    pub delivery: Option<DeliveryId>,
    /// The receipt that it came in.
    pub source: ReceiptId,
    /// Its place in that receipt, from 1.
    pub ordinal: u32,
    /// `277CA`, `271`, `277`, `999`.
    pub kind: Kind,
    /// `accepted`, `rejected`, `pending`, `benefits`, ….
    pub outcome: Kind,
    /// Where its JSON lies.
    pub place: Place,
    /// How far it brings the item.
    pub advance: Advance,
    /// A webhook to queue with it, only if the answer is new.
    pub notify: Option<NewNotification>,
    /// When.
    pub at: UnixMs,
}

/// What `record_answers` did with one answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AnswerResult {
    /// It is recorded, and its item moved as far as it may.
    New,
    /// It was recorded before.
    Repeated,
    /// There is no such item, or it never went to that partner: nothing was recorded.
    NoItem,
}

/// An answer as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// Its id.
    pub id: AnswerId,
    /// The item.
    pub item: ItemId,
    /// The delivery that it answers.
    pub delivery: Option<DeliveryId>,
    /// The receipt that it came in.
    pub source: ReceiptId,
    /// What it is.
    pub kind: Kind,
    /// What it says.
    pub outcome: Kind,
    /// Where its JSON lies.
    pub place: Place,
    /// When.
    pub at: UnixMs,
}

/// A webhook to send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewNotification {
    /// Its id, the `webhook-id` of every attempt.
    pub id: NotificationId,
    /// To whom.
    pub partner: PartnerId,
    /// The kind of event.
    pub kind: Kind,
    /// Not before this time.
    pub due_at: UnixMs,
}

/// A webhook as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notification {
    /// Its id.
    pub id: NotificationId,
    /// To whom.
    pub partner: PartnerId,
    /// The kind of event.
    pub kind: Kind,
    /// The answer that it carries.
    pub answer: AnswerId,
    /// Its state.
    pub state: NotificationState,
    /// Attempts made.
    pub attempts: u32,
    /// When it is due.
    pub due_at: UnixMs,
    /// What the last attempt ended with.
    pub last: Option<Reason>,
}

/// How an attempt ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Attempt {
    /// The requestor took it.
    Delivered,
    /// It failed; the next attempt is due then.
    RetryAt(UnixMs, Reason),
    /// It could not be made, and counts as none; the next one is due then.
    Postponed(UnixMs),
    /// It failed for the last time.
    Abandoned(Reason),
}

/// Answers and notifications.
#[async_trait]
pub trait Answers: Send + Sync {
    /// Records answers, at most [`crate::STAGE_ITEMS_MAX`] a call, and moves their items. An answer proves that the partner has the
    /// item: one that is `unknown`, was released again or is quarantined is settled by it, and never goes again. Idempotent answer by
    /// answer; the effects are always written, and are idempotent by their own keys.
    async fn record_answers(&self, answers: Vec<NewAnswer>, effects: Effects) -> Result<Vec<AnswerResult>>;

    /// One answer.
    async fn answer(&self, id: AnswerId) -> Result<Option<Answer>>;

    /// An item's answers, oldest first.
    async fn answers_of(&self, item: ItemId) -> Result<Vec<Answer>>;

    /// The answers that came in a receipt, in order, after the answer `after`.
    async fn answers_in(&self, source: ReceiptId, after: Option<AnswerId>, limit: u32) -> Result<Vec<Answer>>;

    /// Notifications that are due and not leased, at most `per_partner` for each partner, and leases them. A lease counts as an
    /// attempt, so that a process that dies of one cannot die of it for ever.
    async fn lease_notifications(
        &self,
        at: UnixMs,
        lease_until: UnixMs,
        per_partner: u32,
        limit: u32,
    ) -> Result<Vec<Notification>>;

    /// Records how a leased notification's attempt ended. Idempotent for the same end.
    async fn settle_notification(&self, id: NotificationId, end: Attempt, at: UnixMs, effects: Effects) -> Result<()>;

    /// One notification.
    async fn notification(&self, id: NotificationId) -> Result<Option<Notification>>;

    /// When the next queued notification is due or its lease ends.
    async fn next_notification_at(&self) -> Result<Option<UnixMs>>;
}
