//! The rules beyond the tables: when they are asked, and how what they find is told.

use super::core::Core;
use super::events::Visitor;
use super::report::Draft;
use super::state::At;
use crate::finding::{Fault, Layer, Scope};
use crate::guide::{ElementId, NodeIx};
use crate::segment::Segment;
use crate::validate::Plan;
use crate::validate::rules::Complaint;

impl Core {
    /// A segment at a node that rules look at.
    pub(super) fn rules_segment(
        &mut self,
        plan: &Plan,
        segment: &Segment<'_>,
        node: NodeIx,
        visitor: &mut impl Visitor,
    ) {
        self.rules.segment(&plan.rules, &plan.guide, node, segment, &mut self.complaints);
        if !self.complaints.is_empty() {
            self.complain(plan, None, visitor);
        }
    }

    /// A loop that rules look at closes; it is still open for what they find.
    pub(super) fn rules_close(&mut self, plan: &Plan, node: NodeIx, visitor: &mut impl Visitor) {
        self.rules.close(&plan.rules, &plan.guide, node, &mut self.complaints);
        if !self.complaints.is_empty() {
            self.complain(plan, Some(node), visitor);
        }
    }

    #[cold]
    fn complain(&mut self, plan: &Plan, closing: Option<NodeIx>, visitor: &mut impl Visitor) {
        // When a loop closes, the items below it are past: an error then takes the set.
        let past = closing.is_some_and(|node| plan.step(node).holds_items);
        let mut complaints = std::mem::take(&mut self.complaints);
        for complaint in complaints.drain(..) {
            let scope = if past { Scope::Set } else { self.scope_here(plan, complaint.rule.snip) };
            let draft = draft(plan, complaint, scope);
            self.tell(Some(plan), draft, visitor);
        }
        self.complaints = complaints;
    }
}

fn draft(plan: &Plan, complaint: Complaint, scope: Scope) -> Draft {
    let spot = complaint.at;
    let used = plan.guide.elements_of(plan.guide.node(spot.node)).get(usize::from(spot.element).wrapping_sub(1));
    let name = used.map_or("segment", |used| used.name.as_ref());
    let fault = if plan.alone {
        Fault::Business(complaint.business)
    } else {
        let reference = used.map_or(ElementId::NONE, |used| used.element);
        Fault::Element { code: complaint.element, reference }
    };
    Draft {
        rule: complaint.rule,
        layer: Layer::Guide,
        message: format!("{name}: {}", complaint.message),
        fault,
        scope,
        at: At {
            segment: spot.ordinal,
            segment_id: Some(spot.segment),
            node: Some(spot.node),
            element: spot.element,
            bytes: spot.bytes,
            ..At::default()
        },
    }
}
