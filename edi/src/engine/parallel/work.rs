//! The threads that validate runs of sets.

use std::sync::mpsc::{self, Receiver, Sender, SyncSender};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use super::Parallel;
use super::record::{Event, Recorder};
use crate::delimiters::Delimiters;
use crate::engine::Options;
use crate::engine::core::{Core, Drive};
use crate::engine::state::{Group, Interchange};
use crate::read::Reader;
use crate::segment::Segment;

/// Batches of events that wait with each run of sets.
const BATCHES: usize = 4;

/// A run of whole sets of one group.
pub(super) struct Run {
    pub(super) bytes: Vec<u8>,
    /// Where its first byte stands in the file.
    pub(super) offset: u64,
    pub(super) delimiters: Delimiters,
    pub(super) place: RunPlace,
    /// The group as it is before the first of its sets.
    pub(super) group: Group,
}

/// Where a run's group stands.
#[derive(Clone, Copy)]
pub(super) struct RunPlace {
    pub(super) interchange: u32,
    pub(super) group: u32,
    /// What date is taken for today's.
    pub(super) today: u32,
}

struct Job {
    run: Run,
    events: SyncSender<Vec<Event>>,
}

/// The threads, and the way to them.
pub(super) struct Workers {
    jobs: Option<Sender<Job>>,
    threads: Vec<JoinHandle<()>>,
}

impl Workers {
    /// Starts the threads, as many as can be had.
    pub(super) fn new(options: &Options, parallel: Parallel) -> Self {
        let (jobs, waiting) = mpsc::channel();
        let waiting = Arc::new(Mutex::new(waiting));
        let start = |_| {
            let (options, waiting) = (options.clone(), Arc::clone(&waiting));
            let work = move || work(options, parallel.keeps, &waiting);
            std::thread::Builder::new().name("sets".to_owned()).spawn(work).ok()
        };
        let threads: Vec<_> = (0..parallel.threads.get()).filter_map(start).collect();
        Self { jobs: Some(jobs), threads }
    }

    /// Whether there are none.
    pub(super) fn none(&self) -> bool {
        self.threads.is_empty()
    }

    /// Has the next free thread validate a run; its events come in order.
    pub(super) fn begin(&self, run: Run) -> Receiver<Vec<Event>> {
        let (events, told) = mpsc::sync_channel(BATCHES);
        if let Some(jobs) = &self.jobs {
            // Fails when no thread is left: then nothing is told, and `lost` says why.
            let _ = jobs.send(Job { run, events });
        }
        told
    }

    /// A thread ended before its time: its panic goes on here.
    pub(super) fn lost(&mut self) {
        self.jobs = None;
        for thread in std::mem::take(&mut self.threads) {
            if let Err(panic) = thread.join() {
                std::panic::resume_unwind(panic);
            }
        }
    }
}

impl Drop for Workers {
    fn drop(&mut self) {
        self.jobs = None;
        for thread in std::mem::take(&mut self.threads) {
            // A panic was told by its thread.
            let _ = thread.join();
        }
    }
}

fn work(options: Options, keeps: fn(&Segment<'_>) -> bool, waiting: &Mutex<Receiver<Job>>) {
    let mut core = Core::new(options);
    loop {
        let next = waiting.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(Job { run, events }) = next else { return };
        let mut recorder = Recorder::new(keeps, events);
        validate(&mut core, run, &mut recorder);
        recorder.done();
    }
}

fn validate(core: &mut Core, run: Run, recorder: &mut Recorder) {
    core.interchanges = run.place.interchange;
    core.interchange = Some(Interchange { groups: run.place.group, ..Interchange::default() });
    core.group = Some(run.group);
    core.checker.today = run.place.today;
    read(core, &run.bytes, run.offset, run.delimiters, recorder);
}

/// Has a core read bytes of a group: whole segments that were framed before.
pub(super) fn read(
    core: &mut Core,
    bytes: &[u8],
    offset: u64,
    delimiters: Delimiters,
    visitor: &mut impl crate::engine::Visitor,
) {
    let mut reader = Reader::within(core.options.limits, delimiters, offset);
    let mut drive = Drive { core, visitor };
    // What was framed once is framed again without a refusal.
    let _ = reader.feed(bytes, &mut drive).and_then(|()| reader.finish(&mut drive));
}
