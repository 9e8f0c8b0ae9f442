//! `convert --to csv`, read by a CSV reader that is not ours.

use std::fs;
use std::path::Path;

use serde_json::Value;
use tempfile::tempdir;

use crate::support::program::{run, run_with};
use crate::support::python::python;

/// The tables of a generated file.
fn tables(folder: &Path, guide: &str) -> (String, Value) {
    assert_eq!(run(folder, &format!("generate {guide} --count 40 --seed 3 -o file.edi")).code, 0);
    let ran = run(folder, "convert file.edi --to csv -o tables");
    assert!(ran.code < 2, "{guide}: {}", ran.stderr);
    (fs::read_to_string(folder.join("file.edi")).unwrap(), python("tables.py", &folder.join("tables")))
}

/// Segments of that id, as elements.
fn segments<'a>(file: &'a str, id: &str) -> Vec<Vec<&'a str>> {
    let all = file.split('~').map(|segment| segment.trim().split('*').collect::<Vec<_>>());
    all.filter(|elements| elements[0] == id).collect()
}

/// The sum of elements, in cents.
fn cents<'a>(values: impl IntoIterator<Item = &'a str>) -> i64 {
    let cents = |value: &str| {
        let (whole, part) = value.split_once('.').unwrap_or((value, ""));
        let sign = if whole.starts_with('-') { -1 } else { 1 };
        let part: i64 = format!("{part:0<2}").parse().unwrap();
        whole.trim_start_matches('-').parse::<i64>().unwrap_or(0) * 100 * sign + part * sign
    };
    values.into_iter().map(cents).sum()
}

fn rows<'a>(tables: &'a Value, table: &str) -> &'a Vec<Value> {
    tables[table]["rows"].as_array().unwrap_or_else(|| panic!("no table {table}"))
}

fn sum(tables: &Value, table: &str, column: &str) -> i64 {
    cents([tables[table]["sums"][column].as_str().unwrap_or_else(|| panic!("{table}.{column} is no number"))])
}

/// Each row's key of that column is the first column of a row of the other table.
fn assert_joins(tables: &Value, table: &str, column: &str, other: &str, key: &str) {
    let keys: Vec<&Value> = rows(tables, other).iter().map(|row| &row[key]).collect();
    for row in rows(tables, table) {
        assert!(keys.contains(&&row[column]), "{table}.{column} {} is not in {other}", row[column]);
    }
}

#[test]
fn claims_and_lines_sum_to_what_the_claims_charge() {
    for (guide, line, at) in [("005010X222A1", "SV1", 2), ("005010X223A2", "SV2", 3), ("005010X224A2", "SV3", 2)] {
        let folder = tempdir().unwrap();
        let (file, tables) = tables(folder.path(), guide);
        let claims = segments(&file, "CLM");
        assert_eq!(rows(&tables, "claims").len(), 40);
        assert_eq!(sum(&tables, "claims", "charge"), cents(claims.iter().map(|claim| claim[2])), "{guide}");
        let lines = segments(&file, line);
        assert_eq!(rows(&tables, "lines").len(), lines.len());
        assert_eq!(sum(&tables, "lines", "charge"), cents(lines.iter().map(|line| line[at])), "{guide}");
        assert_joins(&tables, "lines", "claim", "claims", "claim");
        for (row, claim) in rows(&tables, "claims").iter().zip(&claims) {
            assert_eq!(row["patient_control_number"], claim[1]);
            let own = rows(&tables, "lines").iter().filter(|line| line["claim"] == row["claim"]);
            let own = cents(own.map(|line| line["charge"].as_str().unwrap()));
            assert_eq!(own, cents([claim[2]]), "{guide}: {}", claim[1]);
            assert!(
                ["billing_name", "payer_id", "member_id", "patient_last_name", "claim"]
                    .iter()
                    .all(|name| row[*name] != "")
            );
        }
    }
}

