//! Cuts a file between its sets.

use std::collections::VecDeque;
use std::sync::mpsc::Receiver;

use super::Parallel;
use super::record::Event;
use super::work::{Run, RunPlace, Workers, read};
use crate::delimiters::Delimiters;
use crate::engine::core::{Core, Drive, GE, GS, IEA, SE, ST};
use crate::engine::state::{Group, Tally};
use crate::engine::{Options, Verdict, Visitor};
use crate::read::{BrokenIsa, Note, Sink, text};
use crate::segment::Segment;

/// Sets on their way to the threads, and what these tell on its way back.
pub(super) struct Cutter {
    parallel: Parallel,
    workers: Workers,
    /// Sets of the open group, back to back; at the end perhaps one that is not whole.
    bytes: Vec<u8>,
    /// Where the first byte stands in the file.
    offset: u64,
    delimiters: Delimiters,
    /// Of each whole set, whether its number came before in its group.
    told: Vec<bool>,
    /// How many bytes they have.
    whole: usize,
    /// ST02 of the set that is not whole.
    open: Option<String>,
    /// Runs that are with threads: how many bytes each has, and what it tells.
    waiting: VecDeque<(usize, Receiver<Vec<Event>>)>,
    waiting_bytes: usize,
}

impl Cutter {
    pub(super) fn new(options: &Options, parallel: Parallel) -> Self {
        Self {
            parallel,
            workers: Workers::new(options, parallel),
            bytes: Vec::new(),
            offset: 0,
            delimiters: Delimiters::default(),
            told: Vec::new(),
            whole: 0,
            open: None,
            waiting: VecDeque::new(),
            waiting_bytes: 0,
        }
    }

    fn open(&mut self, st: &Segment<'_>) {
        if self.bytes.is_empty() {
            self.offset = st.offset();
            self.delimiters = st.delimiters();
        }
        self.open = Some(st.element(2).map(text).unwrap_or_default());
        self.push(st);
    }

    fn push(&mut self, segment: &Segment<'_>) {
        self.bytes.extend_from_slice(segment.with_end());
    }

    /// Bytes of the set that is not whole.
    fn open_bytes(&self) -> usize {
        self.bytes.len() - self.whole
    }
}

/// The reader's sink: what stands in sets goes to the threads, all else to the core.
pub(super) struct Cut<'c, V> {
    pub(super) core: &'c mut Core,
    pub(super) cutter: &'c mut Cutter,
    pub(super) visitor: &'c mut V,
}

impl<V: Visitor> Cut<'_, V> {
    /// All that was read goes the core's way or is told: whatever comes next may hang on it.
    pub(super) fn settle(&mut self) {
        self.flush();
        if self.cutter.open.take().is_some() {
            let bytes = std::mem::take(&mut self.cutter.bytes);
            read(self.core, &bytes, self.cutter.offset, self.cutter.delimiters, self.visitor);
        }
    }

    /// The set is whole.
    fn close(&mut self) {
        let runs_max = self.core.options.limits.control_number_runs_max;
        let Some(number) = self.cutter.open.take() else { return };
        if let Some(interchange) = &mut self.core.interchange {
            interchange.stray = false;
        }
        if let Some(group) = &mut self.core.group {
            self.cutter.told.push(group.set_numbers.add(number.as_bytes(), runs_max));
        }
        self.cutter.whole = self.cutter.bytes.len();
        if self.cutter.whole >= self.cutter.parallel.chunk_bytes {
            self.begin();
        }
    }

    /// Hands the whole sets on.
    fn begin(&mut self) {
        let cutter = &mut *self.cutter;
        let (Some(group), Some(interchange)) = (&mut self.core.group, &self.core.interchange) else { return };
        let rest = cutter.bytes.split_off(cutter.whole);
        let bytes = std::mem::replace(&mut cutter.bytes, rest);
        let (offset, count, told) = (cutter.offset, bytes.len(), std::mem::take(&mut cutter.told));
        cutter.offset += count as u64;
        cutter.whole = 0;
        let before = group.sets;
        group.sets += told.len() as u32;
        let group = Group { header: group.header.clone(), sets: before, told: told.into_iter(), ..Group::default() };
        let today = self.core.checker.today;
        let place = RunPlace { interchange: self.core.interchanges, group: interchange.groups, today };
        let events = cutter.workers.begin(Run { bytes, offset, delimiters: cutter.delimiters, place, group });
        cutter.waiting.push_back((count, events));
        cutter.waiting_bytes += count;
        while self.cutter.waiting_bytes > self.cutter.parallel.waiting_bytes_max && self.tell_oldest() {}
    }

    /// Hands the whole sets on, and waits until all are told.
    fn flush(&mut self) {
        if self.cutter.whole > 0 {
            self.begin();
        }
        while self.tell_oldest() {}
    }

    /// Tells what the oldest run has to tell; `false` where there is none.
    fn tell_oldest(&mut self) -> bool {
        let Some((count, events)) = self.cutter.waiting.pop_front() else { return false };
        self.cutter.waiting_bytes -= count;
        loop {
            let Ok(batch) = events.recv() else {
                self.cutter.workers.lost();
                return false;
            };
            for event in batch {
                match &event {
                    Event::Done => return true,
                    Event::SetEnd(ended) => {
                        if let Some(group) = &mut self.core.group {
                            group.sets_with_errors += u32::from(ended.verdict == Verdict::AcceptedWithErrors);
                            group.tally.add(Tally {
                                sets: 1,
                                sets_rejected: u64::from(ended.verdict == Verdict::Rejected),
                                items: ended.items,
                                items_rejected: ended.items_rejected,
                            });
                        }
                    }
                    _ => {}
                }
                event.tell(self.visitor);
            }
        }
    }

    fn drive(&mut self) -> Drive<'_, V> {
        Drive { core: self.core, visitor: self.visitor }
    }
}

impl<V: Visitor> Sink for Cut<'_, V> {
    fn isa(&mut self, segment: &Segment<'_>, leading: &[u8]) {
        self.settle();
        self.drive().isa(segment, leading);
    }

    fn segment(&mut self, segment: &mut Segment<'_>) {
        if self.core.set.is_some() {
            return self.core.segment(segment, self.visitor);
        }
        match (segment.id(), self.cutter.open.is_some()) {
            (SE, true) => {
                self.cutter.push(segment);
                self.close();
            }
            (ST | GS | GE | IEA, true) => {
                self.settle();
                self.core.segment(segment, self.visitor);
            }
            (_, true) => {
                self.cutter.push(segment);
                if self.cutter.open_bytes() > self.cutter.parallel.set_bytes_max {
                    self.settle();
                }
            }
            (ST, false) if self.core.group.is_some() && !self.cutter.workers.none() => self.cutter.open(segment),
            _ => {
                self.flush();
                self.core.segment(segment, self.visitor);
            }
        }
    }

    fn broken_isa(&mut self, broken: &BrokenIsa) {
        self.settle();
        self.drive().broken_isa(broken);
    }

    fn note(&mut self, note: &Note) {
        self.settle();
        self.drive().note(note);
    }
}
