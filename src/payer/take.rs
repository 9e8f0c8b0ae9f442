//! One body through the engine: what there is to record, and what answers it.

use tradewind_edi::ack::Stamp;
use tradewind_edi::engine::{
    GroupEnd, GroupStart, InterchangeEnd, InterchangeStart, ItemEnd, Refusal, SetEnd, SetStart,
};
use tradewind_edi::guide::NodeIx;
use tradewind_edi::{Engine, Finding, Options, Segment, Visitor};

use super::inquiry::Inquiries;
use super::record::Taken;
use crate::acknowledge::{Acknowledged, Acknowledger, Answering, Numbers};

/// Interchanges that one body may hold.
const INTERCHANGES_MAX: usize = 100;

/// Reads a body as it comes.
pub(super) struct Intake {
    engine: Engine,
    reading: Reading,
    refusal: Option<Refusal>,
}

/// Why a body was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum NotTaken {
    /// It is no X12.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// It holds too much.
    #[error("expected at most {INTERCHANGES_MAX} interchanges in a body, found more")]
    TooMany,
}

impl Intake {
    /// An intake at the start of a body.
    pub(super) fn new(answering: Answering, numbers: impl Fn() -> Numbers) -> Self {
        let at = answering.at;
        let acknowledger = Acknowledger::new(answering, numbers());
        Self {
            engine: Engine::new(Options::default()),
            reading: Reading::new(acknowledger, at, numbers()),
            refusal: None,
        }
    }

    /// Takes the next bytes.
    pub(super) fn feed(&mut self, bytes: &[u8]) {
        if self.refusal.is_none() {
            self.refusal = self.engine.feed(bytes, &mut self.reading).err();
        }
    }

    /// The body has ended. A body of which nothing could be read is not taken.
    pub(super) fn finish(mut self) -> Result<Vec<Taken>, NotTaken> {
        if self.refusal.is_none() {
            self.refusal = self.engine.finish(&mut self.reading).err();
        }
        match self.refusal {
            Some(refusal) if self.reading.taken.is_empty() => Err(refusal.into()),
            _ if self.reading.taken.len() > INTERCHANGES_MAX => Err(NotTaken::TooMany),
            _ => Ok(self.reading.taken),
        }
    }
}

/// The visitor.
struct Reading {
    acknowledger: Acknowledger,
    inquiries: Inquiries,
    numbers: Numbers,
    /// REF*D9 of the claims of the interchange that is open.
    claims: Vec<String>,
    /// Whether a claim is open, and in its own loop rather than in one below.
    claim_depth: Option<u32>,
    of_claims: bool,
    taken: Vec<Taken>,
}

impl Reading {
    fn new(acknowledger: Acknowledger, at: Stamp, numbers: Numbers) -> Self {
        let (claims, taken) = (Vec::new(), Vec::new());
        let inquiries = Inquiries::new(at);
        Self { acknowledger, inquiries, numbers, claims, claim_depth: None, of_claims: false, taken }
    }

    /// A real-time inquiry gets exactly one thing back: the 271, or what rejects it.
    fn answer(&mut self, event: &InterchangeEnd<'_>) -> Vec<u8> {
        let acknowledged = self.acknowledger.take().pop().unwrap_or_default();
        if self.claims.is_empty() && !acknowledged.rejected && self.inquiries.count() > 0 {
            let number = (self.numbers)();
            return self.inquiries.finish(event.header, number).unwrap_or_default();
        }
        let Acknowledged { ta1, x999, x277ca, .. } = acknowledged;
        [ta1, x999, x277ca].into_iter().flatten().flatten().collect()
    }
}

impl Visitor for Reading {
    fn interchange_start(&mut self, event: &InterchangeStart<'_>) {
        self.claims.clear();
        self.claim_depth = None;
        self.acknowledger.interchange_start(event);
        self.inquiries.interchange_start(event);
    }

    fn group_start(&mut self, event: &GroupStart<'_>) {
        self.acknowledger.group_start(event);
        self.inquiries.group_start(event);
    }

    fn set_start(&mut self, event: &SetStart<'_>) {
        self.of_claims = event.header.code == "837";
        self.acknowledger.set_start(event);
        self.inquiries.set_start(event);
    }

    fn loop_open(&mut self, node: NodeIx) {
        if let Some(depth) = &mut self.claim_depth {
            *depth += 1;
        }
        self.acknowledger.loop_open(node);
    }

    fn item_open(&mut self, node: NodeIx) {
        if self.of_claims {
            self.claim_depth = Some(0);
            self.claims.push(String::new());
        }
        self.acknowledger.item_open(node);
    }

    fn segment(&mut self, segment: &Segment<'_>, node: Option<NodeIx>) {
        if self.claim_depth == Some(0)
            && segment.id_bytes() == b"REF"
            && segment.element(1) == Some(b"D9")
            && let Some(claim) = self.claims.last_mut()
        {
            segment.text(2).unwrap_or_default().clone_into(claim);
        }
        self.acknowledger.segment(segment, node);
        self.inquiries.segment(segment, node);
    }

    fn finding(&mut self, finding: &Finding) {
        self.acknowledger.finding(finding);
    }

    fn item_close(&mut self, event: &ItemEnd) {
        self.claim_depth = None;
        self.acknowledger.item_close(event);
    }

    fn loop_close(&mut self, node: NodeIx) {
        if let Some(depth) = &mut self.claim_depth {
            *depth = depth.saturating_sub(1);
        }
        self.acknowledger.loop_close(node);
    }

    fn set_end(&mut self, event: &SetEnd<'_>) {
        self.acknowledger.set_end(event);
    }

    fn group_end(&mut self, event: &GroupEnd<'_>) {
        self.acknowledger.group_end(event);
    }

    fn interchange_end(&mut self, event: &InterchangeEnd<'_>) {
        self.acknowledger.interchange_end(event);
        let answer = self.answer(event);
        self.taken.push(Taken {
            interchange: event.header.control_number().to_owned(),
            claims: std::mem::take(&mut self.claims),
            inquiries: self.inquiries.count(),
            answer,
        });
    }
}
