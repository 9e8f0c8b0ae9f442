//! `tradewind validate`: every finding of files, for people or as JSON.

mod around;
mod collect;
mod groups;
mod html;
mod json;
mod people;
mod severity;
mod snippet;
mod summary;
mod words;

use std::io::{Read, Seek, Write};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::Args;
use tempfile::SpooledTempFile;
use tradewind_edi::engine::{CharacterSet, Parallel, ParallelEngine, Refusal};
use tradewind_edi::{Engine, Options, Snip, Visitor};

use super::output::Output;
use super::{Outcome, codes, companion, input, say};
use around::Around;
use collect::{Collector, Json};
use groups::Groups;
use severity::{Chosen, character_set};
use summary::Summary;

/// Bytes of findings that are kept in memory until all is known that stands before them; beyond, they wait in an unnamed file.
const SPOOL_BYTES: usize = 4 << 20;

/// From this size on a file is worth several threads.
const LARGE_BYTES: u64 = 8 << 20;

/// What `validate` takes.
#[derive(Args)]
pub(super) struct Arguments {
    /// Files to validate; - is standard input
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// One JSON object for programs
    #[arg(long)]
    json: bool,
    /// Run rules up to this SNIP type, 1 to 7
    #[arg(long, value_name = "TYPE", default_value_t = 7, value_parser = clap::value_parser!(u8).range(1..=7))]
    snip: u8,
    /// A partner's companion guide that the files must keep, too; may stand several times
    #[arg(long, value_name = "FILE")]
    companion: Vec<PathBuf>,
    /// Another severity for a rule, or for the errors of a SNIP type: npi-check-digit=warning, 4=info
    #[arg(long, value_name = "RULE=SEVERITY", value_parser = Chosen::parse)]
    severity: Vec<Chosen>,
    /// A folder of code lists, one text file each, as docs/code-lists.md says
    #[arg(long, value_name = "FOLDER")]
    codes: Option<PathBuf>,
    /// The character set that values may use
    #[arg(long, value_name = "SET", default_value = "extended", value_parser = character_set)]
    character_set: CharacterSet,
    /// Write the findings as one HTML page, too
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
    /// Threads over the transaction sets of a file; all cores from 8 MiB on when left out, and one for standard input
    #[arg(long, value_name = "N")]
    threads: Option<NonZeroUsize>,
    /// Show values of the file; they may be PHI
    #[arg(long, conflicts_with = "json")]
    show_values: bool,
}

/// What one file gave; its findings for programs aside.
struct Validated {
    label: String,
    summary: Summary,
    groups: Option<Groups>,
    fault: Option<Fault>,
}

/// Why a file could not be read to its end.
struct Fault {
    message: String,
    byte: Option<u64>,
}

pub(super) fn run(arguments: &Arguments) -> anyhow::Result<Outcome> {
    let files = arguments.files.len();
    anyhow::ensure!(
        arguments.report.is_none() || files <= html::FILES_MAX,
        "expected at most {} files for a report, found {files}",
        html::FILES_MAX
    );
    let engine = options(arguments)?;
    let output = Output::open(None)?;
    let all = if arguments.json {
        for_programs(arguments, &engine, output)?
    } else {
        for_people(arguments, &engine, output)?
    };
    if let Some(path) = &arguments.report {
        let mut page = Output::open(Some(path))?;
        let about = html::About { snip_max: arguments.snip, show_values: arguments.show_values };
        page.write_all(html::page(&all, &about).as_bytes())?;
        page.finish()?;
    }
    let mut unread = all.iter().filter_map(|file| file.fault.as_ref().map(|fault| (&file.label, fault)));
    if let Some((label, fault)) = unread.next() {
        unread.for_each(|(label, fault)| say(&format!("tradewind: {label}: {}", fault.message)));
        anyhow::bail!("{label}: {}", fault.message);
    }
    Ok(Outcome::of(all.iter().all(|file| file.summary.counts().errors == 0)))
}

fn for_people(arguments: &Arguments, engine: &Options, mut output: Output) -> anyhow::Result<Vec<Validated>> {
    let mut all = Vec::new();
    for path in &arguments.files {
        let mut file = validate(path, arguments, engine, None)?;
        output.write_all(people::file(&file).as_bytes())?;
        if arguments.report.is_none() {
            file.groups = None;
        }
        all.push(file);
    }
    output.finish()?;
    Ok(all)
}

