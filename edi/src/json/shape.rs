//! What the writers want to know of a guide at each node, worked out once.

use std::sync::Arc;

use super::text::push_string;
use crate::guide::{DataType, ElementUse, Guide, ItemKind, NodeIx, NodeKind, Span, Usage};

/// Bytes that stand behind the last key.
pub(crate) const KEY_SLACK: usize = 64;

/// A guide's nodes as JSON members.
pub(crate) struct Shape {
    pub(crate) guide: Arc<Guide>,
    nodes: Vec<Member>,
    /// Elements and components, at the indexes of `Guide::elements`.
    elements: Vec<ElementKey>,
    /// The bytes of all keys.
    keys: Vec<u8>,
}

/// Where a member's name stands among [`Shape::keys`].
#[derive(Clone, Copy, Default)]
pub(crate) struct KeyText {
    pub(crate) at: u32,
    pub(crate) length: u32,
}

impl KeyText {
    fn of(self, keys: &[u8]) -> &[u8] {
        keys.get(self.at as usize..(self.at + self.length) as usize).unwrap_or_default()
    }
}

/// An element or component as a member.
pub(crate) struct ElementKey {
    /// `,"name":"`.
    pub(crate) name: KeyText,
    pub(crate) form: Form,
    components: Span,
}

/// What an element is in JSON.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// A string.
    Text,
    /// An array of strings.
    Texts,
    /// An object of components.
    Composite,
    /// Anything else.
    Other,
}

impl ElementKey {
    fn form_of(element: &ElementUse) -> Form {
        match (element.data_type, element.repeat > 1) {
            _ if element.usage == Usage::NotUsed => Form::Other,
            (DataType::Composite, true) => Form::Other,
            (DataType::Composite, false) => Form::Composite,
            (_, true) => Form::Texts,
            (_, false) => Form::Text,
        }
    }
}

#[derive(Clone, Default)]
struct Member {
    /// `"name":`, and `[` where it is an array.
    opening: KeyText,
    elements: Span,
    /// Bytes that the JSON of its elements takes at most, but for their values.
    longest: u32,
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
            elements: Vec::with_capacity(guide.elements.len()),
            keys: Vec::new(),
        };
        for element in guide.elements.iter() {
            let name = shape.add_key(",", &element.name, "\"");
            let (form, components) = (ElementKey::form_of(element), element.components);
            shape.elements.push(ElementKey { name, form, components });
        }
        for parent in guide.indexes().filter(|ix| guide.node(*ix).kind == NodeKind::Loop) {
            shape.add_children(parent);
        }
        // What is copied in one length reads past the end of a name.
        shape.keys.extend_from_slice(&[0; KEY_SLACK]);
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

    fn add_key(&mut self, before: &str, name: &str, behind: &str) -> KeyText {
        let start = self.keys.len();
        self.keys.extend_from_slice(before.as_bytes());
        push_string(&mut self.keys, name.as_bytes());
        self.keys.push(b':');
        self.keys.extend_from_slice(behind.as_bytes());
        KeyText { at: start as u32, length: (self.keys.len() - start) as u32 }
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
            // One byte less where it is no array.
            let mut opening = self.add_key("", &node.name, "[");
            let repeats = node.max > 1;
            opening.length -= u32::from(!repeats);
            let (elements, longest) = (node.elements, self.longest(node.elements));
            if let Some(member) = self.nodes.get_mut(usize::from(child.0)) {
                *member = Member { opening, elements, longest, rank, group, repeats, ..Member::default() };
            }
        }
    }

    /// Bytes of the names of these elements and of their components, with quotes and brackets around their values.
    fn longest(&self, elements: Span) -> u32 {
        let own = |span: Span| span.of(&self.elements).iter().map(|key| key.name.length + 4).sum::<u32>();
        own(elements) + elements.of(&self.elements).iter().map(|key| own(key.components)).sum::<u32>()
    }

    /// An item's loop and what encloses it are arrays, whatever their maximum.
    fn mark_levels(&mut self, mut node: NodeIx) {
        while node != NodeIx::ROOT && node != NodeIx::NONE {
            if let Some(member) = self.nodes.get_mut(usize::from(node.0)) {
                member.opening.length += u32::from(!member.repeats);
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
        let key = self.member(node).map_or(&[][..], |member| member.opening.of(&self.keys));
        key.strip_suffix(b"[").unwrap_or(key)
    }

    /// As [`Shape::key`], with a `[` behind it where it is an array.
    #[inline]
    pub(crate) fn opening(&self, node: NodeIx) -> KeyText {
        self.member(node).map_or(KeyText::default(), |member| member.opening)
    }

    /// The bytes of all keys.
    pub(crate) fn keys(&self) -> &[u8] {
        &self.keys
    }

    /// A segment's elements, and the bytes that their JSON takes at most, but for their values.
    #[inline]
    pub(crate) fn elements(&self, node: NodeIx) -> (&[ElementKey], u32) {
        self.member(node).map_or((&[], 0), |member| (member.elements.of(&self.elements), member.longest))
    }

    /// An element's components.
    pub(crate) fn components(&self, key: &ElementKey) -> &[ElementKey] {
        key.components.of(&self.elements)
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
    pub(crate) fn keyed<'a>(&'a self, span: Span) -> impl Iterator<Item = (&'a ElementUse, &'a [u8])> + use<'a> {
        // Without the comma and the quote around.
        let name = |key: &ElementKey| match key.name.of(&self.keys) {
            [_, name @ .., _] => name,
            _ => &[],
        };
        span.of(&self.guide.elements).iter().zip(span.of(&self.elements).iter().map(name))
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
