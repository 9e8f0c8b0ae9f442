//! What stands between ST and SE: loops, segments, items.

use super::core::Core;
use super::events::{ItemEnd, Visitor};
use super::report::Draft;
use super::state::{At, Cursor, Item, Level};
use crate::finding::{Fault, Layer, RuleInfo, Scope, SegmentCode};
use crate::guide::{ElementId, NodeIx, SegmentId, Usage};
use crate::segment::Segment;
use crate::validate::{ElementFault, Lost, Move, Placed, Plan, catalog};

const HL: SegmentId = SegmentId::lit("HL");

impl Core {
    /// A segment within a set, after ST.
    #[inline]
    pub(super) fn set_segment(&mut self, segment: &mut Segment<'_>, visitor: &mut impl Visitor) {
        let Some(set) = &mut self.set else { return };
        set.segments = set.segments.saturating_add(1);
        segment.set_ordinal(set.segments);
        if self.plan.is_some() {
            self.placed_segment(segment, visitor);
        } else {
            visitor.segment(segment, None);
        }
    }

    #[inline]
    pub(super) fn placed_segment(&mut self, segment: &Segment<'_>, visitor: &mut impl Visitor) {
        let Some(plan) = &self.plan else { return };
        self.moves.clear();
        let placed = self.walk.place(plan, segment, &mut self.moves);
        let sound = match placed {
            Placed::At(node) | Placed::Late(node) => {
                let step = plan.step(node);
                let sound = !self.options.elements
                    || !self.checker.any_character(segment) && plan.sound(step, segment, self.checker.today);
                // Most segments neither close nor open anything, and nothing else wants them.
                if sound && step.quiet && self.moves.is_empty() && placed == Placed::At(node) {
                    visitor.segment(segment, Some(node));
                    if step.rules {
                        self.rules.segment(&plan.rules, &plan.guide, node, segment, &mut self.complaints);
                        self.complain_at_segment(visitor);
                    }
                    return;
                }
                sound
            }
            Placed::Lost(_) => false,
        };
        self.segment_apart(segment, placed, sound, visitor);
    }

    /// A segment that moves loops, that something is wrong with, or that the hierarchy or a rule wants.
    fn segment_apart(&mut self, segment: &Segment<'_>, placed: Placed, sound: bool, visitor: &mut impl Visitor) {
        // Taken out, so that the rest of the core stays free to change; put back below.
        let Some(plan) = self.plan.take() else { return };
        let moves = std::mem::take(&mut self.moves);
        if !moves.is_empty() {
            let cursor = Cursor { offset: segment.offset(), ordinal: segment.ordinal() };
            self.replay(&plan, &moves, cursor, visitor);
        }
        match placed {
            Placed::At(node) => {
                visitor.segment(segment, Some(node));
                if let Some(judge) = &mut self.judge {
                    judge.segment(segment, node);
                }
                self.at_node(&plan, segment, node, &moves, sound, visitor);
            }
            Placed::Late(node) => {
                visitor.segment(segment, Some(node));
                if let Some(judge) = &mut self.judge {
                    judge.segment(segment, node);
                }
                let rule = &catalog::SEGMENT_SEQUENCE;
                let message = "expected it before, found it out of sequence";
                self.lost(&plan, segment, Some(node), (rule, SegmentCode::Sequence, Layer::Base), message, visitor);
                self.at_node(&plan, segment, node, &[], sound, visitor);
            }
            Placed::Lost(lost) => {
                visitor.segment(segment, None);
                let (rule, message) = lost_rule(lost);
                self.lost(&plan, segment, None, rule, message, visitor);
            }
        }
        self.moves = moves;
        self.plan = Some(plan);
    }

    /// The segment's findings, in order: too often, its elements, its hierarchy, its rules.
    #[inline]
    fn at_node(
        &mut self,
        plan: &Plan,
        segment: &Segment<'_>,
        node: NodeIx,
        moves: &[Move],
        sound: bool,
        visitor: &mut impl Visitor,
    ) {
        for moved in moves {
            if let Move::OverMax(node, count) = *moved {
                self.over_max(plan, segment, node, count, visitor);
            }
        }
        let step = plan.step(node);
        if !sound {
            self.checker.segment(plan, step, segment);
            self.element_faults(plan, segment, node, visitor);
        }
        if step.companions {
            self.companions_segment(plan, segment, node, visitor);
        }
        if step.segment == HL {
            self.hierarchy(plan, segment, node, visitor);
        }
        if step.rules {
            self.rules_segment(plan, segment, node, visitor);
        }
    }

    /// Ends the walk at SE: what is still missing at the top.
    pub(super) fn walk_end(&mut self, cursor: Cursor, visitor: &mut impl Visitor) {
        let Some(plan) = self.plan.take() else { return };
        let mut moves = Vec::new();
        self.walk.end(&plan, &mut moves);
        self.replay(&plan, &moves, cursor, visitor);
        if plan.step(NodeIx::ROOT).rules {
            self.rules_close(&plan, NodeIx::ROOT, visitor);
        }
        self.plan = Some(plan);
    }

