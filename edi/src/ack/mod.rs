//! Acknowledgments, written from the engine's events and findings: [`ta1`] for the interchange, [`x999`] for its groups and
//! sets, [`x277ca`] for the claims of an 837, [`x824`] for what else is in a set; and received ones, [`read`] back into facts.
//!
//! Everything is appended to a buffer that the caller drains, so an acknowledgment of any size takes no memory here. Dates and
//! control numbers are arguments.

pub mod amount;
pub mod envelope;
mod number;
mod pen;
pub mod read;
pub mod stamp;
pub mod ta1;
pub mod x277ca;
pub mod x824;
pub mod x999;

pub use amount::Amount;
pub use envelope::{Address, Envelope, Usage};
pub use pen::{Format, LineEnd};
pub use stamp::Stamp;
pub use ta1::Ta1;
