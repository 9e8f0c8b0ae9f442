//! docs/command-line.md, from clap's help.

use std::fmt::Write;

use clap::{Command, CommandFactory};
use tradewind::commands::CommandLine;

/// The page.
pub(crate) fn page() -> String {
    let mut program = CommandLine::command().term_width(100);
    program.build();
    let mut out = String::from(
        "# The command line\n\n\
         Written by the program itself; `make docs` writes it anew.\n\n\
         Data goes to standard output, talk and progress to standard error. `-` is standard input or output.\n\n\
         | exit code | means |\n|---|---|\n\
         | 0 | done and clean |\n\
         | 1 | done, and the answer is no: findings of severity error, a rejection |\n\
         | 2 | could not be done |\n\n",
    );
    describe(&mut program, "tradewind", 2, &mut out);
    out
}

fn describe(command: &mut Command, path: &str, level: usize, out: &mut String) {
    let heading = "#".repeat(level.min(4));
    let help = command.render_long_help().to_string();
    let lines: Vec<&str> = help.lines().map(str::trim_end).collect();
    let _ = writeln!(out, "{heading} {path}\n\n```text\n{}\n```\n", lines.join("\n").trim());
    let names: Vec<String> = command.get_subcommands().map(|sub| sub.get_name().to_owned()).collect();
    for name in names.into_iter().filter(|name| name != "help") {
        if let Some(sub) = command.find_subcommand_mut(&name) {
            describe(sub, &format!("{path} {name}"), level + 1, out);
        }
    }
}
