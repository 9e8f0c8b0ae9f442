//! Programs of others that the tests drive.

use std::process::{Command, Output, Stdio};

/// A program of a Debian package.
pub(crate) struct Client {
    pub(crate) name: &'static str,
    pub(crate) package: &'static str,
}

pub(crate) const SFTP: Client = Client { name: "sftp", package: "openssh-client" };
pub(crate) const SSH: Client = Client { name: "ssh", package: "openssh-client" };
pub(crate) const GPG: Client = Client { name: "gpg", package: "gnupg" };
pub(crate) const SQLITE: Client = Client { name: "sqlite3", package: "sqlite3" };
pub(crate) const MOUNT: Client = Client { name: "mount", package: "mount" };
pub(crate) const UMOUNT: Client = Client { name: "umount", package: "mount" };

impl Client {
    /// A command without input.
    pub(crate) fn command(&self) -> Command {
        let mut command = Command::new(self.name);
        command.stdin(Stdio::null());
        command
    }

    /// Runs a command of this program to its end; one that is not installed fails the test.
    pub(crate) fn run(&self, command: &mut Command) -> Output {
        let installed = command.output();
        installed.unwrap_or_else(|error| panic!("{}: {error}; install the Debian package {}", self.name, self.package))
    }

    /// Runs it and asks that it succeeds.
    pub(crate) fn succeed(&self, command: &mut Command) -> Output {
        let output = self.run(command);
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{command:?} ended with {}: {said}", output.status);
        output
    }
}
