//! OpenSSH's `sftp` in batch mode.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

use tempfile::TempDir;

use super::client::{SFTP, SSH};
use super::wait::until;

/// A partner's client.
pub(crate) struct Sftp {
    user: String,
    key: PathBuf,
    address: SocketAddr,
    folder: TempDir,
    batches: AtomicU32,
}

impl Sftp {
    /// A client that knows the server's key (`ssh-ed25519 AAAA…`) and trusts no other.
    pub(crate) fn new(user: &str, key: &Path, address: SocketAddr, host_key: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let known = format!("[{}]:{} {host_key}\n", address.ip(), address.port());
        fs::write(folder.path().join("known_hosts"), known).unwrap();
        Self { user: user.to_owned(), key: key.to_owned(), address, folder, batches: AtomicU32::new(0) }
    }

    fn command(&self, more: &[&str], batch: &Path) -> Command {
        let mut command = SFTP.command();
        command.args(more);
        command.arg("-b").arg(batch).args(["-P", &self.address.port().to_string()]);
        self.trust(&mut command);
        command.arg(format!("{}@{}", self.user, self.address.ip()));
        command.current_dir(self.folder.path()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// Our key, the one server that we know, and no questions.
    fn trust(&self, command: &mut Command) {
        let known = format!("UserKnownHostsFile={}", self.folder.path().join("known_hosts").display());
        command.args(["-q", "-F", "/dev/null", "-o", "BatchMode=yes", "-o", "IdentitiesOnly=yes"]);
        command.args(["-o", "StrictHostKeyChecking=yes", "-o", &known, "-i"]).arg(&self.key);
    }

    /// Starts a batch, one command a line.
    pub(crate) fn start(&self, batch: &str) -> Child {
        self.start_with(&[], batch)
    }

    /// As `start`, at a few kilobytes a second.
    pub(crate) fn start_slowly(&self, batch: &str) -> Child {
        self.start_with(&["-l", "64"], batch)
    }

    fn start_with(&self, more: &[&str], batch: &str) -> Child {
        let number = self.batches.fetch_add(1, Ordering::Relaxed);
        let file = self.local(&format!("batch-{number}"), format!("{batch}\n").as_bytes());
        let child = self.command(more, &file).spawn();
        child.unwrap_or_else(|error| panic!("sftp: {error}; install the Debian package {}", SFTP.package))
    }

    /// Runs a batch to its end, well or not.
    pub(crate) fn batch(&self, batch: &str) -> Output {
        self.start(batch).wait_with_output().unwrap()
    }

    /// Runs a batch and asks that it succeeds. Gives what it printed without the commands that it repeats.
    pub(crate) fn run(&self, batch: &str) -> String {
        let output = self.batch(batch);
        assert!(output.status.success(), "{batch}: {}", String::from_utf8_lossy(&output.stderr));
        let printed = String::from_utf8(output.stdout).unwrap();
        printed.lines().filter(|line| !line.starts_with("sftp> ")).map(|line| format!("{line}\n")).collect()
    }

    /// Runs `ssh` itself with these options and this command, to its end.
    pub(crate) fn ssh(&self, options: &[&str], words: &[&str]) -> Output {
        let mut command = SSH.command();
        self.trust(&mut command);
        command.args(["-p", &self.address.port().to_string()]).args(options);
        SSH.run(command.arg(format!("{}@{}", self.user, self.address.ip())).args(words))
    }

    /// A file beside the client, for a batch to name.
    pub(crate) fn local(&self, name: &str, content: &[u8]) -> PathBuf {
        let file = self.folder.path().join(name);
        fs::write(&file, content).unwrap();
        file
    }

    /// Drops a file into `/in`; when this is back, the server has confirmed it.
    pub(crate) fn put(&self, name: &str, content: &[u8]) {
        let output = self.try_put(name, content);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }

    /// Drops a file into `/in`, well or not.
    pub(crate) fn try_put(&self, name: &str, content: &[u8]) -> Output {
        self.local("upload", content);
        self.batch(&format!("put upload \"in/{name}\""))
    }

    /// The names in `/out`.
    pub(crate) fn names(&self) -> Vec<String> {
        self.run("ls -1 out").lines().map(|line| line.trim_start_matches("out/").to_owned()).collect()
    }

    /// A file of `/out`.
    pub(crate) fn get(&self, name: &str) -> Vec<u8> {
        self.run(&format!("get \"out/{name}\" download"));
        fs::read(self.folder.path().join("download")).unwrap()
    }

    /// Waits for a file in `/out` whose name begins so; fetches it and takes it out.
    pub(crate) fn fetch(&self, prefix: &str) -> Vec<u8> {
        let name = until(prefix, || self.names().into_iter().find(|name| name.starts_with(prefix)));
        let content = self.get(&name);
        self.run(&format!("rm \"out/{name}\""));
        content
    }

    /// As [`Sftp::fetch`], as text.
    pub(crate) fn fetch_text(&self, prefix: &str) -> String {
        String::from_utf8(self.fetch(prefix)).unwrap()
    }
}
