//! Whether a segment's text could be read as another node than its own: then a mutation is not forbidden by construction.

use crate::outline::{COMPONENT, ELEMENT, REPETITION};
use tradewind_edi::Guide;
use tradewind_edi::guide::{DataType, ElementUse, NodeIx, NodeKind, Usage};

/// The value at an element and component (0: the whole element), in its first repetition.
pub fn value(text: &str, element: u8, component: u8) -> &str {
    let element = text.split(ELEMENT).nth(usize::from(element)).unwrap_or_default();
    match component {
        0 => element,
        n => element
            .split(REPETITION)
            .next()
            .unwrap_or_default()
            .split(COMPONENT)
            .nth(usize::from(n) - 1)
            .unwrap_or_default(),
    }
}

/// Whether the keys of a node (of the segment that opens it, if a loop) take the text.
pub fn takes(guide: &Guide, node: NodeIx, text: &str) -> bool {
    let node = guide.node(node);
    let id = text.split(ELEMENT).next().unwrap_or_default();
    let key_fits = |key: &tradewind_edi::guide::KeyElement| {
        let found = value(text, key.element, key.component);
        key.codes.of(&guide.codes).iter().any(|code| code.as_str() == found)
    };
    node.segment.as_str() == id && node.keys.of(&guide.key_elements).iter().all(key_fits)
}

/// Whether the text could stand at a node without an error in its elements.
fn clean(guide: &Guide, node: NodeIx, text: &str) -> bool {
    let elements = guide.elements_of(guide.node(opening(guide, node)));
    let sound = |used: &ElementUse| {
        let found = text.split(ELEMENT).nth(usize::from(used.position)).unwrap_or_default();
        let repetitions = found.split(REPETITION);
        match used.data_type {
            _ if found.is_empty() => used.usage != Usage::Required,
            _ if used.usage == Usage::NotUsed || repetitions.clone().count() > usize::from(used.repeat) => false,
            DataType::Composite => repetitions.into_iter().all(|one| clean_composite(guide, used, one)),
            _ => repetitions.into_iter().all(|one| clean_value(guide, used, one)),
        }
    };
    text.split(ELEMENT).count() <= elements.len() + 1 && elements.iter().all(sound)
}

fn clean_composite(guide: &Guide, used: &ElementUse, text: &str) -> bool {
    let components = guide.components_of(used);
    let sound = |used: &ElementUse| match text.split(COMPONENT).nth(usize::from(used.position) - 1).unwrap_or_default()
    {
        "" => used.usage != Usage::Required,
        found => used.usage != Usage::NotUsed && clean_value(guide, used, found),
    };
    text.split(COMPONENT).count() <= components.len() && components.iter().all(sound)
}

/// Whether a value that is not empty fits an element's or component's codes and lengths.
fn clean_value(guide: &Guide, used: &ElementUse, text: &str) -> bool {
    let codes = guide.codes_of(used);
    match text {
        _ if text.contains(|c: char| c.is_ascii_control() || c == COMPONENT) => false,
        _ if !codes.is_empty() => codes.iter().any(|code| code.as_str() == text),
        _ => (used.min..=used.max).contains(&(text.len() as u32)),
    }
}

/// Whether any child of the loop, or of a loop around it, takes the text without an error, other than `own`.
pub fn elsewhere(guide: &Guide, from: NodeIx, own: NodeIx, text: &str) -> bool {
    let mut at = guide.loop_of(from);
    loop {
        if guide.children(at).any(|child| {
            child != own && opening(guide, child) != own && takes(guide, child, text) && clean(guide, child, text)
        }) {
            return true;
        }
        match guide.node(at).parent.some() {
            Some(parent) => at = parent,
            None => return false,
        }
    }
}

/// The segment itself, or the one that opens the loop.
fn opening(guide: &Guide, node: NodeIx) -> NodeIx {
    if guide.node(node).kind == NodeKind::Loop { guide.node(node).first_child } else { node }
}
