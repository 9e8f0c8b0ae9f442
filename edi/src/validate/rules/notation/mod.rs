//! The notation of `rules/`: text to a rule. The page is docs/rule-notation.md.
//!
//! This module is compiled twice: into the build script, which refuses a rule that does not read, and into the library, which
//! reads the built-in rules and those of companion guides. It uses nothing but std and the guides' error.

mod condition;
mod example;
mod place;
mod text;
mod words;

pub(crate) use condition::{Atom, Formula, Op, Operand, Pattern, Test};
pub(crate) use place::{Condition, ElementAt, Part, Place, Position};

pub use example::Example;

use crate::guide::NotationError;

/// A rule as its file says it.
#[derive(Clone, Debug)]
pub(crate) struct Rule {
    pub(crate) name: String,
    /// The comment at its head: its user's page.
    pub(crate) page: String,
    pub(crate) snip: u8,
    pub(crate) is_error: bool,
    pub(crate) since: String,
    /// ST01s, revisions, or `revision-set`.
    pub(crate) sets: Vec<String>,
    /// Code lists without which it asks nothing: an operator loads them.
    pub(crate) needs: Vec<String>,
    pub(crate) scope: Scope,
    /// All must hold for the rule to ask anything.
    pub(crate) when: Vec<Formula>,
    /// All must hold then.
    pub(crate) expect: Vec<Formula>,
    /// What the finding names.
    pub(crate) at: Option<Named>,
    /// What makes it a fault: a 999 names it.
    pub(crate) because: Vec<Place>,
    pub(crate) message: String,
    pub(crate) claim: Option<Claim>,
    pub(crate) code: Code,
    pub(crate) examples: Vec<Example>,
}

/// When a rule is asked.
#[derive(Clone, Debug)]
pub(crate) enum Scope {
    /// For each instance of these loops, when it closes. Loop ids from the outside; `set` alone is the whole set.
    Loop(Vec<String>),
    /// At each of these segments, at once.
    Each(Place),
}

/// What a finding names.
#[derive(Clone, Debug)]
pub(crate) enum Named {
    Place(Place),
    /// What the expectation that does not hold looks at first.
    Expected,
}

/// What a 277CA says of the claim.
#[derive(Clone, Debug)]
pub(crate) struct Claim {
    pub(crate) category: String,
    pub(crate) status: String,
    pub(crate) entity: Entity,
}

/// Whom a claim status is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Entity {
    None,
    /// This entity identifier.
    Is(String),
    /// NM101 of the segment that the finding names.
    OfName,
}

/// What a 999 says where the set is rejected as a whole.
#[derive(Clone, Debug)]
pub(crate) enum Code {
    /// IK403.
    Element(String),
    /// IK304, and the segment that is missing.
    Segment(String, Option<String>),
}

/// Reads one rule. `file` is the name that errors give.
pub(crate) fn read(file: &str, text: &str) -> Result<Rule, NotationError> {
    text::read(file, text)
}

/// A file and the line that is being read, for errors.
#[derive(Clone, Copy, Debug)]
struct At<'a> {
    file: &'a str,
    line: usize,
}

impl At<'_> {
    fn error(self, problem: impl Into<String>) -> NotationError {
        NotationError { file: self.file.to_owned(), line: self.line, problem: problem.into() }
    }

    fn fail<T>(self, problem: impl Into<String>) -> Result<T, NotationError> {
        Err(self.error(problem))
    }
}
