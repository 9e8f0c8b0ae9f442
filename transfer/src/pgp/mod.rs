//! OpenPGP messages and keys that GnuPG 2.2 reads and writes.
//!
//! Everything here is synchronous and streams; [`decrypt_async`] and [`encrypt_sign_async`] run it beside an async caller with bounded
//! buffers between. What [`decrypt`] writes to the sink may be used only after it returned `Ok`: before that it is not verified.

mod asynchronous;
mod cert;
mod decrypt;
mod encrypt;
mod sniff;
mod watch;

pub use asynchronous::{decrypt_async, encrypt_sign_async};
pub use cert::{CertError, CertUse, PartnerCert, SecretCert};
pub use decrypt::decrypt;
pub use encrypt::{Encoding, EncryptError, encrypt_sign};
pub use sniff::{SNIFF_BYTES, Sniffed, sniff};

/// What a message must be to be taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DecryptPolicy {
    /// Whether a message without signature is taken. A signature that is there must be good and by a pinned certificate in any case.
    pub signature: SignatureRule,
    /// The most bytes that a message may hold.
    pub plain_bytes_max: u64,
    /// How many times larger than the message its content may be, once past a mebibyte.
    pub expansion_ratio_max: u64,
    /// How many encrypted and compressed layers a message may have together.
    pub nesting_max: usize,
}

/// Whether a message must be signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignatureRule {
    /// It must be signed by one of the pinned certificates.
    Required,
    /// It may be unsigned.
    Optional,
}

impl Default for DecryptPolicy {
    fn default() -> Self {
        Self { signature: SignatureRule::Required, plain_bytes_max: 16 << 30, expansion_ratio_max: 200, nesting_max: 3 }
    }
}

/// A message that was wholly read, intact, and signed as the policy wants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    /// Fingerprint of the pinned certificate that signed it; `None` if it is unsigned, which only [`SignatureRule::Optional`] lets through.
    pub signer: Option<String>,
    /// Bytes written to the sink.
    pub plain_bytes: u64,
}

/// Why a message is not taken. Each one's text may be shown to the sender: it tells nothing of keys or content.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PgpError {
    /// Encrypted, but to none of our keys.
    #[error("the message is not encrypted to this gateway's key")]
    WrongRecipient,
    /// A message without encryption, although it is OpenPGP.
    #[error("the message is not encrypted")]
    NotEncrypted,
    /// Signed by a key that is not pinned for this partner.
    #[error("the message is signed by a key that is not registered for this partner")]
    UnknownSigner,
    /// A signature by a pinned key that does not fit, or is not valid any more.
    #[error("the message's signature is not valid")]
    BadSignature,
    /// No signature, where one is required.
    #[error("the message is not signed")]
    Unsigned,
    /// No integrity protection (neither MDC nor AEAD).
    #[error("the message has no integrity protection (MDC or AEAD)")]
    NoIntegrity,
    /// The integrity check failed: it was changed or damaged on its way.
    #[error("the message was changed or damaged")]
    Manipulated,
    /// It unpacks to more than the limits allow.
    #[error("the message unpacks to more than the allowed size")]
    ExpansionLimit,
    /// Too many layers.
    #[error("the message has more layers than allowed")]
    Nesting,
    /// It ends too early.
    #[error("the message is cut short")]
    Truncated,
    /// It is no OpenPGP message, more than one, or one of a form or algorithm that is not accepted.
    #[error("the message is not a single well-formed OpenPGP message with accepted algorithms")]
    Malformed,
    /// Reading the source failed.
    #[error("the message could not be read ({0})")]
    Source(std::io::ErrorKind),
    /// Writing to the sink failed.
    #[error("the content could not be written ({0})")]
    Sink(std::io::ErrorKind),
}
