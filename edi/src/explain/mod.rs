//! Acknowledgments in plain words: what a code means, and a received acknowledgment beside the segments that it speaks of.

mod codes;

pub use codes::{CodeList, meaning};
