//! TA1, 999 and 277CA of whole files, through the engine's public interface.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod explain;
mod faults;
mod golden;
mod peer;
mod property;
mod rebuild;
mod support;
mod triggers;
