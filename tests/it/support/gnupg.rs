//! GnuPG with a home of its own.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

use super::client::GPG;

pub(crate) struct Gnupg {
    home: TempDir,
    /// Fingerprint of its own key.
    pub(crate) own: String,
}

impl Gnupg {
    /// A home with one key that signs and a subkey that encrypts, of these algorithms (`rsa3072`, or `ed25519` and `cv25519`).
    pub(crate) fn new(signs: &str, encrypts: &str) -> Self {
        // A short path: the agent's socket lies in it.
        let home = tempfile::Builder::new().prefix("twgpg").tempdir().unwrap();
        fs::set_permissions(home.path(), fs::Permissions::from_mode(0o700)).unwrap();
        let mut gpg = Self { home, own: String::new() };
        let user = "Synthetic Clinic <clinic@example.org>";
        gpg.run(&["--passphrase", "", "--quick-generate-key", user, signs, "sign,cert", "never"]);
        gpg.own = gpg.fingerprints().remove(0);
        gpg.run(&["--passphrase", "", "--quick-add-key", &gpg.own, encrypts, "encrypt", "never"]);
        gpg
    }

    fn command(&self) -> Command {
        let mut command = GPG.command();
        command.args(["--batch", "--no-tty", "--quiet", "--trust-model", "always", "--pinentry-mode", "loopback"]);
        command.env("GNUPGHOME", self.home.path());
        command
    }

    fn run(&self, arguments: &[&str]) -> Output {
        GPG.succeed(self.command().args(arguments))
    }

    fn file(&self, name: &str, content: &[u8]) -> PathBuf {
        let file = self.home.path().join(name);
        fs::write(&file, content).unwrap();
        file
    }

    /// The primary keys that it knows, oldest first.
    fn fingerprints(&self) -> Vec<String> {
        let listed = String::from_utf8(self.run(&["--with-colons", "--list-keys"]).stdout).unwrap();
        let lines: Vec<&str> =
            listed.lines().filter(|line| line.starts_with("pub:") || line.starts_with("fpr:")).collect();
        let primary = lines.windows(2).filter(|pair| pair[0].starts_with("pub:"));
        primary.map(|pair| pair[1].split(':').nth(9).unwrap().to_owned()).collect()
    }

    /// Takes a public key in, and gives its fingerprint.
    pub(crate) fn import(&self, file: &Path) -> String {
        let before = self.fingerprints();
        self.run(&["--import", file.to_str().unwrap()]);
        self.fingerprints().into_iter().find(|key| !before.contains(key)).expect("a key that was not known")
    }

    /// Its own public key.
    pub(crate) fn public(&self) -> Vec<u8> {
        self.run(&["--armor", "--export", &self.own]).stdout
    }

    /// Encrypts to `recipient` and signs with its own key.
    pub(crate) fn seal(&self, recipient: &str, content: &[u8]) -> Vec<u8> {
        self.write(&["--recipient", recipient, "--local-user", &self.own, "--sign", "--encrypt"], content)
    }

    /// Whatever gpg makes of `content` with these arguments.
    pub(crate) fn write(&self, arguments: &[&str], content: &[u8]) -> Vec<u8> {
        let input = self.file("input", content);
        self.run(&[&["--output", "-"], arguments, &[input.to_str().unwrap()]].concat()).stdout
    }

    /// Decrypts, and asks for a good signature of `signer` and for integrity protection.
    pub(crate) fn open(&self, signer: &str, message: &[u8]) -> Vec<u8> {
        let input = self.file("message", message);
        let output = self.run(&["--status-fd", "2", "--output", "-", "--decrypt", input.to_str().unwrap()]);
        let status = String::from_utf8_lossy(&output.stderr);
        let signed = status.lines().any(|line| line.contains("[GNUPG:] VALIDSIG") && line.contains(signer));
        assert!(signed && status.contains("[GNUPG:] GOODMDC"), "{status}");
        output.stdout
    }
}

impl Drop for Gnupg {
    fn drop(&mut self) {
        let mut agent = Command::new("gpgconf");
        agent.arg("--homedir").arg(self.home.path()).args(["--kill", "all"]);
        // Without an agent there is nothing to end.
        let _ = agent.stdout(Stdio::null()).stderr(Stdio::null()).status();
    }
}
