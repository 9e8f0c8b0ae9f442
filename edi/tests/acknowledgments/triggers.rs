//! CTX segments of a situation: a rule's finding names what asks for the thing that is missing.

use crate::support::{errors, run};
use tradewind_edi::ack::Stamp;
use tradewind_edi::ack::envelope::{Address, Envelope, Usage};
use tradewind_edi::ack::x999::{Missing, Options, Writer};
use tradewind_edi::engine::{GroupEnd, GroupStart, InterchangeStart, SetEnd, SetStart};
use tradewind_edi::finding::{ElementCode, Fault, Layer, Place, RuleId, Scope, SegmentCode, Trigger};
use tradewind_edi::guide::{NodeIx, Packed};
use tradewind_edi::{ControlNumber, Finding, Segment, Severity, Snip, Visitor, engine};

const FILE: &[u8] = include_bytes!("../../../fixtures/x12/005010X222A1/ok/0502_two_providers_and_a_dependent.edi");

/// Drives a 999's writer and finds a fault of its own where the first service line begins: a rule that the engine has not.
struct Planted {
    writer: Writer,
    claim: Option<(u32, NodeIx)>,
    fault: Fault,
    place: Place,
    triggers: fn(Trigger) -> Vec<Trigger>,
    planted: bool,
}

impl Planted {
    fn new(options: Options, fault: Fault, place: Place, triggers: fn(Trigger) -> Vec<Trigger>) -> Self {
        Self { writer: Writer::new(options), claim: None, fault, place, triggers, planted: false }
    }

    fn plant(&mut self, segment: &Segment<'_>) {
        let Some((ordinal, node)) = self.claim.filter(|_| !self.planted) else { return };
        self.planted = true;
        let trigger =
            Trigger { segment_id: Packed::lit("CLM"), segment: ordinal, node: Some(node), ..Trigger::default() };
        let place = Place {
            interchange: 1,
            group: 1,
            set: 1,
            segment: segment.ordinal(),
            node: Some(node),
            loop_path: "2000A/2000B/2300".to_owned(),
            bytes: segment.offset() + 3..segment.offset() + segment.bytes().len() as u64,
            ..self.place.clone()
        };
        self.writer.finding(&Finding {
            rule: RuleId("planted"),
            snip: Snip::Situation,
            severity: Severity::Error,
            layer: Layer::Guide,
            message: String::new(),
            place,
            fault: self.fault,
            scope: Scope::Item,
            status: None,
            triggers: (self.triggers)(trigger),
        });
    }
}

impl Visitor for Planted {
    fn interchange_start(&mut self, event: &InterchangeStart<'_>) {
        self.writer.interchange_start(event);
    }
    fn group_start(&mut self, event: &GroupStart<'_>) {
        self.writer.group_start(event);
    }
    fn set_start(&mut self, event: &SetStart<'_>) {
        self.writer.set_start(event);
    }
    fn loop_open(&mut self, node: NodeIx) {
        self.writer.loop_open(node);
    }
    fn loop_close(&mut self, node: NodeIx) {
        self.writer.loop_close(node);
    }
    fn segment(&mut self, segment: &Segment<'_>, node: Option<NodeIx>) {
        self.writer.segment(segment, node);
        match segment.id().as_bytes() {
            b"CLM" if self.claim.is_none() => self.claim = Some(segment.ordinal()).zip(node),
            b"LX" => self.plant(segment),
            _ => {}
        }
    }
    fn set_end(&mut self, event: &SetEnd<'_>) {
        self.writer.set_end(event);
    }
    fn group_end(&mut self, event: &GroupEnd<'_>) {
        self.writer.group_end(event);
    }
}

/// The 999, a segment a line, in its envelope.
fn written(mut planted: Planted) -> String {
    run(FILE, engine::Options::default(), &mut planted);
    assert!(planted.planted);
    let number = ControlNumber::FIRST;
    let (sender, receiver) = (Address::new("ZZ", "TRADEWIND"), Address::new("ZZ", "SYNTHSENDER"));
    let at = Stamp::new(2026, 3, 4, 5, 6).unwrap();
    let envelope = Envelope { sender, receiver, at, interchange: number, group: number, usage: Usage::Test };
    let mut out = Vec::new();
    planted.writer.head(&envelope, &mut out);
    let mut body = std::mem::take(planted.writer.output());
    out.append(&mut body);
    planted.writer.tail(&envelope, &mut out);
    let text = String::from_utf8(out).unwrap();
    assert_eq!(errors(&text), Vec::<String>::new(), "{text}");
    text.replace('~', "~\n")
}

