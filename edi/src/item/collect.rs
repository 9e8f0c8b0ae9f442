//! Gathers items during the engine's pass.

use std::sync::Arc;

use super::{Collected, Item, Keys};
use crate::engine::{GroupStart, InterchangeStart, ItemEnd, SetEnd, SetStart, Visitor};
use crate::guide::{ItemKind, NodeIx, SegmentId};
use crate::json::nest::Nest;
use crate::json::shape::{Cut, Shape, Shapes};
use crate::segment::Segment;

/// Where the total of an item stands: by segment.
const TOTALS: [(SegmentId, usize); 3] =
    [(SegmentId::lit("CLM"), 2), (SegmentId::lit("BPR"), 2), (SegmentId::lit("CLP"), 3)];
const ENVELOPE: [SegmentId; 2] = [SegmentId::lit("ST"), SegmentId::lit("SE")];

/// Visits the engine's pass and gathers the items of every set whose guide knows items. Memory holds the open item, its
/// ancestors, and what was not yet taken.
///
/// The set's JSON is written into one buffer down to the open item; what a level wrote is cut off when it closes. An item's JSON
/// is a copy of the buffer with its brackets closed.
#[derive(Default)]
pub struct Collector {
    nest: Nest,
    shapes: Shapes,
    shape: Option<Arc<Shape>>,
    interchange: u32,
    group: u32,
    set: u32,
    started: u64,
    keys: Keys,
    /// How many keys stood when each open level of the spine opened.
    levels: Vec<usize>,
    open: Vec<OpenItem>,
    /// What the last enclosing item was written with, for the next one.
    spare: Option<Box<Enclosing>>,
    collected: Collected,
}

/// An item that has not closed.
struct OpenItem {
    node: NodeIx,
    ordinal: u64,
    total: Option<String>,
    end: Option<ItemEnd>,
    enclosing: Option<Box<Enclosing>>,
}

/// What an item needs that may enclose other items: a subscriber with an inquiry of its own and dependents.
#[derive(Default)]
struct Enclosing {
    /// What makes it an item of its own: left out where it is an ancestor.
    inner: NodeIx,
    /// Its own members without `inner`.
    bare: Nest,
    /// Its own members, whole, once another item stands in its place.
    whole: Option<Vec<u8>>,
}

impl Collector {
    /// A collector at the start of a file.
    pub fn new() -> Self {
        Self::default()
    }

    /// The items that ended since the last call.
    pub fn take(&mut self) -> Collected {
        let like_this = Collected {
            items: Vec::with_capacity(self.collected.items.len()),
            json: Vec::with_capacity(self.collected.json.len()),
        };
        std::mem::replace(&mut self.collected, like_this)
    }

    /// Bytes that are held for what is open.
    pub(crate) fn pending(&self) -> usize {
        self.nest.out.len()
    }

    /// The set ends.
    pub(crate) fn finish(&mut self) {
        if let Some(shape) = self.shape.clone() {
            self.close(&shape, NodeIx::ROOT);
        }
        self.shape = None;
    }

    /// The enclosing item whose own members are being written, unless the event belongs to its `inner` loop.
    fn bare(&mut self, shape: &Shape, node: NodeIx) -> Option<&mut Nest> {
        let enclosing = self.open.last_mut()?.enclosing.as_mut()?;
        let own = enclosing.whole.is_none() && !shape.guide.within(node, enclosing.inner);
        own.then_some(&mut enclosing.bare)
    }

    /// A level opens within an item: from here on the item is an ancestor and nothing else.
    fn become_ancestor(&mut self, shape: &Shape) {
        let Some(enclosing) = self.open.last_mut().and_then(|item| item.enclosing.as_mut()) else { return };
        if enclosing.whole.is_some() {
            return;
        }
        self.nest.seal(shape);
        let whole = self.nest.out.written().get(self.nest.top_start()..).unwrap_or_default();
        enclosing.whole = Some(whole.to_vec());
        enclosing.bare.seal(shape);
        self.nest.replace_own(enclosing.bare.out.written());
    }

    /// The innermost loop closes. Where it was an item, its JSON is copied out.
    fn close(&mut self, shape: &Shape, node: NodeIx) {
        let ended = self.open.pop_if(|item| item.node == node && item.end.is_some());
        let whole = ended.as_ref().and_then(|item| item.enclosing.as_ref()).and_then(|e| e.whole.as_deref());
        match whole {
            Some(whole) => {
                self.nest.forget_behind_seal();
                self.nest.replace_own(whole);
            }
            None => self.nest.forget_behind_seal(),
        }
        self.nest.close(shape);
        if let (Some(mut item), Some(shape)) = (ended, &self.shape) {
            let shape = Arc::clone(shape);
            self.spare = item.enclosing.take().or(self.spare.take());
            self.emit(&shape, item);
        }
        if node == NodeIx::ROOT || shape.spine(node) {
            self.keys.truncate(self.levels.pop().unwrap_or(0));
            self.nest.forget_behind_seal();
        }
    }

