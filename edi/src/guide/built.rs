//! The guides that the build compiled from `guides/`, and the texts that they came from.

#[allow(clippy::wildcard_imports, reason = "what the generated tables use depends on the guides")]
use super::{packed::Packed, tables::*};
use std::borrow::Cow::Borrowed;

include!(concat!(env!("OUT_DIR"), "/guides.rs"));

/// What is known across the built-in guides.
pub(super) static KNOWN: Known = Known { segments: Borrowed(&KNOWN_SEGMENTS), codes: Borrowed(&KNOWN_CODES) };
