//! What the writers want to know of a guide at each node, worked out once.

use std::ops::Range;
use std::sync::Arc;

use super::text::push_string;
use crate::guide::{ElementUse, Guide, ItemKind, NodeIx, NodeKind};

/// A guide's nodes as JSON members.
pub(crate) struct Shape {
    pub(crate) guide: Arc<Guide>,
    nodes: Vec<Member>,
    /// `"name":` of each element and component, at the indexes of `Guide::elements`.
    element_keys: Vec<Range<usize>>,
    /// The bytes of all keys.
    keys: Vec<u8>,
}

#[derive(Clone, Default)]
struct Member {
    key: Range<usize>,
    rank: u16,
    group: u16,
    repeats: bool,
    spine: bool,
    /// Whether its segment holds a value that items are found by.
    finds: bool,
}

impl Shape {
    pub(crate) fn new(guide: &Arc<Guide>, cut: Cut) -> Self {
        let mut shape = Self {
            guide: Arc::clone(guide),
            nodes: vec![Member::default(); guide.nodes.len()],
            element_keys: Vec::with_capacity(guide.elements.len()),
            keys: Vec::new(),
        };
        for element in guide.elements.iter() {
            let key = shape.add_key(&element.name);
            shape.element_keys.push(key);
        }
        for parent in guide.indexes().filter(|ix| guide.node(*ix).kind == NodeKind::Loop) {
            shape.add_children(parent);
        }
        for node in spine(guide, Cut::Items) {
            shape.mark_levels(node);
        }
        for node in spine(guide, cut) {
            shape.mark_spine(node);
        }
        for key in guide.keys.iter() {
            if let Some(member) = shape.nodes.get_mut(usize::from(key.node.0)) {
                member.finds = true;
            }
        }
        shape
    }

    fn add_key(&mut self, name: &str) -> Range<usize> {
        let start = self.keys.len();
        push_string(&mut self.keys, name.as_bytes());
        self.keys.push(b':');
        start..self.keys.len()
    }

    fn add_children(&mut self, parent: NodeIx) {
        let guide = Arc::clone(&self.guide);
        let mut group = 0;
        let mut position = None;
        for (rank, child) in (0..).zip(guide.children(parent)) {
            let node = guide.node(child);
            if position != Some(node.position) {
                group = rank;
                position = Some(node.position);
            }
            let key = self.add_key(&node.name);
            if let Some(member) = self.nodes.get_mut(usize::from(child.0)) {
                *member = Member { key, rank, group, repeats: node.max > 1, ..Member::default() };
            }
        }
    }

    /// An item's loop and what encloses it are arrays, whatever their maximum.
    fn mark_levels(&mut self, mut node: NodeIx) {
        while node != NodeIx::ROOT && node != NodeIx::NONE {
            if let Some(member) = self.nodes.get_mut(usize::from(node.0)) {
                member.repeats = true;
            }
            node = self.guide.node(node).parent;
        }
    }

    fn mark_spine(&mut self, mut node: NodeIx) {
        while node != NodeIx::NONE {
            if let Some(member) = self.nodes.get_mut(usize::from(node.0)) {
                member.spine = true;
            }
            node = self.guide.node(node).parent;
        }
    }

    fn member(&self, node: NodeIx) -> Option<&Member> {
        self.nodes.get(usize::from(node.0))
    }

    /// `"name":` of a loop or segment.
    pub(crate) fn key(&self, node: NodeIx) -> &[u8] {
        self.member(node).and_then(|member| self.keys.get(member.key.clone())).unwrap_or_default()
    }

    /// Its place among its siblings.
    pub(crate) fn rank(&self, node: NodeIx) -> u16 {
        self.member(node).map_or(0, |member| member.rank)
    }

    /// The same for siblings in a row that share a position; ascends with the rank.
    pub(crate) fn group(&self, node: NodeIx) -> u16 {
        self.member(node).map_or(0, |member| member.group)
    }

    /// Whether it is an array.
    pub(crate) fn repeats(&self, node: NodeIx) -> bool {
        self.member(node).is_some_and(|member| member.repeats)
    }

    /// Whether the set is cut at this loop or at one within it. What stands on the spine is written as it comes; anything else is
    /// small.
    pub(crate) fn spine(&self, node: NodeIx) -> bool {
        self.member(node).is_some_and(|member| member.spine)
    }

    /// Whether one of the guide's `key` lines speaks of this segment.
    pub(crate) fn finds(&self, node: NodeIx) -> bool {
        self.member(node).is_some_and(|member| member.finds)
    }

    /// A span of elements, each with its `"name":`.
    pub(crate) fn keyed<'a>(
        &'a self,
        span: crate::guide::Span,
    ) -> impl Iterator<Item = (&'a ElementUse, &'a [u8])> + use<'a> {
        let uses = span.of(&self.guide.elements);
        let keys = span.of(&self.element_keys);
        uses.iter().zip(keys.iter().map(|key| self.keys.get(key.clone()).unwrap_or_default()))
    }
}

/// Where a set is cut into pieces.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cut {
    /// At its items.
    Items,
    /// At its items; where no loop makes one, at the loops without a limit, so that a file can be written out as it comes.
    Stream,
}

/// The loops at which a set is cut.
fn spine(guide: &Guide, cut: Cut) -> Vec<NodeIx> {
    match (guide.item_kind, cut) {
        (ItemKind::Loops { .. }, _) => guide.items.iter().map(|item| item.node).collect(),
        (_, Cut::Items) => Vec::new(),
        (_, Cut::Stream) => guide
            .indexes()
            .filter(|ix| guide.node(*ix).kind == NodeKind::Loop && guide.node(*ix).max == u32::MAX)
            .collect(),
    }
}

/// The shapes of the guides that a writer has met, all cut alike.
#[derive(Default)]
pub(crate) struct Shapes(Vec<Arc<Shape>>);

impl Shapes {
    /// The one that was asked for last.
    pub(crate) fn last(&self) -> Option<Arc<Shape>> {
        self.0.last().map(Arc::clone)
    }

    pub(crate) fn of(&mut self, guide: &Arc<Guide>, cut: Cut) -> Arc<Shape> {
        if let Some(at) = self.0.iter().position(|shape| Arc::ptr_eq(&shape.guide, guide)) {
            let last = self.0.len() - 1;
            self.0.swap(at, last);
            return self.0.last().map_or_else(|| Arc::new(Shape::new(guide, cut)), Arc::clone);
        }
        let shape = Arc::new(Shape::new(guide, cut));
        self.0.push(Arc::clone(&shape));
        shape
    }
}
