//! `tradewind explain`: a received acknowledgment beside the file that it speaks of, or a rule's page.

use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::Args;
use tradewind_edi::ack::read::Reader;
use tradewind_edi::explain::{Entry, Layout, Subject, Told};
use tradewind_edi::read::Refusal;
use tradewind_edi::validate::rules::{rule, rules};
use tradewind_edi::{Engine, Options, Visitor};

use super::mask::{caret_line, masked};
use super::output::Output;
use super::{Outcome, input, put, say};

/// What `explain` takes.
#[derive(Args)]
pub(super) struct Arguments {
    /// A rule's name, or the file that was sent; - is standard input
    what: PathBuf,
    /// The TA1, 999, 997, 277CA or 824 that came back for the file
    #[arg(long, value_name = "ACK")]
    with: Option<PathBuf>,
    /// Show values of the file; they may be PHI
    #[arg(long)]
    show_values: bool,
}

pub(super) fn run(arguments: &Arguments) -> anyhow::Result<Outcome> {
    match &arguments.with {
        Some(acknowledgment) => beside(&arguments.what, acknowledgment, arguments.show_values)?,
        None => page(&arguments.what)?,
    }
    Ok(Outcome::Clean)
}

fn page(name: &Path) -> anyhow::Result<()> {
    let name = name.to_string_lossy();
    let found = rule(&name).with_context(|| {
        let all: Vec<&str> = rules().map(|rule| rule.id.0).collect();
        format!("there is no rule {name}; a file is explained with --with ACK. The rules are {}", all.join(", "))
    })?;
    put(&format!("{} (SNIP {}, {})\n\n{}\n", found.id, found.snip.number(), found.severity, found.page().trim()))
}

fn beside(file: &Path, acknowledgment: &Path, show_values: bool) -> anyhow::Result<()> {
    let mut told = if show_values { Told::showing_values() } else { Told::default() };
    drive(acknowledgment, &mut Reader::new(|fact| told.add(fact)))?;
    anyhow::ensure!(
        !told.is_empty(),
        "{}: expected a TA1, 999, 997, 277CA or 824, found none",
        input::label(acknowledgment)
    );
    let dropped = told.dropped();
    let (mut output, mut failed) = (Output::open(None)?, None);
    let mut layout = Layout::new(told, |entry| {
        if failed.is_none() {
            failed = output.write_all(render(&entry, show_values).as_bytes()).err();
        }
    });
    drive(file, &mut layout)?;
    let missed = layout.missed();
    if let Some(error) = failed {
        return Err(error.into());
    }
    output.finish()?;
    if missed > 0 {
        say(&format!("{missed} note(s) speak of nothing in {}", input::label(file)));
    }
    if dropped > 0 {
        say(&format!("{dropped} more note(s) were not looked at"));
    }
    Ok(())
}

fn drive(file: &Path, visitor: &mut impl Visitor) -> anyhow::Result<()> {
    // What a file is wrong with is not asked here: the least validation will do.
    let options = Options { snip_max: tradewind_edi::Snip::Syntax, ..Options::default() };
    let mut engine = Engine::new(options);
    let refused = |refusal: Refusal| anyhow::anyhow!("{}: {refusal}", input::label(file));
    input::chunks(file, |bytes| engine.feed(bytes, visitor).map_err(refused))?;
    engine.finish(visitor).map_err(refused)
}

fn render(entry: &Entry, show_values: bool) -> String {
    let Entry { subject, loop_path, segment, elements, words } = entry;
    let mut out = match (subject, loop_path.is_empty()) {
        (Subject::Segment(_), false) => format!("  {subject} in {loop_path}\n"),
        (Subject::Segment(_), true) => format!("  {subject}\n"),
        _ => format!("{subject}\n"),
    };
    let indent = if matches!(subject, Subject::Segment(_)) { "    " } else { "  " };
    if !segment.is_empty() {
        out.push_str(&format!("{indent}| {}\n", masked(segment.as_bytes(), 0, show_values)));
        let carets = caret_line(elements);
        if !carets.is_empty() {
            out.push_str(&format!("{indent}| {carets}\n"));
        }
    }
    for words in words {
        out.push_str(&format!("{indent}{words}\n"));
    }
    out
}
