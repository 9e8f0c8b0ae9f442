//! Files and standard input as chunks, with a progress bar on long work.

use std::fs::File;
use std::io::{IsTerminal, Read};
use std::path::{Path, PathBuf};

use anyhow::Context;
use indicatif::{ProgressBar, ProgressStyle};

/// Bytes that are read at once.
const CHUNK_BYTES: usize = 256 * 1024;
/// From this size on a file is worth a progress bar.
const LONG_BYTES: u64 = 8 << 20;

/// Feeds a file, or standard input for `-`, to `take` in chunks.
///
/// # Errors
/// When it cannot be read, or `take` fails.
pub(crate) fn chunks(path: &Path, mut take: impl FnMut(&[u8]) -> anyhow::Result<()>) -> anyhow::Result<()> {
    let (mut source, bytes) = open(path)?;
    let bar = progress(bytes);
    let mut buffer = vec![0; CHUNK_BYTES];
    loop {
        let count = source.read(&mut buffer).with_context(|| format!("cannot read {}", path.display()))?;
        if count == 0 {
            break;
        }
        take(buffer.get(..count).unwrap_or_default())?;
        bar.inc(count as u64);
    }
    bar.finish_and_clear();
    Ok(())
}

/// What a file is called in what we print.
pub(crate) fn label(path: &Path) -> String {
    if is_stdin(path) { "standard input".to_owned() } else { path.display().to_string() }
}

/// Where output goes: a file, or standard output for none and for `-`.
///
/// # Errors
/// When the file cannot be made.
pub(crate) fn output(path: Option<&PathBuf>) -> anyhow::Result<Box<dyn std::io::Write>> {
    match path.filter(|path| !is_stdin(path)) {
        Some(path) => {
            let file = File::create(path).with_context(|| format!("cannot write {}", path.display()))?;
            Ok(Box::new(std::io::BufWriter::with_capacity(CHUNK_BYTES, file)))
        }
        None => Ok(Box::new(std::io::BufWriter::with_capacity(CHUNK_BYTES, std::io::stdout()))),
    }
}

/// A bar over `bytes` of work; hidden where standard error is no terminal or the work is short.
pub(crate) fn progress(bytes: Option<u64>) -> ProgressBar {
    let Some(bytes) = bytes.filter(|bytes| *bytes >= LONG_BYTES && std::io::stderr().is_terminal()) else {
        return ProgressBar::hidden();
    };
    let style = ProgressStyle::with_template("{wide_bar} {bytes}/{total_bytes} {bytes_per_sec} {eta}");
    ProgressBar::new(bytes).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}

fn is_stdin(path: &Path) -> bool {
    path.as_os_str() == "-"
}

fn open(path: &Path) -> anyhow::Result<(Box<dyn Read>, Option<u64>)> {
    if is_stdin(path) {
        return Ok((Box::new(std::io::stdin().lock()), None));
    }
    let file = File::open(path).with_context(|| format!("cannot open {}", path.display()))?;
    let bytes = file.metadata().map(|metadata| metadata.len()).ok();
    Ok((Box::new(file), bytes))
}
