//! 824, application advice 005010X186A1: one for each set that has no 277CA, saying whether the application takes it and, if not, why.
//!
//! A 999 tells whether a set fits its guide; an 824 tells what is wrong with what it says. So it is due for a set that its 999
//! accepted: with [`crate::engine::Options::application_advice`] the rules above SNIP 2 leave the 999 alone, and reject by the 824.
//!
//! The verdict stands before the faults. So faults go into a spool that the caller keeps, and [`Writer::close`] gives [`Piece`]s: bytes,
//! and the spool's range, in the order in which they make the set. [`Collector`] gathers what is needed from the engine's events;
//! [`Advice`] is both in one.
//!
//! No value of the original is repeated: a TED names the rule and the place.

mod advice;
mod collect;
mod reason;
#[cfg(test)]
mod tests;
mod write;

pub use super::x277ca::Piece;
pub use advice::Advice;
pub use collect::{Collector, Original};
pub use reason::reason_of;

use super::envelope::Envelope;
use super::number::set_number;
use super::pen::Format;
use super::stamp::Stamp;
use crate::ControlNumber;
use crate::engine::{SetEnd, Verdict};
use crate::finding::Finding;
use crate::guide::Guide;

/// GS08 and ST03 of what is written here.
pub const REVISION: &str = "005010X186A1";
/// GS01.
const GROUP: &str = "AG";

/// Who says it, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Our name, N102 of 1000A.
    pub name: String,
    /// Our id, N104 of 1000A.
    pub id: String,
    /// When: BGN03 and BGN04.
    pub processed: Stamp,
    /// ST02 of the first set; each further one counts up.
    pub set_number: ControlNumber,
    /// TED segments of one set at most. 1000.
    pub faults_max: u32,
}

/// OTI01: what becomes of the set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// `TA`.
    Accepted,
    /// `TE`: accepted, and something is worth telling.
    AcceptedWithErrors,
    /// `TR`.
    Rejected,
}

impl Outcome {
    /// Of a set that its 999 accepted. `None` where the 999 rejected it: then no 824 is due.
    pub fn of(end: &SetEnd<'_>, collector: &Collector) -> Option<Self> {
        match (end.verdict, end.rejected, collector.noted()) {
            (Verdict::Rejected, ..) => None,
            (_, true, _) => Some(Self::Rejected),
            (_, false, true) => Some(Self::AcceptedWithErrors),
            (_, false, false) => Some(Self::Accepted),
        }
    }

    const fn code(self) -> &'static str {
        match self {
            Self::Accepted => "TA",
            Self::AcceptedWithErrors => "TE",
            Self::Rejected => "TR",
        }
    }
}

/// Writes the 824s for one functional group.
#[derive(Debug)]
pub struct Writer {
    settings: Settings,
    format: Format,
    number: ControlNumber,
    sets: u32,
    set: Option<Set>,
}

/// The set that is being written.
#[derive(Debug, Default)]
struct Set {
    faults: u32,
    /// Segments in the spool.
    segments: u64,
    spooled: u64,
}

impl Writer {
    /// A writer for one answer.
    pub fn new(settings: Settings, format: Format) -> Self {
        Self { number: settings.set_number, settings, format, sets: 0, set: None }
    }

    /// Starts the 824 of a set. What was open and not closed is forgotten.
    pub fn open(&mut self) {
        self.set = Some(Set::default());
    }

    /// Appends what the finding says to the spool: TED, and CTX for its triggers.
    pub fn fault(&mut self, finding: &Finding, guide: Option<&Guide>, spool: &mut Vec<u8>) {
        let Some(set) = self.set.as_mut().filter(|set| set.faults < self.settings.faults_max) else { return };
        let before = spool.len();
        set.segments += write::fault(&self.format, finding, guide, spool);
        set.faults += 1;
        set.spooled += (spool.len() - before) as u64;
    }

    /// Forgets the set that is open: its 999 rejected it.
    pub fn discard(&mut self) {
        self.set = None;
    }

    /// Ends the set. `reference` is our BGN02, which no other 824 of ours carries. `None` if no set is open. Offset 0 of the spool is the first
    /// byte that was appended after [`Writer::open`].
    pub fn close(&mut self, original: &Original<'_>, reference: &str, outcome: Outcome) -> Option<[Piece; 3]> {
        let set = self.set.take()?;
        let number = set_number(self.number);
        let (mut head, mut tail) = (Vec::new(), Vec::new());
        let page = write::Page { settings: &self.settings, format: &self.format, number: &number, reference };
        let segments = write::head(&page, original, outcome, &mut head);
        let count = segments + set.segments + 1;
        self.format.segment(&mut tail, "SE").element(count.to_string()).element(number).end();
        self.number = self.number.next();
        self.sets += 1;
        Some([Piece::Bytes(head), Piece::Spool(0..set.spooled), Piece::Bytes(tail)])
    }

    /// How many sets were closed: none, then nothing is to be sent.
    pub fn sets(&self) -> u32 {
        self.sets
    }

    /// Appends ISA and GS: what stands before the sets.
    pub fn head(&self, envelope: &Envelope, out: &mut Vec<u8>) {
        envelope.isa(&self.format, out);
        envelope.gs(&self.format, GROUP, REVISION, out);
    }

    /// Appends GE and IEA: what stands behind the sets.
    pub fn tail(&self, envelope: &Envelope, out: &mut Vec<u8>) {
        envelope.ge(&self.format, self.sets, out);
        envelope.iea(&self.format, 1, out);
    }
}
