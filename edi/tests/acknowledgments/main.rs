//! TA1, 999 and 277CA of whole files, through the engine's public interface.
#![allow(clippy::indexing_slicing, missing_docs)]

mod explain;
mod faults;
mod golden;
mod peer;
mod property;
mod rebuild;
mod support;
