//! What goes out of the engine and comes back: JSON, items, batches, generated files.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

mod batches;
#[path = "../common/mod.rs"]
mod common;
mod generated;
mod items;
mod properties;
mod round_trip;
mod schemas;
mod support;
