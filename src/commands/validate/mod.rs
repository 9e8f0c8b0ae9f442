//! `tradewind validate`: every finding of files, for people or as JSON.

mod json;
mod report;
mod summary;

use std::path::{Path, PathBuf};

use clap::Args;
use tradewind_edi::read::Refusal;
use tradewind_edi::{Engine, Finding, Options, Severity, Snip, Visitor};

use super::{Outcome, input, put};
use summary::Summary;

/// What `validate` takes.
#[derive(Args)]
pub struct Arguments {
    /// Files to validate; - is standard input
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// One JSON object for programs
    #[arg(long)]
    json: bool,
    /// Run rules up to this SNIP type
    #[arg(long, default_value_t = 7, value_parser = clap::value_parser!(u8).range(1..=7))]
    snip: u8,
    /// Show values of the file; they may be PHI
    #[arg(long, conflicts_with = "json")]
    show_values: bool,
}

/// One finding, and the segment that it speaks of where that was at hand.
pub(super) struct Found {
    finding: Finding,
    segment: Option<Shown>,
}

/// A segment as it is shown.
pub(super) struct Shown {
    bytes: Vec<u8>,
    offset: u64,
}

/// What one file gave.
pub(super) struct Validated {
    label: String,
    summary: Summary,
    found: Vec<Found>,
    refusal: Option<Refusal>,
}

pub(super) fn run(arguments: &Arguments) -> anyhow::Result<Outcome> {
    let options = Options { snip_max: Snip::from_number(arguments.snip).unwrap_or(Snip::Partner), ..Options::default() };
    let mut files = Vec::new();
    for path in &arguments.files {
        files.push(validate(path, options.clone())?);
    }
    if arguments.json {
        put(&json::render(&files))?;
    } else {
        for file in &files {
            put(&report::render(file, arguments.show_values))?;
        }
    }
    let refused = files.iter().filter_map(|file| file.refusal.map(|refusal| (file, refusal))).next();
    if let Some((file, refusal)) = refused {
        anyhow::bail!("{}: {refusal}", file.label);
    }
    let faulty = files.iter().flat_map(|file| &file.found).any(|found| found.finding.severity == Severity::Error);
    Ok(if faulty { Outcome::Faulty } else { Outcome::Clean })
}

fn validate(path: &Path, options: Options) -> anyhow::Result<Validated> {
    let (mut engine, mut collector) = (Engine::new(options), Collector::default());
    let mut refusal = None;
    input::chunks(path, |bytes| {
        if refusal.is_none() {
            refusal = engine.feed(bytes, &mut collector).err();
        }
        Ok(())
    })?;
    if refusal.is_none() {
        refusal = engine.finish(&mut collector).err();
    }
    let Collector { summary, found, .. } = collector;
    Ok(Validated { label: input::label(path), summary, found, refusal })
}

/// Keeps the findings, and with each the segment that was last told.
#[derive(Default)]
struct Collector {
    summary: Summary,
    found: Vec<Found>,
    last: Vec<u8>,
    last_offset: u64,
}

impl Visitor for Collector {
    fn interchange_start(&mut self, event: &tradewind_edi::engine::InterchangeStart<'_>) {
        self.summary.interchange_start(event);
        self.keep(event.segment);
    }

    fn group_start(&mut self, event: &tradewind_edi::engine::GroupStart<'_>) {
        self.keep(Some(event.segment));
    }

    fn set_start(&mut self, event: &tradewind_edi::engine::SetStart<'_>) {
        self.summary.set_start(event);
    }

    fn segment(&mut self, segment: &tradewind_edi::Segment<'_>, node: Option<tradewind_edi::guide::NodeIx>) {
        self.summary.segment(segment, node);
        self.keep(Some(*segment));
    }

    fn finding(&mut self, finding: &Finding) {
        let (start, end) = (self.last_offset, self.last_offset + self.last.len() as u64);
        let at_hand = (start..=end).contains(&finding.place.bytes.start) && !finding.place.bytes.is_empty();
        let segment = at_hand.then(|| Shown { bytes: self.last.clone(), offset: start });
        self.found.push(Found { finding: finding.clone(), segment });
    }

    fn item_close(&mut self, event: &tradewind_edi::engine::ItemEnd) {
        self.summary.item_close(event);
    }

    fn set_end(&mut self, event: &tradewind_edi::engine::SetEnd<'_>) {
        self.summary.set_end(event);
    }

    fn group_end(&mut self, event: &tradewind_edi::engine::GroupEnd<'_>) {
        self.keep(event.segment);
    }

    fn interchange_end(&mut self, event: &tradewind_edi::engine::InterchangeEnd<'_>) {
        self.summary.interchange_end(event);
    }
}

impl Collector {
    fn keep(&mut self, segment: Option<tradewind_edi::Segment<'_>>) {
        self.last.clear();
        if let Some(segment) = segment {
            self.last.extend_from_slice(segment.bytes());
            self.last_offset = segment.offset();
        }
    }
}
