//! Companion guides: what they tighten is found besides what the guide forbids, and what is wrong with their files is told by line.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

use proptest::prelude::*;
use std::sync::Arc;
use tradewind_edi::finding::{Fault, Scope};
use tradewind_edi::generate::{GenerateOptions, Generator};
use tradewind_edi::{Companion, Finding, Guides, Options, Snip, Visitor, engine};

const CLAIM: &str = include_str!("../../fixtures/x12/005010X222A1/ok/0001_one_claim.edi");
const PAYMENT: &str = include_str!("../../fixtures/x12/005010X221A1/ok/0001_claims_of_every_kind.edi");

fn head(guide: &str) -> String {
    format!("companion example\n  guide {guide}\n  name Example Health Plan\n")
}

fn read(guide: &str, body: &str) -> Companion {
    Companion::read("example.txt", &(head(guide) + body), &Guides::built_in())
        .unwrap_or_else(|errors| panic!("{errors:?}"))
}

/// What is wrong with a file, with the line of each; the head has three lines.
fn wrong(guide: &str, body: &str) -> Vec<String> {
    let errors = Companion::read("example.txt", &(head(guide) + body), &Guides::built_in()).unwrap_err();
    errors.iter().map(ToString::to_string).collect()
}

#[derive(Default)]
struct All(Vec<Finding>);

impl Visitor for All {
    fn finding(&mut self, finding: &Finding) {
        self.0.push(finding.clone());
    }
}

fn findings(file: &str, companions: &[Companion]) -> Vec<Finding> {
    let mut all = All::default();
    engine::run(file.as_bytes(), Options { companions: companions.to_vec(), ..Options::default() }, &mut all).unwrap();
    all.0
}

/// Each finding as its rule and place.
fn told(file: &str, companions: &[Companion]) -> Vec<String> {
    let place = |finding: &Finding| {
        let place = &finding.place;
        let id = place.segment_id.map(|id| id.to_string()).unwrap_or_default();
        let mut at = format!("{} {id}", place.loop_path).trim().to_owned();
        if place.element > 0 {
            at += &format!("{:02}", place.element);
        }
        for (sign, part) in [("-", place.component), ("#", place.repetition)] {
            if part > 0 {
                at += &format!("{sign}{part}");
            }
        }
        format!("{} {at}", finding.rule)
    };
    findings(file, companions).iter().map(place).collect()
}

/// The file with other text, SE01 counted anew.
fn edited(file: &str, from: &str, to: &str) -> String {
    assert!(file.contains(from), "{from}");
    let text = file.replacen(from, to, 1);
    let (start, end) = (text.find("\nST*").unwrap() + 1, text.find("\nSE*").unwrap() + 1);
    let count = text[start..end].matches('~').count() + 1;
    let (before, trailer) = text.split_at(end);
    let behind = trailer.splitn(3, '*').nth(2).unwrap();
    format!("{before}SE*{count}*{behind}")
}

#[test]
fn what_it_tightens_is_found_and_what_just_fits_is_not() {
    let claim = "CLM*CLAIM001*125.5***11:B:1*Y*A*Y*Y~";
    for (body, expected, mended) in [
        (
            "loop 2300\n  segment REF prior_authorization R\n",
            "example/missing 2000A/2000B/2300 REF",
            edited(CLAIM, claim, &format!("{claim}\nREF*G1*AUTH1~")),
        ),
        (
            "loop 2300\n  loop 2310B R\n",
            "example/missing 2000A/2000B/2300/2310B NM1",
            edited(CLAIM, "HI*ABK:J0190~", "HI*ABK:J0190~\nNM1*82*1*DOE*SAM****XX*1245319599~\nPRV*PE*PXC*207Q00000X~"),
        ),
        (
            "loop 2400\n  segment SV1\n    01\n      1 = WK\n",
            "example/code 2000A/2000B/2300/2400 SV101-1",
            String::new(),
        ),
        (
            "loop 1000A\n  segment NM1\n    03 1/10\n",
            "example/length 1000A NM103",
            edited(CLAIM, "*SYNTHETIC BILLING*", "*SYNTHETIC*"),
        ),
        (
            "loop 2300\n  segment CLM\n    20 R\n",
            "example/element-missing 2000A/2000B/2300 CLM20",
            edited(CLAIM, claim, "CLM*CLAIM001*125.5***11:B:1*Y*A*Y*Y***********1~"),
        ),
        ("loop 1000A\n  segment PER N\n", "", String::new()),
        ("loop 2010BB N\n", "", String::new()),
        ("loop 2000B\n  segment SBR\n    09 R = MB\n", "example/code 2000A/2000B SBR09", edited(CLAIM, "*CI~", "*MB~")),
    ] {
        if expected.is_empty() {
            assert_eq!(wrong("005010X222A1", body).len(), 1, "{body}");
            continue;
        }
        let companion = [read("005010X222A1", body)];
        assert_eq!(told(CLAIM, &companion), [expected], "{body}");
        if !mended.is_empty() {
            assert_eq!(told(&mended, &companion), [""; 0], "{body}");
        }
    }
}

