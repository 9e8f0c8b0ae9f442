//! Faults that acknowledgments of other engines are known for, and options of a partner. One test each.

use crate::support::{Answer, advice, answers, answers_of, answers_with, errors};
use tradewind_edi::ack::x277ca::Role;
use tradewind_edi::ack::x999;

fn fixture(path: &str) -> Vec<u8> {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../fixtures/x12/");
    std::fs::read(format!("{root}{path}")).expect(path)
}

fn answer(path: &str) -> Answer {
    let mut answers = answers(&fixture(path));
    assert_eq!(answers.len(), 1);
    answers.remove(0)
}

/// The fixture with a text replaced.
fn changed(path: &str, from: &str, to: &str) -> Vec<u8> {
    let text = String::from_utf8(fixture(path)).unwrap();
    assert!(text.contains(from), "{from} in {path}");
    text.replacen(from, to, 1).into_bytes()
}

fn count(text: &str, segment: &str) -> usize {
    text.lines().filter(|line| line.starts_with(segment)).count()
}

#[test]
fn a_set_without_st03_is_acknowledged_without_it() {
    let answer = answer("005010X221A1/err/0501_set_without_st03.edi");
    assert!(answer.x999.contains("\nAK1*HP*11*005010X221A1~\nAK2*835*0001~\n"), "{}", answer.x999);
}

#[test]
fn a_999_names_its_own_guide_and_repeats_the_groups() {
    let answer = answer("005010X222A1/ok/0502_two_providers_and_a_dependent.edi");
    assert!(answer.x999.contains("\nGS*FA*TRADEWIND*SYNTHSENDER*20260304*0506*2*X*005010X231A1~\n"));
    assert!(answer.x999.contains("\nST*999*0001*005010X231A1~\nAK1*HC*11*005010X222A1~\n"));
}

#[test]
fn an_error_within_a_claim_names_the_claim() {
    let answer = answer("005010X222A1/err/0511_place_of_service_of_one_claim.edi");
    let at = answer.x999.find("IK3*CLM*").expect("an IK3 of the claim");
    assert!(answer.x999[at..].lines().nth(1) == Some("CTX*CLM01:CLAIM002~"), "{}", answer.x999);
    assert!(answer.x999.contains("IK4*5:1*1331*"), "{}", answer.x999);
}

#[test]
fn of_several_elements_that_are_alike_the_wrong_one_is_named() {
    let file = changed("005010X221A1/ok/0001_claims_of_every_kind.edi", "CAS*PR*2*30*1*3*20~", "CAS*PR*2*30*1*03*20~");
    let told = answers(&file).remove(0).x999;
    assert!(told.contains("\nIK3*CAS*") && told.contains("\nIK4*5*1034*7*03~\n"), "{told}");
    let line = changed("005010X222A1/ok/0003_repeated_diagnosis_and_lines.edi", ":2:3~", ":2:4~");
    assert!(answers(&line).remove(0).x999.contains("\nIK4*7:3*1328*I12*4~\n"), "{:?}", answers(&line));
}

#[test]
fn a_line_out_of_step_is_told_in_both_answers() {
    let file = changed("005010X222A1/ok/0003_repeated_diagnosis_and_lines.edi", "LX*2~", "LX*3~");
    let answer = answers(&file).remove(0);
    assert!(
        answer.x999.contains("*2400*8~\n") && answer.x999.contains("\nIK4*1*554*I12*3~\nIK5*E*I5~\n"),
        "{}",
        answer.x999
    );
    assert!(answer.x277ca.contains("\nSTC*A7:247*"), "{}", answer.x277ca);
}

#[test]
fn an_error_above_the_claims_names_none() {
    let answer = answer("005010X222A1/err/0517_missing_provider_address.edi");
    assert!(answer.x999.contains("IK3*N3*8*2010*") && !answer.x999.contains("CTX*"), "{}", answer.x999);
}

