//! The business unit that an error stands in: the claim, the trace number, the member, as the guide's `context` lines say.

use crate::Segment;
use crate::finding::Finding;
use crate::guide::{Code, Context, Guide, NodeIx};
use std::sync::Arc;

/// Most characters of a context reference (9998).
const REFERENCE_MAX: usize = 35;

/// The value that names each of the guide's business units, as far as it was read in the loops that are open.
#[derive(Debug, Default)]
pub(super) struct BusinessUnit {
    guide: Option<Arc<Guide>>,
    /// One slot for each entry of the guide's contexts; empty where its loop is closed or the value is missing.
    values: Vec<Vec<u8>>,
}

/// A business unit: its name and its value.
#[derive(Clone, Copy)]
pub(super) struct Unit<'a> {
    pub(super) name: &'a str,
    pub(super) value: &'a [u8],
}

impl BusinessUnit {
    pub(super) fn start(&mut self, guide: Option<&Arc<Guide>>) {
        self.guide = guide.cloned();
        let contexts = guide.map_or(0, |guide| guide.contexts.len());
        self.values.iter_mut().for_each(Vec::clear);
        self.values.resize_with(contexts, Vec::new);
    }

    pub(super) fn loop_open(&mut self, node: NodeIx) {
        self.forget(node);
    }

    pub(super) fn loop_close(&mut self, node: NodeIx) {
        self.forget(node);
    }

    fn forget(&mut self, node: NodeIx) {
        let Some(guide) = &self.guide else { return };
        for (context, value) in guide.contexts.iter().zip(&mut self.values) {
            if context.node == node {
                value.clear();
            }
        }
    }

    pub(super) fn segment(&mut self, segment: &Segment<'_>, node: Option<NodeIx>) {
        let (Some(guide), Some(node)) = (&self.guide, node) else { return };
        for (context, slot) in guide.contexts.iter().zip(&mut self.values) {
            if context.value.node == node && slot.is_empty() {
                slot.extend_from_slice(value_of(context, segment).unwrap_or_default());
            }
        }
    }

    /// The guide of the set that is open.
    pub(super) fn guide(&self) -> Option<&Guide> {
        self.guide.as_deref()
    }

    /// The innermost unit around the finding whose value is known.
    pub(super) fn of(&self, finding: &Finding) -> Option<Unit<'_>> {
        let (guide, node) = (self.guide.as_ref()?, finding.place.node?);
        let known = guide.contexts.iter().zip(&self.values);
        let (context, value) =
            known.into_iter().find(|(context, value)| guide.within(node, context.node) && !value.is_empty())?;
        let value = value.get(..REFERENCE_MAX).unwrap_or(value);
        Some(Unit { name: &context.value.name, value })
    }
}

fn value_of<'a>(context: &Context, segment: &Segment<'a>) -> Option<&'a [u8]> {
    let at = &context.value;
    if let Some((element, code)) = at.condition
        && segment.element(element.into()).map(Code::pack) != Some(code)
    {
        return None;
    }
    match at.component {
        0 => segment.element(at.element.into()),
        component => segment.component(at.element.into(), component.into()),
    }
}