    /// A segment of the open levels or of the item.
    fn member(&mut self, shape: &Shape, segment: &Segment<'_>, node: NodeIx) {
        if let Some(bare) = self.bare(shape, node) {
            bare.segment(shape, node, segment, None);
        }
        self.nest.segment(shape, node, segment, None);
        if shape.finds(node) {
            for key in shape.guide.keys.iter().filter(|key| key.node == node) {
                self.keys.push(key, segment, self.levels.len());
            }
        }
        if let Some(item) = self.open.last_mut().filter(|item| item.total.is_none())
            && let Some((_, element)) = TOTALS.iter().find(|(id, _)| *id == segment.id())
        {
            item.total = segment.text(*element).map(str::to_owned);
        }
    }

    fn emit(&mut self, shape: &Shape, item: OpenItem) {
        let Some(end) = item.end.filter(|end| end.own) else { return };
        let json = &mut self.collected.json;
        let start = json.len();
        json.extend_from_slice(self.nest.out.written());
        self.nest.push_closers(json);
        self.collected.items.push(Item {
            guide: Arc::clone(&shape.guide),
            node: item.node,
            interchange: self.interchange,
            group: self.group,
            set: self.set,
            ordinal: item.ordinal,
            bytes: end.bytes,
            rejected: end.rejected,
            keys: self.keys.clone(),
            total: item.total,
            json: start..self.collected.json.len(),
        });
    }
}

impl Visitor for Collector {
    fn interchange_start(&mut self, event: &InterchangeStart<'_>) {
        self.interchange = event.ordinal;
    }

    fn group_start(&mut self, event: &GroupStart<'_>) {
        self.group = event.ordinal;
    }

    fn set_start(&mut self, event: &SetStart<'_>) {
        self.set = event.ordinal;
        self.started = 0;
        self.nest.clear();
        self.open.clear();
        self.levels.clear();
        self.keys.truncate(0);
        let guide = event.guide.filter(|guide| guide.item_kind != ItemKind::None);
        self.shape = guide.map(|guide| self.shapes.of(guide, Cut::Items));
        if let Some(guide) = guide {
            self.nest.begin(guide);
            self.levels.push(0);
        }
    }

    fn loop_open(&mut self, node: NodeIx) {
        let Some(shape) = self.shape.clone() else { return };
        if shape.spine(node) {
            self.become_ancestor(&shape);
            self.levels.push(self.keys.len());
        } else if let Some(bare) = self.bare(&shape, node) {
            bare.open(&shape, node);
        }
        self.nest.open(&shape, node);
    }

    fn item_open(&mut self, node: NodeIx) {
        let Some(shape) = &self.shape else { return };
        let inner = shape.guide.items.iter().find(|item| item.node == node).and_then(|item| item.inner);
        let enclosing = inner.map(|inner| {
            let mut enclosing = self.spare.take().unwrap_or_default();
            (enclosing.inner, enclosing.whole) = (inner, None);
            enclosing.bare.clear();
            enclosing.bare.begin_loop(node);
            enclosing
        });
        self.started += 1;
        self.open.push(OpenItem { node, ordinal: self.started, total: None, end: None, enclosing });
    }

    fn segment(&mut self, segment: &Segment<'_>, node: Option<NodeIx>) {
        let Some(node) = node.filter(|_| !ENVELOPE.contains(&segment.id())) else { return };
        let Some(shape) = self.shape.take() else { return };
        self.member(&shape, segment, node);
        self.shape = Some(shape);
    }

    fn item_close(&mut self, event: &ItemEnd) {
        if let Some(item) = self.open.last_mut().filter(|item| item.node == event.node) {
            item.end = Some(event.clone());
        }
    }

    fn loop_close(&mut self, node: NodeIx) {
        let Some(shape) = self.shape.clone() else { return };
        if !shape.spine(node)
            && let Some(bare) = self.bare(&shape, node)
        {
            bare.close(&shape);
        }
        self.close(&shape, node);
    }

    fn set_end(&mut self, _event: &SetEnd<'_>) {
        self.finish();
    }
}
