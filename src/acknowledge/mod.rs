//! All acknowledgments of a file at once: for the command line and for the simulated payer. The gateway's rooms write the same ones
//! over sealed spools.

mod claims;
mod spool;

pub use claims::ClaimAcknowledgments;
pub use spool::{Spilling, Spool};

use tradewind_edi::ack::x277ca::{Piece, Role, Settings};
use tradewind_edi::ack::x824::{self, Advice};
use tradewind_edi::ack::{Envelope, Format, Stamp, Ta1, x999};
use tradewind_edi::engine::{
    GroupEnd, GroupHeader, GroupStart, InterchangeEnd, InterchangeStart, ItemEnd, SetEnd, SetStart, Verdict,
};
use tradewind_edi::guide::NodeIx;
use tradewind_edi::{ControlNumber, Finding, Segment, Visitor};

/// Who answers, and when.
#[derive(Debug, Clone)]
pub struct Answering {
    /// What we are.
    pub role: Role,
    /// Our name in the 277CA.
    pub name: String,
    /// Our id in the 277CA; the receiver's of each interchange when left out.
    pub id: Option<String>,
    /// When.
    pub at: Stamp,
    /// Begins each reference of ours.
    pub reference: String,
    /// Begins our number of each claim that is accepted (REF*1K), which payers give.
    pub claim_numbers: Option<String>,
    /// How the 999 is written.
    pub x999: x999::Options,
    /// Whether claims get a 277CA.
    pub claims: bool,
    /// Whether sets without a 277CA get an 824. The engine's option of the same name belongs to it.
    pub application_advice: bool,
}

/// What was written goes to a spool in pieces of at least this size.
const PIECE_BYTES: usize = 64 * 1024;

/// Gives ISA13 and GS06 of each acknowledgment.
pub type Numbers = Box<dyn FnMut() -> ControlNumber + Send>;

/// Control numbers that count up from this one.
#[must_use]
pub fn counting(first: ControlNumber) -> Numbers {
    let mut next = first;
    Box::new(move || {
        let number = next;
        next = number.next();
        number
    })
}

/// What answers one interchange.
#[derive(Default)]
pub struct Acknowledged<S = Vec<u8>> {
    /// The TA1, where one is owed.
    pub ta1: Option<S>,
    /// The 999, where a group asks for one and the interchange was taken.
    pub x999: Option<S>,
    /// The 277CAs, one interchange for each group whose claims were taken or rejected one by one.
    pub x277ca: Option<S>,
    /// The 824s, one interchange for each group that was not rejected, where they are asked for.
    pub x824: Option<S>,
    /// Whether anything was rejected.
    pub rejected: bool,
}

/// A visitor that writes the acknowledgments of every interchange of a file, into spools of this kind.
pub struct Acknowledger<S = Vec<u8>> {
    answering: Answering,
    numbers: Numbers,
    x999: x999::Writer,
    /// The 277CAs of each group that was not rejected, and what stands between their envelopes.
    taken: Vec<(ClaimAcknowledgments, S)>,
    claims: Option<ClaimAcknowledgments>,
    /// As `taken` and `claims`, of the 824s.
    advised: Vec<(Advice, S)>,
    advice: Option<Advice>,
    interchange: u32,
    receiver: String,
    group: Option<GroupHeader>,
    format: Format,
    x999_body: S,
    x277ca_body: S,
    x824_body: S,
    set_spool: S,
    done: Vec<Acknowledged<S>>,
}

impl<S: Spool> Acknowledger<S> {
    /// One that has seen nothing.
    pub fn new(answering: Answering, numbers: Numbers) -> Self {
        Self {
            x999: x999::Writer::new(answering.x999),
            answering,
            numbers,
            taken: Vec::new(),
            claims: None,
            advised: Vec::new(),
            advice: None,
            interchange: 0,
            receiver: String::new(),
            group: None,
            format: Format::default(),
            x999_body: S::default(),
            x277ca_body: S::default(),
            x824_body: S::default(),
            set_spool: S::default(),
            done: Vec::new(),
        }
    }

