//! Code lists, each code with the days on which it is valid: `guides/codes/`, `codes/`, and those that an operator loads.

use super::built;
use crate::guide::{CodeGraph, NotationError, Period, code_list};
use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

/// Code lists by name. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Lists(Arc<BTreeMap<String, Arc<List>>>);

/// A list.
#[derive(Clone, Debug)]
pub(crate) struct List(CodeGraph);

static BUILT_IN: LazyLock<Lists> = LazyLock::new(|| {
    let list = |(name, graph): &(&str, CodeGraph)| ((*name).to_owned(), Arc::new(List(graph.clone())));
    Lists(Arc::new(built::LISTS.iter().map(list).collect()))
});

impl Lists {
    /// The lists of `edi/guides/codes/` and `edi/codes/`.
    pub fn built_in() -> Self {
        BUILT_IN.clone()
    }

    /// These lists and another one, in place of one of that name: a code a line, an optional `from..to` behind it (CCYYMMDD, either side may
    /// be open), characters in brackets for one of them each. `file` is the name that errors give.
    pub fn with(&self, name: &str, file: &str, text: &str) -> Result<Self, NotationError> {
        let mut lists = BTreeMap::clone(&self.0);
        lists.insert(name.to_owned(), Arc::new(List(code_list(file, text)?)));
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

impl List {
    /// When a code is valid; `None` for a code that is not of the list.
    pub(super) fn period(&self, value: &[u8]) -> Option<Period> {
        self.0.period(value)
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
    fn a_code_is_limited_that_has_a_first_or_last_day() {
        let lists = Lists::built_in().with("some", "some.txt", "1\n10 20170101..\n2 ..20201231\n").unwrap();
        let list = lists.list("some").unwrap();
        assert!(list.is_limited(b"2") && list.is_limited(b"10") && !list.is_limited(b"1") && !list.is_limited(b"3"));
    }

    #[test]
    fn built_in_lists_are_there() {
        let lists = Lists::built_in();
        let states = lists.list("states").unwrap();
        assert!(states.period(b"IL").is_some() && states.period(b"QQ").is_none());
        assert!(lists.names().count() > 2);
    }

    #[test]
    fn diagnoses_are_complete_codes_with_their_fiscal_years() {
        let lists = Lists::built_in();
        let list = lists.list("icd10cm").unwrap();
        let days = |code: &str| list.period(code.as_bytes()).map(|period| (period.from, period.to));
        assert_eq!(days("I10"), Some((0, u32::MAX)));
        assert_eq!(days("M545"), Some((0, 20_210_930)));
        assert_eq!(days("M5450"), Some((20_211_001, u32::MAX)));
        assert_eq!(days("U071"), Some((20_200_401, u32::MAX)));
        assert_eq!(days("S82101A"), Some((0, u32::MAX)));
        assert_eq!(days("QA0011"), Some((20_251_001, u32::MAX)));
        for category in ["E11", "S82", "S82101", "M54", "i10", "J01.90"] {
            assert_eq!(days(category), None, "{category}");
        }
    }

    #[test]
    fn procedures_are_codes_of_seven_characters() {
        let lists = Lists::built_in();
        let list = lists.list("icd10pcs").unwrap();
        let days = |code: &str| list.period(code.as_bytes()).map(|period| (period.from, period.to));
        assert_eq!(days("5A1935Z"), Some((0, u32::MAX)));
        assert_eq!(days("00H005Z"), Some((20_240_401, u32::MAX)));
        assert_eq!(days("03C00Z6"), Some((0, 20_230_930)));
        assert_eq!(days("5A1935"), None);
    }
}