fn frequency(trigger: Trigger) -> Vec<Trigger> {
    vec![Trigger { element: 5, component: 3, ..trigger }]
}

fn reference_missing() -> Place {
    Place { segment_id: Some(Packed::lit("REF")), ..Place::default() }
}

#[test]
fn a_missing_segment_names_the_component_that_asks_for_it() {
    let fault = Fault::Segment(SegmentCode::DependentMissing);
    let text = written(Planted::new(Options::default(), fault, reference_missing(), frequency));
    let (ik3, claim) = (text.find("\nIK3*REF*").expect("an IK3"), text.find("CTX*CLM01:").expect("a business unit"));
    let told: Vec<&str> = text[ik3 + 1..].lines().take(3).collect();
    assert!(told[0].ends_with("*2300*I6~"), "{told:?}");
    assert!(told[1].starts_with("CTX*SITUATIONAL TRIGGER*CLM*"), "{told:?}");
    assert!(told[1].ends_with("*2300*5:3*C023:1325~"), "{told:?}");
    assert!(told[2].starts_with("CTX*CLM01:") && claim > ik3, "{told:?}");
}

#[test]
fn a_partner_may_want_3_for_what_the_situation_asks_for() {
    let options = Options { missing: Missing::Base, ..Options::default() };
    let fault = Fault::Segment(SegmentCode::DependentMissing);
    let text = written(Planted::new(options, fault, reference_missing(), frequency));
    assert!(text.lines().any(|line| line.starts_with("IK3*REF*") && line.ends_with("*2300*3~")), "{text}");
}

#[test]
fn a_missing_element_names_its_triggers_behind_its_ik4() {
    let fault = Fault::Element { code: ElementCode::DependentMissing, reference: Packed::lit("1351") };
    let place = Place { segment_id: Some(Packed::lit("CLM")), element: 10, ..Place::default() };
    let text = written(Planted::new(Options::default(), fault, place, frequency));
    let ik4 = text.find("IK4*10*1351*I9~").expect("an IK4");
    assert!(text[ik4..].lines().nth(1).is_some_and(|line| line.ends_with("*5:3*C023:1325~")), "{text}");
    assert_eq!(text.matches("SITUATIONAL TRIGGER").count(), 1);
}

#[test]
fn a_trigger_that_is_a_whole_segment_has_no_position() {
    let fault = Fault::Segment(SegmentCode::DependentNotUsed);
    let text = written(Planted::new(Options::default(), fault, reference_missing(), |trigger| vec![trigger]));
    let line = text.lines().find(|line| line.contains("SITUATIONAL")).expect("a trigger");
    assert!(line.ends_with("*2300~") && text.contains("*2300*I9~"), "{text}");
}

#[test]
fn no_more_triggers_than_the_guide_lets_stand() {
    let many = |trigger: Trigger| (1..=20).map(|element| Trigger { element, ..trigger.clone() }).collect();
    let fault = Fault::Segment(SegmentCode::DependentMissing);
    let text = written(Planted::new(Options::default(), fault, reference_missing(), many));
    assert_eq!(text.matches("SITUATIONAL TRIGGER").count(), 9);
    let fault = Fault::Element { code: ElementCode::DependentMissing, reference: Packed::lit("1351") };
    let place = Place { segment_id: Some(Packed::lit("CLM")), element: 10, ..Place::default() };
    let text = written(Planted::new(Options::default(), fault, place, many));
    assert_eq!(text.matches("SITUATIONAL TRIGGER").count(), 10);
}

#[test]
fn bad_data_is_left_out_where_a_partner_wants_none() {
    let place = Place { segment_id: Some(Packed::lit("LX")), element: 1, ..Place::default() };
    let fault = Fault::Element { code: ElementCode::Code, reference: Packed::lit("554") };
    for (bad_data, expected) in [(true, "\nIK4*1*554*7*1~\n"), (false, "\nIK4*1*554*7~\n")] {
        let options = Options { bad_data, ..Options::default() };
        let text = written(Planted::new(options, fault, place.clone(), |_| Vec::new()));
        assert!(text.contains(expected), "{text}");
    }
}
