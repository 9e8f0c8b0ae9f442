//! Tables against a guide: which segments fill which cells, when they are emptied, and when a row is written.

use std::collections::HashMap;

use super::notation::{Place, Rows, Spot, Table};
use crate::guide::{Guide, NodeIx, NodeKind};
use crate::segment::Segment;

/// A table's rows at one node of a guide.
#[derive(Debug)]
pub(super) struct RowAt {
    pub(super) table: usize,
    /// The segment that begins it, and the elements that make a row each; otherwise a loop is the row.
    pub(super) segment: Option<First>,
    /// What each column is taken from: the first that stands.
    pub(super) cells: Vec<Vec<Source>>,
}

/// A segment that begins rows, and its elements that make one each.
pub(super) type First = (NodeIx, Vec<u8>);

/// Where a cell's value comes from.
#[derive(Debug)]
pub(super) enum Source {
    Own,
    Set,
    /// The key of an open loop.
    Loop(NodeIx),
    Behind(u8, u8),
    /// The row's own segment.
    Here(Read),
    /// What was kept of a segment that came.
    Kept(usize),
}

/// What is read of a segment.
#[derive(Clone, Debug)]
pub(super) struct Read {
    spot: Spot,
    only: Option<(Spot, Vec<String>)>,
    last: bool,
}

/// All that a guide has for the tables.
#[derive(Debug, Default)]
pub(super) struct Plan {
    pub(super) rows: Vec<RowAt>,
    /// By the segment's node: what is read, and where it is kept unless something is.
    pub(super) keeps: HashMap<NodeIx, Vec<(usize, Read)>>,
    /// By the loop's node: what is forgotten when it opens.
    pub(super) forgets: HashMap<NodeIx, Vec<usize>>,
    /// By the loop's node: rows that are written when it closes.
    pub(super) written: HashMap<NodeIx, Vec<usize>>,
    /// By the segment's node: rows that begin with it.
    pub(super) begun: HashMap<NodeIx, Vec<usize>>,
    pub(super) kept: usize,
}

impl Plan {
    /// The plan of these tables for a guide; empty where none is for its set.
    pub(super) fn new(tables: &[Table], guide: &Guide) -> Self {
        let mut plan = Self::default();
        for (table, of) in tables.iter().enumerate().filter(|(_, table)| table.sets.iter().any(|set| *set == guide.set))
        {
            for (node, segment) in places(&of.rows, guide) {
                let row = plan.rows.len();
                plan.written.entry(node).or_default().push(row);
                if let Some((segment, _)) = &segment {
                    plan.begun.entry(*segment).or_default().push(row);
                }
                let at = segment.as_ref().map(|(segment, _)| *segment);
                let columns = of.columns.iter();
                let cells = columns.map(|column| {
                    column.places.iter().flat_map(|place| plan.sources(guide, node, at, place)).collect()
                });
                let cells = cells.collect();
                plan.rows.push(RowAt { table, segment, cells });
            }
        }
        plan
    }

    /// What a place means for a row at `node`, or at the segment `at` in it.
    fn sources(&mut self, guide: &Guide, node: NodeIx, at: Option<NodeIx>, place: &Place) -> Vec<Source> {
        let (in_loop, read) = match place {
            Place::Own => return vec![Source::Own],
            Place::Set => return vec![Source::Set],
            Place::Behind(element, component) => return vec![Source::Behind(*element, *component)],
            Place::Loop(id) => {
                let open = guide.indexes().filter(|outer| guide.node(*outer).id == *id && guide.within(node, *outer));
                return open.map(Source::Loop).collect();
            }
            Place::At { in_loop, spot, only, last } => {
                (in_loop, Read { spot: spot.clone(), only: only.clone(), last: *last })
            }
        };
        if let (None, Some(at)) = (in_loop, at)
            && guide.node(at).segment.as_str() == read.spot.segment
        {
            return vec![Source::Here(read)];
        }
        let mut sources = Vec::new();
        for (found, owner) in near(guide, node, in_loop.as_deref()) {
            for child in guide.children(found) {
                let is = guide.node(child);
                if is.kind == NodeKind::Segment && is.segment.as_str() == read.spot.segment {
                    self.keeps.entry(child).or_default().push((self.kept, read.clone()));
                    self.forgets.entry(owner).or_default().push(self.kept);
                    sources.push(Source::Kept(self.kept));
                    self.kept += 1;
                }
            }
        }
        sources
    }
}

/// The loops of that id that belong to a row at `node`, with the loop whose opening empties what they hold: a loop within the row's, one
/// around it, or one beside it. Without an id, the row's own.
fn near(guide: &Guide, node: NodeIx, id: Option<&str>) -> Vec<(NodeIx, NodeIx)> {
    let Some(id) = id else { return vec![(node, node)] };
    let loops = guide.indexes().filter(|found| guide.node(*found).kind == NodeKind::Loop);
    let named = loops.filter(|found| guide.node(*found).id == id || *found == NodeIx::ROOT && id == "set");
    named
        .filter_map(|found| {
            let parent = guide.node(found).parent;
            let owner = if guide.within(found, node) {
                node
            } else if guide.within(node, found) {
                found
            } else if parent != NodeIx::NONE && guide.within(node, parent) {
                parent
            } else {
                return None;
            };
            Some((found, owner))
        })
        .collect()
}

/// The loops whose closing writes a row, and the segment that begins it.
fn places(rows: &Rows, guide: &Guide) -> Vec<(NodeIx, Option<First>)> {
    let nodes = guide.indexes().map(|ix| (ix, guide.node(ix)));
    match rows {
        Rows::Set => vec![(NodeIx::ROOT, None)],
        Rows::Loops(ids) => {
            let loops = nodes.filter(|(_, node)| node.kind == NodeKind::Loop && ids.iter().any(|id| node.id == *id));
            loops.map(|(ix, _)| (ix, None)).collect()
        }
        Rows::Segments(id, elements) => {
            let segments = nodes.filter(|(_, node)| node.kind == NodeKind::Segment && node.segment.as_str() == id);
            segments.map(|(ix, node)| (node.parent, Some((ix, elements.clone())))).collect()
        }
    }
}

impl Read {
    /// The value, where the segment is the one that is meant and holds it.
    pub(super) fn of<'a>(&self, segment: &Segment<'a>) -> Option<&'a [u8]> {
        if let Some((spot, codes)) = &self.only {
            let found = at(segment, spot.element, spot.component)?;
            if !codes.iter().any(|code| code.as_bytes() == found) {
                return None;
            }
        }
        let value = at(segment, self.spot.element, self.spot.component)?;
        // The last day of a range; the first one is what stands before the hyphen.
        Some(if self.last { value.get(9..).filter(|to| to.len() == 8).unwrap_or(value) } else { value })
    }
}

/// An element or component, `None` where it is empty.
pub(super) fn at<'a>(segment: &Segment<'a>, element: u8, component: u8) -> Option<&'a [u8]> {
    match component {
        0 => segment.element(usize::from(element)),
        component => segment.component(usize::from(element), usize::from(component)),
    }
}