#[test]
fn a_file_whose_segments_end_in_a_line_feed_is_read_whole() {
    let answer = answer("005010X222A1/ok/0504_line_feed_ends_segments.edi");
    assert!(answer.x999.contains("\nAK2*837*0001*005010X222A1~\nIK5*A~\nAK9*A*1*1*1~\n"), "{}", answer.x999);
    assert!(answer.x277ca.contains("\nQTY*90*1~\n"), "{}", answer.x277ca);
}

#[test]
fn a_byte_outside_of_ascii_is_an_error_of_its_element_and_not_copied() {
    let answer = answer("005010X222A1/err/0521_byte_outside_of_ascii.edi");
    assert!(answer.x999.contains("\nIK4*3*1035*6~\n"), "{}", answer.x999);
    assert!(answer.x999.is_ascii() && answer.x277ca.is_ascii());
}

#[test]
fn acknowledgments_are_never_acknowledged() {
    let alone = answer("005010X231A1/ok/0501_acknowledgment_is_not_acknowledged.edi");
    assert_eq!((alone.x999.as_str(), alone.ta1.as_str()), ("", ""));
    assert_eq!(answer("ta1/ok/0501_ta1_alone.edi"), Answer::default());
    let beside = answer("005010X231A1/ok/0502_acknowledgment_beside_claims.edi");
    assert_eq!(count(&beside.x999, "AK1*"), 1);
    assert!(beside.x999.contains("\nAK1*HC*11*"), "{}", beside.x999);
}

#[test]
fn one_999_for_each_group() {
    let answer = answer("005010X222A1/err/0540_two_groups_one_bad.edi");
    assert_eq!((count(&answer.x999, "ST*999*"), count(&answer.x999, "AK1*"), count(&answer.x999, "GS*")), (2, 2, 1));
    assert!(answer.x999.contains("\nGE*2*2~\n"), "{}", answer.x999);
}

#[test]
fn a_rejected_interchange_gets_a_ta1_alone() {
    let answer = answer("005010X222A1/err/0538_interchange_control_number.edi");
    assert!(answer.ta1.contains("\nTA1*000000001*260301*1200*R*001~\n"), "{}", answer.ta1);
    assert_eq!((answer.x999.as_str(), answer.x277ca.as_str()), ("", ""));
}

#[test]
fn a_ta1_comes_only_where_it_is_owed() {
    assert!(
        answer("005010X222A1/ok/0501_one_claim_asks_for_a_ta1.edi")
            .ta1
            .contains("\nTA1*000000001*260301*1200*A*000~\n")
    );
    assert_eq!(answer("005010X222A1/ok/0502_two_providers_and_a_dependent.edi").ta1, "");
}

#[test]
fn a_set_that_is_rejected_gets_no_277ca() {
    let answer = answer("005010X222A1/err/0522_header_code.edi");
    assert!(answer.x999.contains("\nIK5*R*"), "{}", answer.x999);
    assert_eq!(answer.x277ca, "");
}

#[test]
fn a_group_that_is_rejected_gets_no_277ca() {
    let answer = answer("005010X222A1/err/0535_group_control_number.edi");
    assert!(answer.x999.contains("\nIK5*A~\nAK9*R*1*1*0*4~\n"), "{}", answer.x999);
    assert_eq!(answer.x277ca, "");
}

#[test]
fn a_partner_may_want_base_codes_for_what_only_the_guide_requires() {
    let file = fixture("005010X222A1/err/0515_missing_diagnosis.edi");
    let guide = answers(&file).remove(0).x999;
    assert!(guide.contains("IK3*HI*") && guide.contains("*I8~"), "{guide}");
    let options = x999::Options { missing: x999::Missing::Base, ..x999::Options::default() };
    let base = answers_with(&file, options, Role::Clearinghouse).remove(0).x999;
    assert_eq!(base, guide.replace("*I8~", "*3~").replace("*I5~", "*5~"));
}

