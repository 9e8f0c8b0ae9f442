//! `ack` and `explain`.

use std::fs;

use tempfile::tempdir;

use crate::support::program::{run, run_with};

const ISA: &str =
    "ISA*00*          *00*          *ZZ*CLINIC         *ZZ*PAYER          *260101*1200*^*00501*000000042*1*T*:~";

/// Claims whose ISA14 asks for a TA1.
fn claims() -> String {
    let folder = tempdir().unwrap();
    let text = run(folder.path(), "generate 005010X222A1 --count 4 --bad-every 2").text().to_owned();
    text.replacen("*0*T*:~", "*1*T*:~", 1)
}

#[test]
fn writes_what_a_receiver_would_send_and_each_alone() {
    let folder = tempdir().unwrap();
    let claims = claims();
    let ack = |options: &str| {
        let line = format!("ack - --at 202602031415{options}");
        let ran = run_with(folder.path(), &line, claims.as_bytes());
        assert_eq!(ran.code, 1);
        ran.text().to_owned()
    };
    let (ta1, x999, x277ca) = (ack(" --type ta1"), ack(" --type 999"), ack(" --type 277ca"));
    assert_eq!(ack(""), format!("{ta1}{x999}{x277ca}"));
    assert!(ta1.contains("~TA1*") && ta1.contains("*A*000~"));
    assert!(x999.contains("~IK5*E~"), "{x999}");
    assert!(x277ca.contains("~STC*A1:20*20260203*WQ*") && x277ca.contains("~STC*A7:562:82*"), "{x277ca}");
    let x277ca = ack(" --type 277ca --as payer");
    assert!(x277ca.contains("~STC*A2:20*20260203*WQ*") && x277ca.contains("~NM1*PR*2*"), "{x277ca}");
}

#[test]
fn says_where_nothing_is_due() {
    let folder = tempdir().unwrap();
    let inquiry = run(folder.path(), "generate 005010X279A1");
    let ran = run_with(folder.path(), "ack - --type 277ca", &inquiry.stdout);
    assert!(ran.code == 0 && ran.stdout.is_empty() && !ran.stderr.is_empty());
}

#[test]
fn a_broken_interchange_gets_a_ta1_where_its_sender_can_be_read() {
    let folder = tempdir().unwrap();
    // An ISA of 105 bytes, and one whose element separator is its terminator.
    for broken in [ISA.replace("CLINIC   ", "CLINIC  "), ISA.replace('~', "*")] {
        let ran = run_with(folder.path(), "ack -", format!("{broken}GS*HC*A*B~").as_bytes());
        assert_eq!(ran.code, 1, "{}", ran.stderr);
        assert!(ran.text().contains("~TA1*000000042*260101*1200*R*"), "{}", ran.text());
        assert!(ran.stderr.contains("(byte "), "{}", ran.stderr);
    }
    // Cut: IEA is missing.
    let claims = claims();
    let ran = run_with(folder.path(), "ack -", &claims.as_bytes()[..claims.len() - 30]);
    assert!(ran.code == 1 && ran.text().contains("*R*023~") && !ran.text().contains("~ST*999*"), "{}", ran.text());
}

#[test]
fn explains_an_acknowledgment_beside_the_file() {
    let folder = tempdir().unwrap();
    let claims = claims();
    let ack = run_with(folder.path(), "ack -", claims.as_bytes());
    fs::write(folder.path().join("claims.edi"), &claims).unwrap();
    fs::write(folder.path().join("claims.ack"), &ack.stdout).unwrap();
    let ran = run(folder.path(), "explain claims.edi --with claims.ack");
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    for told in ["TA104 A", "AK901 ", "IK501 ", "STC01 A1:20", "STC01 A7:562:82", "| CLM*xxx"] {
        assert!(ran.text().contains(told), "{told} in {}", ran.text());
    }
    let claim_id = claims.split("CLM*").nth(1).unwrap().split('*').next().unwrap();
    assert!(!ran.text().contains(claim_id));
    let shown = run(folder.path(), "explain claims.edi --with claims.ack --show-values");
    assert!(shown.text().contains(&format!("| CLM*{claim_id}*")));
    let other = run(folder.path(), "generate 005010X222A1 --seed 77 -o other.edi");
    assert_eq!(other.code, 0);
    let ran = run(folder.path(), "explain other.edi --with claims.ack");
    assert!(ran.code == 0 && ran.stderr.contains("speak of nothing in other.edi"), "{}", ran.stderr);
}

#[test]
fn a_rules_page_tells_what_fails_and_what_passes() {
    let folder = tempdir().unwrap();
    let page = run(folder.path(), "explain claim-charge-total");
    for told in ["claim-charge-total (SNIP 3, error)", "Fails", "Passes", "Code"] {
        assert!(page.text().contains(told), "{}", page.text());
    }
}
