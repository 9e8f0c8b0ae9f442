//! Where each segment belongs: a walk over the guide, forward in each open loop, from the innermost outwards.

use super::paths::{PathKey, Paths};
use super::plan::{First, Plan, UNSETTLED, bit};
use crate::guide::{NodeIx, SegmentId, Usage};
use crate::segment::Segment;

/// What placing a segment does to the open loops, in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Move {
    /// A required child of the innermost open loop did not come.
    Missing(NodeIx),
    /// The innermost loop closes.
    Close(NodeIx),
    /// A loop opens.
    Open(NodeIx),
    /// A loop or segment stands more often than it may: this often.
    OverMax(NodeIx, u32),
}

/// Where a segment belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Placed {
    /// At this node.
    At(NodeIx),
    /// At this node of an open loop, but too late.
    Late(NodeIx),
    /// Nowhere.
    Lost(Lost),
}

/// Why a segment belongs nowhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lost {
    /// No segment id, or none that X12 knows.
    Unrecognized,
    /// Not in the base transaction set.
    NotInSet,
    /// In the base set, but not in the guide.
    NotUsed,
    /// In the guide, but not here.
    Unexpected,
    /// The start of a loop that should have come before.
    Sequence,
}

/// The open loops.
#[derive(Debug, Default)]
pub(crate) struct Walk {
    open: Vec<Open>,
    /// What was found before.
    paths: Paths,
    /// For each node: in which instance of its parent it was last counted, and how often.
    counts: Vec<(u32, u32)>,
    instances: u32,
}

#[derive(Clone, Copy, Debug)]
struct Open {
    node: NodeIx,
    /// This instance's number.
    instance: u32,
    /// The child that came last.
    at: NodeIx,
    /// How many of the required children are behind.
    required_behind: u32,
    /// Which of the required children stand or were told as missing: their bits.
    settled: u64,
}

/// A child that a segment fits: of which open loop.
#[derive(Clone, Copy)]
struct Fit {
    depth: usize,
    child: NodeIx,
}

impl Walk {
    /// Starts a set: the root is open, before its first child.
    pub(crate) fn start(&mut self, plan: &Plan) {
        self.open.clear();
        self.counts.clear();
        self.counts.resize(plan.guide.nodes.len(), (0, 0));
        self.paths.start(plan);
        self.instances = 1;
        let at = plan.step(NodeIx::ROOT).first_child;
        self.open.push(Open { node: NodeIx::ROOT, instance: 1, at, required_behind: 0, settled: 0 });
    }

    /// The innermost open loop.
    pub(crate) fn innermost(&self) -> NodeIx {
        self.open.last().map_or(NodeIx::ROOT, |open| open.node)
    }

    /// Finds the segment's node, and what closes and opens on the way to it.
    #[inline]
    pub(crate) fn place(&mut self, plan: &Plan, segment: &Segment<'_>, moves: &mut Vec<Move>) -> Placed {
        let at = self.open.last().map_or(NodeIx::ROOT, |open| open.at);
        let path = plan.tellers().key(segment, at);
        let known = path.and_then(|path| self.paths.known(path)).and_then(|(up, child)| {
            let depth = self.open.len().checked_sub(1 + usize::from(up))?;
            let fits = self.count(self.open.get(depth)?, child) < plan.step(child).max;
            fits.then_some(Fit { depth, child })
        });
        match known.or_else(|| self.search(plan, segment, path)) {
            Some(fit) => Placed::At(self.go(plan, &fit, moves)),
            None => self.lost(plan, segment),
        }
    }

    /// What [`Walk::find`] finds, or else guesses. A first choice that is free is remembered.
    fn search(&mut self, plan: &Plan, segment: &Segment<'_>, path: Option<PathKey>) -> Option<Fit> {
        let Some((fit, first)) = self.find(plan, segment) else { return self.guess(plan, segment.id()) };
        if let (Some(path), true) = (path, first) {
            self.paths.remember(path, self.open.len() - 1 - fit.depth, fit.child);
        }
        Some(fit)
    }

    /// Ends the set: closes all loops; the root's own missing children are told too.
    pub(crate) fn end(&mut self, plan: &Plan, moves: &mut Vec<Move>) {
        self.close_to(plan, 0, moves);
        self.missing(plan, 0, NodeIx::NONE, moves);
    }

    /// The first child, from the innermost loop outwards, that the segment fits and that may stand once more; else the first that it
    /// fits. And whether it is the first that it fits.
    fn find(&self, plan: &Plan, segment: &Segment<'_>) -> Option<(Fit, bool)> {
        let id = segment.id();
        let (first, bit) = (First::of(segment), bit(id));
        let mut over: Option<Fit> = None;
        for (depth, open) in self.open.iter().enumerate().rev() {
            let run = plan.step(open.at).run;
            if plan.step(run).ahead & bit == 0 {
                continue;
            }
            // What opened the loop does not come again within it.
            let opening = if depth == 0 { NodeIx::NONE } else { plan.step(open.node).first_child };
            let mut child = run;
            while child != NodeIx::NONE {
                let step = plan.step(child);
                if step.segment == id && child != opening && plan.keys_hold(step, segment, first) {
                    let fit = Fit { depth, child };
                    if self.count(open, child) < step.max {
                        return Some((fit, over.is_none()));
                    }
                    over = over.or(Some(fit));
                }
                child = step.next;
            }
        }
        over.map(|fit| (fit, false))
    }

