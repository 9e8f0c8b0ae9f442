//! Loops as JSON objects, written as the events come, in the guide's order whatever order they come in.

use super::page::Page;
use super::pen::{Lead, Pen};
use super::shape::Shape;
use super::text::push_string;
use super::value::{push_segment, push_unplaced};
use crate::guide::{Guide, NodeIx};
use crate::segment::Segment;

/// Writes the loops of one set. A loop on the spine is *sealed* when the first spine loop opens within it: its own members are
/// complete then, and what follows is written behind them.
#[derive(Default)]
pub(crate) struct Nest {
    pub(crate) out: Page,
    frames: Vec<Frame>,
    instances: Vec<Instance>,
    rebuilt: Vec<u8>,
}

/// An open loop.
struct Frame {
    node: NodeIx,
    /// Where its `{` stands.
    start: usize,
    /// Index of its first instance.
    base: usize,
    /// The member that was written last.
    last: Option<NodeIx>,
    last_rank: u16,
    /// Whether an array is open.
    array: bool,
    /// Whether a member stands before.
    any: bool,
    /// Whether members came in another order than the guide's.
    shuffled: bool,
    /// Where its own members end.
    sealed: Option<usize>,
    /// Segments without a place, as the inside of an array.
    unplaced: Vec<u8>,
}

impl Frame {
    /// A member comes next: what stands before its value.
    #[inline]
    fn lead(&mut self, shape: &Shape, node: NodeIx) -> Lead {
        if self.array && self.last == Some(node) {
            return Lead { comma: true, ..Lead::default() };
        }
        let rank = shape.rank(node);
        self.shuffled |= self.last.is_some() && rank <= self.last_rank;
        let lead = Lead { closes: self.array, comma: self.any, name: shape.opening(node) };
        self.any = true;
        self.last = Some(node);
        self.last_rank = rank;
        self.array = shape.repeats(node);
        lead
    }
}

/// A member's value of an unsealed loop.
struct Instance {
    node: NodeIx,
    start: usize,
    end: usize,
}

impl Nest {
    /// Opens the set's object and names its guide in it.
    pub(crate) fn begin(&mut self, guide: &Guide) {
        self.push_frame(NodeIx::ROOT);
        let names = [("guide", Some(&guide.revision)), ("set", Some(&guide.set)), ("purpose", guide.purpose.as_ref())];
        self.out.append(|out| {
            for (key, value) in names {
                let Some(value) = value else { continue };
                if !out.is_empty() {
                    out.push(b',');
                }
                push_string(out, key.as_bytes());
                out.push(b':');
                push_string(out, value.as_bytes());
            }
        });
        if let Some(frame) = self.frames.last_mut() {
            frame.any = true;
        }
    }

    /// Opens the object of a loop on its own, without what encloses it.
    pub(crate) fn begin_loop(&mut self, node: NodeIx) {
        self.push_frame(node);
    }

    fn push_frame(&mut self, node: NodeIx) {
        self.frames.push(Frame {
            node,
            start: self.out.len(),
            base: self.instances.len(),
            last: None,
            last_rank: 0,
            array: false,
            any: false,
            shuffled: false,
            sealed: None,
            unplaced: Vec::new(),
        });
        self.out.push(b'{');
    }

    /// Where the innermost open loop's `{` stands.
    pub(crate) fn top_start(&self) -> usize {
        self.frames.last().map_or(0, |frame| frame.start)
    }

    /// Whether the innermost open loop is sealed.
    pub(crate) fn top_sealed(&self) -> bool {
        self.frames.last().is_some_and(|frame| frame.sealed.is_some())
    }

    /// A loop opens.
    pub(crate) fn open(&mut self, shape: &Shape, node: NodeIx) {
        if shape.spine(node) {
            self.seal(shape);
        }
        let Some(frame) = self.frames.last_mut() else { return };
        let mut pen = Pen::new(self.out.room(Pen::room_of_lead(shape, node)));
        pen.lead(shape, &frame.lead(shape, node));
        let written = pen.written();
        self.out.advance(written);
        self.push_frame(node);
    }

    /// A segment of the innermost open loop.
    #[inline]
    pub(crate) fn segment(&mut self, shape: &Shape, node: NodeIx, segment: &Segment<'_>, line_end: Option<&[u8]>) {
        let Some(frame) = self.frames.last_mut() else { return };
        let mut pen = Pen::new(self.out.room(Pen::room_of(shape, node, segment)));
        pen.lead(shape, &frame.lead(shape, node));
        let lead = pen.written();
        let usual = pen.segment(shape, node, segment, line_end);
        let written = pen.written();
        let start = self.out.len() + lead;
        self.out.advance(written);
        if !usual {
            self.out.append(|out| push_segment(out, shape, node, segment, line_end));
        }
        self.end_member(node, start);
    }

    /// A segment that has no place in the guide.
    pub(crate) fn unplaced(&mut self, segment: &Segment<'_>, line_end: Option<&[u8]>) {
        let Some(frame) = self.frames.last_mut() else { return };
        if !frame.unplaced.is_empty() {
            frame.unplaced.push(b',');
        }
        push_unplaced(&mut frame.unplaced, segment, line_end);
    }

    /// The innermost open loop closes. Tells where it started.
    pub(crate) fn close(&mut self, shape: &Shape) -> Option<NodeIx> {
        self.finish_members(shape);
        let frame = self.frames.pop()?;
        if !frame.unplaced.is_empty() {
            let comma: &[u8] = if frame.any { b"," } else { b"" };
            self.out.extend(comma);
            self.out.extend(b"\"_unplaced\":[");
            self.out.extend(&frame.unplaced);
            self.out.push(b']');
        }
        self.out.push(b'}');
        self.end_member(frame.node, frame.start);
        Some(frame.node)
    }

