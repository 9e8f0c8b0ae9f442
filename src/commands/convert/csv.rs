//! `convert --to csv`: a folder of tables.

use std::path::{Path, PathBuf};

use anyhow::Context;
use csv::{Terminator, Writer, WriterBuilder};
use tradewind_edi::table::{Collector, Column, Kind, Row, Table, tables};

use super::super::input;
use super::super::output::Output;

/// The tables that have rows, each a file of the folder. Without [`Tables::finish`] none appears.
pub(super) struct Tables {
    folder: PathBuf,
    /// By the table's index.
    writers: Vec<Option<Writer<Output>>>,
}

impl Tables {
    /// A folder for a file's tables: the one that is named, or one beside where the program runs, with the file's name.
    ///
    /// # Errors
    /// Where no name is given and the file has none.
    pub(super) fn new(file: &Path, folder: Option<&Path>) -> anyhow::Result<Self> {
        let named = || {
            let stem = file.file_stem().filter(|_| !input::is_standard(file));
            stem.map(|stem| PathBuf::from(format!("{}-csv", stem.to_string_lossy())))
        };
        let folder =
            folder.map(Path::to_owned).or_else(named).context("expected a folder for the tables: -o FOLDER")?;
        anyhow::ensure!(!input::is_standard(&folder), "tables are files of a folder, and cannot go to standard output");
        Ok(Self { folder, writers: tables().iter().map(|_| None).collect() })
    }

    /// Writes what the collector has ready.
    pub(super) fn write(&mut self, collector: &mut Collector) -> anyhow::Result<()> {
        for row in collector.take() {
            let (Some(table), Some(writer)) = (tables().get(row.table), self.writers.get_mut(row.table)) else {
                continue;
            };
            let writer = match writer {
                Some(writer) => writer,
                None => writer.insert(begun(&self.folder, table)?),
            };
            writer.write_record(cells(&row, &table.columns))?;
        }
        Ok(())
    }

    /// Puts the files into place; how many there are, and where.
    pub(super) fn finish(self) -> anyhow::Result<(usize, PathBuf)> {
        let mut count = 0;
        for writer in self.writers.into_iter().flatten() {
            let output =
                writer.into_inner().map_err(|error| anyhow::anyhow!("cannot write a table: {}", error.error()))?;
            output.finish()?;
            count += 1;
        }
        Ok((count, self.folder))
    }
}

fn begun(folder: &Path, table: &Table) -> anyhow::Result<Writer<Output>> {
    std::fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let output = Output::open(Some(&folder.join(format!("{}.csv", table.name))))?;
    let mut writer = WriterBuilder::new().terminator(Terminator::CRLF).from_writer(output);
    writer.write_record(table.columns.iter().map(|column| &column.name))?;
    Ok(writer)
}

fn cells<'a>(row: &'a Row, columns: &'a [Column]) -> impl Iterator<Item = String> + 'a {
    row.cells.iter().zip(columns).map(|(cell, column)| guarded(cell, column.kind))
}

/// A cell that a spreadsheet takes for what it is. One that begins as a formula does gets an apostrophe, unless it is a number where
/// numbers stand.
fn guarded(cell: &str, kind: Kind) -> String {
    let formula = cell.starts_with(['=', '+', '-', '@', '\t', '\r']);
    if formula && !(kind == Kind::Number && is_number(cell)) { format!("'{cell}") } else { cell.to_owned() }
}

fn is_number(cell: &str) -> bool {
    let digits = cell.strip_prefix('-').unwrap_or(cell);
    digits.bytes().any(|byte| byte.is_ascii_digit())
        && digits.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
        && digits.bytes().filter(|byte| *byte == b'.').count() <= 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_are_guarded_and_numbers_are_not() {
        for text in ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "-=1"] {
            assert_eq!(guarded(text, Kind::Text), format!("'{text}"));
        }
        assert_eq!(guarded("-12.50", Kind::Number), "-12.50");
        assert_eq!(guarded("-1.2.3", Kind::Number), "'-1.2.3");
        assert_eq!(guarded("-cmd", Kind::Number), "'-cmd");
        assert_eq!(guarded("O'BRIEN", Kind::Text), "O'BRIEN");
    }
}
