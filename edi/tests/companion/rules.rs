//! Rules of a companion, as conditions and as expressions.

use crate::support::{All, CLAIM, PAYMENT, edited, findings, quiet, read, told};
use std::sync::Arc;
use tradewind_edi::finding::{Fault, Scope};
use tradewind_edi::generate::{GenerateOptions, Generator};
use tradewind_edi::{Guides, Options};

const RULES: &str = "\
# Claims over a thousand have a note.
rule large-claims-have-a-note
  expression
    double(item.claim_information.charge_amount) <= 1000.0
      || has(item.claim_note)
  message \"expected a note with a claim over 1000, found none\"
  claim A6 481
  code segment I9

# The plan's members have numbers that start with MEM.
rule member-number
  each 2010BA/NM1
  when NM108 = MI
  expect NM109 = MEM*
  at NM109
  message \"expected a number that starts with MEM, found another\"
  claim A7 164 IL
  code element I12

# Lines are of one day, as far as the subscriber is the patient.
rule lines-of-one-day
  severity warning
  expression size(patient_level) > 0 ||
      item.service_line.all(line, line.service_date.date == item.service_line[0].service_date.date)
  message \"expected lines of one day, found several\"
  claim A7 187
  code segment I9
";

#[test]
fn its_rules_are_asked_as_conditions_and_as_expressions() {
    let companion = [read("005010X222A1", RULES)];
    assert_eq!(told(CLAIM, &companion), [""; 0]);
    let large = CLAIM.replace("125.5", "1125.5");
    assert_eq!(told(&large, &companion), ["example/large-claims-have-a-note 2000A/2000B/2300 CLM"]);
    let noted = edited(&large, "HI*ABK", "NTE*ADD*A~\nHI*ABK");
    assert_eq!(told(&noted, &companion), [""; 0]);
    let other = CLAIM.replace("MEM0001", "0001");
    assert_eq!(told(&other, &companion), ["example/member-number 2000A/2000B/2010BA NM109"]);
    let line = "LX*1~\nSV1*HC:99213*125.5*UN*1***1~\nDTP*472*D8*20260215~";
    let two = "LX*1~\nSV1*HC:99213*100.5*UN*1***1~\nDTP*472*D8*20260215~\nLX*2~\nSV1*HC:99214*25*UN*1***1~\nDTP*472*D8*20260216~";
    let days = findings(&edited(CLAIM, line, two), &companion);
    assert_eq!((days[0].rule.0, days[0].severity.name()), ("example/lines-of-one-day", "warning"));
    assert_eq!(days[0].place.segment_id.unwrap().as_str(), "CLM");
    let business = &findings(&large, &companion)[0].fault;
    assert!(matches!(business, Fault::Business(code) if code.category == "A6" && code.status == "481"));
}

#[test]
fn each_item_is_judged_by_itself_and_any_chunking_gives_the_same() {
    let companion = [read("005010X222A1", RULES)];
    let guides = Guides::built_in();
    let guide = guides.find("005010X222A1", "837", None).unwrap();
    let file: Vec<u8> =
        Generator::new(GenerateOptions { count: 60, ..GenerateOptions::new(Arc::clone(guide)) }).flatten().collect();
    let text = String::from_utf8(file).unwrap();
    let notes = |block: &str| block.split('~').any(|segment| segment.trim_start().starts_with("NTE*"));
    let claims: Vec<&str> = text.split("CLM*").skip(1).collect();
    let large = |claim: &&&str| claim.split('*').nth(1).unwrap().parse::<f64>().unwrap() > 1000.0;
    let head = |claim: &str| claim.split("LX*").next().unwrap().to_owned();
    let expected = claims.iter().filter(large).filter(|claim| !notes(&head(claim))).count();
    let whole = quiet(&text, &companion);
    let of_rule = whole.iter().filter(|finding| finding.rule.0 == "example/large-claims-have-a-note").count();
    assert!(expected > 0 && of_rule == expected, "{of_rule} of {expected}");
    let mut all = All::default();
    let mut engine = tradewind_edi::Engine::new(Options { companions: companion.to_vec(), ..Options::default() });
    text.as_bytes().chunks(7).for_each(|chunk| engine.feed(chunk, &mut all).unwrap());
    engine.finish(&mut all).unwrap();
    assert_eq!(all.0, whole);
}

#[test]
fn a_set_is_judged_as_the_item_that_it_is() {
    let rule = |expression: &str| {
        let text = format!(
            "# Payments are electronic.\nrule electronic\n  expression {expression}\n  message \"expected a transfer, found none\"\n  \
             code segment I9\n"
        );
        findings(PAYMENT, &[read("005010X221A1", &text)])
    };
    assert_eq!(rule("item == set && item.payment.payment_method == 'ACH'"), []);
    let check = rule("item.payment.payment_method == 'CHK'");
    assert_eq!((check[0].rule.0, check[0].place.segment_id.unwrap().as_str()), ("example/electronic", "ST"));
    assert!(matches!(check[0].fault, Fault::Segment(_)) && check[0].scope == Scope::Set);
    // A text that is no number: a warning that names the rule, and no value.
    let absent = rule("double(item.trace.reference) > 1.0");
    assert_eq!((absent.len(), absent[0].rule.0, absent[0].severity.name()), (1, "example/not-judged", "warning"));
    assert!(absent[0].message.contains("in rule example/electronic"), "{}", absent[0].message);
}

#[test]
fn a_greater_item_than_can_be_judged_says_so_and_the_next_is_judged() {
    let companion = [read("005010X222A1", RULES)];
    let claim = |id: &str| format!("CLM*{id}*1125.5***11:B:1*Y*A*Y*Y~\n");
    let notes = format!("NTE*ADD*{}~\n", "A".repeat(70)).repeat(14_000);
    let start = CLAIM.find("CLM*").unwrap();
    let end = CLAIM.find("SE*").unwrap();
    let rest = &CLAIM[CLAIM.find("HI*").unwrap()..end];
    let text = format!("{}{}{notes}{rest}{}{rest}{}", &CLAIM[..start], claim("A"), claim("B"), &CLAIM[end..]);
    let rules: Vec<&str> = quiet(&text, &companion)
        .iter()
        .filter(|finding| finding.rule.0.starts_with("example/"))
        .map(|finding| finding.rule.0)
        .collect();
    assert_eq!(rules, ["example/not-judged", "example/not-judged", "example/large-claims-have-a-note"]);
}
