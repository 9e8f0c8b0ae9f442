//! Companion guides: what a partner asks beyond a guide. The notation is docs/companion-guides.md.
//!
//! A companion only tightens: where each segment belongs is the guide's alone, and what the guide forbids is told as ever. What a
//! companion forbids on top is found besides, as SNIP 7, under rule names that start with the companion's. An engine that has no
//! companion for a guide pays nothing.

mod cel;
mod check;
mod expression;
mod judge;
mod kind;
mod members;
mod text;
mod tighten;

pub(crate) use check::breaches;
pub(crate) use expression::Expression;
pub(crate) use judge::{Judge, Opening, Verdict};
pub(crate) use kind::Kind;

use crate::finding::RuleInfo;
use crate::guide::{Guide, Guides, NodeIx, NodeKind, NotationError, Usage};
use crate::validate::rules::Rules;
use kind::Kinds;
use std::fmt;
use std::sync::Arc;

/// A companion guide that was read. Cheap to clone.
#[derive(Clone)]
pub struct Companion(Arc<Inner>);

struct Inner {
    name: String,
    title: String,
    guide: Arc<Guide>,
    /// The guide's tables, tightened. Its nodes are the guide's, one for one.
    tightened: Guide,
    kinds: Kinds,
    rules: Rules,
    expressions: Vec<Expression>,
}

impl Companion {
    /// Reads a companion guide of one of these guides. `file` is the name that errors give; every mistake is told at once.
    pub fn read(file: &str, text: &str, guides: &Guides) -> Result<Self, Vec<NotationError>> {
        let mut errors = Errors { file, found: Vec::new() };
        let source = text::source(text, &mut errors);
        let companion = source.and_then(|source| Self::of(&source, guides, &mut errors));
        match companion {
            Some(companion) if errors.found.is_empty() => Ok(companion),
            _ => {
                errors.found.sort_by_key(|error| error.line);
                Err(errors.found)
            }
        }
    }

    fn of(source: &text::Source<'_>, guides: &Guides, errors: &mut Errors<'_>) -> Option<Self> {
        let guide = text::guide(source, guides, errors)?;
        let tightened = tighten::tighten(&guide, &source.changes, errors);
        let (rules, expressions) = text::rules(source, &guide, errors);
        Some(Self(Arc::new(Inner {
            name: source.name.clone(),
            title: source.title.clone(),
            kinds: Kinds::new(&source.name),
            guide,
            tightened,
            rules: Rules::of(rules),
            expressions,
        })))
    }

    /// What the names of its rules start with: `example-health-plan`.
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// Its name for people.
    pub fn title(&self) -> &str {
        &self.0.title
    }

    /// The guide that it tightens.
    pub fn guide(&self) -> &Arc<Guide> {
        &self.0.guide
    }

    /// The guide as it stands with the companion: what [`crate::guide::diff`] compares. Loops and segments that the companion forbids
    /// stand in it, not used.
    pub fn tightened(&self) -> &Guide {
        &self.0.tightened
    }

    /// Its rules in the rule notation.
    pub fn rules(&self) -> &Rules {
        &self.0.rules
    }

    /// Its rules that are expressions.
    pub(crate) fn expressions(&self) -> &[Expression] {
        &self.0.expressions
    }

    /// Whether it is for this guide.
    pub(crate) fn is_for(&self, guide: &Arc<Guide>) -> bool {
        Arc::ptr_eq(&self.0.guide, guide) || *self.0.guide == **guide
    }

    /// Whether it asks for a loop or segment that the guide leaves open.
    pub(crate) fn requires(&self, node: NodeIx) -> bool {
        let usage = |guide: &Guide| guide.node(node).usage;
        usage(&self.0.tightened) == Usage::Required && usage(&self.0.guide) != Usage::Required
    }

    /// How often a loop or segment may stand; 0 where it must not.
    pub(crate) fn max(&self, node: NodeIx) -> u32 {
        self.0.tightened.node(node).max
    }

    /// Whether it asks anything of a segment's elements.
    pub(crate) fn touches(&self, node: NodeIx) -> bool {
        let (own, guide) = (self.0.tightened.node(node), self.0.guide.node(node));
        own.kind == NodeKind::Segment && own.elements != guide.elements
    }

    /// What users read of its findings of a kind.
    pub(crate) fn info(&self, kind: Kind) -> &'static RuleInfo {
        self.0.kinds.info(kind)
    }
}

/// The same one, not one that says the same.
impl PartialEq for Companion {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl fmt::Debug for Companion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Companion({} of {})", self.0.name, self.0.guide.id())
    }
}

/// The mistakes of a file.
struct Errors<'f> {
    file: &'f str,
    found: Vec<NotationError>,
}

impl<'f> Errors<'f> {
    /// Takes a mistake, once.
    fn add(&mut self, line: usize, problem: impl Into<String>) {
        let error = NotationError { file: self.file.to_owned(), line, problem: problem.into() };
        self.keep(error);
    }

    fn keep(&mut self, error: NotationError) {
        if !self.found.contains(&error) {
            self.found.push(error);
        }
    }

    /// The value, or its mistake taken.
    fn ok<T>(&mut self, result: Result<T, NotationError>) -> Option<T> {
        result.map_err(|error| self.keep(error)).ok()
    }
}
