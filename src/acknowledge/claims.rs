//! The 277CAs of an interchange's 837 sets, written while the engine reads.

use tradewind_edi::ack::Format;
use tradewind_edi::ack::x277ca::{Claim, Collector, Pieces, Settings, Status, Writer};
use tradewind_edi::engine::{ItemEnd, SetEnd, SetStart, Verdict};
use tradewind_edi::guide::NodeIx;
use tradewind_edi::{Finding, Segment, Visitor};

/// ST01 of what has a 277CA.
const CLAIMS: &str = "837";

/// Drives a [`Writer`] from a [`Collector`]. Claims go to [`ClaimAcknowledgments::spool`], which the caller drains; a set's pieces come
/// at its end and speak of the set's spool, which starts anew with each set.
pub struct ClaimAcknowledgments {
    writer: Writer,
    collector: Collector,
    reference: String,
    sets: u32,
    of_claims: bool,
    open: bool,
    ended: Option<NodeIx>,
    provider: u64,
    patient: u64,
    spool: Vec<u8>,
    numbers: Option<Numbers>,
}

/// Our own number of each claim that we accept: REF*1K.
struct Numbers {
    prefix: String,
    given: u64,
}

impl ClaimAcknowledgments {
    /// For one interchange. `reference` begins BHT03 of each set; nothing else of ours begins so.
    pub fn new(settings: Settings, format: Format, reference: String) -> Self {
        Self {
            writer: Writer::new(settings, format),
            collector: Collector::new(),
            reference,
            sets: 0,
            of_claims: false,
            open: false,
            ended: None,
            provider: 0,
            patient: 0,
            spool: Vec::new(),
            numbers: None,
        }
    }

    /// Gives each accepted claim a number of ours, as a payer does: the prefix and a count.
    #[must_use]
    pub fn numbered(mut self, prefix: String) -> Self {
        self.numbers = Some(Numbers { prefix, given: 0 });
        self
    }

    /// Claims that were written and not yet taken.
    pub fn spool(&mut self) -> &mut Vec<u8> {
        &mut self.spool
    }

    /// The writer, for the envelope.
    pub fn writer(&self) -> &Writer {
        &self.writer
    }

    /// Rejects the claim that just ended for a reason that is not the engine's. Call it before the loop's close is told.
    pub fn reject(&mut self, status: Status) {
        self.collector.reject(status);
    }

    /// The set's end: its pieces, unless its 999 rejected it or it holds no claims.
    pub fn end(&mut self, event: &SetEnd<'_>) -> Option<Pieces> {
        let counted = self.of_claims && event.verdict != Verdict::Rejected;
        if !counted {
            self.writer.discard();
            return None;
        }
        self.begin();
        if event.rejected {
            self.writer.reject(Status::UNPROCESSABLE);
        }
        self.writer.close()
    }

    fn begin(&mut self) {
        if !self.open {
            self.open = true;
            self.sets += 1;
            let reference = format!("{}{:04}", self.reference, self.sets);
            self.writer.open(self.collector.batch(), &self.collector.submitter(), &reference);
        }
    }

    fn claim(&mut self) {
        self.begin();
        let collector = &self.collector;
        if self.provider != collector.provider_ordinal() {
            self.provider = collector.provider_ordinal();
            self.patient = 0;
            self.writer.provider(&collector.provider(), collector.tax_id(), b"0");
        }
        if self.patient != collector.patient_ordinal() {
            self.patient = collector.patient_ordinal();
            self.writer.patient(&collector.patient());
        }
        if let Some(claim) = collector.claim() {
            let numbers = self.numbers.as_mut().filter(|_| !claim.rejected);
            let number = numbers.map(Numbers::next).unwrap_or_default();
            self.writer.claim(&Claim { payer_control_number: number.as_bytes(), ..claim }, &mut self.spool);
        }
    }
}

impl Numbers {
    fn next(&mut self) -> String {
        self.given += 1;
        format!("{}{:06}", self.prefix, self.given)
    }
}

impl Visitor for ClaimAcknowledgments {
    fn set_start(&mut self, event: &SetStart<'_>) {
        self.of_claims = event.header.code == CLAIMS;
        (self.open, self.ended, self.provider, self.patient) = (false, None, 0, 0);
        self.collector.set_start(event);
    }

    fn loop_open(&mut self, node: NodeIx) {
        if self.of_claims {
            self.collector.loop_open(node);
        }
    }

    fn item_open(&mut self, node: NodeIx) {
        if self.of_claims {
            self.collector.item_open(node);
        }
    }

    fn segment(&mut self, segment: &Segment<'_>, node: Option<NodeIx>) {
        if self.of_claims {
            self.collector.segment(segment, node);
        }
    }

    fn finding(&mut self, finding: &Finding) {
        if self.of_claims {
            self.collector.finding(finding);
        }
    }

    fn item_close(&mut self, event: &ItemEnd) {
        if self.of_claims {
            self.collector.item_close(event);
            self.ended = Some(event.node);
        }
    }

    fn loop_close(&mut self, node: NodeIx) {
        if !self.of_claims {
            return;
        }
        if self.ended.take_if(|ended| *ended == node).is_some() {
            self.claim();
        }
        self.collector.loop_close(node);
    }
}
