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

use guide::notation::{CodeGraph, Library, Source, code_list, compile, is_guide, known};
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

/// The code lists as files of graphs, and the table of them as Rust source: those that guides name, and those of `codes/`, which rules ask.
fn lists(library: &Library, out: &Path) -> Result<String, Box<dyn Error>> {
    let root = Path::new(&std::env::var("CARGO_MANIFEST_DIR")?).join("codes");
    let mut lists = library.lists.clone();
    let mut files = Vec::new();
    collect(&root, "", &mut files)?;
    for (file, text) in &files {
        lists.insert(file.trim_end_matches(".txt").to_owned(), code_list((&format!("codes/{file}"), text))?);
    }
    let mut table = String::from("pub(super) static LISTS: &[(&str, CodeGraph)] = &[\n");
    for (name, codes) in &lists {
        let CodeGraph { periods, nodes, root } = CodeGraph::of(codes);
        let file = out.join(format!("{name}.list"));
        fs::write(&file, &nodes)?;
        let periods: Vec<String> = periods.iter().map(emit::period).collect();
        writeln!(
            table,
            "    ({name:?}, CodeGraph {{ periods: Borrowed(&[{}]), nodes: Borrowed(include_bytes!({file:?})), root: {root} }}),",
            periods.join(", ")
        )?;
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
