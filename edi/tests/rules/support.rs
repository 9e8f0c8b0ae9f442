//! The rules as they lie in the folder, and what a file gives under them.

use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};
use tradewind_edi::validate::rules::{DataRule, Lists, Rules, read};
use tradewind_edi::{Finding, Options, Severity, Visitor, engine};

/// A rule that is data and its file below `edi/rules`.
pub(crate) struct Read {
    pub(crate) file: String,
    pub(crate) rule: Arc<DataRule>,
}

fn root() -> PathBuf {
    let folder = std::env::var_os("RULES_FROM").map(PathBuf::from);
    folder.unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("rules"))
}

/// The files of `edi/rules`, by family and name; what does not read is a failure with file and line.
pub(crate) fn folder() -> Vec<Read> {
    let (mut rules, mut wrong) = (Vec::new(), Vec::new());
    for family in listed(&root()) {
        for path in listed(&family) {
            let name = |path: &Path| path.file_name().unwrap().to_string_lossy().into_owned();
            let file = format!("{}/{}", name(&family), name(&path));
            match read(&file, &std::fs::read_to_string(&path).unwrap()) {
                Ok(rule) => rules.push(Read { file, rule: Arc::new(rule) }),
                Err(error) => wrong.push(error.to_string()),
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    rules
}

fn listed(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

/// The built-in code lists, and made-up ones in place of those that an operator loads: `fixtures/codes`.
pub(crate) fn lists() -> Lists {
    static LISTS: LazyLock<Lists> = LazyLock::new(|| {
        listed(&fixtures().join("codes")).iter().fold(Lists::built_in(), |lists, path| {
            let name = path.file_stem().unwrap().to_string_lossy().into_owned();
            let text = std::fs::read_to_string(path).unwrap();
            lists.with(&name, &name, &text).unwrap_or_else(|error| panic!("{error}"))
        })
    });
    LISTS.clone()
}

/// `fixtures`, of the same tree as the rules.
fn fixtures() -> PathBuf {
    root().join("../../fixtures")
}

/// Whether `RULE` leaves this rule in.
pub(crate) fn is_asked(name: &str) -> bool {
    std::env::var("RULE").map_or(true, |asked| name.contains(&asked))
}

/// A fixture's bytes.
pub(crate) fn fixture(name: &str) -> Result<Vec<u8>, String> {
    let path = fixtures().join("x12").join(name);
    std::fs::read(&path).map_err(|error| format!("fixtures/x12/{name}: {error}"))
}

/// The rules that find something in a file, with what they say; whether also what is only worth knowing.
#[derive(Default)]
pub(crate) struct Found(pub(crate) Vec<(String, String)>, bool);

impl Visitor for Found {
    fn finding(&mut self, finding: &Finding) {
        if finding.severity != Severity::Info || self.1 {
            let place = &finding.place;
            let id = place.segment_id.map(|id| id.to_string()).unwrap_or_default();
            let at = format!("{id} #{} {:02}-{}", place.segment, place.element, place.component);
            self.0.push((
                finding.rule.to_string(),
                format!("{} at {at} in {}: {}", finding.rule, place.loop_path, finding.message),
            ));
        }
    }
}

/// Runs a file under these rules; what is only worth knowing is left out.
pub(crate) fn run(bytes: &[u8], rules: &Rules) -> Found {
    told(bytes, rules, Found::default())
}

/// As [`run`], with what is only worth knowing.
pub(crate) fn run_all(bytes: &[u8], rules: &Rules) -> Found {
    told(bytes, rules, Found(Vec::new(), true))
}

fn told(bytes: &[u8], rules: &Rules, mut found: Found) -> Found {
    let options = Options { rules: rules.clone(), ..Options::default() };
    if let Err(refusal) = engine::run(bytes, options, &mut found) {
        found.0.push(("refused".to_owned(), refusal.to_string()));
    }
    found
}

/// These rules.
pub(crate) fn together(read: &[Read]) -> Rules {
    Rules::of(read.iter().map(|read| Arc::clone(&read.rule))).with_lists(lists())
}
