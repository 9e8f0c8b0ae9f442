//! What several of the crate's test programs share.

use std::path::{Path, PathBuf};

/// `fixtures/x12`.
pub(crate) fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/x12")
}

/// Every `.edi` under `fixtures/x12` by its path from there: `005010X212/ok/0001_….edi`. In order, so that a fixture that is added is tested.
pub(crate) fn fixtures() -> Vec<(String, Vec<u8>)> {
    let (root, mut files) = (folder(), Vec::new());
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for path in std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()) {
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "edi") {
                let name = path.strip_prefix(&root).unwrap().display().to_string();
                files.push((name, std::fs::read(&path).unwrap()));
            }
        }
    }
    files.sort();
    files
}
