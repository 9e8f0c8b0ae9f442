//! SFTP clients that leave the path.

use std::fs;

use super::Desk;
use crate::support::canary;
use crate::support::ledger::value;
use crate::support::wait::until;
use crate::support::x12::claims;

#[test]
fn names_that_lead_elsewhere_are_refused_and_touch_no_real_file() {
    let (desk, file) = (Desk::new(), claims(81, 1));
    let sftp = &desk.sftp;
    sftp.local("upload", file.as_bytes());
    let outside = desk.gateway.folder().join("escaped");
    let absolute = outside.display();
    let longest = "x".repeat(201);
    for batch in [
        "put upload ../escaped".to_owned(),
        "put upload in/../escaped".to_owned(),
        "put upload in/../../escaped".to_owned(),
        "put upload in/../partners/clinic.toml".to_owned(),
        format!("put upload {absolute}"),
        format!("put upload \"in/{longest}\""),
        "put upload out/claims.x12".to_owned(),
        "put upload escaped".to_owned(),
        "put upload in/a/b".to_owned(),
        "put upload in/\u{202e}evil".to_owned(),
        "put upload in/e\u{301}".to_owned(),
        "put upload in/a\u{2215}b".to_owned(),
        "put upload \"in/ claims\"".to_owned(),
        "mkdir in/a".to_owned(),
        "mkdir a".to_owned(),
        "rmdir in".to_owned(),
        "ln -s /etc/passwd in/passwd".to_owned(),
        "ln /etc/passwd in/passwd".to_owned(),
        "symlink /etc/passwd in/passwd".to_owned(),
        "get /etc/passwd".to_owned(),
        "get ../../../../etc/passwd".to_owned(),
        "get out/../../keys/root.key".to_owned(),
        "rename out in/out".to_owned(),
        "rm in/nothing".to_owned(),
        "rm out/nothing".to_owned(),
    ] {
        let output = sftp.batch(&batch);
        assert!(!output.status.success(), "{batch}: {}", String::from_utf8_lossy(&output.stdout));
    }
    assert!(!outside.exists() && !desk.gateway.home().join("escaped").exists());
    let listed = sftp.run("ls -1");
    assert_eq!(listed.lines().map(str::trim).collect::<Vec<_>>(), ["in", "out"]);
    assert_eq!(value(desk.gateway.data(), "SELECT count(*) FROM receipt"), "0");
    desk.nothing_travelled(&file);
    // Letters of any script are names as good as others.
    sftp.put("größe-Ä1 (2).x12", file.as_bytes());
    assert_eq!(desk.last().kinds(), ["277CA", "999"]);
}

#[test]
fn partners_neither_see_nor_fetch_each_others_files_and_strangers_stay_out() {
    let desk = Desk::new();
    assert_eq!(desk.drop(claims(82, 1)).kinds(), ["277CA", "999"]);
    let other = desk.gateway.sftp("other");
    assert_eq!(other.names(), Vec::<String>::new());
    for name in desk.sftp.names() {
        for batch in [format!("get out/{name}"), format!("rm out/{name}")] {
            assert!(!other.batch(&batch).status.success(), "{batch}");
        }
    }
    let keys = desk.gateway.home().join("clients");
    fs::copy(keys.join("other/id_ed25519"), keys.join("clinic/id_ed25519")).unwrap();
    assert!(!desk.sftp.batch("ls").status.success(), "another partner's key");
}

#[test]
fn a_file_under_a_temporary_name_starts_at_its_rename() {
    let (desk, file) = (Desk::new(), claims(83, 1));
    desk.sftp.put("claims.x12.part", file.as_bytes());
    assert_eq!(value(desk.gateway.data(), "SELECT state FROM receipt"), "staged");
    assert!(desk.sftp.run("ls -1 in").contains("claims.x12.part"));
    desk.nothing_travelled(&file);
    desk.sftp.run("rename in/claims.x12.part in/claims.x12");
    assert_eq!(desk.last().kinds(), ["277CA", "999"]);
}

#[test]
fn a_client_that_goes_away_in_mid_write_leaves_nothing_to_process() {
    let (desk, file) = (Desk::new(), claims(84, 400));
    desk.sftp.local("slow", file.as_bytes());
    let mut slow = desk.sftp.start_slowly("put slow in/claims.x12");
    until("the upload's start", || desk.sftp.run("ls -1 in").contains("claims.x12").then_some(()));
    // Another handle on the name, while it is open.
    let second = desk.sftp.try_put("claims.x12", b"other content");
    assert!(!second.status.success(), "two handles on one name");
    slow.kill().unwrap();
    slow.wait().unwrap();
    until("the upload's end", || (!desk.sftp.run("ls -1 in").contains("claims.x12")).then_some(()));
    assert_eq!(value(desk.gateway.data(), "SELECT count(*) FROM receipt"), "0");
    desk.nothing_travelled(&file);
    let left = || {
        let objects = desk.gateway.data().join("objects/received");
        fs::read_dir(objects).map_or(0, Iterator::count)
    };
    until("the removal of what was sealed", || (left() == 0).then_some(()));
    assert_eq!(desk.drop(&file).kinds(), ["277CA", "999"], "sent again it is taken");
}

#[test]
fn ten_thousand_names_stop_at_their_limit_and_others_go_on() {
    let desk = Desk::new();
    desk.sftp.local("upload", b"synthetic");
    let batch: String = (0..NAMES).map(|number| format!("-put upload in/{number}.tmp\n")).collect();
    let output = desk.sftp.batch(&batch);
    assert!(output.status.success(), "a refusal ends no session");
    assert_eq!(value(desk.gateway.data(), "SELECT count(*) FROM receipt WHERE state = 'staged'"), "1000");
    let other = desk.gateway.sftp("other");
    other.put("claims.tmp", b"synthetic");
    assert_eq!(value(desk.gateway.data(), "SELECT count(*) FROM receipt WHERE partner = 'other'"), "1");
    desk.sftp.run("rm in/0.tmp");
    let file = claims(85, 1);
    assert_eq!(desk.drop(&file).kinds(), ["277CA", "999"], "with one name less there is room");
    canary::assert_none(&desk.gateway, &canary::of(&file));
}

const NAMES: u32 = 10_000;

#[test]
fn no_shell_no_command_no_forwarding_and_no_password() {
    let desk = Desk::new();
    let cases: [(&[&str], &[&str]); 5] = [
        (&[], &["id"]),
        (&["-T"], &[]),
        (&["-W", "127.0.0.1:22"], &[]),
        (&["-N", "-o", "ExitOnForwardFailure=yes", "-R", "0:127.0.0.1:22"], &[]),
        (&["-s", "-o", "PubkeyAuthentication=no"], &["sftp"]),
    ];
    for (options, words) in cases {
        let output = desk.sftp.ssh(options, words);
        assert!(!output.status.success() && output.stdout.is_empty(), "{options:?} {words:?}");
    }
}
