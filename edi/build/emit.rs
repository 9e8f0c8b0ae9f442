//! Tables as Rust source: one static a table.

use crate::guide::packed::Packed;
use crate::guide::tables::{
    Code, Context, DataType, ElementUse, Guide, ItemKind, ItemLoop, KeyElement, Known, Node, NodeIx, Note, Period,
    Span, ValueAt,
};
use std::fmt::{Error, Write};
use std::path::Path;

/// The module `guide::built`: `guides()`, `KNOWN`, `SOURCES`.
pub(crate) fn tables(
    guides: &[Guide],
    known: &Known,
    root: &Path,
    files: &[(String, String)],
) -> Result<String, Error> {
    let mut out = String::new();
    for (n, guide) in guides.iter().enumerate() {
        statics(&mut out, n, guide)?;
    }
    writeln!(out, "pub(super) fn guides() -> Vec<Guide> {{\n    vec![")?;
    for (n, guide) in guides.iter().enumerate() {
        writeln!(out, "        {},", self::guide(n, guide))?;
    }
    writeln!(out, "    ]\n}}")?;
    table(&mut out, "KNOWN_SEGMENTS", "SegmentId", known.segments.iter().map(|id| packed(*id)))?;
    let codes = known.codes.iter().map(|(element, code)| format!("({}, {})", packed(*element), packed(*code)));
    table(&mut out, "KNOWN_CODES", "(ElementId, Code)", codes)?;
    writeln!(out, "pub(super) static SOURCES: &[(&str, &str)] = &[")?;
    for (file, _) in files {
        writeln!(out, "    ({file:?}, include_str!({:?})),", root.join(file))?;
    }
    writeln!(out, "];")?;
    Ok(out)
}

fn statics(out: &mut String, n: usize, guide: &Guide) -> Result<(), Error> {
    table(out, &format!("G{n}_ALSO"), "Text", guide.also.iter().map(|also| text(also)))?;
    table(out, &format!("G{n}_ITEMS"), "ItemLoop", guide.items.iter().map(item))?;
    table(out, &format!("G{n}_KEYS"), "ValueAt", guide.keys.iter().map(value))?;
    table(out, &format!("G{n}_CONTEXTS"), "Context", guide.contexts.iter().map(context))?;
    table(out, &format!("G{n}_BASE"), "SegmentId", guide.base_segments.iter().map(|id| packed(*id)))?;
    table(out, &format!("G{n}_NODES"), "Node", guide.nodes.iter().map(node))?;
    table(out, &format!("G{n}_ELEMENTS"), "ElementUse", guide.elements.iter().map(element))?;
    table(out, &format!("G{n}_KEY_ELEMENTS"), "KeyElement", guide.key_elements.iter().map(key))?;
    table(out, &format!("G{n}_REQUIRED"), "NodeIx", guide.required.iter().map(|ix| index(*ix)))?;
    table(out, &format!("G{n}_CODES"), "Code", guide.codes.iter().map(|code: &Code| packed(*code)))?;
    table(out, &format!("G{n}_PERIODS"), "Period", guide.periods.iter().map(period))?;
    table(out, &format!("G{n}_NOTES"), "Note", guide.notes.iter().map(note))
}

fn table(out: &mut String, name: &str, kind: &str, entries: impl Iterator<Item = String>) -> Result<(), Error> {
    let entries: Vec<String> = entries.collect();
    writeln!(out, "static {name}: [{kind}; {}] = [", entries.len())?;
    for entry in entries {
        writeln!(out, "    {entry},")?;
    }
    writeln!(out, "];")
}

