//! `tradewind guide`: the guides that are known, one of them as a page, and what one changes of another.

use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;

use anyhow::Context;
use clap::{Args, Subcommand};
use tradewind_edi::guide::{GuideId, NodeIx, NodeKind, diff, page, page_of_loop, read};
use tradewind_edi::json::{file_schema, schema};
use tradewind_edi::validate::rules::rules_of;
use tradewind_edi::{Guide, Guides};

use super::{Outcome, companion, put};

/// What `guide` takes.
#[derive(Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// The guides that are built in
    List,
    /// A guide as a page: loops, segments, elements, usage, repeats, codes, rules
    Show {
        /// A revision, with a set where it has several: 005010X279A1/271; or a file in the guide notation, a companion guide too
        guide: String,
        /// Only this loop and those within it: 2010BA, 2000C/2300
        #[arg(value_name = "LOOP")]
        part: Option<String>,
    },
    /// The JSON Schema (2020-12) of a guide's sets and items; without a guide, that of a whole file
    Schema {
        /// A revision, with a set where it has several, or a file in the guide notation
        guide: Option<String>,
    },
    /// What guide B changes of guide A; exits 1 where they differ
    Diff {
        /// A built-in guide, or a file in the guide notation, a companion guide too
        a: String,
        /// Another one
        b: String,
    },
}

pub(super) fn run(arguments: &Arguments) -> anyhow::Result<Outcome> {
    match &arguments.what {
        What::List => list()?,
        What::Show { guide, part } => show(guide, part.as_deref())?,
        What::Schema { guide: Some(guide) } => put(&schema(&load(guide)?))?,
        What::Schema { guide: None } => put(&file_schema(&Guides::built_in()))?,
        What::Diff { a, b } => return compare(a, b),
    }
    Ok(Outcome::Clean)
}

fn list() -> anyhow::Result<()> {
    let mut out = String::new();
    for guide in Guides::built_in().iter() {
        let also = match guide.also.is_empty() {
            true => String::new(),
            false => format!(" (also reads {})", guide.also.join(", ")),
        };
        let _ = writeln!(out, "{:<20} {:<4} {}{also}", guide.id().to_string(), guide.group, guide.name);
    }
    put(&out)
}

fn show(name: &str, part: Option<&str>) -> anyhow::Result<()> {
    let guide = load(name)?;
    match part {
        None => put(&page(&guide, &rules_of(&guide))),
        Some(part) => put(&page_of_loop(&guide, find(&guide, part)?)),
    }
}

/// The loop of that path, or of the first path that ends so.
fn find(guide: &Guide, part: &str) -> anyhow::Result<NodeIx> {
    let ends_so = |node: &NodeIx| {
        let path = guide.loop_path(*node);
        path.strip_suffix(part).is_some_and(|head| head.is_empty() || head.ends_with('/'))
    };
    let mut loops = guide.indexes().skip(1).filter(|node| guide.node(*node).kind == NodeKind::Loop);
    loops.find(ends_so).with_context(|| format!("{} has no loop {part}", guide.id()))
}

fn compare(a: &str, b: &str) -> anyhow::Result<Outcome> {
    let (a, b) = (load(a)?, load(b)?);
    let changes = diff(&a, &b);
    let mut out = String::new();
    for change in &changes {
        let _ = writeln!(out, "{change}");
    }
    put(&out)?;
    Ok(Outcome::of(changes.is_empty()))
}

/// A built-in guide by revision and set, or one that a file holds; a companion guide's as it tightens it.
fn load(name: &str) -> anyhow::Result<Arc<Guide>> {
    let guides = Guides::built_in();
    if let Some(guide) = GuideId::parse(name).and_then(|id| guides.get(&id).cloned()) {
        return Ok(guide);
    }
    let found: Vec<&Arc<Guide>> = guides.of_revision(name).collect();
    match found.as_slice() {
        [only] => return Ok(Arc::clone(only)),
        [] => {}
        several => {
            let ids: Vec<String> = several.iter().map(|guide| guide.id().to_string()).collect();
            anyhow::bail!("{name} has several sets: expected one of {}", ids.join(", "));
        }
    }
    anyhow::ensure!(
        Path::new(name).exists(),
        "{name} is neither a guide that is built in (`tradewind guide list` shows them) nor a file"
    );
    let text = companion::text(Path::new(name))?;
    if companion::is_companion(&text) {
        return Ok(Arc::new(companion::read(Path::new(name), &text)?.tightened().clone()));
    }
    Ok(Arc::new(read(name, &text)?))
}
