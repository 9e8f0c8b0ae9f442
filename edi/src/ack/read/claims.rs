//! Facts of a 277CA.

use super::{Fact, bytes, text};
use crate::ack::x277ca::{Claim, Line, Name, Period, Status};
use crate::guide::Packed;
use crate::{OwnedSegment, Segment};

/// Statuses that are kept of one claim, line or batch.
const STATUSES_MAX: usize = 100;
/// References and lines that are kept of one claim.
const PARTS_MAX: usize = 1000;

/// What a 277CA says of an 837 set as a whole. `Debug` shows no value.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct BatchAnswer {
    /// TRN02 of 2200B: the BHT03 that it speaks of.
    pub reference: Vec<u8>,
    /// NM1 of 2100A: who says it.
    pub source: Option<OwnedSegment>,
    /// Whether the set was rejected as a whole (`U`): then all of its claims were, also where none follows.
    pub rejected: bool,
    /// How, or why.
    pub statuses: Vec<Status>,
}

/// What a 277CA says of a billing provider's claims as a whole. `Debug` shows no value.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct ProviderAnswer {
    /// BHT03 of their set.
    pub batch: Vec<u8>,
    /// NM1 of 2100C.
    pub name: Option<OwnedSegment>,
    /// Whether all of them were rejected.
    pub rejected: bool,
    /// How, or why.
    pub statuses: Vec<Status>,
}

/// What a 277CA says of one claim. `Debug` shows codes, no value.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct ClaimAnswer {
    /// BHT03 of its set.
    pub batch: Vec<u8>,
    /// TRN02 of 2200D: the claim identifier that it speaks of.
    pub id: Vec<u8>,
    /// Every REF of 2200D, as qualifier and value.
    pub references: Vec<(Vec<u8>, Vec<u8>)>,
    /// Whether it is rejected: STC03 is `U`, or its category is a rejection.
    pub rejected: bool,
    /// STC01, STC10 and STC11 of every STC.
    pub statuses: Vec<Status>,
    /// STC02 of the first STC.
    pub date: String,
    /// STC04 of the first STC.
    pub charge: Vec<u8>,
    /// STC12 of the first STC that has one.
    pub message: Vec<u8>,
    /// DTP*472.
    pub service: Period,
    /// 2220D.
    pub lines: Vec<Line>,
    /// NM1 of 2100C.
    pub provider: Option<OwnedSegment>,
    /// NM1 of 2100D.
    pub patient: Option<OwnedSegment>,
}

impl ClaimAnswer {
    /// A REF's value by its qualifier.
    pub fn reference(&self, qualifier: &str) -> Option<&[u8]> {
        let found = self.references.iter().find(|(known, _)| known == qualifier.as_bytes());
        found.map(|(_, value)| value.as_slice())
    }

    /// REF*1K: the payer's number.
    pub fn payer_control_number(&self) -> Option<&[u8]> {
        self.reference("1K")
    }

    /// REF*D9: the identifier that we put on the claim.
    pub fn intermediary_id(&self) -> Option<&[u8]> {
        self.reference("D9")
    }

    /// Values in which an identifier that we sent may have come back, the likeliest first: REF*D9, the other references, TRN02,
    /// and the control numbers of lines.
    pub fn mentions(&self) -> impl Iterator<Item = &[u8]> {
        let others =
            self.references.iter().filter(|(qualifier, _)| qualifier != b"D9").map(|(_, value)| value.as_slice());
        let lines = self.lines.iter().map(|line| line.control_number.as_slice());
        self.intermediary_id().into_iter().chain(others).chain([self.id.as_slice()]).chain(lines)
    }

