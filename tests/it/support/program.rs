//! Runs the real program.

use std::io::Write;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

/// What a run gave.
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) stdout: Vec<u8>,
    pub(crate) stderr: String,
}

impl Ran {
    /// Standard output as text.
    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.stdout).unwrap()
    }
}

/// The program, in a folder of the test's own.
pub(crate) fn tradewind(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tradewind"));
    command.current_dir(folder).env_remove("TRADEWIND_HOME").env_remove("RUST_BACKTRACE");
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Runs it to its end; arguments are separated by spaces.
pub(crate) fn run(folder: &Path, line: &str) -> Ran {
    ran(tradewind(folder).args(line.split(' ')).output().unwrap())
}

/// Runs it with this on standard input.
pub(crate) fn run_with(folder: &Path, line: &str, input: &[u8]) -> Ran {
    let mut child = tradewind(folder).args(line.split(' ')).stdin(Stdio::piped()).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    std::thread::scope(|scope| {
        // A program that refuses its input early closes it.
        scope.spawn(move || drop(stdin.write_all(input)));
        ran(child.wait_with_output().unwrap())
    })
}

fn ran(output: Output) -> Ran {
    let code = output.status.code().expect("an exit code, not a signal");
    Ran { code, stdout: output.stdout, stderr: String::from_utf8(output.stderr).unwrap() }
}

/// A program that runs until the test ends.
pub(crate) struct Background(pub(crate) Child);

impl Drop for Background {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
