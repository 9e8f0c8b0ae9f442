//! What a guide's header names: items, keys, business units, looked up in the tree.

use super::check::Finder;
use super::compile::Compiler;
use super::header::{Header, Items, ValueText};
use super::line::NotationError;
use crate::guide::tables::{Context, Guide, ItemKind, ItemLoop, Node, NodeIx, SegmentId, Text, Usage, ValueAt};
use std::borrow::Cow;

/// The set itself, where a context names a loop.
const SET: &str = "set";

impl Compiler<'_> {
    /// The guide, with what its header names looked up.
    pub(super) fn guide(self, header: &Header) -> Result<Guide, NotationError> {
        let finder = Finder { file: self.file, nodes: &self.nodes };
        let (item_kind, items) = item_loops(&finder, header)?;
        let mut keys = Vec::new();
        for text in &header.keys {
            keys.extend(self.values(&finder, NodeIx::ROOT, text)?);
        }
        let mut contexts = Vec::new();
        for text in &header.contexts {
            let loops = match text.loop_path.as_str() {
                SET => vec![NodeIx::ROOT],
                path => finder.loops(text.value.line, path)?,
            };
            for node in loops {
                let values = self.values(&finder, node, &text.value)?;
                contexts.extend(values.into_iter().map(|value| Context { node, value }));
            }
        }
        contexts.sort_by_key(|context: &Context| std::cmp::Reverse(context.node));
        let dated = self.elements.table.iter().any(|used| used.dated);
        let (codes, periods): (Vec<_>, Vec<_>) = self.codes.table.into_iter().unzip();
        let text = |text: &str| Text::Owned(text.to_owned());
        Ok(Guide {
            revision: text(&header.revision),
            set: text(&header.set),
            group: text(&header.group),
            name: text(&header.name),
            purpose: header.purpose.as_deref().map(text),
            also: header.also.iter().map(|also| text(also)).collect(),
            item_kind,
            items: Cow::Owned(items),
            keys: Cow::Owned(keys),
            contexts: Cow::Owned(contexts),
            base_segments: Cow::Owned(self.base.segments()),
            nodes: Cow::Owned(self.nodes),
            elements: Cow::Owned(self.elements.table),
            key_elements: Cow::Owned(self.keys.table),
            required: Cow::Owned(self.required.table),
            codes: Cow::Owned(codes),
            periods: Cow::Owned(if dated { periods } else { Vec::new() }),
            notes: Cow::Owned(self.notes.table),
        })
    }

    /// The segments that a value may stand in: within the instance of `within`, in the loops that the place names.
    fn values(&self, finder: &Finder<'_>, within: NodeIx, text: &ValueText) -> Result<Vec<ValueAt>, NotationError> {
        let segment = SegmentId::lit(&text.segment);
        let admits = |node: &Node| match text.condition {
            None => true,
            Some((element, code)) => {
                node.elements.of(&self.elements.table).get(usize::from(element) - 1).is_some_and(|used| {
                    let codes = used.codes.of(&self.codes.table);
                    codes.is_empty() || codes.iter().any(|(known, _)| *known == code)
                })
            }
        };
        let mut values = Vec::new();
        for parent in finder.loops_within(text.line, within, &text.loop_path)? {
            for (ix, node) in finder.segments_of(parent).filter(|(_, node)| node.segment == segment && admits(node)) {
                let element = node.elements.of(&self.elements.table).get(usize::from(text.element) - 1);
                if element.is_none_or(|used| used.usage == Usage::NotUsed) {
                    continue;
                }
                values.push(ValueAt {
                    name: Text::Owned(text.name.clone()),
                    node: ix,
                    element: text.element,
                    component: text.component,
                    condition: text.condition,
                });
            }
        }
        if values.is_empty() {
            return self.at(text.line).fail("expected a place that the guide uses, found none of that name");
        }
        Ok(values)
    }
}

fn item_loops(finder: &Finder<'_>, header: &Header) -> Result<(ItemKind, Vec<ItemLoop>), NotationError> {
    let (line, loops, alone) = match &header.items {
        None => return Ok((ItemKind::None, Vec::new())),
        Some(Items::Set) => return Ok((ItemKind::Set, Vec::new())),
        Some(Items::Loops { line, loops, alone }) => (*line, loops, *alone),
    };
    let mut items = Vec::new();
    for (outer, inner) in loops {
        for node in finder.loops(line, outer)? {
            let inner = match inner {
                Some(inner) => finder.loops_within(line, node, inner)?.first().copied(),
                None => None,
            };
            items.push(ItemLoop { node, inner });
        }
    }
    Ok((ItemKind::Loops { alone }, items))
}
