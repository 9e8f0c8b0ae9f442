//! What companions find, and how it is told: as SNIP 7, for the claim or the set, whatever the guide says besides.

use super::core::Core;
use super::events::{ItemEnd, Visitor};
use super::report::Draft;
use super::state::{At, Item};
use crate::ack::x277ca::business_of;
use crate::companion::{Companion, Kind, Opening, Verdict, breaches};
use crate::finding::{Fault, Layer, SegmentCode};
use crate::guide::{NodeIx, SegmentId};
use crate::segment::Segment;
use crate::validate::Plan;

impl Core {
    /// A segment whose elements some companion looks at.
    #[cold]
    pub(super) fn companions_segment(
        &mut self,
        plan: &Plan,
        segment: &Segment<'_>,
        node: NodeIx,
        visitor: &mut impl Visitor,
    ) {
        for companion in plan.companions.iter().filter(|companion| companion.touches(node)) {
            for breach in breaches(companion, node, segment) {
                let start = segment.offset();
                let at = At {
                    element: breach.element,
                    component: breach.component,
                    repetition: breach.repetition,
                    bytes: start + breach.bytes.start as u64..start + breach.bytes.end as u64,
                    ..At::segment(segment, Some(node))
                };
                let fault = Fault::Element { code: breach.code, reference: breach.reference };
                self.tell_companion(plan, (companion, breach.kind), breach.message, fault, at, visitor);
            }
        }
    }

    /// A loop or segment that the guide leaves open did not come.
    #[cold]
    pub(super) fn companions_missing(&mut self, plan: &Plan, node: NodeIx, at: At, visitor: &mut impl Visitor) {
        let is_loop = plan.step(node).is_loop;
        let (thing, code) = match is_loop {
            true => ("loop", SegmentCode::LoopUnderMin),
            false => ("segment", SegmentCode::UnderMin),
        };
        let name = &plan.guide.node(node).name;
        for companion in plan.companions.iter().filter(|companion| companion.requires(node)) {
            let title = companion.title();
            let message = format!("{name}: expected by {title}: this {thing} before here, found none");
            let (what, at) = ((companion, Kind::Missing), at.clone());
            self.tell_companion(plan, what, message, Fault::Segment(code), at, visitor);
        }
    }

    /// A loop or segment stands as often as its guide lets it, and more often than a companion does.
    #[cold]
    pub(super) fn companions_over_max(
        &mut self,
        plan: &Plan,
        node: NodeIx,
        count: u32,
        at: At,
        visitor: &mut impl Visitor,
    ) {
        let name = &plan.guide.node(node).name;
        for companion in plan.companions.iter().filter(|companion| count > companion.max(node)) {
            let (title, max) = (companion.title(), companion.max(node));
            let (kind, code, message) = match (max, plan.step(node).is_loop) {
                (0, _) => {
                    let message = format!("{name}: expected by {title}: nothing, found one");
                    (Kind::NotUsed, SegmentCode::NotUsed, message)
                }
                (_, is_loop) => {
                    let message = format!("{name}: expected by {title}: at most {max}, found {count}");
                    let code = if is_loop { SegmentCode::LoopOverMax } else { SegmentCode::OverMax };
                    (Kind::OverMax, code, message)
                }
            };
            self.tell_companion(plan, (companion, kind), message, Fault::Segment(code), at.clone(), visitor);
        }
    }

    /// A loop closes; where it is the open item's, the item ends.
    #[cold]
    pub(super) fn judge_loop(&mut self, plan: &Plan, node: NodeIx, end: u64, visitor: &mut impl Visitor) {
        if let Some(item) = self.item.take_if(|item| item.depth == self.levels.len()) {
            self.judge_item(&item, true, end);
            self.item = Some(item);
        }
        if let Some(judge) = &mut self.judge {
            judge.loop_close(node);
            self.verdicts(plan, visitor);
        }
    }

    /// The set ends; where it is the item, that ends too.
    pub(super) fn judge_set(&mut self, end: u64, visitor: &mut impl Visitor) {
        let Some(plan) = self.plan.clone().filter(|plan| plan.judges) else { return };
        if let Some(item) = self.item.take() {
            self.judge_item(&item, true, end);
            self.item = Some(item);
        }
        if let Some(judge) = &mut self.judge {
            judge.set_end();
            self.verdicts(&plan, visitor);
        }
    }

    /// An item ends: what holds items against expressions is told.
    pub(super) fn judge_item(&mut self, item: &Item, own: bool, end: u64) {
        if let Some(judge) = &mut self.judge {
            judge.item_close(&ItemEnd { node: item.node, own, rejected: item.rejected, bytes: item.start..end });
        }
    }

    fn verdicts(&mut self, plan: &Plan, visitor: &mut impl Visitor) {
        let Some(judge) = &mut self.judge else { return };
        for (opening, verdicts) in judge.verdicts(&plan.companions) {
            for verdict in verdicts {
                self.verdict(plan, &opening, &verdict, visitor);
            }
        }
    }

    fn verdict(&mut self, plan: &Plan, opening: &Opening, verdict: &Verdict<'_>, visitor: &mut impl Visitor) {
        let Verdict { companion, rule, unknown } = verdict;
        let name = &plan.guide.node(opening.node).name;
        let own_word = plan.alone || self.options.application_advice;
        let (info, message, fault) = match unknown {
            None if own_word => (rule.info, rule.message.to_owned(), Fault::Business(rule.business)),
            None => (rule.info, rule.message.to_owned(), Fault::Segment(rule.code)),
            Some(why) => {
                let message = format!("expected {why} in rule {}: it was not judged", rule.info.id);
                (companion.info(Kind::NotJudged), message, Fault::None)
            }
        };
        let at = At {
            segment: opening.segment,
            segment_id: Some(opening.id).filter(|id| !id.is_none()),
            node: Some(opening.node),
            bytes: opening.bytes.clone(),
            ..At::default()
        };
        let scope = self.scope_here(plan, info.snip);
        let message = format!("{name}: {message}");
        self.tell(Some(plan), Draft { rule: info, layer: Layer::Guide, message, fault, scope, at }, visitor);
    }

    fn tell_companion(
        &mut self,
        plan: &Plan,
        (companion, kind): (&Companion, Kind),
        message: String,
        fault: Fault,
        at: At,
        visitor: &mut impl Visitor,
    ) {
        let rule = companion.info(kind);
        // As with rules of that type: where a 277CA or an 824 follows, that is where it stands.
        let fault = if plan.alone || self.options.application_advice {
            let segment = at.segment_id.unwrap_or(SegmentId::NONE);
            let node = at.node.map(|node| (&*plan.guide, node));
            Fault::Business(business_of(fault, node, segment.as_str(), (at.element, at.component)))
        } else {
            fault
        };
        let scope = self.scope_here(plan, rule.snip);
        self.tell(Some(plan), Draft { rule, layer: Layer::Guide, message, fault, scope, at }, visitor);
    }
}
