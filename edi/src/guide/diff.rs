//! What one guide changes of another: an overlay of its base, a revision of the one before.
//!
//! Loops and segments are the same where their ids are and their qualifiers do not exclude each other. Names and the order of
//! segments are not compared.

use super::tables::{Code, DataType, ElementUse, Guide, KeyElement, Node, NodeIx, NodeKind, Usage};
use std::fmt;

/// One difference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The loops that lead to it, itself included where it is a loop: `2000A/2000B/2300`; empty at the top of the set.
    pub loop_path: String,
    /// The segment's id and name; `None` where the loop itself is meant.
    pub segment: Option<(String, String)>,
    /// Element, from 1; 0 where the segment is meant.
    pub element: u8,
    /// Component, from 1; 0 where the element is meant.
    pub component: u8,
    /// The guide's name of what is meant.
    pub name: String,
    /// What is different.
    pub what: Difference,
}

/// What is different.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Difference {
    /// Only the second guide has it.
    Added(Usage),
    /// Only the first guide has it.
    Removed,
    /// Its usage.
    Usage(Usage, Usage),
    /// How often it may stand; `u32::MAX` for any number of times.
    Repeat(u32, u32),
    /// Its least and greatest length.
    Length((u32, u32), (u32, u32)),
    /// Its type.
    Type(DataType, DataType),
    /// Codes that the second guide has more and less.
    Codes {
        /// More.
        added: Vec<Code>,
        /// Less.
        removed: Vec<Code>,
    },
    /// Where any value could stand, only these codes may.
    CodesListed(Vec<Code>),
    /// Where a list of codes was, any value may stand.
    CodesFreed,
}

/// What `to` changes of `from`, in the order of `from`; what only `to` has stands behind what its loop has in `from`.
pub fn diff(from: &Guide, to: &Guide) -> Vec<Change> {
    let mut both = Both { from, to, found: Vec::new() };
    both.children(NodeIx::ROOT, NodeIx::ROOT);
    both.found
}

struct Both<'g> {
    from: &'g Guide,
    to: &'g Guide,
    found: Vec<Change>,
}

impl Both<'_> {
    fn children(&mut self, from: NodeIx, to: NodeIx) {
        let ours: Vec<NodeIx> = self.from.children(from).collect();
        let mut theirs: Vec<NodeIx> = self.to.children(to).collect();
        let pairs = self.pair(&ours, &mut theirs);
        for (ours, theirs) in pairs {
            match theirs {
                None => self.note(self.from, ours, Difference::Removed),
                Some(theirs) => self.compare(ours, theirs),
            }
        }
        for added in theirs {
            self.note(self.to, added, Difference::Added(self.to.node(added).usage));
        }
    }

    /// For each of ours the one of theirs that is the same; those are taken out of theirs. The surest first: same name, same
    /// qualifiers, same id.
    fn pair(&self, ours: &[NodeIx], theirs: &mut Vec<NodeIx>) -> Vec<(NodeIx, Option<NodeIx>)> {
        let mut pairs: Vec<(NodeIx, Option<NodeIx>)> = ours.iter().map(|node| (*node, None)).collect();
        for sureness in (0..3).rev() {
            for (node, found) in pairs.iter_mut().filter(|(_, found)| found.is_none()) {
                let same = |other: &NodeIx| self.sameness(*node, *other) > sureness;
                *found = theirs.iter().position(same).map(|at| theirs.remove(at));
            }
        }
        pairs
    }

    /// 0 where they are not the same, else how surely they are.
    fn sameness(&self, ours: NodeIx, theirs: NodeIx) -> u8 {
        let (a, b) = (self.from.node(ours), self.to.node(theirs));
        if a.kind != b.kind || a.id != b.id || a.segment != b.segment {
            return 0;
        }
        let (ours, theirs) = (a.keys.of(&self.from.key_elements), b.keys.of(&self.to.key_elements));
        let shared = ours.iter().filter_map(|key| Some((key, theirs.iter().find(|other| same_place(key, other))?)));
        let mut overlaps = shared.map(|(a, b)| {
            let theirs = b.codes.of(&self.to.codes);
            a.codes.of(&self.from.codes).iter().any(|code| theirs.contains(code))
        });
        let keyed = !ours.is_empty() && !theirs.is_empty();
        match (overlaps.all(|overlap| overlap), a.name == b.name) {
            (false, _) => 0,
            (true, true) => 3,
            (true, false) if keyed => 2,
            (true, false) => 1,
        }
    }

    fn compare(&mut self, ours: NodeIx, theirs: NodeIx) {
        let (a, b) = (self.from.node(ours), self.to.node(theirs));
        if a.usage != b.usage {
            self.note(self.from, ours, Difference::Usage(a.usage, b.usage));
        }
        if a.max != b.max && b.usage != Usage::NotUsed {
            self.note(self.from, ours, Difference::Repeat(a.max, b.max));
        }
        if a.kind == NodeKind::Loop {
            return self.children(ours, theirs);
        }
        let (mine, yours) = (self.from.elements_of(a), self.to.elements_of(b));
        for (mine, yours) in mine.iter().zip(yours) {
            self.element(ours, (mine, yours), (mine.position, 0), "");
            let (parts, others) = (self.from.components_of(mine), self.to.components_of(yours));
            if mine.usage != Usage::NotUsed && yours.usage != Usage::NotUsed {
                for (part, other) in parts.iter().zip(others) {
                    self.element(ours, (part, other), (mine.position, part.position), &mine.name);
                }
            }
        }
    }

    fn element(&mut self, node: NodeIx, (a, b): (&ElementUse, &ElementUse), at: (u8, u8), composite: &str) {
        let mut found = Vec::new();
        if a.usage != b.usage {
            found.push(Difference::Usage(a.usage, b.usage));
        }
        if a.usage != Usage::NotUsed && b.usage != Usage::NotUsed {
            if a.repeat != b.repeat {
                found.push(Difference::Repeat(a.repeat.into(), b.repeat.into()));
            }
            if a.data_type != b.data_type {
                found.push(Difference::Type(a.data_type, b.data_type));
            }
            if (a.min, a.max) != (b.min, b.max) {
                found.push(Difference::Length((a.min, a.max), (b.min, b.max)));
            }
            found.extend(codes(self.from.codes_of(a), self.to.codes_of(b)));
        }
        let used = if a.usage == Usage::NotUsed { b } else { a };
        let name = if composite.is_empty() { used.name.to_string() } else { format!("{composite}.{}", used.name) };
        for what in found {
            let change = change(self.from, node, what);
            self.found.push(Change { element: at.0, component: at.1, name: name.clone(), ..change });
        }
    }

    fn note(&mut self, guide: &Guide, node: NodeIx, what: Difference) {
        self.found.push(change(guide, node, what));
    }
}

