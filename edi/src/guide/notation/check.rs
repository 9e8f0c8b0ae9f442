//! What a guide must hold beyond its grammar, and finding loops by path.

use super::line::{At, NotationError};
use crate::guide::tables::{Code, KeyElement, Node, NodeIx, NodeKind, Period, Span};
use std::collections::BTreeSet;

/// Names are unique among siblings.
pub(super) fn unique<'a>(file: &str, names: impl Iterator<Item = (usize, &'a str)>) -> Result<(), NotationError> {
    let mut seen = BTreeSet::new();
    for (line, name) in names {
        if !seen.insert(name) {
            return At { file, line }
                .fail(format!("expected a name of its own among its siblings, found `{name}` again"));
        }
    }
    Ok(())
}

/// Siblings of one position and one segment id have disjoint keys: else the second could not be told from the first.
pub(super) fn siblings(
    file: &str,
    nodes: &[Node],
    lines: &[usize],
    keys: &[KeyElement],
    codes: &[(Code, Period)],
) -> Result<(), NotationError> {
    for (index, node) in nodes.iter().enumerate() {
        let mut next = node.next_sibling;
        while let Some(other) = nodes.get(usize::from(next.0)).filter(|other| other.position == node.position) {
            if other.segment == node.segment && !apart(node.keys.of(keys), other.keys.of(keys), codes) {
                let line = lines.get(usize::from(next.0)).copied().unwrap_or_default();
                let first = lines.get(index).copied().unwrap_or_default();
                let problem = format!("expected key elements (`!`) that tell it from {} of line {first}", node.name);
                return At { file, line }.fail(problem);
            }
            next = other.next_sibling;
        }
    }
    Ok(())
}

fn apart(a: &[KeyElement], b: &[KeyElement], codes: &[(Code, Period)]) -> bool {
    let disjoint = |a: Span, b: Span| {
        let b = b.of(codes);
        a.of(codes).iter().all(|(code, _)| !b.iter().any(|(other, _)| other == code))
    };
    let same_place = |a: &KeyElement, b: &KeyElement| (a.element, a.component) == (b.element, b.component);
    a.iter().any(|a| b.iter().any(|b| same_place(a, b) && disjoint(a.codes, b.codes)))
}

/// Finds loops by the end of their path.
#[derive(Clone, Copy, Debug)]
pub(super) struct Finder<'a> {
    pub(super) file: &'a str,
    pub(super) nodes: &'a [Node],
}

impl<'a> Finder<'a> {
    /// Every loop whose path ends so.
    pub(super) fn loops(&self, line: usize, path: &str) -> Result<Vec<NodeIx>, NotationError> {
        let found: Vec<NodeIx> = self.all_loops().filter(|ix| self.ends_with(*ix, path)).collect();
        if found.is_empty() {
            return At { file: self.file, line }.fail(format!("expected a loop of this guide, found `{path}`"));
        }
        Ok(found)
    }

    /// As [`Finder::loops`], at or below `within`; `within` itself for the empty path.
    pub(super) fn loops_within(&self, line: usize, within: NodeIx, path: &str) -> Result<Vec<NodeIx>, NotationError> {
        if path.is_empty() {
            return Ok(vec![within]);
        }
        let end = self.nodes.get(usize::from(within.0)).map_or(within, |node| node.end);
        let mut found = self.loops(line, path)?;
        found.retain(|ix| *ix >= within && *ix < end);
        if found.is_empty() {
            return At { file: self.file, line }.fail(format!("expected a loop within its loop, found `{path}`"));
        }
        Ok(found)
    }

    /// The segments that stand directly in a loop.
    pub(super) fn segments_of(&self, parent: NodeIx) -> impl Iterator<Item = (NodeIx, &'a Node)> + use<'a> {
        let indexed = self.nodes.iter().enumerate().map(|(at, node)| (NodeIx(at as u16), node));
        indexed.filter(move |(_, node)| node.parent == parent && node.kind == NodeKind::Segment)
    }

    fn all_loops(&self) -> impl Iterator<Item = NodeIx> + use<'a> {
        let indexed = self.nodes.iter().enumerate().skip(1);
        indexed.filter(|(_, node)| node.kind == NodeKind::Loop).map(|(at, _)| NodeIx(at as u16))
    }

    fn ends_with(&self, ix: NodeIx, path: &str) -> bool {
        let mut at = ix;
        for part in path.rsplit('/') {
            match self.nodes.get(usize::from(at.0)) {
                Some(node) if at != NodeIx::ROOT && node.id == part => at = node.parent,
                _ => return false,
            }
        }
        true
    }
}
