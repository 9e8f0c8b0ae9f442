//! Companion guides: what they tighten is found besides what the guide forbids, and what is wrong with their files is told by line.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod mistakes;
mod properties;
mod rules;
mod support;
mod tighten;
