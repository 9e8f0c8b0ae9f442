//! HL: numbers, parents, children.

use super::core::Core;
use super::events::Visitor;
use super::report::Draft;
use super::state::{At, Hierarchy};
use crate::finding::{ElementCode, Fault, Layer, RuleInfo, Scope};
use crate::guide::{ElementId, NodeIx};
use crate::segment::Segment;
use crate::validate::{Plan, catalog, value};

impl Core {
    /// HL01 counts up, HL02 is the enclosing HL, HL04 keeps its word.
    pub(super) fn hierarchy(&mut self, plan: &Plan, segment: &Segment<'_>, node: NodeIx, visitor: &mut impl Visitor) {
        let number = segment.element(1).and_then(value::digits);
        let Some(set) = &mut self.set else { return };
        let wanted = set.last_hl + 1;
        set.last_hl = number.unwrap_or(wanted);
        if number != Some(wanted) {
            let message = "HL01: expected one more than in the HL before, found another number";
            self.tell_hl(&catalog::HL_NUMBER, plan, At::element(segment, Some(node), 1), message, visitor);
        }
        let above = self.levels.len().saturating_sub(1);
        let enclosing = self.levels.iter_mut().take(above).rev().find_map(|level| level.hierarchy.as_mut());
        let (parent, announced) = match enclosing {
            Some(parent) => {
                parent.has_children = true;
                (Some(parent.number), parent.children_announced)
            }
            None => (None, None),
        };
        if segment.element(2).map(value::digits) != parent.map(Some)
            && (parent.is_none() || segment.element(2).is_some())
        {
            let message = "HL02: expected the number of the HL that encloses it, found another";
            self.tell_hl(&catalog::HL_PARENT, plan, At::element(segment, Some(node), 2), message, visitor);
        }
        if announced == Some(false) {
            let message = "HL02: expected a parent that announces children, found one whose HL04 is 0";
            self.tell_hl(&catalog::HL_CHILD, plan, At::element(segment, Some(node), 2), message, visitor);
        }
        let at = At::element(segment, Some(node), 4);
        let children_announced = segment.element(4).map(|code| code == b"1");
        if let Some(level) = self.levels.last_mut() {
            let number = number.unwrap_or(wanted);
            level.hierarchy = Some(Hierarchy { number, children_announced, has_children: false, at });
        }
    }

    pub(super) fn hierarchy_close(&mut self, plan: &Plan, hierarchy: Hierarchy, visitor: &mut impl Visitor) {
        if hierarchy.children_announced == Some(true) && !hierarchy.has_children {
            let message = "HL04: expected 0 where no HL stands below, found 1";
            self.tell_hl(&catalog::HL_CHILD, plan, hierarchy.at, message, visitor);
        }
    }

    fn tell_hl(&mut self, rule: &'static RuleInfo, plan: &Plan, at: At, message: &str, visitor: &mut impl Visitor) {
        let elements = at.node.map(|node| plan.guide.elements_of(plan.guide.node(node))).unwrap_or_default();
        let used = elements.get(usize::from(at.element).wrapping_sub(1));
        let reference = used.map_or(ElementId::NONE, |used| used.element);
        let fault = Fault::Element { code: ElementCode::Pattern, reference };
        let message = message.to_owned();
        self.tell(Some(plan), Draft { rule, layer: Layer::Guide, message, fault, scope: Scope::Set, at }, visitor);
    }
}
