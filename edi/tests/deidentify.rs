//! A file without what it tells of people is the same file to the engine: the same findings at the same places, byte for byte as long.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod common;

use common::fixtures;
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::hash::{DefaultHasher, Hasher};
use std::sync::Arc;
use tradewind_edi::deidentify::Deidentifier;
use tradewind_edi::generate::{GenerateOptions, Generator};
use tradewind_edi::guide::NodeIx;
use tradewind_edi::read::Refusal;
use tradewind_edi::{Finding, Guides, Options, Segment, Visitor, engine};

/// A keyed hash that is good enough for tests.
fn keyed(key: u64) -> impl FnMut(&[u8]) -> [u8; 32] {
    move |message| {
        let mut digest = [0; 32];
        for (at, word) in (0u64..).zip(digest.chunks_mut(8)) {
            let mut hasher = DefaultHasher::new();
            hasher.write_u64(key);
            hasher.write_u64(at);
            hasher.write(message);
            word.copy_from_slice(&hasher.finish().to_be_bytes());
        }
        digest
    }
}

fn deidentified(file: &[u8], key: u64, piece: usize) -> Result<Vec<u8>, Refusal> {
    let (mut out, mut deidentifier) = (Vec::new(), Deidentifier::new(keyed(key)));
    for piece in file.chunks(piece) {
        deidentifier.feed(piece, &mut out)?;
    }
    deidentifier.finish(&mut out)?;
    Ok(out)
}

/// What the engine finds, and where; the verdicts are of the same findings.
#[derive(Default)]
struct Told(Vec<String>);

impl Visitor for Told {
    fn finding(&mut self, finding: &Finding) {
        self.0.push(format!("{} {:?} {:?} {:?}", finding.rule, finding.severity, finding.fault, finding.place));
    }
}

fn told(file: &[u8]) -> Vec<String> {
    let mut told = Told::default();
    let ended = engine::run(file, Options::default(), &mut told);
    told.0.push(format!("{ended:?}"));
    told.0
}

/// Rules that name a day of the calendar themselves, or whose codes come and go by it: moving all days may change what they say.
const OF_THE_CALENDAR: [&str; 3] = ["icd-10-from-october-2015", "icd-10-at-discharge", "-on-the-day"];

#[test]
fn every_fixture_keeps_its_findings_its_length_and_its_separators() {
    let (mut compared, mut refused) = (0, 0);
    for (name, file) in fixtures() {
        for key in [1, 2] {
            let Ok(out) = deidentified(&file, key, usize::MAX) else {
                assert!(engine::run(&file, Options::default(), &mut Told::default()).is_err(), "{name}");
                refused += 1;
                continue;
            };
            assert_eq!(out.len(), file.len(), "{name}");
            let binary = memchr::memmem::find(&file, b"BIN*").is_some();
            for (at, (was, is)) in file.iter().zip(&out).enumerate() {
                let kind = |byte: &u8| match byte {
                    b'A'..=b'Z' => 'A',
                    b'a'..=b'z' => 'a',
                    b'0'..=b'9' => '0',
                    0x80.. => '?',
                    other => char::from(*other),
                };
                assert!(binary || kind(was) == kind(is), "{name}: byte {at}");
            }
            let of_the_calendar = |told: &String| OF_THE_CALENDAR.iter().any(|rule| told.contains(rule));
            let without = |mut told: Vec<String>| {
                told.retain(|told| !of_the_calendar(told));
                told
            };
            assert_eq!(without(told(&out)), without(told(&file)), "{name}");
            compared += 1;
        }
    }
    assert!(compared > 300 && refused < 60, "{compared} {refused}");
}

/// Values by segment and element that tell of people, found with nothing of what the library knows of them.
const PEOPLE: &[(&str, &[usize])] = &[
    ("NM1", &[3, 4, 5, 9]),
    ("N1", &[2, 4]),
    ("N2", &[1]),
    ("N3", &[1, 2]),
    ("N4", &[1]),
    ("PER", &[2, 4, 6, 8]),
    ("REF", &[2]),
    ("DMG", &[2]),
    ("CLM", &[1]),
    ("CLP", &[1, 7]),
    ("TRN", &[2]),
    ("SBR", &[3, 4]),
    ("NTE", &[2]),
    ("MSG", &[1]),
    ("K3", &[1]),
    ("PWK", &[6]),
    ("BHT", &[3]),
    ("BGN", &[2]),
    ("ACT", &[1]),
    ("BPR", &[7, 9, 13, 15]),
    ("INS", &[12]),
    ("IK4", &[4]),
    ("TED", &[7]),
    ("OTI", &[3]),
    ("PAT", &[6]),
    ("GS", &[2, 3]),
];

