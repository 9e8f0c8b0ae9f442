//! What a 277CA says of a finding: STC01 by what is wrong and where it stands.
//!
//! Facts: X12's external code lists 507 (categories) and 508 (statuses) as its site publishes them, and the entities that 508 may name as
//! STC01-3 of the 277CA lists them. Which code means what stands in `explain/codes.rs`; the rules name theirs in `claim`.

use super::parts::Status;
use crate::finding::{BusinessCode, ElementCode, Fault, Finding, SegmentCode};
use crate::guide::{Guide, NodeIx, Packed};

/// Status codes that are about an entity, and so name one.
const ABOUT_AN_ENTITY: [&str; 11] = ["124", "125", "126", "128", "145", "153", "157", "158", "164", "500", "562"];
/// Entities of a claim that a claim status cannot name: submitter, drop-off location, pay-to plan.
const NEVER_NAMED: [&str; 3] = ["41", "45", "PE"];
/// Entities of providers that are known by their NPI.
const PROVIDERS: [&str; 10] = ["71", "72", "73", "77", "82", "85", "87", "DK", "DN", "DQ"];

/// The status that says in a 277CA what the finding says: a business fault's own code, else the category by the kind of fault
/// (A6 missing, A7 not valid, A8 contradicting, A3 not to be processed) and the code by segment and element.
pub fn status_of(finding: &Finding, guide: Option<&Guide>) -> Status {
    let place = &finding.place;
    let own = match finding.fault {
        Fault::Business(code) => Some(code),
        _ => None,
    };
    if let Some(code) = finding.status.or(own) {
        return about(code, guide.zip(place.node)).into();
    }
    let segment = place.segment_id.map_or(Packed::NONE, |id| id);
    let element = (place.element, place.component);
    business_of(finding.fault, guide.zip(place.node), segment.as_str(), element).into()
}

/// What the tables' faults are called in a 277CA: by what is wrong, where in the guide, and at which element and component.
pub(crate) fn business_of(
    fault: Fault,
    node: Option<(&Guide, NodeIx)>,
    segment: &str,
    (element, component): (u16, u16),
) -> BusinessCode {
    let entity = node.map_or("", |(guide, node)| entity_of(guide, node));
    let loop_id = node.map_or("", |(guide, node)| loop_id(guide, node));
    let hospital = node.is_some_and(|(guide, _)| guide.revision.starts_with("005010X223"));
    let code = match code_of(loop_id, segment, element, component, entity) {
        // A hospital's claim says there what type of bill it is.
        "249" if hospital => "228",
        code => code,
    };
    let status = if ABOUT_AN_ENTITY.contains(&code) && entity.is_empty() { "481" } else { code };
    about(BusinessCode { category: category_of(fault), status, entity: None }, node)
}

/// A status that is about somebody, with whom it is about: whoever is named where the fault stands.
fn about(code: BusinessCode, node: Option<(&Guide, NodeIx)>) -> BusinessCode {
    if code.entity.is_some() || !ABOUT_AN_ENTITY.contains(&code.status) {
        return code;
    }
    let entity = node.map_or("", |(guide, node)| entity_of(guide, node));
    BusinessCode { entity: Some(entity).filter(|id| !id.is_empty()).map(|id| Packed::pack(id.as_bytes())), ..code }
}

/// The id of the loop that a node stands in; nothing at the top of the set.
fn loop_id(guide: &Guide, node: NodeIx) -> &str {
    match guide.loop_of(node) {
        NodeIx::ROOT => "",
        at => guide.node(at).id.as_ref(),
    }
}

fn category_of(fault: Fault) -> &'static str {
    match fault {
        Fault::Segment(code) => match code {
            SegmentCode::Missing | SegmentCode::LoopUnderMin | SegmentCode::UnderMin => "A6",
            SegmentCode::DependentMissing | SegmentCode::DependentNotUsed => "A8",
            _ => "A3",
        },
        Fault::Element { code, .. } => match code {
            ElementCode::Missing | ElementCode::TooFewRepetitions => "A6",
            ElementCode::ConditionMissing
            | ElementCode::Exclusion
            | ElementCode::DependentMissing
            | ElementCode::DependentNotUsed => "A8",
            _ => "A7",
        },
        _ => "A3",
    }
}

