//! Lines, words, depth.

/// A fault in a file of the notation.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{file}:{line}: {problem}")]
pub struct NotationError {
    /// Path within `guides/`.
    pub file: String,
    /// Line, from 1; 0 for the file as a whole.
    pub line: usize,
    /// What was expected and what was found.
    pub problem: String,
}

/// A line that holds something: its number, how deep it stands, its words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Line<'a> {
    pub(crate) number: usize,
    pub(crate) depth: usize,
    pub(crate) words: Vec<&'a str>,
}

/// A file and the line that is being read, for errors.
#[derive(Clone, Copy, Debug)]
pub(crate) struct At<'a> {
    pub(crate) file: &'a str,
    pub(crate) line: usize,
}

impl At<'_> {
    pub(crate) fn error(self, problem: impl Into<String>) -> NotationError {
        NotationError { file: self.file.to_owned(), line: self.line, problem: problem.into() }
    }

    pub(crate) fn fail<T>(self, problem: impl Into<String>) -> Result<T, NotationError> {
        Err(self.error(problem))
    }
}

/// The lines of a text that hold something.
pub(super) fn lines<'a>(file: &str, text: &'a str) -> Result<Vec<Line<'a>>, NotationError> {
    let numbered = text.lines().enumerate().map(|(at, raw)| line(At { file, line: at + 1 }, raw));
    numbered.filter_map(Result::transpose).collect()
}

/// A line; `None` where it holds nothing.
pub(crate) fn line<'a>(at: At<'_>, raw: &'a str) -> Result<Option<Line<'a>>, NotationError> {
    let text = before_comment(raw).trim_end();
    if text.contains('\t') {
        return at.fail("expected spaces, found a tab");
    }
    let words = words(at, text)?;
    if words.is_empty() {
        return Ok(None);
    }
    let indent = text.len() - text.trim_start_matches(' ').len();
    if indent % 2 == 1 {
        return at.fail(format!("expected two spaces a level, found {indent} spaces"));
    }
    Ok(Some(Line { number: at.line, depth: indent / 2, words }))
}

/// Words are separated by spaces; in double quotes, spaces belong to the word.
fn words<'a>(at: At<'_>, text: &'a str) -> Result<Vec<&'a str>, NotationError> {
    let mut words = Vec::new();
    let mut rest = text.trim_start_matches(' ');
    while !rest.is_empty() {
        let (word, after) = match rest.strip_prefix('"') {
            Some(quoted) => quoted.split_once('"').ok_or_else(|| at.error("expected a closing quote"))?,
            None => rest.split_once(' ').unwrap_or((rest, "")),
        };
        words.push(word);
        rest = after.trim_start_matches(' ');
    }
    Ok(words)
}

fn before_comment(line: &str) -> &str {
    if line.starts_with('#') {
        return "";
    }
    line.find(" #").map_or(line, |at| line.get(..at).unwrap_or_default())
}

/// A maximum: a number from 1, or `>1` for no limit.
pub(crate) fn maximum(at: At<'_>, word: &str) -> Result<u32, NotationError> {
    match word {
        ">1" => Ok(u32::MAX),
        _ => match word.parse() {
            Ok(max) if max > 0 => Ok(max),
            _ => at.fail(format!("expected a maximum (a number or `>1`), found `{word}`")),
        },
    }
}

/// A name: lower-case letters, digits and `_`.
pub(crate) fn name(at: At<'_>, word: &str) -> Result<String, NotationError> {
    let fit = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    if word.starts_with(|c: char| c.is_ascii_lowercase()) && word.chars().all(fit) {
        return Ok(word.to_owned());
    }
    at.fail(format!("expected a name in snake_case, found `{word}`"))
}

/// `min/max` lengths.
pub(crate) fn lengths(at: At<'_>, word: &str) -> Result<(u32, u32), NotationError> {
    let parsed = word.split_once('/').and_then(|(min, max)| Some((min.parse().ok()?, max.parse().ok()?)));
    match parsed {
        Some((min, max)) if min <= max && max > 0 => Ok((min, max)),
        _ => at.fail(format!("expected lengths as min/max, found `{word}`")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_depth_words_and_comments() {
        let read = lines("f", "# note\n\na  b # c\n  d#e\n").unwrap();
        assert_eq!(read.len(), 2);
        assert_eq!((read[0].number, read[0].depth, read[0].words.clone()), (3, 0, vec!["a", "b"]));
        assert_eq!((read[1].depth, read[1].words.clone()), (1, vec!["d#e"]));
    }

    #[test]
    fn quotes_hold_a_word_together() {
        let read = lines("f", "a \"b c\" d").unwrap();
        assert_eq!(read[0].words, ["a", "b c", "d"]);
        assert!(lines("f", "a \"b").is_err());
    }

    #[test]
    fn names_file_and_line_of_an_odd_indent() {
        assert_eq!(
            lines("f.txt", "a\n b").unwrap_err().to_string(),
            "f.txt:2: expected two spaces a level, found 1 spaces"
        );
        assert!(lines("f.txt", "\ta").is_err());
    }
}
