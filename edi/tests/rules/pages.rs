//! The pages under docs/rules: one a family, with a table of rules, fixtures and codes. `UPDATE_EXPECT=1` writes them.

use crate::support::{Read, folder};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use tradewind_edi::finding::RuleInfo;
use tradewind_edi::validate::rules::{Rules, families};

/// What each family is about; a new family is added here.
const FAMILIES: [(&str, &str); 12] = [
    ("advice", "the 999 and the 824"),
    ("claims", "the 837: professional, institutional, dental"),
    ("codes", "what values look like and which codes there are, in all sets"),
    ("elements", "elements against the guides' tables"),
    ("eligibility", "the 270 and the 271"),
    ("enrollment", "the 834"),
    ("envelope", "interchanges, groups, sets, and what lies around them"),
    ("premium", "the 820"),
    ("remittance", "the 835"),
    ("segments", "segments, loops and levels against the guides' tables"),
    ("services", "the 278"),
    ("status", "the 276, the 277 and the 277CA"),
];

fn docs() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/rules")
}

/// A fixture as a link.
fn link(fixture: &str) -> String {
    let name = fixture.strip_suffix(".edi").unwrap_or(fixture);
    let (folder, file) = name.rsplit_once('/').unwrap_or(("", name));
    let number = file.split('_').next().unwrap_or(file);
    let short = folder.strip_prefix("005010").unwrap_or(folder);
    format!("[{short}/{number}](../../fixtures/x12/{fixture})")
}

fn fixtures(info: &RuleInfo, fails: bool) -> String {
    let mut links: Vec<String> = Vec::new();
    for example in info.examples().unwrap().iter().filter(|example| example.fails == fails) {
        let edits = if example.is_plain() { "" } else { ", edited" };
        let text = format!("{}{edits}", link(&example.fixture));
        if !links.contains(&text) {
            links.push(text);
        }
    }
    links.join("; ")
}

fn row(info: &RuleInfo) -> [String; 7] {
    [
        format!("[{0}](#{0})", info.id),
        format!("{} {}", info.snip.number(), info.severity),
        info.sets(),
        info.title().replace('|', "\\|"),
        fixtures(info, true),
        fixtures(info, false),
        info.code(),
    ]
}

fn page(family: &str, about: &str, rules: &[&'static RuleInfo]) -> String {
    let mut page = format!(
        "# Rules: {family}\n\nAbout {about}. Generated from the rules by `UPDATE_EXPECT=1 cargo test -p tradewind-edi --test rules`; the notation is in \
         [rule-notation.md](../rule-notation.md).\n\n| rule | SNIP | sets | checks | fails | passes | code |\n|---|---|---|---|---|---|---|\n"
    );
    for info in rules {
        let _ = writeln!(page, "| {} |", row(info).join(" | "));
    }
    for info in rules {
        let _ = write!(
            page,
            "\n## {}\n\nSNIP {}, {}.\n\n{}\n",
            info.id,
            info.snip.number(),
            info.severity,
            info.page().trim()
        );
    }
    page
}

/// Every page by its file's name.
fn pages() -> BTreeMap<String, String> {
    let mut rules: BTreeMap<String, Vec<&'static RuleInfo>> = BTreeMap::new();
    for Read { file, rule } in folder() {
        let family = file.split('/').next().unwrap_or_default().to_owned();
        rules.entry(family).or_default().push(rule.info());
    }
    let is_data = |info: &RuleInfo| Rules::built_in().iter().any(|rule| rule.info().id == info.id);
    for (family, info) in families() {
        if !is_data(info) {
            rules.entry(family.to_owned()).or_default().push(info);
        }
    }
    let mut index = String::from(
        "# Rules\n\nEvery rule with what it checks, since when, a file that fails it, one that just does not, and the codes that acknowledgments give for it. \
         `tradewind explain RULE` prints one. Generated; the notation is in [rule-notation.md](../rule-notation.md).\n\n| page | about |\n|---|---|\n",
    );
    let mut pages = BTreeMap::new();
    for (family, infos) in &mut rules {
        infos.sort_by_key(|info| info.id);
        let about = FAMILIES.iter().find(|(name, _)| name == family).map(|(_, about)| *about);
        let about = about.unwrap_or_else(|| panic!("expected the family {family} in edi/tests/rules/pages.rs"));
        let _ = writeln!(index, "| [{family}]({family}.md) | {about} |");
        pages.insert(format!("{family}.md"), page(family, about, infos));
    }
    pages.insert("README.md".to_owned(), index);
    pages
}

#[test]
fn the_pages_are_up_to_date() {
    let update = std::env::var_os("UPDATE_EXPECT").is_some();
    let mut stale = Vec::new();
    for (name, page) in pages() {
        let path = docs().join(&name);
        if update {
            std::fs::create_dir_all(docs()).unwrap();
            std::fs::write(&path, page).unwrap();
        } else if std::fs::read_to_string(&path).ok() != Some(page) {
            stale.push(name);
        }
    }
    assert!(
        stale.is_empty(),
        "expected docs/rules/ as the rules say, found otherwise in {}; UPDATE_EXPECT=1 writes it",
        stale.join(", ")
    );
}

#[test]
fn no_cell_of_the_tables_is_empty() {
    let mut empty = Vec::new();
    let mut rows = 0;
    for (_, info) in families() {
        rows += 1;
        let cells = row(info);
        if cells.iter().any(|cell| cell.trim().is_empty()) {
            empty.push(format!("{}: {cells:?}", info.id));
        }
    }
    assert!(rows > 60 && empty.is_empty(), "{}", empty.join("\n"));
}
