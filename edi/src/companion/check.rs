//! What a companion asks of a segment's elements beyond its guide.

use super::{Companion, Kind};
use crate::finding::ElementCode;
use crate::guide::{Code, DataType, ElementId, ElementUse, NodeIx, Usage};
use crate::segment::{Element, Segment};
use crate::validate::{value, word};
use std::ops::Range;

/// Something that a companion forbids and its guide does not.
pub(crate) struct Breach {
    pub(crate) kind: Kind,
    pub(crate) code: ElementCode,
    pub(crate) reference: ElementId,
    pub(crate) element: u16,
    pub(crate) component: u16,
    pub(crate) repetition: u16,
    /// Bytes from the segment's first.
    pub(crate) bytes: Range<usize>,
    pub(crate) message: String,
}

/// What is wrong with the elements of a segment that stands at a node.
pub(crate) fn breaches(companion: &Companion, node: NodeIx, segment: &Segment<'_>) -> Vec<Breach> {
    let (guide, own) = (&companion.0.guide, &companion.0.tightened);
    let mut sight = Sight { companion, end: segment.bytes().len(), found: Vec::new() };
    let pairs = guide.elements_of(guide.node(node)).iter().zip(own.elements_of(own.node(node)));
    let mut elements = segment.elements();
    for (at, (base, own)) in pairs.enumerate() {
        let element = elements.next();
        if base != own {
            sight.element(Place { element: at as u16 + 1, component: 0, repetition: 0 }, base, own, element);
        }
    }
    sight.found
}

#[derive(Clone, Copy)]
struct Place {
    element: u16,
    component: u16,
    repetition: u16,
}

struct Sight<'c> {
    companion: &'c Companion,
    /// Where the segment ends: what is missing behind it stands there.
    end: usize,
    found: Vec<Breach>,
}

impl Sight<'_> {
    fn element(&mut self, place: Place, base: &ElementUse, own: &ElementUse, element: Option<Element<'_>>) {
        let Some(element) = element.filter(|element| !element.is_empty()) else {
            return self.absent(place, base, own, element.map_or(self.end, |element| element.offset()));
        };
        if own.usage == Usage::NotUsed {
            return self.not_used(place, own, &element);
        }
        if own.repeat <= 1 && base.repeat <= 1 {
            return self.repetition(place, base, own, &element);
        }
        let mut count = 0u16;
        for repetition in element.repetitions() {
            count = count.saturating_add(1);
            self.repetition(Place { repetition: count, ..place }, base, own, &repetition);
        }
        if count > own.repeat && count <= base.repeat {
            let message = format!("at most {} repetitions, found {count}", own.repeat);
            self.tell(place, own, Kind::Repetitions, ElementCode::TooManyRepetitions, &element, message);
        }
    }

    fn repetition(&mut self, place: Place, base: &ElementUse, own: &ElementUse, element: &Element<'_>) {
        if own.data_type != DataType::Composite {
            return self.value(place, base, own, element);
        }
        let (guide, tightened) = (&self.companion.0.guide, &self.companion.0.tightened);
        let mut components = element.components();
        let end = element.offset() + element.bytes().len();
        for (at, (base, own)) in guide.components_of(base).iter().zip(tightened.components_of(own)).enumerate() {
            let component = components.next();
            if base == own {
                continue;
            }
            let place = Place { component: at as u16 + 1, ..place };
            match component {
                Some(component) if !component.is_empty() && own.usage == Usage::NotUsed => {
                    self.not_used(place, own, &component);
                }
                Some(component) if !component.is_empty() => self.value(place, base, own, &component),
                missing => self.absent(place, base, own, missing.map_or(end, |missing| missing.offset())),
            }
        }
    }

    fn value(&mut self, place: Place, base: &ElementUse, own: &ElementUse, element: &Element<'_>) {
        let bytes = element.bytes();
        let length = match own.data_type {
            DataType::R => value::decimal_digits(word(bytes), bytes),
            DataType::N(_) => value::whole_digits(bytes),
            _ => Some(bytes.len() as u32),
        };
        let fits = |used: &ElementUse, length: u32| (used.min..=used.max).contains(&length);
        if let Some(length) = length.filter(|length| fits(base, *length) && !fits(own, *length)) {
            let code = if length < own.min { ElementCode::TooShort } else { ElementCode::TooLong };
            let message = match (own.min, own.max) {
                (min, max) if min == max => format!("{min} character(s), found {length}"),
                (min, max) => format!("{min} to {max} characters, found {length}"),
            };
            self.tell(place, own, Kind::Length, code, element, message);
        }
        let code = Code::pack(bytes);
        let holds = |codes: &[Code]| codes.is_empty() || codes.binary_search(&code).is_ok();
        let taken = holds(self.companion.0.tightened.codes_of(own));
        if !taken && holds(self.companion.0.guide.codes_of(base)) {
            let message = "one of its codes, found another".to_owned();
            self.tell(place, own, Kind::Code, ElementCode::GuideCode, element, message);
        }
    }

    fn absent(&mut self, place: Place, base: &ElementUse, own: &ElementUse, at: usize) {
        if own.usage == Usage::Required && base.usage != Usage::Required {
            let message = "a value, found none".to_owned();
            self.push(place, own, Kind::ElementMissing, ElementCode::Missing, at..at, message);
        }
    }

    fn not_used(&mut self, place: Place, own: &ElementUse, element: &Element<'_>) {
        let message = "nothing, found a value".to_owned();
        self.tell(place, own, Kind::ElementNotUsed, ElementCode::NotUsed, element, message);
    }

    fn tell(
        &mut self,
        place: Place,
        own: &ElementUse,
        kind: Kind,
        code: ElementCode,
        element: &Element<'_>,
        message: String,
    ) {
        let start = element.offset();
        self.push(place, own, kind, code, start..start + element.bytes().len(), message);
    }

    fn push(
        &mut self,
        place: Place,
        own: &ElementUse,
        kind: Kind,
        code: ElementCode,
        bytes: Range<usize>,
        expected: String,
    ) {
        let message = format!("{}: expected by {}: {expected}", own.name, self.companion.title());
        let Place { element, component, repetition } = place;
        let reference = own.element;
        self.found.push(Breach { kind, code, reference, element, component, repetition, bytes, message });
    }
}
