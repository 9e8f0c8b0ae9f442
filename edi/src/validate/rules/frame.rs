//! A program at work on one transaction set: bits set, values held, complaints made.

use super::check::{Complaint, Spot};
use super::cut::{Cut, Turn, find_elements, number, turns};
use super::data::DataRule;
use super::notation::Op;
use super::program::{Act, At, Bit, Clause, Days, Dynamic, Each, End, Group, Mask, Pointer, Probe, Program, Source};
use crate::decimal::Decimal;
use crate::finding::BusinessCode;
use crate::guide::{NodeIx, Packed};
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
    /// The turn of that segment that the answers are of.
    answered: Turn,
}

/// A place, and NM101 where it is a name's.
#[derive(Clone, Debug, Default)]
pub(super) struct Mark {
    pub(super) spot: Spot,
    pub(super) name: Packed<4>,
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
        self.answer(program, at, cut, Turn::default());
        for group in at.groups.of(&program.groups) {
            self.ask(program, at, group, cut, found);
        }
        for probe in at.probes.of(&program.probes) {
            self.probe(program, at, probe, cut);
        }
        self.elements = elements;
    }

    /// Answers what is asked of the segment's codes in a turn.
    #[inline]
    fn answer(&mut self, program: &Program, at: At, cut: Cut<'_>, turn: Turn) {
        let from = at.answers.start as usize;
        if let Some(words) = self.words.get_mut(from..from + at.answers.len as usize) {
            words.fill(0);
        }
        for read in at.reads.of(&program.reads) {
            read.answer(&program.steps, cut, turn, &mut self.words);
        }
        self.answered = turn;
    }

    #[inline]
    fn turn(&mut self, program: &Program, at: At, cut: Cut<'_>, turn: Turn) {
        if self.answered != turn {
            self.answer(program, at, cut, turn);
        }
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

    /// The clauses of a rule at a segment, for each element and repetition in turn.
    #[inline]
    fn ask(&mut self, program: &Program, at: At, group: &Group, cut: Cut<'_>, found: &mut Vec<Complaint>) {
        if group.each == Each::default() {
            return self.ask_in(program, at, group, (cut, Turn::default()), found);
        }
        for turn in turns(group.each, cut) {
            self.ask_in(program, at, group, (cut, turn), found);
        }
    }

    #[inline]
    fn ask_in(
        &mut self,
        program: &Program,
        at: At,
        group: &Group,
        (cut, turn): (Cut<'_>, Turn),
        found: &mut Vec<Complaint>,
    ) {
        self.turn(program, at, cut, turn);
        let mut clauses = group.clauses.of(&program.clauses).iter();
        if let Some(clause) = clauses.find(|clause| self.holds(program, clause, Some((cut, turn)))) {
            self.tell(program, group, clause, Some((cut, turn)), found);
        }
    }

    #[inline]
    fn fits(&self, mask: &Mask) -> bool {
        let word = self.words.get(usize::from(mask.word)).copied().unwrap_or_default();
        word & (mask.set | mask.unset) == mask.set
    }

    #[inline]
    fn holds(&self, program: &Program, clause: &Clause, own: Option<(Cut<'_>, Turn)>) -> bool {
        self.fits(&clause.first) && self.holds_wholly(program, clause, own)
    }

    fn holds_wholly(&self, program: &Program, clause: &Clause, own: Option<(Cut<'_>, Turn)>) -> bool {
        clause.masks.of(&program.masks).iter().all(|mask| self.fits(mask))
            && own
                .is_none_or(|(cut, turn)| clause.tests.of(&program.tests).iter().all(|test| cut.test(program, test, turn)))
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

    #[inline]
    fn probe(&mut self, program: &Program, at: At, probe: &Probe, cut: Cut<'_>) {
        // A place is that of the first.
        if self.is_set(probe.bit) && matches!(probe.act, Act::Nothing | Act::Mark { .. } | Act::Text { .. }) {
            return;
        }
        if probe.each == Each::default() {
            if self.applies(program, at, probe, cut, Turn::default()) {
                self.act(program, probe, cut, Turn::default());
            }
            return;
        }
        for turn in turns(probe.each, cut) {
            if !self.applies(program, at, probe, cut, turn) {
                continue;
            }
            self.act(program, probe, cut, turn);
            if !matches!(probe.act, Act::Hold { .. } | Act::Count { .. } | Act::Period { .. }) {
                return;
            }
        }
    }

    #[inline]
    fn applies(&mut self, program: &Program, at: At, probe: &Probe, cut: Cut<'_>, turn: Turn) -> bool {
        self.turn(program, at, cut, turn);
        probe.masks.of(&program.masks).iter().all(|mask| self.fits(mask))
            && probe.tests.of(&program.tests).iter().all(|test| cut.test(program, test, turn))
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
            Pointer::Mark(slot, bit) => self.marks.get(usize::from(slot)).filter(|_| self.is_set(bit)).cloned(),
        };
        let at = tell.at.of(&program.pointers).iter().find_map(known).unwrap_or_default();
        match tell.end {
            End::Tell => {
                let because = tell.because.of(&program.pointers).iter().filter_map(known).map(|mark| mark.spot);
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
    let mut spot = at.spot;
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
