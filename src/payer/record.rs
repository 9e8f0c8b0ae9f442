//! What the simulated payer took: one line for each interchange, durable before anything is answered.
//!
//! Each line is JSON: `{"interchange":"000000001","claims":["<REF*D9>",…],"inquiries":2,"number":17,"answer":"…"}`. A claim that came
//! twice stands in it twice, so whoever audits the record sees it. The answer is sealed.

use std::collections::HashMap;
use std::fs::File;
use std::io::Write;
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use anyhow::Context;
use tradewind_edi::ControlNumber;

use super::seal::Sealer;

/// One interchange that was taken.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Entry {
    /// Its ISA13.
    pub interchange: String,
    /// REF*D9 of each claim, in order: the sender's own identifier, empty where a claim came without one.
    pub claims: Vec<String>,
    /// How many inquiries it held.
    pub inquiries: u64,
    /// The last control number that the payer had given when it was written.
    pub number: u32,
    /// What is answered to it, for a status query; sealed.
    pub answer: String,
}

/// What there is to record of an interchange.
#[derive(Default)]
pub(super) struct Taken {
    pub(super) interchange: String,
    pub(super) claims: Vec<String>,
    pub(super) inquiries: u64,
    pub(super) answer: Vec<u8>,
}

/// The record.
pub struct Record {
    path: PathBuf,
    sealer: Sealer,
    number: AtomicU32,
    lines: Mutex<Lines>,
}

struct Lines {
    file: File,
    end: u64,
    /// Where the last line of each interchange stands: offset and length.
    at: HashMap<u32, (u64, usize)>,
    /// A line that could not be written whole stands at the end of the file.
    torn: bool,
}

impl Record {
    /// Opens a record, or begins it. Its key lies in a file beside it, with `.key` behind its name.
    ///
    /// # Errors
    /// When it cannot be read or written.
    pub fn open(path: &Path) -> anyhow::Result<Self> {
        let context = || format!("the record {}", path.display());
        let file = File::options().create(true).read(true).append(true).mode(0o600).open(path).with_context(context)?;
        let text = std::fs::read_to_string(path).with_context(context)?;
        let (mut at, mut end, mut number) = (HashMap::new(), 0_u64, 0);
        for line in whole_lines(&text) {
            let entry = parse(line).with_context(context)?;
            at.extend(entry.interchange.parse().ok().map(|interchange: u32| (interchange, (end, line.len()))));
            number = number.max(entry.number);
            end += line.len() as u64 + 1;
        }
        file.set_len(end).with_context(context)?;
        let mut key = path.as_os_str().to_owned();
        key.push(".key");
        let sealer = Sealer::open(Path::new(&key))?;
        let lines = Mutex::new(Lines { file, end, at, torn: false });
        Ok(Self { path: path.to_owned(), sealer, number: AtomicU32::new(number), lines })
    }

    /// Where it lies.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The next control number of an answer. None comes twice, also not after a restart.
    pub(super) fn next_number(&self) -> ControlNumber {
        let next = |last| Some(ControlNumber::new(last).map_or(ControlNumber::FIRST, ControlNumber::next).number());
        let last = self.number.fetch_update(Ordering::Relaxed, Ordering::Relaxed, next).unwrap_or_default();
        ControlNumber::new(last).map_or(ControlNumber::FIRST, ControlNumber::next)
    }

    /// Writes what was taken and makes it durable, all of it or nothing.
    pub(super) fn take(&self, taken: &[Taken]) -> anyhow::Result<()> {
        let number = self.number.load(Ordering::Relaxed);
        let mut written = Vec::new();
        for Taken { interchange, claims, inquiries, answer } in taken {
            let answer = self.sealer.seal(interchange, answer)?;
            let (interchange, claims, inquiries) = (interchange.clone(), claims.clone(), *inquiries);
            let line = serde_json::to_vec(&Entry { interchange, claims, inquiries, number, answer })?;
            written.push(line);
        }
        self.lines().append(taken, &written)
    }

