//! The segments of an 824. What is required and did not come in is written as `UNKNOWN` or `NA`.

use super::collect::Original;
use super::reason::reason_of;
use super::{Outcome, REVISION, Settings};
use crate::ack::number::digits_text;
use crate::ack::pen::{Format, trim};
use crate::ack::stamp::{is_date, is_time4};
use crate::ack::x999::trigger;
use crate::finding::{Fault, Finding};
use crate::guide::{ElementId, Guide};

const UNKNOWN: &str = "UNKNOWN";
/// OTI03 and BGN06 of a set that has no number of its own.
const NOT_AVAILABLE: &[u8] = b"NA";
/// BGN02, BGN06 and OTI03 (127).
const REFERENCE_MAX: usize = 50;
/// CTX segments behind a TED.
const TRIGGERS_MAX: usize = 10;
/// TED02 (3).
const MESSAGE_MAX: usize = 60;

/// What a set is written with.
pub(super) struct Page<'a> {
    pub(super) settings: &'a Settings,
    pub(super) format: &'a Format,
    /// ST02.
    pub(super) number: &'a str,
    /// BGN02.
    pub(super) reference: &'a str,
}

/// From ST to OTI; returns how many segments that took.
pub(super) fn head(page: &Page<'_>, original: &Original<'_>, outcome: Outcome, out: &mut Vec<u8>) -> u64 {
    let Page { settings, format, number, reference } = page;
    let Original { group, set, reference: own } = original;
    let own = if trim(own).is_empty() { NOT_AVAILABLE } else { own };
    format.segment(out, "ST").element("824").element(number).element(REVISION).end();
    format
        .segment(out, "BGN")
        .element("11")
        .at_most(reference.as_bytes(), REFERENCE_MAX)
        .element(settings.processed.date8())
        .element(settings.processed.time4())
        .skip(1)
        .at_most(own, REFERENCE_MAX)
        .skip(1)
        .element(if outcome == Outcome::Rejected { "U" } else { "WQ" })
        .end();
    let sender = group.sender.trim();
    name(format, "41", &settings.name, &settings.id, out);
    name(format, "40", sender, sender, out);
    let date = if is_date(group.date.as_bytes()) { group.date.as_str() } else { "" };
    let time = group.time.get(..4).filter(|time| is_time4(time.as_bytes())).unwrap_or_default();
    let named = set.convention.as_deref().filter(|named| !named.trim().is_empty());
    format
        .segment(out, "OTI")
        .element(outcome.code())
        .element("TN")
        .at_most(own, REFERENCE_MAX)
        .skip(2)
        .element(date)
        .element(time)
        .element(digits_text(&group.control_number, 1, 9))
        .at_most(format!("{:0>4}", set.control_number.trim_end()).as_bytes(), 9)
        .element(&set.code)
        .at_most(named.unwrap_or(&group.version).as_bytes(), 12)
        .end();
    5
}

fn name(format: &Format, entity: &str, name: &str, id: &str, out: &mut Vec<u8>) {
    let known = |text: &str, least: usize| if text.trim().len() < least { UNKNOWN.to_owned() } else { text.to_owned() };
    format
        .segment(out, "N1")
        .element(entity)
        .at_most(known(name, 1).as_bytes(), 60)
        .element("46")
        .at_most(known(id, 2).as_bytes(), 80)
        .end();
}

/// TED: the reason, the rule and what it expected, and the place as a 999 gives it; and a CTX for what makes it a fault. Returns how many
/// segments that took.
pub(super) fn fault(format: &Format, finding: &Finding, guide: Option<&Guide>, out: &mut Vec<u8>) -> u64 {
    let place = &finding.place;
    // Without colons, which separate components and would come out as question marks.
    let message = format!("{}, {}", finding.rule, finding.message.replace(": ", ", "));
    let position = [place.element, place.component, place.repetition].map(|n| match n {
        0 => String::new(),
        n => n.to_string(),
    });
    let position = position.each_ref().map(String::as_bytes);
    let id = place.segment_id.map(|id| id.as_str().to_owned()).unwrap_or_default();
    let ordinal = if id.is_empty() { String::new() } else { place.segment.max(1).to_string() };
    let references = references_of(finding, guide);
    let references = references.each_ref().map(ElementId::as_bytes);
    format
        .segment(out, "TED")
        .element(reason_of(finding))
        .element(words(&message))
        .element(id)
        .element(ordinal)
        .composite(if place.element == 0 { &[] } else { &position })
        .composite(if place.element == 0 { &[] } else { &references })
        .end();
    let triggers = finding.triggers.iter().take(TRIGGERS_MAX);
    1 + triggers.map(|found| trigger::write(found, guide, format, out)).sum::<u64>()
}

/// TED06: the dictionary's ids of the element (a composite's own) and of the component.
fn references_of(finding: &Finding, guide: Option<&Guide>) -> [ElementId; 2] {
    let place = &finding.place;
    let used = guide.zip(place.node).and_then(|(guide, node)| {
        let uses = guide.elements_of(guide.node(node));
        let used = uses.get(usize::from(place.element).wrapping_sub(1))?;
        let component = guide.components_of(used).get(usize::from(place.component).wrapping_sub(1));
        Some([used.element, component.map_or(ElementId::NONE, |component| component.element)])
    });
    match (used, finding.fault) {
        (Some(used), _) => used,
        (None, Fault::Element { reference, .. }) => [reference, ElementId::NONE],
        (None, _) => [ElementId::NONE; 2],
    }
}

/// As many whole words as fit.
fn words(message: &str) -> &str {
    if message.len() <= MESSAGE_MAX {
        return message;
    }
    let cut = message.get(..=MESSAGE_MAX).and_then(|text| text.rfind(' ')).unwrap_or(MESSAGE_MAX);
    message.get(..cut).unwrap_or_default().trim_end_matches([',', ':', ' '])
}
