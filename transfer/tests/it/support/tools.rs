//! Runs programs of others.

use std::ffi::OsStr;
use std::path::Path;
use std::process::{Command, Output, Stdio};

/// A command, or a failure that says which Debian package gives it.
pub fn program(name: &str, package: &str) -> Command {
    let found = std::env::var_os("PATH")
        .is_some_and(|path| std::env::split_paths(&path).any(|folder| folder.join(name).is_file()));
    assert!(found, "this test needs `{name}`: install the Debian package {package}");
    Command::new(name)
}

/// Runs it with closed input and returns what it said; fails the test if it exits with an error.
pub fn succeed(command: &mut Command) -> Output {
    let output = command.stdin(Stdio::null()).output().unwrap();
    assert!(
        output.status.success(),
        "{command:?}: {}\n{}\n{}",
        output.status,
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    output
}

/// Makes an SSH key pair `path` and `path.pub`.
pub fn ssh_keygen(path: &Path, kind: &str, bits: Option<&str>) {
    let mut command = program("ssh-keygen", "openssh-client");
    command.args(["-q", "-N", "", "-C", "test", "-t", kind]).arg("-f").arg(path);
    if let Some(bits) = bits {
        command.args([OsStr::new("-b"), OsStr::new(bits)]);
    }
    succeed(&mut command);
}
