//! The shape of a compiled guide. The build script fills these tables as statics; at run time an overlay owns them.
//!
//! This file is compiled twice, into the library and into its build script, and uses nothing but [`super::packed`].

use super::packed::Packed;
use std::borrow::Cow;

/// A text that the build made static, or that was read at run time.
pub type Text = Cow<'static, str>;

/// A segment's id: `NM1`, `HL`.
pub type SegmentId = Packed<4>;
/// A data element's or composite's id: `98`, `1705`, `I01`, `C003`.
pub type ElementId = Packed<4>;
/// A code of at most 24 bytes.
pub type Code = Packed<24>;

/// Index of a node in [`Guide::nodes`]; the root, the set itself, is 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NodeIx(pub u16);

impl Default for NodeIx {
    fn default() -> Self {
        Self::NONE
    }
}

impl NodeIx {
    /// The set itself.
    pub const ROOT: Self = Self(0);
    /// No node.
    pub const NONE: Self = Self(u16::MAX);

    /// As `Option`.
    pub fn some(self) -> Option<Self> {
        (self != Self::NONE).then_some(self)
    }
}

/// A run of entries in one of a guide's tables.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Span {
    /// Index of the first entry.
    pub start: u32,
    /// How many.
    pub len: u32,
}

impl Span {
    /// The entries.
    #[inline]
    pub fn of<T>(self, table: &[T]) -> &[T] {
        let start = self.start as usize;
        table.get(start..start + self.len as usize).unwrap_or_default()
    }
}

/// What a guide wants of a loop, segment, element or component.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Usage {
    /// `R`: must be there.
    Required,
    /// `S`: there where the situation asks for it.
    Situational,
    /// `N`: must not be there.
    NotUsed,
}

/// What base X12 wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Requirement {
    /// `M`.
    Mandatory,
    /// `O`.
    Optional,
    /// `X`: governed by a syntax note.
    Conditional,
}

/// The type of a data element.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DataType {
    /// Any text of the character set.
    An,
    /// A code.
    Id,
    /// A date, YYMMDD or CCYYMMDD.
    Dt,
    /// A time, HHMM to HHMMSSDD.
    Tm,
    /// A decimal number.
    R,
    /// A whole number with this many implied decimals.
    N(u8),
    /// Bytes.
    B,
    /// Components; see [`ElementUse::components`].
    Composite,
}

/// One element of a segment, or one component of a composite, as a guide uses it. Elements stand at every position that
/// the dictionary lists, in order and without gaps; what the guide does not list is [`Usage::NotUsed`].
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ElementUse {
    /// Our name for it, snake_case; the dictionary's where the guide does not use it.
    pub name: Text,
    /// Position in the segment or composite, from 1.
    pub position: u8,
    /// The guide's usage.
    pub usage: Usage,
    /// The base's requirement.
    pub base: Requirement,
    /// Its type.
    pub data_type: DataType,
    /// Least length, in the guide.
    pub min: u32,
    /// Greatest length, in the guide.
    pub max: u32,
    /// How often the guide lets it repeat.
    pub repeat: u16,
    /// Whether it tells this segment from its siblings of the same id.
    pub key: bool,
    /// The data element's or composite's id in the dictionary.
    pub element: ElementId,
    /// Its codes in [`Guide::codes`], sorted; empty where any value may stand.
    pub codes: Span,
    /// Whether [`Guide::periods`] holds, at the same indexes, when each code is valid.
    pub dated: bool,
    /// Its components in [`Guide::elements`].
    pub components: Span,
    /// The composite's own syntax notes in [`Guide::notes`].
    pub notes: Span,
}

/// When a code is valid: CCYYMMDD, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Period {
    /// First day; 0 where open.
    pub from: u32,
    /// Last day; `u32::MAX` where open.
    pub to: u32,
}

/// A syntax note's kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum NoteKind {
    /// `P`: all or none.
    Paired,
    /// `R`: at least one.
    Required,
    /// `E`: at most one.
    Exclusion,
    /// `C`: if the first, then all others.
    Conditional,
    /// `L`: if the first, then at least one other.
    ListConditional,
}

/// A syntax note of a segment or composite. Bit `n - 1` stands for position `n`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Note {
    /// What it asks.
    pub kind: NoteKind,
    /// The first position's bit.
    pub first: u32,
    /// All positions' bits, the first among them.
    pub all: u32,
}

/// Loop or segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum NodeKind {
    /// A loop; its first child is the segment that opens it. The root counts as a loop.
    Loop,
    /// A segment.
    Segment,
}

/// What the base transaction set says of a loop or segment; see the base-loop rule in docs/guide-notation.md.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct BaseUse {
    /// Its requirement.
    pub requirement: Requirement,
    /// Its maximum; `u32::MAX` for `>1`.
    pub max: u32,
}

