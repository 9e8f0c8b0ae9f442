//! Many items as one outbound interchange.

use std::sync::Arc;

use super::hook::{Hook, Replaced};
use crate::ack::{Envelope, Format};
use crate::control::ControlNumber;
use crate::guide::{Guide, NodeIx, NodeKind, SegmentId};
use crate::json::JsonError;
use crate::json::error::At;
use crate::json::members::{Content, Member, members, require};
use crate::json::print::{Printer, has_hl_child};
use crate::json::set::{is_envelope, named_guide, print_header, print_trailer};
use crate::json::shape::{Cut, Shape};
use crate::json::tree::{Json, parse};

/// Where ISA14 stands in an ISA.
const ISA14: usize = 100;
const HL: SegmentId = SegmentId::lit("HL");
const BHT: SegmentId = SegmentId::lit("BHT");

/// How a batch is written.
#[derive(Clone, Debug)]
pub struct BatchOptions {
    /// The guide of all its items.
    pub guide: Arc<Guide>,
    /// Sender, receiver, date, time, ISA13, GS06, ISA15.
    pub envelope: Envelope,
    /// Whether ISA14 asks for a TA1.
    pub acknowledgment_requested: bool,
    /// Delimiters and line ends.
    pub format: Format,
    /// ST02 of the first set; each further set takes the next.
    pub set_control: ControlNumber,
    /// BHT03 of each set is this with the set's ST02 behind it.
    pub reference: String,
    /// At most so many items a set: 5,000 is what most payers take.
    pub items_per_set_max: u32,
    /// TRN03 of a trace that [`Batch::add`] puts in: `9` and nine characters of our choice.
    pub trace_originator: String,
}

/// Why an item cannot be put into a batch.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BatchError {
    /// Its JSON does not fit.
    #[error(transparent)]
    Json(#[from] JsonError),
    /// It belongs to another guide.
    #[error("expected an item of guide {expected}, found one of another guide")]
    Guide {
        /// The batch's.
        expected: String,
    },
    /// Our id holds a delimiter, is empty, or does not fit its element.
    #[error("expected an item id of 1 to 50 letters and digits, found another one")]
    OurId,
}

/// What [`Batch::add`] did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Added {
    /// ST02 of the set that the item stands in.
    pub set: ControlNumber,
    /// The sender's own identifier that ours took the place of. It is payload.
    pub replaced: Option<Replaced>,
}

/// What a finished batch holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BatchEnd {
    /// How many sets; they took as many control numbers.
    pub sets: u32,
    /// How many items.
    pub items: u64,
}

/// Writes one interchange of many items, from their JSON. Consecutive items whose ancestors are the same share them; HL01, HL02,
/// HL04 and SE01 are counted anew. Everything is appended to the `out` of each call, so the caller may write it away between calls.
pub struct Batch {
    options: BatchOptions,
    shape: Shape,
    /// The open set's ancestors, the set itself first.
    open: Vec<Level>,
    counts: Counts,
    scratch: Vec<u8>,
}

#[derive(Clone, Copy)]
struct Counts {
    /// The open set's number; the next set's, where none is open.
    set: ControlNumber,
    set_items: u32,
    set_segments: u64,
    hl: u64,
    sets: u32,
    items: u64,
}

/// An ancestor in the output.
struct Level {
    node: NodeIx,
    /// Its own segments without HL; of BHT, only what is not ours.
    text: Vec<u8>,
    /// How many segments `text` has.
    segments: u64,
    has_hl_child: bool,
    hl: Option<u64>,
}

impl Level {
    fn same(&self, other: &Self) -> bool {
        self.node == other.node && self.has_hl_child == other.has_hl_child && self.text == other.text
    }
}

/// An ancestor or the item itself in the JSON.
struct Stage<'j> {
    node: NodeIx,
    members: Vec<Member<'j>>,
    has_hl_child: bool,
}

