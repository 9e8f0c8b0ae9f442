//! Our own identifier in what we send: REF*D9 of a claim, TRN of an inquiry.

use std::fmt;

use crate::guide::{Code, NodeIx, NodeKind, SegmentId, Usage};
use crate::json::members::{Content, Member, insert};
use crate::json::shape::Shape;
use crate::json::tree::Json;

const REF: SegmentId = SegmentId::lit("REF");
const TRN: SegmentId = SegmentId::lit("TRN");
/// REF01: the claim number of a clearinghouse.
const INTERMEDIARY: &str = "D9";
/// TRN01: the trace of whoever asks.
const CURRENT_TRACE: &str = "1";

/// What the sender's item held where our identifier stands now. It is payload: `Debug` shows the segment alone.
#[derive(Clone, PartialEq, Eq)]
pub struct Replaced {
    /// REF or TRN.
    pub segment: SegmentId,
    /// REF02 or TRN02 as it stood.
    pub value: String,
}

impl fmt::Debug for Replaced {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Replaced({})", self.segment)
    }
}

/// Where our identifier goes in an item's loop.
pub(super) struct Hook {
    node: NodeIx,
    /// How many elements the segment has room for: 2 or, for a trace with its originator, 3.
    elements: usize,
}

impl Hook {
    /// The segment of the item's loop that takes our identifier; `None` where the guide has none.
    pub(super) fn find(shape: &Shape, item: NodeIx) -> Option<Self> {
        let takes = |segment: SegmentId, code: &str| {
            shape.guide.children(item).find(|child| {
                let node = shape.guide.node(*child);
                let qualifier = shape.guide.elements_of(node).first();
                let codes = qualifier.map(|element| shape.guide.codes_of(element)).unwrap_or_default();
                node.kind == NodeKind::Segment && node.segment == segment && codes.contains(&Code::lit(code))
            })
        };
        // An inquiry may have both; what comes back in any answer is the trace.
        let node = takes(TRN, CURRENT_TRACE).or_else(|| takes(REF, INTERMEDIARY))?;
        let third = shape.guide.elements_of(shape.guide.node(node)).get(2);
        let traced = shape.guide.node(node).segment == TRN && third.is_some_and(|third| third.usage != Usage::NotUsed);
        Some(Self { node, elements: if traced { 3 } else { 2 } })
    }

    /// The elements of our segment.
    pub(super) fn elements<'a>(&self, shape: &Shape, our_id: &'a str, originator: &'a str) -> Vec<&'a [u8]> {
        let qualifier = if shape.guide.node(self.node).segment == TRN { CURRENT_TRACE } else { INTERMEDIARY };
        let mut all = vec![qualifier.as_bytes(), our_id.as_bytes(), originator.as_bytes()];
        all.truncate(self.elements);
        all
    }

    /// Puts our segment among the item's, in the place of the last one where the guide has no room for one more.
    pub(super) fn apply<'j>(
        &self,
        shape: &Shape,
        members: &mut Vec<Member<'j>>,
        elements: &'j [&'j [u8]],
    ) -> Option<Replaced> {
        let node = shape.guide.node(self.node);
        let standing = members.iter().filter(|member| member.node == self.node).count();
        let ours = Member { node: self.node, content: Content::Ours(elements) };
        if (standing as u64) < u64::from(node.max) {
            insert(shape, members, ours);
            return None;
        }
        let last = members.iter_mut().rfind(|member| member.node == self.node)?;
        let theirs = std::mem::replace(last, ours);
        let value = second_element(shape, &theirs)?;
        Some(Replaced { segment: node.segment, value })
    }
}

fn second_element(shape: &Shape, member: &Member<'_>) -> Option<String> {
    let name = &shape.guide.elements_of(shape.guide.node(member.node)).get(1)?.name;
    let Content::Json { value: Json::Object(entries), .. } = &member.content else { return None };
    entries.iter().find(|(other, _)| other == name).and_then(|(_, value)| match value {
        Json::String(text) => Some(text.clone().into_owned()),
        _ => None,
    })
}
