//! GnuPG with its own home, which is removed at the end.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

use super::tools::{program, succeed};

pub struct Gnupg {
    home: TempDir,
    /// Fingerprint of its own key.
    pub fingerprint: String,
}

impl Gnupg {
    /// A home with one key pair of this algorithm (as `--quick-generate-key` names it) that signs, and a subkey that encrypts.
    pub fn with_key(algorithm: &str, encryption: &str) -> Self {
        let mut gpg =
            Self { home: tempfile::Builder::new().prefix("twgpg").tempdir().unwrap(), fingerprint: String::new() };
        #[cfg(unix)]
        fs::set_permissions(gpg.home.path(), std::os::unix::fs::PermissionsExt::from_mode(0o700)).unwrap();
        let user = "Synthetic Partner <partner@example.org>";
        gpg.run(&["--passphrase", "", "--quick-generate-key", user, algorithm, "sign,cert", "never"]);
        let listed = gpg.run(&["--with-colons", "--list-keys"]);
        let listed = String::from_utf8(listed.stdout).unwrap();
        let line = listed.lines().find(|line| line.starts_with("fpr:")).unwrap();
        gpg.fingerprint = line.split(':').nth(9).unwrap().to_owned();
        let fingerprint = gpg.fingerprint.clone();
        gpg.run(&["--passphrase", "", "--quick-add-key", &fingerprint, encryption, "encrypt", "never"]);
        gpg
    }

    pub fn command(&self) -> Command {
        let mut command = program("gpg", "gnupg");
        command.args([
            "--batch",
            "--no-tty",
            "--quiet",
            "--trust-model",
            "always",
            "--pinentry-mode",
            "loopback",
            "--homedir",
        ]);
        command.arg(self.home.path());
        command
    }

    pub fn run(&self, arguments: &[&str]) -> Output {
        succeed(self.command().args(arguments))
    }

    pub fn file(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    pub fn import(&self, armored: &str) {
        fs::write(self.file("import.asc"), armored).unwrap();
        self.run(&["--import", self.file("import.asc").to_str().unwrap()]);
    }

    pub fn export(&self) -> Vec<u8> {
        self.run(&["--armor", "--export", &self.fingerprint]).stdout
    }

    /// Writes `content` to a file and runs gpg on it; gives what gpg writes to standard output.
    pub fn filter(&self, arguments: &[&str], content: &[u8]) -> Vec<u8> {
        fs::write(self.file("input"), content).unwrap();
        self.run(&[arguments, &["--output", "-", self.file("input").to_str().unwrap()]].concat()).stdout
    }

    /// Encrypts to `recipient` and signs with its own key.
    pub fn encrypt_sign(&self, recipient: &str, content: &[u8], more: &[&str]) -> Vec<u8> {
        fs::write(self.file("input"), content).unwrap();
        let base = ["--local-user", &self.fingerprint, "--recipient", recipient, "--output", "-"];
        let input = self.file("input");
        self.run(&[more, &base, &["--sign", "--encrypt", input.to_str().unwrap()]].concat()).stdout
    }

    /// Decrypts; gives the content and the lines of the status file descriptor.
    pub fn decrypt(&self, message: &[u8]) -> (Vec<u8>, String) {
        fs::write(self.file("message"), message).unwrap();
        let output =
            self.run(&["--status-fd", "2", "--output", "-", "--decrypt", self.file("message").to_str().unwrap()]);
        (output.stdout, String::from_utf8_lossy(&output.stderr).into_owned())
    }
}

impl Drop for Gnupg {
    fn drop(&mut self) {
        let _ = Command::new("gpgconf")
            .arg("--homedir")
            .arg(self.home.path())
            .args(["--kill", "all"])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
    }
}