impl Batch {
    /// A batch without items. Nothing is written until the first one comes.
    pub fn new(options: BatchOptions) -> Self {
        let shape = Shape::new(&options.guide, Cut::Items);
        let counts = Counts { set: options.set_control, set_items: 0, set_segments: 0, hl: 0, sets: 0, items: 0 };
        Self { options, shape, open: Vec::new(), counts, scratch: Vec::new() }
    }

    /// Appends an item. With `our_id` our own identifier goes into the item: REF*D9 of a claim, TRN of an inquiry. An item that
    /// is refused leaves nothing behind.
    pub fn add(&mut self, json: &[u8], our_id: Option<&str>, out: &mut Vec<u8>) -> Result<Added, BatchError> {
        let tree = parse(json)?;
        self.check_guide(&tree)?;
        let mut stages = stages(&self.shape, &tree)?;
        let Some(mut item) = stages.pop() else { return Err(BatchError::Json(At::root("").missing())) };
        let hook = our_id.and_then(|_| Hook::find(&self.shape, item.node));
        let originator = self.options.trace_originator.clone();
        let ours = match (&hook, our_id) {
            (Some(hook), Some(id)) => hook.elements(&self.shape, id, &originator),
            _ => Vec::new(),
        };
        self.check_ours(&ours)?;
        let replaced = hook.and_then(|hook| hook.apply(&self.shape, &mut item.members, &ours));
        let mut levels = Vec::with_capacity(stages.len());
        for (at, stage) in stages.iter().enumerate() {
            levels.push(self.level(stage).map_err(|error| error.under(&pointer(&self.shape, &stages, at)))?);
        }
        let mut scratch = std::mem::take(&mut self.scratch);
        scratch.clear();
        let written = self.write(&stages, levels, &item, &mut scratch);
        if written.is_ok() {
            out.extend_from_slice(&scratch);
        }
        self.scratch = scratch;
        written?;
        Ok(Added { set: self.counts.set, replaced })
    }

    /// Ends the interchange. A batch without items writes nothing.
    pub fn finish(mut self, out: &mut Vec<u8>) -> BatchEnd {
        let BatchOptions { envelope, format, .. } = &self.options;
        if self.counts.sets > 0 {
            let mut counts = self.counts;
            close_set(&mut counts, format, out);
            envelope.ge(format, counts.sets, out);
            envelope.iea(format, 1, out);
            self.counts = counts;
        }
        BatchEnd { sets: self.counts.sets, items: self.counts.items }
    }

    fn check_guide(&self, tree: &Json<'_>) -> Result<(), BatchError> {
        let (revision, set, purpose) = named_guide(tree)?;
        let guide = &self.options.guide;
        let same_purpose = guide.purpose.is_none() || guide.purpose.as_deref() == purpose;
        let same = guide.reads(revision.as_bytes()) && guide.set == set && same_purpose;
        if same { Ok(()) } else { Err(BatchError::Guide { expected: guide.id().to_string() }) }
    }

    fn check_ours(&self, ours: &[&[u8]]) -> Result<(), BatchError> {
        let fits = |value: &&[u8]| {
            let clean = value.iter().all(|b| (b' '..=b'~').contains(b) && !self.options.format.delimiters.contains(*b));
            clean && (1..=50).contains(&value.len())
        };
        if ours.iter().all(fits) { Ok(()) } else { Err(BatchError::OurId) }
    }

