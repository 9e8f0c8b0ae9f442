//! Deliveries: calls that carry items to a partner.

use async_trait::async_trait;
use tradewind_compliance::{DeliveryId, InterchangeId, ItemId, ObjectKey, PartnerId, ReceiptId, SetId};

use crate::{
    AnswerResult, Cause, DeliveryState, Effects, Guide, NewAnswer, NewInterchange, NewItem, NewReceipt, NewSet,
    NumberKind, Numbers, Place, ReceivedContent, Result, SealedValue, UnixMs,
};

/// An item that may be delivered now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClaimableItem {
    /// The item.
    pub id: ItemId,
    /// Its set.
    pub set: SetId,
    /// Its interchange.
    pub interchange: InterchangeId,
    /// Its receipt.
    pub receipt: ReceiptId,
    /// Who sent it to us.
    pub owner: PartnerId,
    /// Its guide.
    pub guide: Guide,
    /// ISA15 = T: it never reaches a production endpoint.
    pub test: bool,
    /// Where its JSON lies.
    pub place: Place,
    /// Deliveries that surely did not take it.
    pub attempts: u32,
    /// When its interchange was accepted.
    pub accepted_at: UnixMs,
}

/// An item's place in a delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Carried {
    /// The item.
    pub item: ItemId,
    /// ST02 of the set that carries it.
    pub set_number: u32,
}

/// A call that is about to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewDelivery {
    /// Its id.
    pub id: DeliveryId,
    /// To whom.
    pub partner: PartnerId,
    /// What it carries, in order; at most [`crate::DELIVERY_ITEMS_MAX`].
    pub items: Vec<Carried>,
    /// The reserved ISA13, GS06 and ST02 that it uses.
    pub numbers: Vec<Numbers>,
    /// The sealed payload.
    pub payload: ObjectKey,
    /// Inquiries (270, 276) only read: their `unknown` may go again.
    pub reads_only: bool,
    /// When.
    pub at: UnixMs,
    /// The call has surely ended by then.
    pub over_by: UnixMs,
}

/// A delivery as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// Its id.
    pub id: DeliveryId,
    /// To whom.
    pub partner: PartnerId,
    /// Its state.
    pub state: DeliveryState,
    /// The sealed payload.
    pub payload: ObjectKey,
    /// ISA13.
    pub control_number: u32,
    /// Items that it carried.
    pub item_count: u32,
    /// Whether it only read.
    pub reads_only: bool,
    /// What stands at `sending` after that was under way in a process that died.
    pub over_by: UnixMs,
    /// When it came to its state.
    pub changed_at: UnixMs,
}

/// What became of a delivery that stands at `sending`, `sent` or `unknown`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DeliveryOutcome {
    /// The partner took the call.
    Sent,
    /// The call was cut after sending.
    Unknown,
    /// The partner's TA1 or 999 accepted it whole.
    Acknowledged,
    /// Surely not taken: items that it still holds are released again, or quarantined after `attempts_max` attempts.
    Refused {
        /// How many deliveries an item may go through.
        attempts_max: u32,
    },
    /// Surely not taken, and not for the items' sake: those that it still holds are released again, and it was no attempt of theirs.
    NotReached,
}

/// What became of items of a delivery, when it is not the same for all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ItemOutcome {
    /// The partner has it: it never goes again.
    Acknowledged,
    /// The partner surely does not have it: it may go again, or is quarantined after this many attempts.
    NotTaken {
        /// How many deliveries an item may go through.
        attempts_max: u32,
    },
    /// It goes no further.
    Quarantined,
}

/// What a refusal did to its items.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Settled {
    /// Items whose state changed.
    pub changed: u32,
    /// Of these, items that were quarantined.
    pub quarantined: u32,
    /// Items that were already past this outcome, and were left as they are.
    pub left: u32,
}

/// A real-time inquiry as one commit: what came, what it holds and the call that is about to be made (DESIGN §1).
#[derive(Debug, Clone)]
pub struct NewInquiry {
    /// What came; it becomes translated at once.
    pub receipt: NewReceipt,
    /// Its content.
    pub content: ReceivedContent,
    /// Its one interchange, accepted at once and never a duplicate.
    pub interchange: NewInterchange,
    /// Its set, accepted.
    pub set: NewSet,
    /// Its items.
    pub items: Vec<NewItem>,
    /// The call.
    pub delivery: NewDelivery,
    /// What follows.
    pub effects: Effects,
}

