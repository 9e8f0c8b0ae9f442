//! The engine: bytes in, events out, in one pass.

mod body;
mod companions;
mod core;
mod events;
mod group;
mod hierarchy;
mod interchange;
mod numbers;
mod options;
mod parallel;
mod report;
mod rules;
mod set;
mod state;

pub use crate::read::{InterchangeHeader, Refusal, RefusalReason};
pub use events::{
    GroupEnd, GroupHeader, GroupStart, InterchangeEnd, InterchangeStart, ItemEnd, SetEnd, SetHeader, SetStart, Verdict,
    Visitor,
};
pub use options::{CharacterSet, Limits, Options};
pub use parallel::{Parallel, ParallelEngine};

use self::core::{Core, Drive};
use crate::read::Reader;

/// Reads one file (or message), validates it and tells a [`Visitor`] everything in order. Any chunking of the bytes gives the
/// same events. Memory holds one segment and the loops that are open.
pub struct Engine {
    reader: Reader,
    core: Core,
    ended: Option<Result<(), Refusal>>,
}

impl Engine {
    /// An engine at the start of a file.
    pub fn new(options: Options) -> Self {
        Self { reader: Reader::new(options.limits), core: Core::new(options), ended: None }
    }

    /// Takes the next bytes. On a [`Refusal`] nothing more can be framed: what was open has been told as cut. After it, and
    /// after [`Engine::finish`], no bytes are taken and the same result is given again.
    pub fn feed<V: Visitor>(&mut self, bytes: &[u8], visitor: &mut V) -> Result<(), Refusal> {
        if let Some(ended) = self.ended {
            return ended;
        }
        let fed = self.reader.feed(bytes, &mut Drive { core: &mut self.core, visitor });
        fed.inspect_err(|refusal| self.refused(*refusal, visitor))
    }

    /// The file has ended: closes what is open and says what is missing.
    pub fn finish<V: Visitor>(&mut self, visitor: &mut V) -> Result<(), Refusal> {
        if let Some(ended) = self.ended {
            return ended;
        }
        let finished = self.reader.finish(&mut Drive { core: &mut self.core, visitor });
        match finished {
            Ok(()) => {
                self.core.end(self.reader.position(), visitor);
                self.ended = Some(Ok(()));
            }
            Err(refusal) => self.refused(refusal, visitor),
        }
        finished
    }

    fn refused(&mut self, refusal: Refusal, visitor: &mut impl Visitor) {
        self.core.refused(&refusal, visitor);
        self.ended = Some(Err(refusal));
    }
}

/// Runs a whole file that is at hand through a visitor.
pub fn run(bytes: &[u8], options: Options, visitor: &mut impl Visitor) -> Result<(), Refusal> {
    let mut engine = Engine::new(options);
    engine.feed(bytes, visitor)?;
    engine.finish(visitor)
}
