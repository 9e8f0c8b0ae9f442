//! `tradewind deidentify`: a file with made-up values in place of what it tells of people.

use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::Args;
use ring::hmac;
use ring::rand::SystemRandom;
use tradewind_edi::deidentify::Deidentifier;
use tradewind_edi::read::Refusal;

use super::output::Output;
use super::{Outcome, input};

/// A key that is shorter can be guessed.
const KEY_BYTES_MIN: usize = 16;

/// What `deidentify` takes.
#[derive(Args)]
pub(super) struct Arguments {
    /// The file; - is standard input
    file: PathBuf,
    /// Where to write it; - or nothing is standard output
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// A secret of at least 16 bytes: files that are written with the same one agree in their values. Without it, one is drawn and
    /// forgotten
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,
}

pub(super) fn run(arguments: &Arguments) -> anyhow::Result<Outcome> {
    let key = key(arguments.key.as_deref())?;
    let mut deidentifier = Deidentifier::new(|message: &[u8]| {
        let tag = hmac::sign(&key, message);
        tag.as_ref().try_into().unwrap_or_default()
    });
    let mut output = Output::open(arguments.output.as_deref())?;
    let refused = |refusal: Refusal| anyhow::anyhow!("{}: {refusal}", input::label(&arguments.file));
    let mut piece = Vec::new();
    input::chunks(&arguments.file, |bytes| {
        deidentifier.feed(bytes, &mut piece).map_err(refused)?;
        output.write_all(&piece)?;
        piece.clear();
        Ok(())
    })?;
    deidentifier.finish(&mut piece).map_err(refused)?;
    output.write_all(&piece)?;
    output.finish()?;
    Ok(Outcome::Clean)
}

fn key(path: Option<&Path>) -> anyhow::Result<hmac::Key> {
    let Some(path) = path else {
        let drawn = hmac::Key::generate(hmac::HMAC_SHA256, &SystemRandom::new());
        return drawn.map_err(|_| anyhow::anyhow!("cannot draw a key: the system has no randomness"));
    };
    let bytes = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    anyhow::ensure!(
        bytes.len() >= KEY_BYTES_MIN,
        "{}: expected a key of at least {KEY_BYTES_MIN} bytes, found {}",
        path.display(),
        bytes.len()
    );
    Ok(hmac::Key::new(hmac::HMAC_SHA256, &bytes))
}
