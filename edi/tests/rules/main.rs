//! Every rule fails what its page says that it fails, passes what its page says that it passes, and its pages are up to date.
//!
//! Rules that are data are read from `edi/rules` when the tests run, or from the folder in `RULES_FROM`: a rule that is added or changed
//! needs no compilation. `RULE=name` tries the rules alone whose name holds that.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod deidentified;
mod examples;
mod pages;
mod semantics;
mod support;
