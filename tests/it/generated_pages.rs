//! Pages of docs/ that are written by the program itself: `UPDATE_EXPECT=1` writes them anew.

mod command_line;
mod configuration;
mod guides;

use std::path::Path;

/// Compares a page with what it should be, or writes it.
fn check(page: &str, expected: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs").join(page);
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, expected).unwrap();
    }
    let found = std::fs::read_to_string(&path).unwrap_or_default();
    let same = expected.lines().zip(found.lines()).take_while(|(expected, found)| expected == found).count();
    assert!(expected == found, "docs/{page} is stale from line {} on: run `make docs`", same + 1);
}

#[test]
fn docs_command_line_is_what_the_program_says() {
    check("command-line.md", &command_line::page());
}

#[test]
fn docs_csv_tells_the_tables_that_there_are() {
    let page = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/csv.md")).unwrap();
    let (head, _) = page.split_once("\n## Tables\n").unwrap();
    check("csv.md", &format!("{head}\n## Tables\n{}", tradewind_edi::table::page()));
}

#[test]
fn docs_configuration_is_what_the_sources_say() {
    check("configuration.md", &configuration::page());
}

#[test]
fn docs_guides_are_what_the_guides_say() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/guides");
    let pages = guides::pages();
    pages.iter().for_each(|(name, page)| check(&format!("guides/{name}"), page));
    let mut found: Vec<String> = std::fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| !pages.iter().any(|(page, _)| page == name))
        .collect();
    found.sort();
    assert!(found.is_empty(), "docs/guides holds pages of no guide: {}", found.join(", "));
}
