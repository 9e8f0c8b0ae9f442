//! What comes again.

use super::Desk;
use crate::support::ledger::{alarmed, value};
use crate::support::x12::{all, claims, element, isa13, numbered, with_element, with_isa};

#[test]
fn the_same_file_again_has_one_effect_and_its_acknowledgments_are_given_again() {
    let (desk, file) = (Desk::new(), claims(61, 3));
    let first = desk.drop(&file);
    assert_eq!(first.kinds(), ["277CA", "999"]);
    desk.gateway.receiver.wait_for(3);
    let envelope = with_isa(&with_isa(&numbered(&file, 77), 9, "260116"), 10, "0815");
    for (name, again) in [("as it was", file.clone()), ("under a new envelope", envelope)] {
        let got = desk.drop(&again);
        assert_eq!((got.state.as_str(), got.kinds()), ("translated", vec!["277CA", "999"]), "{name}");
        assert_eq!((got.text("999"), got.text("277CA")), (first.text("999"), first.text("277CA")), "{name}");
        assert_ne!(got.receipt, first.receipt);
    }
    assert_eq!(value(desk.gateway.data(), "SELECT count(*) FROM interchange WHERE state = 'duplicate'"), "2");
    assert_eq!(value(desk.gateway.data(), "SELECT count(*) FROM outbox"), "0", "nothing more is to be done");
    assert_eq!((desk.gateway.payer.claims().len(), desk.gateway.receiver.hooks().len()), (3, 3));
}

#[test]
fn the_same_number_with_other_content_gets_025_and_an_alarm() {
    let (desk, file) = (Desk::new(), claims(62, 1));
    assert_eq!(desk.drop(&file).kinds(), ["277CA", "999"]);
    let other = numbered(&claims(63, 1), isa13(&file).parse().unwrap());
    let got = desk.drop(&other);
    assert_eq!(got.kinds(), ["TA1"]);
    let ta1 = got.text("TA1");
    let said = (element(&ta1, "TA1", 1), element(&ta1, "TA1", 4), element(&ta1, "TA1", 5));
    assert_eq!(said, (isa13(&file), "R".into(), "025".into()), "{ta1}");
    assert!(alarmed(desk.gateway.data(), "interchange-rejected", "ta1-025"));
    desk.gateway.receiver.wait_for(1);
    assert_eq!(desk.gateway.payer.claims().len(), 1);
    assert_eq!(desk.drop(numbered(&other, 78)).kinds(), ["277CA", "999"], "under its own number it is taken");
}

#[test]
fn a_rejected_interchange_burns_neither_its_number_nor_its_content() {
    let (desk, file) = (Desk::new(), claims(64, 1));
    let rejected = desk.drop(with_element(&file, "IEA", 2, "000000009"));
    assert_eq!(element(&rejected.text("TA1"), "TA1", 5), "001");
    let mended = desk.drop(&file);
    assert_eq!(all(&mended.text("999"), "IK5", 1), ["A"]);
    assert_eq!(desk.gateway.receiver.wait_for(1).len(), 1);
}

/// What is wrong stands in segments that a re-send may change: it was taken for a repeat of the rejected file, and never processed.
#[test]
fn a_file_that_the_999_rejected_is_no_repeat_once_it_is_mended() {
    let desk = Desk::new();
    for (id, element, wrong, seed) in [("GE", 2, "7", 65), ("SE", 2, "0007", 66)] {
        let file = claims(seed, 1);
        let rejected = desk.drop(with_element(&file, id, element, wrong));
        assert_eq!(all(&rejected.text("999"), "AK9", 1), ["R"], "{id}");
        let mended = desk.drop(numbered(&file, u32::try_from(seed).unwrap()));
        assert_eq!(all(&mended.text("999"), "AK9", 1), ["A"], "{id}");
    }
    assert_eq!(desk.gateway.receiver.wait_for(2).len(), 2);
}