#[test]
fn segments_in_error_have_a_limit() {
    let file = changed("005010X222A1/err/0511_place_of_service_of_one_claim.edi", "SV1*HC:99213", "SV1*QQ:99213");
    assert_eq!(count(&answers(&file).remove(0).x999, "IK3*"), 2);
    let options = x999::Options { segments_max: 1, ..x999::Options::default() };
    let answer = answers_with(&file, options, Role::Clearinghouse).remove(0);
    assert_eq!((count(&answer.x999, "IK3*"), count(&answer.x999, "IK5*")), (1, 1));
    assert_eq!(errors(&answer.x999), Vec::<String>::new());
}

#[test]
fn bad_data_is_cut_to_99_characters() {
    let long = "9".repeat(120);
    let file = changed("005010X222A1/ok/0501_one_claim_asks_for_a_ta1.edi", "*1***1~", &format!("*{long}***1~"));
    let answer = answers(&file).remove(0);
    assert!(answer.x999.contains(&format!("*5*{}~", "9".repeat(99))), "{}", answer.x999);
}

#[test]
fn bad_data_that_holds_a_delimiter_of_ours_is_left_out() {
    let path = "005010X222A1/ok/0505_other_delimiters.edi";
    let file = changed(path, "|UN|1|||1'", "|U*|1|||1'");
    let answer = answers(&file).remove(0);
    assert!(answer.x999.contains("\nIK4*3*355*7~\n"), "{}", answer.x999);
}

#[test]
fn a_payer_says_a2_and_a_clearinghouse_a1() {
    let file = fixture("005010X222A1/ok/0501_one_claim_asks_for_a_ta1.edi");
    let ours = answers(&file).remove(0).x277ca;
    assert!(ours.contains("\nSTC*A1:20*20260304*WQ*125.5~\n") && !ours.contains("A2:"), "{ours}");
    let payers = answers_with(&file, x999::Options::default(), Role::Payer).remove(0).x277ca;
    assert!(payers.contains("\nSTC*A2:20*20260304*WQ*125.5~\n"), "{payers}");
}

#[test]
fn a_bad_claim_is_rejected_and_the_good_one_goes_on() {
    let answer = answer("005010X222A1/err/0511_place_of_service_of_one_claim.edi");
    assert!(answer.x999.contains("\nIK5*E*"), "{}", answer.x999);
    assert!(answer.x277ca.contains("\nTRN*2*CLAIM001~\nSTC*A1:20*"), "{}", answer.x277ca);
    assert!(answer.x277ca.contains("\nTRN*2*CLAIM002~\nSTC*A7:249*20260304*U*92.25~\n"), "{}", answer.x277ca);
    assert!(answer.x277ca.contains("\nREF*D9*SENDERREF2~\nDTP*472*RD8*20260216-20260218~\n"), "{}", answer.x277ca);
}

#[test]
fn a_fault_of_a_line_is_told_on_the_line() {
    let answer = answer("005010X222A1/err/0512_line_qualifier_of_one_claim.edi");
    let line = "\nSVC*HC:85025*12.25*****1~\nSTC*A7:454*20260304*U~\nREF*FJ*CLAIM002L2~\nDTP*472*D8*20260218~\n";
    assert!(answer.x277ca.contains(line), "{}", answer.x277ca);
    assert!(answer.x277ca.contains("\nTRN*2*CLAIM002~\nSTC*A3:247*20260304*U*92.25~\n"), "{}", answer.x277ca);
}

#[test]
fn a_fault_of_a_provider_rejects_all_of_its_claims() {
    let answer = answer("005010X222A1/err/0518_provider_npi_fails_its_check_digit.edi");
    assert_eq!(count(&answer.x277ca, "STC*A7:562:85*20260304*U*"), 2, "{}", answer.x277ca);
    assert!(answer.x277ca.contains("\nQTY*QC*2~\nAMT*YY*217.75~\n"), "{}", answer.x277ca);
}

#[test]
fn an_837_with_bad_claims_is_accepted_with_errors_whatever_took_them_down() {
    let balance = answer("005010X222A1/err/0514_charge_is_not_the_sum_of_lines.edi");
    assert!(balance.x999.contains("\nIK5*E~\nAK9*E*1*1*1~\n"), "{}", balance.x999);
    assert!(balance.x277ca.contains("*U*"), "{}", balance.x277ca);
    let syntax = answer("005010X222A1/err/0511_place_of_service_of_one_claim.edi");
    assert!(syntax.x999.contains("\nIK5*E*5~\nAK9*E*1*1*1~\n"), "{}", syntax.x999);
}

