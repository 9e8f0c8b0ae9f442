//! CTX `SITUATIONAL TRIGGER`: what in the set makes a fault one. A rule names it in its finding; of a syntax note it is what stands
//! in the segment.

use super::errors::{cut_loop_id, position_texts};
use crate::ack::Format;
use crate::finding::{ElementCode, Fault, Finding, Trigger};
use crate::guide::{ElementId, ElementUse, Guide, Note};
use crate::{OwnedSegment, Segment};

/// CTX segments of an IK3 loop that name triggers.
pub(super) const OF_SEGMENT_MAX: usize = 9;
/// CTX segments of an IK4 loop.
pub(super) const OF_ELEMENT_MAX: usize = 10;

/// What the finding's own segment holds that its syntax notes hold against the element: at most [`OF_ELEMENT_MAX`].
pub(super) fn of_notes(guide: &Guide, finding: &Finding, segment: &OwnedSegment) -> Vec<Trigger> {
    let conditional = |code| matches!(code, ElementCode::ConditionMissing | ElementCode::Exclusion);
    let place = &finding.place;
    let Some(node) = place.node.filter(|_| place.element > 0) else { return Vec::new() };
    if !matches!(finding.fault, Fault::Element { code, .. } if conditional(code)) {
        return Vec::new();
    }
    let segment = segment.view();
    let node = guide.node(node);
    let stands = |position: u16| match place.component {
        0 => segment.element(usize::from(position)).is_some(),
        _ => component(&segment, place.element, place.repetition, position),
    };
    let (notes, meant): (&[Note], u16) = match place.component {
        0 => (guide.notes_of(node), place.element),
        meant => {
            let composite = guide.elements_of(node).get(usize::from(place.element) - 1);
            (composite.map_or(&[], |composite| composite.notes.of(&guide.notes)), meant)
        }
    };
    let bit = |position: u16| 1_u32.checked_shl(u32::from(position).wrapping_sub(1)).unwrap_or(0);
    let speaking = notes.iter().filter(|note| note.all & bit(meant) != 0);
    let involved = speaking.fold(0, |bits, note| bits | note.all) & !bit(meant);
    let present = (1..=32).filter(|position| involved & bit(*position) != 0 && stands(*position));
    let named = |position| Trigger {
        segment_id: place.segment_id.unwrap_or_default(),
        segment: place.segment,
        node: place.node,
        element: if place.component == 0 { position } else { place.element },
        component: if place.component == 0 { 0 } else { position },
        repetition: place.repetition,
    };
    present.take(OF_ELEMENT_MAX).map(named).collect()
}

fn component(segment: &Segment<'_>, element: u16, repetition: u16, position: u16) -> bool {
    let element = segment.elements().nth(usize::from(element).wrapping_sub(1));
    let part = element.and_then(|element| element.repetitions().nth(usize::from(repetition.max(1)) - 1));
    let part = part.and_then(|part| part.components().nth(usize::from(position).wrapping_sub(1)));
    part.is_some_and(|part| !part.bytes().is_empty())
}

/// Appends one; returns how many segments that took. Without its segment's id it cannot stand.
pub(in crate::ack) fn write(trigger: &Trigger, guide: Option<&Guide>, format: &Format, out: &mut Vec<u8>) -> u64 {
    if trigger.segment_id.is_none() || trigger.segment == 0 {
        return 0;
    }
    let path = guide.zip(trigger.node).map(|(guide, node)| guide.loop_path(node)).unwrap_or_default();
    let (element, component) = references(trigger, guide);
    let position = position_texts(trigger.element, trigger.component, trigger.repetition);
    let position = position.each_ref().map(String::as_bytes);
    format
        .segment(out, "CTX")
        .element("SITUATIONAL TRIGGER")
        .element(trigger.segment_id.as_bytes())
        .element(trigger.segment.to_string())
        .element(cut_loop_id(&path))
        .composite(if trigger.element == 0 { &[] } else { &position })
        .composite(&[element.as_bytes(), component.as_bytes()])
        .end();
    1
}

/// CTX06: the dictionary's ids of the element (a composite's own) and of the component.
fn references(trigger: &Trigger, guide: Option<&Guide>) -> (ElementId, ElementId) {
    let at = |uses: &[ElementUse], position: u16| uses.get(usize::from(position).wrapping_sub(1)).cloned();
    let known = guide.zip(trigger.node).and_then(|(guide, node)| {
        let element = at(guide.elements_of(guide.node(node)), trigger.element)?;
        let component = at(guide.components_of(&element), trigger.component);
        Some((element.element, component.map_or(ElementId::NONE, |component| component.element)))
    });
    known.unwrap_or((ElementId::NONE, ElementId::NONE))
}
