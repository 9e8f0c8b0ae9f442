//! The engine's state machine: which envelope a segment belongs to.

use super::events::{InterchangeStart, Visitor};
use super::options::Options;
use super::report::Draft;
use super::state::{At, Cursor, Group, Interchange, Item, Level, Set};
use crate::companion::Judge;
use crate::delimiters::DelimiterKind;
use crate::finding::{Fault, InterchangeCode, Layer, RuleInfo, Scope};
use crate::guide::{Guide, SegmentId};
use crate::read::{BrokenIsa, Note, NoteKind, Refusal, RefusalReason, Sink};
use crate::segment::Segment;
use crate::validate::rules::{Complaint, Runner};
use crate::validate::{Checker, Move, Plan, Walk, catalog};
use std::sync::Arc;

/// Everything but the reader.
pub(super) struct Core {
    pub(super) options: Options,
    plans: Vec<Arc<Plan>>,
    /// Ordinal of the interchange that is open or was last.
    pub(super) interchanges: u32,
    pub(super) interchange: Option<Interchange>,
    pub(super) group: Option<Group>,
    pub(super) set: Option<Set>,
    /// The open set's guide.
    pub(super) plan: Option<Arc<Plan>>,
    pub(super) walk: Walk,
    pub(super) moves: Vec<Move>,
    pub(super) levels: Vec<Level>,
    pub(super) item: Option<Item>,
    pub(super) checker: Checker,
    pub(super) rules: Runner,
    pub(super) complaints: Vec<Complaint>,
    /// Where companions have expressions: what holds items against them.
    pub(super) judge: Option<Box<Judge>>,
    /// The last segment with faulty elements: its ordinal, and a bit for each such element.
    pub(super) faulty: (u32, u64),
    /// A segment of the open item, or above items of the set, has no place: sums over it mean nothing.
    pub(super) incomplete: bool,
}

pub(super) const ST: SegmentId = SegmentId::lit("ST");
pub(super) const SE: SegmentId = SegmentId::lit("SE");
pub(super) const GS: SegmentId = SegmentId::lit("GS");
pub(super) const GE: SegmentId = SegmentId::lit("GE");
pub(super) const IEA: SegmentId = SegmentId::lit("IEA");
const TA1: SegmentId = SegmentId::lit("TA1");

impl Core {
    pub(super) fn new(options: Options) -> Self {
        let checker = Checker::new(options.character_set);
        Self {
            options,
            plans: Vec::new(),
            interchanges: 0,
            interchange: None,
            group: None,
            set: None,
            plan: None,
            walk: Walk::default(),
            moves: Vec::new(),
            levels: Vec::new(),
            item: None,
            checker,
            rules: Runner::default(),
            complaints: Vec::new(),
            judge: None,
            faulty: (0, 0),
            incomplete: false,
        }
    }

    /// The plan of a guide.
    pub(super) fn plan_of(&mut self, guide: &Arc<Guide>) -> Arc<Plan> {
        if let Some(plan) = self.plans.iter().find(|plan| Arc::ptr_eq(&plan.guide, guide)) {
            return Arc::clone(plan);
        }
        let Options { rules, companions, snip_max, .. } = &self.options;
        let plan = rules.plans.plan(guide, rules, companions, *snip_max);
        self.plans.push(Arc::clone(&plan));
        plan
    }

    #[inline]
    pub(super) fn segment(&mut self, segment: &mut Segment<'_>, visitor: &mut impl Visitor) {
        if let Some(set) = &self.set {
            if set.pending.is_some() {
                self.guide_by_purpose(Some(segment), visitor);
            }
            match segment.id() {
                SE => self.set_trailer(segment, visitor),
                ST | GS | GE | IEA => {
                    self.set_cut(Cursor { offset: segment.offset(), ordinal: 0 }, visitor);
                    self.envelope(segment, visitor);
                }
                _ => self.set_segment(segment, visitor),
            }
        } else {
            self.envelope(segment, visitor);
        }
    }

    fn envelope(&mut self, segment: &Segment<'_>, visitor: &mut impl Visitor) {
        let in_group = self.group.is_some();
        let before = self.interchange.as_mut().is_some_and(|interchange| std::mem::take(&mut interchange.stray));
        match segment.id() {
            ST if in_group => self.set_header(segment, visitor),
            GE if in_group => self.group_trailer(segment, visitor),
            GS => {
                self.group_cut(segment.offset(), visitor);
                self.group_header(segment, visitor);
            }
            IEA => {
                self.group_cut(segment.offset(), visitor);
                self.interchange_trailer(segment, visitor);
            }
            TA1 if !in_group => visitor.ta1(segment),
            _ => self.stray(segment, before, visitor),
        }
    }

