//! The `tradewind` program: parses the command line and exits with 0, 1 or 2 as the contract says.

use std::process::ExitCode;

use clap::Parser;
use tradewind::commands::{Command, run};

#[derive(Parser)]
#[command(
    name = "tradewind",
    version,
    about = "A healthcare EDI gateway, and the X12 engine inside it",
    max_term_width = 100
)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

fn main() -> ExitCode {
    run(Arguments::parse().command)
}