#[test]
fn no_value_that_tells_of_people_is_left() {
    let mut compared = 0;
    for (name, file) in fixtures() {
        let Ok(out) = deidentified(&file, 3, usize::MAX) else { continue };
        let separators = [file[3], *file.get(104).unwrap_or(&0), *file.get(105).unwrap_or(&0), b'^'];
        let parts = |file: &[u8]| -> Vec<Vec<u8>> {
            file.split(|byte| separators.contains(byte)).map(|part| part.trim_ascii().to_vec()).collect()
        };
        let left: BTreeSet<Vec<u8>> = parts(&out).into_iter().collect();
        for segment in file.split(|byte| *byte == file[105]) {
            let elements: Vec<&[u8]> = segment.trim_ascii().split(|byte| *byte == file[3]).collect();
            let id = String::from_utf8_lossy(elements[0]).into_owned();
            let Some((_, places)) = PEOPLE.iter().find(|(known, _)| *known == id) else { continue };
            for value in places.iter().filter_map(|place| elements.get(*place)).flat_map(|value| parts(value)) {
                // Short ones, and those that are a code or a number elsewhere, come up by themselves.
                let is_word = value.iter().filter(|byte| byte.is_ascii_alphanumeric()).count() >= 6;
                if is_word && value.iter().any(|byte| *byte != b'0') {
                    compared += 1;
                    assert!(!left.contains(&value), "{name}: {id} {}", String::from_utf8_lossy(&value));
                    if value.iter().any(u8::is_ascii_alphabetic) && value.len() >= 8 {
                        let found = memchr::memmem::find(&out, &value);
                        assert_eq!(found, None, "{name}: {id} {}", String::from_utf8_lossy(&value));
                    }
                }
            }
        }
    }
    assert!(compared > 3000, "{compared}");
}

#[test]
fn the_same_value_becomes_the_same_one_and_others_others() {
    let (_, file) = fixtures().into_iter().find(|(name, _)| name.contains("222A1/ok/0001")).unwrap();
    let values = |file: &[u8]| -> Vec<String> {
        let text = String::from_utf8(file.to_vec()).unwrap();
        let segments = text.split('~').map(str::trim).filter(|segment| segment.starts_with("NM1*"));
        segments.flat_map(|segment| segment.split('*').map(str::to_owned).collect::<Vec<_>>()).collect()
    };
    let out = deidentified(&file, 4, 100).unwrap();
    let pairs: BTreeMap<String, String> = values(&file).into_iter().zip(values(&out)).collect();
    for (was, is) in values(&file).iter().zip(values(&out)) {
        assert_eq!(pairs[was], is, "{was}");
    }
    assert_eq!(pairs.values().collect::<BTreeSet<_>>().len(), pairs.len());
    assert_ne!(deidentified(&file, 5, 100).unwrap(), out, "another key");
    let again = deidentified(&[file.clone(), file.clone()].concat(), 4, 100).unwrap();
    assert_eq!(again, [out.clone(), out].concat(), "nothing is remembered");
}

#[test]
fn all_days_move_by_the_same_weeks() {
    struct Days(Vec<String>);
    impl Visitor for Days {
        fn segment(&mut self, segment: &Segment<'_>, _node: Option<NodeIx>) {
            let at = match segment.id().as_str() {
                "BHT" => 4,
                "DMG" => 2,
                "DTP" => 3,
                _ => return,
            };
            self.0.extend(segment.text(at).map(str::to_owned));
        }
    }
    let days = |file: &[u8]| {
        let mut days = Days(Vec::new());
        engine::run(file, Options::default(), &mut days).unwrap();
        days.0
    };
    let number = |day: &str| -> i64 {
        let part = |range: std::ops::Range<usize>| day[range].parse::<i64>().unwrap();
        let (year, month) =
            if part(4..6) > 2 { (part(0..4), part(4..6) - 3) } else { (part(0..4) - 1, part(4..6) + 9) };
        year * 365 + year / 4 - year / 100 + year / 400 + (month * 153 + 2) / 5 + part(6..8)
    };
    let guide = Guides::built_in().find("005010X222A1", "837", None).unwrap().clone();
    let file: Vec<u8> =
        Generator::new(GenerateOptions { count: 50, ..GenerateOptions::new(guide) }).flatten().collect();
    let mut moved = BTreeSet::new();
    for key in 0..20 {
        let by: BTreeSet<i64> = days(&file)
            .iter()
            .zip(days(&deidentified(&file, key, 4000).unwrap()))
            .filter(|(was, _)| was.len() == 8)
            .map(|(was, is)| number(&is) - number(was))
            .collect();
        assert_eq!(by.len(), 1, "{by:?}");
        moved.extend(by);
    }
    assert!(moved.len() > 5 && moved.iter().all(|days| days % 7 == 0 && *days != 0 && days.abs() <= 182), "{moved:?}");
}

