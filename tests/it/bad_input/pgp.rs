//! OpenPGP messages that are not what was agreed, made by gpg.

use super::Desk;
use crate::support::canary;
use crate::support::gateway::Options;
use crate::support::gnupg::Gnupg;
use crate::support::ledger::{alarmed, value};
use crate::support::x12::{all, claims};

/// The clinic's gpg, a desk, and the gateway's key in it.
fn desk(pgp: &str) -> (Gnupg, Desk, String) {
    let gnupg = Gnupg::new("ed25519", "cv25519");
    let desk = Desk::with(&Options { gnupg: Some(&gnupg), pgp, ..Options::default() });
    let ours = gnupg.import(&desk.gateway.public_key());
    (gnupg, desk, ours)
}

#[test]
fn a_message_that_is_not_what_was_agreed_is_quarantined_and_nothing_of_it_is_used() {
    let (gnupg, desk, ours) = desk("");
    let stranger = Gnupg::new("ed25519", "cv25519");
    let (file, text) = (claims(71, 2), claims(71, 2).into_bytes());
    stranger.import(&desk.gateway.public_key());
    let good = gnupg.seal(&ours, &text);
    let changed = {
        let mut changed = good.clone();
        let at = changed.len() - 10;
        changed[at] ^= 1;
        changed
    };
    let sign = ["--local-user", &gnupg.own, "--sign"];
    let to_us = ["--recipient", &ours, "--encrypt"];
    let no_mdc = ["--rfc2440", "--disable-mdc", "--cipher-algo", "AES256"];
    let bomb = vec![b'A'; 64 << 20];
    let cases = [
        ("for somebody else", stranger.seal(&stranger.own, &text), "pgp-wrong-recipient"),
        ("signed by a stranger", stranger.seal(&ours, &text), "pgp-unknown-signer"),
        ("not signed", gnupg.write(&to_us, &text), "pgp-unsigned"),
        ("signed and not encrypted", gnupg.write(&sign, &text), "pgp-not-encrypted"),
        ("changed on the way", changed, "pgp-manipulated"),
        (
            "without integrity protection",
            gnupg.write(&[&no_mdc[..], &sign, &to_us].concat(), &text),
            "pgp-no-integrity",
        ),
        ("a bomb", gnupg.seal(&ours, &bomb), "pgp-expansion-limit"),
        ("cut in its middle", good[..good.len() / 2].to_vec(), "pgp-truncated"),
        ("cut before its last byte", good[..good.len() - 1].to_vec(), "pgp-truncated"),
        ("not encrypted at all", text.clone(), "plain-not-allowed"),
    ];
    for (name, message, reason) in cases {
        let got = desk.drop(&message);
        assert_eq!((got.state.as_str(), got.reason.as_str()), ("quarantined", reason), "{name}");
        assert_eq!(got.kinds(), ["notice"], "{name}");
        let notice = String::from_utf8(gnupg.open(&ours, &got.files[0].1)).unwrap();
        assert!(notice.contains(reason) && notice.contains(&got.receipt), "{name}: {notice}");
        let tells = canary::of(&file)
            .into_iter()
            .chain([gnupg.own.clone(), ours.clone()])
            .any(|secret| notice.contains(&secret));
        assert!(!tells, "{name}: {notice}");
        assert!(alarmed(desk.gateway.data(), "file-quarantined", reason), "{name}");
    }
    assert_eq!(value(desk.gateway.data(), "SELECT count(*) FROM interchange"), "0", "nothing was read");
    let plain = desk.gateway.data().join("objects/plain");
    let left = std::fs::read_dir(plain).map_or(0, Iterator::count);
    assert_eq!(left, 0, "what was half decrypted is not kept");
    desk.nothing_travelled(&file);
    let got = desk.drop(&good);
    assert_eq!((got.state.as_str(), got.kinds()), ("translated", vec!["277CA", "999"]));
}

#[test]
fn a_bad_signature_is_refused_also_where_none_is_asked_for() {
    let (gnupg, desk, ours) = desk("signed = \"optional\"\nplain-allowed = true");
    let stranger = Gnupg::new("ed25519", "cv25519");
    stranger.import(&desk.gateway.public_key());
    let text = claims(72, 1).into_bytes();
    assert_eq!(desk.drop(stranger.seal(&ours, &text)).reason, "pgp-unknown-signer");
    desk.nothing_travelled(&claims(72, 1));
    let unsigned = desk.drop(gnupg.write(&["--recipient", &ours, "--encrypt"], &text));
    assert_eq!(unsigned.kinds(), ["277CA", "999"]);
    let plain = desk.drop(claims(73, 1));
    let x999 =
        plain.files.iter().find(|(kind, _)| kind == "999").map(|(_, message)| gnupg.open(&ours, message)).unwrap();
    assert_eq!(all(&String::from_utf8(x999).unwrap(), "IK5", 1), ["A"]);
}
