//! A file's JSON turns back into the same bytes.

use crate::common::fixtures;
use crate::support::{assert_same, findings, framed, generated, guide, guides, to_json, to_x12, valid_fixtures};
use tradewind_edi::Guides;
use tradewind_edi::json::{FileReader, JsonError};

const PIECES: [usize; 4] = [1, 7, 4096, usize::MAX];

fn returns(name: &str, file: &[u8]) {
    let whole = to_json(file, usize::MAX);
    serde_json::from_slice::<serde_json::Value>(&whole).expect("JSON");
    for piece in PIECES {
        assert_same(name, &to_json(file, piece), &whole);
        assert_same(name, &to_x12(&whole, piece).expect("X12"), file);
    }
}

/// A claim file whose parts can be put in the place of others.
fn claims() -> String {
    String::from_utf8(generated(&guide("005010X222A1", "837"), 3, 5)).expect("ASCII")
}

/// One plain claim, so that a test says itself what stands between CLM and LX.
fn claim() -> &'static str {
    include_str!("../../../fixtures/x12/005010X222A1/ok/0001_one_claim.edi")
}

/// Corrects SE01 after segments came or went.
fn recount(file: &str) -> String {
    let mut count = 0;
    let counted = file.split_inclusive('~').map(|segment| {
        let trimmed = segment.trim_start();
        count = if trimmed.starts_with("ST*") { 1 } else { count + 1 };
        let parts: Vec<&str> = segment.splitn(3, '*').collect();
        match parts.as_slice() {
            [id, _, rest] if id.trim() == "SE" => format!("{id}*{count}*{rest}"),
            _ => segment.to_owned(),
        }
    });
    counted.collect()
}

fn valid(name: &str, file: &[u8]) {
    let found = findings(file);
    assert!(found.is_empty(), "{name}: {found:?}");
    returns(name, file);
}

#[test]
fn every_valid_fixture_comes_back() {
    let files = valid_fixtures();
    assert!(!files.is_empty(), "no valid fixture was found");
    for (name, file) in files {
        returns(&name, &file);
    }
}

#[test]
fn what_is_wrong_within_an_envelope_comes_back_or_is_refused_with_its_place() {
    let mut returned = 0;
    for (name, file) in fixtures().into_iter().filter(|(_, file)| framed(file)) {
        match to_x12(&to_json(&file, usize::MAX), usize::MAX) {
            Ok(back) => assert_same(&name, &back, &file),
            Err(error) => {
                assert!(error.contains("/interchanges/"), "{name}: {error}");
                continue;
            }
        }
        returned += 1;
    }
    assert!(returned > 100, "{returned}");
}

#[test]
fn generated_files_of_every_guide_come_back() {
    for guide in guides() {
        for seed in 1..3 {
            returns(&guide.id().to_string(), &generated(&guide, 12, seed));
        }
    }
}

#[test]
fn segments_that_share_a_position_keep_their_order() {
    let shuffled = "REF*EA*1~\nREF*9F*2~\nREF*G1*3~\nREF*4N*4~\n";
    let file = claim().replace("HI*", &format!("{shuffled}HI*"));
    let file = recount(&file);
    valid("shuffled REF", file.as_bytes());
    let json = String::from_utf8(to_json(file.as_bytes(), 100)).expect("UTF-8");
    assert!(json.contains("\"_order\":["), "the order is told");
    let (referral, authorization) = (json.find("\"referral\":"), json.find("\"prior_authorization\":"));
    assert!(referral < authorization, "members stand in the guide's order");
}

#[test]
fn loops_that_share_a_position_keep_their_order() {
    let facility = "NM1*77*2*SYNTHETIC CLINIC~\nN3*1 TEST LOOP~\nN4*SALEM*OR*973010001~\n";
    let rendering = "NM1*82*1*SAMPLE*SKY****XX*1245319599~\n";
    let referring = "NM1*DN*1*SAMPLE*ASH****XX*1234567893~\n";
    let file = claim().replace("LX*1~", &format!("{facility}{referring}{rendering}LX*1~"));
    valid("shuffled 2310", recount(&file).as_bytes());
}

#[test]
fn line_ends_may_be_mixed_and_missing() {
    let file = claims();
    valid("none", file.replace('\n', "").as_bytes());
    valid("CRLF", file.replace('\n', "\r\n").as_bytes());
    valid("no last", file.trim_end().as_bytes());
    let mixed = file.split_inclusive('\n').enumerate().map(|(at, line)| match at % 3 {
        0 => line.to_owned(),
        1 => line.replace('\n', "\r\n"),
        _ => line.replace('\n', ""),
    });
    let mixed: String = mixed.collect();
    valid("mixed", mixed.as_bytes());
}

#[test]
fn any_delimiters_come_back() {
    let file = claims().replace('~', "\u{1}").replace('*', "|").replace(':', ">").replace('^', "!");
    valid("printable", file.replace('\u{1}', "'").as_bytes());
    valid("control bytes", file.replace('|', "\u{1d}").replace('>', "\u{1f}").replace('\u{1}', "\u{1c}").as_bytes());
    valid("line feed", file.replace("\u{1}\n", "\n").as_bytes());
}

