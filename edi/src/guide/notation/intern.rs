//! Tables in which equal runs are kept once.

use crate::guide::tables::Span;
use std::collections::HashMap;
use std::hash::Hash;

/// A table of runs; adding a run that it holds gives the same span again.
#[derive(Debug)]
pub(super) struct Runs<T> {
    pub(super) table: Vec<T>,
    known: HashMap<Vec<T>, Span>,
}

impl<T: Clone + Eq + Hash> Runs<T> {
    pub(super) fn new() -> Self {
        Self { table: Vec::new(), known: HashMap::new() }
    }

    pub(super) fn add(&mut self, run: Vec<T>) -> Span {
        if run.is_empty() {
            return Span::default();
        }
        if let Some(span) = self.known.get(&run) {
            return *span;
        }
        let span = Span { start: self.table.len() as u32, len: run.len() as u32 };
        self.table.extend(run.iter().cloned());
        self.known.insert(run, span);
        span
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_equal_runs_once() {
        let mut runs = Runs::new();
        let first = runs.add(vec![1, 2]);
        assert_ne!(runs.add(vec![2]), first);
        assert_eq!(runs.add(vec![1, 2]), first);
        assert_eq!(runs.table, [1, 2, 2]);
    }
}
