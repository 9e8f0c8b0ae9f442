//! A program at work on one transaction set: bits set, values held, complaints made.

use super::check::{Complaint, Spot};
use super::cut::{Cut, Turn, find_elements, number, turns};
use super::data::DataRule;
use super::memo::{Memo, Rest};
use super::notation::Op;
use super::program::{Act, At, Bit, Clause, Days, Dynamic, Each, End, Group, Mask, Pointer, Probe, Program, Source};
use crate::decimal::Decimal;
use crate::finding::BusinessCode;
use crate::guide::{NodeIx, Packed, SegmentId};
use crate::segment::Segment;

/// The frames of all loops of a set. What a slot holds counts only while its bit is set.
#[derive(Debug, Default)]
pub(super) struct Frame {
    words: Vec<u64>,
    marks: Vec<Mark>,
    holds: Vec<(Decimal, Decimal)>,
    texts: Vec<Text>,
    counts: Vec<u32>,
    /// Where the elements of the segment at hand stand.
    elements: Vec<u32>,
    memo: Memo,
}

/// A place, and NM101 where it is a name's.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Mark {
    pub(super) start: u64,
    pub(super) length: u32,
    pub(super) ordinal: u32,
    pub(super) segment: SegmentId,
    pub(super) name: Packed<4>,
    pub(super) node: NodeIx,
    pub(super) repetition: u16,
    pub(super) element: u8,
    pub(super) component: u8,
}

impl Mark {
    fn spot(&self) -> Spot {
        Spot {
            node: self.node,
            segment: self.segment,
            ordinal: self.ordinal,
            element: self.element.into(),
            component: self.component.into(),
            repetition: self.repetition,
            bytes: self.start..self.start + u64::from(self.length),
        }
    }
}

/// Longest text that is held for a comparison; longer ones decide nothing.
const TEXT_MAX: usize = 80;

#[derive(Clone, Copy)]
struct Text {
    bytes: [u8; TEXT_MAX],
    len: u8,
}

impl std::fmt::Debug for Text {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Text({} bytes)", self.len)
    }
}

impl Frame {
    /// A set starts.
    pub(super) fn start(&mut self, program: &Program) {
        self.memo.start(program);
        self.words.clear();
        self.words.resize(program.words, 0);
        self.marks.resize(program.marks, Mark::default());
        self.holds.resize(program.holds, Default::default());
        self.texts.resize(program.texts, Text { bytes: [0; TEXT_MAX], len: 0 });
        self.counts.resize(program.counts, 0);
    }

    /// A loop opens.
    #[inline]
    pub(super) fn open(&mut self, at: At) {
        let from = at.frame.start as usize;
        if let Some(words) = self.words.get_mut(from..from + at.frame.len as usize) {
            words.fill(0);
        }
    }

    /// A segment comes.
    #[inline]
    pub(super) fn segment(
        &mut self,
        program: &Program,
        at: At,
        node: NodeIx,
        segment: &Segment<'_>,
        found: &mut Vec<Complaint>,
    ) {
        if at.probes.len + at.groups.len > 0 {
            self.look(program, at, node, segment, found);
        }
        for bit in at.sets.of(&program.sets) {
            self.set(*bit);
        }
    }

    fn look(&mut self, program: &Program, at: At, node: NodeIx, segment: &Segment<'_>, found: &mut Vec<Complaint>) {
        let mut elements = std::mem::take(&mut self.elements);
        let repeats = find_elements(segment, &mut elements);
        let cut = Cut::new(segment, node, &elements, repeats);
        if at.asked | at.left == 1 {
            self.answer_fixed(program, at, cut, Turn::default());
            let rest = self.rest(program, at, node, Each::default());
            self.ask(program, rest, (cut, Turn::default()), found);
            self.probe(program, rest, (cut, Turn::default()));
        } else {
            // A segment is asked before it leaves anything behind.
            self.turns(program, at, at.asked, cut, |frame, rest, own| frame.ask(program, rest, own, found));
            self.turns(program, at, at.left, cut, |frame, rest, own| frame.probe(program, rest, own));
        }
        self.elements = elements;
    }