    /// Ends the walk where SE did not come: what is open closes; what is missing is the cut's doing and is not told.
    pub(super) fn walk_close(&mut self, cursor: Cursor, visitor: &mut impl Visitor) {
        let Some(plan) = self.plan.take() else { return };
        let mut moves = Vec::new();
        self.walk.end(&plan, &mut moves);
        moves.retain(|moved| matches!(moved, Move::Close(_)));
        self.replay(&plan, &moves, cursor, visitor);
        self.plan = Some(plan);
    }

    fn replay(&mut self, plan: &Plan, moves: &[Move], cursor: Cursor, visitor: &mut impl Visitor) {
        for moved in moves {
            match *moved {
                Move::Missing(node) => self.missing(plan, node, cursor, visitor),
                Move::Close(node) => self.loop_close(plan, node, cursor, visitor),
                Move::Open(node) => self.loop_open(plan, node, cursor, visitor),
                Move::OverMax(..) => {}
            }
        }
    }

    fn loop_open(&mut self, plan: &Plan, node: NodeIx, cursor: Cursor, visitor: &mut impl Visitor) {
        visitor.loop_open(node);
        if let Some(judge) = &mut self.judge {
            judge.loop_open(node);
        }
        self.levels.push(Level { node, tainted: false, hierarchy: None });
        if let Some(item) = self.item.as_mut().filter(|item| item.inner == Some(node)) {
            item.inner_seen = true;
        }
        let step = plan.step(node);
        if step.rules {
            self.rules.open(&plan.rules, node);
        }
        if step.item {
            self.item_open(plan, node, cursor.offset, visitor);
        }
    }

    fn loop_close(&mut self, plan: &Plan, node: NodeIx, cursor: Cursor, visitor: &mut impl Visitor) {
        if plan.step(node).rules {
            self.rules_close(plan, node, visitor);
        }
        if let Some(hierarchy) = self.levels.last_mut().and_then(|level| level.hierarchy.take()) {
            self.hierarchy_close(plan, hierarchy, visitor);
        }
        if self.judge.is_some() {
            self.judge_loop(plan, node, cursor.offset, visitor);
        }
        if self.item.as_ref().is_some_and(|item| item.depth == self.levels.len()) {
            self.item_close(cursor.offset, visitor);
        }
        self.levels.pop();
        visitor.loop_close(node);
    }

    pub(super) fn item_open(&mut self, plan: &Plan, node: NodeIx, start: u64, visitor: &mut impl Visitor) {
        if let Some(outer) = self.item.take() {
            let own = outer.inner_seen;
            self.judge_item(&outer, own, start);
            self.item_told(outer, own, start, visitor);
        }
        visitor.item_open(node);
        if let Some(judge) = &mut self.judge {
            judge.item_open(node);
        }
        self.incomplete = false;
        let inner = plan.guide.items.iter().find(|item| item.node == node).and_then(|item| item.inner);
        let rejected = self.levels.iter().any(|level| level.tainted);
        self.item = Some(Item { node, depth: self.levels.len(), start, rejected, inner, inner_seen: false });
    }

    /// Closes the open item, if there is one.
    pub(super) fn item_close(&mut self, end: u64, visitor: &mut impl Visitor) {
        if let Some(item) = self.item.take() {
            self.item_told(item, true, end, visitor);
        }
    }

    fn item_told(&mut self, item: Item, own: bool, end: u64, visitor: &mut impl Visitor) {
        if let Some(set) = self.set.as_mut().filter(|_| own) {
            set.items += 1;
            set.items_rejected += u64::from(item.rejected);
        }
        visitor.item_close(&ItemEnd { node: item.node, own, rejected: item.rejected, bytes: item.start..end });
    }

    #[cold]
    fn missing(&mut self, plan: &Plan, node: NodeIx, cursor: Cursor, visitor: &mut impl Visitor) {
        let guide = &plan.guide;
        let at = At {
            segment: cursor.ordinal,
            segment_id: Some(guide.node(node).segment),
            node: Some(node),
            bytes: cursor.offset..cursor.offset,
            ..At::default()
        };
        if guide.node(node).usage != Usage::Required {
            return self.companions_missing(plan, node, at, visitor);
        }
        let (is_loop, name) = (plan.step(node).is_loop, &guide.node(node).name);
        let base = guide.base_mandatory(node);
        let layer = if base { Layer::Base } else { Layer::Guide };
        let (rule, code) = match (is_loop, base) {
            (false, true) => (&catalog::SEGMENT_MISSING, SegmentCode::Missing),
            (false, false) => (&catalog::SEGMENT_MISSING_GUIDE, SegmentCode::UnderMin),
            (true, true) => (&catalog::LOOP_MISSING, SegmentCode::Missing),
            (true, false) => (&catalog::LOOP_MISSING_GUIDE, SegmentCode::LoopUnderMin),
        };
        let thing = if is_loop { "loop" } else { "segment" };
        let message = format!("{name}: expected this {thing} before here, found none");
        let scope = self.scope_here(plan, rule.snip);
        self.tell(Some(plan), Draft { rule, layer, message, fault: Fault::Segment(code), scope, at }, visitor);
    }

