//! Where each kind of object lies, and what it is sealed for. Keys are made of our own ids alone.

use tradewind_compliance::{DeliveryId, IdError, ItemId, ObjectKey, Purpose, ReceiptId, SetId};

/// A file as it came in at a door.
pub(crate) const RECEIVED: Purpose = Purpose::new("received");
/// A file's content once PGP was verified.
pub(crate) const PLAIN: Purpose = Purpose::new("plain");
/// The items of a set, as JSON.
pub(crate) const ITEMS: Purpose = Purpose::new("items");
/// An acknowledgment that is being written.
pub(crate) const SPOOL: Purpose = Purpose::new("spool");
/// A file in a partner's `/out`.
pub(crate) const OUT: Purpose = Purpose::new("out");
/// What was sent to a partner.
pub(crate) const PAYLOAD: Purpose = Purpose::new("payload");
/// A response of the REST door that an idempotency key gives again.
pub(crate) const RESPONSE: Purpose = Purpose::new("response");
/// An item's keys, in the ledger.
pub(crate) const ITEM_KEYS: Purpose = Purpose::new("item-keys");
/// A file's name, in the ledger.
pub(crate) const FILE_NAME: Purpose = Purpose::new("file-name");

pub(crate) fn received(id: ReceiptId) -> Result<ObjectKey, IdError> {
    format!("received/{id}").parse()
}

/// `attempt` tells the tries of one receipt apart: an object is never written twice.
pub(crate) fn plain(id: ReceiptId, attempt: &str) -> Result<ObjectKey, IdError> {
    format!("plain/{id}/{attempt}").parse()
}

pub(crate) fn items(id: SetId) -> Result<ObjectKey, IdError> {
    format!("items/{id}").parse()
}

pub(crate) fn out(id: &str) -> Result<ObjectKey, IdError> {
    format!("out/{id}").parse()
}

/// Under this lie all spools.
pub(crate) const SPOOLS: &str = "spool/";

pub(crate) fn spool(id: &str) -> Result<ObjectKey, IdError> {
    format!("spool/{id}").parse()
}

pub(crate) fn payload(id: DeliveryId) -> Result<ObjectKey, IdError> {
    format!("payload/{id}").parse()
}

/// An item that is too large for a message, sealed as the message's body would be.
pub(crate) fn message(id: ItemId) -> Result<ObjectKey, IdError> {
    format!("message/{id}").parse()
}

pub(crate) fn response(id: ReceiptId) -> Result<ObjectKey, IdError> {
    format!("response/{id}").parse()
}
