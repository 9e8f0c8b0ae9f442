//! Bytes to segments, sans I/O.

mod refusal;

pub use refusal::{Refusal, RefusalReason};
