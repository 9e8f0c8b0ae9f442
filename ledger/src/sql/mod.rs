//! The ledger's statements, written once for every SQL backend. A backend takes this folder in as a module of its own and gives it, from
//! the module around it: `Backend` (the ledger, with `write` and `readers`), `Db`, `DbRow`, `Tx`, `dialect`, and the macros
//! `locked!`, `listed!` and `first_in_lanes!`.
//!
//! The statements are written for many writers at once: what is read to decide on is locked first, by `locked!` or by `dialect`. SQLite,
//! which has one writer, locks nothing there.

mod acknowledgments;
mod answers;
pub(super) mod audit;
mod branch_keys;
mod deliveries;
mod effects;
mod events;
mod idempotency;
mod inquiries;
mod interchanges;
pub(super) mod items;
mod lanes;
mod lookups;
mod notifications;
mod numbers;
mod outbox;
pub(super) mod receipts;
pub(super) mod reports;
mod rows;
mod settle;
mod timeline;
mod watch;

use super::{Backend, Db, DbRow, Tx, dialect};
