//! What a companion takes away from its guide.

use crate::support::{All, CLAIM, PAYMENT, edited, findings, read, told, wrong};
use tradewind_edi::finding::{Fault, Scope};
use tradewind_edi::{Companion, Guides, Options, Snip, engine};

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
        include_str!("../../../fixtures/x12/005010X279A1/ok/0101_inquiry_for_rules.edi").replacen("EQ*30~", eb03, 1)
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