    /// The answers to the interchanges that have ended since the last call.
    pub fn take(&mut self) -> Vec<Acknowledged<S>> {
        std::mem::take(&mut self.done)
    }

    fn envelope(&mut self, event: &InterchangeEnd<'_>) -> Envelope {
        let number = (self.numbers)();
        Envelope::answering(event.header, self.group.as_ref(), self.answering.at, number, number)
    }

    /// Hands claims on to the spool, unless they are few.
    fn take_claims(&mut self, bytes_min: usize) {
        if let Some(claims) = &mut self.claims {
            drain(claims.spool(), bytes_min, &mut self.set_spool);
        }
    }
}

fn drain<S: Spool>(from: &mut Vec<u8>, bytes_min: usize, to: &mut S) {
    if from.len() >= bytes_min {
        to.push(from);
        from.clear();
    }
}

/// Appends an answer: what stands before its body, the body, and what stands behind it.
fn frame<S: Spool>(
    out: &mut Option<S>,
    head: impl FnOnce(&mut Vec<u8>),
    body: &mut S,
    tail: impl FnOnce(&mut Vec<u8>),
) {
    let (out, mut envelope) = (out.get_or_insert_with(S::default), Vec::new());
    head(&mut envelope);
    out.push(&envelope);
    body.copy(0..u64::MAX, out);
    envelope.clear();
    tail(&mut envelope);
    out.push(&envelope);
}

impl<S: Spool> Visitor for Acknowledger<S> {
    fn interchange_start(&mut self, event: &InterchangeStart<'_>) {
        self.x999.interchange_start(event);
        self.format = Format::with(event.delimiters);
        self.interchange = event.ordinal;
        event.header.receiver().clone_into(&mut self.receiver);
        self.taken.clear();
        self.advised.clear();
        self.advice = None;
        self.group = None;
        self.x999_body.clear();
    }

    fn group_start(&mut self, event: &GroupStart<'_>) {
        self.group.get_or_insert_with(|| event.header.clone());
        self.x999.group_start(event);
        let Answering { role, name, id, at, reference, claim_numbers, .. } = self.answering.clone();
        let reference = format!("{reference}{:02}{:02}", self.interchange, event.ordinal);
        let settings = Settings {
            role,
            name,
            id_qualifier: "46".to_owned(),
            id: id.unwrap_or_else(|| self.receiver.clone()),
            trace: reference.clone(),
            received: at,
            processed: at,
            set_number: ControlNumber::FIRST,
        };
        self.advice = self.answering.application_advice.then(|| {
            let (name, id) = (settings.name.clone(), settings.id.clone());
            let settings =
                x824::Settings { name, id, processed: at, set_number: ControlNumber::FIRST, faults_max: 1000 };
            Advice::new(settings, self.format, reference.clone())
        });
        if let Some(advice) = &mut self.advice {
            advice.group_start(event);
        }
        let numbers = claim_numbers.map(|prefix| format!("{prefix}{:02}{:02}", self.interchange, event.ordinal));
        let claims = ClaimAcknowledgments::new(settings, self.format, reference);
        let claims = match numbers {
            Some(prefix) => claims.numbered(prefix),
            None => claims,
        };
        self.claims = self.answering.claims.then_some(claims);
        self.x277ca_body.clear();
        self.x824_body.clear();
    }

    fn set_start(&mut self, event: &SetStart<'_>) {
        self.x999.set_start(event);
        self.set_spool.clear();
        if let Some(claims) = &mut self.claims {
            claims.spool().clear();
            claims.set_start(event);
        }
        if let Some(advice) = &mut self.advice {
            advice.set_start(event);
        }
    }

    fn loop_open(&mut self, node: NodeIx) {
        self.x999.loop_open(node);
        if let Some(claims) = &mut self.claims {
            claims.loop_open(node);
        }
    }

    fn item_open(&mut self, node: NodeIx) {
        if let Some(claims) = &mut self.claims {
            claims.item_open(node);
        }
    }

