//! Keeps what must not leak: identifiers, envelope encryption, key managers, the object store, the audit chain, the clock.
//!
//! Start at [`Vault`]: it seals a stream into an object under a partner's key and opens it again. [`keys`] holds the two levels of
//! keys below it, [`esdk`] the message format, [`store`] where objects lie.

pub mod audit;
mod clock;
mod context;
pub mod esdk;
mod id_source;
mod ids;
pub mod keys;
pub mod message;
mod purpose;
mod random;
mod secret;
pub mod store;
pub mod vault;

/// What must not print: PHI, or anything taken from a payload. `Debug` shows the type alone, there is no `Display`, and it serializes only
/// through a function that is named in the field's attribute. `expose_secret()` gives the value.
pub use redact::Secret as Phi;

pub use clock::{Clock, ManualClock, WallClock};
pub use context::{
    CONTEXT_BYTES_MAX, CONTEXT_KEY_KIND, CONTEXT_KEY_VERSION, CONTEXT_OBJECT, CONTEXT_PARTNER, CONTEXT_PURPOSE,
    CONTEXT_TENANT, ContextTooLong, EncryptionContext,
};
pub use id_source::IdSource;
pub use ids::{
    AnswerId, DeliveryId, IdError, InterchangeId, ItemId, JobId, NotificationId, ObjectKey, PartnerId, ReceiptId,
    SetId, TenantId,
};
pub use purpose::Purpose;
pub use random::RandomError;
pub use secret::SecretKey;
pub use store::ObjectStore;
pub use vault::Vault;
