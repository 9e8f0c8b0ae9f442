//! A program from its drafts: bits get their words, tables their order.

use super::super::facts::{self, Question, is_answered};
use super::super::notation::{ElementAt, Part};
use super::super::program::{
    Act, At, Bit, Clause, Days, Dynamic, Each, End, Group, Kind, Mask, Pointer, Probe, Program, Source, Tell, Test,
};
use super::{
    Ask, AskKind, Binder, DraftClause, DraftDays, DraftDynamic, DraftEnd, DraftPointer, DraftProbe, DraftSource, Ref,
};
use crate::decimal::Decimal;
use crate::guide::{NodeIx, Span};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU64, Ordering};

static PROGRAMS: AtomicU64 = AtomicU64::new(1);

pub(super) fn finish(binder: Binder<'_>) -> Program {
    let mut program = Program {
        id: PROGRAMS.fetch_add(1, Ordering::Relaxed),
        nodes: vec![At::default(); binder.guide.nodes.len()],
        rules: binder.rules,
        marks: usize::from(binder.marks),
        holds: usize::from(binder.holds),
        texts: usize::from(binder.texts),
        counts: usize::from(binder.counts),
        lists: binder.asked.iter().filter_map(|name| binder.lists.list(name).cloned()).collect(),
        ..Program::default()
    };
    let mut words = BTreeMap::new();
    for (scope, bits) in &binder.bits {
        let span = Span { start: program.words as u32, len: bits.div_ceil(64) };
        words.insert(*scope, span.start as u16);
        program.words += span.len as usize;
        if let Some(at) = program.nodes.get_mut(usize::from(scope.0)) {
            at.frame = span;
        }
    }
    let mut finish = Finish { program, words, answers: BTreeMap::new() };
    let (mut probes, mut clauses) = (binder.probes, binder.clauses);
    probes.sort_by_key(|probe| probe.node);
    clauses.sort_by_key(|clause| (clause.node, clause.rule));
    finish.questions(&probes, &clauses);
    for run in probes.chunk_by(|a, b| a.node == b.node) {
        let Some(node) = run.first().map(|probe| probe.node) else { continue };
        let plain = |probe: &&super::DraftProbe| probe.asks.is_empty() && probe.act == Act::Nothing;
        let sets: Vec<Bit> = merged(run.iter().filter(plain).map(|probe| finish.bit(probe.bit)));
        let sets = append(&mut finish.program.sets, sets);
        let mut tested = Vec::new();
        for probe in run.iter().filter(|probe| !plain(probe)) {
            let answers = finish.answered(node, &probe.asks, &[]);
            let answers = append(&mut finish.program.masks, answers);
            let tests = finish.tests(&probe.asks);
            tested.push(Probe { answers, tests, each: probe.each, bit: finish.bit(probe.bit), act: probe.act });
        }
        let probes = append(&mut finish.program.probes, tested);
        if let Some(at) = finish.program.nodes.get_mut(usize::from(node.0)) {
            (at.sets, at.probes) = (sets, probes);
            at.left = run.iter().filter(|probe| !plain(probe)).fold(0, |kinds, probe| kinds | 1 << probe.each.kind());
        }
    }
    for run in clauses.chunk_by(|a, b| a.node == b.node) {
        finish.node(run);
    }
    finish.program
}

fn append<T>(table: &mut Vec<T>, entries: Vec<T>) -> Span {
    let span = Span { start: table.len() as u32, len: entries.len() as u32 };
    table.extend(entries);
    span
}

/// Bits of one word as one mask.
fn merged(bits: impl Iterator<Item = Bit>) -> Vec<Bit> {
    let mut words = BTreeMap::<u16, u64>::new();
    bits.for_each(|bit| *words.entry(bit.word).or_default() |= bit.mask);
    words.into_iter().map(|(word, mask)| Bit { word, mask }).collect()
}

/// What is asked of a segment's codes: what asks say outright, and that what they look at closer stands.
fn questions<'d>(asks: &'d [Ask], dynamics: &'d [DraftDynamic]) -> impl Iterator<Item = (Question, bool)> + use<'d> {
    let stands = |element: ElementAt| Question {
        element: ElementAt { part: Part::From, ..element },
        patterns: Vec::new(),
        absent: false,
    };
    let of_asks =
        asks.iter().filter_map(move |ask| question(ask).or((!ask.absent).then(|| (stands(ask.element), true))));
    let of_dynamics = dynamics.iter().flat_map(DraftDynamic::sides).filter_map(move |side| match side {
        DraftSource::Own(element, _) => Some((stands(*element), true)),
        DraftSource::Held(..) => None,
    });
    of_asks.chain(of_dynamics)
}