#[test]
fn forbids_elements_segments_and_loops_and_counts_them() {
    let middle = CLAIM.replace("*DOE*ALEX****", "*DOE*ALEX*B***");
    let companion = [read("005010X222A1", "loop 2010BA\n  segment NM1\n    05 N\n")];
    assert_eq!(told(&middle, &companion), ["example/element-not-used 2000A/2000B/2010BA NM105"]);
    assert_eq!(told(CLAIM, &companion), [""; 0]);
    let claim = "CLM*CLAIM001*125.5***11:B:1*Y*A*Y*Y~";
    let note = edited(CLAIM, claim, &format!("{claim}\nNTE*ADD*A~"));
    assert_eq!(
        told(&note, &[read("005010X222A1", "loop 2300\n  segment NTE N\n")]),
        ["example/not-used 2000A/2000B/2300 NTE"]
    );
    let provider = edited(CLAIM, "HI*ABK:J0190~", "HI*ABK:J0190~\nNM1*DN*1*DOE*SAM****XX*1234567893~");
    let forbidden = read("005010X222A1", "loop 2310A N\n");
    assert_eq!(told(&provider, &[forbidden]), ["example/not-used 2000A/2000B/2300/2310A NM1"]);
    let line = "LX*1~\nSV1*HC:99213*125.5*UN*1***1~\nDTP*472*D8*20260215~";
    let two = "LX*1~\nSV1*HC:99213*100.5*UN*1***1~\nDTP*472*D8*20260215~\nLX*2~\nSV1*HC:99214*25*UN*1***1~\nDTP*472*D8*20260215~";
    let once = [read("005010X222A1", "loop 2400 1\n")];
    assert_eq!(told(CLAIM, &once), [""; 0]);
    assert_eq!(told(&edited(CLAIM, line, two), &once), ["example/over-max 2000A/2000B/2300/2400 LX"]);
}

#[test]
fn counts_repetitions_and_looks_into_each() {
    let ask = |eb03: &str| {
        include_str!("../../fixtures/x12/005010X279A1/ok/0101_inquiry_for_rules.edi").replacen("EQ*30~", eb03, 1)
    };
    assert!(ask("EQ*30^1~").contains("30^1"), "the fixture asks with EQ*30");
    let companion = [read("005010X279A1/270", "loop 2110C\n  segment EQ\n    01 x2 = 30 1 35\n")];
    assert_eq!(told(&ask("EQ*30^1~"), &companion), [""; 0]);
    assert_eq!(told(&ask("EQ*30^1^35~"), &companion), ["example/repetitions 2000A/2000B/2000C/2100C/2110C EQ01"]);
    assert_eq!(told(&ask("EQ*30^UC~"), &companion), ["example/code 2000A/2000B/2000C/2100C/2110C EQ01#2"]);
}

#[test]
fn what_the_guide_forbids_stays_the_guides() {
    let companion = [read("005010X222A1", "loop 2010BA\n  segment NM1\n    04 N\n    08 = MI\n    09 2/20\n")];
    let long = "A".repeat(90);
    let file = CLAIM.replace("*DOE*ALEX****MI*MEM0001~", &format!("*DOE*{}****Q9*{long}~", "B".repeat(40)));
    let found = findings(&file, &companion);
    let of = |snip: Snip| -> Vec<String> {
        found.iter().filter(|f| f.snip == snip).map(|f| format!("{} {:02}", f.rule, f.place.element)).collect()
    };
    assert_eq!(of(Snip::Partner), ["example/element-not-used 04"]);
    let guides: Vec<String> = [of(Snip::Syntax), of(Snip::Guide)].concat();
    assert_eq!(guides, ["element-too-long 04", "element-too-long 09", "code 08"]);
}

#[test]
fn a_claim_falls_alone_and_a_payment_as_a_set() {
    let lines = read("005010X222A1", "loop 2300\n  segment NTE R\n");
    let found = findings(CLAIM, &[lines]);
    assert_eq!((found[0].snip, found[0].scope), (Snip::Partner, Scope::Item));
    assert!(matches!(found[0].fault, Fault::Business(code) if code.category == "A6"), "{:?}", found[0].fault);
    assert!(found[0].message.contains("Example Health Plan"));
    let payment = read("005010X221A1", "segment BPR\n  04 = NON\n");
    let found = findings(PAYMENT, &[payment]);
    assert!(matches!(found[0].fault, Fault::Element { .. }), "{found:?}");
    assert_eq!(found[0].scope, Scope::Set);
}

