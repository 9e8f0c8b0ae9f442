//! The command line. Data goes to standard output, talk and progress to standard error.
//!
//! Exit codes: 0 done and clean; 1 done, and the answer is no (findings of severity error, a rejection); 2 could not be done.

use std::process::ExitCode;

use clap::Subcommand;

mod check;
mod keygen;

/// What a command found.
pub enum Outcome {
    /// Exit code 0.
    Clean,
    /// Exit code 1.
    Faulty,
}

/// The subcommands.
#[derive(Subcommand)]
pub enum Command {
    /// Make keys: SSH, PGP, a webhook secret, an API token
    Keygen(keygen::Arguments),
    /// Read a home folder's configuration and report every problem of it
    Check(check::Arguments),
}

/// Runs a command; an error is told on standard error, with its causes, and gives 2.
#[must_use]
pub fn run(command: Command) -> ExitCode {
    let outcome = match command {
        Command::Keygen(arguments) => keygen::run(&arguments),
        Command::Check(arguments) => check::run(&arguments),
    };
    match outcome {
        Ok(Outcome::Clean) => ExitCode::SUCCESS,
        Ok(Outcome::Faulty) => ExitCode::from(1),
        Err(error) => {
            say(&format!("tradewind: {error:#}"));
            ExitCode::from(2)
        }
    }
}

/// Tells something to the person at the terminal.
pub(crate) fn say(text: &str) {
    use std::io::Write;
    // Standard error may be closed; there is then nobody to tell.
    let _ = writeln!(std::io::stderr(), "{text}");
}

/// Writes data to standard output; a reader that went away (`| head`) ends the program quietly.
pub(crate) fn put(text: &str) -> anyhow::Result<()> {
    use std::io::Write;
    std::io::stdout().write_all(text.as_bytes())?;
    Ok(())
}
