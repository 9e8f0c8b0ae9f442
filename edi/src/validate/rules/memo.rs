//! What is left to ask of a segment once its codes are known.
//!
//! Segments of one node come in few shapes: the same answers stand again and again. What the answers decide is decided once for each
//! shape; what is left are the clauses that look at other segments or compute something, mostly none.

use super::program::{Act, At, Bit, Mask, Program};
use crate::guide::{NodeIx, Span};

/// Shapes that are remembered, by what they hash to.
const SHAPES: usize = 1024;
/// Words of answers that are remembered; a node that has more is decided anew each time.
const WORDS: usize = 3;
/// What is left for all shapes together; past it, all are forgotten.
const LEFT_MAX: usize = 1 << 16;

/// The shapes that came.
#[derive(Debug, Default)]
pub(super) struct Memo {
    /// Which program's shapes they are.
    program: u64,
    shapes: Vec<Shape>,
    clauses: Vec<Left>,
    probes: Vec<u32>,
    sets: Vec<Bit>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Key {
    node: NodeIx,
    kind: u8,
    words: [u64; WORDS],
}

#[derive(Clone, Copy, Debug)]
struct Shape {
    key: Key,
    rest: Rest,
}

/// What is left of a shape. Spans run over the memo's tables.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Rest {
    pub(super) clauses: Span,
    /// Indexes of [`Program::probes`].
    pub(super) probes: Span,
    /// Bits that are set without more ado.
    pub(super) sets: Span,
}

/// A clause of a group, by their indexes in the program.
#[derive(Clone, Copy, Debug)]
pub(super) struct Left {
    pub(super) group: u32,
    pub(super) clause: u32,
}

const NOWHERE: Key = Key { node: NodeIx::NONE, kind: 0, words: [0; WORDS] };

impl Memo {
    /// A set of a program starts.
    pub(super) fn start(&mut self, program: &Program) {
        if self.program != program.id {
            self.program = program.id;
            self.forget();
        }
    }

    fn forget(&mut self) {
        self.clauses.clear();
        self.probes.clear();
        self.sets.clear();
        self.shapes.clear();
        self.shapes.resize(SHAPES, Shape { key: NOWHERE, rest: Rest::default() });
    }

    /// What is left to ask of a segment with these answers.
    #[inline]
    pub(super) fn rest(&mut self, program: &Program, at: At, node: NodeIx, kind: u8, answers: &[u64]) -> Rest {
        let mut key = Key { node, kind, words: [0; WORDS] };
        let mut hash = u64::from(node.0) << 2 | u64::from(kind);
        for (word, answer) in key.words.iter_mut().zip(answers) {
            *word = *answer;
            hash = (hash ^ answer).wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(23);
        }
        let slot = (hash.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 54) as usize % SHAPES;
        match self.shapes.get(slot) {
            Some(shape) if shape.key == key && answers.len() <= WORDS => shape.rest,
            _ => self.decide(program, at, key, slot, answers),
        }
    }

    #[cold]
    fn decide(&mut self, program: &Program, at: At, key: Key, slot: usize, answers: &[u64]) -> Rest {
        if self.clauses.len() + self.probes.len() + self.sets.len() > LEFT_MAX {
            self.forget();
        }
        let first = at.answers.start;
        let fits = |masks: Span| {
            let answer =
                |mask: &Mask| answers.get(usize::from(mask.word) - first as usize).copied().unwrap_or_default();
            masks.of(&program.masks).iter().all(|mask| mask.fits(answer(mask)))
        };
        let from = (self.clauses.len() as u32, self.probes.len() as u32, self.sets.len() as u32);
        for (group, ix) in at.groups.of(&program.groups).iter().zip(at.groups.start..) {
            if group.each.kind() == key.kind {
                let clauses = group.clauses.of(&program.clauses).iter().zip(group.clauses.start..);
                let left = clauses.filter(|(clause, _)| fits(clause.answers));
                self.clauses.extend(left.map(|(_, clause)| Left { group: ix, clause }));
            }
        }
        for (probe, ix) in at.probes.of(&program.probes).iter().zip(at.probes.start..) {
            if probe.each.kind() != key.kind || !fits(probe.answers) {
                continue;
            }
            if probe.act == Act::Nothing && probe.tests.len == 0 {
                self.sets.push(probe.bit);
            } else {
                self.probes.push(ix);
            }
        }
        let span = |start: u32, end: usize| Span { start, len: end as u32 - start };
        let rest = Rest {
            clauses: span(from.0, self.clauses.len()),
            probes: span(from.1, self.probes.len()),
            sets: span(from.2, self.sets.len()),
        };
        if let Some(shape) = self.shapes.get_mut(slot) {
            *shape = Shape { key, rest };
        }
        rest
    }

    #[inline]
    pub(super) fn clauses(&self, rest: Rest) -> &[Left] {
        rest.clauses.of(&self.clauses)
    }

    #[inline]
    pub(super) fn probes(&self, rest: Rest) -> &[u32] {
        rest.probes.of(&self.probes)
    }

    #[inline]
    pub(super) fn sets(&self, rest: Rest) -> &[Bit] {
        rest.sets.of(&self.sets)
    }
}
