//! The engine over several threads: one reads the file and cuts it between transaction sets, others validate runs of whole sets, and
//! what they find is told in the order of the file. Threads compute alone; nothing here reads or writes.
//!
//! What a set's verdict hangs on outside of it (its ordinal, whether its number came before) goes with it to the thread that
//! validates it; what the envelope wants of the set (its verdict, its items) comes back with its end. A set that is too large to wait in
//! memory, or in whose bytes something is odd, is validated where the file is read, by the same code.

mod cut;
mod record;
mod work;

use std::num::NonZeroUsize;

use self::cut::{Cut, Cutter};
use self::record::Only;
use super::core::Core;
use super::{Options, Refusal, Visitor};
use crate::read::Reader;
use crate::segment::Segment;

/// How an engine over several threads works.
#[derive(Clone, Copy, Debug)]
pub struct Parallel {
    /// Threads that validate, besides the one that reads.
    pub threads: NonZeroUsize,
    /// Which segments of a set a visitor is told.
    pub keeps: fn(&Segment<'_>) -> bool,
    /// Sets are handed on together until they have so many bytes. 1 MiB.
    pub chunk_bytes: usize,
    /// A set of more bytes is validated as it is read. 8 MiB.
    pub set_bytes_max: usize,
    /// Bytes that wait for or are with threads; past it, reading waits for the oldest. 24 MiB.
    pub waiting_bytes_max: usize,
}

impl Parallel {
    /// So many threads, and no segments told.
    pub fn new(threads: NonZeroUsize) -> Self {
        Self { threads, keeps: |_| false, chunk_bytes: 1 << 20, set_bytes_max: 8 << 20, waiting_bytes_max: 24 << 20 }
    }
}

/// An [`super::Engine`] whose sets are validated by several threads. A visitor is told what an engine would tell it, in the same order,
/// but for loops, items, and the segments of sets that [`Parallel::keeps`] does not name. Where sets are told is not tied to the
/// bytes that were fed last.
pub struct ParallelEngine {
    reader: Reader,
    core: Core,
    cutter: Cutter,
    keeps: fn(&Segment<'_>) -> bool,
    ended: Option<Result<(), Refusal>>,
}

impl ParallelEngine {
    /// An engine at the start of a file, and its threads. Where none can be started, it works without.
    pub fn new(options: Options, parallel: Parallel) -> Self {
        Self {
            reader: Reader::new(options.limits),
            cutter: Cutter::new(&options, parallel),
            core: Core::new(options),
            keeps: parallel.keeps,
            ended: None,
        }
    }

    /// As [`super::Engine::feed`].
    pub fn feed<V: Visitor>(&mut self, bytes: &[u8], visitor: &mut V) -> Result<(), Refusal> {
        if let Some(ended) = self.ended {
            return ended;
        }
        let mut only = Only { visitor, keeps: self.keeps };
        let mut cut = Cut { core: &mut self.core, cutter: &mut self.cutter, visitor: &mut only };
        let fed = self.reader.feed(bytes, &mut cut);
        fed.inspect_err(|refusal| self.refused(*refusal, visitor))
    }

    /// As [`super::Engine::finish`].
    pub fn finish<V: Visitor>(&mut self, visitor: &mut V) -> Result<(), Refusal> {
        if let Some(ended) = self.ended {
            return ended;
        }
        let mut only = Only { visitor, keeps: self.keeps };
        let mut cut = Cut { core: &mut self.core, cutter: &mut self.cutter, visitor: &mut only };
        let finished = self.reader.finish(&mut cut);
        match finished {
            Ok(()) => {
                cut.settle();
                self.core.end(self.reader.position(), &mut only);
                self.ended = Some(Ok(()));
            }
            Err(refusal) => self.refused(refusal, visitor),
        }
        finished
    }

    fn refused(&mut self, refusal: Refusal, visitor: &mut impl Visitor) {
        let mut only = Only { visitor, keeps: self.keeps };
        Cut { core: &mut self.core, cutter: &mut self.cutter, visitor: &mut only }.settle();
        self.core.refused(&refusal, &mut only);
        self.ended = Some(Err(refusal));
    }
}