fn for_programs(arguments: &Arguments, engine: &Options, mut output: Output) -> anyhow::Result<Vec<Validated>> {
    let mut spool = SpooledTempFile::new(SPOOL_BYTES);
    let mut all = Vec::new();
    for path in &arguments.files {
        all.push(validate(path, arguments, engine, Some(&mut spool))?);
    }
    output.write_all(json::head(&all).as_bytes())?;
    unspool(&mut spool, &mut output)?;
    output.write_all(json::tail(&all).as_bytes())?;
    output.finish()?;
    Ok(all)
}

fn unspool(spool: &mut SpooledTempFile, output: &mut Output) -> anyhow::Result<()> {
    spool.rewind()?;
    // A copy into a closed pipe must not be told as a fault of the spool.
    let mut buffer = vec![0; 64 * 1024];
    loop {
        let count = spool.read(&mut buffer).context("cannot read the findings again")?;
        if count == 0 {
            return Ok(());
        }
        output.write_all(buffer.get(..count).unwrap_or_default())?;
    }
}

/// Validates one file; its findings are grouped, or go to the spool as JSON.
fn validate(
    path: &Path,
    arguments: &Arguments,
    options: &Options,
    spool: Option<&mut SpooledTempFile>,
) -> anyhow::Result<Validated> {
    let label = input::label(path);
    let places_max = if arguments.report.is_some() { html::PLACES_MAX } else { people::PLACES_MAX };
    let groups = (spool.is_none() || arguments.report.is_some()).then(|| Groups::new(places_max));
    let mut options = options.clone();
    if spool.is_none() {
        // Findings that are grouped need no limit: groups take no more memory than there are kinds of faults.
        options.limits.findings_per_set_max = u32::MAX;
    }
    let mut engine = Reading::new(options, threads(path, arguments));
    let mut around = Around::new(path, arguments.show_values);
    let mut collector = Collector::new(&label, groups, spool.map(Json::new).transpose()?);
    let mut refusal = None;
    let read = input::chunks(path, |bytes| {
        around.push(bytes);
        if refusal.is_none() {
            refusal = engine.feed(bytes, &mut collector).err();
        }
        collector.look(&around, false);
        collector.check()
    });
    if refusal.is_none() && read.is_ok() {
        refusal = engine.finish(&mut collector).err();
    }
    collector.look(&around, true);
    collector.check()?;
    let Collector { summary, groups, .. } = collector;
    let fault = match (read, refusal) {
        (Err(error), _) => Some(Fault { message: format!("{error:#}"), byte: None }),
        (_, Some(refusal)) => Some(Fault { message: refusal.reason.to_string(), byte: Some(refusal.offset) }),
        _ => None,
    };
    Ok(Validated { label, summary, groups, fault })
}

/// One engine, or many threads of it.
enum Reading {
    One(Box<Engine>),
    Many(Box<ParallelEngine>),
}

impl Reading {
    fn new(options: Options, threads: NonZeroUsize) -> Self {
        if threads == NonZeroUsize::MIN {
            return Self::One(Box::new(Engine::new(options)));
        }
        let parallel = Parallel { keeps: Summary::keeps, ..Parallel::new(threads) };
        Self::Many(Box::new(ParallelEngine::new(options, parallel)))
    }

    fn feed(&mut self, bytes: &[u8], visitor: &mut impl Visitor) -> Result<(), Refusal> {
        match self {
            Self::One(engine) => engine.feed(bytes, visitor),
            Self::Many(engine) => engine.feed(bytes, visitor),
        }
    }

    fn finish(&mut self, visitor: &mut impl Visitor) -> Result<(), Refusal> {
        match self {
            Self::One(engine) => engine.finish(visitor),
            Self::Many(engine) => engine.finish(visitor),
        }
    }
}

/// How many threads a file gets. What comes through a pipe is not there any more when threads tell of it.
fn threads(path: &Path, arguments: &Arguments) -> NonZeroUsize {
    let Some(file) = std::fs::metadata(path).ok().filter(|found| found.is_file() && !input::is_standard(path)) else {
        return NonZeroUsize::MIN;
    };
    let all = || std::thread::available_parallelism().ok().filter(|_| file.len() >= LARGE_BYTES);
    arguments.threads.or_else(all).unwrap_or(NonZeroUsize::MIN)
}

/// How the engine works.
fn options(arguments: &Arguments) -> anyhow::Result<Options> {
    let snip_max = Snip::from_number(arguments.snip).unwrap_or(Snip::Partner);
    let character_set = arguments.character_set;
    let companions = companion::read_all(&arguments.companion)?;
    let rules = codes::rules(arguments.codes.as_deref())?;
    let mut options = Options { snip_max, rules, companions, character_set, ..Options::default() };
    arguments.severity.iter().for_each(|chosen| chosen.apply(&mut options));
    Ok(options)
}
