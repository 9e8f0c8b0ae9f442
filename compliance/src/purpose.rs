//! What sealed bytes are for: bound into what is sealed, so that one thing cannot stand in for another.

use std::fmt;

/// What an object or a sealed value is for, such as `receipt` or `item-keys`. A fixed word of the program, never a partner's input.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Purpose(&'static str);

impl Purpose {
    /// A purpose; give each thing that is sealed its own word.
    #[must_use]
    pub const fn new(word: &'static str) -> Self {
        Self(word)
    }

    /// The word.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        self.0
    }
}

impl fmt::Display for Purpose {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}
