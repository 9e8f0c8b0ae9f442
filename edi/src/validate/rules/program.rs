//! Rules bound to a guide: for each node, what its segments set and what is asked when its loop closes.
//!
//! Each thing that a rule looks at is a bit in the frame of a loop. A loop that opens clears its bits; a segment sets those that it
//! satisfies; a rule is a few masks over bits, held against the frame when its loop closes. A clause says that a rule is broken.

use super::data::DataRule;
use super::facts::{Read, Step};
use super::format::Format;
use super::lists::List;
use super::notation::{ElementAt, Op, Part, Pattern};
use crate::decimal::Decimal;
use crate::guide::{NodeIx, Span};
use std::sync::Arc;

/// The program of a guide. All spans run over its tables.
#[derive(Debug, Default)]
pub(crate) struct Program {
    /// One number a program, for as long as the process lives.
    pub(super) id: u64,
    pub(super) rules: Vec<Arc<DataRule>>,
    /// Parallel to the guide's nodes.
    pub(super) nodes: Vec<At>,
    pub(super) sets: Vec<Bit>,
    pub(super) reads: Vec<Read>,
    pub(super) steps: Vec<Step>,
    pub(super) probes: Vec<Probe>,
    pub(super) groups: Vec<Group>,
    pub(super) clauses: Vec<Clause>,
    pub(super) tells: Vec<Tell>,
    pub(super) tests: Vec<Test>,
    pub(super) masks: Vec<Mask>,
    pub(super) dynamics: Vec<Dynamic>,
    pub(super) pointers: Vec<Pointer>,
    pub(super) patterns: Vec<Pattern>,
    pub(super) lists: Vec<Arc<List>>,
    pub(super) sources: Vec<Source>,
    /// Sizes of the frame.
    pub(super) words: usize,
    pub(super) marks: usize,
    pub(super) holds: usize,
    pub(super) texts: usize,
    pub(super) counts: usize,
}

/// A node.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct At {
    /// Of a loop: its words in the frame, cleared when it opens.
    pub(super) frame: Span,
    /// Bits that each segment here sets.
    pub(super) sets: Span,
    /// What is asked of the codes of a segment here, each turn's last, and the words that take the answers.
    pub(super) reads: Span,
    pub(super) answers: Span,
    /// How many of the reads are not of each turn, and the first of the words of those that are.
    pub(super) fixed: u8,
    pub(super) turned: u8,
    /// Bits that a segment here may set, and what it leaves behind.
    pub(super) probes: Span,
    /// Asked of each segment here, or when the loop closes.
    pub(super) groups: Span,
    /// What of a segment here its groups and its probes go through: a bit for each [`Each::kind`].
    pub(super) asked: u8,
    pub(super) left: u8,
}

/// A bit of the frame.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Bit {
    pub(super) word: u16,
    pub(super) mask: u64,
}

/// Something that a segment may set.
#[derive(Clone, Copy, Debug)]
pub(super) struct Probe {
    /// All must hold.
    pub(super) answers: Span,
    pub(super) tests: Span,
    pub(super) each: Each,
    pub(super) bit: Bit,
    pub(super) act: Act,
}

/// What of a segment is gone through in turn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Each {
    /// Its elements.
    pub(super) elements: bool,
    /// The repetitions of an element that may repeat.
    pub(super) repetitions: bool,
}

impl Each {
    /// All that there is.
    pub(super) const KINDS: [Self; 4] = [
        Self { elements: false, repetitions: false },
        Self { elements: true, repetitions: false },
        Self { elements: false, repetitions: true },
        Self { elements: true, repetitions: true },
    ];

    /// Index in [`Each::KINDS`].
    pub(super) fn kind(self) -> u8 {
        u8::from(self.elements) | u8::from(self.repetitions) << 1
    }
}

/// What a probe leaves behind besides its bit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Act {
    Nothing,
    /// The place, of the first.
    Mark {
        slot: u16,
        element: Option<ElementAt>,
    },
    /// A number or day: the least and the greatest.
    Hold {
        slot: u16,
        element: ElementAt,
        day: bool,
    },
    /// A text, of the first.
    Text {
        slot: u16,
        element: ElementAt,
    },
    /// One more.
    Count {
        slot: u16,
    },
    /// When a code is valid, of all codes together.
    Period {
        slot: u16,
        element: ElementAt,
        list: u16,
    },
}

