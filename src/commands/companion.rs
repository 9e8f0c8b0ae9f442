//! Companion guides that a command is given.

use std::path::{Path, PathBuf};

use anyhow::Context;
use tradewind_edi::{Companion, Guides};

/// Reads the files; every mistake of all of them is told at once.
pub(super) fn read_all(files: &[PathBuf]) -> anyhow::Result<Vec<Companion>> {
    let (mut companions, mut wrong) = (Vec::new(), Vec::new());
    for file in files {
        match read(file, &text(file)?) {
            Ok(companion) => companions.push(companion),
            Err(error) => wrong.push(error.to_string()),
        }
    }
    anyhow::ensure!(wrong.is_empty(), "{}", wrong.join("\n"));
    Ok(companions)
}

/// A file's text.
pub(super) fn text(file: &Path) -> anyhow::Result<String> {
    std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))
}

/// Reads one that is at hand.
pub(super) fn read(file: &Path, text: &str) -> anyhow::Result<Companion> {
    Companion::read(&file.display().to_string(), text, &Guides::built_in()).map_err(|errors| {
        let lines: Vec<String> = errors.iter().map(ToString::to_string).collect();
        anyhow::anyhow!("{}", lines.join("\n"))
    })
}

/// Whether a text in the guide notation is a companion guide rather than a guide.
pub(super) fn is_companion(text: &str) -> bool {
    let mut lines = text.lines().filter(|line| !line.trim().is_empty() && !line.starts_with('#'));
    lines.next().is_some_and(|line| line.starts_with("companion "))
}
