//! The 271 that answers a 270: the levels as they were asked for, and active coverage for everybody but those whose member id begins with
//! `REJECT`.

use tradewind_edi::ack::Stamp;
use tradewind_edi::engine::{GroupStart, InterchangeHeader, InterchangeStart, SetStart};
use tradewind_edi::guide::NodeIx;
use tradewind_edi::{ControlNumber, Delimiters, Segment, Visitor};

/// ST01 of what is answered.
const INQUIRY: &str = "270";
/// GS08 and ST03 of the answer.
const REVISION: &str = "005010X279A1";
/// Member ids that begin so are not found.
const REJECTED: &[u8] = b"REJECT";
/// EB03, EQ01: the plan as a whole.
const PLAN: &[u8] = b"30";
/// AAA03.
const SUBSCRIBER_NOT_FOUND: &[u8] = b"75";
const PATIENT_NOT_FOUND: &[u8] = b"67";

/// A visitor that writes 271s of one interchange.
#[derive(Default)]
pub(super) struct Inquiries {
    delimiters: Delimiters,
    sender: Vec<u8>,
    receiver: Vec<u8>,
    out: Vec<u8>,
    /// The set that is open is a 270.
    open: bool,
    segments: u64,
    sets: u32,
    inquiries: u64,
    today: String,
    now: String,
    person: Option<Person>,
    /// The subscriber was not found, nor are the dependents.
    subscriber_rejected: bool,
}

/// A subscriber or dependent whose segments are under way.
struct Person {
    dependent: bool,
    /// HL04 = 1: the dependents below are asked for, not this subscriber.
    encloses: bool,
    rejected: bool,
    services: Vec<Vec<u8>>,
}

impl Inquiries {
    /// One that has seen nothing and answers at that time.
    pub(super) fn new(at: Stamp) -> Self {
        Self { today: at.date8(), now: at.time4(), ..Self::default() }
    }

    /// How many subscribers and dependents were asked for since the interchange began.
    pub(super) fn count(&self) -> u64 {
        self.inquiries
    }

    /// The interchange of 271s; `None` where nothing was asked. `header` is the 270's, `number` our ISA13 and GS06.
    pub(super) fn finish(&mut self, header: &InterchangeHeader, number: ControlNumber) -> Option<Vec<u8>> {
        let sets = std::mem::take(&mut self.sets);
        let body = std::mem::take(&mut self.out);
        if sets == 0 {
            return None;
        }
        let field = |n: usize, width: usize| format!("{:<width$}", header.field(n)).into_bytes();
        let (today, now, group) = (self.today.clone(), self.now.clone(), number.number().to_string());
        let Delimiters { component, repetition, .. } = self.delimiters;
        let interchange = number.to_string();
        let isa: [&[u8]; 16] = [
            b"00",
            &[b' '; 10],
            b"00",
            &[b' '; 10],
            &field(7, 2),
            &field(8, 15),
            &field(5, 2),
            &field(6, 15),
            today.as_bytes().get(2..).unwrap_or_default(),
            now.as_bytes(),
            &[repetition.unwrap_or(b'U')],
            b"00501",
            interchange.as_bytes(),
            b"0",
            header.usage().as_bytes(),
            &[component],
        ];
        self.segment("ISA", &isa);
        let (sender, receiver) = (self.receiver.clone(), self.sender.clone());
        let gs: [&[u8]; 8] =
            [b"HB", &sender, &receiver, today.as_bytes(), now.as_bytes(), group.as_bytes(), b"X", REVISION.as_bytes()];
        self.segment("GS", &gs);
        self.out.extend_from_slice(&body);
        self.segment("GE", &[sets.to_string().as_bytes(), group.as_bytes()]);
        self.segment("IEA", &[b"1", interchange.as_bytes()]);
        Some(std::mem::take(&mut self.out))
    }

    fn segment(&mut self, id: &str, elements: &[&[u8]]) {
        let used = elements.iter().rposition(|element| !element.is_empty()).map_or(0, |last| last + 1);
        self.out.extend_from_slice(id.as_bytes());
        for element in elements.iter().take(used) {
            self.out.push(self.delimiters.element);
            self.out.extend_from_slice(element);
        }
        self.out.push(self.delimiters.terminator);
        self.segments += 1;
    }

