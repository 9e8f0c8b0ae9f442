//! `tradewind generate`: valid synthetic files of any size.

use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context;
use clap::{Args, ValueEnum};
use tradewind_edi::ack::{Address, Format, LineEnd, Stamp, Usage};
use tradewind_edi::generate::{GenerateOptions, Generator, Ta1s};
use tradewind_edi::guide::Guide;
use tradewind_edi::{GuideId, Guides};

use super::ack::stamp;
use super::output::Output;
use super::{Outcome, input};

/// Bytes that are gathered before they are written.
const CHUNK_BYTES: usize = 128 * 1024;

/// The name of what has no guide: interchanges of one TA1 each.
const TA1: &str = "TA1";

/// What `generate` takes.
#[derive(Args)]
pub(super) struct Arguments {
    /// The guide: its GS08, and the set where it has several (005010X279A1/271, 005010X217/278-response); the request is the default;
    /// or TA1
    guide: String,
    /// How many items: claims, inquiries, answers
    #[arg(long, default_value_t = 1)]
    count: u64,
    /// The same seed gives the same bytes
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Where to write; - or nothing is standard output
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// ISA15
    #[arg(long, value_enum, default_value_t = World::Test)]
    usage: World,
    /// Payer ids that the items are for, in turn; may be given more than once
    #[arg(long = "payer", value_name = "ID")]
    payers: Vec<String>,
    /// The sender, as QUALIFIER:ID
    #[arg(long, value_parser = address, value_name = "QUALIFIER:ID")]
    sender: Option<Address>,
    /// The receiver, as QUALIFIER:ID
    #[arg(long, value_parser = address, value_name = "QUALIFIER:ID")]
    receiver: Option<Address>,
    /// Every so many claims is a bad one
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    bad_every: Option<u64>,
    /// Items in one transaction set at the most
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    items_per_set: Option<u64>,
    /// Date and time of the envelopes, CCYYMMDDHHMM
    #[arg(long, value_parser = stamp, value_name = "TIME")]
    at: Option<Stamp>,
    /// One long line instead of one a segment
    #[arg(long)]
    one_line: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum World {
    Test,
    Production,
}

pub(super) fn run(arguments: &Arguments) -> anyhow::Result<Outcome> {
    let options = options(arguments)?;
    if arguments.guide == TA1 {
        let mut output = Output::open(arguments.output.as_deref())?;
        for interchange in Ta1s::new(&options) {
            output.write_all(&interchange)?;
        }
        output.finish()?;
        return Ok(Outcome::Clean);
    }
    let mut generator = Generator::new(options);
    let mut output = Output::open(arguments.output.as_deref())?;
    let mut chunk = Vec::with_capacity(2 * CHUNK_BYTES);
    let bar = input::counter();
    let mut more = true;
    while more {
        more = generator.fill(&mut chunk);
        if chunk.len() >= CHUNK_BYTES || !more {
            output.write_all(&chunk)?;
            bar.inc(chunk.len() as u64);
            chunk.clear();
        }
    }
    bar.finish_and_clear();
    output.finish()?;
    Ok(Outcome::Clean)
}

fn options(arguments: &Arguments) -> anyhow::Result<GenerateOptions> {
    // A TA1 has no guide; its options take the sender and the like from anyone's.
    let guide = find(if arguments.guide == TA1 { "005010X231A1" } else { &arguments.guide })?;
    let mut options = GenerateOptions::new(guide);
    options.count = arguments.count;
    options.seed = arguments.seed;
    options.usage = match arguments.usage {
        World::Test => Usage::Test,
        World::Production => Usage::Production,
    };
    if !arguments.payers.is_empty() {
        options.payer_ids.clone_from(&arguments.payers);
    }
    options.sender = arguments.sender.clone().unwrap_or(options.sender);
    options.receiver = arguments.receiver.clone().unwrap_or(options.receiver);
    options.bad_every = arguments.bad_every;
    options.items_per_set_max = arguments.items_per_set.unwrap_or(options.items_per_set_max);
    options.at = arguments.at.unwrap_or(options.at);
    let line_end = if arguments.one_line { LineEnd::None } else { LineEnd::Lf };
    options.format = Format { line_end, ..options.format };
    Ok(options)
}

/// The guide of that name, or the request among those of a revision: the first by set, and of the 278's two sides by the order of
/// their files. The other side is `005010X217/278-response`, or by its BHT02 `005010X217/278/11`.
fn find(name: &str) -> anyhow::Result<Arc<Guide>> {
    let guides = Guides::built_in();
    let name = name.replace("/278-response", "/278/11").replace("/278-request", "/278/13");
    let found = match GuideId::parse(&name) {
        Some(id) if id.purpose.is_some() => guides.get(&id).cloned(),
        Some(id) => guides.of_revision(&id.revision).find(|guide| guide.set == id.set.as_str()).cloned(),
        None => guides.of_revision(&name).min_by(|a, b| a.set.cmp(&b.set)).cloned(),
    };
    found.with_context(|| {
        let known: Vec<String> = guides.iter().map(|guide| guide.id().to_string()).collect();
        format!("expected {TA1} or one of the guides {}, found another name", known.join(", "))
    })
}

/// Reads QUALIFIER:ID.
pub(super) fn address(text: &str) -> Result<Address, &'static str> {
    let fits = |text: &str, longest: usize| {
        let clean = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b' ');
        (2..=longest).contains(&text.len()) && text.bytes().all(clean)
    };
    match text.split_once(':') {
        Some((qualifier, id)) if qualifier.len() == 2 && fits(qualifier, 2) && fits(id, 15) => {
            Ok(Address::new(qualifier, id))
        }
        _ => Err("expected a qualifier of 2 characters, a colon, and an id of 2 to 15 letters and digits"),
    }
}
