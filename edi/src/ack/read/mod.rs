//! Received acknowledgments back into facts: which interchange, group, set or claim was taken, and why not.
//!
//! [`Reader`] is a [`Visitor`]. It goes by segments and hierarchy levels rather than by the guide's nodes: an acknowledgment that
//! does not fit its guide still settles what it speaks of.

mod advice;
mod claims;
mod functional;
#[cfg(test)]
mod tests;

pub use advice::{AdviceAnswer, AdviceNote};
pub use claims::{BatchAnswer, ClaimAnswer, ProviderAnswer};
pub use functional::{ContextNote, ElementNote, GroupAnswer, GroupName, SegmentNote, SetAnswer, SetName, Trigger};

use crate::Segment;
use crate::engine::{GroupStart, SetEnd, SetStart, Verdict, Visitor};
use crate::guide::NodeIx;
use claims::Claims;
use functional::Functional;

/// Something that an acknowledgment says. `Debug` shows codes and positions, no value of a claim.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fact {
    /// TA1.
    Interchange(InterchangeAnswer),
    /// AK1: what follows speaks of this group.
    Group(GroupName),
    /// AK2: what follows speaks of this set.
    Set(SetName),
    /// IK3 (AK3 of a 997).
    Segment(SegmentNote),
    /// CTX, of the segment or element told last.
    Context(ContextNote),
    /// IK4 (AK4), of the segment told last.
    Element(ElementNote),
    /// IK5 (AK5).
    SetEnd(SetAnswer),
    /// AK9.
    GroupEnd(GroupAnswer),
    /// 2000B of a 277CA: an 837 set as a whole.
    Batch(BatchAnswer),
    /// 2000C of a 277CA: the claims of a billing provider as a whole.
    Provider(ProviderAnswer),
    /// 2200D of a 277CA.
    Claim(Box<ClaimAnswer>),
    /// OTI of an 824.
    Advice(AdviceAnswer),
    /// TED of an 824, of the set told last.
    AdviceNote(AdviceNote),
}

/// What a TA1 says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InterchangeAnswer {
    /// TA101: the ISA13 that it speaks of.
    pub control_number: String,
    /// TA102.
    pub date: String,
    /// TA103.
    pub time: String,
    /// TA104.
    pub verdict: String,
    /// TA105.
    pub code: String,
}

impl InterchangeAnswer {
    /// Whether the interchange was rejected.
    pub fn rejected(&self) -> bool {
        self.verdict == Verdict::Rejected.code()
    }
}

/// Tells the facts of every TA1, 999, 997, 277CA and 824 among the events that it is driven with.
pub struct Reader<F> {
    tell: F,
    version: String,
    kind: Kind,
}

/// What the set that is open is read as.
enum Kind {
    Other,
    Functional(Functional),
    Claims(Box<Claims>),
    Advice,
}

impl<F: FnMut(Fact)> Reader<F> {
    /// A reader that hands each fact to `tell`.
    pub fn new(tell: F) -> Self {
        Self { tell, version: String::new(), kind: Kind::Other }
    }
}

impl<F: FnMut(Fact)> Visitor for Reader<F> {
    fn ta1(&mut self, segment: &Segment<'_>) {
        (self.tell)(Fact::Interchange(InterchangeAnswer {
            control_number: text(segment, 1),
            date: text(segment, 2),
            time: text(segment, 3),
            verdict: text(segment, 4),
            code: text(segment, 5),
        }));
    }

    fn group_start(&mut self, event: &GroupStart<'_>) {
        self.version.clone_from(&event.header.version);
    }

    fn set_start(&mut self, event: &SetStart<'_>) {
        let header = event.header;
        let revision = header.convention.as_deref().unwrap_or(&self.version);
        self.kind = match header.code.as_str() {
            "999" | "997" => Kind::Functional(Functional::default()),
            "277" if revision.contains("X214") => Kind::Claims(Box::default()),
            "824" => Kind::Advice,
            _ => Kind::Other,
        };
    }

    fn segment(&mut self, segment: &Segment<'_>, _node: Option<NodeIx>) {
        match &mut self.kind {
            Kind::Other => {}
            Kind::Functional(functional) => functional.segment(segment).into_iter().for_each(&mut self.tell),
            Kind::Claims(claims) => claims.segment(segment, &mut self.tell),
            Kind::Advice => advice::fact(segment).into_iter().for_each(&mut self.tell),
        }
    }

    fn set_end(&mut self, _event: &SetEnd<'_>) {
        if let Kind::Claims(claims) = &mut self.kind {
            claims.end(&mut self.tell);
        }
        self.kind = Kind::Other;
    }
}

/// An element as text; empty where there is none or it is not ASCII.
fn text(segment: &Segment<'_>, position: usize) -> String {
    segment.text(position).unwrap_or_default().trim().to_owned()
}

fn number(segment: &Segment<'_>, position: usize) -> Option<u32> {
    segment.text(position)?.trim().parse().ok()
}

fn bytes(segment: &Segment<'_>, position: usize) -> Vec<u8> {
    segment.element(position).unwrap_or_default().to_vec()
}

/// A component as a position; 0 where there is none.
fn part(segment: &Segment<'_>, element: usize, component: usize) -> u16 {
    let value = segment.component(element, component).and_then(|v| std::str::from_utf8(v).ok());
    value.and_then(|v| v.trim().parse().ok()).unwrap_or(0)
}
