//! What rules ask of a segment's codes, answered at once: a bit for each question, one search for each element.
//!
//! The questions about an element (does it stand, is it one of these codes, in this range, of this prefix) divide its possible values
//! into steps within which all answers are the same. A value's step is found by a binary search, and its bits are the answers.

use super::cut::{Cut, Turn};
use super::notation::{ElementAt, Pattern, Position};
use crate::guide::Span;
use crate::validate::word::{word, word_at};

/// An element that is asked about.
#[derive(Clone, Copy, Debug)]
pub(super) struct Read {
    position: Position,
    component: u8,
    /// Which of the node's words takes the answers.
    word: u16,
    /// The answers where it does not stand.
    absent: u64,
    /// The answers' steps, by the least key of each.
    steps: Span,
}

/// The answers from a key on.
#[derive(Clone, Copy, Debug)]
pub(super) struct Step {
    key: u64,
    answers: u64,
}

/// Longest code that is told by its key; of a longer value the first bytes alone are known.
pub(super) const CODE_MAX: usize = 7;

/// A value's length and its first seven bytes, ordered by length and then as text.
#[inline]
fn key(length: usize, word: u64) -> u64 {
    (length.min(CODE_MAX + 1) as u64) << 56 | word >> 8
}

impl Read {
    /// The answers for an element of a segment.
    #[inline]
    pub(super) fn answer(&self, steps: &[Step], cut: Cut<'_>, turn: Turn, words: &mut [u64]) {
        let answers = match cut.place(self.position, self.component, turn) {
            None => self.absent,
            Some((start, end)) => {
                let length = end - start;
                let key = key(length, word_at(cut.segment.buffer(), start, length.min(CODE_MAX)));
                let steps = self.steps.of(steps);
                // There is a step from the least key on.
                let after = steps.partition_point(|step| step.key <= key);
                steps.get(after.wrapping_sub(1)).map_or(0, |step| step.answers)
            }
        };
        if let Some(word) = words.get_mut(usize::from(self.word)) {
            *word |= answers;
        }
    }
}

/// Whether an element is one of these codes; without any, whether it stands at all.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Question {
    pub(super) element: ElementAt,
    pub(super) patterns: Vec<Pattern>,
    /// The answer where it does not stand.
    pub(super) absent: bool,
}

/// Whether keys alone can answer.
pub(super) fn is_answered(patterns: &[Pattern]) -> bool {
    patterns.iter().all(|pattern| match pattern {
        Pattern::Exact(code) => !code.is_empty() && code.len() <= CODE_MAX,
        Pattern::Prefix(prefix) => prefix.len() <= CODE_MAX,
        Pattern::Range(from, to) => from.len() == to.len() && from.len() <= CODE_MAX,
    })
}

/// What a node asks.
pub(super) struct Asked {
    /// The elements, those of each turn last.
    pub(super) reads: Vec<Read>,
    /// How many of them are not of each turn, and the first word of those that are.
    pub(super) fixed: u8,
    pub(super) turned: u8,
    /// Where each question's answer stands.
    pub(super) answers: Vec<(u16, u64)>,
}

/// The elements that a node's questions ask about.
pub(super) fn reads(questions: &[Question], steps: &mut Vec<Step>) -> Asked {
    let mut places: Vec<(Position, u8)> = questions.iter().map(|question| place(question.element)).collect();
    places.sort_unstable();
    places.dedup();
    let mut bits = vec![(0, 0); questions.len()];
    let (mut reads, mut word, mut used) = (Vec::new(), 0u16, 0);
    let mut fixed = None;
    for of in places {
        // What is asked of each turn has words of its own: they are answered anew.
        if of.0 == Position::Each && fixed.is_none() {
            word += u16::from(used > 0);
            (used, fixed) = (0, Some((reads.len() as u8, word as u8)));
        }
        let own: Vec<usize> = (0..questions.len())
            .filter(|ix| questions.get(*ix).is_some_and(|question| place(question.element) == of))
            .collect();
        let mut rest = own.as_slice();
        while !rest.is_empty() {
            let (now, later) = rest.split_at(rest.len().min(64 - used));
            let asked: Vec<(&Question, u64)> = now
                .iter()
                .zip(used..)
                .filter_map(|(ix, bit)| questions.get(*ix).map(|question| (question, 1 << bit)))
                .collect();
            for (ix, (_, bit)) in now.iter().zip(&asked) {
                if let Some(slot) = bits.get_mut(*ix) {
                    *slot = (word, *bit);
                }
            }
            let start = steps.len() as u32;
            steps.extend(divide(&asked));
            let span = Span { start, len: steps.len() as u32 - start };
            let absent = asked.iter().filter(|(question, _)| question.absent).fold(0, |bits, (_, bit)| bits | bit);
            reads.push(Read { position: of.0, component: of.1, word, absent, steps: span });
            used += now.len();
            if used == 64 {
                (word, used) = (word + 1, 0);
            }
            rest = later;
        }
    }
    let (fixed, turned) = fixed.unwrap_or((reads.len() as u8, word as u8 + 1));
    Asked { reads, fixed, turned, answers: bits }
}