#[test]
fn payments_balance_across_their_tables() {
    let folder = tempdir().unwrap();
    let (file, tables) = tables(folder.path(), "005010X221A1");
    let paid = cents(segments(&file, "CLP").iter().map(|claim| claim[4]));
    assert_eq!(sum(&tables, "paid_claims", "paid"), paid);
    let off = if tables["provider_adjustments"].is_null() { 0 } else { sum(&tables, "provider_adjustments", "amount") };
    assert_eq!(sum(&tables, "payments", "amount"), paid - off);
    let cas = segments(&file, "CAS");
    let amounts = cas.iter().flat_map(|cas| cas.iter().skip(3).step_by(3).copied());
    assert_eq!(sum(&tables, "adjustments", "amount"), cents(amounts));
    assert_eq!(
        sum(&tables, "paid_claims", "charge") - sum(&tables, "adjustments", "amount"),
        sum(&tables, "paid_claims", "paid")
    );
    assert_joins(&tables, "paid_lines", "claim", "paid_claims", "claim");
    assert_joins(&tables, "adjustments", "claim", "paid_claims", "claim");
    assert_joins(&tables, "paid_claims", "payment", "payments", "payment");
}

#[test]
fn every_other_set_has_its_table() {
    for (guide, table, segment, count) in [
        ("005010X220A1", "members", "INS", 1),
        ("005010X220A1", "coverages", "HD", 1),
        ("005010X279A1/271", "benefits", "EB", 1),
        ("005010X279A1/270", "inquiries", "EQ", 1),
        ("005010X212/276", "status_requests", "TRN", 1),
        ("005010X212/277", "statuses", "STC", 1),
        ("005010X214", "statuses", "STC", 1),
        ("005010X218", "premiums", "RMR", 1),
    ] {
        let folder = tempdir().unwrap();
        let (file, tables) = tables(folder.path(), guide);
        assert_eq!(rows(&tables, table).len(), segments(&file, segment).len() * count, "{guide} {table}");
        let filled = rows(&tables, table).iter().flat_map(|row| row.as_object().unwrap().values());
        assert!(filled.filter(|cell| *cell != "").count() > rows(&tables, table).len() * 4, "{guide} {table}");
    }
    for guide in ["005010X217/278", "005010X217/278-response"] {
        let folder = tempdir().unwrap();
        let (_, tables) = tables(folder.path(), guide);
        assert_eq!(rows(&tables, "reviews").len(), 40, "{guide}");
    }
}

#[test]
fn a_cell_is_never_a_formula_and_keeps_quotes_commas_and_line_feeds() {
    let folder = tempdir().unwrap();
    assert_eq!(run(folder.path(), "generate 005010X222A1 --count 1 -o one.edi").code, 0);
    let file = fs::read_to_string(folder.path().join("one.edi")).unwrap();
    let claim = segments(&file, "CLM")[0][1].to_owned();
    let name = segments(&file, "NM1").iter().find(|name| name[1] == "85").unwrap()[3].to_owned();
    let file = file.replace(&claim, "=HYPERLINK(1)").replace(&name, "O\"NEIL, \"A\"\nB");
    let ran = run_with(folder.path(), "convert - --to csv -o tables", file.as_bytes());
    assert!(ran.code < 2, "{}", ran.stderr);
    let tables = python("tables.py", &folder.path().join("tables"));
    let row = &rows(&tables, "claims")[0];
    assert_eq!(row["patient_control_number"], "'=HYPERLINK(1)");
    assert_eq!(row["billing_name"], "O\"NEIL, \"A\"\nB");
    let bytes = fs::read(folder.path().join("tables/claims.csv")).unwrap();
    assert!(bytes.ends_with(b"\r\n"));
}

#[test]
fn the_folder_is_named_after_the_file_and_nothing_appears_of_a_file_that_cannot_be_read() {
    let folder = tempdir().unwrap();
    run(folder.path(), "generate 005010X222A1 --count 2 -o claims.edi");
    assert_eq!(run(folder.path(), "convert claims.edi --to csv").code, 0);
    assert!(folder.path().join("claims-csv/claims.csv").exists());
    assert_eq!(run(folder.path(), "convert - --to csv").code, 2);
    assert_eq!(run(folder.path(), "convert claims.edi --to csv -o -").code, 2);
    fs::write(folder.path().join("text.edi"), "no EDI").unwrap();
    assert_eq!(run(folder.path(), "convert text.edi --to csv").code, 2);
    assert!(!folder.path().join("text-csv").exists());
    let nothing = run(folder.path(), "generate TA1 -o ta1.edi");
    assert_eq!(nothing.code, 0);
    let told = run(folder.path(), "convert ta1.edi --to csv");
    assert!(told.code == 0 && told.stderr.contains("no table"), "{}", told.stderr);
}
