//! What an item is found by.

use std::fmt;

use crate::guide::{Text, ValueAt};
use crate::segment::Segment;

/// One value that an item is found by. It is payload: `Debug` shows the name alone.
#[derive(Clone, PartialEq, Eq)]
pub struct Key {
    /// The guide's name for it: `claim_id`, `member_id`.
    pub name: Text,
    /// The value as it stood; bytes that are not UTF-8 read as U+FFFD.
    pub value: String,
    /// How many levels lead to it: the item's own keys have the most.
    pub(super) depth: usize,
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

/// The keys of an item and of its ancestors, outermost first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Keys(Vec<Key>);

impl Keys {
    /// All of them. A name may come more than once: a subscriber's trace and a dependent's.
    pub fn iter(&self) -> impl Iterator<Item = &Key> {
        self.0.iter()
    }

    /// The value of that name: the innermost level's first.
    pub fn find(&self, name: &str) -> Option<&str> {
        let named = || self.0.iter().filter(|key| key.name == name);
        let depth = named().map(|key| key.depth).max()?;
        named().find(|key| key.depth == depth).map(|key| key.value.as_str())
    }

    pub(super) fn push(&mut self, key: &ValueAt, segment: &Segment<'_>, depth: usize) {
        if let Some(value) = value_at(key, segment) {
            let value = String::from_utf8_lossy(value).into_owned();
            self.0.push(Key { name: key.name.clone(), value, depth });
        }
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    pub(super) fn truncate(&mut self, len: usize) {
        self.0.truncate(len);
    }
}

fn value_at<'a>(key: &ValueAt, segment: &Segment<'a>) -> Option<&'a [u8]> {
    if let Some((element, code)) = &key.condition
        && segment.element(usize::from(*element)) != Some(code.as_bytes())
    {
        return None;
    }
    match key.component {
        0 => segment.element(usize::from(key.element)),
        component => segment.component(usize::from(key.element), usize::from(component)),
    }
}
