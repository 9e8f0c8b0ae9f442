//! A file as tables that people open in a spreadsheet: claims, service lines, payments, members, benefits.
//!
//! Which tables there are, is data (`edi/tables`). Rows name one another by keys that tell a place in the file: `I1.G1.S1` is the
//! first set, `I1.G1.S1.14` what begins with its 14th segment.

mod bind;
mod notation;
mod page;

pub use notation::{Column, Kind, Table};
pub use page::page;

use std::collections::HashMap;
use std::sync::{Arc, LazyLock};

use crate::engine::{GroupStart, InterchangeStart, SetEnd, SetStart, Visitor};
use crate::guide::{Guide, NodeIx};
use crate::segment::Segment;
use bind::{Plan, RowAt, Source, at};

/// The data. A table that does not read is left out; a test reads them all.
const TEXTS: [&str; 4] = [
    include_str!("../../tables/claims.txt"),
    include_str!("../../tables/payments.txt"),
    include_str!("../../tables/members.txt"),
    include_str!("../../tables/answers.txt"),
];

static TABLES: LazyLock<Vec<Table>> =
    LazyLock::new(|| TEXTS.iter().flat_map(|text| notation::read(text).unwrap_or_default()).collect());

/// All tables.
pub fn tables() -> &'static [Table] {
    &TABLES
}

/// A row.
#[derive(Clone, PartialEq, Eq)]
pub struct Row {
    /// Its table's index in [`tables`].
    pub table: usize,
    /// A cell for each column, empty where nothing stands. Days are told as CCYY-MM-DD; bytes that are not UTF-8 read as U+FFFD.
    pub cells: Vec<String>,
}

/// Takes the engine's events and gives rows. Memory holds one item and the rows that were not taken.
#[derive(Default)]
pub struct Collector {
    plans: HashMap<(String, String), Arc<Plan>>,
    plan: Option<Arc<Plan>>,
    ordinals: [u32; 3],
    /// The open loops with the ordinal of the segment that opened each; 0 until it came.
    open: Vec<(NodeIx, u32)>,
    kept: Cells,
    begun: Vec<Begun>,
    rows: Vec<Row>,
}

/// A row that began with a segment.
struct Begun {
    /// Its index in the plan.
    row: usize,
    ordinal: u32,
    cells: Cells,
}

/// What is known of a row.
type Cells = Vec<Option<Vec<u8>>>;

impl Collector {
    /// At the start of a file.
    pub fn new() -> Self {
        Self::default()
    }

    /// The rows that are whole.
    pub fn take(&mut self) -> Vec<Row> {
        std::mem::take(&mut self.rows)
    }

    fn plan_of(&mut self, guide: &Guide) -> Arc<Plan> {
        let id = (guide.revision.to_string(), format!("{}{:?}", guide.set, guide.purpose));
        Arc::clone(self.plans.entry(id).or_insert_with(|| Arc::new(Plan::new(tables(), guide))))
    }

    fn opened(&mut self, plan: &Plan, node: NodeIx) {
        for kept in plan.forgets.get(&node).into_iter().flatten() {
            if let Some(kept) = self.kept.get_mut(*kept) {
                *kept = None;
            }
        }
        self.open.push((node, 0));
    }

    /// Writes the rows of a loop that closes.
    fn closed(&mut self, plan: &Plan, node: NodeIx) {
        for ix in plan.written.get(&node).into_iter().flatten() {
            let Some(row) = plan.rows.get(*ix) else { continue };
            match row.segment {
                None => {
                    let ordinal = self.open.iter().rev().find(|(open, _)| *open == node).map_or(0, |(_, at)| *at);
                    let cells = vec![None; row.cells.len()];
                    self.push(row, ordinal, cells);
                }
                Some(_) => {
                    let begun = std::mem::take(&mut self.begun).into_iter();
                    let (own, others): (Vec<_>, Vec<_>) = begun.partition(|begun| begun.row == *ix);
                    self.begun = others;
                    for begun in own {
                        self.push(row, begun.ordinal, begun.cells);
                    }
                }
            }
        }
    }

    /// Fills what is not filled yet and writes the row.
    fn push(&mut self, row: &RowAt, ordinal: u32, cells: Cells) {
        let columns = tables().get(row.table).map(|table| table.columns.as_slice()).unwrap_or_default();
        let filled = cells.into_iter().zip(&row.cells).zip(columns).map(|((cell, sources), column)| {
            let cell = cell.or_else(|| sources.iter().find_map(|source| self.cell(source, ordinal)));
            cell.map_or_else(String::new, |value| shown(&value, column.kind))
        });
        let cells = filled.collect();
        self.rows.push(Row { table: row.table, cells });
    }

    fn cell(&self, source: &Source, ordinal: u32) -> Option<Vec<u8>> {
        match source {
            Source::Own => Some(self.key(ordinal)),
            Source::Set => Some(self.key(0)),
            Source::Loop(node) => {
                self.open.iter().rev().find(|(open, _)| open == node).map(|(_, ordinal)| self.key(*ordinal))
            }
            Source::Kept(kept) => self.kept.get(*kept).cloned().flatten(),
            Source::Here(_) | Source::Behind(..) => None,
        }
    }

    /// What begins with a segment of the set; 0 for the set.
    fn key(&self, ordinal: u32) -> Vec<u8> {
        let [interchange, group, set] = self.ordinals;
        let set = format!("I{interchange}.G{group}.S{set}");
        if ordinal > 1 { format!("{set}.{ordinal}").into_bytes() } else { set.into_bytes() }
    }