/// The claim status code for a place. Element 0 is the segment as a whole.
fn code_of(loop_id: &str, segment: &str, element: u16, component: u16, entity: &str) -> &'static str {
    let identifier = if PROVIDERS.contains(&entity) {
        "562"
    } else if matches!(entity, "IL" | "QC") {
        "164"
    } else {
        "153"
    };
    match (segment, element, component) {
        ("NM1", 0, _) => "124",
        ("NM1", 3..=7, _) => "125",
        ("NM1", 8 | 9, _) => identifier,
        ("N3", ..) | ("N4", 0..=2 | 4.., _) => "126",
        ("N4", 3, _) => "500",
        ("PRV", ..) => "145",
        ("DMG", 2, _) => "158",
        ("DMG", 3, _) => "157",
        ("SBR", 2, _) | ("PAT", 1, _) => "156",
        ("REF", ..) => reference_code(loop_id),
        ("CLM", 1, _) => "478",
        ("CLM", 2, _) => "178",
        ("CLM", 5, 0..=2) => "249",
        ("CLM", 5, _) => "535",
        ("HI", ..) => "255",
        ("DTP", ..) => "187",
        ("LX", ..) => "247",
        ("SV1", 1, 0..=2) | ("SV2", 2, 0..=2) | ("SV3", 1, 0..=2) => "454",
        ("SV1", 1, _) | ("SV2", 2, _) | ("SV3", 1, _) => "453",
        ("SV1", 2, _) | ("SV2", 3, _) | ("SV3", 2, _) => "583",
        ("SV1", 4, _) | ("SV2", 5, _) | ("SV3", 6, _) => "476",
        ("SV1", 5, _) => "249",
        ("SV1", 7, _) => "477",
        ("SV2", 1, _) => "455",
        _ => "481",
    }
}

fn reference_code(loop_id: &str) -> &'static str {
    match loop_id {
        "2010AA" => "128",
        "2400" => "584",
        id if id.starts_with("2010") || id.starts_with("2310") || id.starts_with("2420") => "153",
        _ => "481",
    }
}

/// Whom a place is about: NM101 of its loop as the guide has it, or of the name loop that opens its level.
fn entity_of(guide: &Guide, node: NodeIx) -> &str {
    let at = guide.loop_of(node);
    let name = name_in(guide, at).or_else(|| {
        let level = guide.node(at).id.starts_with("2000");
        guide.children(at).filter(|_| level).find_map(|child| name_in(guide, child))
    });
    let codes = name.and_then(|node| guide.elements_of(guide.node(node)).first()).map(|nm101| guide.codes_of(nm101));
    let entity = codes.and_then(<[_]>::first).map_or("", Packed::as_str);
    if NEVER_NAMED.contains(&entity) { "" } else { entity }
}

fn name_in(guide: &Guide, at: NodeIx) -> Option<NodeIx> {
    guide.children(at).find(|child| guide.node(*child).id == "NM1")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_what_is_wrong_by_its_place() {
        assert_eq!(code_of("2010AA", "NM1", 9, 0, "85"), "562");
        assert_eq!(code_of("2010BA", "NM1", 9, 0, "IL"), "164");
        assert_eq!(code_of("2010BB", "NM1", 9, 0, "PR"), "153");
        assert_eq!(code_of("2300", "CLM", 5, 3, ""), "535");
        assert_eq!(code_of("2400", "SV1", 7, 1, ""), "477");
        assert_eq!(code_of("2300", "AMT", 2, 0, ""), "481");
    }

    #[test]
    fn a_status_about_somebody_names_whom_its_place_names() {
        let guides = crate::guide::Guides::built_in();
        let named = |revision: &str, path: &str, segment: &str, status| {
            let guide = guides.find(revision, "837", None).unwrap();
            let here = |node: &NodeIx| {
                let is_segment = guide.node(*node).kind == crate::guide::NodeKind::Segment;
                is_segment && guide.loop_path(*node) == path && guide.node(*node).segment.as_str() == segment
            };
            let node = guide.indexes().find(here).unwrap();
            let code = BusinessCode { category: "A7", status, entity: None };
            about(code, Some((guide, node))).entity.map(|id| id.to_string()).unwrap_or_default()
        };
        assert_eq!(named("005010X222A1", "2000A", "PRV", "145"), "85");
        assert_eq!(named("005010X222A1", "2000A/2000B/2300/2310B", "PRV", "145"), "82");
        assert_eq!(named("005010X223A2", "2000A/2000B/2300/2310A", "PRV", "145"), "71");
        assert_eq!(named("005010X222A1", "2000A/2000B/2010BA", "DMG", "158"), "IL");
        assert_eq!(
            named("005010X222A1", "2000A/2000B/2300/2310F", "N4", "500"),
            "",
            "a drop-off is none that it may name"
        );
        assert_eq!(named("005010X222A1", "2000A/2000B/2300/2310B", "PRV", "454"), "", "not about anybody");
    }

    #[test]
    fn tells_missing_from_invalid_and_contradicting() {
        let element = |code| Fault::Element { code, reference: Packed::NONE };
        assert_eq!(category_of(element(ElementCode::Missing)), "A6");
        assert_eq!(category_of(element(ElementCode::Code)), "A7");
        assert_eq!(category_of(element(ElementCode::Exclusion)), "A8");
        assert_eq!(category_of(Fault::Segment(SegmentCode::UnderMin)), "A6");
        assert_eq!(category_of(Fault::Segment(SegmentCode::Sequence)), "A3");
    }
}