#[test]
fn counts_only_where_snip_7_runs_and_only_for_its_guide() {
    let companion = read("005010X222A1", "loop 2300\n  segment NTE R\n");
    let mut all = All::default();
    let options = Options { companions: vec![companion.clone()], snip_max: Snip::Product, ..Options::default() };
    engine::run(CLAIM.as_bytes(), options, &mut all).unwrap();
    assert!(all.0.is_empty(), "{:?}", all.0);
    assert_eq!(told(PAYMENT, &[companion]), told(PAYMENT, &[]));
}

#[test]
fn two_companions_are_both_asked() {
    let one = read("005010X222A1", "loop 2300\n  segment NTE R\n");
    let other =
        "companion other\n  guide 005010X222A1/837\n  name Other\nloop 2300\n  segment NTE R\n  segment PWK R\n";
    let other = Companion::read("other.txt", other, &Guides::built_in()).unwrap();
    let found = told(CLAIM, &[one, other]);
    let at = "2000A/2000B/2300";
    assert_eq!(
        found,
        [format!("other/missing {at} PWK"), format!("example/missing {at} NTE"), format!("other/missing {at} NTE")]
    );
}

#[test]
fn every_mistake_is_told_with_its_line() {
    assert_eq!(
        wrong(
            "005010X222A1",
            "loop 2300 S\n  loop 2400 S 1000 \n    segment SV1 S\n      01 R\n        1 = HC ZZ\n        9 R\n      03 x\n\
             loop 2310Q N\nloop 2300\n  segment REF R\n  segment CLM N\n  segment PWK N 3\n   segment K3\n  segment NTE notes\n\
             loop 1000A\n  segment NM1\n    03 0/99 = A\n    07 R\n    99 R\n    01 R = 41 41\nnonsense\n"
        ),
        [
            "example.txt:4: expected nothing that the guide does not allow: its usage is R, found S",
            "example.txt:5: expected nothing that the guide does not allow: its usage is R, found S",
            "example.txt:5: expected nothing that the guide does not allow: its maximum is 50, found 1000",
            "example.txt:6: expected nothing that the guide does not allow: its usage is R, found S",
            "example.txt:8: expected codes that the guide takes, found `ZZ`",
            "example.txt:9: expected a position that the guide uses, found 09",
            "example.txt:10: expected the guide's name `unit`, found `x`",
            "example.txt:11: expected what the guide has here, found `2310Q`",
            "example.txt:13: expected the name of one of them behind `REF`: service_authorization_exception, \
             medicare_crossover_indicator, mammography_certification, referral, prior_authorization, \
             payer_claim_control_number, clia, repriced_claim, adjusted_repriced_claim, \
             investigational_device_exemption, intermediary_claim_id, medical_record, demonstration_project, \
             care_plan_oversight",
            "example.txt:14: expected N at the loop, not at the segment that opens it",
            "example.txt:15: expected no maximum where the usage is N",
            "example.txt:16: expected two spaces a level, found 3 spaces",
            "example.txt:17: expected what the guide has here, found `NTE notes`",
            "example.txt:20: expected lengths within 1/60, found 0/99",
            "example.txt:21: expected a position that the guide uses, found 07",
            "example.txt:22: expected a position that the guide uses, found 99",
            "example.txt:23: expected each code once, found one again",
            "example.txt:24: expected `companion`, `loop`, `segment` or `rule`",
        ]
    );
}