/// The end of a real-time inquiry as one commit.
#[derive(Debug, Clone)]
pub struct InquiryEnd {
    /// The call.
    pub delivery: DeliveryId,
    /// What became of it.
    pub outcome: DeliveryOutcome,
    /// Why.
    pub cause: Cause,
    /// The response as it came; it becomes translated at once. The answers' `source`.
    pub response: Option<(NewReceipt, ReceivedContent)>,
    /// What was answered.
    pub answers: Vec<NewAnswer>,
    /// When.
    pub at: UnixMs,
    /// What follows.
    pub effects: Effects,
}

/// Deliveries: sending → sent → acknowledged, or unknown, or refused. An item is in at most one live delivery (L4).
#[async_trait]
pub trait Deliveries: Send + Sync {
    /// Items that may be delivered to a partner now, in the order they came. Reading them claims nothing: `begin_delivery` does.
    async fn claimable_items(&self, partner: &PartnerId, limit: u32) -> Result<Vec<ClaimableItem>>;

    /// Partners that have claimable items.
    async fn partners_with_claimable_items(&self) -> Result<Vec<PartnerId>>;

    /// Commits the intent to call: every item goes from accepted to sending, and the numbers are used; or nothing changes, when any
    /// item is not claimable for this partner. Must be durable before the call (L4). Idempotent by id.
    async fn begin_delivery(&self, delivery: NewDelivery, effects: Effects) -> Result<()>;

    /// Records what became of a delivery. Idempotent, without effects, when it is in that state already. Items that were settled on
    /// their own keep their states. An alarm `items-quarantined` of the delivery tells of those that are out of attempts.
    async fn settle_delivery(
        &self,
        id: DeliveryId,
        outcome: DeliveryOutcome,
        cause: Cause,
        at: UnixMs,
        effects: Effects,
    ) -> Result<Settled>;

    /// Settles some items on their own: a set refused by a 999, a status query's answer, an operator with a reason. Items that are
    /// already at or past the outcome are left; one that cannot go there is an error, and nothing changes. An unknown delivery
    /// that then decides on no item any more ends as acknowledged, or as refused when none of its items was taken.
    async fn settle_items(
        &self,
        items: &[ItemId],
        outcome: ItemOutcome,
        cause: Cause,
        at: UnixMs,
        effects: Effects,
    ) -> Result<Settled>;

    /// Puts quarantined items back to accepted, with a fresh count of attempts. One that a delivery may have taken cannot go back
    /// before `settle_items` has said that it was not (L4).
    async fn release_items(&self, items: &[ItemId], cause: Cause, at: UnixMs, effects: Effects) -> Result<Settled>;

    /// One commit before a real-time call. Idempotent by the delivery's id.
    async fn open_inquiry(&self, inquiry: NewInquiry) -> Result<()>;

    /// One commit after a real-time call. Gives what became of each answer. Idempotent as
    /// `settle_delivery` and `record_answers` are.
    async fn close_inquiry(&self, end: InquiryEnd) -> Result<Vec<AnswerResult>>;

    /// One delivery.
    async fn delivery(&self, id: DeliveryId) -> Result<Option<Delivery>>;

    /// The delivery to a partner that used a control number.
    async fn delivery_by_number(&self, partner: &PartnerId, kind: NumberKind, number: u32) -> Result<Option<Delivery>>;

    /// What a delivery carried, in order. `live` leaves out items that it no longer decides on.
    async fn delivery_items(&self, id: DeliveryId, live: bool) -> Result<Vec<Carried>>;

    /// Deliveries to a partner in a state, oldest first.
    async fn deliveries_in(
        &self,
        partner: Option<&PartnerId>,
        state: DeliveryState,
        limit: u32,
    ) -> Result<Vec<Delivery>>;

    /// An item's sealed keys, for whoever may open them.
    async fn item_sealed(&self, id: ItemId) -> Result<Option<SealedValue>>;
}