    /// The billing provider.
    pub fn provider_name(&self) -> Name<'_> {
        name(self.provider.as_ref())
    }

    /// The patient.
    pub fn patient_name(&self) -> Name<'_> {
        name(self.patient.as_ref())
    }

    /// The same answer for the claim's original sender: under the sender's claim identifier, and with the identifier that the
    /// sender itself had put in REF*D9 (empty where none) in place of ours.
    pub fn restored<'a>(&'a self, id: &'a [u8], intermediary_id: &'a [u8]) -> Claim<'a> {
        Claim {
            id,
            charge: &self.charge,
            payer_control_number: self.payer_control_number().unwrap_or_default(),
            intermediary_id,
            bill_type: self.reference("BLT").unwrap_or_default(),
            service: self.service,
            rejected: self.rejected,
            statuses: &self.statuses,
            message: &self.message,
            lines: &self.lines,
        }
    }
}

macro_rules! debug_without_values {
    ($($name:ident),+) => { $(
        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, concat!(stringify!($name), "(rejected: {}, {:?})"), self.rejected, self.statuses)
            }
        }
    )+ };
}
debug_without_values!(BatchAnswer, ProviderAnswer, ClaimAnswer);

/// Where in a 277CA one is.
#[derive(Default)]
pub(super) struct Claims {
    level: Level,
    source: Option<OwnedSegment>,
    batch: Vec<u8>,
    provider: Option<OwnedSegment>,
    patient: Option<OwnedSegment>,
    /// What is told when its level ends.
    open: Open,
}

#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Level {
    #[default]
    None,
    Source,
    Receiver,
    Provider,
    Patient,
}

#[derive(Default)]
enum Open {
    #[default]
    Nothing,
    Batch(BatchAnswer),
    Provider(ProviderAnswer),
    Claim(Box<ClaimAnswer>),
}

impl Claims {
    pub(super) fn segment(&mut self, segment: &Segment<'_>, tell: &mut impl FnMut(Fact)) {
        match segment.id().as_bytes() {
            b"HL" => {
                self.end(tell);
                self.start_level(segment);
            }
            b"NM1" => self.name(segment),
            b"TRN" => self.trace(segment, tell),
            b"STC" => self.status(segment),
            b"REF" => self.reference(segment),
            b"SVC" => self.line(segment),
            b"DTP" => self.date(segment),
            _ => {}
        }
    }

    /// Tells what is open.
    pub(super) fn end(&mut self, tell: &mut impl FnMut(Fact)) {
        match std::mem::take(&mut self.open) {
            Open::Nothing => {}
            Open::Batch(batch) => tell(Fact::Batch(batch)),
            Open::Provider(provider) => tell(Fact::Provider(provider)),
            Open::Claim(claim) => tell(Fact::Claim(claim)),
        }
    }

    fn start_level(&mut self, hl: &Segment<'_>) {
        self.level = match hl.element(3) {
            Some(b"20") => Level::Source,
            Some(b"21") => Level::Receiver,
            Some(b"19") => Level::Provider,
            Some(b"PT" | b"22" | b"23") => Level::Patient,
            _ => Level::None,
        };
        self.patient = None;
        match self.level {
            Level::Receiver => {
                self.batch.clear();
                self.provider = None;
                self.open = Open::Batch(BatchAnswer { source: self.source.clone(), ..BatchAnswer::default() });
            }
            Level::Provider => {
                self.provider = None;
                self.open = Open::Provider(ProviderAnswer { batch: self.batch.clone(), ..ProviderAnswer::default() });
            }
            Level::None | Level::Source | Level::Patient => {}
        }
    }

    fn name(&mut self, nm1: &Segment<'_>) {
        match (self.level, &mut self.open) {
            (Level::Source, _) => self.source = Some(nm1.to_owned()),
            (Level::Provider, Open::Provider(answer)) => {
                self.provider = Some(nm1.to_owned());
                answer.name.clone_from(&self.provider);
            }
            (Level::Patient, _) => self.patient = Some(nm1.to_owned()),
            _ => {}
        }
    }