    /// Goes through a segment in turns of these kinds.
    fn turns<'a>(
        &mut self,
        program: &Program,
        at: At,
        kinds: u8,
        cut: Cut<'a>,
        mut act: impl FnMut(&mut Self, Rest, (Cut<'a>, Turn)),
    ) {
        let mut answered = None;
        for each in Each::KINDS.into_iter().filter(|each| kinds & 1 << each.kind() != 0) {
            for turn in turns(each, cut) {
                // What is not asked of each turn is answered once, unless elements repeat.
                if answered != Some(each.repetitions) || cut.repeats {
                    self.answer_fixed(program, at, cut, turn);
                    answered = Some(each.repetitions);
                }
                self.answer_turned(program, at, cut, turn);
                let rest = self.rest(program, at, cut.node, each);
                act(self, rest, (cut, turn));
            }
        }
    }

    /// Answers what is asked of the segment's codes, but for what is asked of each turn.
    #[inline]
    fn answer_fixed(&mut self, program: &Program, at: At, cut: Cut<'_>, turn: Turn) {
        let from = at.answers.start as usize;
        let Some(words) = self.words.get_mut(from..from + at.answers.len as usize) else { return };
        words.fill(0);
        for read in at.reads.of(&program.reads).iter().take(usize::from(at.fixed)) {
            read.answer(&program.steps, cut, turn, words);
        }
    }

    fn answer_turned(&mut self, program: &Program, at: At, cut: Cut<'_>, turn: Turn) {
        let from = at.answers.start as usize;
        let Some(words) = self.words.get_mut(from..from + at.answers.len as usize) else { return };
        words.iter_mut().skip(usize::from(at.turned)).for_each(|word| *word = 0);
        for read in at.reads.of(&program.reads).iter().skip(usize::from(at.fixed)) {
            read.answer(&program.steps, cut, turn, words);
        }
    }

    /// What is left to ask, by the answers.
    #[inline]
    fn rest(&mut self, program: &Program, at: At, node: NodeIx, each: Each) -> Rest {
        let from = at.answers.start as usize;
        let answers = self.words.get(from..from + at.answers.len as usize).unwrap_or_default();
        self.memo.rest(program, at, node, each.kind(), answers)
    }

    /// A loop closes.
    #[inline]
    pub(super) fn close(&mut self, program: &Program, at: At, found: &mut Vec<Complaint>) {
        for group in at.groups.of(&program.groups) {
            let mut clauses = group.clauses.of(&program.clauses).iter();
            if let Some(clause) = clauses.find(|clause| self.holds(program, clause, None)) {
                self.tell(program, group, clause, None, found);
            }
        }
    }

    /// What is left of the clauses of rules at a segment.
    #[inline]
    fn ask(&mut self, program: &Program, rest: Rest, own: (Cut<'_>, Turn), found: &mut Vec<Complaint>) {
        let mut told = None;
        for at in 0..rest.clauses.len as usize {
            let Some(left) = self.memo.clauses(rest).get(at).copied() else { return };
            let Some(clause) = program.clauses.get(left.clause as usize) else { return };
            // The first of a rule that holds is told.
            if told != Some(left.group)
                && self.holds(program, clause, Some(own))
                && let Some(group) = program.groups.get(left.group as usize)
            {
                told = Some(left.group);
                self.tell(program, group, clause, Some(own), found);
            }
        }
    }

    #[inline]
    fn fits(&self, mask: &Mask) -> bool {
        mask.fits(self.words.get(usize::from(mask.word)).copied().unwrap_or_default())
    }

    #[inline]
    fn holds(&self, program: &Program, clause: &Clause, own: Option<(Cut<'_>, Turn)>) -> bool {
        self.fits(&clause.first) && self.holds_wholly(program, clause, own)
    }

    fn holds_wholly(&self, program: &Program, clause: &Clause, own: Option<(Cut<'_>, Turn)>) -> bool {
        clause.masks.of(&program.masks).iter().all(|mask| self.fits(mask))
            && own.is_none_or(|(cut, turn)| {
                clause.tests.of(&program.tests).iter().all(|test| cut.test(program, test, turn))
            })
            && clause.dynamics.of(&program.dynamics).iter().all(|dynamic| self.dynamic(program, dynamic, own))
    }

    fn dynamic(&self, program: &Program, dynamic: &Dynamic, own: Option<(Cut<'_>, Turn)>) -> bool {
        match dynamic {
            Dynamic::Count { op, slot, bit, number } => {
                let count = if self.is_set(*bit) { self.counts.get(usize::from(*slot)).copied() } else { None };
                op.holds(count.unwrap_or(0).cmp(number))
            }
            Dynamic::Outside { period, days } => {
                let period = match period {
                    Days::Held(slot, bit) => self.holds.get(usize::from(*slot)).copied().filter(|_| self.is_set(*bit)),
                    Days::Own(element, list) => own.and_then(|(cut, turn)| cut.period(program, *element, *list, turn)),
                };
                let day = days.of(&program.sources).iter().find_map(|day| self.ordered(day, own));
                period.zip(day).is_some_and(|((from, to), (first, last))| last < from || first > to)
            }
            Dynamic::Ordered { op, left, right } => {
                let (Some(left), Some(right)) = (self.ordered(left, own), self.ordered(right, own)) else {
                    return false;
                };
                some_hold(*op, left, right)
            }
            Dynamic::Text { op, left, right } => {
                let (Some(left), Some(right)) = (self.text(left, own), self.text(right, own)) else { return false };
                op.holds(left.cmp(right))
            }
        }
    }

    /// The least and the greatest value of a place.
    fn ordered(&self, source: &Source, own: Option<(Cut<'_>, Turn)>) -> Option<(Decimal, Decimal)> {
        match source {
            Source::Held(slot, bit) => self.holds.get(usize::from(*slot)).copied().filter(|_| self.is_set(*bit)),
            Source::Own(element, day) => {
                let (cut, turn) = own?;
                let value = number(cut.value(*element, turn)?, *day, element.part)?;
                Some((value, value))
            }
        }
    }

    fn text<'s>(&'s self, source: &Source, own: Option<(Cut<'s>, Turn)>) -> Option<&'s [u8]> {
        match source {
            Source::Held(slot, bit) => {
                let text = self.texts.get(usize::from(*slot)).filter(|_| self.is_set(*bit))?;
                text.bytes.get(..usize::from(text.len)).filter(|bytes| !bytes.is_empty())
            }
            Source::Own(element, _) => own.and_then(|(cut, turn)| cut.value(*element, turn)),
        }
    }

    /// What a segment leaves behind.
    #[inline]
    fn probe(&mut self, program: &Program, rest: Rest, (cut, turn): (Cut<'_>, Turn)) {
        for at in 0..rest.probes.len as usize {
            let Some(probe) = self.memo.probes(rest).get(at).and_then(|ix| program.probes.get(*ix as usize)) else {
                return;
            };
            // A place is that of the first.
            let first = matches!(probe.act, Act::Nothing | Act::Mark { .. } | Act::Text { .. });
            if first && self.is_set(probe.bit) {
                continue;
            }
            if probe.tests.of(&program.tests).iter().all(|test| cut.test(program, test, turn)) {
                self.act(program, probe, cut, turn);
            }
        }
        for bit in self.memo.sets(rest) {
            if let Some(word) = self.words.get_mut(usize::from(bit.word)) {
                *word |= bit.mask;
            }
        }
    }

    fn act(&mut self, program: &Program, probe: &Probe, cut: Cut<'_>, turn: Turn) {
        let was_set = self.is_set(probe.bit);
        match probe.act {
            Act::Nothing => {}
            Act::Mark { slot, element } => self.mark(slot, cut.mark(element, turn)),
            Act::Count { slot } => {
                if let Some(count) = self.counts.get_mut(usize::from(slot)) {
                    *count = if was_set { count.saturating_add(1) } else { 1 };
                }
            }
            Act::Hold { slot, element, day } => {
                let value = cut.value(element, turn).and_then(|value| number(value, day, element.part));
                let (Some(value), Some(held)) = (value, self.holds.get_mut(usize::from(slot))) else { return };
                *held = if was_set { (min(held.0, value), max(held.1, value)) } else { (value, value) };
            }
            Act::Period { slot, element, list } => {
                let period = cut.period(program, element, list, turn);
                let (Some(period), Some(held)) = (period, self.holds.get_mut(usize::from(slot))) else { return };
                *held = if was_set { (max(held.0, period.0), min(held.1, period.1)) } else { period };
            }
            Act::Text { slot, element } => {
                let Some(value) = cut.value(element, turn) else { return };
                let Some(held) = self.texts.get_mut(usize::from(slot)) else { return };
                let fits = held.bytes.get_mut(..value.len());
                held.len = fits.map_or(0, |bytes| {
                    bytes.copy_from_slice(value);
                    value.len() as u8
                });
            }
        }
        self.set(probe.bit);
    }

    #[cold]
    fn tell(
        &mut self,
        program: &Program,
        group: &Group,
        clause: &Clause,
        own: Option<(Cut<'_>, Turn)>,
        found: &mut Vec<Complaint>,
    ) {
        let Some(tell) = program.tells.get(clause.tell as usize) else { return };
        let known = |pointer: &Pointer| match *pointer {
            Pointer::Own(element) => own.map(|(cut, turn)| cut.mark(element, turn)),
            Pointer::Mark(slot, bit) => self.marks.get(usize::from(slot)).filter(|_| self.is_set(bit)).copied(),
        };
        let at = tell.at.of(&program.pointers).iter().find_map(known).unwrap_or_default();
        match tell.end {
            End::Tell => {
                let because = tell.because.of(&program.pointers).iter().filter_map(known).map(|mark| mark.spot());
                if let Some(rule) = program.rules.get(usize::from(group.rule)) {
                    found.push(complaint(rule, at, because.collect()));
                }
            }
            End::Later { bit, period: None, .. } if self.is_set(bit) => {}
            End::Later { bit, mark, period } => {
                let found = period.zip(own).and_then(|((slot, element, list), (cut, turn))| {
                    cut.period(program, element, list, turn).map(|period| (slot, period))
                });
                if let Some((slot, period)) = found
                    && !self.narrow(slot, bit, period)
                {
                    return;
                }
                self.mark(mark, at);
                self.set(bit);
            }
        }
    }

    /// Narrows a period that is held; whether that changed it.
    fn narrow(&mut self, slot: u16, bit: Bit, period: (Decimal, Decimal)) -> bool {
        let was_set = self.is_set(bit);
        let Some(held) = self.holds.get_mut(usize::from(slot)) else { return false };
        let narrowed = if was_set { (max(held.0, period.0), min(held.1, period.1)) } else { period };
        let changed = !was_set || narrowed != *held;
        *held = narrowed;
        changed
    }

    fn mark(&mut self, slot: u16, mark: Mark) {
        if let Some(held) = self.marks.get_mut(usize::from(slot)) {
            *held = mark;
        }
    }

    #[inline]
    fn set(&mut self, bit: Bit) {
        if let Some(word) = self.words.get_mut(usize::from(bit.word)) {
            *word |= bit.mask;
        }
    }

    #[inline]
    fn is_set(&self, bit: Bit) -> bool {
        self.words.get(usize::from(bit.word)).is_some_and(|word| word & bit.mask != 0)
    }
}

fn complaint(rule: &DataRule, at: Mark, because: Vec<Spot>) -> Complaint {
    let entity = if rule.entity_of_name { Some(at.name).filter(|name| !name.is_none()) } else { rule.business.entity };
    let mut spot = at.spot();
    let mut triggers = because;
    if let Some(lacking) = rule.lacking {
        // The finding is about a segment that is not there; what asks for it is its trigger.
        let asking = Spot { segment: lacking, element: 0, component: 0, repetition: 0, ..spot.clone() };
        if triggers.is_empty() {
            triggers.push(spot);
        }
        spot = asking;
    }
    Complaint {
        rule: rule.info,
        at: spot,
        message: rule.message.into(),
        business: BusinessCode { entity, ..rule.business },
        refusal: rule.refusal,
        triggers,
    }
}

fn min(one: Decimal, other: Decimal) -> Decimal {
    if other < one { other } else { one }
}

fn max(one: Decimal, other: Decimal) -> Decimal {
    if other > one { other } else { one }
}

/// Whether some value of one place compares so with some value of the other, from the least and the greatest of each.
fn some_hold(op: Op, left: (Decimal, Decimal), right: (Decimal, Decimal)) -> bool {
    match op {
        Op::Less => left.0 < right.1,
        Op::LessOrEqual => left.0 <= right.1,
        Op::More => left.1 > right.0,
        Op::MoreOrEqual => left.1 >= right.0,
        Op::Equal => left.0 == right.0 || left.1 == right.1,
        Op::Differs => !(left.0 == left.1 && right.0 == right.1 && left.0 == right.0),
    }
}
