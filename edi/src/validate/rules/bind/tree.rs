//! Conditions to clauses: a disjunction of conjunctions of what can be asked.

use super::super::notation::ElementAt;
use super::{Ask, AskKind, DraftDynamic, DraftSource, Ref};

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
pub(super) const CLAUSES_MAX: usize = 200;

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

/// A clause without what it says twice (a code of a list that has its days is of that list); `None` for one that cannot hold.
pub(super) fn possible(clause: Vec<Literal>) -> Option<Vec<Literal>> {
    let asks: Vec<Ask> = clause.iter().filter_map(own).cloned().collect();
    let excludes = |one: &Ask, other: &Ask| {
        one.element == other.element
            && one.kind == other.kind
            && one.invert != other.invert
            && !(one.absent || other.absent)
    };
    if asks.iter().any(|one| asks.iter().any(|other| excludes(one, other))) {
        return None;
    }
    let says_twice = |ask: &Ask| {
        let AskKind::List(list) = ask.kind else { return false };
        let limited =
            |other: &Ask| other.element == ask.element && other.kind == AskKind::Limited(list) && !other.invert;
        !ask.invert && !ask.absent && asks.iter().any(limited)
    };
    Some(clause.into_iter().filter(|literal| !own(literal).is_some_and(says_twice)).collect())
}

/// The first element of the anchor's own segment that a clause asks of.
pub(super) fn looked_at(clause: &[Literal]) -> Option<ElementAt> {
    clause.iter().find_map(|literal| match literal {
        Literal::Own(ask) => Some(ask.element),
        Literal::Bit { .. } => None,
        Literal::Dynamic { dynamic, .. } => dynamic.sides().find_map(|side| match side {
            DraftSource::Own(element, _) => Some(*element),
            DraftSource::Held(..) => None,
        }),
    })
}

fn own(literal: &Literal) -> Option<&Ask> {
    match literal {
        Literal::Own(ask) => Some(ask),
        _ => None,
    }
}