    #[cold]
    fn over_max(&mut self, plan: &Plan, segment: &Segment<'_>, node: NodeIx, count: u32, visitor: &mut impl Visitor) {
        let found = plan.guide.node(node);
        let at = At::segment(segment, Some(node));
        if count <= found.max {
            return self.companions_over_max(plan, node, count, at, visitor);
        }
        let base = found.base.is_some_and(|base| count > base.max);
        let layer = if base { Layer::Base } else { Layer::Guide };
        let (rule, code) = match (plan.step(node).is_loop, base) {
            (false, true) => (&catalog::SEGMENT_OVER_MAX, SegmentCode::OverMax),
            (false, false) => (&catalog::SEGMENT_OVER_MAX_GUIDE, SegmentCode::OverMax),
            (true, true) => (&catalog::LOOP_OVER_MAX, SegmentCode::LoopOverMax),
            (true, false) => (&catalog::LOOP_OVER_MAX_GUIDE, SegmentCode::LoopOverMax),
        };
        let message = format!("{}: expected at most {}, found {count}", found.name, found.max);
        let scope = self.scope_here(plan, rule.snip);
        self.tell(Some(plan), Draft { rule, layer, message, fault: Fault::Segment(code), scope, at }, visitor);
    }

    #[cold]
    fn lost(
        &mut self,
        plan: &Plan,
        segment: &Segment<'_>,
        node: Option<NodeIx>,
        (rule, code, layer): (&'static RuleInfo, SegmentCode, Layer),
        message: &str,
        visitor: &mut impl Visitor,
    ) {
        self.incomplete |= node.is_none();
        // Without its HL, what follows would be read as its neighbour's: that is never one item's fault alone.
        let scope = if segment.id() == HL { Scope::Set } else { self.scope_here(plan, rule.snip) };
        let at = At::segment(segment, Some(node.unwrap_or(self.walk.innermost())));
        let message = message.to_owned();
        self.tell(Some(plan), Draft { rule, layer, message, fault: Fault::Segment(code), scope, at }, visitor);
    }

    #[cold]
    fn element_faults(&mut self, plan: &Plan, segment: &Segment<'_>, node: NodeIx, visitor: &mut impl Visitor) {
        let mut faults = std::mem::take(&mut self.checker.faults);
        let bits = faults.iter().fold(0, |bits, fault| bits | 1u64.checked_shl(fault.at.element.into()).unwrap_or(0));
        self.faulty = (segment.ordinal(), bits);
        for fault in faults.drain(..) {
            let draft = self.element_draft(plan, segment, node, fault);
            self.tell(Some(plan), draft, visitor);
        }
        self.checker.faults = faults;
    }

    fn element_draft(&self, plan: &Plan, segment: &Segment<'_>, node: NodeIx, fault: ElementFault) -> Draft {
        let offset = segment.offset();
        let at = At {
            element: fault.at.element,
            component: fault.at.component,
            repetition: fault.at.repetition,
            bytes: offset + fault.bytes.start as u64..offset + fault.bytes.end as u64,
            ..At::segment(segment, Some(node))
        };
        // The table of elements knows the element even where the fault is the segment's as a whole.
        let used = plan.guide.elements_of(plan.guide.node(node)).get(usize::from(fault.at.element).wrapping_sub(1));
        let reference = match fault.reference {
            ElementId::NONE => used.map_or(ElementId::NONE, |used| used.element),
            known => known,
        };
        let scope = self.scope_here(plan, fault.rule.snip);
        let fault_code = Fault::Element { code: fault.code, reference };
        Draft { rule: fault.rule, layer: fault.layer, message: fault.message, fault: fault_code, scope, at }
    }
}

fn lost_rule(lost: Lost) -> ((&'static RuleInfo, SegmentCode, Layer), &'static str) {
    match lost {
        Lost::Unrecognized => (
            (&catalog::SEGMENT_UNRECOGNIZED, SegmentCode::Unrecognized, Layer::Base),
            "expected a segment that X12 knows, found another",
        ),
        Lost::NotInSet => (
            (&catalog::SEGMENT_NOT_IN_SET, SegmentCode::NotInSet, Layer::Base),
            "expected a segment of this transaction set, found another",
        ),
        Lost::NotUsed => (
            (&catalog::SEGMENT_NOT_USED, SegmentCode::NotUsed, Layer::Guide),
            "expected a segment that the guide uses, found another",
        ),
        Lost::Unexpected => (
            (&catalog::SEGMENT_UNEXPECTED, SegmentCode::Unexpected, Layer::Guide),
            "expected a segment that fits here by id and qualifiers, found another",
        ),
        Lost::Sequence => (
            (&catalog::SEGMENT_SEQUENCE, SegmentCode::Sequence, Layer::Base),
            "expected it before, found it out of sequence",
        ),
    }
}
