//! X12 healthcare transactions: bytes in; findings, acknowledgments, items and JSON out, and back.
//!
//! One pass, sans I/O, in memory bounded by one segment and the loops that are open. Start reading at [`engine::Engine`],
//! which drives the [`read`]er and the validation and tells a [`engine::Visitor`] what it sees. What the crate knows of a
//! transaction set stands in `guides/` as data ([`guide`]).
//!
//! The crate has no clock and no randomness: times and control numbers are arguments. No [`finding::Finding`] and no
//! error holds a value from the payload.

pub mod ack;
pub mod companion;
pub mod control;
mod decimal;
pub mod deidentify;
pub mod delimiters;
pub mod engine;
pub mod explain;
pub mod finding;
pub mod generate;
pub mod guide;
pub mod item;
pub mod json;
pub mod read;
pub mod scan;
pub mod segment;
pub mod table;
pub mod validate;

pub use companion::Companion;
pub use control::ControlNumber;
pub use delimiters::Delimiters;
pub use engine::{Engine, Options, Visitor};
pub use finding::{Finding, Severity, Snip};
pub use guide::{Guide, GuideId, Guides};
pub use segment::{OwnedSegment, Segment};