    /// What is answered to an interchange that was taken; `None` where none was.
    ///
    /// # Errors
    /// When the record cannot be read.
    pub fn answer(&self, interchange: u32) -> anyhow::Result<Option<Vec<u8>>> {
        let lines = self.lines();
        let Some((offset, length)) = lines.at.get(&interchange) else { return Ok(None) };
        let mut line = vec![0; *length];
        lines.file.read_exact_at(&mut line, *offset).context("the record cannot be read")?;
        let entry = parse(std::str::from_utf8(&line).context("the record is not UTF-8")?)?;
        let answer = self.sealer.unseal(&entry.interchange, &entry.answer);
        Ok(Some(answer.context("the answer was sealed with another key")?))
    }

    fn lines(&self) -> MutexGuard<'_, Lines> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Lines {
    fn append(&mut self, taken: &[Taken], written: &[Vec<u8>]) -> anyhow::Result<()> {
        if self.torn {
            self.file.set_len(self.end).context("the record cannot be written")?;
        }
        let mut bytes = written.join(&b'\n');
        bytes.push(b'\n');
        self.torn = true;
        let durable = self.file.write_all(&bytes).and_then(|()| self.file.sync_data());
        durable.context("the record cannot be written")?;
        self.torn = false;
        for (taken, line) in taken.iter().zip(written) {
            if let Ok(number) = taken.interchange.parse() {
                self.at.insert(number, (self.end, line.len()));
            }
            self.end += line.len() as u64 + 1;
        }
        Ok(())
    }
}

/// Reads a record, for whoever audits it. A last line that was cut by a crash was never answered, and is left out.
///
/// # Errors
/// When it cannot be read, or a line before the last is no entry.
pub fn read(path: &Path) -> anyhow::Result<Vec<Entry>> {
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    whole_lines(&text).map(parse).collect()
}

fn whole_lines(text: &str) -> impl Iterator<Item = &str> {
    text.split_inclusive('\n').filter_map(|line| line.strip_suffix('\n'))
}

fn parse(line: &str) -> anyhow::Result<Entry> {
    serde_json::from_str(line).context("a line of the record is no entry")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken(interchange: &str, answer: &[u8]) -> Taken {
        Taken { interchange: interchange.into(), claims: vec!["C1".into()], inquiries: 0, answer: answer.to_vec() }
    }

    #[test]
    fn answers_and_numbers_outlive_the_program_and_a_torn_line_does_not() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("record");
        let record = Record::open(&path).unwrap();
        assert_eq!(record.next_number().number(), 1);
        record.take(&[taken("000000007", b"SECRET ONE"), taken("000000008", b"TWO")]).unwrap();
        record.take(&[taken("000000007", b"SECRET THREE")]).unwrap();
        drop(record);
        let mut text = std::fs::read_to_string(&path).unwrap();
        assert!(!text.contains("SECRET"));
        text.push_str("{\"interchange\":\"0000");
        std::fs::write(&path, text).unwrap();
        let again = Record::open(&path).unwrap();
        assert_eq!(again.next_number().number(), 2);
        assert_eq!(again.answer(7).unwrap().unwrap(), b"SECRET THREE");
        assert_eq!(again.answer(8).unwrap().unwrap(), b"TWO");
        assert_eq!(again.answer(9).unwrap(), None);
        again.take(&[taken("000000009", b"NINE")]).unwrap();
        assert_eq!(again.answer(9).unwrap().unwrap(), b"NINE");
        let all: Vec<_> = read(&path).unwrap().into_iter().map(|entry| entry.interchange).collect();
        assert_eq!(all, ["000000007", "000000008", "000000007", "000000009"]);
    }

    #[test]
    fn control_numbers_begin_anew_after_the_last() {
        let folder = tempfile::tempdir().unwrap();
        let record = Record::open(&folder.path().join("record")).unwrap();
        record.number.store(999_999_998, Ordering::Relaxed);
        assert_eq!([record.next_number().number(), record.next_number().number()], [999_999_999, 1]);
    }
}
