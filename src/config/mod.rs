//! What an operator writes: `tradewind.toml`, one file a partner, and the route table.
//!
//! Unknown keys are refused, every problem is reported at once, and the partners and routes are read again while the program runs.

mod backends;
mod codes;
mod events;
mod gateway;
mod keeper;
mod load;
mod partner;
mod route;
mod secret;

pub use backends::{Events, Kms, Ledger, Objects, Operations, Queues, Secrets};
pub(crate) use codes::code_lists;
pub use gateway::{Api, Gateway, Identity, Limits, Payer, Sftp};
pub use keeper::SecretKeeper;
pub(crate) use load::read;
pub use load::{Config, Problem, Problems, load};
pub use partner::{
    Acknowledge, By, Deliver, Partner, PartnerIdentity, Pgp, Receive, SftpLogin, Signed, Token, Usage, Webhook,
};
pub use route::{Route, Routes};
pub use secret::{SecretError, SecretRef};