#[test]
fn several_interchanges_and_groups_come_back() {
    let group = |set: &str| guide(if set == "837" { "005010X222A1" } else { "005010X279A1" }, set);
    let both =
        [generated(&group("837"), 4, 1), generated(&group("270"), 4, 2), generated(&group("271"), 4, 3)].concat();
    valid("three interchanges", &both);
    let one = |set, number: &str| {
        let file = String::from_utf8(generated(&group(set), 2, 9)).expect("ASCII");
        let lines: Vec<&str> = file.split_inclusive('\n').collect();
        let body = lines[1..lines.len() - 1].concat();
        let gs06 = lines[1].split('*').nth(6).expect("GS06").to_owned();
        (
            lines[0].to_owned(),
            body.replace(&format!("*{gs06}"), &format!("*{number}")),
            lines[lines.len() - 1].to_owned(),
        )
    };
    let ((isa, first, iea), (_, second, _)) = (one("837", "11"), one("270", "12"));
    let file = format!("{isa}{first}{second}{}", iea.replace("IEA*1*", "IEA*2*"));
    valid("two groups", file.as_bytes());
}

#[test]
fn a_ta1_comes_back() {
    let file = claims();
    let isa = file.split_inclusive('\n').next().expect("ISA");
    let number = isa.split('*').nth(13).expect("ISA13");
    let ta1 = format!("TA1*{number}*260115*0800*A*000~\n");
    returns("alone", format!("{isa}{ta1}{ta1}IEA*0*{number}~\n").as_bytes());
    returns("before a group", file.replacen(isa, &format!("{isa}{ta1}"), 1).as_bytes());
}

#[test]
fn what_is_not_valid_turns_into_json_all_the_same() {
    let file = claims();
    let broken = [
        file.replace("N3*", "N3*MU\u{d1}OZ*"),
        file.replace("CLM*", "ZZZ*1*2~\nCLM*"),
        file.replace("*UN*1*", "*UN*1*11**2*3*4*5*6*7*8*9*10*11*12*13*14*15*16*"),
        file.replace("DMG*D8", "DMG*D8:X:Y"),
        file.replace("005010X222A1", "005010X999"),
        file[..file.len() / 2].to_owned(),
        file.replace("~\nSE*", "***~\nSE*"),
        file.replace("HL*2", "HL*2**"),
        file.replace("LX*1~", "LX*1~\nLX*1~"),
        file.replace("SBR*", "SBR*P~\nSBR*"),
    ];
    for (at, file) in broken.iter().enumerate() {
        assert!(!findings(file.as_bytes()).is_empty(), "{at} was meant to be broken");
        for piece in PIECES {
            let json = to_json(file.as_bytes(), piece);
            serde_json::from_slice::<serde_json::Value>(&json).unwrap_or_else(|error| panic!("{at}: {error}"));
        }
    }
}

#[test]
fn a_set_of_an_unknown_guide_comes_back() {
    let file = claims().replace("005010X222A1", "005010X999");
    returns("unknown guide", file.as_bytes());
}

#[test]
fn separators_in_an_envelopes_id_come_back() {
    returns("GS02", claims().replace("GS*HC*SYNTH", "GS*HC*SY:T^").as_bytes());
}

#[test]
fn separators_at_the_end_come_back() {
    let file = claims();
    returns("elements", file.replace("LX*1~", "LX*1**~").as_bytes());
    returns("components", file.replace("*1~\nDTP*472", "*1::~\nDTP*472").as_bytes());
}

#[test]
fn latin_1_and_utf_8_come_back() {
    let file = claims().replace("N3*", "N3*\u{d1} ");
    returns("UTF-8", file.as_bytes());
    let latin_1: Vec<u8> = file.chars().map(|character| character as u8).collect();
    returns("Latin-1", &latin_1);
}

#[test]
fn what_must_be_held_has_a_limit() {
    let json = to_json(claims().as_bytes(), 1000);
    let read = |limit: usize| {
        let (mut reader, mut file) = (FileReader::new(Guides::built_in()).with_value_bytes_max(limit), Vec::new());
        json.chunks(1).try_for_each(|piece| reader.feed(piece, &mut file)).and_then(|()| reader.finish())
    };
    let enough = (1..).find(|limit| read(*limit).is_ok()).expect("a limit that is enough");
    assert!(enough < 6000, "one claim is held, not the file: {enough}");
    assert!(matches!(read(enough - 1), Err(JsonError::Syntax { .. } | JsonError::Value { .. })));
}

#[test]
fn members_of_a_level_that_come_too_late_are_refused() {
    let json = String::from_utf8(to_json(claims().as_bytes(), 1000)).expect("UTF-8");
    let start = json.find("\"submitter\":").expect("a submitter");
    let end = json.find("\"receiver\":").expect("a receiver");
    let submitter = &json[start..end - 1];
    let late = json
        .replace(&format!("{submitter},"), "")
        .replace(",\"transaction_set_trailer\"", &format!(",{submitter},\"transaction_set_trailer\""));
    let error = to_x12(late.as_bytes(), 1000).expect_err("too late");
    assert!(error.ends_with("at `/interchanges/0/groups/0/sets/0/submitter`"), "{error}");
}

#[test]
fn members_within_an_item_may_come_in_any_order() {
    let file = claims();
    let json = String::from_utf8(to_json(file.as_bytes(), 1000)).expect("UTF-8");
    let mut later = json.clone();
    let claims: Vec<usize> = json.match_indices("{\"claim_information\":").map(|(at, _)| at).collect();
    assert!(!claims.is_empty());
    for &start in claims.iter().rev() {
        let mut values = serde_json::Deserializer::from_str(&json[start..]).into_iter::<serde_json::Value>();
        let claim = values.next().expect("a value").expect("JSON").to_string();
        later.replace_range(start..start + values.byte_offset(), &claim);
    }
    assert_ne!(later, json);
    assert_same("another order", &to_x12(later.as_bytes(), 1000).expect("X12"), file.as_bytes());
}