    /// A segment whose key elements fit nowhere is taken for what is due: the next required child of its id that did not come. Then
    /// the key element is what is wrong, and what follows has its loop.
    #[cold]
    fn guess(&self, plan: &Plan, id: SegmentId) -> Option<Fit> {
        for (depth, open) in self.open.iter().enumerate().rev() {
            let required = plan.required(plan.step(open.node).required);
            let by_guide = |child: &NodeIx| plan.guide.node(*child).usage == Usage::Required;
            let fits = |child: &&NodeIx| **child > open.at && plan.step(**child).segment == id && by_guide(child);
            let due = required.iter().find(fits);
            // Of several segments of one id, none is due more than the others.
            let due = due.filter(|child| plan.step(**child).is_loop || alone(plan, open.node, id));
            if let Some(child) = due.filter(|child| self.count(open, **child) == 0) {
                return Some(Fit { depth, child: *child });
            }
        }
        None
    }

    #[inline]
    fn count(&self, parent: &Open, child: NodeIx) -> u32 {
        match self.counts.get(usize::from(child.0)) {
            Some((instance, count)) if *instance == parent.instance => *count,
            _ => 0,
        }
    }

    fn add(&mut self, instance: u32, child: NodeIx) -> u32 {
        let Some(entry) = self.counts.get_mut(usize::from(child.0)) else { return 0 };
        *entry = if entry.0 == instance { (instance, entry.1.saturating_add(1)) } else { (instance, 1) };
        entry.1
    }

    #[inline]
    fn go(&mut self, plan: &Plan, fit: &Fit, moves: &mut Vec<Move>) -> NodeIx {
        self.close_to(plan, fit.depth, moves);
        self.missing(plan, fit.depth, plan.step(fit.child).run, moves);
        let Some(open) = self.open.get_mut(fit.depth) else { return fit.child };
        open.at = fit.child;
        let instance = open.instance;
        let step = plan.step(fit.child);
        open.settled |= step.required_bit;
        let count = self.add(instance, fit.child);
        let over = count > step.max_by_companions;
        if !step.is_loop {
            if over {
                moves.push(Move::OverMax(fit.child, count));
            }
            return fit.child;
        }
        self.instances = self.instances.wrapping_add(1);
        let instance = self.instances;
        let settled = plan.step(step.first_child).required_bit;
        self.open.push(Open { node: fit.child, instance, at: step.first_child, required_behind: 0, settled });
        self.add(instance, step.first_child);
        moves.push(Move::Open(fit.child));
        if over {
            moves.push(Move::OverMax(fit.child, count));
        }
        step.first_child
    }

    /// Closes the loops within the one at `depth`.
    #[inline]
    fn close_to(&mut self, plan: &Plan, depth: usize, moves: &mut Vec<Move>) {
        while self.open.len() > depth + 1 {
            self.missing(plan, self.open.len() - 1, NodeIx::NONE, moves);
            if let Some(open) = self.open.pop() {
                moves.push(Move::Close(open.node));
            }
        }
    }

    /// Tells the required children of the loop at `depth` that did not come, up to the child `until`.
    #[inline]
    fn missing(&mut self, plan: &Plan, depth: usize, until: NodeIx, moves: &mut Vec<Move>) {
        let Some(open) = self.open.get(depth) else { return };
        let due =
            if until == NodeIx::NONE { plan.step(open.node).required_bits } else { plan.step(until).required_before };
        if due & !open.settled != 0 {
            self.tell_missing(plan, depth, until, due, moves);
        }
    }

    #[cold]
    fn tell_missing(&mut self, plan: &Plan, depth: usize, until: NodeIx, due: u64, moves: &mut Vec<Move>) {
        let Some(open) = self.open.get(depth).copied() else { return };
        let required = plan.required(plan.step(open.node).required);
        let mut behind = open.required_behind;
        while let Some(child) = required.get(behind as usize).filter(|child| **child < until) {
            if self.count(&open, *child) == 0 {
                moves.push(Move::Missing(*child));
            }
            behind += 1;
        }
        if let Some(open) = self.open.get_mut(depth) {
            open.required_behind = behind;
            open.settled |= due & !UNSETTLED;
        }
    }

    #[cold]
    fn lost(&mut self, plan: &Plan, segment: &Segment<'_>) -> Placed {
        let id = segment.id();
        if let Some(late) = self.late(plan, segment) {
            return if plan.step(late).is_loop { Placed::Lost(Lost::Sequence) } else { Placed::Late(late) };
        }
        let listed = |ids: &[SegmentId]| ids.binary_search(&id).is_ok();
        let lost = if plan.guide.nodes.iter().any(|node| node.segment == id) {
            Lost::Unexpected
        } else if listed(&plan.guide.base_segments) {
            Lost::NotUsed
        } else if listed(&crate::guide::known().segments) {
            Lost::NotInSet
        } else {
            Lost::Unrecognized
        };
        Placed::Lost(lost)
    }

    /// What an open loop would have taken before; it is counted, so that it is not told as missing too.
    fn late(&mut self, plan: &Plan, segment: &Segment<'_>) -> Option<NodeIx> {
        for depth in (0..self.open.len()).rev() {
            let open = self.open.get(depth).copied()?;
            let opening = plan.step(open.node).first_child;
            let mut child = plan.step(opening).next;
            while child != NodeIx::NONE && child < open.at {
                let step = plan.step(child);
                if step.segment == segment.id() && plan.keys_hold(step, segment, First::of(segment)) {
                    self.add(open.instance, child);
                    return Some(child);
                }
                child = step.next;
            }
        }
        None
    }
}

/// Whether one child alone of a loop has this segment id.
fn alone(plan: &Plan, node: NodeIx, id: SegmentId) -> bool {
    plan.guide.children(node).filter(|child| plan.step(*child).segment == id).nth(1).is_none()
}
