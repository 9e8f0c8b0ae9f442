//! Compiles `guides/` into static tables, and takes in `rules/`. Adding a guide or a rule is adding a file there.

// The library's own modules: what the build does not use of them, the library does.
#[allow(dead_code, unused_imports, unreachable_pub, reason = "shared with the library")]
#[path = "src/guide"]
mod guide {
    pub mod notation;
    pub mod packed;
    pub mod tables;
    pub use notation::NotationError;
}

#[allow(dead_code, unused_imports, unreachable_pub, reason = "shared with the library")]
#[path = "src/validate/rules/notation/mod.rs"]
mod rules;

#[path = "build/emit.rs"]
mod emit;

use guide::notation::{Library, Source, compile, is_guide, known};
use std::error::Error;
use std::fmt::Write;
use std::fs;
use std::path::Path;

fn main() -> Result<(), Box<dyn Error>> {
    let root = Path::new(&std::env::var("CARGO_MANIFEST_DIR")?).join("guides");
    let mut files = Vec::new();
    for folder in ["", "base", "codes"] {
        collect(&root, folder, &mut files)?;
    }
    files.sort();
    let sources: Vec<Source<'_>> = files.iter().map(|(file, text)| (file.as_str(), text.as_str())).collect();
    let library = Library::read(&sources)?;
    let mut guides = Vec::new();
    for source in sources.iter().filter(|(file, _)| is_guide(file)) {
        guides.push(compile(*source, &library)?);
    }
    let text = emit::tables(&guides, &known(&library, &guides), &root, &files)?;
    let out = std::env::var("OUT_DIR")?;
    fs::write(Path::new(&out).join("guides.rs"), text)?;
    let rules = take_in_rules()? + &lists(&library, Path::new(&out))?;
    fs::write(Path::new(&out).join("rules.rs"), rules)?;
    Ok(())
}

/// The files `rules/<family>/*.txt` as Rust source, with the sets that each is for; each must read.
fn take_in_rules() -> Result<String, Box<dyn Error>> {
    let root = Path::new(&std::env::var("CARGO_MANIFEST_DIR")?).join("rules");
    println!("cargo::rerun-if-changed={}", root.display());
    let mut files = Vec::new();
    for family in fs::read_dir(&root)? {
        collect(&root, &family?.file_name().to_string_lossy(), &mut files)?;
    }
    files.sort();
    let mut out = String::from("pub(super) static RULES: &[(&str, &[&str], &str)] = &[\n");
    for (file, text) in &files {
        let rule = rules::read(&format!("rules/{file}"), text)?;
        writeln!(out, "    ({file:?}, &{:?}, include_str!({:?})),", rule.sets, root.join(file))?;
    }
    out.push_str("];\n");
    Ok(out)
}

/// The code lists as files of packed entries, and the table of them as Rust source: see `validate/rules/lists.rs`.
fn lists(library: &Library, out: &Path) -> Result<String, Box<dyn Error>> {
    let mut table = String::from("pub(super) static LISTS: &[(&str, usize, &[u8])] = &[\n");
    for (name, codes) in &library.lists {
        let width = codes.keys().map(|code| code.as_bytes().len()).max().unwrap_or(1);
        let mut entries = Vec::new();
        for (code, period) in codes {
            entries.extend_from_slice(code.as_bytes());
            entries.resize(entries.len() + width - code.as_bytes().len(), 0);
            entries.extend_from_slice(&period.from.to_be_bytes());
            entries.extend_from_slice(&period.to.to_be_bytes());
        }
        let file = out.join(format!("{name}.list"));
        fs::write(&file, entries)?;
        writeln!(table, "    ({name:?}, {width}, include_bytes!({file:?})),")?;
    }
    table.push_str("];\n");
    Ok(table)
}

/// Reads the `.txt` files of one folder below `root`, by their path from `root`.
fn collect(root: &Path, folder: &str, files: &mut Vec<(String, String)>) -> Result<(), Box<dyn Error>> {
    let path = root.join(folder);
    println!("cargo::rerun-if-changed={}", path.display());
    for entry in fs::read_dir(&path)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if !name.ends_with(".txt") {
            continue;
        }
        println!("cargo::rerun-if-changed={}", entry.path().display());
        let file = if folder.is_empty() { name } else { format!("{folder}/{name}") };
        files.push((file, fs::read_to_string(entry.path())?));
    }
    Ok(())
}
