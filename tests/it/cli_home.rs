//! `keygen` and `check`.

use std::fs;
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use tempfile::tempdir;
use tradewind::home::{Addresses, create};

use crate::support::program::run;

#[test]
fn ssh_and_pgp_keys_are_such_as_others_read_and_are_not_overwritten() {
    let folder = tempdir().unwrap();
    let ssh = run(folder.path(), "keygen ssh id_ed25519");
    assert!(ssh.code == 0 && ssh.text().starts_with("ssh-ed25519 "), "{}", ssh.stderr);
    let private = folder.path().join("id_ed25519");
    let derived = Command::new("ssh-keygen").arg("-yf").arg(&private).output().unwrap();
    let key = |line: &str| line.split(' ').nth(1).map(|key| key.trim().to_owned());
    assert_eq!(key(&String::from_utf8(derived.stdout).unwrap()), key(ssh.text()));
    let pgp = run(folder.path(), "keygen pgp secret.asc --user Clinic");
    assert!(pgp.text().starts_with("-----BEGIN PGP PUBLIC KEY BLOCK-----"));
    let mut gpg = Command::new("gpg");
    gpg.args(["--batch", "--show-keys"]).arg(folder.path().join("secret.asc")).env("GNUPGHOME", folder.path());
    let shown = gpg.output().unwrap();
    assert!(String::from_utf8_lossy(&shown.stdout).contains("Clinic"), "{}", String::from_utf8_lossy(&shown.stderr));
    for (line, file) in [("keygen ssh id_ed25519", "id_ed25519"), ("keygen pgp secret.asc", "secret.asc")] {
        let before = fs::read(folder.path().join(file)).unwrap();
        assert_eq!(run(folder.path(), line).code, 2);
        assert_eq!(fs::read(folder.path().join(file)).unwrap(), before);
        let mode = fs::metadata(folder.path().join(file)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}

#[test]
fn a_token_goes_to_standard_output_and_its_hash_beside_it() {
    let folder = tempdir().unwrap();
    let token = run(folder.path(), "keygen token");
    let hash = tradewind_api::tokens::hash(token.text().trim());
    assert!(token.stderr.contains(&hash) && !token.stderr.contains(token.text().trim()));
    assert!(run(folder.path(), "keygen webhook").text().starts_with("whsec_"));
}

#[test]
fn check_reports_every_problem_at_once_and_repeats_no_secret() {
    let folder = tempdir().unwrap();
    let home = folder.path().join("tradewind-home");
    assert_eq!(run(folder.path(), "check").code, 2);
    let at = SocketAddr::from(([127, 0, 0, 1], 1));
    create(&home, &Addresses { sftp: at, api: at, payer: at, webhook: None }).unwrap();
    let clean = run(folder.path(), "check");
    assert!(clean.code == 0 && clean.text().starts_with("2 partner(s), 1 route(s)"), "{}", clean.stderr);
    fs::write(home.join("tradewind.toml"), "keys = \"data/keys\"\n").unwrap();
    fs::write(home.join("partners/unknown.toml"), "[[identity]]\nqualifier = \"ZZ\"\nid = \"X\"\ncolour = 1\n")
        .unwrap();
    let sound = "[[identity]]\nqualifier = \"ZZ\"\nid = \"CLINIC\"\n";
    let other = "[sftp]\nkeys = [\"ssh-ed25519 SECRETKEY\"]\n[[token]]\nname = \"a\"\nhash = \"tw_SECRET\"\n";
    fs::write(home.join("partners/other.toml"), format!("{sound}{other}")).unwrap();
    let hook = "[webhook]\nurl = \"ftp://x\"\nsecret = \"whsec_SECRET\"\n";
    fs::write(home.join("partners/hook.toml"), format!("{}{hook}", sound.replace("CLINIC", "HOOK"))).unwrap();
    let deliver = "[deliver]\nurl = \"http://x/\"\nusage = \"test\"\nbatch-items-max = 50001\n";
    fs::write(home.join("partners/far.toml"), format!("{}{deliver}", sound.replace("CLINIC", "FAR"))).unwrap();
    fs::write(home.join("routes.toml"), "[[route]]\npayer = \"P\"\npartner = \"nobody\"\n").unwrap();
    let faulty = run(&home, "check --home .");
    assert_eq!(faulty.code, 1);
    for told in [
        "`keys` lies inside `data`",
        "unknown.toml: line 4",
        "uses the same qualifier and id",
        "other.toml: [sftp] keys",
        "other.toml: [[token]] hash",
        "hook.toml: line",
        "far.toml: [deliver]: batch-items-max is at most 50000",
        "there is no partner nobody",
    ] {
        assert!(faulty.stderr.contains(told), "{told} in {}", faulty.stderr);
    }
    assert!(!faulty.stderr.contains("SECRET"), "{}", faulty.stderr);
}
