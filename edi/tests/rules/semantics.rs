//! What a rule's conditions mean: small rules on small files.

use crate::support::{fixture, run};
use tradewind_edi::validate::rules::{Lists, Rules, read};

const TWO_CLAIMS: &str = "005010X222A1/ok/0003_repeated_diagnosis_and_lines.edi";
/// Another claim of the same subscriber, with one line.
const ANOTHER: &str =
    "DTP[2] + CLM*B*10***11:B:1*Y*A*Y*Y~HI*ABK:J0190~LX*1~SV1*HC:99213*10*UN*1***1~DTP*472*D8*20260215";

/// How often a rule of these lines is broken by a fixture with these edits.
fn broken(lines: &str, edits: &[&str]) -> usize {
    told(&format!("{lines}\n  code segment I6"), edits).len()
}

/// What a rule of these lines says of a fixture with these edits.
fn told(lines: &str, edits: &[&str]) -> Vec<String> {
    let edits: String = edits.iter().map(|edit| format!("    {edit}\n")).collect();
    let text = format!(
        "# A rule.\nrule small\n  snip 4\n  sets 837\n  message \"expected another, found this\"\n  claim A7 21\n{lines}\n  \
         fails {TWO_CLAIMS}\n{edits}"
    );
    let rule = read("small.txt", &text).unwrap();
    let file = String::from_utf8(fixture(TWO_CLAIMS).unwrap()).unwrap();
    let file = rule.examples()[0].apply(&file).unwrap();
    let lists = Lists::built_in().with("days", "days.txt", "E119 ..20251231\nI10\nJ0190 20260101..\n").unwrap();
    let found = run(file.as_bytes(), &Rules::new([rule]).with_lists(lists)).0;
    let others: Vec<_> = found.iter().filter(|(rule, _)| rule != "small").collect();
    assert!(others.is_empty(), "{others:?}");
    found.into_iter().map(|(_, what)| what).collect()
}

#[test]
fn a_segment_stands_in_its_own_instance_of_a_loop_alone() {
    let rule = "  loop 2300\n  expect REF[REF01=D9]";
    assert_eq!(broken(rule, &[]), 1);
    assert_eq!(broken(rule, &["CLM[1] + REF*D9*1"]), 0);
    assert_eq!(broken(rule, &["CLM[1] + REF*G1*1"]), 1);
    assert_eq!(broken(rule, &[ANOTHER]), 2);
    assert_eq!(broken(rule, &["CLM[1] + REF*D9*1", ANOTHER]), 1);
    assert_eq!(broken(rule, &[ANOTHER, "CLM[2] + REF*D9*1"]), 1);
}

#[test]
fn values_are_held_against_codes_prefixes_and_ranges() {
    let holds = |condition: &str| broken(&format!("  loop 2300\n  when {condition}\n  expect 2310A"), &[]) == 1;
    for yes in [
        "CLM05-3 = 1 7",
        "CLM05-3 != 7 8",
        "CLM05-1 = 1*",
        "2400/SV101-2 = 99201..99215",
        "2400/SV101-2 = \"99213\"",
        "CLM01",
        "not CLM20",
        "not CLM20 = 1",
        "2000B/SBR02 = 18",
        "2010AA/NM108 = XX",
        "2010BB",
        "2010BA[NM108=MI]",
        "HI[HI*-1=ABF]/HI*-2 = I10",
        "2400/SV1[SV101-1=HC][!SV103=MJ]/SV102 = 100",
        "/BHT06 = CH",
        "( CLM20 or CLM01 ) and not 2310B",
    ] {
        assert!(holds(yes), "{yes}");
    }
    for no in [
        "CLM05-3 = 7 8",
        "CLM05-3 != 1",
        "CLM20 != 1",
        "CLM05-1 = 2*",
        "2400/SV101-2 = 9920..9999",
        "2310B",
        "HI[HI*-1=ABK]/HI*-2 = I10",
        "2400/SV1[SV101-1=HC][SV104=2]",
        "2400/SV1[!SV103]",
        "not 2400/SV102 = 100",
    ] {
        assert!(!holds(no), "{no}");
    }
}