    /// The rows that a segment begins.
    fn begin(&mut self, plan: &Plan, segment: &Segment<'_>, node: NodeIx) {
        for ix in plan.begun.get(&node).into_iter().flatten() {
            let Some(row) = plan.rows.get(*ix) else { continue };
            let elements = row.segment.as_ref().map(|(_, elements)| elements.as_slice()).unwrap_or_default();
            for first in elements.iter().filter(|first| **first == 0 || segment.element(usize::from(**first)).is_some())
            {
                let here = |source: &Source| match source {
                    Source::Here(read) => read.of(segment),
                    Source::Behind(element, component) => at(segment, first.saturating_add(*element), *component),
                    _ => None,
                };
                let cells = row.cells.iter().map(|sources| sources.iter().find_map(here).map(<[u8]>::to_vec)).collect();
                self.begun.push(Begun { row: *ix, ordinal: segment.ordinal(), cells });
            }
        }
    }
}

impl Visitor for Collector {
    fn interchange_start(&mut self, event: &InterchangeStart<'_>) {
        self.ordinals = [event.ordinal, 0, 0];
    }

    fn group_start(&mut self, event: &GroupStart<'_>) {
        let [interchange, ..] = self.ordinals;
        self.ordinals = [interchange, event.ordinal, 0];
    }

    fn set_start(&mut self, event: &SetStart<'_>) {
        let [interchange, group, _] = self.ordinals;
        self.ordinals = [interchange, group, event.ordinal];
        self.plan = event.guide.map(|guide| self.plan_of(guide)).filter(|plan| !plan.rows.is_empty());
        self.open = vec![(NodeIx::ROOT, 1)];
        self.begun.clear();
        self.kept.clear();
        self.kept.resize(self.plan.as_ref().map_or(0, |plan| plan.kept), None);
    }

    fn loop_open(&mut self, node: NodeIx) {
        if let Some(plan) = self.plan.clone() {
            self.opened(&plan, node);
        }
    }

    fn segment(&mut self, segment: &Segment<'_>, node: Option<NodeIx>) {
        let Some(plan) = self.plan.clone() else { return };
        for (_, ordinal) in self.open.iter_mut().rev().take_while(|(_, ordinal)| *ordinal == 0) {
            *ordinal = segment.ordinal();
        }
        let Some(node) = node else { return };
        for (kept, read) in plan.keeps.get(&node).into_iter().flatten() {
            if let Some(kept) = self.kept.get_mut(*kept).filter(|kept| kept.is_none()) {
                *kept = read.of(segment).map(<[u8]>::to_vec);
            }
        }
        self.begin(&plan, segment, node);
    }

    fn loop_close(&mut self, node: NodeIx) {
        if let Some(plan) = self.plan.clone() {
            self.closed(&plan, node);
            self.open.pop();
        }
    }

    fn set_end(&mut self, _event: &SetEnd<'_>) {
        if let Some(plan) = self.plan.take() {
            self.closed(&plan, NodeIx::ROOT);
        }
    }
}

/// A value as a cell shows it: a day with hyphens, of a range its first day.
fn shown(value: &[u8], kind: Kind) -> String {
    let text = String::from_utf8_lossy(value);
    let day = text.get(..8).filter(|day| day.bytes().all(|byte| byte.is_ascii_digit()));
    match (kind, day) {
        (Kind::Date, Some(day)) if matches!(text.len(), 8 | 12 | 17) => {
            let (year, rest) = day.split_at(4);
            let (month, day) = rest.split_at(2);
            format!("{year}-{month}-{day}")
        }
        _ => text.into_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::guide::Guides;
    use std::collections::BTreeSet;

    #[test]
    fn every_table_reads_and_every_column_stands_in_some_guide() {
        for text in TEXTS {
            assert!(notation::read(text).is_ok(), "line {:?}", notation::read(text).err());
        }
        let names: BTreeSet<&str> = tables().iter().map(|table| table.name.as_str()).collect();
        assert_eq!(names.len(), tables().len());
        for (ix, table) in tables().iter().enumerate() {
            let plans: Vec<Plan> = Guides::built_in().iter().map(|guide| Plan::new(tables(), guide)).collect();
            let rows: Vec<&RowAt> = plans.iter().flat_map(|plan| &plan.rows).filter(|row| row.table == ix).collect();
            assert!(!rows.is_empty(), "{} has no rows", table.name);
            for (at, column) in table.columns.iter().enumerate() {
                let stands = rows.iter().any(|row| row.cells.get(at).is_some_and(|sources| !sources.is_empty()));
                assert!(stands, "{}.{} stands in no guide", table.name, column.name);
            }
            let columns: BTreeSet<&str> = table.columns.iter().map(|column| column.name.as_str()).collect();
            assert_eq!(columns.len(), table.columns.len(), "{}", table.name);
        }
    }

    #[test]
    fn days_are_shown_with_hyphens_and_other_values_as_they_stand() {
        assert_eq!(shown(b"20260131", Kind::Date), "2026-01-31");
        assert_eq!(shown(b"20260131-20260228", Kind::Date), "2026-01-31");
        assert_eq!(shown(b"202601311200", Kind::Date), "2026-01-31");
        assert_eq!(shown(b"2026013", Kind::Date), "2026013");
        assert_eq!(shown(b"20260131", Kind::Text), "20260131");
    }
}