    fn trace(&mut self, trn: &Segment<'_>, tell: &mut impl FnMut(Fact)) {
        match (self.level, &mut self.open) {
            (Level::Receiver, Open::Batch(answer)) => {
                self.batch = bytes(trn, 2);
                answer.reference.clone_from(&self.batch);
            }
            (Level::Patient, _) => {
                self.end(tell);
                self.open = Open::Claim(Box::new(ClaimAnswer {
                    batch: self.batch.clone(),
                    id: bytes(trn, 2),
                    provider: self.provider.clone(),
                    patient: self.patient.clone(),
                    ..ClaimAnswer::default()
                }));
            }
            _ => {}
        }
    }

    fn status(&mut self, stc: &Segment<'_>) {
        let action = stc.element(3);
        let told = statuses(stc);
        let rejected = action == Some(b"U") || (action.is_none() && told.iter().any(|status| status.rejects()));
        let (flag, list) = match &mut self.open {
            Open::Nothing => return,
            Open::Batch(answer) => (&mut answer.rejected, &mut answer.statuses),
            Open::Provider(answer) => (&mut answer.rejected, &mut answer.statuses),
            Open::Claim(answer) => {
                if let Some(line) = answer.lines.last_mut() {
                    (&mut answer.rejected, &mut line.statuses)
                } else {
                    answer.head(stc);
                    (&mut answer.rejected, &mut answer.statuses)
                }
            }
        };
        *flag |= rejected;
        list.extend(told);
        list.truncate(STATUSES_MAX);
    }

    fn reference(&mut self, segment: &Segment<'_>) {
        let Open::Claim(answer) = &mut self.open else { return };
        let (qualifier, value) = (bytes(segment, 1), bytes(segment, 2));
        match (answer.lines.last_mut(), qualifier.as_slice()) {
            (Some(line), b"FJ") => line.control_number = value,
            (Some(line), b"XZ") => line.prescription = value,
            (Some(_), _) => {}
            (None, _) if answer.references.len() < PARTS_MAX => answer.references.push((qualifier, value)),
            (None, _) => {}
        }
    }

    fn line(&mut self, svc: &Segment<'_>) {
        let Open::Claim(answer) = &mut self.open else { return };
        if answer.lines.len() >= PARTS_MAX {
            return;
        }
        let procedure = svc.elements().next().into_iter().flat_map(|element| element.components());
        answer.lines.push(Line {
            procedure: procedure.take(6).map(|part| part.bytes().to_vec()).collect(),
            charge: bytes(svc, 2),
            revenue: bytes(svc, 4),
            quantity: bytes(svc, 7),
            ..Line::default()
        });
    }

    fn date(&mut self, dtp: &Segment<'_>) {
        let Open::Claim(answer) = &mut self.open else { return };
        if dtp.element(1) == Some(b"472") {
            let period = Period::of(dtp.element(2).unwrap_or_default(), dtp.element(3).unwrap_or_default());
            match answer.lines.last_mut() {
                Some(line) => line.service = period,
                None => answer.service = period,
            }
        }
    }
}

impl ClaimAnswer {
    /// What the first STC says besides its statuses.
    fn head(&mut self, stc: &Segment<'_>) {
        if self.statuses.is_empty() {
            self.date = text(stc, 2);
            self.charge = bytes(stc, 4);
        }
        if self.message.is_empty() {
            self.message = bytes(stc, 12);
        }
    }
}

/// STC01, STC10 and STC11.
fn statuses(stc: &Segment<'_>) -> Vec<Status> {
    let part = |element, component| Packed::pack(stc.component(element, component).unwrap_or_default());
    let all = [1, 10, 11].map(|element| Status {
        category: part(element, 1),
        code: part(element, 2),
        entity: part(element, 3),
    });
    all.into_iter().filter(|status| !status.category.is_none()).collect()
}

fn name(segment: Option<&OwnedSegment>) -> Name<'_> {
    segment.map(|segment| Name::of(&segment.view())).unwrap_or_default()
}
