//! What a set tells, kept until it is its turn.

use std::ops::Range;
use std::sync::Arc;
use std::sync::mpsc::SyncSender;

use crate::engine::events::{GroupEnd, GroupStart, InterchangeEnd, InterchangeStart, SetEnd, SetHeader, SetStart};
use crate::engine::{Verdict, Visitor};
use crate::finding::{Finding, SetCode};
use crate::guide::{Guide, NodeIx};
use crate::segment::{OwnedSegment, Segment};

/// Events that are handed on at once.
const BATCH: usize = 256;

/// An event that owns what it tells.
pub(super) enum Event {
    SetStart {
        ordinal: u32,
        header: SetHeader,
        guide: Option<Arc<Guide>>,
        offset: u64,
    },
    Segment(OwnedSegment, Option<NodeIx>),
    Finding(Finding),
    SetEnd(Ended),
    /// Nothing follows.
    Done,
}

/// A [`SetEnd`] that owns what it tells.
pub(super) struct Ended {
    ordinal: u32,
    header: SetHeader,
    guide: Option<Arc<Guide>>,
    pub(super) verdict: Verdict,
    codes: Vec<SetCode>,
    rejected: bool,
    segments: u32,
    pub(super) items: u64,
    pub(super) items_rejected: u64,
    bytes: Range<u64>,
}

impl Event {
    /// Tells it.
    pub(super) fn tell(&self, visitor: &mut impl Visitor) {
        match self {
            Self::SetStart { ordinal, header, guide, offset } => {
                visitor.set_start(&SetStart { ordinal: *ordinal, header, guide: guide.as_ref(), offset: *offset });
            }
            Self::Segment(segment, node) => visitor.segment(&segment.view(), *node),
            Self::Finding(finding) => visitor.finding(finding),
            Self::SetEnd(ended) => visitor.set_end(&SetEnd {
                ordinal: ended.ordinal,
                header: &ended.header,
                guide: ended.guide.as_ref(),
                verdict: ended.verdict,
                codes: &ended.codes,
                rejected: ended.rejected,
                segments: ended.segments,
                items: ended.items,
                items_rejected: ended.items_rejected,
                bytes: ended.bytes.clone(),
            }),
            Self::Done => {}
        }
    }
}

/// Hands events on in batches. Waits where they are not taken, so that findings do not pile up.
pub(super) struct Recorder {
    pub(super) keeps: fn(&Segment<'_>) -> bool,
    batch: Vec<Event>,
    to: SyncSender<Vec<Event>>,
}

impl Recorder {
    pub(super) fn new(keeps: fn(&Segment<'_>) -> bool, to: SyncSender<Vec<Event>>) -> Self {
        Self { keeps, batch: Vec::new(), to }
    }

    fn push(&mut self, event: Event) {
        self.batch.push(event);
        if self.batch.len() >= BATCH {
            self.hand_on();
        }
    }

    fn hand_on(&mut self) {
        // Whoever does not want it any more has gone.
        let _ = self.to.send(std::mem::take(&mut self.batch));
    }

    /// All is told.
    pub(super) fn done(mut self) {
        self.batch.push(Event::Done);
        self.hand_on();
    }
}

impl Visitor for Recorder {
    fn set_start(&mut self, event: &SetStart<'_>) {
        let &SetStart { ordinal, offset, .. } = event;
        self.push(Event::SetStart { ordinal, header: event.header.clone(), guide: event.guide.cloned(), offset });
    }

    fn segment(&mut self, segment: &Segment<'_>, node: Option<NodeIx>) {
        if (self.keeps)(segment) {
            self.push(Event::Segment(segment.to_owned(), node));
        }
    }

    fn finding(&mut self, finding: &Finding) {
        self.push(Event::Finding(finding.clone()));
    }

    fn set_end(&mut self, event: &SetEnd<'_>) {
        let &SetEnd { ordinal, verdict, rejected, segments, items, items_rejected, .. } = event;
        self.push(Event::SetEnd(Ended {
            ordinal,
            header: event.header.clone(),
            guide: event.guide.cloned(),
            verdict,
            codes: event.codes.to_vec(),
            rejected,
            segments,
            items,
            items_rejected,
            bytes: event.bytes.clone(),
        }));
    }
}

/// Hands on what comes back from other threads too, so that it is all one where a set was validated.
pub(super) struct Only<'v, V> {
    pub(super) visitor: &'v mut V,
    pub(super) keeps: fn(&Segment<'_>) -> bool,
}

impl<V: Visitor> Visitor for Only<'_, V> {
    fn interchange_start(&mut self, event: &InterchangeStart<'_>) {
        self.visitor.interchange_start(event);
    }

    fn ta1(&mut self, segment: &Segment<'_>) {
        self.visitor.ta1(segment);
    }

    fn group_start(&mut self, event: &GroupStart<'_>) {
        self.visitor.group_start(event);
    }

    fn set_start(&mut self, event: &SetStart<'_>) {
        self.visitor.set_start(event);
    }

    fn segment(&mut self, segment: &Segment<'_>, node: Option<NodeIx>) {
        if (self.keeps)(segment) {
            self.visitor.segment(segment, node);
        }
    }

    fn finding(&mut self, finding: &Finding) {
        self.visitor.finding(finding);
    }

    fn set_end(&mut self, event: &SetEnd<'_>) {
        self.visitor.set_end(event);
    }

    fn group_end(&mut self, event: &GroupEnd<'_>) {
        self.visitor.group_end(event);
    }

    fn interchange_end(&mut self, event: &InterchangeEnd<'_>) {
        self.visitor.interchange_end(event);
    }
}