/// One loop or segment of a guide.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// Loop or segment.
    pub kind: NodeKind,
    /// `2010BA`, `NM1`; the set's code (`837`) for the root.
    pub id: Text,
    /// Our name for it, unique among its siblings.
    pub name: Text,
    /// Its segment, or the segment that opens the loop.
    pub segment: SegmentId,
    /// Position within its parent: siblings that share one may stand in any order.
    pub position: u16,
    /// Usage in the guide; [`Usage::NotUsed`] only where a companion guide forbids it.
    pub usage: Usage,
    /// How often within one instance of its parent; `u32::MAX` for `>1`.
    pub max: u32,
    /// What the base says; `None` where the base does not list it.
    pub base: Option<BaseUse>,
    /// The loop that it stands in; [`NodeIx::NONE`] for the root.
    pub parent: NodeIx,
    /// First child of a loop.
    pub first_child: NodeIx,
    /// Next child of the same parent.
    pub next_sibling: NodeIx,
    /// One past its last descendant, in pre-order.
    pub end: NodeIx,
    /// A segment's elements in [`Guide::elements`].
    pub elements: Span,
    /// A segment's syntax notes in [`Guide::notes`].
    pub notes: Span,
    /// A segment's keys, or those of the segment that opens the loop, in [`Guide::key_elements`].
    pub keys: Span,
    /// A loop's required children in [`Guide::required`].
    pub required: Span,
}

/// An element that tells siblings apart: the value at its place must be one of its codes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct KeyElement {
    /// Element, from 1.
    pub element: u8,
    /// Component, from 1; 0 for a simple element.
    pub component: u8,
    /// The codes in [`Guide::codes`].
    pub codes: Span,
}

/// What makes an item in a guide.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ItemKind {
    /// Nothing (an acknowledgment, say).
    None,
    /// The whole set.
    Set,
    /// Each instance of the loops in [`Guide::items`].
    Loops {
        /// Whether one item may be rejected while the others of its set go on (the 837).
        alone: bool,
    },
}

/// A loop whose instances are items.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ItemLoop {
    /// The loop.
    pub node: NodeIx,
    /// The loop that makes it an item of its own although it encloses other items.
    pub inner: Option<NodeIx>,
}

/// Where a value stands: in a segment node, by element and component, under a condition on the same segment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ValueAt {
    /// What it is called: a key's name, or CTX01-1's text.
    pub name: Text,
    /// The segment.
    pub node: NodeIx,
    /// Element, from 1.
    pub element: u8,
    /// Component, from 1; 0 for the whole element.
    pub component: u8,
    /// An element of the same segment that must hold this code.
    pub condition: Option<(u8, Code)>,
}

/// The 999's business unit of a loop.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Context {
    /// Within this loop and below it …
    pub node: NodeIx,
    /// … the unit is named and found so.
    pub value: ValueAt,
}

/// An implementation guide for one transaction set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Guide {
    /// GS08 and ST03: `005010X222A1`.
    pub revision: Text,
    /// ST01: `837`.
    pub set: Text,
    /// GS01: `HC`.
    pub group: Text,
    /// Its name for people.
    pub name: Text,
    /// BHT02, where it alone tells two guides apart.
    pub purpose: Option<Text>,
    /// Revisions that are read as this guide.
    pub also: Cow<'static, [Text]>,
    /// What makes an item.
    pub item_kind: ItemKind,
    /// The item loops.
    pub items: Cow<'static, [ItemLoop]>,
    /// What an item is found by; one entry for every segment that may hold it.
    pub keys: Cow<'static, [ValueAt]>,
    /// The 999's business units, inner loops first.
    pub contexts: Cow<'static, [Context]>,
    /// Segments that the base transaction set lists, sorted.
    pub base_segments: Cow<'static, [SegmentId]>,
    /// Loops and segments in pre-order.
    pub nodes: Cow<'static, [Node]>,
    /// Elements and components.
    pub elements: Cow<'static, [ElementUse]>,
    /// Keys.
    pub key_elements: Cow<'static, [KeyElement]>,
    /// Required children.
    pub required: Cow<'static, [NodeIx]>,
    /// Code lists, each sorted.
    pub codes: Cow<'static, [Code]>,
    /// When codes are valid, at the same indexes; shorter where no list is dated.
    pub periods: Cow<'static, [Period]>,
    /// Syntax notes.
    pub notes: Cow<'static, [Note]>,
}

/// What the library knows across guides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    /// Every segment id of the dictionary, sorted.
    pub segments: Cow<'static, [SegmentId]>,
    /// Every code that any guide lists for an element, sorted by element, then code.
    pub codes: Cow<'static, [(ElementId, Code)]>,
}
