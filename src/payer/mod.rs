//! The simulated payer.

mod fault;
mod record;

pub use fault::{Fault, NoFault, Planned};
pub use record::{Entry, Record, read};
