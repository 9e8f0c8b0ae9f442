//! Places to nodes.

use super::super::notation::{Condition, ElementAt, Place, Position};
use super::super::program::fits;
use super::{Anchor, Ask, AskKind, Binder, Targets};
use crate::guide::{ElementUse, Guide, NodeIx, NodeKind, SegmentId, Usage};

/// The nodes that a place means, seen from a rule's anchor.
#[derive(Clone)]
pub(super) struct Found {
    /// The innermost loop that holds both.
    pub(super) scope: NodeIx,
    /// It may come after the anchor.
    pub(super) late: bool,
    /// It is the anchor's own segment.
    pub(super) own: bool,
    pub(super) targets: Targets,
}

/// A condition as a test.
pub(super) fn ask(condition: &Condition) -> Ask {
    let kind = if condition.codes.is_empty() { AskKind::Stands } else { AskKind::Codes(condition.codes.clone()) };
    Ask { element: condition.element, absent: condition.not, invert: condition.not, kind }
}

/// How a guide uses an element, and whether that is one of a composite's components.
pub(super) fn used(guide: &Guide, node: NodeIx, element: ElementAt) -> Option<(&ElementUse, bool)> {
    let position = match element.position {
        Position::At(position) => position,
        Position::Each => 1,
    };
    let used = guide.elements_of(guide.node(node)).get(usize::from(position).checked_sub(1)?)?;
    match element.component {
        0 => Some((used, false)),
        component => guide.components_of(used).get(usize::from(component) - 1).map(|used| (used, true)),
    }
}

impl Binder<'_> {
    /// The loops that a path of loop ids ends in. An id that ends in `*` means all that start so.
    pub(super) fn loops(&self, path: &[String]) -> Vec<NodeIx> {
        let named = |node: NodeIx, id: &str| {
            let own = self.guide.node(node).id.as_ref();
            match id.strip_suffix('*') {
                Some(start) => own.starts_with(start),
                None => own == id,
            }
        };
        let fits = |node: &NodeIx| {
            let mut at = *node;
            path.iter().rev().all(|id| {
                let fits = at != NodeIx::NONE && at != NodeIx::ROOT && named(at, id);
                at = self.guide.node(at).parent;
                fits
            })
        };
        self.guide.indexes().filter(|node| self.guide.node(*node).kind == NodeKind::Loop).filter(fits).collect()
    }

    /// The nodes of a place; `None` (and a problem) where the guide has none.
    pub(super) fn resolve(&mut self, place: &Place, anchor: Anchor) -> Option<Found> {
        let loops = match (place.from_root, place.loops.as_slice()) {
            (true, []) => vec![NodeIx::ROOT],
            (false, []) => vec![anchor.within],
            (_, path) => self.loops(path),
        };
        let own_segment = self.guide.node(anchor.node).segment;
        let segment = place.segment.as_deref().map(SegmentId::lit);
        let own = anchor.each && segment == Some(own_segment) && loops.contains(&anchor.within);
        if own {
            let asks = place.conditions.iter().map(ask).collect();
            return self.live(place, vec![(anchor.node, asks)]).map(|targets| Found {
                scope: anchor.within,
                late: false,
                own,
                targets,
            });
        }
        // Of all loops of that name, those that share most with the anchor.
        let shared = |node: NodeIx| self.shared(node, anchor.within);
        let scope = loops.iter().map(|node| shared(*node)).max()?;
        let nearest = loops.into_iter().filter(|node| shared(*node) == scope);
        let mut targets = Vec::new();
        for node in nearest {
            let opening = self.guide.node(node).first_child;
            let children = match segment {
                Some(segment) => self.children(node, segment),
                None => vec![opening],
            };
            targets.extend(children.into_iter().map(|child| (child, place.conditions.iter().map(ask).collect())));
        }
        let targets = self.live(place, targets)?;
        let late = targets.iter().any(|(target, _)| self.is_late(*target, scope, anchor));
        Some(Found { scope, late, own, targets })
    }

    fn children(&self, node: NodeIx, segment: SegmentId) -> Vec<NodeIx> {
        let fits = |child: &NodeIx| {
            let child = self.guide.node(*child);
            child.kind == NodeKind::Segment && child.segment == segment
        };
        self.guide.children(node).filter(fits).collect()
    }

    /// The targets whose conditions can hold, without what holds always, and whose element the guide uses.
    fn live(&mut self, place: &Place, targets: Targets) -> Option<Targets> {
        let mut live = Vec::new();
        for (node, mut asks) in targets {
            let stands =
                place.element.map(|element| Ask { element, absent: false, invert: false, kind: AskKind::Stands });
            if asks.iter().chain(&stands).any(|ask| self.known(node, ask) == Some(false)) {
                continue;
            }
            asks.retain(|ask| self.known(node, ask).is_none());
            live.push((node, asks));
        }
        if live.is_empty() {
            self.problem(place.line, format!("the guide has no {}", place.text));
            return None;
        }
        Some(live)
    }

    /// The innermost loop that holds both loops.
    fn shared(&self, one: NodeIx, other: NodeIx) -> NodeIx {
        let mut at = one;
        while !self.guide.within(other, at) && at != NodeIx::ROOT {
            at = self.guide.node(at).parent;
        }
        at
    }

    /// Whether a segment may come after the anchor, within one instance of the loop that holds both.
    fn is_late(&self, target: NodeIx, scope: NodeIx, anchor: Anchor) -> bool {
        if !anchor.each && anchor.node == scope {
            return false;
        }
        let child = |node: NodeIx| {
            let mut at = node;
            while self.guide.node(at).parent != scope && at != NodeIx::ROOT {
                at = self.guide.node(at).parent;
            }
            at
        };
        let (theirs, own) = (child(target), child(anchor.node));
        if theirs == self.guide.node(scope).first_child {
            return false;
        }
        if theirs >= own {
            return theirs != own || anchor.each;
        }
        // Those that share a position may stand in any order.
        let between = self.guide.children(scope).filter(|child| (theirs..=own).contains(child));
        let mut positions = between.map(|child| self.guide.node(child).position);
        let first = positions.next();
        positions.all(|position| Some(position) == first)
    }

    /// What a test gives at a node whatever stands there, by the guide's tables.
    pub(super) fn known(&self, node: NodeIx, ask: &Ask) -> Option<bool> {
        if ask.element.position == Position::Each {
            return None;
        }
        let Some((used, _)) = used(self.guide, node, ask.element) else { return Some(ask.absent) };
        if used.usage == Usage::NotUsed {
            return Some(ask.absent);
        }
        let AskKind::Codes(patterns) = &ask.kind else { return None };
        let codes = self.guide.codes_of(used);
        if codes.is_empty() {
            return None;
        }
        let listed = |code: &crate::guide::Code| patterns.iter().any(|pattern| fits(pattern, code.as_bytes()));
        match (codes.iter().any(listed), codes.iter().all(listed)) {
            (false, _) if ask.absent == ask.invert => Some(ask.invert),
            (_, true) if used.key => Some(!ask.invert),
            _ => None,
        }
    }
}
