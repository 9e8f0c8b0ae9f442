//! Guides as data: loops, segments, elements, codes and names of each transaction set, compiled from `guides/` at build time.
//!
//! The notation is described in docs/guide-notation.md. Guides are immutable and shared.

mod built;
mod diff;
mod id;
mod lookup;
pub(crate) mod notation;
mod packed;
mod page;
mod tables;

pub use diff::{Change, Difference, diff};
pub use id::GuideId;
pub use lookup::Guides;
pub(crate) use notation::CodeGraph;
pub use notation::NotationError;
pub use packed::Packed;
pub use page::{page, page_of_loop};
pub use tables::{
    BaseUse, Code, Context, DataType, ElementId, ElementUse, Guide, ItemKind, ItemLoop, KeyElement, Known, Node,
    NodeIx, NodeKind, Note, NoteKind, Period, Requirement, SegmentId, Span, Text, Usage, ValueAt,
};

/// What is known across the built-in guides: every segment, and every code that any of them lists for an element.
pub fn known() -> &'static Known {
    &built::KNOWN
}

/// Reads a guide at run time, against the dictionary, base sets and code lists that the library was built with. `file` is the
/// name that errors give.
pub fn read(file: &str, text: &str) -> Result<Guide, NotationError> {
    let library = notation::Library::read(built::SOURCES)?;
    notation::compile((file, text), &library)
}

/// Reads a code list.
pub(crate) fn code_list(file: &str, text: &str) -> Result<CodeGraph, NotationError> {
    Ok(CodeGraph::of(&notation::code_list((file, text))?))
}
