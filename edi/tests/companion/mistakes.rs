//! What is wrong with a companion is told by its line.

use crate::support::{head, wrong};
use tradewind_edi::{Companion, Guides};

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
