use super::*;
use crate::ack::envelope::tests::sample;
use crate::engine::{GroupHeader, SetHeader};
use crate::finding::{BusinessCode, Fault, Layer, Place, RuleId, Scope, Severity, Snip};
use crate::guide::Packed;

fn settings() -> Settings {
    Settings {
        name: "TRADEWIND".into(),
        id: "TW01".into(),
        processed: Stamp::new(2026, 3, 4, 5, 6).unwrap(),
        set_number: ControlNumber::FIRST,
        faults_max: 1000,
    }
}

fn group() -> GroupHeader {
    GroupHeader {
        code: "BE".into(),
        sender: "SPONSOR".into(),
        date: "20260301".into(),
        time: "120055".into(),
        control_number: "17".into(),
        version: "005010X220A1".into(),
        ..GroupHeader::default()
    }
}

fn finding(message: &str) -> Finding {
    Finding {
        rule: RuleId("some-rule"),
        snip: Snip::CodeSet,
        severity: Severity::Error,
        layer: Layer::Guide,
        message: message.into(),
        place: Place {
            segment_id: Some(Packed::lit("NM1")),
            segment: 9,
            element: 9,
            loop_path: "2000/2100A".into(),
            ..Place::default()
        },
        fault: Fault::Business(BusinessCode { category: "A6", status: "562", entity: None }),
        scope: Scope::Set,
        status: None,
        triggers: Vec::new(),
    }
}

fn joined(pieces: [Piece; 3], spool: &[u8]) -> String {
    let mut out = Vec::new();
    for piece in pieces {
        piece.append(spool, &mut out);
    }
    String::from_utf8(out).unwrap().replace('~', "\n")
}

#[test]
fn tells_the_verdict_before_the_faults() {
    let (mut writer, mut spool) = (Writer::new(settings(), Format::default()), Vec::new());
    let (group, set) = (group(), SetHeader { code: "834".into(), control_number: "0007".into(), convention: None });
    let original = Original { group: &group, set: &set, reference: b"ENROLL-1" };
    writer.open();
    writer.fault(&finding("id: expected one, found none"), None, &mut spool);
    let text = joined(writer.close(&original, "TW824-1", Outcome::Rejected).unwrap(), &spool);
    let expected = "ST*824*0001*005010X186A1\nBGN*11*TW824-1*20260304*0506**ENROLL-1**U\nN1*41*TRADEWIND*46*TW01\n\
                    N1*40*SPONSOR*46*SPONSOR\nOTI*TR*TN*ENROLL-1***20260301*1200*17*0007*834*005010X220A1\n\
                    TED*007*some-rule, id, expected one, found none*NM1*9*9\nSE*7*0001\n";
    assert_eq!(text, expected);
    let mut out = Vec::new();
    writer.head(&sample(), &mut out);
    writer.tail(&sample(), &mut out);
    let text = String::from_utf8(out).unwrap();
    assert!(text.contains("~GS*AG*") && text.contains("*005010X186A1~GE*1*8~"), "{text}");
}

#[test]
fn an_accepted_set_has_no_fault_and_one_without_a_number_says_so() {
    let mut writer = Writer::new(settings(), Format::default());
    let (group, set) = (GroupHeader::default(), SetHeader::default());
    let original = Original { group: &group, set: &set, reference: b"" };
    writer.open();
    let text = joined(writer.close(&original, "R", Outcome::Accepted).unwrap(), &[]);
    assert!(text.contains("**NA**WQ\n") && text.contains("\nN1*40*UNKNOWN*46*UNKNOWN\n"), "{text}");
    assert!(text.contains("\nOTI*TA*TN*NA*****0*0000") && text.ends_with("SE*6*0001\n"), "{text}");
    assert!(writer.close(&original, "R", Outcome::Accepted).is_none());
}

#[test]
fn faults_have_a_limit_and_words_are_cut_between_words() {
    let (mut writer, mut spool) =
        (Writer::new(Settings { faults_max: 2, ..settings() }, Format::default()), Vec::new());
    let (group, set) = (group(), SetHeader { code: "834".into(), control_number: "0007".into(), convention: None });
    let original = Original { group: &group, set: &set, reference: b"E" };
    writer.open();
    let long = "expected a very long explanation, found one that is longer still";
    (0..3).for_each(|_| writer.fault(&finding(long), None, &mut spool));
    let text = joined(writer.close(&original, "R", Outcome::Rejected).unwrap(), &spool);
    assert_eq!(text.matches("TED*").count(), 2);
    assert!(text.contains("TED*007*some-rule, expected a very long explanation, found one that*NM1*9*9\n"), "{text}");
    assert!(text.ends_with("SE*8*0001\n"), "{text}");
}

#[test]
fn balance_and_dates_have_reasons_of_their_own() {
    assert_eq!(reason_of(&Finding { snip: Snip::Balance, ..finding("") }), "010");
    let date = Fault::Element { code: crate::finding::ElementCode::Date, reference: Packed::NONE };
    assert_eq!(reason_of(&Finding { fault: date, ..finding("") }), "009");
}
