//! Which treatment stands where: the data of `edi/deidentify/treatments.txt`, spread over the guides' segments.

use std::collections::{BTreeSet, HashMap};
use std::sync::LazyLock;

use super::treatment::Treatment;
use crate::guide::{DataType, ElementId, Guide, Guides, NodeKind, SegmentId};

/// The data. What does not read is passed over, and then replaced; a test reads every line.
const TEXT: &str = include_str!("../../deidentify/treatments.txt");

/// A value's data element, and what is done to it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Part {
    pub(super) element: ElementId,
    pub(super) treatment: Treatment,
}

/// The parts of every segment that is known.
pub(super) struct Layouts {
    /// By segment, element and component. A simple element has one component.
    segments: HashMap<SegmentId, Vec<Vec<Part>>>,
    small: BTreeSet<&'static [u8]>,
}

static BUILT_IN: LazyLock<Layouts> = LazyLock::new(|| Layouts::read(&lines(TEXT).collect::<Vec<_>>()));

/// Words of each line.
fn lines(text: &str) -> impl Iterator<Item = Vec<&str>> {
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    lines.map(|line| line.split_whitespace().collect::<Vec<_>>()).filter(|words| !words.is_empty())
}

impl Layouts {
    /// That of the built-in guides.
    pub(super) fn built_in() -> &'static Self {
        &BUILT_IN
    }

    /// The value at an element and component, both from 0; what is not known is replaced. All components of a simple element are
    /// treated as it is.
    pub(super) fn part(&self, segment: SegmentId, position: usize, component: usize) -> Part {
        let Some(parts) = self.segments.get(&segment).and_then(|parts| parts.get(position)) else {
            return Part::default();
        };
        let part = if parts.len() == 1 { parts.first() } else { parts.get(component) };
        part.copied().unwrap_or_default()
    }

    /// Whether the first three digits of a ZIP code may not be told.
    pub(super) fn is_small(&self, digits: &[u8]) -> bool {
        self.small.contains(digits)
    }

    fn read(lines: &[Vec<&'static str>]) -> Self {
        let (mut elements, mut places, mut small) = (HashMap::new(), Vec::new(), BTreeSet::new());
        for words in lines {
            let Some((first, rest)) = words.split_first() else { continue };
            match Treatment::named(first) {
                None => small.extend(rest.iter().map(|digits| digits.as_bytes())),
                Some(treatment) => {
                    for word in rest {
                        match place(word) {
                            Some(place) => places.push((place, treatment)),
                            None => _ = elements.insert(ElementId::lit(word), treatment),
                        }
                    }
                }
            }
        }
        let mut segments = HashMap::new();
        for guide in Guides::built_in().iter() {
            for node in guide.nodes.iter().filter(|node| node.kind == NodeKind::Segment) {
                segments.entry(node.segment).or_insert_with(|| parts(guide, node, &elements));
            }
        }
        for ((segment, position), treatment) in places {
            let parts = segments.entry(segment).or_default();
            parts.resize_with(parts.len().max(position), || vec![Part::default()]);
            for part in position.checked_sub(1).and_then(|at| parts.get_mut(at)).into_iter().flatten() {
                part.treatment = treatment;
            }
        }
        Self { segments, small }
    }
}

/// `ISA-06`.
fn place(word: &str) -> Option<(SegmentId, usize)> {
    let (segment, position) = word.split_once('-')?;
    Some((SegmentId::lit(segment), position.parse().ok()?))
}

fn parts(guide: &Guide, node: &crate::guide::Node, elements: &HashMap<ElementId, Treatment>) -> Vec<Vec<Part>> {
    let part = |element: ElementId| Part { element, treatment: elements.get(&element).copied().unwrap_or_default() };
    let used = guide.elements_of(node).iter();
    used.map(|used| match used.data_type {
        DataType::Composite => guide.components_of(used).iter().map(|component| part(component.element)).collect(),
        _ => vec![part(used.element)],
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_says_something_that_the_dictionary_knows() {
        let dictionary: BTreeSet<&str> = include_str!("../../guides/elements.txt")
            .lines()
            .filter(|line| !line.starts_with('#'))
            .filter_map(|line| line.split_whitespace().next())
            .collect();
        let mut seen = BTreeSet::new();
        for words in lines(TEXT) {
            let (first, rest) = words.split_first().unwrap();
            assert!(!rest.is_empty(), "{first}");
            for word in rest {
                assert!(seen.insert((*word).to_owned()), "{word} stands twice");
                match place(word) {
                    _ if *first == "small" => assert!(word.len() == 3 && word.parse::<u16>().is_ok(), "{word}"),
                    Some((segment, position)) => assert!(!segment.is_none() && position > 0, "{word}"),
                    None => assert!(dictionary.contains(word), "{word} is no data element"),
                }
            }
            assert!(*first == "small" || Treatment::named(first).is_some(), "{first} is no treatment");
        }
    }

    #[test]
    fn what_is_not_told_is_replaced() {
        let treatment = |segment: &str, position: usize, component: usize| {
            Layouts::built_in().part(SegmentId::lit(segment), position - 1, component).treatment
        };
        assert_eq!(treatment("CLM", 1, 0), Treatment::Id);
        assert_eq!(treatment("CLM", 2, 0), Treatment::Number);
        assert_eq!(treatment("SV1", 1, 1), Treatment::Code);
        assert_eq!(treatment("SV1", 1, 6), Treatment::Id, "the description");
        assert_eq!(treatment("SV1", 1, 40), Treatment::Id);
        assert_eq!(treatment("ISA", 6, 0), Treatment::Id);
        assert_eq!(treatment("ISA", 16, 0), Treatment::Delimiter);
        assert_eq!(treatment("PRV", 3, 0), Treatment::Code);
        assert_eq!(treatment("REF", 2, 0), Treatment::Id);
        assert_eq!(treatment("ZZZ", 1, 0), Treatment::Id);
        assert!(Layouts::built_in().is_small(b"036") && !Layouts::built_in().is_small(b"627"));
    }
}