    fn segment(&mut self, segment: &Segment<'_>, node: Option<NodeIx>) {
        self.x999.segment(segment, node);
        if let Some(claims) = &mut self.claims {
            claims.segment(segment, node);
        }
        if let Some(advice) = &mut self.advice {
            advice.segment(segment, node);
        }
    }

    fn finding(&mut self, finding: &Finding) {
        self.x999.finding(finding);
        if let Some(claims) = &mut self.claims {
            claims.finding(finding);
        }
        if let Some(advice) = &mut self.advice {
            advice.finding(finding);
        }
    }

    fn item_close(&mut self, event: &ItemEnd) {
        if let Some(claims) = &mut self.claims {
            claims.item_close(event);
        }
    }

    fn loop_close(&mut self, node: NodeIx) {
        self.x999.loop_close(node);
        if let Some(claims) = &mut self.claims {
            claims.loop_close(node);
        }
        self.take_claims(PIECE_BYTES);
    }

    fn set_end(&mut self, event: &SetEnd<'_>) {
        self.x999.set_end(event);
        drain(self.x999.output(), PIECE_BYTES, &mut self.x999_body);
        if let Some(advice) = &mut self.advice {
            advice.set_end(event);
            drain(advice.output(), PIECE_BYTES, &mut self.x824_body);
        }
        self.take_claims(0);
        for piece in self.claims.as_mut().and_then(|claims| claims.end(event)).into_iter().flatten() {
            match piece {
                Piece::Bytes(bytes) => self.x277ca_body.push(&bytes),
                Piece::Spool(range) => self.set_spool.copy(range, &mut self.x277ca_body),
            }
        }
    }

    fn group_end(&mut self, event: &GroupEnd<'_>) {
        self.x999.group_end(event);
        drain(self.x999.output(), 0, &mut self.x999_body);
        let taken = event.verdict != Verdict::Rejected;
        if let Some(claims) = self.claims.take().filter(|claims| taken && claims.writer().sets() > 0) {
            self.taken.push((claims, std::mem::take(&mut self.x277ca_body)));
        }
        if let Some(mut advice) = self.advice.take().filter(|advice| taken && advice.writer().sets() > 0) {
            drain(advice.output(), 0, &mut self.x824_body);
            self.advised.push((advice, std::mem::take(&mut self.x824_body)));
        }
    }

    fn interchange_end(&mut self, event: &InterchangeEnd<'_>) {
        let rejected = event.verdict == Verdict::Rejected || event.sets_rejected > 0 || event.items_rejected > 0;
        let mut acknowledged = Acknowledged { rejected, ta1: None, x999: None, x277ca: None, x824: None };
        if let Some(ta1) = Ta1::owed(event) {
            let mut out = Vec::new();
            ta1.write(&self.envelope(event), &self.format, &mut out);
            acknowledged.ta1.get_or_insert_with(S::default).push(&out);
        }
        let taken = event.verdict != Verdict::Rejected;
        if taken && self.x999.sets() > 0 {
            let (envelope, writer) = (self.envelope(event), &self.x999);
            let (head, tail) = (|out: &mut _| writer.head(&envelope, out), |out: &mut _| writer.tail(&envelope, out));
            frame(&mut acknowledged.x999, head, &mut self.x999_body, tail);
        }
        for (claims, mut body) in std::mem::take(&mut self.taken).into_iter().filter(|_| taken) {
            let (envelope, writer) = (self.envelope(event), claims.writer());
            let (head, tail) = (|out: &mut _| writer.head(&envelope, out), |out: &mut _| writer.tail(&envelope, out));
            frame(&mut acknowledged.x277ca, head, &mut body, tail);
        }
        for (advice, mut body) in std::mem::take(&mut self.advised).into_iter().filter(|_| taken) {
            let (envelope, writer) = (self.envelope(event), advice.writer());
            let (head, tail) = (|out: &mut _| writer.head(&envelope, out), |out: &mut _| writer.tail(&envelope, out));
            frame(&mut acknowledged.x824, head, &mut body, tail);
        }
        self.done.push(acknowledged);
    }
}