#[test]
fn what_does_not_stand_decides_nothing_for_formats_and_comparisons() {
    for test in [
        "CLM20 is npi",
        "not CLM20 is npi",
        "CLM20 > 1",
        "not CLM20 > 1",
        "DTP[DTP01=431]/DTP03 < 2400/DTP03",
        "CLM20 in @states",
    ] {
        assert_eq!(broken(&format!("  loop 2300\n  expect {test}"), &[]), 0, "{test}");
        assert_eq!(broken(&format!("  loop 2300\n  when {test}\n  expect 2310A"), &[]), 0, "{test}");
    }
}

#[test]
fn numbers_and_days_compare_by_value() {
    let asks = |condition: &str, edits: &[&str]| broken(&format!("  loop 2300\n  expect {condition}"), edits);
    assert_eq!(asks("CLM02 >= 125.5", &[]), 0);
    assert_eq!(asks("CLM02 > 125.50", &[]), 1);
    assert_eq!(asks("2400/DTP[DTP01=472]/DTP03 >= 20260215", &[]), 0);
    assert_eq!(asks("2400/DTP[DTP01=472]/DTP03.to >= 20260216", &[]), 1);
    let onset = "CLM[1] + DTP*431*D8*20260215";
    assert_eq!(asks("DTP[DTP01=431]/DTP03 <= 2400/DTP[DTP01=472]/DTP03", &[onset]), 0);
    assert_eq!(asks("DTP[DTP01=431]/DTP03 < 2400/DTP[DTP01=472]/DTP03", &[onset]), 1);
    assert_eq!(asks("DTP[DTP01=431]/DTP03 < 2400/DTP[DTP01=472]/DTP03.to", &[onset, "DTP[3] 03 = 20260216"]), 0);
    assert_eq!(asks("CLM02 >= 2400/SV102", &[]), 0);
    assert_eq!(asks("CLM02 < 2400/SV102", &[]), 1);
    assert_eq!(asks("2010BA/NM109 <> 2010BB/NM109", &[]), 0);
    assert_eq!(asks("2010BA/NM109 == 2010BB/NM109", &[]), 1);
}

#[test]
fn places_are_counted_by_loop() {
    let asks = |condition: &str, edits: &[&str]| broken(&format!("  loop 2300\n  expect {condition}"), edits);
    assert_eq!(asks("count 2400 <= 2", &[]), 0);
    assert_eq!(asks("count 2400 <= 1", &[]), 1);
    assert_eq!(asks("count 2400 <= 1", &[ANOTHER]), 1);
    assert_eq!(asks("count HI[HI*-1=ABF]/HI*-2 == 2", &[]), 0);
    assert_eq!(asks("count 2310B == 0", &[]), 0);
    assert_eq!(broken("  loop set\n  expect count 2300 <= 1", &[ANOTHER]), 1);
}

#[test]
fn each_asks_every_element_and_segment_at_once() {
    assert_eq!(broken("  each HI*\n  expect HI*-2 = J0190", &[]), 2);
    assert_eq!(broken("  each HI*\n  when HI*-1 = ABK\n  expect HI*-2 = J0190", &[]), 0);
    assert_eq!(broken("  each 2400/SV1\n  expect SV107-2", &[]), 1);
    assert_eq!(broken("  each SV1[SV102=100]\n  expect SV107-4", &[]), 1);
    assert_eq!(broken("  each 2400/SV1\n  when 2300/CLM05-3 = 1\n  expect SV102 > 50", &[]), 1);
    assert_eq!(broken("  each 2400/SV1\n  when 2000B/SBR02 = 18\n  expect LX01 = 1", &[]), 1);
}

#[test]
fn at_expected_names_the_element_that_is_not_as_expected() {
    let rule = "  each 2400/SV1\n  expect SV107-1 = 1\n  expect not SV107-2 == SV107-3\n  expect SV107-3 < 3 or 2300/HI/HI05\n  \
                at expected\n  code element I12";
    let places = |edits: &[&str]| -> Vec<String> {
        let told = told(rule, edits);
        told.iter().map(|what| what.split([' ']).nth(4).unwrap().to_owned()).collect()
    };
    assert_eq!(places(&[]), ["07-3"]);
    assert_eq!(places(&["SV1[1] 07 = 1:2", "SV1[2] 07 = 2"]), ["07-1"]);
    assert_eq!(places(&["SV1[1] 07 = 1:3:3", "SV1[2] 07 = 1"]), ["07-2"]);
    assert_eq!(places(&["SV1[1] 07 = 1:2", "SV1[2] 07 = 1"]), [""; 0]);
}

