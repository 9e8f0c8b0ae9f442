//! Names of places, for people.

use crate::finding::Place;
use crate::guide::{ElementUse, Guide, NodeIx, NodeKind};

/// A guide's name as words: `billing_provider_name` is `billing provider name`.
pub fn words(name: &str) -> String {
    name.replace('_', " ")
}

/// The loops that lead to a node, from the outside, each with its id and its name as words.
pub fn loops(guide: &Guide, node: NodeIx) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut at = guide.loop_of(node);
    while at != NodeIx::ROOT && at != NodeIx::NONE && !guide.node(at).id.is_empty() {
        found.push((guide.node(at).id.to_string(), words(&guide.node(at).name)));
        at = guide.node(at).parent;
    }
    found.reverse();
    found
}

/// The segment, element and component of a place as X12 writes them: `NM1`, `NM109`, `SV101-2`.
pub fn reference(place: &Place) -> String {
    let mut out = place.segment_id.map(|id| id.as_str().to_owned()).unwrap_or_default();
    if place.element > 0 {
        out.push_str(&format!("{:02}", place.element));
    }
    if place.component > 0 {
        out.push_str(&format!("-{}", place.component));
    }
    out
}

/// The element or component that a place names, where the guide has it.
pub fn element<'g>(guide: &'g Guide, place: &Place) -> Option<&'g ElementUse> {
    let node = guide.node(place.node?);
    // Where the guide has no place for the segment, the node is the loop that was open.
    if node.kind == NodeKind::Loop || Some(node.segment) != place.segment_id {
        return None;
    }
    let element = guide.elements_of(node).get(usize::from(place.element).checked_sub(1)?)?;
    match usize::from(place.component).checked_sub(1) {
        None => Some(element),
        Some(at) => guide.components_of(element).get(at),
    }
}

/// The name of what a place means, as words: the element's, else the segment's or loop's, where the guide knows it.
pub fn subject(guide: &Guide, place: &Place) -> Option<String> {
    if place.element > 0 {
        let whole = Place { component: 0, ..place.clone() };
        let of = |place: &Place| element(guide, place).map(|used| words(&used.name));
        return if place.component > 0 { Some(format!("{} {}", of(&whole)?, of(place)?)) } else { of(&whole) };
    }
    let node = guide.node(place.node?);
    (Some(node.segment) == place.segment_id).then(|| words(&node.name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::guide::{Guides, SegmentId};

    #[test]
    fn a_place_has_the_guides_names() {
        let guides = Guides::built_in();
        let guide = guides.find("005010X222A1", "837", None).unwrap();
        let node = guide.find("2000A/2000B/2300/2400/SV1").unwrap();
        let ids: Vec<_> = loops(guide, node).into_iter().map(|(id, _)| id).collect();
        assert_eq!(ids, ["2000A", "2000B", "2300", "2400"]);
        let segment_id = Some(SegmentId::lit("SV1"));
        let place = Place { node: Some(node), segment_id, element: 1, component: 2, ..Place::default() };
        assert_eq!(reference(&place), "SV101-2");
        assert_eq!(subject(guide, &place).as_deref(), Some("procedure code"));
        assert_eq!(subject(guide, &Place { element: 99, ..place.clone() }), None);
        let lost = Place { segment_id: Some(SegmentId::lit("REF")), ..place };
        assert_eq!((element(guide, &lost).is_none(), reference(&lost).as_str()), (true, "REF01-2"));
    }
}
