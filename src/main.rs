//! The `tradewind` program: parses the command line and exits with 0, 1 or 2 as the contract says.

use std::panic::catch_unwind;
use std::process::ExitCode;

use clap::Parser;
use tradewind::commands::{CommandLine, run};

fn main() -> ExitCode {
    tradewind::panics::tell_place_only();
    let line = CommandLine::parse();
    catch_unwind(|| run(line)).unwrap_or(ExitCode::from(2))
}