#[test]
fn a_date_is_held_against_its_format_whether_a_guide_takes_the_format_or_not() {
    let claim = include_bytes!("../../fixtures/x12/005010X222A1/ok/0001_one_claim.edi");
    let claim = std::str::from_utf8(claim).unwrap();
    for format in ["D6", "D8", "DB", "DT", "RD8", "RDT", "RTM", "TM", "TS", "TD8", "d6", "DOES"] {
        for value in ["251201", "20251201", "202512011530", "20251201-20251203", "1530", "153000", "1530-1600", "1201"]
        {
            let file = claim.replacen("DTP*472*D8*20260215~", &format!("DTP*472*{format}*{value}~"), 1);
            assert_ne!(file, claim);
            assert_eq!(
                told(&deidentified(file.as_bytes(), 3, 100).unwrap()),
                told(file.as_bytes()),
                "{format} {value}"
            );
        }
    }
}

#[test]
fn what_no_guide_knows_is_replaced_too() {
    let file = "ISA*00*          *00*SECRETWORD*ZZ*SENDER         *ZZ*RECEIVER       *260101*1200*^*00501*000000001*0*T*:~\
        ZZZ*JANE DOE*123-45-6789~GS*HC*SENDER*RECEIVER*20260101*1200*1*X*004010X098A1~STRAY SEGMENT OF DOE~\
        ST*837*0001~NM1*IL*1*DOE*JANE****MI*W123456789~ABC*DOE:JANE^DOE~se*4*0001~GE*1*1~IEA*1*000000001~ DOE AFTER THE END";
    let out = String::from_utf8(deidentified(file.as_bytes(), 6, 7).unwrap()).unwrap();
    for word in ["DOE", "JANE", "6789", "W123", "SECRET", "SENDER", "STRAY", "AFTER"] {
        assert!(!out.contains(word), "{word} in {out}");
    }
    for kept in ["*00*", "*ZZ*", "~GS*HC*", "*X*004010X098A1~", "~ST*837*0001~NM1*IL*1*", "~GE*1*1~IEA*1*000000001~"] {
        assert!(out.contains(kept), "{kept} in {out}");
    }
    assert_eq!(out.len(), file.len());
}

#[test]
fn binary_data_is_blanked_and_a_cut_segment_is_masked() {
    let head = "ISA*00*          *00*          *ZZ*SENDER         *ZZ*RECEIVER       *260101*1200*^*00501*000000001*0*T*:~\
        GS*PI*S*R*20260101*1200*1*X*006020X314~ST*275*0001~";
    let out = deidentified(format!("{head}BIN*9*DOE~*:JAN~NM1*IL*1*DOE").as_bytes(), 6, 1).unwrap();
    let out = String::from_utf8(out).unwrap();
    assert!(out.contains("~BIN*9*XXXXXXXXX~NM1*IL*1*") && !out.ends_with("DOE"), "{out}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn pieces_change_nothing(which in any::<prop::sample::Index>(), piece in 1usize..500) {
        let fixtures = fixtures();
        let (name, file) = &fixtures[which.index(fixtures.len())];
        prop_assert_eq!(deidentified(file, 7, piece), deidentified(file, 7, usize::MAX), "{}", name);
    }

    #[test]
    fn generated_files_stay_clean(which in any::<prop::sample::Index>(), seed in 0u64..1000, key in any::<u64>()) {
        let guides: Vec<_> = Guides::built_in().iter().cloned().collect();
        let guide = Arc::clone(&guides[which.index(guides.len())]);
        let options = GenerateOptions { count: 8, seed, ..GenerateOptions::new(guide) };
        let file: Vec<u8> = Generator::new(options).flatten().collect();
        prop_assert_eq!(told(&deidentified(&file, key, 1000).unwrap()), told(&file));
    }
}
