//! Guides and parties that do not fit or are not known.

use super::Desk;
use crate::support::engines::engines;
use crate::support::ledger::{alarmed, rows, value};
use crate::support::x12::{all, claims, element, numbered, with_element, with_isa};

#[test]
fn guides_that_do_not_fit_their_group_are_told_by_the_999_and_alarmed() {
    let (desk, file) = (Desk::new(), claims(51, 1));
    let cases = [
        ("unknown GS08", file.replace("005010X222A1", "005010X999A9"), "AK9", "2"),
        ("GS01 does not fit", with_element(&file, "GS", 1, "HP"), "AK9", "1"),
        ("two guides in one group", with_element(&file, "ST", 3, "005010X223A2"), "IK5", "I6"),
    ];
    for ((name, content, segment, code), number) in cases.into_iter().zip(1..) {
        let got = desk.drop(numbered(&content, number));
        let x999 = got.text("999");
        assert_eq!(element(&x999, "AK9", 1), "R", "{name}: {x999}");
        let codes = (2..10).flat_map(|element| all(&x999, segment, element));
        assert!(codes.into_iter().any(|found| found == code), "{name}: {x999}");
        let kept = format!("SELECT state FROM receipt WHERE id = '{}'", got.receipt);
        assert_eq!(value(desk.gateway.data(), &kept), "translated", "{name}");
        if engines() {
            continue;
        }
        let object = format!("SELECT object FROM receipt WHERE id = '{}'", got.receipt);
        let object = desk.gateway.data().join("objects").join(value(desk.gateway.data(), &object));
        assert!(object.exists(), "{name}: what came is kept");
    }
    assert!(alarmed(desk.gateway.data(), "sets-rejected", "rejected-by-999"));
    desk.nothing_travelled(&file);
}

#[test]
fn an_unknown_sender_or_receiver_gets_a_ta1_and_an_alarm() {
    let (desk, file) = (Desk::new(), claims(52, 1));
    let cases = [
        ("nobody's name", with_isa(&file, 6, "NOBODY"), "006"),
        ("another partner's name", with_isa(&file, 6, "OTHER"), "006"),
        ("another qualifier", with_isa(&file, 5, "01"), "006"),
        ("not for us", with_isa(&file, 8, "SOMEONE"), "009"),
    ];
    for (name, content, code) in cases {
        let got = desk.drop(&content);
        assert_eq!(got.kinds(), ["TA1"], "{name}");
        let ta1 = got.text("TA1");
        assert_eq!((element(&ta1, "TA1", 4), element(&ta1, "TA1", 5)), ("R".into(), code.into()), "{name}: {ta1}");
    }
    // One alarm that counts, until it is cleared.
    let alarms = "SELECT kind, reason, count FROM alarm";
    assert_eq!(rows(desk.gateway.data(), alarms), ["interchange-rejected|ta1-006|4"]);
    assert_eq!(rows(desk.gateway.data(), "SELECT DISTINCT state FROM interchange"), ["rejected"]);
    desk.nothing_travelled(&file);
}

#[test]
fn a_claim_for_an_unknown_payer_is_rejected_in_the_277ca_and_the_others_go_on() {
    let (desk, file) = (Desk::new(), claims(56, 3));
    let got = desk.drop(file.replacen("*PI*PAYER01", "*PI*NOSUCH9", 1));
    assert_eq!(all(&got.text("999"), "IK5", 1), ["A"]);
    let x277ca = got.text("277CA");
    // The claim's own status: rejected, for a payer that is not known.
    let rejected: Vec<String> = all(&x277ca, "STC", 3);
    assert_eq!(rejected.iter().filter(|action| *action == "U").count(), 1, "{x277ca}");
    assert!(alarmed(desk.gateway.data(), "unknown-payer", "no-route"));
    let taken: Vec<String> = desk
        .gateway
        .receiver
        .wait_for(2)
        .into_iter()
        .map(|hook| hook.body["data"]["keys"]["claim_id"].to_string())
        .collect();
    assert_eq!((taken.len(), desk.gateway.payer.claims().len()), (2, 2));
    let unknown = all(&file, "CLM", 1).remove(0);
    assert!(!taken.iter().any(|claim| claim.contains(&unknown)), "{taken:?}");
    assert_eq!(value(desk.gateway.data(), "SELECT count(*) FROM item_now WHERE state = 'rejected'"), "1");
}

#[test]
fn production_claims_never_reach_a_test_address() {
    let (desk, file) = (Desk::new(), claims(54, 1));
    let got = desk.drop(with_isa(&file, 15, "P"));
    let x277ca = got.text("277CA");
    assert!(all(&x277ca, "STC", 3).contains(&"U".to_owned()), "{x277ca}");
    desk.nothing_travelled(&file);
}