fn place(element: ElementAt) -> (Position, u8) {
    (element.position, element.component)
}

/// The steps of an element's values.
fn divide(asked: &[(&Question, u64)]) -> Vec<Step> {
    // Each pattern as intervals of keys, from and past.
    let mut intervals: Vec<(u64, u64, u64)> = Vec::new();
    for (question, bit) in asked {
        if question.patterns.is_empty() {
            intervals.push((0, u64::MAX, *bit));
        }
        intervals.extend(question.patterns.iter().flat_map(spans).map(|(from, past)| (from, past, *bit)));
    }
    let mut edges: Vec<u64> = intervals.iter().flat_map(|(from, past, _)| [*from, *past]).chain([0]).collect();
    edges.sort_unstable();
    edges.dedup();
    let answers = |key: u64| {
        let holds = |(from, past, _): &&(u64, u64, u64)| (*from..*past).contains(&key);
        intervals.iter().filter(holds).fold(0, |answers, (_, _, bit)| answers | bit)
    };
    let mut steps: Vec<Step> = edges.into_iter().map(|key| Step { key, answers: answers(key) }).collect();
    steps.dedup_by_key(|step| step.answers);
    steps
}

/// The keys of a pattern: from and past.
fn spans(pattern: &Pattern) -> Vec<(u64, u64)> {
    let of = |code: &str| key(code.len(), word(code.as_bytes()));
    match pattern {
        Pattern::Exact(code) => vec![(of(code), of(code) + 1)],
        Pattern::Range(from, to) => vec![(of(from), of(to) + 1)],
        Pattern::Prefix(prefix) => {
            let (first, free) = (word(prefix.as_bytes()), 8 * (CODE_MAX - prefix.len()) as u32);
            let span = |length| (key(length, first), key(length, first) + (1 << free));
            (prefix.len()..=CODE_MAX + 1).map(span).collect()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::notation::Part;
    use super::super::program::fits;
    use super::*;
    use crate::Delimiters;
    use crate::guide::NodeIx;
    use crate::segment::OwnedSegment;
    use crate::validate::rules::cut::find_elements;
    use proptest::prelude::*;

    fn element(position: Position, component: u8) -> ElementAt {
        ElementAt { position, component, part: Part::From }
    }

    fn pattern() -> impl Strategy<Value = Pattern> {
        let code = "[0-2A]{1,7}";
        prop_oneof![
            code.prop_map(Pattern::Exact),
            "[0-2A]{0,7}".prop_map(Pattern::Prefix),
            (1usize..=7).prop_flat_map(|length| {
                let code = proptest::collection::vec(prop_oneof![Just('0'), Just('1'), Just('2'), Just('A')], length);
                (code.clone(), code).prop_map(|(a, b)| {
                    let (a, b) = (String::from_iter(a), String::from_iter(b));
                    Pattern::Range(a.clone().min(b.clone()), a.max(b))
                })
            }),
        ]
    }

    proptest! {
        #[test]
        fn every_answer_is_what_the_patterns_say(
            questions in prop::collection::vec(
                (1u8..4, 0u8..3, prop::collection::vec(pattern(), 0..4), any::<bool>()),
                1..150,
            ),
            text in "X(\\*[0-2A]{0,9}(:[0-2A]{0,9}){0,2}){0,4}",
        ) {
            let owned = OwnedSegment::new(text.into_bytes(), Delimiters::default());
            let segment = owned.view();
            let questions: Vec<Question> = questions
                .into_iter()
                .map(|(position, component, patterns, absent)| Question {
                    element: element(Position::At(position), component),
                    patterns,
                    absent,
                })
                .collect();
            let mut steps = Vec::new();
            let Asked { reads, answers: bits, .. } = reads(&questions, &mut steps);
            let mut elements = Vec::new();
            let repeats = find_elements(&segment, &mut elements);
            let cut = Cut::new(&segment, NodeIx::ROOT, &elements, repeats);
            let mut words = vec![0; 20];
            reads.iter().for_each(|read| read.answer(&steps, cut, Turn::default(), &mut words));
            for (question, (word, bit)) in questions.iter().zip(bits) {
                let patterns = &question.patterns;
                let expected = match cut.value(question.element, Turn::default()) {
                    None => question.absent,
                    Some(value) => patterns.is_empty() || patterns.iter().any(|pattern| fits(pattern, value)),
                };
                prop_assert_eq!(words[usize::from(word)] & bit != 0, expected, "{:?}", question);
            }
        }
    }
}
