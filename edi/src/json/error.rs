//! Why JSON cannot be read as X12.

use crate::delimiters::DelimiterKind;

/// Says where, as a JSON pointer or a byte offset, and never what stood there.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JsonError {
    /// The input is not UTF-8.
    #[error("expected UTF-8 in the JSON, found another byte at byte {byte}")]
    NotUtf8 {
        /// From the start of the JSON.
        byte: u64,
    },
    /// The input is not JSON, or breaks one of our limits on it.
    #[error("expected {expected} at byte {byte} of the JSON")]
    Syntax {
        /// What would have been right.
        expected: &'static str,
        /// From the start of the JSON.
        byte: u64,
    },
    /// A value of another kind.
    #[error("expected {expected}, found {found} at `{pointer}`")]
    Kind {
        /// Where.
        pointer: String,
        /// What would have been right.
        expected: &'static str,
        /// What stands there.
        found: &'static str,
    },
    /// A member that the guide does not name, or an array entry too many.
    #[error("expected only what the guide names, found something else at `{pointer}`")]
    Unknown {
        /// Where; of a name that is no name of a guide, where it stands.
        pointer: String,
    },
    /// A member that the guide requires.
    #[error("expected a value, found none at `{pointer}`")]
    Missing {
        /// Where it would be.
        pointer: String,
    },
    /// A value that does not fit its place.
    #[error("expected {expected} at `{pointer}`")]
    Value {
        /// Where.
        pointer: String,
        /// What would have been right.
        expected: &'static str,
    },
    /// A value that holds a byte that ends it in X12, which knows no escape.
    #[error("expected a value without the {}, found one in it at `{pointer}`", .kind.name())]
    Delimiter {
        /// Where.
        pointer: String,
        /// The delimiter.
        kind: DelimiterKind,
    },
    /// `guide` and `set` name no guide that is known, or another one than asked for.
    #[error("expected a known guide at `{pointer}`")]
    Guide {
        /// Where.
        pointer: String,
    },
}

impl JsonError {
    /// The same error of a value that was cut out at `above`, where bytes count from another start.
    #[must_use]
    pub(crate) fn under(mut self, above: &str) -> Self {
        match &mut self {
            Self::NotUtf8 { .. } => return Self::Value { pointer: above.to_owned(), expected: "UTF-8" },
            Self::Syntax { expected, .. } => return Self::Value { pointer: above.to_owned(), expected },
            Self::Kind { pointer, .. }
            | Self::Unknown { pointer }
            | Self::Missing { pointer }
            | Self::Value { pointer, .. }
            | Self::Delimiter { pointer, .. }
            | Self::Guide { pointer } => pointer.insert_str(0, above),
        }
        self
    }

    /// The place as a JSON pointer, where there is one.
    pub fn pointer(&self) -> Option<&str> {
        match self {
            Self::NotUtf8 { .. } | Self::Syntax { .. } => None,
            Self::Kind { pointer, .. }
            | Self::Unknown { pointer }
            | Self::Missing { pointer }
            | Self::Value { pointer, .. }
            | Self::Delimiter { pointer, .. }
            | Self::Guide { pointer } => Some(pointer),
        }
    }
}

/// A place in JSON, as a chain on the stack; it becomes text only in an error.
#[derive(Clone, Copy)]
pub(crate) struct At<'p> {
    above: Option<&'p At<'p>>,
    step: Step<'p>,
}

#[derive(Clone, Copy)]
enum Step<'p> {
    Root(&'p str),
    Name(&'p str),
    Index(usize),
}

impl<'p> At<'p> {
    /// The top of a document, or a place in it that is already text.
    pub(crate) const fn root(pointer: &'p str) -> Self {
        Self { above: None, step: Step::Root(pointer) }
    }

    pub(crate) const fn name(&'p self, name: &'p str) -> Self {
        Self { above: Some(self), step: Step::Name(name) }
    }

    pub(crate) const fn index(&'p self, index: usize) -> Self {
        Self { above: Some(self), step: Step::Index(index) }
    }

    /// An entry of an array, or the value itself where there is no array.
    pub(crate) const fn index_if(&'p self, index: Option<usize>) -> Self {
        match index {
            Some(index) => self.index(index),
            None => Self { above: self.above, step: self.step },
        }
    }

    pub(crate) fn pointer(&self) -> String {
        let mut text = self.above.map(Self::pointer).unwrap_or_default();
        match self.step {
            Step::Root(pointer) => text.push_str(pointer),
            // A name that no guide could hold may be payload.
            Step::Name(name) if is_name(name) => {
                text.push('/');
                text.push_str(name);
            }
            Step::Name(_) => {}
            Step::Index(index) => text.push_str(&format!("/{index}")),
        }
        text
    }

    pub(crate) fn kind(&self, expected: &'static str, found: &'static str) -> JsonError {
        JsonError::Kind { pointer: self.pointer(), expected, found }
    }

    pub(crate) fn unknown(&self) -> JsonError {
        JsonError::Unknown { pointer: self.pointer() }
    }

    pub(crate) fn missing(&self) -> JsonError {
        JsonError::Missing { pointer: self.pointer() }
    }

    pub(crate) fn value(&self, expected: &'static str) -> JsonError {
        JsonError::Value { pointer: self.pointer(), expected }
    }
}

fn is_name(name: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    !name.is_empty() && name.len() <= 64 && name.bytes().all(fits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_pointers_and_leaves_out_names_that_may_be_payload() {
        let root = At::root("");
        let claims = root.name("claim");
        let claim = claims.index(2);
        assert_eq!(claim.name("claim_information").pointer(), "/claim/2/claim_information");
        assert_eq!(claim.name("MARY DOE").pointer(), "/claim/2");
    }
}
