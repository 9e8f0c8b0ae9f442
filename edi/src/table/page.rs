//! The tables as a page: docs/csv.md.

use std::fmt::Write;

use super::tables;

/// The tables and their columns, as Markdown.
pub fn page() -> String {
    let mut out = String::new();
    for table in tables() {
        let _ = writeln!(out, "\n### {}.csv\n\n{} From {}.\n", table.name, table.about, table.sets.join(", "));
        out.push_str("| column | holds | is | from |\n|---|---|---|---|\n");
        for column in &table.columns {
            let from = column.from.replace('|', "or");
            let _ = writeln!(out, "| {} | {} | {} | `{from}` |", column.name, column.kind.word(), column.about);
        }
    }
    out
}
