//! A file as segments, each with the node that it was read as, and the loops' instances that they stand in.

use anyhow::{Context, Result};
use std::sync::Arc;
use tradewind_edi::engine::{self, Options, SetStart};
use tradewind_edi::guide::NodeIx;
use tradewind_edi::{Guide, Segment, Visitor};

/// What separates in every generated file.
pub const ELEMENT: char = '*';
pub const COMPONENT: char = ':';
pub const REPETITION: char = '^';

/// One instance of a loop; the set itself is one, of the root.
#[derive(Clone, Debug)]
pub struct Instance {
    pub node: NodeIx,
    /// Indexes into [`Outline::segments`]: from its first segment to one past its last.
    pub start: usize,
    pub end: usize,
    /// The instance that encloses it.
    pub parent: Option<usize>,
}

/// A file with one or more sets of one guide.
pub struct Outline {
    pub guide: Arc<Guide>,
    /// All segments, the envelope's among them, without terminator.
    pub segments: Vec<String>,
    /// Each segment's node; `None` for the envelope's.
    pub nodes: Vec<Option<NodeIx>>,
    /// Each segment's innermost instance.
    pub inside: Vec<Option<usize>>,
    pub loops: Vec<Instance>,
}

impl Outline {
    pub fn new(guide: &Arc<Guide>, file: &[u8]) -> Result<Self> {
        let text = std::str::from_utf8(file).context("a generated file is ASCII")?;
        let segments: Vec<String> =
            text.split('~').map(|segment| segment.trim().to_owned()).filter(|segment| !segment.is_empty()).collect();
        let blank = vec![None; segments.len()];
        let mut reading = Reading {
            outline: Self {
                guide: Arc::clone(guide),
                nodes: blank.clone(),
                inside: vec![None; segments.len()],
                segments,
                loops: Vec::new(),
            },
            open: Vec::new(),
            next: 0,
        };
        engine::run(file, Options::default(), &mut reading).ok().context("a generated file can be framed")?;
        Ok(reading.outline)
    }

    /// How often a node stands in an instance.
    pub fn count(&self, node: NodeIx, instance: usize) -> usize {
        let within = |at: usize| self.nodes[at] == Some(node) && self.inside[at] == Some(instance);
        (self.loops[instance].start..self.loops[instance].end).filter(|at| within(*at)).count()
    }

    /// How often a loop stands in an instance of its parent.
    pub fn loop_count(&self, node: NodeIx, parent: Option<usize>) -> usize {
        self.loops.iter().filter(|other| other.node == node && other.parent == parent).count()
    }

    /// Whether a segment opens its loop.
    pub fn opens(&self, at: usize) -> bool {
        self.inside[at].is_some_and(|instance| {
            let instance = &self.loops[instance];
            instance.start == at && instance.node != NodeIx::ROOT
        })
    }

    /// The first segment of the set that a segment stands in: its ST.
    pub fn set_start(&self, at: usize) -> usize {
        (0..=at).rev().find(|at| self.segments[*at].starts_with("ST*")).unwrap_or(0)
    }

    /// Loop path and segment id: `2000A/2010AA/NM1`.
    pub fn path(&self, at: usize) -> String {
        let id = self.segments[at].split(ELEMENT).next().unwrap_or_default();
        let path = self.nodes[at].map(|node| self.guide.loop_path(node)).unwrap_or_default();
        if path.is_empty() { id.to_owned() } else { format!("{path}/{id}") }
    }
}

struct Reading {
    outline: Outline,
    open: Vec<usize>,
    next: usize,
}

impl Reading {
    /// Past the envelope's segments, which are not told as segments of a set.
    fn skip_envelope(&mut self) {
        let envelope = |text: &String| matches!(text.split(ELEMENT).next(), Some("ISA" | "TA1" | "GS" | "GE" | "IEA"));
        self.next += self.outline.segments.iter().skip(self.next).take_while(|text| envelope(text)).count();
    }

    fn push(&mut self, node: NodeIx) {
        self.skip_envelope();
        let parent = self.open.last().copied();
        self.outline.loops.push(Instance { node, start: self.next, end: self.next, parent });
        self.open.push(self.outline.loops.len() - 1);
    }

    fn pop(&mut self) {
        if let Some(instance) = self.open.pop() {
            self.outline.loops[instance].end = self.next;
        }
    }
}

impl Visitor for Reading {
    fn set_start(&mut self, _: &SetStart<'_>) {
        self.push(NodeIx::ROOT);
    }

    fn loop_open(&mut self, node: NodeIx) {
        self.push(node);
    }

    fn segment(&mut self, _: &Segment<'_>, node: Option<NodeIx>) {
        self.skip_envelope();
        if self.next < self.outline.nodes.len() {
            self.outline.nodes[self.next] = node;
            self.outline.inside[self.next] = self.open.last().copied();
        }
        self.next += 1;
    }

    fn loop_close(&mut self, _: NodeIx) {
        self.pop();
    }

    fn set_end(&mut self, _: &engine::SetEnd<'_>) {
        self.pop();
    }
}