    fn printer<'o>(&self, out: &'o mut Vec<u8>, hl: u64) -> Printer<'o> {
        let Format { delimiters, line_end } = self.options.format;
        Printer { out, delimiters, line_end: line_end.bytes(), strict: true, segments: 0, hl: Some(hl) }
    }

    /// The text of an ancestor, to compare it with the one that is open.
    fn level(&self, stage: &Stage<'_>) -> Result<Level, JsonError> {
        let mut text = Vec::new();
        let mut printer = self.printer(&mut text, 0);
        let at = At::root("");
        for member in &stage.members {
            let segment = self.shape.guide.node(member.node).segment;
            let is_segment = self.shape.guide.node(member.node).kind == NodeKind::Segment;
            match member.content {
                _ if is_segment && segment == HL => {}
                Content::Json { value, .. } if is_segment && segment == BHT => {
                    let ours = [(3, &[][..]), (4, &[]), (5, &[])];
                    printer.print_segment(&self.shape, member.node, value, &ours, &at)?;
                }
                _ => printer.print_members(&self.shape, std::slice::from_ref(member), None, &at)?,
            }
        }
        let segments = printer.segments;
        Ok(Level { node: stage.node, text, segments, has_hl_child: stage.has_hl_child, hl: None })
    }

    /// Writes what the item needs: envelopes, a new set, ancestors, itself.
    fn write(
        &mut self,
        stages: &[Stage<'_>],
        mut levels: Vec<Level>,
        item: &Stage<'_>,
        out: &mut Vec<u8>,
    ) -> Result<(), JsonError> {
        let mut counts = self.counts;
        let mut same = self.open.iter().zip(&levels).take_while(|(open, new)| open.same(new)).count();
        if counts.sets == 0 {
            self.open_interchange(out);
        }
        // What comes once below its level, as all of a 278's levels do, has no second one in the set.
        let first_new = levels.get(same).map_or(item.node, |level| level.node);
        let once = same > 0 && self.shape.guide.node(first_new).max == 1;
        if same == 0 || once || counts.set_items >= self.options.items_per_set_max {
            if counts.sets > 0 {
                close_set(&mut counts, &self.options.format, out);
                counts.set = counts.set.next();
            }
            let root = stages.first().unwrap_or(item);
            self.open_set(root, &mut counts, out)?;
            same = usize::from(!levels.is_empty());
            self.open.clear();
        }
        let mut parent = None;
        for (at, (level, stage)) in levels.iter_mut().zip(stages).enumerate() {
            level.hl = match self.open.get(at).filter(|_| at < same) {
                Some(open) => open.hl,
                None if at < same => None,
                None => self.push_level(level, stage, parent, &mut counts, out)?,
            };
            parent = level.hl.or(parent);
        }
        if !stages.is_empty() {
            let mut printer = self.printer(out, counts.hl);
            let printed = printer.print_members(&self.shape, &item.members, parent, &At::root(""));
            printed.map_err(|error| {
                let name = &self.shape.guide.node(item.node).name;
                error.under(&format!("{}/{name}/0", pointer(&self.shape, stages, stages.len())))
            })?;
            counts.set_segments += printer.segments;
            counts.hl = printer.hl.unwrap_or(counts.hl);
        }
        counts.set_items += 1;
        counts.items += 1;
        self.counts = counts;
        self.open = levels;
        Ok(())
    }

    fn open_interchange(&self, out: &mut Vec<u8>) {
        let BatchOptions { envelope, format, guide, .. } = &self.options;
        let start = out.len();
        envelope.isa(format, out);
        if let Some(requested) = out.get_mut(start + ISA14).filter(|_| self.options.acknowledgment_requested) {
            *requested = b'1';
        }
        envelope.gs(format, &guide.group, &guide.revision, out);
    }

    /// ST and the set's own segments before its levels, with our BHT03, BHT04 and BHT05.
    fn open_set(&self, root: &Stage<'_>, counts: &mut Counts, out: &mut Vec<u8>) -> Result<(), JsonError> {
        let reference = format!("{}{:04}", self.options.reference, counts.set.number());
        let (date, time) = (self.options.envelope.at.date8(), self.options.envelope.at.time4());
        let ours = [(3, reference.as_bytes()), (4, date.as_bytes()), (5, time.as_bytes())];
        let mut printer = self.printer(out, 0);
        print_header(&mut printer, &self.options.guide, counts.set);
        let at = At::root("");
        for member in &root.members {
            match member.content {
                Content::Json { value, .. } if self.shape.guide.node(member.node).segment == BHT => {
                    printer.print_segment(&self.shape, member.node, value, &ours, &at)?;
                }
                _ => printer.print_members(&self.shape, std::slice::from_ref(member), None, &at)?,
            }
        }
        counts.set_segments = printer.segments;
        counts.hl = printer.hl.unwrap_or(0);
        counts.set_items = 0;
        counts.sets += 1;
        Ok(())
    }

    /// An ancestor's HL and its text. Returns the HL's number.
    fn push_level(
        &self,
        level: &Level,
        stage: &Stage<'_>,
        parent: Option<u64>,
        counts: &mut Counts,
        out: &mut Vec<u8>,
    ) -> Result<Option<u64>, JsonError> {
        let mut printer = self.printer(out, counts.hl);
        let mut number = None;
        let hl = stage.members.iter().find(|member| {
            let node = self.shape.guide.node(member.node);
            node.kind == NodeKind::Segment && node.segment == HL
        });
        if let Some(Member { node, content: Content::Json { value, .. } }) = hl {
            let at = At::root("");
            number = printer.print_hl(&self.shape, *node, value, parent, level.has_hl_child, &at)?;
        }
        counts.set_segments += printer.segments + level.segments;
        counts.hl = printer.hl.unwrap_or(counts.hl);
        out.extend_from_slice(&level.text);
        Ok(number)
    }
}

