//! The rules beyond the tables: when they are asked, and how what they find is told.

use super::core::Core;
use super::events::Visitor;
use super::report::{Because, Draft};
use super::state::At;
use crate::finding::{Fault, Layer, Scope, Snip, Trigger};
use crate::guide::{ElementId, ElementUse, NodeIx};
use crate::segment::Segment;
use crate::validate::Plan;
use crate::validate::rules::{Complaint, Refusal, Spot};

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
            self.complain_here(plan, visitor);
        }
    }

    /// What rules have found at a segment of the open set, if anything.
    #[inline]
    pub(super) fn complain_at_segment(&mut self, visitor: &mut impl Visitor) {
        if !self.complaints.is_empty()
            && let Some(plan) = self.plan.clone()
        {
            self.complain_here(&plan, visitor);
        }
    }

    #[cold]
    fn complain_here(&mut self, plan: &Plan, visitor: &mut impl Visitor) {
        // Of an element that is wrong by the tables already, no rule has more to say.
        let (ordinal, bits) = self.faulty;
        let faulty = |spot: &Spot| {
            let bit = 1u64.checked_shl(spot.element.into()).unwrap_or(0);
            spot.ordinal == ordinal && spot.element > 0 && bits & bit != 0
        };
        self.complaints.retain(|complaint| !faulty(&complaint.at));
        self.complain(plan, None, visitor);
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
        complaints.retain(|complaint| !self.incomplete || complaint.rule.snip != Snip::Balance);
        for complaint in complaints.drain(..) {
            let scope = if past { Scope::Set } else { self.scope_here(plan, complaint.rule.snip) };
            let because = Because {
                status: plan.alone.then_some(complaint.business),
                triggers: complaint.triggers.iter().map(trigger_of).collect(),
            };
            let own_word = plan.alone || self.options.application_advice;
            let draft = draft(plan, complaint, scope, own_word);
            self.tell_because(Some(plan), draft, because, visitor);
        }
        self.complaints = complaints;
    }
}

fn draft(plan: &Plan, complaint: Complaint, scope: Scope, own_word: bool) -> Draft {
    let used = used(plan, &complaint.at);
    let fault = fault_of(&complaint, used, own_word);
    let spot = complaint.at;
    let node = plan.guide.node(spot.node);
    // What is missing has no node of its own; its id is its name.
    let name = used
        .map_or(if node.segment == spot.segment { node.name.as_ref() } else { spot.segment.as_str() }, |used| {
            used.name.as_ref()
        });
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
            component: spot.component,
            repetition: spot.repetition,
            bytes: spot.bytes,
        },
    }
}

/// What a 999 says of a rule's complaint. Where a 277CA or an 824 follows (`own_word`), the 999 tells what the guide asks for, its situations
/// too (SNIP 2 and 4), as its codes for what depends on something else are meant; all else about the business stands there.
fn fault_of(complaint: &Complaint, used: Option<&ElementUse>, own_word: bool) -> Fault {
    if own_word && !matches!(complaint.rule.snip, Snip::Guide | Snip::Situation) {
        return Fault::Business(complaint.business);
    }
    match complaint.refusal {
        Refusal::Segment(code) => Fault::Segment(code),
        Refusal::Element(code) => Fault::Element { code, reference: used.map_or(ElementId::NONE, |used| used.element) },
    }
}

/// The element or component that a complaint names: IK402 of a component is the component's own.
fn used<'p>(plan: &'p Plan, spot: &Spot) -> Option<&'p ElementUse> {
    let used = plan.guide.elements_of(plan.guide.node(spot.node)).get(usize::from(spot.element).wrapping_sub(1))?;
    let component = plan.guide.components_of(used).get(usize::from(spot.component).wrapping_sub(1));
    Some(component.unwrap_or(used))
}

fn trigger_of(spot: &Spot) -> Trigger {
    Trigger {
        segment_id: spot.segment,
        segment: spot.ordinal,
        node: Some(spot.node),
        element: spot.element,
        component: spot.component,
        repetition: spot.repetition,
    }
}
