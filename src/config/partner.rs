//! One trading partner's file, `partners/<name>.toml`.

use serde::Deserialize;

use super::SecretRef;

/// A trading partner: who it is, what it may send, and how it is answered and called.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Partner {
    /// The names that it uses in ISA and GS. The first is the one that we address it by.
    #[serde(rename = "identity")]
    pub identities: Vec<PartnerIdentity>,
    /// How it logs in over SFTP, if it does.
    pub sftp: Option<SftpLogin>,
    /// Its PGP certificate and what we ask of its messages.
    pub pgp: Option<Pgp>,
    /// What we take from it.
    #[serde(default)]
    pub receive: Receive,
    /// What we acknowledge.
    #[serde(default)]
    pub acknowledge: Acknowledge,
    /// How items are delivered to it, if it takes any.
    pub deliver: Option<Deliver>,
    /// Where answers for its items are posted.
    pub webhook: Option<Webhook>,
    /// Its bearer tokens for the REST door.
    #[serde(default, rename = "token")]
    pub tokens: Vec<Token>,
}

/// A name in ISA and GS.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct PartnerIdentity {
    /// ISA05 or ISA07.
    pub qualifier: String,
    /// ISA06 or ISA08, without the padding.
    pub id: String,
    /// GS02 or GS03. The ISA id when left out.
    pub application: Option<String>,
}

impl PartnerIdentity {
    /// GS02 or GS03.
    #[must_use]
    pub fn application(&self) -> &str {
        self.application.as_deref().unwrap_or(&self.id)
    }
}

/// Public-key login.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct SftpLogin {
    /// The user name. The partner's own name when left out.
    pub user: Option<String>,
    /// Public keys in OpenSSH's one-line form.
    pub keys: Vec<String>,
    /// Name endings of files that carry no proof that they are whole; they start when they are renamed away from a temporary name.
    #[serde(default = "start_at_rename")]
    pub start_at_rename: Vec<String>,
}

fn start_at_rename() -> Vec<String> {
    [".csv", ".hl7", ".txt"].map(str::to_owned).to_vec()
}

/// PGP, both ways.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Pgp {
    /// The partner's certificate: verifies what it signs, and what we send is encrypted to it.
    pub certificate: SecretRef,
    /// Whether its messages must be signed.
    #[serde(default)]
    pub signed: Signed,
    /// Whether it may send files that are not encrypted.
    #[serde(default)]
    pub plain_allowed: bool,
}

/// Whether a signature is asked for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Signed {
    /// A message without a good signature of the pinned certificate is refused.
    #[default]
    Required,
    /// A message without a signature is taken; a bad signature never is.
    Optional,
}

/// What we take from a partner.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Receive {
    /// Guides that it may send, by GS08. Empty allows every guide that we know.
    pub guides: Vec<String>,
    /// Up to which SNIP type its transactions are validated, 1 to 7.
    pub snip: u8,
    /// Companion guides that its transactions must keep, as files relative to the partners' folder. They are SNIP 7, and so need
    /// `snip = 7`.
    pub companions: Vec<String>,
    /// Which world items belong to that are submitted as JSON, which carries no ISA15.
    pub json_usage: Usage,
}

impl Default for Receive {
    fn default() -> Self {
        Self { guides: Vec::new(), snip: 5, companions: Vec::new(), json_usage: Usage::Test }
    }
}

/// What we acknowledge, and how.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Acknowledge {
    /// Report what the guide requires and base X12 leaves optional with the base code 3 instead of I7 and I8.
    pub base_codes: bool,
}

/// ISA15's two worlds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Usage {
    /// ISA15 = T.
    Test,
    /// ISA15 = P.
    Production,
}

/// How items travel to a partner.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum By {
    /// Batches of X12 are posted to an address.
    #[default]
    Http,
    /// Each item is a message on a queue of RabbitMQ, its JSON sealed (docs/messages.md), for a consumer of the partner's own.
    Queue,
}

/// How items reach a partner.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Deliver {
    /// How items travel.
    #[serde(default)]
    pub by: By,
    /// Where batches and inquiries are posted, `http://` or `https://`. A partner that takes items from a queue has none.
    #[serde(default)]
    pub url: String,
    /// Which world the address belongs to. Test items never go to a production address, and the other way round.
    pub usage: Usage,
    /// Items in a batch at the most: up to 50,000.
    #[serde(default = "batch_items_max")]
    pub batch_items_max: usize,
    /// Bytes of X12 in a batch at the most.
    #[serde(default = "batch_bytes_max")]
    pub batch_bytes_max: usize,
    /// Milliseconds that the first item of a batch waits for more.
    #[serde(default = "batch_wait_ms")]
    pub batch_wait_ms: u64,
    /// Calls that may be open at once.
    #[serde(default = "calls_max")]
    pub calls_max: usize,
    /// Milliseconds that a call may take.
    #[serde(default = "timeout_ms")]
    pub timeout_ms: u64,
    /// Whether the partner answers a status query by our control number.
    #[serde(default)]
    pub status_query: bool,
}

fn batch_items_max() -> usize {
    5_000
}

fn batch_bytes_max() -> usize {
    16 << 20
}

fn batch_wait_ms() -> u64 {
    200
}

fn calls_max() -> usize {
    2
}

fn timeout_ms() -> u64 {
    60_000
}

/// Where answers are posted.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Webhook {
    /// The address.
    pub url: String,
    /// The signing secret, `whsec_…`.
    pub secret: SecretRef,
    /// Whether the address may be private or loopback.
    #[serde(default)]
    pub private_allowed: bool,
}

/// A bearer token, by its hash.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Token {
    /// What the operator calls it.
    pub name: String,
    /// `sha256:<hex>`, as `tradewind keygen token` prints it.
    pub hash: String,
}