fn close_set(counts: &mut Counts, format: &Format, out: &mut Vec<u8>) {
    let Format { delimiters, line_end } = *format;
    let line_end = line_end.bytes();
    let mut printer = Printer { out, delimiters, line_end, strict: true, segments: counts.set_segments, hl: None };
    print_trailer(&mut printer, counts.set);
}

/// The way from the set to the item: each level's members without the next level, the item last.
fn stages<'j>(shape: &Shape, tree: &'j Json<'j>) -> Result<Vec<Stage<'j>>, JsonError> {
    let mut stages: Vec<Stage<'j>> = Vec::with_capacity(6);
    let mut next = Some((NodeIx::ROOT, tree));
    while let Some((node, object)) = next.take() {
        let (stage, below) = stage(shape, node, object).map_err(|error| {
            let level =
                if node == NodeIx::ROOT { String::new() } else { format!("/{}/0", shape.guide.node(node).name) };
            error.under(&format!("{}{level}", pointer(shape, &stages, stages.len())))
        })?;
        stages.push(stage);
        next = below;
    }
    let last = stages.last().map_or(NodeIx::ROOT, |stage| stage.node);
    if last == NodeIx::ROOT || shape.guide.items.iter().any(|item| item.node == last) {
        return Ok(stages);
    }
    Err(At::root(&pointer(shape, &stages, stages.len())).value("an item within"))
}

/// A level's members, and the level below it.
type Below<'j> = Option<(NodeIx, &'j Json<'j>)>;

fn stage<'j>(shape: &Shape, node: NodeIx, object: &'j Json<'j>) -> Result<(Stage<'j>, Below<'j>), JsonError> {
    let at = At::root("");
    let mut all = members(shape, node, object, &at)?;
    let inner = shape.guide.items.iter().find(|item| item.node == node).and_then(|item| item.inner);
    require(shape, node, &all, &at, |child| is_envelope(shape, child) || Some(child) == inner)?;
    all.retain(|member| !is_envelope(shape, member.node));
    let below = all.iter().position(|member| shape.spine(member.node)).map(|below| all.remove(below));
    if let Some(second) = all.iter().find(|member| shape.spine(member.node)) {
        return Err(at.name(&shape.guide.node(second.node).name).value("one item and nothing beside it"));
    }
    let below = match below {
        Some(Member { node, content: Content::Json { value, .. } }) => Some((node, value)),
        _ => None,
    };
    let has_hl_child =
        has_hl_child(shape, &all) || below.is_some_and(|(below, _)| shape.guide.node(below).segment == HL);
    Ok((Stage { node, members: all, has_hl_child }, below))
}

/// Where the level of that index stands: each level is an array of one.
fn pointer(shape: &Shape, stages: &[Stage<'_>], index: usize) -> String {
    let levels = stages.iter().take(index + 1).filter(|stage| stage.node != NodeIx::ROOT);
    levels.map(|stage| format!("/{}/0", shape.guide.node(stage.node).name)).collect()
}
