//! Code lists, each code with the days on which it is valid: `guides/codes/`, and those that an operator loads.

use super::built;
use crate::guide::{Code, NotationError, Period, code_list};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

/// Code lists by name. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Lists(Arc<BTreeMap<String, Arc<List>>>);

/// A list as sorted entries of one width: the code, padded with zeros, then the first and the last day as CCYYMMDD.
#[derive(Clone, Debug)]
pub(crate) struct List {
    width: usize,
    entries: Cow<'static, [u8]>,
}

static BUILT_IN: LazyLock<Lists> = LazyLock::new(|| {
    let list = |(name, width, entries): &(&str, usize, &'static [u8])| {
        ((*name).to_owned(), Arc::new(List { width: *width, entries: Cow::Borrowed(*entries) }))
    };
    Lists(Arc::new(built::LISTS.iter().map(list).collect()))
});

impl Lists {
    /// The lists of `edi/guides/codes/`.
    pub fn built_in() -> Self {
        BUILT_IN.clone()
    }

    /// These lists and another one, in place of one of that name: a code a line, an optional `from..to` behind it (CCYYMMDD, either side may
    /// be open). `file` is the name that errors give.
    pub fn with(&self, name: &str, file: &str, text: &str) -> Result<Self, NotationError> {
        let mut lists = BTreeMap::clone(&self.0);
        lists.insert(name.to_owned(), Arc::new(List::new(&code_list(file, text)?)));
        Ok(Self(Arc::new(lists)))
    }

    /// The names of all lists.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    pub(super) fn list(&self, name: &str) -> Option<&Arc<List>> {
        self.0.get(name)
    }
}

/// Bytes of the two days.
const DAYS: usize = 8;

impl List {
    /// From codes in order.
    pub(super) fn new(codes: &[(Code, Period)]) -> Self {
        let width = codes.iter().map(|(code, _)| code.as_bytes().len()).max().unwrap_or(1);
        let mut entries = Vec::with_capacity(codes.len() * (width + DAYS));
        for (code, period) in codes {
            entries.extend_from_slice(code.as_bytes());
            entries.resize(entries.len() + width - code.as_bytes().len(), 0);
            entries.extend_from_slice(&period.from.to_be_bytes());
            entries.extend_from_slice(&period.to.to_be_bytes());
        }
        Self { width, entries: Cow::Owned(entries) }
    }

    /// When a code is valid; `None` for a code that is not of the list.
    pub(super) fn period(&self, value: &[u8]) -> Option<Period> {
        if value.len() > self.width || value.is_empty() {
            return None;
        }
        let size = self.width + DAYS;
        let entry = |at: usize| self.entries.get(at * size..at * size + size).unwrap_or_default();
        let (mut low, mut high) = (0, self.entries.len() / size);
        while low < high {
            let middle = low.midpoint(high);
            let (code, days) = entry(middle).split_at_checked(self.width)?;
            let (own, padding) = code.split_at_checked(value.len())?;
            match own.cmp(value).then(if padding.iter().any(|byte| *byte != 0) {
                std::cmp::Ordering::Greater
            } else {
                std::cmp::Ordering::Equal
            }) {
                std::cmp::Ordering::Less => low = middle + 1,
                std::cmp::Ordering::Greater => high = middle,
                std::cmp::Ordering::Equal => {
                    let day = |at: usize| days.get(at..at + 4)?.try_into().ok().map(u32::from_be_bytes);
                    return Some(Period { from: day(0)?, to: day(4)? });
                }
            }
        }
        None
    }

    /// Whether a code is of the list, and not for all times.
    pub(super) fn is_limited(&self, value: &[u8]) -> bool {
        self.period(value).is_some_and(|period| period.from > 0 || period.to < u32::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_each_code_with_its_days_and_no_other() {
        let lists = Lists::built_in().with("some", "some.txt", "1\n10 20170101..\n2 ..20201231\nA10\n").unwrap();
        let list = lists.list("some").unwrap();
        let period = |code: &str| list.period(code.as_bytes()).map(|period| (period.from, period.to));
        assert_eq!(period("1"), Some((0, u32::MAX)));
        assert_eq!(period("10"), Some((20_170_101, u32::MAX)));
        assert_eq!(period("2"), Some((0, 20_201_231)));
        assert_eq!(period("A10"), Some((0, u32::MAX)));
        for other in ["", "0", "100", "11", "A1", "A101", "B"] {
            assert_eq!(period(other), None, "{other}");
        }
        assert!(list.is_limited(b"2") && !list.is_limited(b"1") && !list.is_limited(b"3"));
    }

    #[test]
    fn built_in_lists_are_there() {
        let lists = Lists::built_in();
        let states = lists.list("states").unwrap();
        assert!(states.period(b"IL").is_some() && states.period(b"QQ").is_none());
        assert!(lists.names().count() > 2);
    }
}
