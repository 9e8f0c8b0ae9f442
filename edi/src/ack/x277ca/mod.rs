//! 277CA, claim acknowledgment 005010X214: one for each 837 set that was not rejected, with every claim of it.
//!
//! A 277CA tells its totals before its claims. So claims go into a spool that the caller keeps, in memory or elsewhere, while
//! this module remembers a few numbers for each billing provider; [`Writer::close`] then gives [`Pieces`]: bytes, and ranges of
//! the spool, in the order in which they make the set.
//!
//! [`Collector`] gathers what is needed from the engine's events on an 837. Claims may as well come from recorded answers of a
//! payer ([`super::read`]).
//!
//! Action codes: a claim is `U` or `WQ`. 2200B and 2200C say `WQ` even if all their claims were rejected one by one: `U` there
//! means that the set is rejected as a whole by its submitter's fault, and then no claims follow ([`Writer::reject`]).
//! X12's interpretations 1211 and 2145 say so.

mod collect;
mod fault;
mod parts;
mod pieces;
mod settings;
#[cfg(test)]
mod tests;
mod totals;
mod write;

pub use collect::Collector;
pub(crate) use fault::business_of;
pub use fault::status_of;
pub use parts::{Claim, Line, Name, Period, Status};
pub use pieces::{Piece, Pieces};
pub use settings::{Role, Settings};
pub use totals::Totals;

use super::Amount;
use super::envelope::Envelope;
use super::number::set_number;
use super::pen::Format;
use crate::ControlNumber;

/// GS08 and ST03 of what is written here.
pub const REVISION: &str = "005010X214";

/// Writes the 277CAs for one interchange.
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
    /// From ST to the information source.
    head: Vec<u8>,
    /// NM1 and TRN of the information receiver.
    receiver: Vec<u8>,
    /// Bytes in the spool.
    spooled: u64,
    /// Segments written, in the head and in the spool.
    segments: u64,
    /// The last HL01.
    level: u64,
    totals: Totals,
    providers: Vec<Provider>,
    /// A provider, and then a patient, whose level is written once a claim follows.
    provider: Option<Vec<u8>>,
    patient: Option<Vec<u8>>,
    /// HL01 of the provider that is open.
    provider_level: u64,
    /// The collector's provider and patient that were written last.
    recorded: (u64, u64),
    reject: Option<Status>,
}

/// A provider's totals, and where in the spool they belong.
#[derive(Clone, Copy, Debug)]
struct Provider {
    at: u64,
    totals: Totals,
}

impl Writer {
    /// A writer for one answer.
    pub fn new(settings: Settings, format: Format) -> Self {
        Self { number: settings.set_number, settings, format, sets: 0, set: None }
    }

    /// Starts the 277CA of an 837 set. `batch` is its BHT03, `submitter` its 1000A, `reference` our BHT03, which no other
    /// 277CA of ours carries. What was open and not closed is forgotten.
    pub fn open(&mut self, batch: &[u8], submitter: &Name<'_>, reference: &str) {
        let mut set = Set { segments: write::HEAD_SEGMENTS, level: 2, ..Set::default() };
        write::head(&self.settings, &self.format, &set_number(self.number), reference, &mut set.head);
        write::receiver(&self.format, submitter, batch, &mut set.receiver);
        self.set = Some(set);
    }

    /// Claims that follow are of this billing provider. `tax_id` identifies one without an NPI; `trace` is a number of the
    /// provider's own, `0` where there is none.
    pub fn provider(&mut self, name: &Name<'_>, tax_id: &[u8], trace: &[u8]) {
        if let Some(set) = &mut self.set {
            set.provider = Some(write::provider(&self.format, name, tax_id, trace));
            set.patient = None;
        }
    }

    /// Claims that follow are of this patient; `name.id` is the member's identifier.
    pub fn patient(&mut self, name: &Name<'_>) {
        if let Some(set) = &mut self.set {
            set.patient = Some(write::patient(&self.format, name));
        }
    }

    /// Appends a claim to the spool.
    pub fn claim(&mut self, claim: &Claim<'_>, spool: &mut Vec<u8>) {
        let Some(set) = &mut self.set else { return };
        let before = spool.len();
        if let Some(body) = set.provider.take() {
            set.level += 1;
            set.provider_level = set.level;
            write::level(&self.format, [&set.level.to_string(), "2", "19", "1"], spool);
            spool.extend_from_slice(&body);
            set.segments += 3;
            set.providers.push(Provider { at: set.spooled + (spool.len() - before) as u64, totals: Totals::default() });
        }
        if let Some(body) = set.patient.take() {
            set.level += 1;
            let levels = [&set.level.to_string(), &set.provider_level.to_string(), "PT", ""];
            write::level(&self.format, levels, spool);
            spool.extend_from_slice(&body);
            set.segments += 2;
        }
        set.segments += write::claim(&self.settings, &self.format, claim, spool);
        set.spooled += (spool.len() - before) as u64;
        let charge = Amount::parse(claim.charge).unwrap_or_default();
        set.totals.add(charge, claim.rejected);
        if let Some(provider) = set.providers.last_mut() {
            provider.totals.add(charge, claim.rejected);
        }
    }

    /// Appends the claim that a collector has just seen closed, with its provider and patient where they changed. Opens the set
    /// under `reference` with its first claim.
    pub fn record(&mut self, collector: &Collector, reference: &str, spool: &mut Vec<u8>) {
        let Some(claim) = collector.claim() else { return };
        if self.set.is_none() {
            self.open(collector.batch(), &collector.submitter(), reference);
        }
        let now = (collector.provider_ordinal(), collector.patient_ordinal());
        let last = self.set.as_mut().map_or(now, |set| std::mem::replace(&mut set.recorded, now));
        if last.0 != now.0 {
            self.provider(&collector.provider(), collector.tax_id(), &[]);
        }
        if last != now {
            self.patient(&collector.patient());
        }
        self.claim(&claim, spool);
    }

    /// Rejects the set as a whole for a fault of its submitter: its claims are only counted. Due before the set's end wherever
    /// nothing of it may travel although its 999 accepts it.
    pub fn reject(&mut self, status: Status) {
        if let Some(set) = &mut self.set {
            set.reject = Some(status);
        }
    }

    /// Totals of the set so far.
    pub fn totals(&self) -> Totals {
        self.set.as_ref().map_or_else(Totals::default, |set| set.totals)
    }

    /// Forgets the set that is open: its 999 rejected it.
    pub fn discard(&mut self) {
        self.set = None;
    }

    /// Ends the set. `None` if none is open.
    pub fn close(&mut self) -> Option<Pieces> {
        let set = self.set.take()?;
        let number = set_number(self.number);
        self.number = self.number.next();
        self.sets += 1;
        Some(Pieces::new(set, &self.settings, self.format, &number))
    }

    /// How many sets were closed: none, then nothing is to be sent.
    pub fn sets(&self) -> u32 {
        self.sets
    }

    /// Appends ISA and GS: what stands before the sets.
    pub fn head(&self, envelope: &Envelope, out: &mut Vec<u8>) {
        envelope.isa(&self.format, out);
        envelope.gs(&self.format, "HN", REVISION, out);
    }

    /// Appends GE and IEA: what stands behind the sets.
    pub fn tail(&self, envelope: &Envelope, out: &mut Vec<u8>) {
        envelope.ge(&self.format, self.sets, out);
        envelope.iea(&self.format, 1, out);
    }
}