impl DraftDynamic {
    /// What must stand for it to hold.
    pub(super) fn sides(&self) -> impl Iterator<Item = &DraftSource> {
        let sides = match self {
            Self::Ordered { left, right, .. } | Self::Text { left, right, .. } => [Some(left), Some(right)],
            Self::Count { .. } | Self::Outside { .. } => [None, None],
        };
        sides.into_iter().flatten()
    }
}

/// Bits that must and must not be set as masks, what mostly does not hold first.
fn masks(bits: impl Iterator<Item = (Bit, bool)>) -> Vec<Mask> {
    let mut masks = BTreeMap::<u16, Mask>::new();
    for (bit, set) in bits {
        let mask = masks.entry(bit.word).or_insert(Mask { word: bit.word, set: 0, unset: 0 });
        if set { mask.set |= bit.mask } else { mask.unset |= bit.mask }
    }
    let mut masks: Vec<Mask> = masks.into_values().collect();
    masks.sort_by_key(|mask| mask.set == 0);
    masks
}

struct Finish {
    program: Program,
    /// The first word of each loop's frame.
    words: BTreeMap<NodeIx, u16>,
    /// Where a node's answers stand.
    answers: BTreeMap<(NodeIx, Question), (u16, u64)>,
}

/// What an ask asks of the codes, and whether it wants that answer or the other one; `None` where codes alone do not tell.
fn question(ask: &Ask) -> Option<(Question, bool)> {
    let patterns = match &ask.kind {
        AskKind::Stands => Vec::new(),
        AskKind::Codes(patterns) => patterns.clone(),
        _ => return None,
    };
    let element = ElementAt { part: Part::From, ..ask.element };
    let question = Question { element, patterns, absent: ask.absent != ask.invert };
    is_answered(&question.patterns).then_some((question, !ask.invert))
}

impl Finish {
    fn bit(&self, bit: Ref) -> Bit {
        let first = self.words.get(&bit.scope).copied().unwrap_or_default();
        Bit { word: first + (bit.index / 64) as u16, mask: 1 << (bit.index % 64) }
    }

    fn node(&mut self, run: &[DraftClause]) {
        let Some(node) = run.first().map(|clause| clause.node) else { return };
        let mut groups = Vec::new();
        for rule in run.chunk_by(|a, b| a.rule == b.rule) {
            let Some(first) = rule.first() else { continue };
            let each = rule.iter().fold(Each::default(), |each, clause| Each {
                elements: each.elements || clause.each.elements,
                repetitions: each.repetitions || clause.each.repetitions,
            });
            let clauses = rule.iter().filter_map(|clause| self.clause(clause)).collect();
            let clauses = append(&mut self.program.clauses, clauses);
            groups.push(Group { rule: first.rule, each, clauses });
        }
        let groups = append(&mut self.program.groups, groups);
        if let Some(at) = self.program.nodes.get_mut(usize::from(node.0)) {
            at.asked = groups.of(&self.program.groups).iter().fold(0, |kinds, group| kinds | 1 << group.each.kind());
            at.groups = groups;
        }
    }

    /// Makes room for the answers to all that is asked at each node.
    fn questions(&mut self, probes: &[DraftProbe], clauses: &[DraftClause]) {
        let mut nodes = BTreeMap::<NodeIx, BTreeSet<Question>>::new();
        for probe in probes {
            nodes.entry(probe.node).or_default().extend(questions(&probe.asks, &[]).map(|(question, _)| question));
        }
        for clause in clauses {
            let asked = questions(&clause.asks, &clause.dynamics).map(|(question, _)| question);
            nodes.entry(clause.node).or_default().extend(asked);
        }
        nodes.retain(|_, questions| !questions.is_empty());
        // Answers are those of the segment at hand: all nodes share their words.
        let first = self.program.words;
        for (node, questions) in nodes {
            let questions: Vec<Question> = questions.into_iter().collect();
            let asked = facts::reads(&questions, &mut self.program.steps);
            let last = asked.answers.iter().map(|(word, _)| usize::from(*word)).max().unwrap_or_default();
            self.program.words = self.program.words.max(first + last + 1);
            let bits = asked.answers.into_iter().map(|(word, bit)| (first as u16 + word, bit));
            let reads = append(&mut self.program.reads, asked.reads);
            if let Some(at) = self.program.nodes.get_mut(usize::from(node.0)) {
                (at.reads, at.fixed, at.turned) = (reads, asked.fixed, asked.turned);
                at.answers = Span { start: first as u32, len: last as u32 + 1 };
            }
            self.answers.extend(questions.into_iter().map(|question| (node, question)).zip(bits));
        }
    }

