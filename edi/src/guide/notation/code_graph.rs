//! A code list as a graph of characters: a code is a way through it, and codes that go on alike share what follows.
//!
//! A list of 70,000 codes takes some 70 KB so, and a code is looked up where it lies, a step a character.

use super::CodeList;
use crate::guide::tables::Period;
use std::borrow::Cow;
use std::collections::BTreeMap;

/// Codes with the days on which they are valid.
///
/// A node is the number of its edges, their characters, and where each leads, as four bytes: another node, or behind [`END`], which stands
/// where a code ends, an index of the periods.
#[derive(Clone, Debug)]
pub(crate) struct CodeGraph {
    pub(crate) periods: Cow<'static, [Period]>,
    pub(crate) nodes: Cow<'static, [u8]>,
    pub(crate) root: u32,
}

/// The character behind a code's last one; no code holds it.
const END: u8 = 0;

impl CodeGraph {
    /// The graph of a list.
    pub(crate) fn of(list: &CodeList) -> Self {
        let mut writer = Writer::default();
        let codes: Vec<(&[u8], u32)> =
            list.iter().map(|(code, period)| (code.as_bytes(), writer.period(*period))).collect();
        let root = writer.node(&codes, 0);
        Self { periods: Cow::Owned(writer.periods), nodes: Cow::Owned(writer.nodes), root }
    }

    /// When a code is valid; `None` for a code that is not of the list.
    #[allow(dead_code, reason = "the build writes graphs, the library reads them")]
    pub(crate) fn period(&self, code: &[u8]) -> Option<Period> {
        let mut node = self.root;
        for character in code {
            if *character == END {
                return None;
            }
            node = self.follow(node, *character)?;
        }
        let period = self.follow(node, END)?;
        self.periods.get(period as usize).copied()
    }

    fn follow(&self, node: u32, character: u8) -> Option<u32> {
        let (count, rest) = self.nodes.get(node as usize..)?.split_first()?;
        let (characters, targets) = rest.split_at_checked(usize::from(*count))?;
        let edge = characters.iter().position(|found| *found == character)?;
        let target = targets.get(edge * 4..edge * 4 + 4)?;
        target.try_into().ok().map(u32::from_le_bytes)
    }
}

#[derive(Default)]
struct Writer {
    periods: Vec<Period>,
    nodes: Vec<u8>,
    /// Nodes by their edges.
    known: BTreeMap<Vec<(u8, u32)>, u32>,
}

impl Writer {
    fn period(&mut self, period: Period) -> u32 {
        let known = self.periods.iter().position(|known| *known == period);
        known.unwrap_or_else(|| {
            self.periods.push(period);
            self.periods.len() - 1
        }) as u32
    }

    /// The node of codes in order that begin with the same `depth` characters.
    fn node(&mut self, codes: &[(&[u8], u32)], depth: usize) -> u32 {
        let character = |(code, _): &(&[u8], u32)| code.get(depth).copied().unwrap_or(END);
        let mut edges = Vec::new();
        for run in codes.chunk_by(|a, b| character(a) == character(b)) {
            let Some(first) = run.first() else { continue };
            edges.push(match character(first) {
                END => (END, first.1),
                other => (other, self.node(run, depth + 1)),
            });
        }
        if let Some(known) = self.known.get(&edges) {
            return *known;
        }
        let node = self.nodes.len() as u32;
        self.nodes.push(edges.len() as u8);
        self.nodes.extend(edges.iter().map(|(character, _)| character));
        self.nodes.extend(edges.iter().flat_map(|(_, target)| target.to_le_bytes()));
        self.known.insert(edges, node);
        node
    }
}

#[cfg(test)]
mod tests {
    use super::super::code_list;
    use super::*;

    #[test]
    fn finds_each_code_with_its_days_and_no_other() {
        let list = code_list(("a.txt", "1\n10 20170101..\n2 ..20201231\nA10\nB10\nB1[12] ..20201231\n")).unwrap();
        let graph = CodeGraph::of(&list);
        for (code, period) in &list {
            assert_eq!(graph.period(code.as_bytes()), Some(*period), "{code}");
        }
        for other in ["", "0", "100", "11", "A1", "A101", "B", "B1", "B13", "1\0", "\0"] {
            assert_eq!(graph.period(other.as_bytes()), None, "{other:?}");
        }
        assert_eq!(CodeGraph::of(&CodeList::new()).period(b"1"), None);
    }

    #[test]
    fn what_follows_alike_is_there_once() {
        let size = |text: &str| CodeGraph::of(&code_list(("a.txt", text)).unwrap()).nodes.len();
        assert!(size("A[0-9][0-9][0-9]\nB[0-9][0-9][0-9]\n") < size("A[0-9][0-9][0-9]\n") + 10);
    }
}
