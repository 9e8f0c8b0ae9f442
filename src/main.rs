//! The `tradewind` program: parses the command line and exits with 0, 1 or 2 as the contract says.

use std::io::Write;
use std::panic::{PanicHookInfo, catch_unwind, set_hook};
use std::process::ExitCode;

use clap::Parser;
use tradewind::commands::{CommandLine, run};

fn main() -> ExitCode {
    set_hook(Box::new(tell_place));
    let line = CommandLine::parse();
    catch_unwind(|| run(line)).unwrap_or(ExitCode::from(2))
}

/// Tells where a panic happened and nothing of its message, which may hold a payload's value.
fn tell_place(panic: &PanicHookInfo<'_>) {
    let place = panic.location().map_or_else(|| "an unknown place".to_owned(), ToString::to_string);
    // Standard error may be closed; there is then nobody to tell.
    let _ = writeln!(std::io::stderr(), "tradewind: internal error at {place}; please report it");
}
