//! What the engine tells a visitor, in the order of the file.

use crate::delimiters::Delimiters;
use crate::finding::{Finding, GroupCode, InterchangeCode, SetCode};
use crate::guide::{Guide, NodeIx};
use crate::read::InterchangeHeader;
use crate::segment::Segment;
use std::fmt;
use std::ops::Range;
use std::sync::Arc;

/// Takes the engine's events. Every method does nothing by default.
///
/// Order: `interchange_start` { `ta1` | `group_start` { `set_start` { loops, segments, items } `set_end` } `group_end` }
/// `interchange_end`. Within a set, for each segment: first what it closes (findings of the closed loop, `item_close`,
/// `loop_close`, innermost first), then what it opens (`loop_open`, `item_open`, outermost first), then `segment`, then the
/// segment's findings. A finding of an envelope stands before the `…_end` that it decides.
///
/// **What may travel**: an item, if its own `item_close`, its `set_end`, `group_end` and `interchange_end` all let it. So nothing is
/// released before `interchange_end`.
#[allow(unused_variables)]
pub trait Visitor {
    /// An ISA. Told also for a broken one, where enough can be read for a TA1; then a finding and `interchange_end` follow.
    fn interchange_start(&mut self, event: &InterchangeStart<'_>) {}
    /// A TA1 between ISA and GS, or alone.
    fn ta1(&mut self, segment: &Segment<'_>) {}
    /// A GS.
    fn group_start(&mut self, event: &GroupStart<'_>) {}
    /// An ST, told before its `segment`.
    fn set_start(&mut self, event: &SetStart<'_>) {}
    /// A loop opens. The root does not: it is the set.
    fn loop_open(&mut self, node: NodeIx) {}
    /// An item's loop has opened; told after its `loop_open`. Where the set is the item: [`NodeIx::ROOT`], after `set_start`.
    fn item_open(&mut self, node: NodeIx) {}
    /// A segment of a set, ST and SE among them. `node` is `None` where the guide has no place for it or there is no guide.
    fn segment(&mut self, segment: &Segment<'_>, node: Option<NodeIx>) {}
    /// Something is wrong.
    fn finding(&mut self, finding: &Finding) {}
    /// An item ends, with its verdict; told before its `loop_close`.
    fn item_close(&mut self, event: &ItemEnd) {}
    /// A loop closes.
    fn loop_close(&mut self, node: NodeIx) {}
    /// A set ends, by its SE or because something else came.
    fn set_end(&mut self, event: &SetEnd<'_>) {}
    /// A group ends.
    fn group_end(&mut self, event: &GroupEnd<'_>) {}
    /// An interchange ends.
    fn interchange_end(&mut self, event: &InterchangeEnd<'_>) {}
}

/// Tells two of each event, the first one first.
impl<A: Visitor, B: Visitor> Visitor for (&mut A, &mut B) {
    fn interchange_start(&mut self, event: &InterchangeStart<'_>) {
        self.0.interchange_start(event);
        self.1.interchange_start(event);
    }

    fn ta1(&mut self, segment: &Segment<'_>) {
        self.0.ta1(segment);
        self.1.ta1(segment);
    }

    fn group_start(&mut self, event: &GroupStart<'_>) {
        self.0.group_start(event);
        self.1.group_start(event);
    }

    fn set_start(&mut self, event: &SetStart<'_>) {
        self.0.set_start(event);
        self.1.set_start(event);
    }

    fn loop_open(&mut self, node: NodeIx) {
        self.0.loop_open(node);
        self.1.loop_open(node);
    }

    fn item_open(&mut self, node: NodeIx) {
        self.0.item_open(node);
        self.1.item_open(node);
    }

    fn segment(&mut self, segment: &Segment<'_>, node: Option<NodeIx>) {
        self.0.segment(segment, node);
        self.1.segment(segment, node);
    }

    fn finding(&mut self, finding: &Finding) {
        self.0.finding(finding);
        self.1.finding(finding);
    }

    fn item_close(&mut self, event: &ItemEnd) {
        self.0.item_close(event);
        self.1.item_close(event);
    }

    fn loop_close(&mut self, node: NodeIx) {
        self.0.loop_close(node);
        self.1.loop_close(node);
    }

    fn set_end(&mut self, event: &SetEnd<'_>) {
        self.0.set_end(event);
        self.1.set_end(event);
    }

    fn group_end(&mut self, event: &GroupEnd<'_>) {
        self.0.group_end(event);
        self.1.group_end(event);
    }

    fn interchange_end(&mut self, event: &InterchangeEnd<'_>) {
        self.0.interchange_end(event);
        self.1.interchange_end(event);
    }
}

/// GS01 to GS08 as text; bytes that are not ASCII read as `?`. `Debug` shows no value.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct GroupHeader {
    /// GS01.
    pub code: String,
    /// GS02.
    pub sender: String,
    /// GS03.
    pub receiver: String,
    /// GS04.
    pub date: String,
    /// GS05.
    pub time: String,
    /// GS06.
    pub control_number: String,
    /// GS08.
    pub version: String,
}

impl fmt::Debug for GroupHeader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("GroupHeader")
    }
}

/// ST01 to ST03 as text. `Debug` shows no value.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct SetHeader {
    /// ST01.
    pub code: String,
    /// ST02.
    pub control_number: String,
    /// ST03, absent by design in the 835.
    pub convention: Option<String>,
}

impl fmt::Debug for SetHeader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SetHeader")
    }
}

/// An ISA.
#[derive(Debug)]
pub struct InterchangeStart<'a> {
    /// Ordinal in the file, from 1.
    pub ordinal: u32,
    /// Its fields.
    pub header: &'a InterchangeHeader,
    /// Its delimiters; of a broken ISA what could be read.
    pub delimiters: Delimiters,
    /// The ISA itself; `None` where it is broken.
    pub segment: Option<Segment<'a>>,
    /// Offset of its first byte.
    pub offset: u64,
    /// What stood before it at the start of the file: a BOM, line ends.
    pub leading: &'a [u8],
}

/// A GS.
#[derive(Debug)]
pub struct GroupStart<'a> {
    /// Ordinal in the interchange, from 1.
    pub ordinal: u32,
    /// Its fields.
    pub header: &'a GroupHeader,
    /// The GS itself.
    pub segment: Segment<'a>,
}

