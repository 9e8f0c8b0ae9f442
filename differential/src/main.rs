//! Generated files of a guide and single mutations of them, with what the engine says of each: a JSON object a line.
//!
//!     tradewind-differential GUIDE [--seed S] [--files N] [--mutations M] [--skip K] [--guide-file F]
//!     tradewind-differential --guides
//!
//! The same seed gives the same lines. `--skip K` leaves out the first K lines (they are made, not judged or printed).
//! `--guide-file F` lets the engine judge by that guide in place of its own of the same identity: a fault seeded there must be seen.

mod fits;
mod judge;
mod mutation;
mod outline;
mod random;

use anyhow::{Context, Result, bail};
use judge::judge;
use mutation::{Chooser, Done, order};
use outline::Outline;
use random::Random;
use serde_json::{Value, json};
use std::io::{BufWriter, Write};
use std::sync::Arc;
use tradewind_edi::generate::{GenerateOptions, Generator};
use tradewind_edi::{Guide, GuideId, Guides, Snip};

/// Items in a file: small, since peers are slow.
const ITEMS: [u64; 4] = [1, 1, 2, 3];
/// Lines that may fail to find a place for a kind before the run gives up.
const TRIES: usize = 40;

struct Options {
    guide: Arc<Guide>,
    seed: u64,
    files: usize,
    mutations: usize,
    skip: usize,
    guides: Guides,
}

fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let first = arguments.next().context("a guide, or --guides")?;
    if first == "--guides" {
        for guide in Guides::built_in().iter() {
            println!("{} {}", guide.id(), guide.group);
        }
        return Ok(());
    }
    run(&options(&first, arguments)?)
}

fn options(guide: &str, mut arguments: impl Iterator<Item = String>) -> Result<Options> {
    let id = GuideId::parse(guide).with_context(|| format!("{guide}: expected a guide as --guides lists them"))?;
    let built_in = Guides::built_in();
    let guide = Arc::clone(built_in.get(&id).with_context(|| format!("{guide}: no such guide"))?);
    let mut options = Options { guide, seed: 1, files: 10, mutations: 10, skip: 0, guides: built_in };
    while let Some(name) = arguments.next() {
        let value = arguments.next().with_context(|| format!("{name}: expected a value"))?;
        match name.as_str() {
            "--seed" => options.seed = value.parse()?,
            "--files" => options.files = value.parse()?,
            "--mutations" => options.mutations = value.parse()?,
            "--skip" => options.skip = value.parse()?,
            "--guide-file" => options.guides = with_file(&options.guides, &value)?,
            _ => bail!("{name}: no such option"),
        }
    }
    Ok(options)
}

/// The guides, with one of them read from a file.
fn with_file(guides: &Guides, path: &str) -> Result<Guides> {
    let text = std::fs::read_to_string(path).with_context(|| path.to_owned())?;
    let guide = tradewind_edi::guide::read(path, &text)?;
    let others = guides.iter().filter(|other| other.id() != guide.id()).map(|other| Guide::clone(other));
    Ok(Guides::new(std::iter::once(guide.clone()).chain(others)))
}

fn run(options: &Options) -> Result<()> {
    let mut out = BufWriter::new(std::io::stdout().lock());
    let mut line = 0;
    let mut print = |value: &dyn Fn() -> Value| -> Result<()> {
        line += 1;
        if line > options.skip {
            serde_json::to_writer(&mut out, &value())?;
            out.write_all(b"\n")?;
        }
        Ok(())
    };
    for number in 0..options.files {
        let file = generated(options, number);
        print(&|| told(options, &format!("f{number}"), &file, json!({ "kind": "none", "forbidden": false })))?;
    }
    let (mut chooser, mut random) = (Chooser::default(), Random::new(options.seed));
    let order = order();
    let mut number = 0;
    let mut misses = 0;
    let mut kind = 0;
    while number < options.mutations {
        let outline = Outline::new(&options.guide, &generated(options, number + options.files))?;
        let done = chooser.choose(order[kind % order.len()], &outline, &mut random);
        kind += 1;
        let Some(done) = done else {
            misses += 1;
            if misses > TRIES + options.mutations * 4 {
                bail!("no place for a mutation after {misses} tries");
            }
            continue;
        };
        let file: String = done.mutated.segments.iter().map(|segment| format!("{segment}~\n")).collect();
        print(&|| told(options, &format!("m{number}"), file.as_bytes(), place(&outline, &done)))?;
        number += 1;
    }
    out.flush()?;
    Ok(())
}

fn generated(options: &Options, number: usize) -> Vec<u8> {
    let count = ITEMS[number % ITEMS.len()];
    let seed = options.seed.wrapping_mul(1_000_003).wrapping_add(number as u64);
    let generate = GenerateOptions { count, seed, ..GenerateOptions::new(Arc::clone(&options.guide)) };
    Generator::new(generate).flatten().collect()
}

/// Kind and place, so that the mutation can be told and done again.
fn place(outline: &Outline, done: &Done) -> Value {
    let (at, mutated) = (done.at, &done.mutated);
    let start = outline.set_start(at.segment);
    let old = outline.segments.get(at.segment);
    json!({
        "kind": done.kind,
        "path": done.path,
        "element": at.element,
        "component": at.component,
        // As IK302 counts.
        "segment": (mutated.at + 1).saturating_sub(start),
        "was": old,
        "is": mutated.segments.get(mutated.at),
        "forbidden": mutated.forbidden,
    })
}

fn told(options: &Options, id: &str, file: &[u8], mut place: Value) -> Value {
    let (two, seven) = (judge(file, &options.guides, Snip::Guide), judge(file, &options.guides, Snip::Partner));
    if let Value::Object(told) = &mut place {
        told.insert("id".into(), json!(id));
        told.insert("guide".into(), json!(options.guide.id().to_string()));
        told.insert("set".into(), json!(options.guide.set));
        told.insert("x12".into(), json!(String::from_utf8_lossy(file)));
        told.insert("accepted".into(), json!(two.accepted));
        told.insert("rules".into(), json!(two.rules));
        told.insert("ta1".into(), json!(two.ta1));
        told.insert("ack".into(), json!(two.ack));
        told.insert("accepted_all".into(), json!(seven.accepted));
        told.insert("rules_all".into(), json!(seven.rules));
    }
    place
}