#[test]
fn at_expected_names_what_an_expectation_of_a_loop_looks_at_first() {
    let rule = "  loop 2300\n  expect CLM05-3 = 1\n  expect 2400/DTP[DTP01=472]/DTP03 > 20260214\n  at expected\n  code element I12";
    assert!(told(rule, &[]).is_empty());
    assert!(told(rule, &["CLM[1] 05-3 = 7"])[0].contains("CLM #18 05-3"));
    assert!(
        told(rule, &["DTP[1] 02 = D8", "DTP[1] 03 = 20260214", "DTP[2] 03 = 20260214"])[0].contains("DTP #22 03-0")
    );
}

#[test]
fn what_comes_later_is_asked_when_the_loop_that_holds_both_closes() {
    let rule = "  each 2300/HI*\n  when HI*-2 = I10\n  expect 2400/SV101-2 = 85025";
    assert_eq!(broken(rule, &[]), 0);
    assert_eq!(broken(rule, &["SV1[2] 01-2 = 85026"]), 1);
    assert_eq!(broken(rule, &["SV1[2] 01-2 = 85026", "HI[1] 03 ="]), 0);
    let line = "  each 2400/SV1\n  expect REF[REF01=6R]";
    assert_eq!(broken(line, &[]), 2, "each line is a loop of its own");
    assert_eq!(broken(line, &["DTP[2] + REF*6R*1"]), 1);
    assert_eq!(broken(line, &["DTP[1] + REF*6R*1", "DTP[2] + REF*6R*2"]), 0);
    let beside = "  loop 2310B\n  expect 2400/SV1[SV101-2=1]";
    assert_eq!(broken(beside, &["HI[1] + NM1*82*1*DOE*****XX*1234567893"]), 1);
}

#[test]
fn lists_are_asked_by_the_day() {
    let rule = "  each 2300/HI*\n  expect HI*-2 in @days on 2400/DTP[DTP01=472]/DTP03";
    assert_eq!(broken(rule, &[]), 1, "E119 ended before");
    assert_eq!(broken(rule, &["HI[1] 02 ="]), 0);
    assert_eq!(broken(rule, &["HI[1] 02-2 = I10"]), 0);
    assert_eq!(broken(rule, &["HI[1] 02-2 = Z99"]), 1, "not in the list");
    assert_eq!(
        broken(rule, &["DTP[1] 02 = D8", "DTP[1] 03 = 20251230", "DTP[2] 03 = 20251230"]),
        1,
        "J0190 begins after"
    );
    let either = "  each 2300/HI*\n  when HI*-2 in @days\n  expect HI*-2 in @days on 2400/DTP[DTP01=472]/DTP03 or HI*-2 in @days on \
                  2400/DTP[DTP01=472]/DTP03.to";
    assert_eq!(broken(either, &[]), 1, "E119 ended before");
    assert_eq!(broken(either, &["HI[1] 02-2 = Z99"]), 0, "not in the list: another rule's");
    let over = [
        "HI[1] 02 =",
        "DTP[1] 02 = RD8",
        "DTP[1] 03 = 20251230-20260102",
        "DTP[2] 02 = RD8",
        "DTP[2] 03 = 20251230-20260102",
    ];
    assert_eq!(broken(either, &over), 0, "J0190 begins on the way");
    assert_eq!(broken(rule, &over), 1, "but after the first days");
    let frame = "  loop 2300\n  expect HI*-2 in @days on 2310B/PRV03 else 2400/DTP[DTP01=472]/DTP03";
    assert_eq!(broken(frame, &[]), 1);
    assert_eq!(broken(frame, &["HI[1] 02 ="]), 0);
    assert_eq!(broken("  each 2300/HI*\n  expect HI*-2 in @days", &[]), 0);
}

#[test]
fn a_rule_above_the_claims_rejects_those_that_follow() {
    assert_eq!(broken("  each 2000B/SBR\n  expect SBR09 = MB", &[]), 1);
    assert_eq!(broken("  loop 2010BB\n  expect NM108 = XV", &[]), 1);
    assert_eq!(broken("  loop 2000B\n  expect count 2300 > 1", &[]), 1);
    assert_eq!(broken("  loop 2000B\n  expect count 2300 > 1", &[ANOTHER]), 0);
}