/// The clauses of one rule at one node: the first that holds is told.
#[derive(Clone, Copy, Debug)]
pub(super) struct Group {
    /// Index in [`Program::rules`].
    pub(super) rule: u16,
    pub(super) each: Each,
    pub(super) clauses: Span,
}

/// Where all of it holds, a rule is broken.
#[derive(Clone, Copy, Debug)]
pub(super) struct Clause {
    /// Of the answers to what is asked of the segment's codes.
    pub(super) answers: Span,
    /// Of frames.
    pub(super) first: Mask,
    pub(super) masks: Span,
    pub(super) tests: Span,
    pub(super) dynamics: Span,
    /// Index in [`Program::tells`].
    pub(super) tell: u32,
}

/// What a broken rule says, and where.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tell {
    /// What the complaint names: the first of these pointers that is known.
    pub(super) at: Span,
    /// What makes it a fault: all of these that are known.
    pub(super) because: Span,
    pub(super) end: End,
}

/// What a clause that holds does.
#[derive(Clone, Copy, Debug)]
pub(super) enum End {
    /// It complains.
    Tell,
    /// Sets a bit and a mark for what comes later.
    Later { bit: Bit, mark: u16, period: Option<(u16, ElementAt, u16)> },
}

/// A place that a complaint names.
#[derive(Clone, Copy, Debug)]
pub(super) enum Pointer {
    /// An element of the segment itself, or that segment.
    Own(Option<ElementAt>),
    /// A mark, where its bit is set.
    Mark(u16, Bit),
}

/// Bits of one word that must and must not be set.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Mask {
    pub(super) word: u16,
    pub(super) set: u64,
    pub(super) unset: u64,
}

impl Mask {
    #[inline]
    pub(super) fn fits(&self, word: u64) -> bool {
        word & (self.set | self.unset) == self.set
    }
}

/// One value of a segment.
#[derive(Clone, Copy, Debug)]
pub(super) struct Test {
    pub(super) element: ElementAt,
    /// What holds where nothing stands.
    pub(super) absent: bool,
    pub(super) invert: bool,
    pub(super) kind: Kind,
}

/// What is asked of a value.
#[derive(Clone, Copy, Debug)]
pub(super) enum Kind {
    Patterns(Span),
    Format(&'static Format),
    /// A code of the list.
    List(u16),
    /// A code of the list that is not valid at all times.
    Limited(u16),
    Number(Op, Decimal),
    /// A day as a number.
    Day(Op, Part, Decimal),
}

/// What cannot be a bit.
#[derive(Clone, Copy, Debug)]
pub(super) enum Dynamic {
    Ordered {
        op: Op,
        left: Source,
        right: Source,
    },
    Text {
        op: Op,
        left: Source,
        right: Source,
    },
    Count {
        op: Op,
        slot: u16,
        bit: Bit,
        number: u32,
    },
    /// The first of these days that stands lies outside of the period.
    Outside {
        period: Days,
        days: Span,
    },
}

/// A period.
#[derive(Clone, Copy, Debug)]
pub(super) enum Days {
    /// Of the segment's own code in a list.
    Own(ElementAt, u16),
    Held(u16, Bit),
}

/// One side of a comparison.
#[derive(Clone, Copy, Debug)]
pub(super) enum Source {
    /// Of the segment itself; whether it is a day.
    Own(ElementAt, bool),
    Held(u16, Bit),
}

impl Program {
    pub(super) fn at(&self, node: NodeIx) -> At {
        self.nodes.get(usize::from(node.0)).copied().unwrap_or_default()
    }

    pub(super) fn list(&self, list: u16) -> Option<&List> {
        self.lists.get(usize::from(list)).map(Arc::as_ref)
    }

    /// Whether a rule looks at this node.
    pub(crate) fn looks_at(&self, node: NodeIx) -> bool {
        let at = self.at(node);
        [at.frame, at.sets, at.probes, at.groups].iter().any(|span| span.len > 0)
    }
}

/// Whether a value is one of a pattern's.
pub(super) fn fits(pattern: &Pattern, value: &[u8]) -> bool {
    match pattern {
        Pattern::Exact(code) => code.as_bytes() == value,
        Pattern::Prefix(prefix) => value.starts_with(prefix.as_bytes()),
        Pattern::Range(from, to) => value.len() == from.len() && (from.as_bytes()..=to.as_bytes()).contains(&value),
    }
}