    /// The answers that are wanted.
    fn answered(&self, node: NodeIx, asks: &[Ask], dynamics: &[DraftDynamic]) -> Vec<Mask> {
        masks(questions(asks, dynamics).filter_map(|(question, wanted)| {
            self.answers.get(&(node, question)).map(|(word, bit)| (Bit { word: *word, mask: *bit }, wanted))
        }))
    }

    /// `None` where it asks for a thing and its contrary.
    fn clause(&mut self, draft: &DraftClause) -> Option<Clause> {
        let answers = self.answered(draft.node, &draft.asks, &draft.dynamics);
        let held = draft.dynamics.iter().flat_map(DraftDynamic::sides).filter_map(|side| match side {
            DraftSource::Held(_, bit) => Some((*bit, true)),
            DraftSource::Own(..) => None,
        });
        let masks = masks(draft.bits.iter().copied().chain(held).map(|(bit, set)| (self.bit(bit), set)));
        if answers.iter().chain(&masks).any(|mask| mask.set & mask.unset != 0) {
            return None;
        }
        let answers = append(&mut self.program.masks, answers);
        let (first, rest) =
            masks.split_first().map_or((Mask::default(), [].as_slice()), |(first, rest)| (*first, rest));
        let masks = append(&mut self.program.masks, rest.to_vec());
        let dynamics = draft.dynamics.iter().map(|dynamic| self.dynamic(dynamic)).collect();
        let end = match &draft.end {
            DraftEnd::Tell => End::Tell,
            DraftEnd::Later { bit, mark, period } => End::Later { bit: self.bit(*bit), mark: *mark, period: *period },
        };
        let tell = Tell { at: self.pointers(&draft.at), because: self.pointers(&draft.because), end };
        self.program.tells.push(tell);
        Some(Clause {
            answers,
            first,
            masks,
            tests: self.tests(&draft.asks),
            dynamics: append(&mut self.program.dynamics, dynamics),
            tell: self.program.tells.len() as u32 - 1,
        })
    }

    fn pointers(&mut self, drafts: &[DraftPointer]) -> Span {
        let pointer = |draft: &DraftPointer| match draft {
            DraftPointer::Own(element) => Pointer::Own(*element),
            DraftPointer::Mark(mark, bit) => Pointer::Mark(*mark, self.bit(*bit)),
        };
        let pointers = drafts.iter().map(pointer).collect();
        append(&mut self.program.pointers, pointers)
    }

    fn dynamic(&mut self, draft: &DraftDynamic) -> Dynamic {
        match draft {
            DraftDynamic::Outside { period, days } => {
                let period = match period {
                    DraftDays::Own(element, list) => Days::Own(*element, *list),
                    DraftDays::Held(slot, bit) => Days::Held(*slot, self.bit(*bit)),
                };
                let days = days.iter().map(|day| self.source(day)).collect();
                Dynamic::Outside { period, days: append(&mut self.program.sources, days) }
            }
            DraftDynamic::Ordered { op, left, right } => {
                Dynamic::Ordered { op: *op, left: self.source(left), right: self.source(right) }
            }
            DraftDynamic::Text { op, left, right } => {
                Dynamic::Text { op: *op, left: self.source(left), right: self.source(right) }
            }
            DraftDynamic::Count { op, slot, bit, number } => {
                Dynamic::Count { op: *op, slot: *slot, bit: self.bit(*bit), number: *number }
            }
        }
    }

    fn source(&self, draft: &DraftSource) -> Source {
        match draft {
            DraftSource::Own(element, day) => Source::Own(*element, *day),
            DraftSource::Held(slot, bit) => Source::Held(*slot, self.bit(*bit)),
        }
    }

    /// What codes alone do not tell.
    fn tests(&mut self, asks: &[Ask]) -> Span {
        let tests = asks.iter().filter_map(|ask| if question(ask).is_some() { None } else { self.test(ask) }).collect();
        append(&mut self.program.tests, tests)
    }

    fn test(&mut self, ask: &Ask) -> Option<Test> {
        let decimal = |value: &str| Decimal::parse(value.as_bytes()).unwrap_or_default();
        let kind = match &ask.kind {
            AskKind::Stands => return None,
            AskKind::Codes(patterns) => Kind::Patterns(append(&mut self.program.patterns, patterns.clone())),
            AskKind::Format(format) => Kind::Format(format.0),
            AskKind::List(list) => Kind::List(*list),
            AskKind::Limited(list) => Kind::Limited(*list),
            AskKind::Number(op, value) => Kind::Number(*op, decimal(value)),
            AskKind::Day(op, part, value) => Kind::Day(*op, *part, decimal(value)),
        };
        Some(Test { element: ask.element, absent: ask.absent, invert: ask.invert, kind })
    }
}
