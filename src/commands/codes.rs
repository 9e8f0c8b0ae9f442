//! The code lists of `--codes FOLDER`.

use std::path::Path;

use tradewind_edi::validate::rules::Rules;

use crate::config::{Problem, code_lists};

/// The built-in rules, with the code lists of a folder.
pub(super) fn rules(folder: Option<&Path>) -> anyhow::Result<Rules> {
    let Some(folder) = folder else { return Ok(Rules::built_in()) };
    match code_lists(folder) {
        Ok(lists) => Ok(Rules::built_in().with_lists(lists)),
        Err(problems) => {
            let told = |problem: &Problem| format!("\n  {}: {}", problem.file.display(), problem.what);
            let told: String = problems.iter().map(told).collect();
            anyhow::bail!("the code lists have {} problem(s){told}", problems.len())
        }
    }
}
