//! `base/<set>.txt`: the base transaction set.

use super::Source;
use super::dictionary::{Dictionary, requirement};
use super::line::{At, NotationError, lines, maximum};
use crate::guide::tables::{BaseUse, Requirement, SegmentId};
use std::collections::{BTreeMap, BTreeSet};

/// A base transaction set: what each of its loops may hold. Base loops' names are unique within the set.
#[derive(Clone, Debug, Default)]
pub(crate) struct BaseSet {
    /// ST01.
    pub(crate) set: String,
    loops: BTreeMap<String, BaseLoop>,
}

#[derive(Clone, Debug)]
struct BaseLoop {
    of_loop: BaseUse,
    segments: BTreeMap<SegmentId, BaseUse>,
}

/// The top of the set has no name.
const TOP: &str = "";

impl BaseSet {
    pub(super) fn read((file, text): Source<'_>, dictionary: &Dictionary) -> Result<Self, NotationError> {
        let lines = lines(file, text)?;
        let [head, body @ ..] = lines.as_slice() else {
            return At { file, line: 0 }.fail("expected `set CODE`, found nothing");
        };
        let ["set", set] = head.words.as_slice() else {
            return At { file, line: head.number }.fail("expected `set CODE`");
        };
        let once = BaseUse { requirement: Requirement::Mandatory, max: 1 };
        let mut base = Self { set: (*set).to_owned(), loops: BTreeMap::new() };
        base.loops.insert(TOP.to_owned(), BaseLoop { of_loop: once, segments: BTreeMap::new() });
        let mut open = vec![TOP.to_owned()];
        for line in body {
            let at = At { file, line: line.number };
            if line.depth == 0 || line.depth > open.len() {
                return at.fail("expected one level below its loop");
            }
            open.truncate(line.depth);
            match line.words.as_slice() {
                ["loop", name, rest @ ..] => {
                    let found = BaseLoop { of_loop: base_use(at, rest)?, segments: BTreeMap::new() };
                    if base.loops.insert((*name).to_owned(), found).is_some() {
                        return at.fail(format!("expected each loop once, found {name} again"));
                    }
                    open.push((*name).to_owned());
                }
                [id, rest @ ..] => {
                    let segment = SegmentId::of(id.as_bytes());
                    if dictionary.segment(segment).is_none() {
                        return at.fail(format!("expected a segment of segments.txt, found `{id}`"));
                    }
                    let found = base_use(at, rest)?;
                    base.add(open.last().map_or(TOP, String::as_str), segment, found);
                }
                [] => {}
            }
        }
        Ok(base)
    }

    /// A segment that stands at several places of one loop counts as one: mandatory if any is, maxima added.
    fn add(&mut self, name: &str, segment: SegmentId, found: BaseUse) {
        let Some(of_loop) = self.loops.get_mut(name) else { return };
        let sum = of_loop.segments.entry(segment).or_insert(BaseUse { max: 0, ..found });
        sum.max = sum.max.saturating_add(found.max);
        if found.requirement == Requirement::Mandatory {
            sum.requirement = Requirement::Mandatory;
        }
    }

    /// The base's word on an implementation's loop: `2010BA` belongs to `2010`.
    pub(super) fn of_loop(&self, id: &str) -> Option<BaseUse> {
        Some(self.loops.get(base_name(id))?.of_loop)
    }

    /// The base's word on a segment of an implementation's loop; the empty id is the top of the set.
    pub(super) fn of_segment(&self, loop_id: &str, segment: SegmentId) -> Option<BaseUse> {
        self.loops.get(base_name(loop_id))?.segments.get(&segment).copied()
    }

    /// Every segment of the set, sorted.
    pub(super) fn segments(&self) -> Vec<SegmentId> {
        let all: BTreeSet<SegmentId> = self.loops.values().flat_map(|l| l.segments.keys().copied()).collect();
        all.into_iter().collect()
    }
}

/// A loop's name up to the first letter that follows its digits.
fn base_name(id: &str) -> &str {
    let end = id.find(|c: char| !c.is_ascii_digit()).unwrap_or(id.len());
    id.get(..end).unwrap_or_default()
}

fn base_use(at: At<'_>, words: &[&str]) -> Result<BaseUse, NotationError> {
    let [word, max] = words else { return at.fail("expected `ID M|O|X MAX`") };
    Ok(BaseUse { requirement: requirement(at, word)?, max: maximum(at, max)? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_implementation_loop_belongs_to_the_base_loop_of_its_digits() {
        let dictionary = Dictionary::read(
            ("elements.txt", "66 ID 1/2 qualifier"),
            ("segments.txt", "segment NM1\n  01 66 M\nsegment REF\n  01 66 M"),
        )
        .unwrap();
        let text = "set 837\n  NM1 M 1\n  REF O 2\n  loop 2010 O 10\n    NM1 M 1\n  REF O >1\n";
        let base = BaseSet::read(("base/837.txt", text), &dictionary).unwrap();
        assert_eq!(base.of_loop("2010BA").map(|l| l.max), Some(10));
        assert_eq!(base.of_segment("2010AA", SegmentId::lit("NM1")).map(|s| s.max), Some(1));
        assert_eq!(base.of_segment("", SegmentId::lit("REF")).map(|s| s.max), Some(u32::MAX));
        assert_eq!(base.of_segment("2010AA", SegmentId::lit("REF")), None);
        assert!(BaseSet::read(("f", "set 837\n  XYZ O 1"), &dictionary).is_err());
        assert!(BaseSet::read(("f", "set 837\n    NM1 O 1"), &dictionary).is_err());
    }
}
