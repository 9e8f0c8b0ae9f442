//! Names of files in `/in` and `/out`.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

/// The longest file name, in bytes of UTF-8.
pub const NAME_BYTES_MAX: usize = 200;

/// A flat file name. It may hold a patient's name, so it does not print itself.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileName(Arc<str>);

/// Why a text is no file name. It never repeats the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// Nothing, or `.` or `..`.
    #[error("expected a file name, found none")]
    Empty,
    /// Longer than 200 bytes.
    #[error("expected a file name of at most 200 bytes")]
    TooLong,
    /// A slash, a control character, or a character that is neither ASCII nor a letter or digit.
    #[error("expected a file name of printable ASCII, letters and digits, without / and \\")]
    Character,
    /// It begins or ends with a space.
    #[error("expected a file name that neither begins nor ends with a space")]
    Space,
}

impl FileName {
    /// The text. Take care where it goes.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for FileName {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        if text.is_empty() || text == "." || text == ".." {
            return Err(NameError::Empty);
        }
        if text.len() > NAME_BYTES_MAX {
            return Err(NameError::TooLong);
        }
        if !text.chars().all(fits) {
            return Err(NameError::Character);
        }
        if text.starts_with(' ') || text.ends_with(' ') {
            return Err(NameError::Space);
        }
        Ok(Self(text.into()))
    }
}

/// Beyond ASCII only letters and digits: so no combining marks, direction marks, joiners, look-alike slashes or replacement characters.
fn fits(c: char) -> bool {
    if c.is_ascii() { !c.is_ascii_control() && c != '/' && c != '\\' } else { c.is_alphanumeric() }
}

impl fmt::Debug for FileName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FileName({} bytes)", self.0.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_names_as_partners_write_them() {
        for name in ["a", "CLAIMS_20260101.837", "claims (2).edi.pgp", ".hidden", "größe-Ä1.x12", "a..b", "-rf"] {
            assert_eq!(name.parse::<FileName>().unwrap().as_str(), name);
        }
    }

    #[test]
    fn refuses_what_is_no_flat_name() {
        let long = "x".repeat(201);
        for (name, error) in [
            ("", NameError::Empty),
            (".", NameError::Empty),
            ("..", NameError::Empty),
            (long.as_str(), NameError::TooLong),
            ("a/b", NameError::Character),
            ("a\\b", NameError::Character),
            ("a\0b", NameError::Character),
            ("a\nb", NameError::Character),
            ("a\u{7f}", NameError::Character),
            ("a\u{202e}fdp", NameError::Character),
            ("e\u{301}", NameError::Character),
            ("a\u{200d}b", NameError::Character),
            ("a\u{ff0f}b", NameError::Character),
            ("a\u{fffd}b", NameError::Character),
            ("\u{feff}a", NameError::Character),
            (" a", NameError::Space),
            ("a ", NameError::Space),
        ] {
            assert_eq!(name.parse::<FileName>(), Err(error), "{name:?}");
        }
        assert!("x".repeat(200).parse::<FileName>().is_ok());
    }

    #[test]
    fn does_not_print_itself() {
        assert_eq!(format!("{:?}", "DOE_JOHN.edi".parse::<FileName>().unwrap()), "FileName(12 bytes)");
    }
}