/// An ST.
#[derive(Debug)]
pub struct SetStart<'a> {
    /// Ordinal in the group, from 1.
    pub ordinal: u32,
    /// Its fields.
    pub header: &'a SetHeader,
    /// The guide that it is read by; `None` where none fits. Keep the `Arc` to look up nodes later.
    pub guide: Option<&'a Arc<Guide>>,
    /// Offset of its first byte.
    pub offset: u64,
}

/// The end of an item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ItemEnd {
    /// The item's loop.
    pub node: NodeIx,
    /// Whether it is an item of its own. `false`: it only encloses the items that follow (a subscriber of dependents).
    pub own: bool,
    /// Whether an error takes it down by itself or by its level. The set's verdict comes on top.
    pub rejected: bool,
    /// Its bytes in the file: from the first byte of the segment that opened it to the first of the one that closed it.
    pub bytes: Range<u64>,
}

/// AK501, AK901: what a 999 says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// `A`.
    Accepted,
    /// `E`: accepted, but errors were noted. In an 837: sound, but some claims are bad.
    AcceptedWithErrors,
    /// `P`, of a group: at least one set was rejected.
    PartlyAccepted,
    /// `R`.
    Rejected,
}

impl Verdict {
    /// The letter.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Accepted => "A",
            Self::AcceptedWithErrors => "E",
            Self::PartlyAccepted => "P",
            Self::Rejected => "R",
        }
    }
}

/// The end of a set.
#[derive(Debug)]
pub struct SetEnd<'a> {
    /// Ordinal in the group.
    pub ordinal: u32,
    /// ST's fields.
    pub header: &'a SetHeader,
    /// The guide.
    pub guide: Option<&'a Arc<Guide>>,
    /// IK501: `A`, `E` or `R`.
    pub verdict: Verdict,
    /// IK502 and following, without duplicates.
    pub codes: &'a [SetCode],
    /// Nothing of it may travel: its verdict is `R`, or an error above SNIP 2 takes it down as a whole.
    pub rejected: bool,
    /// How many segments it had, ST and SE among them.
    pub segments: u32,
    /// How many items it had.
    pub items: u64,
    /// How many of them are rejected; all of them where the set is.
    pub items_rejected: u64,
    /// Its bytes in the file.
    pub bytes: Range<u64>,
}

/// The end of a group.
#[derive(Debug)]
pub struct GroupEnd<'a> {
    /// Ordinal in the interchange.
    pub ordinal: u32,
    /// GS's fields.
    pub header: &'a GroupHeader,
    /// The GE; `None` where it is missing.
    pub segment: Option<Segment<'a>>,
    /// AK901: `A`, `E`, `P` or `R`. `R` takes all its sets down, whatever their own verdict.
    pub verdict: Verdict,
    /// AK905 and following, without duplicates.
    pub codes: &'a [GroupCode],
    /// GE01 as declared, where it is a number.
    pub sets_declared: Option<u64>,
    /// How many sets stood in it.
    pub sets: u32,
    /// How many of them were accepted, with errors or without, by their own verdict.
    pub sets_accepted: u32,
}

/// The end of an interchange.
#[derive(Debug)]
pub struct InterchangeEnd<'a> {
    /// Ordinal in the file.
    pub ordinal: u32,
    /// ISA's fields.
    pub header: &'a InterchangeHeader,
    /// The IEA; `None` where it is missing.
    pub segment: Option<Segment<'a>>,
    /// TA104: `A`, `E` or `R`. `R` takes everything in it down, and no 999 is written for it.
    pub verdict: Verdict,
    /// TA105.
    pub code: InterchangeCode,
    /// How many groups stood in it.
    pub groups: u32,
    /// How many sets.
    pub sets: u64,
    /// How many sets are rejected by their own or their group's verdict; [`Visitor::set_end`] and [`Visitor::group_end`] told which.
    pub sets_rejected: u64,
    /// How many items.
    pub items: u64,
    /// How many items are rejected by their own, their set's or their group's verdict.
    pub items_rejected: u64,
    /// Its bytes in the file.
    pub bytes: Range<u64>,
}