#[test]
fn a_file_that_is_no_companion_says_so() {
    let read = |text: &str| Companion::read("f", text, &Guides::built_in()).unwrap_err()[0].to_string();
    assert_eq!(read(""), "f:0: expected `companion NAME` with guide and name below it");
    assert!(read(&head("005010X999")).starts_with("f:2: expected a guide that is known"));
    assert!(read(&head("005010X279A1")).contains("expected one of 005010X279A1/270, 005010X279A1/271"));
}

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
fn names_of_members_are_the_guides() {
    let wrong = |expression: &str| {
        let text = format!(
            "# A page.\nrule one\n  expression {expression}\n  message \"expected a, found b\"\n  claim A7 481\n  code segment I9\n"
        );
        Companion::read("f", &(head("005010X222A1") + &text), &Guides::built_in()).map_or_else(
            |errors| errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "),
            |_| String::new(),
        )
    };
    for right in [
        "item.claim_information.place.facility_code == '11'",
        "item.service_line.all(line, line.professional_service.procedure.code != '' && !has(line.rendering_provider))",
        "item.service_line[0].service_date.date > '2026' || item._unplaced.size() == 0",
        "billing_provider_level.billing_provider.name.identification_code == '1' || set.submitter.contact[0].name == ''",
        "has(subscriber_level.subscriber.name) || size(patient_level) > 0 || item.contract['amount'] == 1",
    ] {
        assert_eq!(wrong(right), "", "{right}");
    }
    for (expression, starts) in [
        ("item.claim_informations.place == ''", "f:6: expected at column"),
        ("item.service_line.professional_service == ''", "f:6: expected at column"),
        ("item.service_line.all(line, line.professional_service.procedure.cod == '')", "f:6: expected at column"),
        ("item.claim_information.place.facility_code.x == ''", "f:6: expected at column"),
        ("subscriber_level.member == ''", "f:6: expected at column"),
    ] {
        assert!(wrong(expression).starts_with(starts), "{expression}: {}", wrong(expression));
    }
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

#[test]
fn mistakes_of_rules_have_their_lines_and_columns() {
    let wrong = wrong(
        "005010X222A1",
        "\
# A page.
rule one
  expression
    item.a == 'a' &&
      claim.b == 'b'
  message \"found\"
  claim A7 481
  code segment I99

# A page.
rule two
  expression item.a ==
  message \"expected a, found b\"

# A page.
rule three
  each REF
  expect NM109 =
  at NM109

# A page.
rule code
  loop 2300
rule four
  loop 2300
  expect CLM01
  message \"expected a, found b\"
  claim A7 481
  code element 1
# A page.
rule five
  snip 4
  loop 2399
  expect CLM01
  message \"expected a, found b\"
  claim A7 481
  code element 1
",
    );
    let starts = [
        "example.txt:7: expected at column 9 a member that the guide has here, found `a`",
        "example.txt:8: expected at column 7 a variable (item, set, ",
        "example.txt:9: expected severity, message",
        "example.txt:11: expected severity, message",
        "example.txt:15: expected at column",
        "example.txt:21: ",
        "example.txt:25: expected `rule NAME`, a name of its own",
        "example.txt:27: expected a comment at the head",
        "example.txt:34: expected `snip 7`",
        "example.txt:34: expected a rule about",
    ];
    assert_eq!(wrong.len(), starts.len(), "{wrong:#?}");
    for (wrong, start) in wrong.iter().zip(starts) {
        assert!(wrong.starts_with(start), "{wrong} {start}");
    }
}

/// Every tightening of a kind that generated claims may meet.
const STRICT: &str = "\
loop 2000B
  segment SBR
    09 = CI MB
loop 2300
  segment REF prior_authorization R
  segment PWK N
  segment NTE N
  loop 2310B R
  loop 2310A N
  loop 2320
    loop 2330A
      segment NM1
        04 N
  loop 2400 2
    segment SV1
      01
        2 5/5
        3 N
      02 1/5
    loop 2430 N
";

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn it_hides_nothing_that_the_guide_forbids(seed in 0u64..1000, cut in 0usize..40, with in "[A-Z0-9*:]{0,4}") {
        let guides = Guides::built_in();
        let guide = guides.find("005010X222A1", "837", None).unwrap();
        let options = GenerateOptions { count: 6, seed, ..GenerateOptions::new(Arc::clone(guide)) };
        let file: Vec<u8> = Generator::new(options).flatten().collect();
        let mut text = String::from_utf8(file).unwrap();
        // Something wrong, somewhere behind the envelope's headers.
        let from = 200 + (seed as usize * 37) % (text.len() - 400);
        text.replace_range(from..from + cut.min(12), &with);
        let companion = [read("005010X222A1", STRICT)];
        let without: Vec<Finding> = quiet(&text, &[]);
        let guides: Vec<Finding> = quiet(&text, &companion).into_iter().filter(|f| f.snip < Snip::Partner).collect();
        prop_assert_eq!(without, guides);
    }
}

proptest! {
    #[test]
    fn any_text_is_refused_with_its_lines_or_used(edits in prop::collection::vec((0usize..3000, 0usize..9, "[ -~\n]{0,6}"), 0..4)) {
        let mut text = include_str!("../../fixtures/companion/example-health-plan.txt").to_owned();
        for (at, cut, with) in edits {
            let at = at.min(text.len());
            text.replace_range(at..(at + cut).min(text.len()), &with);
        }
        match Companion::read("f.txt", &text, &Guides::built_in()) {
            Ok(companion) => prop_assert!(findings(CLAIM, &[companion]).iter().all(|found| found.snip == Snip::Partner)),
            Err(errors) => {
                let last = text.lines().count();
                prop_assert!(!errors.is_empty() && errors.iter().all(|error| error.line <= last), "{errors:?}");
            }
        }
    }
}

fn quiet(file: &str, companions: &[Companion]) -> Vec<Finding> {
    let mut all = All::default();
    let mut options = Options { companions: companions.to_vec(), ..Options::default() };
    options.limits.findings_per_set_max = u32::MAX;
    let _refused = engine::run(file.as_bytes(), options, &mut all);
    all.0
}
