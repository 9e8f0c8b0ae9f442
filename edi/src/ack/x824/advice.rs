//! The 824s of a group's sets, written while the engine reads.

use super::super::pen::Format;
use super::{Collector, Outcome, Settings, Writer};
use crate::engine::{GroupStart, SetEnd, SetStart, Visitor};
use crate::finding::Finding;
use crate::guide::NodeIx;
use crate::segment::Segment;

/// A [`Visitor`] that drives a [`Writer`] from a [`Collector`]. The faults of one set are kept in memory; the engine limits them.
#[derive(Debug)]
pub struct Advice {
    writer: Writer,
    collector: Collector,
    reference: String,
    sets: u32,
    spool: Vec<u8>,
    out: Vec<u8>,
}

impl Advice {
    /// For one group. `reference` begins BGN02 of each set; nothing else of ours begins so.
    pub fn new(settings: Settings, format: Format, reference: String) -> Self {
        Self {
            writer: Writer::new(settings, format),
            collector: Collector::new(),
            reference,
            sets: 0,
            spool: Vec::new(),
            out: Vec::new(),
        }
    }

    /// Sets that were written and not yet taken.
    pub fn output(&mut self) -> &mut Vec<u8> {
        &mut self.out
    }

    /// The writer, for the envelope.
    pub fn writer(&self) -> &Writer {
        &self.writer
    }
}

impl Visitor for Advice {
    fn group_start(&mut self, event: &GroupStart<'_>) {
        self.collector.group_start(event);
    }

    fn set_start(&mut self, event: &SetStart<'_>) {
        self.collector.set_start(event);
        self.writer.open();
        self.spool.clear();
    }

    fn segment(&mut self, segment: &Segment<'_>, node: Option<NodeIx>) {
        self.collector.segment(segment, node);
    }

    fn finding(&mut self, finding: &Finding) {
        self.collector.finding(finding);
        if self.collector.tells(finding) {
            self.writer.fault(finding, self.collector.guide(), &mut self.spool);
        }
    }

    fn set_end(&mut self, event: &SetEnd<'_>) {
        let (outcome, original) = (Outcome::of(event, &self.collector), self.collector.original());
        let Some((outcome, original)) = outcome.zip(original) else { return self.writer.discard() };
        self.sets += 1;
        let reference = format!("{}{:04}", self.reference, self.sets);
        for piece in self.writer.close(&original, &reference, outcome).into_iter().flatten() {
            piece.append(&self.spool, &mut self.out);
        }
    }
}
