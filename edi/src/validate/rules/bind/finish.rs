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

pub(super) fn finish(binder: Binder<'_>) -> Program {
    let mut program = Program {
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
            let masks = finish.masks(node, &[], &probe.asks);
            let masks = append(&mut finish.program.masks, masks);
            let tests = finish.tests(&probe.asks);
            tested.push(Probe { masks, tests, each: probe.each, bit: finish.bit(probe.bit), act: probe.act });
        }
        let probes = append(&mut finish.program.probes, tested);
        if let Some(at) = finish.program.nodes.get_mut(usize::from(node.0)) {
            (at.sets, at.probes) = (sets, probes);
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
            at.groups = groups;
        }
    }

    /// Makes room for the answers to all that is asked at each node.
    fn questions(&mut self, probes: &[DraftProbe], clauses: &[DraftClause]) {
        let of_probes = probes.iter().flat_map(|probe| probe.asks.iter().map(|ask| (probe.node, ask)));
        let of_clauses = clauses.iter().flat_map(|clause| clause.asks.iter().map(|ask| (clause.node, ask)));
        let mut nodes = BTreeMap::<NodeIx, BTreeSet<Question>>::new();
        for (node, ask) in of_probes.chain(of_clauses) {
            if let Some((question, _)) = question(ask) {
                nodes.entry(node).or_default().insert(question);
            }
        }
        // Answers are those of the segment at hand: all nodes share their words.
        let first = self.program.words;
        for (node, questions) in nodes {
            let questions: Vec<Question> = questions.into_iter().collect();
            let (reads, bits) = facts::reads(&questions, first as u16, &mut self.program.steps);
            let last = bits.iter().map(|(word, _)| usize::from(*word)).max().unwrap_or(first);
            self.program.words = self.program.words.max(last + 1);
            let reads = append(&mut self.program.reads, reads);
            if let Some(at) = self.program.nodes.get_mut(usize::from(node.0)) {
                at.reads = reads;
                at.answers = Span { start: first as u32, len: (last + 1 - first) as u32 };
            }
            self.answers.extend(questions.into_iter().map(|question| (node, question)).zip(bits));
        }
    }

    /// Bits of frames and answers as masks, what mostly does not hold first.
    fn masks(&self, node: NodeIx, bits: &[(Ref, bool)], asks: &[Ask]) -> Vec<Mask> {
        let bits = bits.iter().map(|(bit, set)| {
            let bit = self.bit(*bit);
            (bit.word, bit.mask, *set)
        });
        let answers = asks.iter().filter_map(|ask| {
            let (question, wanted) = question(ask)?;
            self.answers.get(&(node, question)).map(|(word, mask)| (*word, *mask, wanted))
        });
        let mut masks = BTreeMap::<u16, Mask>::new();
        for (word, bits, set) in bits.chain(answers) {
            let mask = masks.entry(word).or_insert(Mask { word, set: 0, unset: 0 });
            if set { mask.set |= bits } else { mask.unset |= bits }
        }
        let mut masks: Vec<Mask> = masks.into_values().collect();
        masks.sort_by_key(|mask| (mask.set == 0, std::cmp::Reverse(mask.word)));
        masks
    }

    /// `None` where it asks for a thing and its contrary.
    fn clause(&mut self, draft: &DraftClause) -> Option<Clause> {
        let masks = self.masks(draft.node, &draft.bits, &draft.asks);
        if masks.iter().any(|mask| mask.set & mask.unset != 0) {
            return None;
        }
        let (first, rest) = masks.split_first().map_or((Mask::default(), [].as_slice()), |(first, rest)| (*first, rest));
        let masks = append(&mut self.program.masks, rest.to_vec());
        let dynamics = draft.dynamics.iter().map(|dynamic| self.dynamic(dynamic)).collect();
        let end = match &draft.end {
            DraftEnd::Tell => End::Tell,
            DraftEnd::Later { bit, mark, period } => End::Later { bit: self.bit(*bit), mark: *mark, period: *period },
        };
        let tell = Tell { at: self.pointers(&draft.at), because: self.pointers(&draft.because), end };
        self.program.tells.push(tell);
        Some(Clause {
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
