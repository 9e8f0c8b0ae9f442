//! Runs a script with the Python of `make test-tools`.

use std::path::{Path, PathBuf};
use std::process::Command;

/// What the script prints: one JSON value. `script` stands in `tests/peers`.
pub(crate) fn python(script: &str, folder: &Path) -> serde_json::Value {
    python_with(script, &[folder.to_str().unwrap()])
}

/// The Python of `make test-tools`.
pub(crate) fn interpreter() -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    std::env::var_os("TRADEWIND_PYTHON").map_or_else(|| root.join(".venv/bin/python"), PathBuf::from)
}

/// As [`python`], with arguments.
pub(crate) fn python_with(script: &str, arguments: &[&str]) -> serde_json::Value {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let python = interpreter();
    let output = Command::new(&python).arg(root.join("tests/peers").join(script)).args(arguments).output();
    let output = output.unwrap_or_else(|error| panic!("{}: {error}; run `make test-tools`", python.display()));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}\nif a package is missing, run `make test-tools`");
    serde_json::from_slice(&output.stdout).unwrap()
}
