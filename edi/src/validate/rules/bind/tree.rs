//! Conditions to clauses: a disjunction of conjunctions of what can be asked.

use super::{Ask, DraftDynamic, Ref};

/// A condition with negations pushed down.
#[derive(Clone, Debug)]
pub(super) enum Tree {
    Const(bool),
    All(Vec<Tree>),
    Any(Vec<Tree>),
    Literal(Literal),
}

/// One thing that is asked.
#[derive(Clone, Debug)]
pub(super) enum Literal {
    /// Of the anchor's own segment.
    Own(Ask),
    /// A bit that must or must not be set; whether it is known only later.
    Bit { bit: Ref, set: bool, late: bool },
    /// With the loop in whose frame it is known.
    Dynamic { dynamic: DraftDynamic, late: Option<crate::guide::NodeIx> },
}

/// Clauses of one rule and node; more than these make a rule too wide.
const CLAUSES_MAX: usize = 200;

impl Tree {
    /// The clauses; `None` where they are too many.
    pub(super) fn clauses(&self) -> Option<Vec<Vec<Literal>>> {
        match self {
            Self::Const(true) => Some(vec![Vec::new()]),
            Self::Const(false) => Some(Vec::new()),
            Self::Literal(literal) => Some(vec![vec![literal.clone()]]),
            Self::Any(parts) => {
                let mut all = Vec::new();
                for part in parts {
                    all.extend(part.clauses()?);
                }
                (all.len() <= CLAUSES_MAX).then_some(all)
            }
            Self::All(parts) => {
                let mut all = vec![Vec::new()];
                for part in parts {
                    let more = part.clauses()?;
                    if all.len() * more.len() > CLAUSES_MAX {
                        return None;
                    }
                    let joined =
                        all.iter().flat_map(|left| more.iter().map(move |right| [left.as_slice(), right].concat()));
                    all = joined.collect();
                }
                Some(all)
            }
        }
    }
}
