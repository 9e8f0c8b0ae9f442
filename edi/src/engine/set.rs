//! ST and SE, and which guide a set is read by.

use super::core::Core;
use super::events::{SetEnd, SetHeader, SetStart, Verdict, Visitor};
use super::report::Draft;
use super::state::{At, Cursor, Level, Set, Tally};
use crate::finding::{Fault, Layer, RuleInfo, Scope, SetCode};
use crate::guide::{Guide, ItemKind, NodeIx, SegmentId};
use crate::read::text;
use crate::segment::Segment;
use crate::validate::{catalog, value};
use std::sync::Arc;

const BHT: SegmentId = SegmentId::lit("BHT");

impl Core {
    pub(super) fn set_header(&mut self, segment: &Segment<'_>, visitor: &mut impl Visitor) {
        let Some(group) = &mut self.group else { return };
        group.sets += 1;
        let header = SetHeader {
            code: segment.element(1).map(text).unwrap_or_default(),
            control_number: segment.element(2).map(text).unwrap_or_default(),
            convention: segment.element(3).map(text),
        };
        self.set = Some(Set { header, start: segment.offset(), segments: 1, ..Set::default() });
        let candidates = self.candidates();
        if candidates.len() > 1 {
            if let Some(set) = &mut self.set {
                set.pending = Some(segment.to_owned());
            }
            return;
        }
        self.set_open(segment, candidates.first(), visitor);
    }

    /// The guides that ST03 and ST01, or else GS08 and ST01, name.
    fn candidates(&self) -> Vec<Arc<Guide>> {
        let (Some(group), Some(set)) = (&self.group, &self.set) else { return Vec::new() };
        let of = |revision: &str| -> Vec<Arc<Guide>> {
            self.options.guides.matching(revision.as_bytes(), set.header.code.as_bytes()).cloned().collect()
        };
        let named = set.header.convention.as_deref().map(of).unwrap_or_default();
        if named.is_empty() { of(&group.header.version) } else { named }
    }

    /// Where BHT02 must tell which guide a set is read by: opens the set once the segment after ST is there, or the end.
    #[cold]
    pub(super) fn guide_by_purpose(&mut self, next: Option<&Segment<'_>>, visitor: &mut impl Visitor) {
        let Some(st) = self.set.as_mut().and_then(|set| set.pending.take()) else { return };
        let purpose = next.filter(|next| next.id() == BHT).and_then(|bht| bht.text(2));
        let candidates = self.candidates();
        let fits = |guide: &&Arc<Guide>| guide.purpose.is_none() || guide.purpose.as_deref() == purpose;
        let guide = candidates.iter().find(fits).or(candidates.first());
        self.set_open(&st.view(), guide, visitor);
    }

    fn set_open(&mut self, st: &Segment<'_>, guide: Option<&Arc<Guide>>, visitor: &mut impl Visitor) {
        let mut st = *st;
        st.set_ordinal(1);
        let plan = guide.map(|guide| self.plan_of(guide));
        let (Some(group), Some(set)) = (&self.group, &self.set) else { return };
        let start = SetStart { ordinal: group.sets, header: &set.header, guide, offset: set.start };
        visitor.set_start(&start);
        self.judge = plan.as_ref().filter(|plan| plan.judges).map(|_| self.judge.take().unwrap_or_default());
        if let Some(judge) = &mut self.judge {
            judge.set_start(&start);
        }
        self.levels.clear();
        self.item = None;
        let Some(plan) = plan else {
            visitor.segment(&st, None);
            self.set_header_faults(&st, None, visitor);
            return;
        };
        self.walk.start(&plan);
        self.rules.start(&plan.rules);
        self.faulty = (0, 0);
        self.incomplete = false;
        self.levels.push(Level { node: NodeIx::ROOT, tainted: false, hierarchy: None });
        if plan.guide.item_kind == ItemKind::Set {
            self.item_open(&plan, NodeIx::ROOT, st.offset(), visitor);
        }
        self.plan = Some(plan);
        self.placed_segment(&st, visitor);
        self.set_header_faults(&st, guide, visitor);
    }

