//! Files and standard input as chunks, with a progress bar on long work.

use std::fs::File;
use std::io::{self, IsTerminal, Read};
use std::path::Path;

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
        let count = match source.read(&mut buffer) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            read => read.with_context(|| format!("cannot read {}", label(path)))?,
        };
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
    if is_standard(path) { "standard input".to_owned() } else { path.display().to_string() }
}

/// A bar over `total` bytes of work; hidden where standard error is no terminal or the work is short.
pub(crate) fn progress(total: Option<u64>) -> ProgressBar {
    let Some(total) = total.filter(|total| *total >= LONG_BYTES && io::stderr().is_terminal()) else {
        return ProgressBar::hidden();
    };
    styled(ProgressBar::new(total), "{wide_bar} {bytes}/{total_bytes} {bytes_per_sec} {eta}")
}

/// Tells the bytes of work whose end is not known; hidden where standard error is no terminal.
pub(crate) fn counter() -> ProgressBar {
    match io::stderr().is_terminal() {
        true => styled(ProgressBar::new_spinner(), "{spinner} {bytes} {bytes_per_sec}"),
        false => ProgressBar::hidden(),
    }
}

fn styled(bar: ProgressBar, template: &str) -> ProgressBar {
    bar.with_style(ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar()))
}

/// Whether a path means standard input or output.
pub(super) fn is_standard(path: &Path) -> bool {
    path.as_os_str() == "-"
}

fn open(path: &Path) -> anyhow::Result<(Box<dyn Read>, Option<u64>)> {
    if is_standard(path) {
        return Ok((Box::new(io::stdin().lock()), None));
    }
    let context = || format!("cannot open {}", path.display());
    let file = File::open(path).with_context(context)?;
    let metadata = file.metadata().with_context(context)?;
    anyhow::ensure!(!metadata.is_dir(), "{} is a folder, expected a file", path.display());
    Ok((Box::new(file), metadata.is_file().then_some(metadata.len())))
}
