//! Lookups, timelines, counts, and the conservation line (L6).

use async_trait::async_trait;
use tradewind_compliance::{DeliveryId, InterchangeId, ItemId, PartnerId, ReceiptId, SetId};

use crate::{
    Actor, Guide, ItemState, Place, Reason, Receipt, ReceiptState, Result, Scope, SealedValue, SearchHash, UnixMs,
};

/// An item as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// Its id.
    pub id: ItemId,
    /// Who sent it to us.
    pub owner: PartnerId,
    /// Where it goes.
    pub destination: Option<PartnerId>,
    /// Its receipt.
    pub receipt: ReceiptId,
    /// Its interchange.
    pub interchange: InterchangeId,
    /// Its set.
    pub set: SetId,
    /// Its place in the set, from 1.
    pub ordinal: u32,
    /// Its guide.
    pub guide: Guide,
    /// ISA15 = T.
    pub test: bool,
    /// Its state.
    pub state: ItemState,
    /// The delivery that holds it, or the last one that did.
    pub delivery: Option<DeliveryId>,
    /// Deliveries that surely did not take it.
    pub attempts: u32,
    /// Where its JSON lies.
    pub place: Place,
    /// Its keys, sealed.
    pub sealed: Option<SealedValue>,
}

/// A moment in an item's life.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moment {
    /// When.
    pub at: UnixMs,
    /// Of what: `receipt`, `interchange`, `set`, `delivery`, `item`, `answer`.
    pub what: &'static str,
    /// Its id.
    pub id: String,
    /// The state that it came to, or what an answer said.
    pub state: String,
    /// Who.
    pub by: Option<Actor>,
    /// Why.
    pub reason: Option<Reason>,
}

/// Where every item is (L6). `received` is counted when items are staged, the rest from the items as they stand now and from the
/// rows that prove it, so that a lost or a doubled row shows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Conservation {
    /// Items that were staged, of every interchange that is no duplicate.
    pub received: u64,
    /// Items with the state answered and an answer on record.
    pub answered: u64,
    /// Items refused by us, alone, with their set or with their interchange.
    pub rejected: u64,
    /// Items in quarantine.
    pub quarantined: u64,
    /// Items staged, accepted, sending, sent, acknowledged or unknown.
    pub in_flight: u64,
    /// Of those in flight, unknown ones.
    pub unknown: u64,
}

impl Conservation {
    /// Whether nothing was lost and nothing was doubled.
    #[must_use]
    pub fn holds(&self) -> bool {
        self.received == self.answered + self.rejected + self.quarantined + self.in_flight
    }
}

/// Rows in a state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StateCount {
    /// `receipt`, `item`, `delivery`, `notification`, `job`.
    pub what: &'static str,
    /// The state.
    pub state: &'static str,
    /// How many.
    pub count: u64,
}

/// A receipt with what became of its items.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileReport {
    /// The receipt.
    pub receipt: Receipt,
    /// Items by state, states without any left out.
    pub items: Vec<(ItemState, u64)>,
}

/// A filter over a partner's items.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ItemQuery {
    /// By the claim's key.
    Claim(SearchHash),
    /// By the member's id.
    Member(SearchHash),
    /// All of a receipt.
    Receipt(ReceiptId),
}

/// Lookups and counts. What is asked for by a partner is scoped: another partner's id finds nothing.
#[async_trait]
pub trait Reports: Send + Sync {
    /// One item.
    async fn item(&self, scope: &Scope, id: ItemId) -> Result<Option<Item>>;

    /// Items by id, in no order; unknown ids are left out. At most [`crate::STAGE_ITEMS_MAX`].
    async fn items(&self, ids: &[ItemId]) -> Result<Vec<Item>>;

    /// Items that match, by id, after `after`.
    async fn find_items(&self, scope: &Scope, query: ItemQuery, after: Option<ItemId>, limit: u32)
    -> Result<Vec<Item>>;

    /// Items in a state, wherever they are, oldest first: `unknown` ones to settle, `quarantined` ones to look at.
    async fn items_in(&self, state: ItemState, partner: Option<&PartnerId>, limit: u32) -> Result<Vec<Item>>;

    /// Every change of an item's state, its receipt's, interchange's, set's and deliveries' among them, with time and cause.
    async fn item_timeline(&self, scope: &Scope, id: ItemId) -> Result<Option<Vec<Moment>>>;

    /// One receipt with what became of its items.
    async fn file(&self, scope: &Scope, id: ReceiptId) -> Result<Option<FileReport>>;

    /// Where every item is (L6): of one sender, or of all. One query, one moment.
    async fn conservation(&self, partner: Option<&PartnerId>) -> Result<Conservation>;

    /// Conservation by sender.
    async fn conservation_by_partner(&self) -> Result<Vec<(PartnerId, Conservation)>>;

    /// Rows by state, for /metrics.
    async fn state_counts(&self) -> Result<Vec<StateCount>>;

    /// Receipts in a state, oldest first.
    async fn receipts_in(&self, state: ReceiptState, limit: u32) -> Result<Vec<Receipt>>;

    /// Events of one row of ours, oldest first.
    async fn events_of(&self, id: &str) -> Result<Vec<Moment>>;
}
