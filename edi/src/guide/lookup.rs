//! Finding guides, and finding one's way in a guide.

use super::GuideId;
use super::tables::{
    Code, Context, ElementUse, Guide, Node, NodeIx, NodeKind, Note, Requirement, SegmentId, Span, Usage,
};
use std::borrow::Cow;
use std::sync::{Arc, LazyLock};

/// The guides that an engine knows. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Guides(Arc<[Arc<Guide>]>);

static BUILT_IN: LazyLock<Guides> = LazyLock::new(|| Guides::new(super::built::guides()));

impl Guides {
    /// The guides of `edi/guides/`.
    pub fn built_in() -> Self {
        BUILT_IN.clone()
    }

    /// These guides; the first that fits wins.
    pub fn new(guides: impl IntoIterator<Item = Guide>) -> Self {
        Self(guides.into_iter().map(Arc::new).collect())
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<Guide>> {
        self.0.iter()
    }

    /// The guides for a revision (GS08 or ST03) and a set (ST01): more than one where BHT02 tells them apart.
    pub fn matching<'a>(&'a self, revision: &'a [u8], set: &'a [u8]) -> impl Iterator<Item = &'a Arc<Guide>> {
        self.0.iter().filter(move |guide| guide.set.as_bytes() == set && guide.reads(revision))
    }

    /// The guide for a revision, a set and BHT02. BHT02 counts only where guides differ by it.
    pub fn find(&self, revision: &str, set: &str, purpose: Option<&str>) -> Option<&Arc<Guide>> {
        self.0.iter().find(|guide| {
            let fits = guide.purpose.is_none() || guide.purpose.as_deref() == purpose;
            fits && guide.set == set && guide.reads(revision.as_bytes())
        })
    }

    /// The guide of that identity.
    pub fn get(&self, id: &GuideId) -> Option<&Arc<Guide>> {
        self.find(&id.revision, &id.set, id.purpose.as_deref())
    }

    /// The guides that carry a revision: `005010X279A1` has 270 and 271.
    pub fn of_revision<'a>(&'a self, revision: &'a str) -> impl Iterator<Item = &'a Arc<Guide>> {
        self.0.iter().filter(move |guide| guide.reads(revision.as_bytes()))
    }
}

static VOID: Node = Node {
    kind: NodeKind::Segment,
    id: Cow::Borrowed(""),
    name: Cow::Borrowed(""),
    segment: SegmentId::NONE,
    position: 0,
    usage: Usage::Situational,
    max: 0,
    base: None,
    parent: NodeIx::NONE,
    first_child: NodeIx::NONE,
    next_sibling: NodeIx::NONE,
    end: NodeIx::NONE,
    elements: Span { start: 0, len: 0 },
    notes: Span { start: 0, len: 0 },
    keys: Span { start: 0, len: 0 },
    required: Span { start: 0, len: 0 },
};

impl Guide {
    /// Its identity.
    pub fn id(&self) -> GuideId {
        GuideId {
            revision: self.revision.to_string(),
            set: self.set.to_string(),
            purpose: self.purpose.as_ref().map(ToString::to_string),
        }
    }

    /// Whether this revision is read as this guide: its own or one of `also`.
    pub fn reads(&self, revision: &[u8]) -> bool {
        self.revision.as_bytes() == revision || self.also.iter().any(|also| also.as_bytes() == revision)
    }

    /// The node; an empty one for an index that is not of this guide.
    #[inline]
    pub fn node(&self, ix: NodeIx) -> &Node {
        self.nodes.get(usize::from(ix.0)).unwrap_or(&VOID)
    }

    /// A loop's children, in order.
    pub fn children(&self, ix: NodeIx) -> impl Iterator<Item = NodeIx> + '_ {
        std::iter::successors(self.node(ix).first_child.some(), |child| self.node(*child).next_sibling.some())
    }

    /// Every node's index, in pre-order.
    pub fn indexes(&self) -> impl Iterator<Item = NodeIx> + use<> {
        (0..self.nodes.len() as u16).map(NodeIx)
    }

    /// Whether `inner` is `outer` or stands below it.
    pub fn within(&self, inner: NodeIx, outer: NodeIx) -> bool {
        inner >= outer && inner < self.node(outer).end
    }

    /// The node at a path of loop ids that ends in a loop, or in a segment's id or name: `2000A/2000B/2300/CLM`. The empty path
    /// is the root.
    pub fn find(&self, path: &str) -> Option<NodeIx> {
        let parts = path.split('/').filter(|part| !part.is_empty());
        parts.into_iter().try_fold(NodeIx::ROOT, |at, part| {
            self.children(at).find(|child| self.node(*child).id == part || self.node(*child).name == part)
        })
    }

    /// The loops that lead to a node, from the outside: `2000A/2000B/2300`. Empty at the top of the set.
    pub fn loop_path(&self, ix: NodeIx) -> String {
        let mut ids = Vec::new();
        let mut at = if self.node(ix).kind == NodeKind::Loop { ix } else { self.node(ix).parent };
        while at != NodeIx::ROOT && at != NodeIx::NONE {
            ids.push(self.node(at).id.as_ref());
            at = self.node(at).parent;
        }
        ids.reverse();
        ids.join("/")
    }

    /// The loop that a node stands in; a loop is its own.
    pub fn loop_of(&self, ix: NodeIx) -> NodeIx {
        if self.node(ix).kind == NodeKind::Loop { ix } else { self.node(ix).parent }
    }

    /// A segment's elements: every position that the dictionary lists.
    #[inline]
    pub fn elements_of(&self, node: &Node) -> &[ElementUse] {
        node.elements.of(&self.elements)
    }

    /// A composite's components: every position that the dictionary lists.
    #[inline]
    pub fn components_of(&self, element: &ElementUse) -> &[ElementUse] {
        element.components.of(&self.elements)
    }

    /// An element's codes, sorted; empty where any value may stand.
    #[inline]
    pub fn codes_of(&self, element: &ElementUse) -> &[Code] {
        element.codes.of(&self.codes)
    }

    /// A segment's syntax notes.
    #[inline]
    pub fn notes_of(&self, node: &Node) -> &[Note] {
        node.notes.of(&self.notes)
    }

    /// The 999's business unit for a place in this node: the innermost loop's that has one.
    pub fn context_of(&self, ix: NodeIx) -> Option<&Context> {
        self.contexts.iter().find(|context| self.within(ix, context.node))
    }

    /// Whether the base alone would miss it.
    pub(crate) fn base_mandatory(&self, ix: NodeIx) -> bool {
        self.node(ix).base.is_some_and(|base| base.requirement == Requirement::Mandatory)
    }
}
