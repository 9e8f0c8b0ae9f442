//! The command line. Data goes to standard output, talk and progress to standard error.
//!
//! Exit codes: 0 done and clean; 1 done, and the answer is no (findings of severity error, a rejection); 2 could not be done.

use std::io::{self, Write};
use std::process::ExitCode;

use clap::{Parser, Subcommand};

mod ack;
mod check;
mod codes;
mod companion;
mod convert;
mod deidentify;
mod demo;
mod drop;
mod explain;
mod generate;
mod guide;
mod input;
mod keygen;
mod keys;
mod ledger;
mod mask;
mod output;
mod payer;
mod resolve;
mod serve;
mod show;
mod validate;

/// What the program takes.
#[derive(Parser)]
#[command(
    name = "tradewind",
    version,
    about = "A healthcare EDI gateway, and the X12 engine inside it",
    max_term_width = 100,
    after_help = "Exit codes: 0 done and clean; 1 done, and the answer is no (findings of severity error, a rejection);\n\
                  2 could not be done. - is standard input or output."
)]
pub struct CommandLine {
    #[command(subcommand)]
    command: Command,
}

/// The subcommands.
#[derive(Subcommand)]
enum Command {
    /// Every finding of X12 files, with its place
    Validate(validate::Arguments),
    /// The acknowledgments that a receiver of a file would send: TA1, 999, 277CA, 824
    Ack(ack::Arguments),
    /// X12 to JSON and back, and to tables
    Convert(convert::Arguments),
    /// A file with made-up values in place of what it tells of people, to be shown to others
    Deidentify(deidentify::Arguments),
    /// A received acknowledgment beside the file that it speaks of, or a rule's page
    Explain(explain::Arguments),
    /// A file as its tree of loops, with the guide's names
    Show(show::Arguments),
    /// The guides: list them, show one, or what one changes of another
    Guide(guide::Arguments),
    /// Valid synthetic files of any size
    Generate(generate::Arguments),
    /// Run the gateway until it is told to stop
    Serve(serve::Arguments),
    /// One claim file's trip from SFTP to a payer and back, told hop by hop
    Demo(demo::Arguments),
    /// Settle an item that nothing else settles, with a reason
    Resolve(resolve::Arguments),
    /// What the ledger says of every item, and its move to PostgreSQL
    Ledger(ledger::Arguments),
    /// Rotate, wrap anew or destroy the keys that partners' data is sealed under
    Keys(keys::Arguments),
    /// Send a file to an SFTP inbox
    Drop(drop::Arguments),
    /// Run a simulated payer in the foreground
    Payer(payer::Arguments),
    /// Make keys: SSH, PGP, a webhook secret, an API token
    Keygen(keygen::Arguments),
    /// Read a home folder's configuration and report every problem of it
    Check(check::Arguments),
}

/// What a command found.
enum Outcome {
    /// Exit code 0.
    Clean,
    /// Exit code 1.
    Faulty,
}

impl Outcome {
    fn of(clean: bool) -> Self {
        if clean { Self::Clean } else { Self::Faulty }
    }
}

/// Runs a command; an error is told on standard error, with its causes, and gives 2.
#[must_use]
pub fn run(line: CommandLine) -> ExitCode {
    let outcome = match line.command {
        Command::Validate(arguments) => validate::run(&arguments),
        Command::Ack(arguments) => ack::run(&arguments),
        Command::Convert(arguments) => convert::run(&arguments),
        Command::Deidentify(arguments) => deidentify::run(&arguments),
        Command::Explain(arguments) => explain::run(&arguments),
        Command::Show(arguments) => show::run(&arguments),
        Command::Guide(arguments) => guide::run(&arguments),
        Command::Generate(arguments) => generate::run(&arguments),
        Command::Serve(arguments) => serve::run(&arguments),
        Command::Demo(arguments) => demo::run(&arguments),
        Command::Resolve(arguments) => resolve::run(&arguments),
        Command::Ledger(arguments) => ledger::run(&arguments),
        Command::Keys(arguments) => keys::run(&arguments),
        Command::Drop(arguments) => drop::run(&arguments),
        Command::Payer(arguments) => payer::run(&arguments),
        Command::Keygen(arguments) => keygen::run(&arguments),
        Command::Check(arguments) => check::run(&arguments),
    };
    match outcome {
        Ok(Outcome::Clean) => ExitCode::SUCCESS,
        Ok(Outcome::Faulty) => ExitCode::from(1),
        // Whoever read our output has seen enough (`| head`): there is nothing to say, and it was not done.
        Err(error) if is_broken_pipe(&error) => ExitCode::from(2),
        Err(error) => {
            say(&format!("tradewind: {error:#}"));
            ExitCode::from(2)
        }
    }
}

fn is_broken_pipe(error: &anyhow::Error) -> bool {
    let io = |cause: &(dyn std::error::Error + 'static)| cause.downcast_ref::<io::Error>().map(io::Error::kind);
    error.chain().any(|cause| io(cause) == Some(io::ErrorKind::BrokenPipe))
}

/// Tells something to the person at the terminal.
pub(crate) fn say(text: &str) {
    // Standard error may be closed; there is then nobody to tell.
    let _ = writeln!(io::stderr(), "{text}");
}

/// Writes data to standard output.
fn put(text: &str) -> anyhow::Result<()> {
    let mut stdout = io::stdout();
    stdout.write_all(text.as_bytes())?;
    Ok(stdout.flush()?)
}

/// The runtime of a command that waits for the network.
fn wait_for<T>(work: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(work)
}

/// Done once the program is asked to stop: by Ctrl-C or SIGTERM.
fn stopped() -> anyhow::Result<impl Future<Output = ()> + Send + 'static> {
    use tokio::signal::unix::{SignalKind, signal};
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}
