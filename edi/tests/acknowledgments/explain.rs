//! A received acknowledgment beside the file that it speaks of.

use crate::support::{advice, answers, run};
use tradewind_edi::Options;
use tradewind_edi::ack::read::Reader;
use tradewind_edi::explain::{Entry, Layout, Subject, Told};

fn explained(original: &[u8], acknowledgment: &str) -> (Vec<Entry>, usize) {
    let mut told = Told::showing_values();
    run(acknowledgment.as_bytes(), Options::default(), &mut Reader::new(|fact| told.add(fact)));
    assert!(!told.is_empty());
    let mut entries = Vec::new();
    let mut layout = Layout::new(told, |entry| entries.push(entry));
    run(original, Options::default(), &mut layout);
    let missed = layout.missed();
    (entries, missed)
}

fn fixture(path: &str) -> Vec<u8> {
    std::fs::read(format!("{}/../fixtures/x12/{path}", env!("CARGO_MANIFEST_DIR"))).expect(path)
}

#[test]
fn lays_a_999_beside_the_segments_in_error() {
    let original = fixture("005010X222A1/err/0511_place_of_service_of_one_claim.edi");
    let (entries, missed) = explained(&original, &answers(&original)[0].x999);
    assert_eq!(missed, 0);
    let subjects: Vec<_> = entries.iter().map(|entry| entry.subject.to_string()).collect();
    assert_eq!(subjects, ["group 11", "set 837 0001", "segment 24"]);
    let claim = &entries[2];
    assert_eq!(claim.segment, "CLM*CLAIM002*92.25***ZQ:B:1*Y*A*Y*Y");
    assert_eq!(claim.loop_path, "2000A/2000B/2300");
    assert_eq!(&claim.segment[claim.elements[0].clone()], "ZQ");
    assert_eq!(claim.words[0], "CLM in loop 2300: the segment has element errors (IK304 8)");
    assert_eq!(claim.words[1], "within CLM01 CLAIM002");
    assert!(entries[1].words[0].starts_with("accepted, though errors were found (IK501 E)"), "{:?}", entries[1].words);
}

#[test]
fn lays_a_277ca_beside_its_claims() {
    let original = fixture("005010X222A1/err/0512_line_qualifier_of_one_claim.edi");
    let (entries, missed) = explained(&original, &answers(&original)[0].x277ca);
    assert_eq!(missed, 0);
    let segments: Vec<_> =
        entries.iter().map(|entry| entry.segment.split('*').take(2).collect::<Vec<_>>().join("*")).collect();
    assert_eq!(segments, ["BHT*0019", "CLM*CLAIM002", "CLM*CLAIM001"]);
    assert!(entries[1].words[0].starts_with("claim rejected: returned as unprocessable"), "{:?}", entries[1].words);
    assert!(entries[1].words[1].starts_with("line CLAIM002L2 rejected: "), "{:?}", entries[1].words);
    assert!(entries[2].words[0].starts_with("claim accepted: "), "{:?}", entries[2].words);
}

#[test]
fn quotes_no_value_unless_asked_to() {
    let original = fixture("005010X222A1/err/0512_line_qualifier_of_one_claim.edi");
    let answer = answers(&original).remove(0);
    for acknowledgment in [answer.x999, answer.x277ca] {
        let mut told = Told::default();
        run(acknowledgment.as_bytes(), Options::default(), &mut Reader::new(|fact| told.add(fact)));
        let mut words = Vec::new();
        run(&original, Options::default(), &mut Layout::new(told, |entry| words.extend(entry.words)));
        assert!(!words.is_empty() && words.iter().all(|words| !words.contains("CLAIM00")), "{words:?}");
    }
}

#[test]
fn lays_a_ta1_beside_its_interchange() {
    let original = fixture("005010X222A1/err/0538_interchange_control_number.edi");
    let (entries, missed) = explained(&original, &answers(&original)[0].ta1);
    assert_eq!(missed, 0);
    assert_eq!(entries.len(), 1);
    assert_eq!(entries[0].subject, Subject::Interchange("000000001".to_owned()));
    assert!(entries[0].words[0].contains("the control numbers of ISA and IEA differ (TA105 001)"));
}

#[test]
fn counts_what_speaks_of_another_file() {
    let one = fixture("005010X222A1/err/0511_place_of_service_of_one_claim.edi");
    let other = fixture("005010X222A1/err/0540_two_groups_one_bad.edi");
    let (entries, missed) = explained(&other, &answers(&one)[0].x277ca);
    assert!(missed > 0 && entries.len() < 3, "{entries:?}");
}

#[test]
fn lays_an_824_beside_its_set_and_quotes_its_words_only_where_asked_to() {
    let original = fixture("005010X212/ok/0001_status_of_two_patients.edi");
    let text = String::from_utf8(original).unwrap().replacen("*XX*1234567893~", "*XX*1234567890~", 1);
    let (entries, missed) = explained(text.as_bytes(), &advice(text.as_bytes()));
    assert_eq!((missed, entries.len()), (0, 2));
    assert_eq!(entries[0].words, ["the application rejected the set (OTI01 TR)"]);
    let provider = &entries[1];
    assert_eq!(&provider.segment[provider.elements[0].clone()], "1234567890");
    assert!(
        provider.words[0].starts_with("the data are incorrect (TED01 848) \"npi-check-digit, "),
        "{:?}",
        provider.words
    );
    let mut told = Told::default();
    run(advice(text.as_bytes()).as_bytes(), Options::default(), &mut Reader::new(|fact| told.add(fact)));
    let mut words = Vec::new();
    run(text.as_bytes(), Options::default(), &mut Layout::new(told, |entry| words.extend(entry.words)));
    assert!(words.iter().all(|words| !words.contains("npi")), "{words:?}");
}

#[test]
fn lays_acknowledgments_of_several_groups_and_interchanges_beside_their_own() {
    for path in ["005010X222A1/err/0540_two_groups_one_bad.edi", "005010X222A1/err/0544_two_interchanges.edi"] {
        let original = fixture(path);
        let all: String = answers(&original).into_iter().map(|answer| answer.x999 + &answer.x277ca).collect();
        let (entries, missed) = explained(&original, &all);
        assert!(missed == 0 && entries.len() > 4, "{path}: {entries:?}");
    }
}
