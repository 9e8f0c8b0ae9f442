//! Code lists whose codes have at most eight letters each, so that one look tells whether a value is among them.

use super::word::word;
use crate::guide::{Code, Guide, Span};
use std::collections::HashMap;

/// The lists of a guide, one behind the other: each a table of open addressing, at most half full.
#[derive(Debug, Default)]
pub(super) struct CodeTables {
    slots: Vec<u64>,
    /// The list behind each run of the guide's codes.
    known: HashMap<Span, CodeList>,
}

/// Where a list stands among the slots.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct CodeList {
    start: u32,
    /// The table has 2 to the power of 64 minus this many slots; 0 where any value may stand.
    shift: u8,
}

impl CodeTables {
    /// The list of these codes; `None` where a code is longer than eight letters.
    pub(super) fn add(&mut self, span: Span, codes: &[Code]) -> Option<CodeList> {
        let codes = span.of(codes);
        if codes.is_empty() {
            return Some(CodeList::default());
        }
        if let Some(known) = self.known.get(&span) {
            return Some(*known);
        }
        let words: Option<Vec<u64>> =
            codes.iter().map(|code| Some(word(code.as_bytes())).filter(|word| *word != 0)).collect();
        let list = self.table(&words?);
        self.known.insert(span, list);
        Some(list)
    }

    /// The list of those of a guide's codes that have not ended, as far as they are short.
    pub(super) fn add_open(&mut self, guide: &Guide, span: Span) -> CodeList {
        let dated = span.of(&guide.codes).iter().zip(span.of(&guide.periods));
        let open = dated.filter(|(_, period)| period.to == u32::MAX);
        let words: Vec<_> = open.map(|(code, _)| word(code.as_bytes())).collect();
        self.table(&words)
    }

    fn table(&mut self, words: &[u64]) -> CodeList {
        let size = (words.len().max(1) * 2).next_power_of_two();
        let list = CodeList { start: self.slots.len() as u32, shift: (64 - size.trailing_zeros()) as u8 };
        self.slots.resize(self.slots.len() + size, 0);
        words.iter().filter(|word| **word != 0).for_each(|word| self.insert(list, size, *word));
        list
    }

    fn insert(&mut self, list: CodeList, size: usize, word: u64) {
        let start = list.start as usize;
        let Some(table) = self.slots.get_mut(start..start + size) else { return };
        let (head, tail) = table.split_at_mut(hash(word, list.shift));
        if let Some(slot) = tail.iter_mut().chain(head).find(|slot| **slot == 0 || **slot == word) {
            *slot = word;
        }
    }

    /// Whether the list holds the value, given as a [`word`].
    #[inline]
    pub(super) fn holds(&self, list: CodeList, word: u64) -> bool {
        let at = hash(word, list.shift);
        // Mostly it stands where it is looked for first.
        self.slots.get(list.start as usize + at) == Some(&word) && word != 0 || self.holds_further(list, at, word)
    }

    fn holds_further(&self, list: CodeList, at: usize, word: u64) -> bool {
        let (start, size) = (list.start as usize, 1 << (64 - u32::from(list.shift)));
        let table = self.slots.get(start..start + size).unwrap_or_default();
        let (head, tail) = table.split_at_checked(at).unwrap_or_default();
        word != 0 && tail.iter().chain(head).take_while(|slot| **slot != 0).any(|slot| *slot == word)
    }
}

impl CodeList {
    /// Whether any value may stand.
    #[inline]
    pub(super) fn is_any(self) -> bool {
        self.shift == 0
    }
}

#[inline]
fn hash(word: u64, shift: u8) -> usize {
    (word.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> (shift & 63)) as usize
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn holds_what_was_added_and_nothing_else(
            lists in prop::collection::vec(prop::collection::btree_set("[A-C0-1]{1,3}", 1..40), 1..4),
            values in prop::collection::vec("[A-C0-1]{0,4}", 20),
        ) {
            let mut codes = Vec::new();
            let spans: Vec<_> = lists.iter().map(|list| {
                let start = codes.len() as u32;
                codes.extend(list.iter().map(|code| Code::lit(code)));
                Span { start, len: list.len() as u32 }
            }).collect();
            let mut tables = CodeTables::default();
            let added: Vec<_> = spans.iter().map(|span| tables.add(*span, &codes).unwrap()).collect();
            for (list, added) in lists.iter().zip(added) {
                for value in values.iter().chain(lists.iter().flatten()) {
                    prop_assert_eq!(tables.holds(added, word(value.as_bytes())), list.contains(value));
                }
            }
        }
    }

    #[test]
    fn long_codes_make_no_table() {
        let codes = [Code::lit("A"), Code::lit("123456789")];
        let mut tables = CodeTables::default();
        assert!(tables.add(Span { start: 0, len: 2 }, &codes).is_none());
        assert!(tables.add(Span { start: 0, len: 1 }, &codes).is_some());
        assert_eq!(tables.add(Span::default(), &codes), Some(CodeList::default()));
    }
}