fn guide(n: usize, guide: &Guide) -> String {
    let purpose = guide.purpose.as_ref().map_or("None".to_owned(), |purpose| format!("Some({})", text(purpose)));
    let kind = match guide.item_kind {
        ItemKind::None => "ItemKind::None".to_owned(),
        ItemKind::Set => "ItemKind::Set".to_owned(),
        ItemKind::Loops { alone } => format!("ItemKind::Loops {{ alone: {alone} }}"),
    };
    format!(
        "Guide {{ revision: {}, set: {}, group: {}, name: {}, purpose: {purpose}, also: Borrowed(&G{n}_ALSO), \
         item_kind: {kind}, items: Borrowed(&G{n}_ITEMS), keys: Borrowed(&G{n}_KEYS), contexts: Borrowed(&G{n}_CONTEXTS), \
         base_segments: Borrowed(&G{n}_BASE), nodes: Borrowed(&G{n}_NODES), elements: Borrowed(&G{n}_ELEMENTS), \
         key_elements: Borrowed(&G{n}_KEY_ELEMENTS), required: Borrowed(&G{n}_REQUIRED), codes: Borrowed(&G{n}_CODES), \
         periods: Borrowed(&G{n}_PERIODS), notes: Borrowed(&G{n}_NOTES) }}",
        text(&guide.revision),
        text(&guide.set),
        text(&guide.group),
        text(&guide.name),
    )
}

fn text(text: &str) -> String {
    format!("Borrowed({text:?})")
}

fn packed<const N: usize>(packed: Packed<N>) -> String {
    format!("Packed::lit({:?})", packed.as_str())
}

fn index(ix: NodeIx) -> String {
    format!("NodeIx({})", ix.0)
}

fn span(span: Span) -> String {
    format!("Span {{ start: {}, len: {} }}", span.start, span.len)
}

fn item(item: &ItemLoop) -> String {
    let inner = item.inner.map_or("None".to_owned(), |inner| format!("Some({})", index(inner)));
    format!("ItemLoop {{ node: {}, inner: {inner} }}", index(item.node))
}

fn value(value: &ValueAt) -> String {
    let condition = value.condition.map_or("None".to_owned(), |(n, code)| format!("Some(({n}, {}))", packed(code)));
    format!(
        "ValueAt {{ name: {}, node: {}, element: {}, component: {}, condition: {condition} }}",
        text(&value.name),
        index(value.node),
        value.element,
        value.component
    )
}

fn context(context: &Context) -> String {
    format!("Context {{ node: {}, value: {} }}", index(context.node), value(&context.value))
}

fn node(node: &Node) -> String {
    let base = node.base.map_or("None".to_owned(), |base| {
        format!("Some(BaseUse {{ requirement: Requirement::{:?}, max: {} }})", base.requirement, base.max)
    });
    format!(
        "Node {{ kind: NodeKind::{:?}, id: {}, name: {}, segment: {}, position: {}, usage: Usage::{:?}, max: {}, base: {base}, \
         parent: {}, first_child: {}, next_sibling: {}, end: {}, elements: {}, notes: {}, keys: {}, required: {} }}",
        node.kind,
        text(&node.id),
        text(&node.name),
        packed(node.segment),
        node.position,
        node.usage,
        node.max,
        index(node.parent),
        index(node.first_child),
        index(node.next_sibling),
        index(node.end),
        span(node.elements),
        span(node.notes),
        span(node.keys),
        span(node.required)
    )
}

fn element(used: &ElementUse) -> String {
    let data_type = match used.data_type {
        DataType::N(decimals) => format!("N({decimals})"),
        other => format!("{other:?}"),
    };
    format!(
        "ElementUse {{ name: {}, position: {}, usage: Usage::{:?}, base: Requirement::{:?}, data_type: DataType::{data_type}, \
         min: {}, max: {}, repeat: {}, key: {}, element: {}, codes: {}, dated: {}, components: {}, notes: {} }}",
        text(&used.name),
        used.position,
        used.usage,
        used.base,
        used.min,
        used.max,
        used.repeat,
        used.key,
        packed(used.element),
        span(used.codes),
        used.dated,
        span(used.components),
        span(used.notes)
    )
}

fn key(key: &KeyElement) -> String {
    format!("KeyElement {{ element: {}, component: {}, codes: {} }}", key.element, key.component, span(key.codes))
}

/// A period as Rust source.
pub(crate) fn period(period: &Period) -> String {
    format!("Period {{ from: {}, to: {} }}", period.from, period.to)
}

fn note(note: &Note) -> String {
    format!("Note {{ kind: NoteKind::{:?}, first: {}, all: {} }}", note.kind, note.first, note.all)
}
