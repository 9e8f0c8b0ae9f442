//! Elements and components: missing, too many, of the wrong length or type.

use super::structure::body;
use super::{At, Mutated};
use crate::fits::{elsewhere, takes, value};
use crate::outline::{COMPONENT, ELEMENT, Outline, REPETITION};
use crate::random::Random;
use tradewind_edi::guide::{DataType, ElementUse, Note, NoteKind, Usage};

/// The element or component that stands at a place.
pub fn used(outline: &Outline, at: At) -> Option<&ElementUse> {
    let guide = &outline.guide;
    let elements = guide.elements_of(guide.node(outline.nodes[at.segment]?));
    let element = elements.get(usize::from(at.element).checked_sub(1)?)?;
    match at.component {
        0 => Some(element),
        n => guide.components_of(element).get(usize::from(n) - 1),
    }
}

/// A segment's text with another value at an element and component; what is empty at the end goes.
pub fn with(text: &str, element: u8, component: u8, new: &str) -> String {
    let mut elements: Vec<String> = text.split(ELEMENT).map(str::to_owned).collect();
    let index = usize::from(element);
    while elements.len() <= index {
        elements.push(String::new());
    }
    if component == 0 {
        elements[index] = new.to_owned();
    } else {
        let (first, rest) = match elements[index].split_once(REPETITION) {
            Some((first, rest)) => (first.to_owned(), format!("{REPETITION}{rest}")),
            None => (elements[index].clone(), String::new()),
        };
        let mut components: Vec<&str> = first.split(COMPONENT).collect();
        while components.len() < usize::from(component) {
            components.push("");
        }
        components[usize::from(component) - 1] = new;
        elements[index] = components.join(":").trim_end_matches(COMPONENT).to_owned() + &rest;
    }
    elements.join("*").trim_end_matches(ELEMENT).to_owned()
}

fn replaced(outline: &Outline, at: At, new: &str, forbidden: bool) -> Option<Mutated> {
    let node = outline.nodes[at.segment]?;
    let text = with(&outline.segments[at.segment], at.element, at.component, new);
    let elsewhere = elsewhere(&outline.guide, node, node, &text);
    let mut segments = outline.segments.clone();
    segments[at.segment] = text;
    (segments != outline.segments).then_some(Mutated { segments, at: at.segment, forbidden: forbidden && !elsewhere })
}

/// Every place of a segment: simple elements and components, whether or not a value stands there.
pub fn places(outline: &Outline, fits: impl Fn(&ElementUse, &str) -> bool) -> Vec<At> {
    let guide = &outline.guide;
    let mut found = Vec::new();
    for at in body(outline) {
        let Some(node) = outline.nodes[at.segment] else { continue };
        let text = &outline.segments[at.segment];
        for element in guide.elements_of(guide.node(node)) {
            let place = At { element: element.position, ..at };
            if element.data_type != DataType::Composite || element.usage == Usage::NotUsed {
                found.extend(fits(element, value(text, element.position, 0)).then_some(place));
                continue;
            }
            if value(text, element.position, 0).is_empty() {
                continue;
            }
            for component in guide.components_of(element) {
                let place = At { component: component.position, ..place };
                found.extend(fits(component, value(text, element.position, component.position)).then_some(place));
            }
        }
    }
    found
}

/// Simple elements and components that hold a value.
pub fn present(outline: &Outline) -> Vec<At> {
    places(outline, |_, value| !value.is_empty())
}

/// … that list no codes and tell nothing apart.
pub fn free(outline: &Outline) -> Vec<At> {
    places(outline, |used, value| !value.is_empty() && used.codes.len == 0 && !used.key && !numbering(used))
}

/// … and may not be as short as one character.
pub fn shortable(outline: &Outline) -> Vec<At> {
    free(outline).into_iter().filter(|at| used(outline, *at).is_some_and(|used| used.min > 1)).collect()
}

/// … of a type that not every text has.
pub fn typed(outline: &Outline) -> Vec<At> {
    places(outline, |used, value| {
        let typed = matches!(used.data_type, DataType::R | DataType::N(_) | DataType::Dt | DataType::Tm);
        typed && !value.is_empty() && used.codes.len == 0 && !numbering(used)
    })
}