    fn set_header_faults(&mut self, st: &Segment<'_>, guide: Option<&Arc<Guide>>, visitor: &mut impl Visitor) {
        let runs_max = self.options.limits.control_number_runs_max;
        let (Some(group), Some(set)) = (&mut self.group, &self.set) else { return };
        let number = set.header.control_number.as_bytes();
        let identified = set.header.code.len() == 3;
        let numbered = (4..=9).contains(&number.len()) && number.iter().all(u8::is_ascii_alphanumeric);
        let once = !group.told.next().unwrap_or_else(|| group.set_numbers.add(number, runs_max));
        let version = group.header.version.clone();
        let convention = set.header.convention.clone();
        // An unknown version is the group's fault.
        let known = self.options.guides.of_revision(&version).next().is_some();
        let same = !known || convention.is_none() || convention.as_deref() == Some(version.as_str());
        let supported = !known || guide.is_some();
        let checks: [(bool, &'static RuleInfo, SetCode, u16, &str); 5] = [
            (identified, &catalog::SET_HEADER, SetCode::Identifier, 1, "a set identifier of three characters"),
            (numbered, &catalog::SET_HEADER, SetCode::ControlNumber, 2, "a control number of four to nine characters"),
            (
                once,
                &catalog::SET_NUMBER_TWICE,
                SetCode::ControlNumberTwice,
                2,
                "a control number of its own in the group",
            ),
            (same, &catalog::CONVENTION, SetCode::Convention, 3, "the guide that GS08 names"),
            (supported, &catalog::SET_NOT_SUPPORTED, SetCode::NotSupported, 1, "a set of the guide that GS08 names"),
        ];
        for (_, rule, code, element, expected) in checks.into_iter().filter(|check| !check.0) {
            let message = format!("ST{element:02}: expected {expected}, found something else");
            self.tell_set(rule, code, message, At::element(st, None, element), visitor);
        }
        let revision = convention.as_deref().unwrap_or(&version);
        if guide.is_some_and(|guide| guide.revision != revision && guide.reads(revision.as_bytes())) {
            let draft = Draft {
                rule: &catalog::REVISION,
                layer: Layer::Guide,
                message: "read as the guide of a neighbouring revision".to_owned(),
                fault: Fault::None,
                scope: Scope::Set,
                at: At::element(st, None, 3),
            };
            self.tell(None, draft, visitor);
        }
    }

    pub(super) fn set_trailer(&mut self, segment: &mut Segment<'_>, visitor: &mut impl Visitor) {
        self.set_segment(segment, visitor);
        let Some(set) = &self.set else { return };
        let counts = segment.element(1).and_then(value::digits) == Some(u64::from(set.segments));
        let same = segment.element(2) == Some(set.header.control_number.as_bytes());
        let cursor = Cursor { offset: segment.offset(), ordinal: segment.ordinal() };
        self.walk_end(cursor, visitor);
        if !counts {
            let message = "SE01: expected the number of segments, found another".to_owned();
            let at = At::element(segment, None, 1);
            self.tell_set(&catalog::SET_TRAILER, SetCode::SegmentCount, message, at, visitor);
        }
        if !same {
            let message = "SE02: expected ST02's control number, found another".to_owned();
            let at = At::element(segment, None, 2);
            self.tell_set(&catalog::SET_TRAILER, SetCode::ControlNumberMismatch, message, at, visitor);
        }
        self.set_end(segment.offset() + segment.bytes().len() as u64 + 1, visitor);
    }

    /// The set ends without its SE.
    pub(super) fn set_cut(&mut self, cursor: Cursor, visitor: &mut impl Visitor) {
        let Some(set) = &self.set else { return };
        let cursor = Cursor { ordinal: set.segments, ..cursor };
        let at = At { segment: set.segments, bytes: cursor.offset..cursor.offset, ..At::default() };
        let message = "expected SE, found none".to_owned();
        self.tell_set(&catalog::SET_TRAILER, SetCode::TrailerMissing, message, at, visitor);
        self.walk_close(cursor, visitor);
        self.set_end(cursor.offset, visitor);
    }

    fn tell_set(
        &mut self,
        rule: &'static RuleInfo,
        code: SetCode,
        message: String,
        at: At,
        visitor: &mut impl Visitor,
    ) {
        let fault = Fault::Set(code);
        self.tell(None, Draft { rule, layer: Layer::Base, message, fault, scope: Scope::Set, at }, visitor);
    }

    fn set_end(&mut self, end: u64, visitor: &mut impl Visitor) {
        self.judge_set(end, visitor);
        self.item_close(end, visitor);
        let plan = self.plan.take();
        self.levels.clear();
        let (Some(set), Some(group)) = (self.set.take(), &mut self.group) else { return };
        let verdict = match (set.rejected, set.noted) {
            (true, _) => Verdict::Rejected,
            (false, true) => Verdict::AcceptedWithErrors,
            (false, false) => Verdict::Accepted,
        };
        // A set that no guide describes goes nowhere, whatever takes it down.
        let rejected = set.rejected || set.rejected_by_rule || plan.is_none();
        let verdict = if plan.is_none() { Verdict::Rejected } else { verdict };
        let items_rejected = if rejected { set.items } else { set.items_rejected };
        group.sets_with_errors += u32::from(verdict == Verdict::AcceptedWithErrors);
        group.tally.add(Tally {
            sets: 1,
            sets_rejected: u64::from(verdict == Verdict::Rejected),
            items: set.items,
            items_rejected,
        });
        visitor.set_end(&SetEnd {
            ordinal: group.sets,
            header: &set.header,
            guide: plan.as_ref().map(|plan| &plan.guide),
            verdict,
            codes: &set.codes,
            rejected,
            segments: set.segments,
            items: set.items,
            items_rejected,
            bytes: set.start..end,
        });
    }
}
