//! Interchanges, their transaction sets and their items, up to release.

use async_trait::async_trait;
use tradewind_compliance::{InterchangeId, ItemId, ObjectKey, PartnerId, ReceiptId, SetId};

use crate::{Effects, Guide, InterchangeState, Party, Reason, Result, SealedValue, SearchHash, SetState, UnixMs};

/// An interchange whose ISA was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewInterchange {
    /// Its id.
    pub id: InterchangeId,
    /// Where it stands.
    pub receipt: ReceiptId,
    /// Its place in the receipt, from 1.
    pub ordinal: u32,
    /// ISA05 and ISA06.
    pub sender: Party,
    /// ISA07 and ISA08.
    pub receiver: Party,
    /// ISA13.
    pub control_number: u32,
    /// ISA15 = T.
    pub test: bool,
    /// When.
    pub at: UnixMs,
}

/// What `begin_interchange` found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Begun {
    /// It is staged under the id that was given.
    Staged,
    /// An earlier attempt at this receipt settled this ordinal already: skip it.
    Settled {
        /// The id it has.
        id: InterchangeId,
        /// Its state.
        state: InterchangeState,
    },
}

/// A transaction set whose ST was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewSet {
    /// Its id.
    pub id: SetId,
    /// Where it stands.
    pub interchange: InterchangeId,
    /// Its place in the interchange, from 1.
    pub ordinal: u32,
    /// GS06.
    pub group_control_number: u32,
    /// GS08 or ST03.
    pub guide: Guide,
    /// The object that its items' JSON is packed in.
    pub object: ObjectKey,
}

/// A set's end: its 999's verdict.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SetEnd {
    /// The set.
    pub set: SetId,
    /// Whether it travels.
    pub accepted: bool,
    /// Items that the engine counted in it; must be what was staged (L6).
    pub item_count: u32,
}

/// An item to stage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewItem {
    /// Its id, which travels as REF*D9.
    pub id: ItemId,
    /// Its set.
    pub set: SetId,
    /// Its place in the set, from 1.
    pub ordinal: u32,
    /// Where it goes; `None` for one that goes nowhere (it must then be rejected).
    pub destination: Option<PartnerId>,
    /// Refused alone (837): it gets a 277CA rejection and does not travel.
    pub rejected: bool,
    /// Plaintext offset of its JSON in the set's object.
    pub offset: u64,
    /// Plaintext length of its JSON.
    pub length: u32,
    /// Keyed hash of the key it is searched by: CLM01, TRN02.
    pub claim_hash: Option<SearchHash>,
    /// Keyed hash of the member's id.
    pub member_hash: Option<SearchHash>,
    /// Its keys, sealed together.
    pub sealed: Option<SealedValue>,
}

/// How duplicates are told (L3). Real-time inquiries have none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DuplicateCheck {
    /// Keyed digest of the interchange's content, without what a re-send changes.
    pub digest: SearchHash,
    /// How far back an accepted interchange counts.
    pub window_ms: u64,
}

/// What an ISA13 is unique within.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct InterchangeKey {
    /// ISA05 and ISA06.
    pub sender: Party,
    /// ISA07 and ISA08.
    pub receiver: Party,
    /// ISA13.
    pub control_number: u32,
}

/// Whether an interchange was seen before. Only accepted ones within the window count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InterchangeVerdict {
    /// Never.
    Fresh,
    /// The same content: give the original's acknowledgments again, and nothing else.
    SameContent {
        /// The one that was accepted.
        original: InterchangeId,
    },
    /// The same ISA13 with other content: TA1 025 and an alarm.
    SameNumberOtherContent {
        /// The one that was accepted.
        original: InterchangeId,
    },
}

