//! What users read of a rule.

use super::{RuleId, Severity, Snip};
use crate::validate::rules::{Example, data_page};

/// A rule as `explain RULE` shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RuleInfo {
    /// Its name.
    pub id: RuleId,
    /// Its SNIP type.
    pub snip: Snip,
    /// Its severity where the options do not change it.
    pub severity: Severity,
    /// The page, the source file whose doc comment is the page, or the file of a rule that is data.
    pub(crate) source: &'static str,
}

impl RuleInfo {
    /// The user's page in Markdown: what the rule checks, an example that fails, one that passes, the code that it gives.
    pub fn page(&self) -> String {
        if self.source.starts_with('#') {
            return data_page(self.source);
        }
        if !self.source.starts_with("//!") {
            return self.source.to_owned();
        }
        let comment = |line: &'static str| line.strip_prefix("//!").map(|text| text.strip_prefix(' ').unwrap_or(text));
        self.source.lines().map_while(comment).fold(String::new(), |page, line| page + line + "\n")
    }

    /// The page's first sentence.
    pub fn title(&self) -> String {
        let page = self.page();
        let paragraph = page.split("\n\n").next().unwrap_or_default().trim().replace('\n', " ");
        // A colon opens a list or an explanation; an abbreviation's point stands before a small letter.
        let end = paragraph.match_indices(". ").map(|(at, _)| at).find(|at| {
            paragraph.get(at + 2..).is_some_and(|rest| rest.starts_with(|c: char| c.is_uppercase() || c == '`'))
        });
        let sentence = end.map_or(paragraph.as_str(), |end| paragraph.get(..end).unwrap_or_default());
        sentence.trim_end_matches('.').to_owned()
    }

    /// The sets that it is for, as the page says: `837 835`, `all`.
    pub fn sets(&self) -> String {
        self.line("Sets: ").unwrap_or_else(|| "all".to_owned())
    }

    /// The version of X12 since which it stands.
    pub fn since(&self) -> String {
        self.line("Since: ").unwrap_or_else(|| "005010".to_owned())
    }

    /// The codes that acknowledgments give for it.
    pub fn code(&self) -> String {
        self.line("Code: ").unwrap_or_default()
    }

    fn line(&self, start: &str) -> Option<String> {
        let page = self.page();
        let mut lines = page.lines().skip_while(|line| !line.starts_with(start));
        let first = lines.next()?.strip_prefix(start)?.to_owned();
        let whole = lines.take_while(|line| !line.is_empty()).fold(first, |whole, line| whole + " " + line);
        Some(whole.trim().trim_end_matches('.').to_owned())
    }

    /// The page's examples: fixtures that it fails and passes, with edits. What is wrong with one is an error.
    pub fn examples(&self) -> Result<Vec<Example>, String> {
        Example::of_page(&self.page())
    }
}