fn same_place(a: &KeyElement, b: &KeyElement) -> bool {
    (a.element, a.component) == (b.element, b.component)
}

fn codes(from: &[Code], to: &[Code]) -> Option<Difference> {
    match (from.is_empty(), to.is_empty()) {
        (true, true) => None,
        (true, false) => Some(Difference::CodesListed(to.to_vec())),
        (false, true) => Some(Difference::CodesFreed),
        (false, false) => {
            let without = |all: &[Code], others: &[Code]| -> Vec<Code> {
                all.iter().filter(|code| others.binary_search(code).is_err()).copied().collect()
            };
            let (added, removed) = (without(to, from), without(from, to));
            (!added.is_empty() || !removed.is_empty()).then_some(Difference::Codes { added, removed })
        }
    }
}

fn change(guide: &Guide, node: NodeIx, what: Difference) -> Change {
    let found: &Node = guide.node(node);
    let segment = (found.kind == NodeKind::Segment).then(|| (found.id.to_string(), found.name.to_string()));
    let (loop_path, name) = (guide.loop_path(node), found.name.to_string());
    Change { loop_path, segment, element: 0, component: 0, name, what }
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut gap = "";
        if !self.loop_path.is_empty() {
            write!(f, "{}", self.loop_path)?;
            gap = " ";
        }
        match &self.segment {
            None => write!(f, " {}", self.name)?,
            Some((id, name)) => {
                write!(f, "{gap}{id}")?;
                if self.element > 0 {
                    write!(f, "{:02}", self.element)?;
                }
                if self.component > 0 {
                    write!(f, "-{}", self.component)?;
                }
                write!(f, " {name}")?;
                if self.element > 0 {
                    write!(f, ".{}", self.name)?;
                }
            }
        }
        write!(f, ": {}", self.what)
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let times = |max: &u32| if *max == u32::MAX { ">1".to_owned() } else { max.to_string() };
        let list = |codes: &[Code]| codes.iter().map(Code::as_str).collect::<Vec<_>>().join(" ");
        match self {
            Self::Added(usage) => write!(f, "added, {}", usage_words(*usage)),
            Self::Removed => f.write_str("removed"),
            Self::Usage(from, to) => write!(f, "usage {} → {}", usage_words(*from), usage_words(*to)),
            Self::Repeat(from, to) => write!(f, "repeat {} → {}", times(from), times(to)),
            Self::Length(from, to) => write!(f, "length {}/{} → {}/{}", from.0, from.1, to.0, to.1),
            Self::Type(from, to) => write!(f, "type {from} → {to}"),
            Self::Codes { added, removed } => {
                let gap = if added.is_empty() || removed.is_empty() { "" } else { ", " };
                f.write_str("codes ")?;
                if !added.is_empty() {
                    write!(f, "added: {}", list(added))?;
                }
                f.write_str(gap)?;
                if !removed.is_empty() {
                    write!(f, "removed: {}", list(removed))?;
                }
                Ok(())
            }
            Self::CodesListed(codes) => write!(f, "any value → {}", list(codes)),
            Self::CodesFreed => f.write_str("listed codes → any value"),
        }
    }
}

