//! Code lists that an operator loads: a folder of text files, one a list, each in the notation of docs/code-lists.md.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use tradewind_edi::validate::rules::Lists;

use super::load::Problem;

/// Lists that a folder holds at most.
const LISTS_MAX: usize = 100;
/// Bytes of a list at most.
const LIST_BYTES_MAX: u64 = 32 << 20;

/// The built-in lists with those of a folder: `carc.txt` is the list `carc`, in place of a built-in one of that name.
///
/// # Errors
/// Every file that cannot be read or does not read, with its line.
pub(crate) fn code_lists(folder: &Path) -> Result<Lists, Vec<Problem>> {
    let one = |what: String| vec![Problem { file: folder.to_owned(), what }];
    let files = files(folder).map_err(|error| one(format!("cannot be read: {error}")))?;
    if files.is_empty() || files.len() > LISTS_MAX {
        return Err(one(format!("expected 1 to {LISTS_MAX} lists (NAME.txt), found {}", files.len())));
    }
    let (mut lists, mut problems) = (Lists::built_in(), Vec::new());
    for file in files {
        match read(&file).and_then(|(name, text)| with(&lists, &name, &text)) {
            Ok(more) => lists = more,
            Err(what) => problems.push(Problem { file, what }),
        }
    }
    if problems.is_empty() { Ok(lists) } else { Err(problems) }
}

fn with(lists: &Lists, name: &str, text: &str) -> Result<Lists, String> {
    lists.with(name, name, text).map_err(|error| format!("line {}: {}", error.line, error.problem))
}

/// The `.txt` files of a folder, in order.
fn files(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "txt") {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

/// A list's name and text.
fn read(file: &Path) -> Result<(String, String), String> {
    let fit = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    let name = file.file_stem().and_then(|name| name.to_str()).filter(|name| name.bytes().all(fit));
    let name = name.ok_or("expected a name of small letters, digits and _")?;
    let mut text = String::new();
    let opened = File::open(file).map_err(|error| format!("cannot be read: {error}"))?;
    opened.take(LIST_BYTES_MAX + 1).read_to_string(&mut text).map_err(|error| format!("cannot be read: {error}"))?;
    if text.len() as u64 > LIST_BYTES_MAX {
        return Err(format!("expected at most {} MiB, found more", LIST_BYTES_MAX >> 20));
    }
    Ok((name.to_owned(), text))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(files: &[(&str, &str)]) -> Vec<String> {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            std::fs::write(folder.path().join(name), text).unwrap();
        }
        let name = |problem: &Problem| problem.file.file_name().unwrap().to_string_lossy().into_owned();
        match code_lists(folder.path()) {
            Ok(_) => Vec::new(),
            Err(problems) => problems.iter().map(|problem| format!("{}: {}", name(problem), problem.what)).collect(),
        }
    }

    #[test]
    fn takes_the_lists_of_a_folder_and_leaves_other_files() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("carc.txt"), "45 20100101..\nA1\n").unwrap();
        std::fs::write(folder.path().join("README.md"), "about").unwrap();
        let lists = code_lists(folder.path()).unwrap();
        assert!(lists.names().any(|name| name == "carc") && lists.names().any(|name| name == "icd10cm"));
        assert_eq!(lists.names().count(), Lists::built_in().names().count() + 1);
    }

    #[test]
    fn every_problem_is_told_with_its_file_and_line() {
        assert_eq!(
            problems(&[("carc.txt", "45\nA1 2010..\n"), ("Ndc.txt", "1\n"), ("rarc.txt", "M1\nM1\n"), ("ok.txt", "1")]),
            [
                "Ndc.txt: expected a name of small letters, digits and _",
                "carc.txt: line 2: expected dates as CCYYMMDD..CCYYMMDD, either side may be open, found `2010..`",
                "rarc.txt: line 2: expected each code once, found `M1` again",
            ]
        );
        assert_eq!(problems(&[("list.csv", "1")]).len(), 1);
        assert!(code_lists(Path::new("/nonexistent/codes")).is_err());
    }
}
