//! All acknowledgments of a file, in memory: for the command line and for the simulated payer. The gateway's rooms write the same ones
//! over spools.

mod advice;
mod claims;

pub use advice::Advice;
pub use claims::ClaimAcknowledgments;

use tradewind_edi::ack::x277ca::{Piece, Role, Settings};
use tradewind_edi::ack::{Envelope, Format, Stamp, Ta1, x824, x999};
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
    /// Whether sets without a 277CA get an 824. The engine's option of the same name belongs to it.
    pub application_advice: bool,
}

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
pub struct Acknowledged {
    /// The TA1, where one is owed.
    pub ta1: Option<Vec<u8>>,
    /// The 999, where a group asks for one and the interchange was taken.
    pub x999: Option<Vec<u8>>,
    /// The 277CAs, one interchange for each group whose claims were taken or rejected one by one.
    pub x277ca: Option<Vec<u8>>,
    /// The 824s, one interchange for each group that was not rejected, where they are asked for.
    pub x824: Option<Vec<u8>>,
    /// Whether anything was rejected.
    pub rejected: bool,
}

/// A visitor that writes the acknowledgments of every interchange of a file.
pub struct Acknowledger {
    answering: Answering,
    numbers: Numbers,
    x999: x999::Writer,
    /// The 277CAs of each group that was not rejected, and what stands between their envelopes.
    taken: Vec<(ClaimAcknowledgments, Vec<u8>)>,
    claims: Option<ClaimAcknowledgments>,
    /// As `taken` and `claims`, of the 824s.
    advised: Vec<(Advice, Vec<u8>)>,
    advice: Option<Advice>,
    interchange: u32,
    receiver: String,
    group: Option<GroupHeader>,
    format: Format,
    x999_body: Vec<u8>,
    x277ca_body: Vec<u8>,
    set_spool: Vec<u8>,
    done: Vec<Acknowledged>,
}

impl Acknowledger {
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
            x999_body: Vec::new(),
            x277ca_body: Vec::new(),
            set_spool: Vec::new(),
            done: Vec::new(),
        }
    }

    /// The answers to the interchanges that have ended since the last call.
    pub fn take(&mut self) -> Vec<Acknowledged> {
        std::mem::take(&mut self.done)
    }

    fn envelope(&mut self, event: &InterchangeEnd<'_>) -> Envelope {
        let number = (self.numbers)();
        Envelope::answering(event.header, self.group.as_ref(), self.answering.at, number, number)
    }

    fn take_claims(&mut self) {
        if let Some(claims) = &mut self.claims {
            self.set_spool.append(claims.spool());
        }
    }
}

impl Visitor for Acknowledger {
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
        self.claims = Some(match numbers {
            Some(prefix) => claims.numbered(prefix),
            None => claims,
        });
        self.x277ca_body.clear();
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
        self.take_claims();
    }

    fn set_end(&mut self, event: &SetEnd<'_>) {
        self.x999.set_end(event);
        if let Some(advice) = &mut self.advice {
            advice.set_end(event);
        }
        self.take_claims();
        for piece in self.claims.as_mut().and_then(|claims| claims.end(event)).into_iter().flatten() {
            match piece {
                Piece::Bytes(bytes) => self.x277ca_body.extend_from_slice(&bytes),
                Piece::Spool(range) => {
                    let at = |offset: u64| usize::try_from(offset).unwrap_or(usize::MAX);
                    let part = self.set_spool.get(at(range.start)..at(range.end)).unwrap_or_default();
                    self.x277ca_body.extend_from_slice(part);
                }
            }
        }
    }

    fn group_end(&mut self, event: &GroupEnd<'_>) {
        self.x999.group_end(event);
        self.x999_body.append(self.x999.output());
        if let Some(claims) =
            self.claims.take().filter(|claims| claims.writer().sets() > 0 && event.verdict != Verdict::Rejected)
        {
            self.taken.push((claims, std::mem::take(&mut self.x277ca_body)));
        }
        let advice = self.advice.take().filter(|advice| advice.writer().sets() > 0);
        if let Some(mut advice) = advice.filter(|_| event.verdict != Verdict::Rejected) {
            let body = std::mem::take(advice.output());
            self.advised.push((advice, body));
        }
    }

    fn interchange_end(&mut self, event: &InterchangeEnd<'_>) {
        let rejected = event.verdict == Verdict::Rejected || event.sets_rejected > 0 || event.items_rejected > 0;
        let mut acknowledged = Acknowledged { rejected, ..Acknowledged::default() };
        if let Some(ta1) = Ta1::owed(event) {
            let mut out = Vec::new();
            ta1.write(&self.envelope(event), &self.format, &mut out);
            acknowledged.ta1 = Some(out);
        }
        let taken = event.verdict != Verdict::Rejected;
        if taken && self.x999.sets() > 0 {
            let (envelope, mut out) = (self.envelope(event), Vec::new());
            self.x999.head(&envelope, &mut out);
            out.append(&mut self.x999_body);
            self.x999.tail(&envelope, &mut out);
            acknowledged.x999 = Some(out);
        }
        for (claims, mut body) in std::mem::take(&mut self.taken).into_iter().filter(|_| taken) {
            let envelope = self.envelope(event);
            let out = acknowledged.x277ca.get_or_insert_default();
            claims.writer().head(&envelope, out);
            out.append(&mut body);
            claims.writer().tail(&envelope, out);
        }
        for (advice, mut body) in std::mem::take(&mut self.advised).into_iter().filter(|_| taken) {
            let envelope = self.envelope(event);
            let out = acknowledged.x824.get_or_insert_default();
            advice.writer().head(&envelope, out);
            out.append(&mut body);
            advice.writer().tail(&envelope, out);
        }
        self.done.push(acknowledged);
    }
}
