//! A rule written in Rust at work: what it sees, and what it complains of.

use super::data::Refusal;
use crate::decimal::Decimal;
use crate::finding::{BusinessCode, ElementCode, RuleId, RuleInfo, Severity, Snip};
use crate::guide::{Guide, NodeIx, SegmentId};
use crate::segment::Segment;
use std::borrow::Cow;
use std::fmt;
use std::ops::Range;

/// Rules of this folder that look at the same things.
pub(crate) struct Rule {
    /// Their page under docs/rules.
    pub(crate) family: &'static str,
    pub(crate) infos: &'static [&'static RuleInfo],
    /// Whether it wants the segments that stand at this node.
    pub(crate) binds: fn(&Guide, NodeIx) -> bool,
    /// Whether it wants to know when this loop closes.
    pub(crate) closes: fn(&Guide, NodeIx) -> bool,
    /// A fresh state for one transaction set.
    pub(crate) start: fn() -> Box<dyn Check>,
}

/// A rule at work on one transaction set.
pub(crate) trait Check: fmt::Debug + Send {
    /// A segment that the rule is bound to.
    fn segment(&mut self, guide: &Guide, seen: &Seen<'_>, found: &mut Vec<Complaint>);

    /// A loop that the rule wants closes.
    fn close(&mut self, guide: &Guide, node: NodeIx, found: &mut Vec<Complaint>) {
        let _ = (guide, node, found);
    }
}

/// A segment with its node.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Seen<'a> {
    pub(crate) node: NodeIx,
    pub(crate) segment: Segment<'a>,
}

/// What a rule finds wrong: at an element of a segment that may be past by now.
#[derive(Clone, Debug)]
pub(crate) struct Complaint {
    pub(crate) rule: &'static RuleInfo,
    pub(crate) at: Spot,
    /// The thing, what was expected, what was found: no value.
    pub(crate) message: Cow<'static, str>,
    /// For a claim that is rejected alone.
    pub(crate) business: BusinessCode,
    /// For a set that is rejected as a whole.
    pub(crate) refusal: Refusal,
    /// What asks for the thing, or rules it out: a 999 names up to ten of them.
    pub(crate) triggers: Vec<Spot>,
}

/// An element of a segment, for later.
#[derive(Clone, Debug, Default)]
pub(crate) struct Spot {
    pub(crate) node: NodeIx,
    pub(crate) segment: SegmentId,
    pub(crate) ordinal: u32,
    pub(crate) element: u16,
    pub(crate) component: u16,
    pub(crate) repetition: u16,
    pub(crate) bytes: Range<u64>,
}

impl Seen<'_> {
    /// The place of an element.
    pub(crate) fn spot(&self, element: u16) -> Spot {
        let found = self.segment.elements().nth(usize::from(element).saturating_sub(1));
        let range = found.map_or(0..self.segment.bytes().len(), |e| e.offset()..e.offset() + e.bytes().len());
        let start = self.segment.offset();
        Spot {
            node: self.node,
            segment: self.segment.id(),
            ordinal: self.segment.ordinal(),
            element,
            component: 0,
            repetition: 0,
            bytes: start + range.start as u64..start + range.end as u64,
        }
    }
}

/// Whether a segment node is this segment.
pub(crate) fn is(guide: &Guide, node: NodeIx, segment: &str) -> bool {
    guide.node(node).segment == SegmentId::lit(segment)
}

/// A rule of balancing.
pub(super) const fn balance(id: &'static str, source: &'static str) -> RuleInfo {
    RuleInfo { id: RuleId(id), snip: Snip::Balance, severity: Severity::Error, source }
}

/// A complaint that sums do not agree.
pub(super) fn out_of_balance(rule: &'static RuleInfo, at: &Spot, message: &'static str) -> Complaint {
    Complaint {
        rule,
        at: at.clone(),
        message: message.into(),
        business: BusinessCode { category: "A7", status: "400", entity: None },
        refusal: Refusal::Element(ElementCode::Code),
        triggers: Vec::new(),
    }
}

/// The sum of the amounts at every `step`-th element from `first` on; `None` where one is no number.
pub(super) fn sums(segment: &Segment<'_>, first: usize, step: usize) -> Option<Decimal> {
    let amounts = segment.elements().skip(first - 1).step_by(step).filter(|element| !element.is_empty());
    amounts
        .map(|element| Decimal::parse(element.bytes()))
        .try_fold(Decimal::default(), |sum, amount| Some(sum.plus(amount?)))
}
