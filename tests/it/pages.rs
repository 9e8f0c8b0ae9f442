//! What the pages for people name is there.

use std::fs;
use std::path::{Path, PathBuf};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every page below a folder.
fn below(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let (folders, files): (Vec<_>, Vec<_>) = entries.partition(|path| path.is_dir());
    let pages = files.into_iter().filter(|file| file.extension().is_some_and(|of| of == "md"));
    pages.chain(folders.iter().flat_map(|folder| below(folder))).collect()
}

#[test]
fn links_lead_to_files() {
    let mut pages = below(&root().join("docs"));
    pages.extend(["README.md", "ARCHITECTURE.md", "fixtures/README.md"].map(|page| root().join(page)));
    let (mut followed, mut broken) = (0, Vec::new());
    for page in pages {
        let text = fs::read_to_string(&page).unwrap();
        let links = text.split("](").skip(1).filter_map(|rest| rest.split([')', '#']).next());
        for link in links.filter(|link| !link.is_empty() && !link.starts_with("http")) {
            followed += 1;
            if !page.parent().unwrap().join(link).exists() {
                broken.push(format!("{}: {link}", page.display()));
            }
        }
    }
    assert!(followed > 100 && broken.is_empty(), "{followed} links: {}", broken.join("\n"));
}

/// It says which test holds an invariant and where to start reading.
#[test]
fn the_architecture_names_files_that_stand() {
    let text = fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap();
    let starts = ["src/", "tests/", "edi/", "ledger/", "compliance/", "broker/", "transfer/", "api/", "docs/"];
    let named =
        text.split('`').skip(1).step_by(2).filter(|quoted| starts.iter().any(|start| quoted.starts_with(start)));
    let (there, missing): (Vec<_>, Vec<_>) = named.partition(|path| path.contains('*') || root().join(path).exists());
    assert!(there.len() > 20 && missing.is_empty(), "{missing:?}");
}