    /// Closes the own members of the innermost loop, so that what follows can be cut off or written out.
    pub(crate) fn seal(&mut self, shape: &Shape) {
        if self.top_sealed() {
            return;
        }
        self.finish_members(shape);
        let end = self.out.len();
        if let Some(frame) = self.frames.last_mut() {
            frame.sealed = Some(end);
            frame.last = None;
        }
    }

    /// Takes back what was written behind the own members of the innermost loop, if it is sealed.
    pub(crate) fn forget_behind_seal(&mut self) {
        let Some(frame) = self.frames.last_mut() else { return };
        let Some(end) = frame.sealed else { return };
        self.out.truncate(end);
        frame.last = None;
        frame.array = false;
    }

    /// Puts other own members in the place of the innermost loop's, which is sealed: `own` starts with `{`.
    pub(crate) fn replace_own(&mut self, own: &[u8]) {
        let Some(frame) = self.frames.last_mut() else { return };
        self.out.truncate(frame.start);
        self.out.extend(own);
        frame.sealed = Some(self.out.len());
        frame.any = own.len() > 1;
    }

    /// Closes every open loop and array around the value that was written last, on a copy.
    pub(crate) fn push_closers(&self, to: &mut Vec<u8>) {
        for frame in self.frames.iter().rev() {
            if frame.array {
                to.push(b']');
            }
            to.push(b'}');
        }
    }

    /// Forgets everything.
    pub(crate) fn clear(&mut self) {
        self.out.truncate(0);
        self.frames.clear();
        self.instances.clear();
    }

    /// Gives away what will not change any more.
    pub(crate) fn drain<T>(&mut self, take: impl FnOnce(&[u8]) -> T) -> T {
        let settled =
            self.frames.iter().find(|frame| frame.sealed.is_none()).map_or(self.out.len(), |frame| frame.start);
        let taken = self.out.drain(settled, take);
        for frame in &mut self.frames {
            frame.start = frame.start.saturating_sub(settled);
            frame.sealed = frame.sealed.map(|end| end.saturating_sub(settled));
        }
        for instance in &mut self.instances {
            instance.start -= settled;
            instance.end -= settled;
        }
        taken
    }

    fn end_member(&mut self, node: NodeIx, start: usize) {
        let Some(frame) = self.frames.last() else { return };
        if frame.sealed.is_none() {
            self.instances.push(Instance { node, start, end: self.out.len() });
        }
    }

    /// Closes the open array, or puts the members into the guide's order.
    fn finish_members(&mut self, shape: &Shape) {
        let Some(frame) = self.frames.last_mut() else { return };
        if frame.shuffled && frame.sealed.is_none() {
            let instances = self.instances.get(frame.base..).unwrap_or_default();
            self.rebuilt.clear();
            let head = instances.first().map_or(self.out.len(), |first| member_start(shape, first));
            push_ordered(&mut self.rebuilt, shape, instances, self.out.written());
            self.out.truncate(head);
            self.out.extend(&self.rebuilt);
        } else if frame.array {
            self.out.push(b']');
        }
        frame.array = false;
        frame.shuffled = false;
        self.instances.truncate(frame.base);
    }
}

/// Where the first member of a loop starts: its key, behind the comma that may stand before it.
fn member_start(shape: &Shape, first: &Instance) -> usize {
    first.start - shape.key(first.node).len() - usize::from(shape.repeats(first.node))
}

/// Writes members in the guide's order, and `_order` behind them.
fn push_ordered(to: &mut Vec<u8>, shape: &Shape, came: &[Instance], from: &[u8]) {
    let mut sorted: Vec<&Instance> = came.iter().collect();
    sorted.sort_by_key(|instance| shape.rank(instance.node));
    for (at, same) in sorted.chunk_by(|a, b| a.node == b.node).enumerate() {
        if at > 0 {
            to.push(b',');
        }
        let array = same.len() > 1 || same.first().is_some_and(|first| shape.repeats(first.node));
        to.extend_from_slice(same.first().map_or(&[], |first| shape.key(first.node)));
        if array {
            to.push(b'[');
        }
        for (at, instance) in same.iter().enumerate() {
            if at > 0 {
                to.push(b',');
            }
            to.extend_from_slice(from.get(instance.start..instance.end).unwrap_or_default());
        }
        if array {
            to.push(b']');
        }
    }
    let unlike = |(came, sorted): (&Instance, &&Instance)| came.node != sorted.node;
    let listed = came.iter().zip(&sorted).rposition(unlike).map_or(0, |last| last + 1);
    if listed == 0 {
        return;
    }
    to.extend_from_slice(b",\"_order\":");
    let mut open = b'[';
    for instance in came.iter().take(listed) {
        to.push(open);
        open = b',';
        let key = shape.key(instance.node);
        to.extend_from_slice(key.strip_suffix(b":").unwrap_or(key));
    }
    to.push(b']');
}

/// A set whose guide is unknown: its segments as arrays of strings.
pub(crate) fn push_raw_segment(out: &mut Vec<u8>, segment: &Segment<'_>, line_end: &[u8]) {
    out.push(b'[');
    push_string(out, segment.id_bytes());
    for element in segment.elements() {
        out.push(b',');
        push_string(out, element.bytes());
    }
    if segment.line_end() != line_end {
        out.extend_from_slice(b",{\"_line_end\":");
        push_string(out, segment.line_end());
        out.push(b'}');
    }
    out.push(b']');
}