    /// A segment that the envelope has no place for; of several in a row, the first is told.
    fn stray(&mut self, segment: &Segment<'_>, before: bool, visitor: &mut impl Visitor) {
        if let Some(interchange) = &mut self.interchange {
            interchange.stray = true;
        }
        if before {
            return;
        }
        let place = if self.group.is_some() { "ST or GE" } else { "TA1, GS or IEA" };
        let message = format!("expected {place}, found another segment");
        let at = At::segment(segment, None);
        self.tell_interchange(&catalog::INTERCHANGE_STRUCTURE, InterchangeCode::ControlStructure, message, at, visitor);
    }

    /// The input has ended: what is open is cut.
    pub(super) fn end(&mut self, offset: u64, visitor: &mut impl Visitor) {
        if self.set.is_some() {
            self.guide_by_purpose(None, visitor);
            self.set_cut(Cursor { offset, ordinal: 0 }, visitor);
        }
        self.group_cut(offset, visitor);
        self.interchange_cut(offset, visitor);
    }

    /// Nothing more can be framed.
    pub(super) fn refused(&mut self, refusal: &Refusal, visitor: &mut impl Visitor) {
        let offset = refusal.offset;
        if self.interchange.is_some() {
            let (rule, code) = refusal_code(&refusal.reason);
            let at = At { bytes: offset..offset, ..At::default() };
            self.tell_interchange(rule, code, refusal.reason.to_string(), at, visitor);
        }
        self.end(offset, visitor);
    }

    pub(super) fn tell_interchange(
        &mut self,
        rule: &'static RuleInfo,
        code: InterchangeCode,
        message: String,
        at: At,
        visitor: &mut impl Visitor,
    ) {
        let fault = Fault::Interchange(code);
        self.tell(None, Draft { rule, layer: Layer::Base, message, fault, scope: Scope::Interchange, at }, visitor);
    }
}

fn refusal_code(reason: &RefusalReason) -> (&'static RuleInfo, InterchangeCode) {
    let code = match reason {
        RefusalReason::IsaTruncated { .. } => InterchangeCode::PrematureEnd,
        RefusalReason::Delimiter(DelimiterKind::Element) => InterchangeCode::ElementSeparator,
        RefusalReason::Delimiter(DelimiterKind::Component) => InterchangeCode::ComponentSeparator,
        RefusalReason::Delimiter(DelimiterKind::Terminator) => InterchangeCode::Terminator,
        RefusalReason::Delimiter(DelimiterKind::Repetition) => InterchangeCode::Content,
        RefusalReason::SegmentTooLong { .. } | RefusalReason::BinaryTooLong { .. } => {
            return (&catalog::SEGMENT_LENGTH, InterchangeCode::Content);
        }
        _ => InterchangeCode::ControlStructure,
    };
    (&catalog::INTERCHANGE_FRAMING, code)
}

/// The reader's sink: the core with its visitor.
pub(super) struct Drive<'c, V> {
    pub(super) core: &'c mut Core,
    pub(super) visitor: &'c mut V,
}

impl<V: Visitor> Sink for Drive<'_, V> {
    fn isa(&mut self, segment: &Segment<'_>, leading: &[u8]) {
        self.core.end(segment.offset(), self.visitor);
        self.core.interchange_header(segment, leading, self.visitor);
    }

    #[inline]
    fn segment(&mut self, segment: &mut Segment<'_>) {
        self.core.segment(segment, self.visitor);
    }

    fn broken_isa(&mut self, broken: &BrokenIsa) {
        let (core, start) = (&mut *self.core, broken.bytes.start);
        core.end(start, self.visitor);
        core.interchanges += 1;
        self.visitor.interchange_start(&InterchangeStart {
            ordinal: core.interchanges,
            header: &broken.header,
            delimiters: broken.delimiters,
            segment: None,
            offset: start,
            leading: &[],
        });
        core.interchange = Some(Interchange { header: broken.header.clone(), start, ..Interchange::default() });
    }

    fn note(&mut self, note: &Note) {
        let at = At { bytes: note.bytes.clone(), ..At::default() };
        let core = &mut *self.core;
        let (rule, code, message) = match note.kind {
            NoteKind::ByteOrderMark => {
                (&catalog::BYTE_ORDER_MARK, None, "expected ISA, found a byte order mark before it")
            }
            NoteKind::NoRepetitionSeparator => {
                (&catalog::REPETITION_SEPARATOR, None, "expected a repetition separator in ISA11, found none")
            }
            NoteKind::TextOutside => {
                (&catalog::TEXT_OUTSIDE, None, "expected an interchange or the end, found other text")
            }
            NoteKind::Unterminated => (
                &catalog::UNTERMINATED,
                Some(InterchangeCode::PrematureEnd),
                "expected a segment terminator, found the end of input",
            ),
            NoteKind::BinaryLength => (
                &catalog::BINARY_LENGTH,
                Some(InterchangeCode::Content),
                "expected a terminator after the declared length, found another byte",
            ),
        };
        let message = message.to_owned();
        match code {
            Some(code) => core.tell_interchange(rule, code, message, at, self.visitor),
            None => {
                let (fault, scope) = (Fault::None, Scope::File);
                core.tell(None, Draft { rule, layer: Layer::Base, message, fault, scope, at }, self.visitor);
            }
        }
    }
}