/// Amounts.
pub fn amounts(outline: &Outline) -> Vec<At> {
    places(outline, |used, value| used.element.as_str() == "782" && !value.is_empty())
}

/// Elements and components that the guide does not use.
pub fn not_used(outline: &Outline) -> Vec<At> {
    places(outline, |used, _| used.usage == Usage::NotUsed)
}

/// Texts whose form a qualifier tells (element 1251).
pub fn dated(outline: &Outline) -> Vec<At> {
    places(outline, |used, value| used.element.as_str() == "1251" && !value.is_empty())
}

/// Whole elements that hold a value.
pub fn present_elements(outline: &Outline) -> Vec<At> {
    let guide = &outline.guide;
    let mut found = Vec::new();
    for at in body(outline) {
        let Some(node) = outline.nodes[at.segment] else { continue };
        for element in guide.elements_of(guide.node(node)) {
            let stands = !value(&outline.segments[at.segment], element.position, 0).is_empty();
            found.extend((stands && element.usage != Usage::NotUsed).then_some(At { element: element.position, ..at }));
        }
    }
    found
}

/// Syntax notes of segments, by their index.
pub fn noted(outline: &Outline) -> Vec<At> {
    let guide = &outline.guide;
    let mut found = Vec::new();
    for at in body(outline) {
        let notes = outline.nodes[at.segment].map(|node| guide.notes_of(guide.node(node))).unwrap_or_default();
        found.extend((0..notes.len()).map(|other| At { other, ..at }));
    }
    found
}

/// HL01, HL02 and LX01 have rules of their own, and a kind of their own.
fn numbering(used: &ElementUse) -> bool {
    matches!(used.element.as_str(), "628" | "734")
}

pub fn drop(outline: &Outline, at: At, _: &mut Random) -> Option<Mutated> {
    let required = used(outline, at)?.usage == Usage::Required;
    // Without its last component a composite is not there at all.
    let text = with(&outline.segments[at.segment], at.element, at.component, "");
    let element = used(outline, At { component: 0, ..at })?;
    let stands = at.component == 0 || element.usage == Usage::Required || !value(&text, at.element, 0).is_empty();
    replaced(outline, at, "", required && stands)
}

/// Digits for numbers, letters for text.
fn filler(used: &ElementUse, length: usize) -> String {
    let numeric = matches!(used.data_type, DataType::R | DataType::N(_) | DataType::Tm | DataType::Dt);
    if numeric { "1".repeat(length) } else { "A".repeat(length) }
}

pub fn too_long(outline: &Outline, at: At, _: &mut Random) -> Option<Mutated> {
    let used = used(outline, at)?;
    let new = filler(used, used.max as usize + 1);
    replaced(outline, at, &new, true)
}

pub fn too_short(outline: &Outline, at: At, _: &mut Random) -> Option<Mutated> {
    let used = used(outline, at).filter(|used| used.min > 1)?;
    let new = filler(used, used.min as usize - 1);
    replaced(outline, at, &new, true)
}

pub fn wrong_type(outline: &Outline, at: At, _: &mut Random) -> Option<Mutated> {
    let used = used(outline, at)?;
    let new = match used.data_type {
        DataType::Dt if used.max >= 8 => "20261301",
        DataType::Dt => "261301",
        DataType::Tm => "2561",
        _ if used.min <= 1 && used.max >= 2 => "1A",
        _ => return replaced(outline, at, &"A".repeat(used.min.max(1) as usize), true),
    };
    replaced(outline, at, new, true)
}

pub fn bad_character(outline: &Outline, at: At, _: &mut Random) -> Option<Mutated> {
    let used = used(outline, at).filter(|used| used.data_type == DataType::An)?;
    let new = "A".repeat((used.min as usize).saturating_sub(1)) + "\u{7}";
    replaced(outline, at, &new, true)
}

pub fn bad_dated(outline: &Outline, at: At, _: &mut Random) -> Option<Mutated> {
    let old = value(&outline.segments[at.segment], at.element, at.component);
    let new = match old.len() {
        8 => "20261301",
        17 => "20260101-20261301",
        12 => "202613011200",
        4 => "2561",
        _ => return None,
    };
    replaced(outline, at, new, true)
}

pub fn fill(outline: &Outline, at: At, _: &mut Random) -> Option<Mutated> {
    let used = used(outline, at)?;
    let new = filler(used, used.min.max(1) as usize);
    replaced(outline, at, &new, true)
}