#[test]
fn a_guide_that_is_not_known_is_named_as_it_came() {
    let answer = answer("005010X222A1/err/0540_two_groups_one_bad.edi");
    assert!(answer.x999.contains("\nAK1*HC*12*005010X999~\nAK2*837*0001*005010X999~\nIK5*R*I6~\nAK9*R*1*1*0*2~\n"));
}

#[test]
fn elements_in_error_have_a_limit_too() {
    let file = changed("005010X222A1/ok/0501_one_claim_asks_for_a_ta1.edi", "*1***1~", "*x*y**zz~");
    let all = answers(&file).remove(0).x999;
    let options = x999::Options { elements_max: 1, ..x999::Options::default() };
    let one = answers_with(&file, options, Role::Clearinghouse).remove(0).x999;
    assert!(count(&all, "IK4*") > 1, "{all}");
    assert_eq!((count(&one, "IK4*"), count(&one, "IK3*")), (1, count(&all, "IK3*")), "{one}");
    assert_eq!(errors(&one), Vec::<String>::new());
}

const INQUIRY: &str = "005010X212/ok/0001_status_of_two_patients.edi";

#[test]
fn an_824_accepts_a_sound_set_and_none_is_due_for_claims_or_acknowledgments() {
    let told = advice(&fixture(INQUIRY));
    assert!(told.contains("\nBGN*11*TW0001*20260304*0506**SYNTH0001**WQ~\n"), "{told}");
    assert!(told.contains("\nOTI*TA*TN*SYNTH0001***20260102*0900*1*0001*276*005010X212~\n"), "{told}");
    assert_eq!(count(&told, "TED*"), 0);
    assert_eq!(advice(&fixture("005010X222A1/ok/0502_two_providers_and_a_dependent.edi")), "");
    assert_eq!(advice(&fixture("005010X231A1/ok/0501_acknowledgment_is_not_acknowledged.edi")), "");
}

#[test]
fn an_824_rejects_what_the_999_accepts() {
    let file = changed(INQUIRY, "*XX*1234567893~", "*XX*1234567890~");
    let alone = answers(&file).remove(0).x999;
    assert!(alone.contains("\nIK5*R*I5~\n"), "{alone}");
    let engine = tradewind_edi::Options { application_advice: true, ..tradewind_edi::Options::default() };
    let beside = answers_of(&file, engine, x999::Options::default(), Role::Clearinghouse).remove(0).x999;
    assert!(beside.contains("\nIK5*A~\nAK9*A*1*1*1~\n"), "{beside}");
    let told = advice(&file);
    assert!(told.contains("**U~\n") && told.contains("\nOTI*TR*TN*SYNTH0001*"), "{told}");
    assert!(told.contains("\nTED*848*npi-check-digit, ") && told.contains("*NM1*8*9*67~\n"), "{told}");
    assert!(!told.contains("1234567890"), "{told}");
}

#[test]
fn an_824_is_not_due_where_the_999_rejects() {
    let file = changed(INQUIRY, "NM1*41*2*", "NM1*41*9*");
    assert!(answers(&file).remove(0).x999.contains("\nIK5*R*"));
    assert_eq!(advice(&file), "");
}

#[test]
fn a_277ca_does_not_repeat_an_npi_that_fails_its_check_digit() {
    // Repeated, it made our own 277CA invalid: a rule of SNIP 5 looks at NM109 wherever it stands.
    let answer = answer("005010X222A1/err/0518_provider_npi_fails_its_check_digit.edi");
    let provider = answer.x277ca.lines().find(|line| line.starts_with("NM1*85*")).expect("a billing provider");
    assert!(provider.contains("*FI*"), "{provider}");
    assert_eq!(errors(&answer.x277ca), Vec::<String>::new());
}
