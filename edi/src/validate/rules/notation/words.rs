//! A line's words.

use super::At;
use crate::guide::NotationError;

/// A word: quoted ones are never keywords.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Word<'t> {
    pub(super) text: &'t str,
    pub(super) quoted: bool,
}

impl<'t> Word<'t> {
    /// The text of a word that stands without quotes.
    pub(super) fn plain(self) -> Option<&'t str> {
        (!self.quoted).then_some(self.text)
    }
}

/// Words are separated by spaces; in double quotes and in brackets, spaces belong to the word.
pub(super) fn words<'t>(at: At<'_>, text: &'t str) -> Result<Vec<Word<'t>>, NotationError> {
    let mut words = Vec::new();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        if let Some(quoted) = rest.strip_prefix('"') {
            let (word, after) = quoted.split_once('"').ok_or_else(|| at.error("expected a closing quote"))?;
            words.push(Word { text: word, quoted: true });
            rest = after.trim_start();
            continue;
        }
        let (mut depth, mut end) = (0usize, rest.len());
        for (index, character) in rest.char_indices() {
            match character {
                '[' => depth += 1,
                ']' => depth = depth.saturating_sub(1),
                ' ' if depth == 0 => {
                    end = index;
                    break;
                }
                _ => {}
            }
        }
        if depth > 0 {
            return at.fail("expected a closing bracket");
        }
        let (word, after) = rest.split_at_checked(end).unwrap_or((rest, ""));
        words.push(Word { text: word, quoted: false });
        rest = after.trim_start();
    }
    Ok(words)
}

/// The line without a comment, which starts behind two spaces and `# `, outside of quotes.
pub(super) fn before_comment(line: &str) -> &str {
    let mut quoted = false;
    for (at, byte) in line.bytes().enumerate() {
        match byte {
            b'"' => quoted = !quoted,
            b'#' if !quoted && line.get(..at).is_some_and(|before| before.ends_with(' ')) => {
                return line.get(..at).unwrap_or_default().trim_end();
            }
            _ => {}
        }
    }
    line.trim_end()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn brackets_and_quotes_hold_words_together() {
        let at = At { file: "f", line: 1 };
        let read: Vec<&str> =
            words(at, "when REF[REF01=G1 9F]/REF02 = \"A B\" C").unwrap().iter().map(|w| w.text).collect();
        assert_eq!(read, ["when", "REF[REF01=G1 9F]/REF02", "=", "A B", "C"]);
        assert!(words(at, "REF[A").is_err() && words(at, "\"A").is_err());
    }

    #[test]
    fn a_comment_starts_behind_a_space() {
        assert_eq!(before_comment("sets 837   # claims"), "sets 837");
        assert_eq!(before_comment("message \"a # b\" # c"), "message \"a # b\"");
        assert_eq!(before_comment("REF*F8#1"), "REF*F8#1");
    }
}
