//! A program from its drafts: bits get their words, tables their order.

use super::super::notation::{ElementAt, Pattern};
use super::super::program::Act;
use super::super::program::{
    At, Bit, Clause, Days, Dynamic, Each, End, Group, Kind, Mask, Pointer, Probe, Program, Source, Test, short,
};
use super::{Ask, AskKind, Binder, DraftClause, DraftDays, DraftDynamic, DraftEnd, DraftPointer, DraftSource, Ref};
use crate::decimal::Decimal;
use crate::guide::{NodeIx, Span};
use std::collections::BTreeMap;

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
    let mut finish = Finish { program, words };
    let (mut probes, mut clauses) = (binder.probes, binder.clauses);
    probes.sort_by_key(|probe| probe.node);
    clauses.sort_by_key(|clause| (clause.node, clause.rule));
    for run in probes.chunk_by(|a, b| a.node == b.node) {
        let Some(node) = run.first().map(|probe| probe.node) else { continue };
        let plain = |probe: &&super::DraftProbe| probe.asks.is_empty() && probe.act == Act::Nothing;
        let sets: Vec<Bit> = merged(run.iter().filter(plain).map(|probe| finish.bit(probe.bit)));
        let sets = append(&mut finish.program.sets, sets);
        let mut tested = Vec::new();
        for probe in run.iter().filter(|probe| !plain(probe)) {
            let tests = finish.tests(&probe.asks);
            tested.push(Probe { tests, each: probe.each, bit: finish.bit(probe.bit), act: probe.act });
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
            let clauses = rule.iter().map(|clause| self.clause(clause)).collect();
            let clauses = append(&mut self.program.clauses, clauses);
            groups.push(Group { rule: first.rule, each, clauses });
        }
        let groups = append(&mut self.program.groups, groups);
        if let Some(at) = self.program.nodes.get_mut(usize::from(node.0)) {
            at.groups = groups;
        }
    }

    fn clause(&mut self, draft: &DraftClause) -> Clause {
        let mut masks = BTreeMap::<u16, Mask>::new();
        for (bit, set) in &draft.bits {
            let bit = self.bit(*bit);
            let mask = masks.entry(bit.word).or_insert(Mask { word: bit.word, set: 0, unset: 0 });
            if *set { mask.set |= bit.mask } else { mask.unset |= bit.mask }
        }
        // What must be set is what mostly is not: asked first.
        let mut masks: Vec<Mask> = masks.into_values().collect();
        masks.sort_by_key(|mask| mask.set == 0);
        let dynamics = draft.dynamics.iter().map(|dynamic| self.dynamic(dynamic)).collect();
        let end = match &draft.end {
            DraftEnd::Tell => End::Tell,
            DraftEnd::Later { bit, mark, period } => End::Later { bit: self.bit(*bit), mark: *mark, period: *period },
        };
        Clause {
            tests: self.tests(&draft.asks),
            masks: append(&mut self.program.masks, masks),
            dynamics: append(&mut self.program.dynamics, dynamics),
            at: self.pointers(&draft.at),
            because: self.pointers(&draft.because),
            end,
        }
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

    /// Tests, cheap ones first.
    fn tests(&mut self, asks: &[Ask]) -> Span {
        let mut asks: Vec<&Ask> = asks.iter().collect();
        asks.sort_by_key(|ask| !matches!(ask.kind, AskKind::Stands | AskKind::Codes(_)));
        let tests = asks.into_iter().map(|ask| self.test(ask)).collect();
        append(&mut self.program.tests, tests)
    }

    fn test(&mut self, ask: &Ask) -> Test {
        let element: ElementAt = ask.element;
        let decimal = |value: &str| Decimal::parse(value.as_bytes()).unwrap_or_default();
        let kind = match &ask.kind {
            AskKind::Stands => Kind::Stands,
            AskKind::Codes(patterns) => self.codes(patterns),
            AskKind::Format(format) => Kind::Format(format.0),
            AskKind::List(list) => Kind::List(*list),
            AskKind::Limited(list) => Kind::Limited(*list),
            AskKind::Number(op, value) => Kind::Number(*op, decimal(value)),
            AskKind::Day(op, part, value) => Kind::Day(*op, *part, decimal(value)),
        };
        Test { element, absent: ask.absent, invert: ask.invert, kind }
    }

    fn codes(&mut self, patterns: &[Pattern]) -> Kind {
        let exact = |pattern: &Pattern| match pattern {
            Pattern::Exact(code) if code.len() <= 8 => Some(short(code.as_bytes())),
            _ => None,
        };
        match patterns.iter().map(exact).collect::<Option<Vec<u64>>>().as_deref() {
            Some([code]) => Kind::One(*code),
            Some(codes) => Kind::Short(append(&mut self.program.codes, codes.to_vec())),
            None => Kind::Patterns(append(&mut self.program.patterns, patterns.to_vec())),
        }
    }
}
