//! Keeps what must not leak: identifiers, envelope encryption, key managers, the object store, the clock.

mod ids;

pub use ids::{
    AnswerId, DeliveryId, IdError, InterchangeId, ItemId, JobId, NotificationId, ObjectKey, PartnerId, ReceiptId, SetId,
};
