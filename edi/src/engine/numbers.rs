//! Control numbers that have been seen, in little room where they ascend by one.

use std::collections::HashSet;

/// Numbers as runs of neighbours; those that are no digits as they are.
#[derive(Debug, Default)]
pub(super) struct Seen {
    /// First and last of each run, ascending, never touching.
    runs: Vec<(u64, u64)>,
    others: HashSet<Vec<u8>>,
}

impl Seen {
    /// Adds a control number; whether it was there before. `0001` and `1` differ. Past `runs_max` runs nothing more is kept.
    pub(super) fn add(&mut self, number: &[u8], runs_max: usize) -> bool {
        let Some(key) = key(number) else {
            if self.others.contains(number) {
                return true;
            }
            if self.others.len() < runs_max {
                self.others.insert(number.to_vec());
            }
            return false;
        };
        let after = self.runs.partition_point(|(first, _)| *first <= key);
        let joins_next = self.runs.get(after).is_some_and(|(first, _)| *first == key + 1);
        let before = after.checked_sub(1);
        if let Some(run) = before.and_then(|before| self.runs.get_mut(before)) {
            if key <= run.1 {
                return true;
            }
            if key == run.1 + 1 {
                run.1 = key;
                if joins_next {
                    let next = self.runs.remove(after);
                    if let Some(run) = before.and_then(|before| self.runs.get_mut(before)) {
                        run.1 = next.1;
                    }
                }
                return false;
            }
        }
        if joins_next {
            if let Some(next) = self.runs.get_mut(after) {
                next.0 = key;
            }
        } else if self.runs.len() < runs_max {
            self.runs.insert(after, (key, key));
        }
        false
    }
}

/// A number of its own for each text of up to nine digits; neighbours of the same length are neighbours.
fn key(number: &[u8]) -> Option<u64> {
    if number.is_empty() || number.len() > 9 {
        return None;
    }
    let digits = crate::validate::value::digits(number)?;
    Some(number.len() as u64 * 10_000_000_000 + digits)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn finds_what_came_twice(numbers in prop::collection::vec("[0-3]{1,2}|[AB]{1}", 0..60)) {
            let (mut seen, mut plain) = (Seen::default(), HashSet::new());
            for number in &numbers {
                prop_assert_eq!(seen.add(number.as_bytes(), 1000), !plain.insert(number.clone()));
            }
        }
    }

    #[test]
    fn ascending_numbers_make_one_run() {
        let mut seen = Seen::default();
        for number in 1..10_000 {
            assert!(!seen.add(format!("{number:09}").as_bytes(), 1));
        }
        assert_eq!(seen.runs.len(), 1);
        assert!(seen.add(b"000000077", 1));
    }

    #[test]
    fn keeps_no_more_runs_than_the_limit() {
        let mut seen = Seen::default();
        assert!(!seen.add(b"0001", 1));
        assert!(!seen.add(b"0005", 1));
        assert!(!seen.add(b"0005", 1));
        assert!(seen.add(b"0001", 1));
    }
}
