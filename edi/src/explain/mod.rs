//! Findings and acknowledgments in plain words: how to mend a finding ([`mend()`]) and what an acknowledgment says of it ([`answers`]),
//! the names of its place ([`names`]), what a code means ([`meaning`]), and a received acknowledgment beside the segments of the
//! original file that it speaks of.
//!
//! Two passes: the acknowledgment's facts ([`crate::ack::read::Reader`]) go into [`Told`]; then the original goes through an
//! engine with a [`Layout`], which hands out an [`Entry`] for everything that the acknowledgment speaks of, in the original's order.
//! [`Layout::missed`] counts what the original has no place for.

mod answer;
mod codes;
mod layout;
mod mend;
pub mod names;
mod told;

pub use answer::answers;
pub use codes::{CodeList, meaning};
pub use layout::{Entry, Layout, Subject};
pub use mend::mend;
pub use told::Told;
