//! Items: a claim, an inquiry, an answer, with its ancestors, keys and place in the raw file.
//!
//! A [`Collector`] visits the engine's pass and gathers items; the caller takes them with [`Collector::take`] after each chunk. An item's
//! JSON has the shape of its set's JSON (see [`crate::json`]) without ST and SE, with each array on the way to the item holding
//! the one ancestor: so it stands alone, and [`Batch`] makes an interchange of many.

mod batch;
mod collect;
mod hook;
mod keys;

pub use batch::{Added, Batch, BatchEnd, BatchError, BatchOptions};
pub use collect::Collector;
pub use hook::Replaced;
pub use keys::{Key, Keys};

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use crate::guide::{Guide, NodeIx};

/// One item of a file. `Debug` shows its place and no value.
#[derive(Clone)]
pub struct Item {
    /// The guide that it was read by.
    pub guide: Arc<Guide>,
    /// Its loop in the guide; [`NodeIx::ROOT`] where the set is the item.
    pub node: NodeIx,
    /// Ordinal of its interchange in the file, from 1.
    pub interchange: u32,
    /// Ordinal of its group in the interchange, from 1.
    pub group: u32,
    /// Ordinal of its set in the group, from 1.
    pub set: u32,
    /// Ordinal among the items of its set, from 1, in the order in which they start.
    pub ordinal: u64,
    /// Its bytes in the file, without its ancestors.
    pub bytes: Range<u64>,
    /// Whether an error takes it down by itself or by its level. The verdicts of set, group and interchange come on top.
    pub rejected: bool,
    /// What it is found by.
    pub keys: Keys,
    /// Its total as it stood: CLM02, BPR02, CLP03.
    pub total: Option<String>,
    /// Its JSON in [`Collected::json`].
    pub json: Range<usize>,
}

impl fmt::Debug for Item {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { interchange, group, set, ordinal, bytes, rejected, .. } = self;
        let rejected = if *rejected { " rejected" } else { "" };
        write!(f, "Item({interchange}/{group}/{set}/{ordinal} @{}..{}{rejected})", bytes.start, bytes.end)
    }
}

/// Items and their JSON.
#[derive(Default)]
pub struct Collected {
    /// The items, in the order in which they end.
    pub items: Vec<Item>,
    /// The JSON of all of them, back to back.
    pub json: Vec<u8>,
}

impl Collected {
    /// The JSON of one of these items: an object without line ends.
    pub fn json_of(&self, item: &Item) -> &[u8] {
        self.json.get(item.json.clone()).unwrap_or_default()
    }

    /// Appends every item's JSON, one a line.
    pub fn push_lines(&self, out: &mut Vec<u8>) {
        for item in &self.items {
            out.extend_from_slice(self.json_of(item));
            out.push(b'\n');
        }
    }
}

impl fmt::Debug for Collected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Collected({:?}, {} bytes)", self.items, self.json.len())
    }
}
