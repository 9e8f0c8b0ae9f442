//! What the simulated payer took: one line for each interchange, durable before anything is answered.
//!
//! Each line is JSON: `{"interchange":"000000001","claims":["<REF*D9>",…],"inquiries":2,"answer":"…"}`. A claim that came twice stands in it
//! twice, so whoever audits the record sees it.

use std::collections::HashMap;
use std::io::Write;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use anyhow::Context;

/// One interchange that was taken.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Entry {
    /// Its ISA13.
    pub interchange: String,
    /// REF*D9 of each claim, in order: the sender's own identifier.
    pub claims: Vec<String>,
    /// How many inquiries it held.
    pub inquiries: u64,
    /// What is answered to it, for a status query.
    pub answer: String,
}

/// The record.
pub struct Record(Mutex<Inner>);

struct Inner {
    file: std::fs::File,
    answers: HashMap<u32, String>,
}

impl Record {
    /// Opens a record, or begins it.
    ///
    /// # Errors
    /// When it cannot be read or written.
    pub fn open(path: &Path) -> anyhow::Result<Self> {
        let entries = if path.exists() { read(path)? } else { Vec::new() };
        let answers =
            entries.into_iter().filter_map(|entry| Some((entry.interchange.parse().ok()?, entry.answer))).collect();
        let file = std::fs::OpenOptions::new().create(true).append(true).open(path);
        Ok(Self(Mutex::new(Inner { file: file.with_context(|| format!("cannot write {}", path.display()))?, answers })))
    }

    /// Writes an entry and makes it durable.
    ///
    /// # Errors
    /// When the disk does not take it.
    pub fn take(&self, entry: Entry) -> std::io::Result<()> {
        let mut inner = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut line = serde_json::to_vec(&entry)?;
        line.push(b'\n');
        inner.file.write_all(&line)?;
        inner.file.sync_data()?;
        if let Ok(number) = entry.interchange.parse() {
            inner.answers.insert(number, entry.answer);
        }
        Ok(())
    }

    /// What is answered to an interchange that was taken.
    #[must_use]
    pub fn answer(&self, interchange: u32) -> Option<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).answers.get(&interchange).cloned()
    }
}

/// Reads a record, for whoever audits it. A last line that was cut by a crash was never answered, and is left out.
///
/// # Errors
/// When it cannot be read, or a line before the last is no entry.
pub fn read(path: &Path) -> anyhow::Result<Vec<Entry>> {
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    let whole = text.rfind('\n').map_or("", |end| text.get(..end).unwrap_or_default());
    let entry = |line: &str| serde_json::from_str(line).context("a line of the record is no entry");
    whole.lines().map(entry).collect()
}
