//! `tradewind convert`: X12 to JSON and back, and to tables, as a stream. Values travel as they stand: what is told is what is wrong with the structure,
//! since a segment that the guide has no place for is no member of the JSON either. What values and rules say is for `validate`.

mod csv;

use std::io::Write;
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use tradewind_edi::item::Collector;
use tradewind_edi::json::{FileReader, FileWriter};
use tradewind_edi::read::Refusal;
use tradewind_edi::table;
use tradewind_edi::{Engine, Finding, Guides, Options, Severity, Snip, Visitor};

use super::output::Output;
use super::{Outcome, input, say};

/// Bytes of X12 that are converted at once.
const BLOCK_BYTES: usize = 64 * 1024;

/// What `convert` takes.
#[derive(Args)]
pub(super) struct Arguments {
    /// The file to convert; - is standard input. Faults of its structure are told; values are for validate to judge
    file: PathBuf,
    /// What to write
    #[arg(long)]
    to: To,
    /// Where to write it; - or nothing is standard output. For tables a folder: without it, one of the file's name with -csv
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum To {
    /// From X12: the whole file as one JSON document, which turns back into the same bytes
    Json,
    /// From X12: one line of JSON an item (a claim, an inquiry, an answer), each with its ancestors
    Ndjson,
    /// From a document that --to json wrote: the file
    X12,
    /// From X12: a folder of tables for a spreadsheet (claims, lines, payments, adjustments, members, benefits, …)
    Csv,
}

pub(super) fn run(arguments: &Arguments) -> anyhow::Result<Outcome> {
    let output = || Output::open(arguments.output.as_deref());
    match arguments.to {
        To::Json => x12_to_json(arguments, output()?),
        To::Ndjson => x12_to_lines(arguments, output()?),
        To::X12 => json_to_x12(arguments, output()?),
        To::Csv => x12_to_tables(arguments),
    }
}

fn x12_to_json(arguments: &Arguments, mut output: Output) -> anyhow::Result<Outcome> {
    let mut writer = FileWriter::new();
    let errors = read_x12(arguments, &mut writer, |writer| Ok(writer.drain(|finished| output.write_all(finished))?))?;
    let mut end = Vec::new();
    writer.finish(&mut end);
    output.write_all(&end)?;
    output.finish()?;
    Ok(told(errors))
}

fn x12_to_lines(arguments: &Arguments, mut output: Output) -> anyhow::Result<Outcome> {
    let mut collector = Collector::new();
    let errors = read_x12(arguments, &mut collector, |collector| {
        let collected = collector.take();
        for item in &collected.items {
            output.write_all(collected.json_of(item))?;
            output.write_all(b"\n")?;
        }
        Ok(())
    })?;
    output.finish()?;
    Ok(told(errors))
}

fn x12_to_tables(arguments: &Arguments) -> anyhow::Result<Outcome> {
    let mut tables = csv::Tables::new(&arguments.file, arguments.output.as_deref())?;
    let errors = read_x12(arguments, &mut table::Collector::new(), |collector| tables.write(collector))?;
    let (count, folder) = tables.finish()?;
    match count {
        0 => say("no table has rows: the file holds nothing that tables are made from"),
        _ => say(&format!("{count} table(s) in {}", folder.display())),
    }
    Ok(told(errors))
}

fn json_to_x12(arguments: &Arguments, mut output: Output) -> anyhow::Result<Outcome> {
    let mut reader = FileReader::new(Guides::built_in());
    let mut piece = Vec::new();
    input::chunks(&arguments.file, |bytes| {
        reader.feed(bytes, &mut piece)?;
        output.write_all(&piece)?;
        piece.clear();
        Ok(())
    })?;
    reader.finish()?;
    output.finish()?;
    Ok(Outcome::Clean)
}

/// Drives a visitor with the file; `drain` takes what it has ready after each chunk. Returns how many errors the file has.
fn read_x12<V: Visitor>(
    arguments: &Arguments,
    visitor: &mut V,
    mut drain: impl FnMut(&mut V) -> anyhow::Result<()>,
) -> anyhow::Result<u64> {
    let mut engine = Engine::new(Options { snip_max: Snip::Guide, elements: false, ..Options::default() });
    let mut errors = Errors(0);
    let refused = |refusal: Refusal| anyhow::anyhow!("{}: {refusal}", input::label(&arguments.file));
    input::chunks(&arguments.file, |bytes| {
        // A little at a time: JSON is several times as long, and is best written on while it is at hand.
        bytes.chunks(BLOCK_BYTES).try_for_each(|block| {
            engine.feed(block, &mut (&mut *visitor, &mut errors)).map_err(refused)?;
            drain(visitor)
        })
    })?;
    engine.finish(&mut (&mut *visitor, &mut errors)).map_err(refused)?;
    drain(visitor)?;
    Ok(errors.0)
}

fn told(errors: u64) -> Outcome {
    if errors > 0 {
        say(&format!("converted, and the file's structure has {errors} error(s): `tradewind validate` tells them"));
    }
    Outcome::of(errors == 0)
}

/// How many errors were told.
struct Errors(u64);

impl Visitor for Errors {
    fn finding(&mut self, finding: &Finding) {
        self.0 += u64::from(finding.severity == Severity::Error);
    }
}