/// An interchange as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Interchange {
    /// Its id.
    pub id: InterchangeId,
    /// Where it stands.
    pub receipt: ReceiptId,
    /// Who sent the receipt.
    pub partner: PartnerId,
    /// Its place in the receipt, from 1.
    pub ordinal: u32,
    /// ISA05 and ISA06.
    pub sender: Party,
    /// ISA07 and ISA08.
    pub receiver: Party,
    /// ISA13.
    pub control_number: u32,
    /// ISA15 = T.
    pub test: bool,
    /// Its state.
    pub state: InterchangeState,
    /// The accepted one that it repeats or clashes with.
    pub original: Option<InterchangeId>,
    /// Why it was rejected.
    pub reason: Option<Reason>,
    /// When ISA was read.
    pub began_at: UnixMs,
    /// When it was settled.
    pub settled_at: Option<UnixMs>,
}

/// A transaction set as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TransactionSet {
    /// Its id.
    pub id: SetId,
    /// Where it stands.
    pub interchange: InterchangeId,
    /// Its place in the interchange, from 1.
    pub ordinal: u32,
    /// GS06.
    pub group_control_number: u32,
    /// Its guide.
    pub guide: Guide,
    /// The object that its items' JSON is packed in.
    pub object: ObjectKey,
    /// Its verdict.
    pub state: SetState,
    /// Items staged in it.
    pub item_count: u32,
}

/// Interchanges: staged → accepted | rejected | duplicate. Sets and items are staged under them, in batches.
#[async_trait]
pub trait Interchanges: Send + Sync {
    /// Throws away what an earlier attempt at this receipt staged and did not settle. Call it before every attempt.
    async fn restart_translation(&self, receipt: ReceiptId) -> Result<()>;

    /// Stages an interchange, or tells that its ordinal was settled by an earlier attempt.
    async fn begin_interchange(&self, interchange: NewInterchange) -> Result<Begun>;

    /// Stages sets. Idempotent by id.
    async fn stage_sets(&self, sets: Vec<NewSet>) -> Result<()>;

    /// Stages items, at most [`crate::STAGE_ITEMS_MAX`] a call; 500 to 1,000 are best. Their sets must be open. Not idempotent: a
    /// repeat of an id fails, and an attempt that failed starts over with `restart_translation`.
    async fn stage_items(&self, items: Vec<NewItem>) -> Result<()>;

    /// Ends sets with their verdicts. Idempotent for the same verdict.
    async fn finish_sets(&self, ends: Vec<SetEnd>) -> Result<()>;

    /// Whether the partner's interchange was accepted within the window before `at`. A forecast: `accept_interchange` decides.
    async fn interchange_verdict(
        &self,
        partner: &PartnerId,
        key: &InterchangeKey,
        check: DuplicateCheck,
        at: UnixMs,
    ) -> Result<InterchangeVerdict>;

    /// Accepts a staged interchange whose sets are all finished, and by that releases its items; or finds that it is none to accept
    /// and changes nothing, effects included. The check and the change are one (L3). Idempotent: `Fresh` again, without effects.
    async fn accept_interchange(
        &self,
        id: InterchangeId,
        check: Option<DuplicateCheck>,
        at: UnixMs,
        effects: Effects,
    ) -> Result<InterchangeVerdict>;

    /// Rejects a staged interchange whole; its items become rejected with it. `clash` is the one whose ISA13 it took. Burns neither
    /// number nor digest. Idempotent, without effects.
    async fn reject_interchange(
        &self,
        id: InterchangeId,
        reason: Reason,
        clash: Option<InterchangeId>,
        at: UnixMs,
        effects: Effects,
    ) -> Result<()>;

    /// Settles a staged interchange as a repeat of an accepted one, and discards what it staged. Idempotent, without effects.
    async fn duplicate_interchange(
        &self,
        id: InterchangeId,
        original: InterchangeId,
        at: UnixMs,
        effects: Effects,
    ) -> Result<()>;

    /// One interchange.
    async fn interchange(&self, id: InterchangeId) -> Result<Option<Interchange>>;

    /// A receipt's interchanges, in order.
    async fn interchanges_of(&self, receipt: ReceiptId) -> Result<Vec<Interchange>>;

    /// An interchange's sets, in order.
    async fn sets_of(&self, interchange: InterchangeId) -> Result<Vec<TransactionSet>>;
}
