//! Claims that break the companion guide of whoever sends them.

use std::cell::Cell;
use std::fs;

use super::Desk;
use crate::support::gateway::{Gateway, Options};
use crate::support::x12::claims;

/// Asks for something that no generated claim has.
const GUIDE: &str = "companion plan\n  guide 005010X222A1\n  name Plan\nloop 2300\n  segment K3 R 1\n";

#[test]
fn a_claim_that_breaks_the_senders_companion_guide_is_refused_and_does_not_travel() {
    let mut gateway = Gateway::prepared(&Options::default());
    let partners = gateway.folder().join("home/partners");
    fs::write(partners.join("plan.txt"), GUIDE).unwrap();
    let clinic = fs::read_to_string(partners.join("clinic.toml")).unwrap();
    let receive = "[receive]\nsnip = 7\ncompanions = [\"plan.txt\"]\n";
    fs::write(partners.join("clinic.toml"), format!("{clinic}{receive}")).unwrap();
    gateway.run();
    let sftp = gateway.sftp("clinic");
    let desk = Desk { gateway, sftp, dropped: Cell::new(0) };
    let file = claims(61, 1);
    assert!(!file.contains("~\nK3*") && !file.contains("~K3*"), "{file}");
    let got = desk.drop(&file);
    let x277ca = got.text("277CA");
    assert!(x277ca.contains("STC*A6:481"), "{x277ca}");
    assert!(got.text("999").contains("IK5*E"), "{}", got.text("999"));
    desk.nothing_travelled(&file);
}