/// The element's value in a whole segment, as it stands.
fn whole(outline: &Outline, at: At) -> &str {
    value(&outline.segments[at.segment], at.element, 0)
}

pub fn too_many_elements(outline: &Outline, at: At, _: &mut Random) -> Option<Mutated> {
    let node = outline.nodes[at.segment]?;
    let count = outline.guide.elements_of(outline.guide.node(node)).len() as u8;
    replaced(outline, At { element: count + 1, ..at }, "1", true)
}

pub fn too_many_components(outline: &Outline, at: At, _: &mut Random) -> Option<Mutated> {
    let element = used(outline, at)?;
    let count = outline.guide.components_of(element).len();
    let old = whole(outline, at);
    if old.contains(REPETITION) || element.data_type == DataType::Id && count == 0 && element.key {
        return None;
    }
    let have = old.split(COMPONENT).count();
    let new = format!("{old}{}1", ":".repeat((count.max(1) + 1).checked_sub(have)?));
    replaced(outline, at, &new, true)
}

pub fn too_many_repetitions(outline: &Outline, at: At, _: &mut Random) -> Option<Mutated> {
    let element = used(outline, at)?;
    if element.repeat > 20 {
        return None;
    }
    let old = whole(outline, at);
    let one = old.split(REPETITION).next().unwrap_or_default();
    let new = vec![one; usize::from(element.repeat) + 1].join("^");
    replaced(outline, at, &new, true)
}

pub fn trailing(outline: &Outline, at: At, _: &mut Random) -> Option<Mutated> {
    let mut segments = outline.segments.clone();
    segments[at.segment].push(ELEMENT);
    Some(Mutated { segments, at: at.segment, forbidden: false })
}

/// Blanks or fills elements so that the note is broken.
pub fn break_note(outline: &Outline, at: At, random: &mut Random) -> Option<Mutated> {
    let guide = &outline.guide;
    let node = outline.nodes[at.segment]?;
    let note: &Note = guide.notes_of(guide.node(node)).get(at.other)?;
    let text = &outline.segments[at.segment];
    let positions = |bits: u32| (1..=32u8).filter(move |n| bits & 1 << (n - 1) != 0);
    let stands = |n: &u8| !value(text, *n, 0).is_empty();
    let present: Vec<u8> = positions(note.all).filter(stands).collect();
    let first_stands = positions(note.first).all(|n| stands(&n));
    let (blank, fill): (Vec<u8>, Vec<u8>) = match note.kind {
        NoteKind::Paired if present.len() >= 2 => (vec![present[random.below(present.len())]], vec![]),
        NoteKind::Required if !present.is_empty() => (present, vec![]),
        NoteKind::Exclusion if present.len() == 1 => {
            (vec![], positions(note.all).filter(|n| !stands(n)).take(1).collect())
        }
        NoteKind::Conditional if first_stands && present.len() >= 2 => {
            let others: Vec<u8> = present.into_iter().filter(|n| note.first & 1 << (n - 1) == 0).collect();
            (vec![others[random.below(others.len())]], vec![])
        }
        NoteKind::ListConditional if first_stands && present.len() >= 2 => {
            (present.into_iter().filter(|n| note.first & 1 << (n - 1) == 0).collect(), vec![])
        }
        _ => return None,
    };
    let mut new = text.clone();
    for n in blank {
        new = with(&new, n, 0, "");
    }
    for n in fill {
        let used = guide.elements_of(guide.node(node)).get(usize::from(n) - 1)?;
        new = with(&new, n, 0, &filler(used, used.min.max(1) as usize));
    }
    let forbidden = takes(guide, node, &new) && !elsewhere(guide, node, node, &new);
    let mut segments = outline.segments.clone();
    segments[at.segment] = new;
    Some(Mutated { segments, at: at.segment, forbidden })
}

/// Another amount: sums may no longer hold, which is nothing that SNIP 2 knows of.
pub fn amount(outline: &Outline, at: At, _: &mut Random) -> Option<Mutated> {
    let old = value(&outline.segments[at.segment], at.element, at.component);
    let new = if old == "7.77" { "8.88" } else { "7.77" };
    replaced(outline, at, new, false)
}