fn usage_words(usage: Usage) -> &'static str {
    match usage {
        Usage::Required => "required",
        Usage::Situational => "situational",
        Usage::NotUsed => "not used",
    }
}

impl fmt::Display for DataType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::An => f.write_str("AN"),
            Self::Id => f.write_str("ID"),
            Self::Dt => f.write_str("DT"),
            Self::Tm => f.write_str("TM"),
            Self::R => f.write_str("R"),
            Self::N(places) => write!(f, "N{places}"),
            Self::B => f.write_str("B"),
            Self::Composite => f.write_str("composite"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BASE: &str = include_str!("../../guides/005010X222A1.txt");

    fn guide(text: &str) -> Guide {
        crate::guide::read("test.txt", text).unwrap_or_else(|error| panic!("{error}"))
    }

    /// What an edit of the 837P changes. The edit touches the first place where `old` stands.
    fn changed(old: &str, new: &str) -> Vec<String> {
        assert!(BASE.contains(old), "{old}");
        diff(&guide(BASE), &guide(&BASE.replacen(old, new, 1))).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_guide_differs_in_nothing_from_itself() {
        assert_eq!(diff(&guide(BASE), &guide(BASE)), []);
    }

    #[test]
    fn tells_usage_repeats_lengths_and_codes_of_elements() {
        let name = "    02 R entity_type_qualifier = 1 2\n    03 R last_or_organization_name\n    04 S first_name";
        for (new, expected) in [
            (
                "    02 R entity_type_qualifier = 1\n    03 R last_or_organization_name\n    04 S first_name",
                "1000A NM102 name.entity_type_qualifier: codes removed: 2",
            ),
            (
                "    02 R entity_type_qualifier = 1 2\n    03 R last_or_organization_name 1/35\n    04 S first_name",
                "1000A NM103 name.last_or_organization_name: length 1/60 → 1/35",
            ),
            (
                "    02 R entity_type_qualifier = 1 2\n    03 R last_or_organization_name\n    04 R first_name",
                "1000A NM104 name.first_name: usage situational → required",
            ),
            (
                "    02 R entity_type_qualifier = 1 2\n    03 R last_or_organization_name\n    04 S first_name = ANN",
                "1000A NM104 name.first_name: any value → ANN",
            ),
            (
                "    02 R entity_type_qualifier = 1 2\n    03 R last_or_organization_name",
                "1000A NM104 name.first_name: usage situational → not used",
            ),
        ] {
            assert_eq!(changed(name, new), [expected]);
        }
    }

    #[test]
    fn tells_repeats_and_usage_of_segments_and_loops() {
        assert_eq!(
            changed("segment 0450 PER R 2 contact", "segment 0450 PER S 1 contact"),
            ["1000A PER contact: usage required → situational", "1000A PER contact: repeat 2 → 1"]
        );
        assert_eq!(
            changed("loop 0200 1000A R 1 submitter", "loop 0200 1000A S 3 submitter"),
            ["1000A submitter: usage required → situational", "1000A submitter: repeat 1 → 3"]
        );
    }

    #[test]
    fn tells_components_with_their_composite() {
        let found = changed("1 R qualifier = ER HC IV WK", "1 R qualifier = HC");
        // 2300 stands under 2000B and, repeated, under 2000C.
        assert_eq!(found.len(), 2, "{found:?}");
        assert_eq!(
            found[0],
            "2000A/2000B/2300/2400 SV101-1 professional_service.procedure.qualifier: codes removed: ER IV WK"
        );
    }

    #[test]
    fn a_segment_is_found_again_by_its_qualifiers_under_another_name() {
        let renamed = BASE.replace("segment 0450 PER R 2 contact", "segment 0450 PER R 2 people");
        assert_eq!(diff(&guide(BASE), &guide(&renamed)), []);
        let both = diff(&guide(BASE), &guide(&BASE.replace("41\n    02 R entity_type", "45\n    02 R entity_type")));
        let both: Vec<String> = both.iter().map(ToString::to_string).collect();
        assert!(both.contains(&"1000A submitter: removed".to_owned()), "{both:?}");
    }
}
