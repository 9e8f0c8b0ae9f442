//! Guides as data: loops, segments, elements, codes and names of each transaction set, compiled from `guides/` at build time.
//!
//! The notation is described in docs/guide-notation.md. Guides are immutable and shared.

mod built;
mod id;
mod lookup;
mod tables;

pub use id::GuideId;
pub use lookup::Guides;
pub use tables::{
    BaseUse, Code, Context, DataType, ElementId, ElementUse, Guide, ItemKind, ItemLoop, KeyElement, Known, Node,
    NodeIx, NodeKind, Note, NoteKind, Packed, Period, Requirement, SegmentId, Span, Text, Usage, ValueAt,
};
