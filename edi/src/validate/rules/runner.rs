//! The rules beyond the tables at work: bound to a guide's nodes once, then asked only where one of them looks.

use super::RULES;
use super::bind::bind;
use super::check::{Check, Complaint, Rule, Seen};
use super::data::Rules;
use super::frame::Frame;
use super::program::Program;
use crate::finding::Snip;
use crate::guide::{Guide, NodeIx, NodeKind, Span};
use crate::segment::Segment;
use std::fmt;

/// The rules that look at a guide, by the nodes that they look at. One a guide and engine.
pub(crate) struct Bound {
    /// The rules written in Rust that look anywhere in the guide.
    checks: Vec<&'static Rule>,
    /// Parallel to the guide's nodes: a run of `wanted`.
    nodes: Vec<Span>,
    /// Indexes of `checks`.
    wanted: Vec<u16>,
    /// The rules that are data.
    program: Program,
}

impl Bound {
    /// Binds the rules up to a SNIP type.
    pub(crate) fn new(guide: &Guide, rules: &Rules, snip_max: Snip) -> Self {
        let mut bound = Self {
            checks: Vec::new(),
            nodes: vec![Span::default(); guide.nodes.len()],
            wanted: Vec::new(),
            program: bind(rules, guide, snip_max),
        };
        let wants = |rule: &Rule, node: NodeIx| match guide.node(node).kind {
            NodeKind::Segment => (rule.binds)(guide, node),
            NodeKind::Loop => (rule.closes)(guide, node),
        };
        let in_force = RULES.iter().filter(|rule| rule.infos.iter().any(|info| info.snip <= snip_max));
        bound.checks = in_force.filter(|rule| guide.indexes().any(|node| wants(rule, node))).collect();
        for (node, span) in guide.indexes().zip(&mut bound.nodes) {
            span.start = bound.wanted.len() as u32;
            let at = bound.checks.iter().zip(0u16..).filter(|(rule, _)| wants(rule, node)).map(|(_, at)| at);
            bound.wanted.extend(at);
            span.len = bound.wanted.len() as u32 - span.start;
        }
        bound
    }

    /// Whether any rule looks at this node.
    pub(crate) fn looks_at(&self, node: NodeIx) -> bool {
        !self.wanted(node).is_empty() || self.program.looks_at(node)
    }

    fn wanted(&self, node: NodeIx) -> &[u16] {
        self.nodes.get(usize::from(node.0)).copied().unwrap_or_default().of(&self.wanted)
    }
}

impl fmt::Debug for Bound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Bound({} rules)", self.checks.len())
    }
}

/// The rules' state in one transaction set.
#[derive(Debug, Default)]
pub(crate) struct Runner {
    /// Parallel to the bound checks.
    checks: Vec<Box<dyn Check>>,
    frame: Frame,
}

impl Runner {
    /// A set starts.
    pub(crate) fn start(&mut self, bound: &Bound) {
        self.frame.start(&bound.program);
        self.checks.clear();
        self.checks.extend(bound.checks.iter().map(|rule| (rule.start)()));
    }

    /// A loop opens that a rule looks at; its first segment comes next.
    pub(crate) fn open(&mut self, bound: &Bound, node: NodeIx) {
        self.frame.open(bound.program.at(node));
    }

    /// A segment comes that a rule looks at.
    pub(crate) fn segment(
        &mut self,
        bound: &Bound,
        guide: &Guide,
        node: NodeIx,
        segment: &Segment<'_>,
        found: &mut Vec<Complaint>,
    ) {
        let program = &bound.program;
        self.frame.segment(program, program.at(node), node, segment, found);
        let seen = Seen { node, segment: *segment };
        for at in bound.wanted(node) {
            if let Some(check) = self.checks.get_mut(usize::from(*at)) {
                check.segment(guide, &seen, found);
            }
        }
    }

    /// A loop closes that a rule looks at; the root when the set has ended.
    pub(crate) fn close(&mut self, bound: &Bound, guide: &Guide, node: NodeIx, found: &mut Vec<Complaint>) {
        self.frame.close(&bound.program, bound.program.at(node), found);
        for at in bound.wanted(node) {
            if let Some(check) = self.checks.get_mut(usize::from(*at)) {
                check.close(guide, node, found);
            }
        }
    }
}