    fn echo(&mut self, segment: &Segment<'_>) {
        self.out.extend_from_slice(segment.bytes());
        self.out.push(self.delimiters.terminator);
        self.segments += 1;
    }

    /// The benefits of the person that is open, who ends here.
    fn answer_person(&mut self) {
        let Some(person) = self.person.take() else { return };
        if person.encloses && person.services.is_empty() {
            return;
        }
        self.inquiries += 1;
        if person.rejected {
            return;
        }
        self.segment("EB", &[b"1", b"", PLAN]);
        for service in person.services.iter().filter(|service| *service != PLAN) {
            self.segment("EB", &[b"1", b"", service]);
        }
    }

    /// A subscriber's or dependent's segment.
    fn person_segment(&mut self, segment: &Segment<'_>) {
        let element = |position| segment.element(position).unwrap_or_default();
        match segment.id().as_bytes() {
            b"TRN" => {
                let parts = [b"2", element(2), element(3), element(4)];
                self.segment("TRN", &parts);
            }
            b"NM1" => {
                self.echo(segment);
                self.date_or_rejection(element(9).starts_with(REJECTED));
            }
            b"EQ" => {
                let services = segment.elements().next().into_iter().flat_map(|services| services.repetitions());
                let asked: Vec<Vec<u8>> = services.map(|s| s.bytes().to_vec()).filter(|s| !s.is_empty()).collect();
                if let Some(person) = &mut self.person {
                    let plan = if asked.is_empty() { vec![PLAN.to_vec()] } else { asked };
                    person.services.extend(plan);
                }
            }
            _ => {}
        }
    }

    /// What stands behind a person's name: the plan's date, or that the person was not found.
    fn date_or_rejection(&mut self, rejected: bool) {
        let Some(person) = &mut self.person else { return };
        if !person.dependent {
            self.subscriber_rejected = rejected;
        }
        person.rejected = rejected || self.subscriber_rejected;
        if person.rejected {
            let reason = if person.dependent { PATIENT_NOT_FOUND } else { SUBSCRIBER_NOT_FOUND };
            self.segment("AAA", &[b"N", b"", reason, b"C"]);
        } else if !person.encloses {
            let today = self.today.clone();
            self.segment("DTP", &[b"291", b"D8", today.as_bytes()]);
        }
    }
}

impl Visitor for Inquiries {
    fn interchange_start(&mut self, event: &InterchangeStart<'_>) {
        self.delimiters = event.delimiters;
        self.out.clear();
        (self.open, self.sets, self.inquiries, self.person) = (false, 0, 0, None);
    }

    fn group_start(&mut self, event: &GroupStart<'_>) {
        event.header.sender.as_bytes().clone_into(&mut self.sender);
        event.header.receiver.as_bytes().clone_into(&mut self.receiver);
    }

    fn set_start(&mut self, event: &SetStart<'_>) {
        self.open = event.header.code == INQUIRY;
        if self.open {
            self.sets += 1;
            self.segments = 0;
            let number = format!("{:04}", self.sets);
            self.segment("ST", &[b"271", number.as_bytes(), REVISION.as_bytes()]);
        }
    }

    fn segment(&mut self, segment: &Segment<'_>, _node: Option<NodeIx>) {
        if !self.open {
            return;
        }
        let element = |position| segment.element(position).unwrap_or_default();
        match segment.id().as_bytes() {
            b"BHT" => {
                let (today, now) = (self.today.clone(), self.now.clone());
                self.segment("BHT", &[b"0022", b"11", element(3), today.as_bytes(), now.as_bytes()]);
            }
            b"HL" => {
                self.answer_person();
                self.echo(segment);
                let [subscriber, dependent] = [b"22", b"23"].map(|level| element(3) == level);
                let encloses = element(4) == b"1";
                let person = Person { dependent, encloses, rejected: false, services: Vec::new() };
                self.person = (subscriber || dependent).then_some(person);
            }
            b"SE" => {
                self.answer_person();
                let (count, number) = ((self.segments + 1).to_string(), format!("{:04}", self.sets));
                self.segment("SE", &[count.as_bytes(), number.as_bytes()]);
                self.open = false;
            }
            b"ST" => {}
            b"NM1" if self.person.is_none() => self.echo(segment),
            _ => self.person_segment(segment),
        }
    }
}
