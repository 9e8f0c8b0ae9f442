//! TA1, 999, 277CA and 824 of whole files, through the engine's public interface.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

#[path = "../common/mod.rs"]
mod common;
mod differences;
mod explain;
mod faults;
mod golden;
mod peer;
mod property;
mod rebuild;
mod support;
mod triggers;
